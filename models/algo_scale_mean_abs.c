/* Mean absolute advantage of the batch: whatever the share of responses that teach, together they weigh the same. With
 * baseline `select` the update is the mean over the selected responses, which is what fine-tuning on a data set is. */
#include <math.h>
#include "models/algo_set.h"

static void apply(const void *params, const algo_context *c, double epsilon, int ddof, algo_batch *batch)
{
    for (size_t set = 0; set < algo_sets(c); set++) {
        double sum = 0, n = 0;
        for (size_t k = 0; k < batch->n; k++) {
            const rollout_group *g = &batch->groups[k];
            for (size_t i = 0; algo_set_has(c, set, g) && i < g->G; i++, n++) sum += fabs(g->advantage[i]);
        }
        for (size_t k = 0; n > 0 && k < batch->n; k++)
            if (algo_set_has(c, set, &batch->groups[k])) algo_set_divide(&batch->groups[k], 1, sum / n + epsilon);
    }
}

const algo_scale algo_scale_mean_abs = {
    .entry = {.name = "mean_abs", .doc = "Mean absolute advantage of the batch: the update is a mean over what teaches.",
              .source = "arXiv 2403.04642, section 3: fine-tuning on the selected responses"},
    .scope = ALGO_SCOPE_BATCH, .scale_free = true, .of_advantages = true, .apply = apply,
};
