/* CISPO: the importance weight is clipped, not the update: every fork keeps a gradient, of bounded weight.
 *
 *   grad = clip(u, 1 - low, 1 + high) A grad ln pi, the weight without gradient
 *
 * By default only the upper bound acts, min(u, 5), as in the recipe that scaled it. */
#include "models/algo.h"

typedef struct cispo_params { double low, high; } cispo_params;

static const pl_field fields[] = {
    {.name = "weight_low",
     .type = PL_REAL,
     .offset = offsetof(cispo_params, low),
     .fallback = "1",
     .min = 0,
     .max = 1,
     .unit = "fraction",
     .doc = "The weight is at least 1 - weight_low; 1: no lower bound.",
     .source = "arXiv 2506.13585, eq. 5"},
    {.name = "weight_high",
     .type = PL_REAL,
     .offset = offsetof(cispo_params, high),
     .fallback = "4",
     .min = 0,
     .max = PL_INF,
     .unit = "fraction",
     .doc = "The weight is at most 1 + weight_high.",
     .source = "arXiv 2506.13585, eq. 5; 4, 5 and 8 alike: arXiv 2510.13786, section 3.2"},
};
static const pl_struct cispo_struct = {
    .name = "loss_cispo", .doc = "Bounds of the importance weight per fork.", .size = sizeof(cispo_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static double coefficient(const void *params, double advantage, double ratio, bool *clipped)
{
    const cispo_params *c = params;
    double weight = ratio > 1.0 + c->high ? 1.0 + c->high : ratio < 1.0 - c->low ? 1.0 - c->low : ratio;
    *clipped = weight != ratio;
    return weight * advantage;
}

const algo_loss algo_loss_cispo = {
    .entry = {.name = "cispo",
              .doc = "Importance weight per fork, truncated and without gradient: no fork is masked.",
              .params = &cispo_struct,
              .source = "arXiv 2506.13585, eq. 4"},
    .ratio = ALGO_RATIO_FORK,
    .coefficient = coefficient,
};
