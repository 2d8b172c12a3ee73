/* Batch standard deviation: A_i /= std of all rewards of the rollout batch + eps. One normaliser for all prompts:
 * prompts are weighed as without a scale, whatever the unit of the reward. */
#include "models/algo_set.h"

static void apply(const void *params, const algo_context *c, double epsilon, int ddof, algo_batch *batch)
{
    algo_set_divide(batch->groups, batch->n, algo_set_std(batch->groups, batch->n, ddof) + epsilon);
}

const algo_scale algo_scale_batch_std = {
    .entry = {.name = "batch_std", .doc = "Standard deviation of all rewards of the rollout batch.", .source = "arXiv 2501.03262"},
    .scope = ALGO_SCOPE_BATCH, .scale_free = true, .vanishes = true, .apply = apply,
};
