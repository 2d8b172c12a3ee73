/* GPPO: the clip of PPO, but a fork beyond its bound keeps the gradient that it has at the bound.
 *
 *   grad = min(u, 1 + high) A grad ln pi   for A > 0
 *   grad = max(u, 1 - low)  A grad ln pi   for A < 0
 *
 * Forward it is the clipped objective; backward nothing is masked. */
#include "models/algo_clip.h"

typedef struct gppo_params { double low, high; } gppo_params;

static const pl_field fields[] = {
    {.name = "preserve_low",
     .type = PL_REAL,
     .offset = offsetof(gppo_params, low),
     .fallback = "0.2",
     .min = 0,
     .max = 1,
     .unit = "fraction",
     .doc = "The weight of a fork with negative advantage is at least 1 - preserve_low.",
     .source = "arXiv 2508.07629, section 3.2"},
    {.name = "preserve_high",
     .type = PL_REAL,
     .offset = offsetof(gppo_params, high),
     .fallback = "0.28",
     .min = 0,
     .max = PL_INF,
     .unit = "fraction",
     .doc = "The weight of a fork with positive advantage is at most 1 + preserve_high.",
     .source = "arXiv 2508.07629, section 3.2"},
};
static const pl_struct gppo_struct = {
    .name = "loss_gppo", .doc = "Bounds of the weight per fork.", .size = sizeof(gppo_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static double coefficient(const void *params, double advantage, double ratio, bool *clipped)
{
    const gppo_params *c = params;
    *clipped = algo_clip_binds(c->low, c->high, advantage, ratio);
    return (!*clipped ? ratio : advantage > 0 ? 1.0 + c->high : 1.0 - c->low) * advantage;
}

const algo_loss algo_loss_gppo = {
    .entry = {.name = "gppo",
              .doc = "Importance ratio per fork, clipped as `clip` does, but with the gradient of the bound kept beyond it.",
              .params = &gppo_struct,
              .source = "arXiv 2508.07629, eq. 7"},
    .ratio = ALGO_RATIO_FORK,
    .coefficient = coefficient,
};
