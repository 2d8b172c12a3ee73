/* Group mean: A_i = r_i - mean of the group's rewards, the response's own included.
 *
 * The own reward shrinks the expected update by (G-1)/G against REINFORCE and changes nothing else. */
#include "models/algo_set.h"

static void apply(const void *params, const algo_context *c, algo_batch *batch)
{
    for (size_t k = 0; k < batch->n; k++) {
        rollout_group *g = &batch->groups[k];
        double mean = algo_set_mean(g, 1);
        for (size_t i = 0; i < g->G; i++) g->advantage[i] = g->reward[i] - mean;
    }
}

const algo_baseline algo_baseline_group_mean = {
    .entry = {.name = "group_mean", .doc = "Mean reward of the prompt's own group.", .source = "arXiv 2402.03300, section 4.1.2"},
    .scope = ALGO_SCOPE_GROUP, .zero_sum = true, .apply = apply,
};
