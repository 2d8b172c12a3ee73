/* Batch mean: A_i = r_i - mean reward of the whole rollout batch. It does not know which prompt is hard, so the
 * responses to an easy prompt are all pushed up and those to a hard one all down. */
#include "models/algo_set.h"

static void apply(const void *params, const algo_context *c, algo_batch *batch)
{
    algo_stat stat;
    for (size_t set = 0; set < algo_sets(c); set++) {
        if (!algo_set_stat(c, batch, set, 0, &stat)) continue;
        for (size_t k = 0; k < batch->n; k++) {
            rollout_group *g = &batch->groups[k];
            for (size_t i = 0; algo_set_has(c, set, g) && i < g->G; i++) g->advantage[i] = g->reward[i] - stat.mean;
        }
    }
}

const algo_baseline algo_baseline_batch_mean = {
    .entry = {.name = "batch_mean", .doc = "Mean reward of the whole rollout batch.", .source = "arXiv 2501.03262"},
    .scope = ALGO_SCOPE_BATCH, .zero_sum = false, .apply = apply,
};
