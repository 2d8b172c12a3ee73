/* Truncated importance sampling: grad = min(u, cap) A grad ln pi, the weight without gradient.
 *
 * Unbiased while the cap does not bind; beyond it the bias pulls towards the policy that sampled. */
#include "models/algo.h"

typedef struct truncated_params { double cap; } truncated_params;

static const pl_field fields[] = {
    {.name = "weight_cap",
     .type = PL_REAL,
     .offset = offsetof(truncated_params, cap),
     .fallback = "2",
     .min = 1,
     .max = PL_INF,
     .doc = "The importance weight is at most this; .inf: plain importance sampling.",
     .source = "arXiv 1802.01561, section 4.1, rho bar"},
};
static const pl_struct truncated_struct = {
    .name = "loss_truncated", .doc = "Cap of the importance weight per fork.", .size = sizeof(truncated_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static double coefficient(const void *params, double advantage, double ratio, bool *clipped)
{
    double cap = ((const truncated_params *)params)->cap;
    *clipped = ratio > cap;
    return (*clipped ? cap : ratio) * advantage;
}

const algo_loss algo_loss_truncated = {
    .entry = {.name = "truncated",
              .doc = "Importance-weighted policy gradient, the weight of a fork at most a cap.",
              .params = &truncated_struct,
              .source = "arXiv 1802.01561, section 4.1"},
    .ratio = ALGO_RATIO_FORK,
    .coefficient = coefficient,
};
