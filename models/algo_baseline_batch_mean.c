/* Batch mean: A_i = r_i - mean reward of the whole rollout batch. It does not know which prompt is hard, so the
 * responses to an easy prompt are all pushed up and those to a hard one all down. */
#include "models/algo_set.h"

static void apply(const void *params, const algo_context *c, algo_batch *batch)
{
    double mean = algo_set_mean(batch->groups, batch->n);
    for (size_t k = 0; k < batch->n; k++) {
        rollout_group *g = &batch->groups[k];
        for (size_t i = 0; i < g->G; i++) g->advantage[i] = g->reward[i] - mean;
    }
}

const algo_baseline algo_baseline_batch_mean = {
    .entry = {.name = "batch_mean", .doc = "Mean reward of the whole rollout batch.", .source = "arXiv 2501.03262"},
    .scope = ALGO_SCOPE_BATCH, .zero_sum = false, .apply = apply,
};
