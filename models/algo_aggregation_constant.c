/* Constant: sum over tokens divided by a constant, (1/(G L_max)) sum_i sum_d g. No response is discounted for its
 * length (Dr. GRPO). */
#include "models/algo.h"

typedef struct constant_params { double max_tokens; } constant_params;       /* L_max; NaN: l_ref */

static const pl_field fields[] = {
    {.name = "max_tokens",
     .type = PL_REAL,
     .offset = offsetof(constant_params, max_tokens),
     .fallback = "null",
     .min = 0,
     .max = PL_INF,
     .flags = PL_NULLABLE | PL_OPEN_MIN | PL_OPEN_MAX,
     .unit = "tokens",
     .doc = "L_max, the divisor in place of the length; null takes reference_tokens, so that lr means the same as elsewhere.",
     .source = "arXiv 2503.20783, section 3.2"},
};
static const pl_struct constant_struct = {
    .name = "aggregation_constant", .doc = "Division by a constant length.", .size = sizeof(constant_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static void weights(const void *params, const algo_batch *batch, double reference_tokens, double *weight)
{
    double max_tokens = ((const constant_params *)params)->max_tokens;
    double per_group = isnan(max_tokens) ? 1.0 : reference_tokens / max_tokens;
    for (size_t k = 0; k < batch->n; k++) {
        const rollout_group *g = &batch->groups[k];
        for (size_t i = 0; i < g->G; i++) *weight++ = per_group / ((double)batch->n * (double)g->G);
    }
}

static bool without_lengths(const void *params) { return isnan(((const constant_params *)params)->max_tokens); }

const algo_aggregation algo_aggregation_constant = {
    .entry = {.name = "constant",
              .doc = "Token sum over a constant length, then mean over responses (Dr. GRPO).",
              .params = &constant_struct,
              .source = "arXiv 2503.20783, section 3.2"},
    .weights = weights,
    .without_lengths = without_lengths,
};
