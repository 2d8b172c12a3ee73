/* Cosine: the learning rate falls along half a cosine over T = decay_steps updates to `floor` of it, and stays there:
 *
 *   factor(t) = floor + (1 - floor)(1 + cos(pi min(1, t/T)))/2 */
#include "models/algo_decay.h"

static const pl_field fields[] = {DECAY_FIELDS};
static const pl_struct decay_struct = {
    .name = "schedule_cosine", .doc = "A learning rate that falls.", .size = sizeof(decay_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static double factor(const void *params, double t)
{
    const decay_params *d = params;
    return d->floor + 0.5 * (1.0 - d->floor) * (1.0 + cos(3.14159265358979323846 * decay_way(d, t)));
}

const algo_schedule algo_schedule_cosine = {
    .entry = {.name = "cosine", .doc = "The learning rate falls along half a cosine to a floor.",
              .params = &decay_struct, .source = "arXiv 1608.03983, eq. 5"},
    .factor = factor,
};
