/* Cosine: the learning rate falls along half a cosine over T = decay_steps updates to `floor` of it, and stays there:
 *
 *   factor(t) = floor + (1 - floor)(1 + cos(pi min(1, t/T)))/2 */
#include <math.h>
#include "models/algo.h"

typedef struct decay_params {
    int64_t steps;
    double floor;
} decay_params;

static const pl_field fields[] = {
    {.name = "decay_steps", .type = PL_INT, .offset = offsetof(decay_params, steps), .fallback = "1000", .min = 1, .max = 1e9,
     .unit = "steps", .doc = "Updates after the warm-up over which the learning rate falls."},
    {.name = "floor", .type = PL_REAL, .offset = offsetof(decay_params, floor), .fallback = "0", .min = 0, .max = 1,
     .unit = "fraction", .doc = "Share of lr at the end, kept from then on."},
};
static const pl_struct decay_struct = {
    .name = "schedule_cosine", .doc = "A learning rate that falls.", .size = sizeof(decay_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static double factor(const void *params, double t)
{
    const decay_params *d = params;
    const double x = fmin(1.0, t / (double)d->steps);
    return d->floor + 0.5 * (1.0 - d->floor) * (1.0 + cos(3.14159265358979323846 * x));
}

const algo_schedule algo_schedule_cosine = {
    .entry = {.name = "cosine", .doc = "The learning rate falls along half a cosine to a floor.",
              .params = &decay_struct, .source = "arXiv 1608.03983, eq. 5"},
    .factor = factor,
};
