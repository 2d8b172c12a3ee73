/* Batch standard deviation: A_i /= std of all rewards of the rollout batch + eps. One normaliser for all prompts:
 * prompts are weighed as without a scale, whatever the unit of the reward. */
#include "models/algo_set.h"

static void apply(const void *params, const algo_context *c, double epsilon, int ddof, algo_batch *batch)
{
    algo_stat stat;
    for (size_t set = 0; set < algo_sets(c); set++) {
        if (!algo_set_stat(c, batch, set, ddof, &stat)) continue;
        for (size_t k = 0; k < batch->n; k++)
            if (algo_set_has(c, set, &batch->groups[k])) algo_set_divide(&batch->groups[k], 1, stat.sd + epsilon);
    }
}

const algo_scale algo_scale_batch_std = {
    .entry = {.name = "batch_std", .doc = "Standard deviation of all rewards of the rollout batch.", .source = "arXiv 2501.03262"},
    .scope = ALGO_SCOPE_BATCH, .scale_free = true, .vanishes = true, .deviates = true, .apply = apply,
};
