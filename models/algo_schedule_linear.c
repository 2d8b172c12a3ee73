/* Linear: the learning rate falls in a straight line over T = decay_steps updates to `floor` of it, and stays there:
 *
 *   factor(t) = 1 - (1 - floor) min(1, t/T) */
#include "models/algo_decay.h"

static const pl_field fields[] = {DECAY_FIELDS};
static const pl_struct decay_struct = {
    .name = "schedule_linear", .doc = "A learning rate that falls.", .size = sizeof(decay_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static double factor(const void *params, double t)
{
    const decay_params *d = params;
    return 1.0 - (1.0 - d->floor) * decay_way(d, t);
}

const algo_schedule algo_schedule_linear = {
    .entry = {.name = "linear", .doc = "The learning rate falls in a straight line to a floor.",
              .params = &decay_struct, .source = "arXiv 1810.04805, appendix A.2"},
    .factor = factor,
};
