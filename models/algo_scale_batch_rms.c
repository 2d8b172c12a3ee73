/* Root mean square of the batch's advantages: what whitening of advantages divides by, whatever the baseline. It is 0 only when
 * every advantage is. */
#include <math.h>
#include "models/algo_set.h"

static void apply(const void *params, const algo_context *c, double epsilon, int ddof, algo_batch *batch)
{
    for (size_t set = 0; set < algo_sets(c); set++) {
        double sum = 0, n = 0;
        for (size_t k = 0; k < batch->n; k++) {
            const rollout_group *g = &batch->groups[k];
            for (size_t i = 0; algo_set_has(c, set, g) && i < g->G; i++, n++) sum += g->advantage[i] * g->advantage[i];
        }
        for (size_t k = 0; n > ddof && k < batch->n; k++)
            if (algo_set_has(c, set, &batch->groups[k])) algo_set_divide(&batch->groups[k], 1, sqrt(sum / (n - ddof)) + epsilon);
    }
}

const algo_scale algo_scale_batch_rms = {
    .entry = {.name = "batch_rms", .doc = "Root mean square of the advantages of the rollout batch (whitening, as in PPO).",
              .source = "arXiv 2006.05990, C67: advantage normalisation"},
    .scope = ALGO_SCOPE_BATCH, .scale_free = true, .of_advantages = true, .deviates = true, .apply = apply,
};
