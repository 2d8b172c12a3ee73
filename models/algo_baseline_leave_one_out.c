/* Leave one out: A_i = r_i - mean of the *other* rewards of the group = G/(G-1) (r_i - group mean): unbiased. */
#include "models/algo_set.h"

static void apply(const void *params, const algo_context *c, algo_batch *batch)
{
    for (size_t k = 0; k < batch->n; k++) {
        rollout_group *g = &batch->groups[k];
        double mean = algo_set_mean(g, 1), factor = (double)g->G / ((double)g->G - 1.0);
        for (size_t i = 0; i < g->G; i++) g->advantage[i] = factor * (g->reward[i] - mean);
    }
}

const algo_baseline algo_baseline_leave_one_out = {
    .entry = {.name = "leave_one_out", .doc = "Mean reward of the other responses of the group.", .source = "arXiv 2402.14740"},
    .scope = ALGO_SCOPE_GROUP, .zero_sum = true, .apply = apply,
};
