/* No baseline: the advantage is the reward (plain REINFORCE). Unbiased, and as noisy as it gets. */
#include "models/algo.h"

static void apply(const void *params, const algo_context *c, algo_batch *batch)
{
    for (size_t k = 0; k < batch->n; k++) {
        rollout_group *g = &batch->groups[k];
        for (size_t i = 0; i < g->G; i++) g->advantage[i] = g->reward[i];
    }
}

const algo_baseline algo_baseline_none = {
    .entry = {.name = "none", .doc = "The advantage is the reward itself.", .source = "Williams 1992, doi 10.1007/BF00992696"},
    .scope = ALGO_SCOPE_NONE, .zero_sum = false, .apply = apply,
};
