/* Group standard deviation: A_i /= std of the group's rewards + eps.
 *
 * A lone success among G gets sqrt(G-1): groups that are nearly all wrong or all right weigh most (docs/model/oracles.md, 1). */
#include "models/algo_set.h"

static void apply(const void *params, const algo_context *c, double epsilon, int ddof, algo_batch *batch)
{
    for (size_t k = 0; k < batch->n; k++)
        algo_set_divide(&batch->groups[k], 1, algo_set_std(&batch->groups[k], 1, ddof) + epsilon);
}

const algo_scale algo_scale_group_std = {
    .entry = {.name = "group_std",
              .doc = "Standard deviation of the group's rewards.",
              .source = "arXiv 2402.03300, section 4.1.2"},
    .scope = ALGO_SCOPE_GROUP,
    .scale_free = true,
    .vanishes = true,
    .deviates = true,
    .apply = apply,
};
