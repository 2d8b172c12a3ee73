/* Clipped importance-weighted loss: the gradient of min(r A, clip(r, 1-low, 1+high) A) per fork, r = pi / pi_behaviour.
 *
 *   grad = r A grad ln pi   while the clip does not bind, else 0
 *
 * It binds on one side only: a fork already pushed further than the bound in the direction of its advantage stops. */
#include <math.h>
#include "models/algo.h"

typedef struct clip_params { double low, high; } clip_params;

static const pl_field fields[] = {
    {.name = "clip_low",
     .type = PL_REAL,
     .offset = offsetof(clip_params, low),
     .fallback = "0.2",
     .min = 0,
     .max = 1,
     .unit = "fraction",
     .doc = "A fork with negative advantage stops when its probability has fallen below 1 - clip_low of the old one.",
     .source = "arXiv 1707.06347, eq. 7"},
    {.name = "clip_high",
     .type = PL_REAL,
     .offset = offsetof(clip_params, high),
     .fallback = "0.2",
     .min = 0,
     .max = PL_INF,
     .unit = "fraction",
     .doc = "A fork with positive advantage stops when its probability has risen above 1 + clip_high of the old one; .inf: never.",
     .source = "arXiv 1707.06347, eq. 7; higher than clip_low: arXiv 2503.14476, section 3.1"},
};
static const pl_struct clip_struct = {
    .name = "loss_clip", .doc = "Bounds of the importance ratio per fork.", .size = sizeof(clip_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static double coefficient(const void *params, double advantage, double ratio, bool *clipped)
{
    const clip_params *c = params;
    *clipped = advantage > 0 ? ratio > 1.0 + c->high : advantage < 0 && ratio < 1.0 - c->low;
    return *clipped ? 0.0 : ratio * advantage;
}

const algo_loss algo_loss_clip = {
    .entry = {.name = "clip",
              .doc = "Importance ratio per fork, clipped to [1 - clip_low, 1 + clip_high] (PPO, GRPO; asymmetric: DAPO).",
              .params = &clip_struct,
              .source = "arXiv 1707.06347, eq. 7; arXiv 2402.03300, eq. 3"},
    .ratio = ALGO_RATIO_FORK,
    .coefficient = coefficient,
};
