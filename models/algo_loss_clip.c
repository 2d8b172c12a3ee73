/* Clipped importance-weighted loss: the gradient of min(r A, clip(r, 1-low, 1+high) A) per fork, r = pi / pi_behaviour.
 *
 *   grad = r A grad ln pi   while the clip does not bind, else 0
 *
 * It binds on one side only: a fork already pushed further than the bound in the direction of its advantage stops. */
#include "models/algo_clip.h"

typedef struct clip_params { double low, high; } clip_params;

static const pl_field fields[] = {ALGO_CLIP_FIELDS(clip_params)};
static const pl_struct clip_struct = {
    .name = "loss_clip", .doc = "Bounds of the importance ratio per fork.", .size = sizeof(clip_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static double coefficient(const void *params, double advantage, double ratio, bool *clipped)
{
    const clip_params *c = params;
    return algo_clip_coefficient(c->low, c->high, advantage, ratio, clipped);
}

const algo_loss algo_loss_clip = {
    .entry = {.name = "clip",
              .doc = "Importance ratio per fork, clipped to [1 - clip_low, 1 + clip_high] (PPO, GRPO; asymmetric: DAPO).",
              .params = &clip_struct,
              .source = "arXiv 1707.06347, eq. 7; arXiv 2402.03300, eq. 3"},
    .ratio = ALGO_RATIO_FORK,
    .coefficient = coefficient,
};
