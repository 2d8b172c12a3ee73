/* Logarithmic score of the stated confidence: ln c when right, ln(1 - c) when wrong, not below a stated bound.
 *
 * It is proper where the bound does not bind; without a bound one certain mistake would cost infinitely much. */
#include <math.h>
#include "models/reward.h"

typedef struct log_score_params { double bound; } log_score_params;

static const pl_field fields[] = {
    {.name = "bound", .type = PL_REAL, .offset = offsetof(log_score_params, bound), .fallback = "-4.6", .min = -PL_INF, .max = 0,
     .flags = PL_OPEN_MIN | PL_OPEN_MAX, .unit = "nats",
     .doc = "Lowest score; -4.6 is that of being wrong at 99% confidence."},
};
static const pl_struct log_score_struct = {
    .name = "reward_log_score", .doc = "Logarithm of the probability that was given to what happened.",
    .size = sizeof(log_score_params), .fields = fields, .n_fields = PL_COUNT(fields),
};

static void add(const void *params, double weight, rollout_group *group, const world *w, const pl_seeds *seeds, uint32_t stream_id)
{
    const double bound = ((const log_score_params *)params)->bound;
    for (size_t i = 0; i < group->G; i++) {
        const rollout *r = &group->rollouts[i];
        group->reward[i] += weight * fmax(log(r->correct ? r->confidence : 1.0 - r->confidence), bound);
    }
}

static void range(const void *params, size_t G, double *low, double *high)
{
    *low = ((const log_score_params *)params)->bound;
    *high = 0;
}

const reward_term reward_log_score = {
    .entry = {.name = "log_score", .doc = "ln of the probability that the stated confidence gave to what happened, bounded below.",
              .params = &log_score_struct, .source = "Good 1952, doi 10.1111/j.2517-6161.1952.tb00104.x"},
    .add = add,
    .range = range,
    .needs_confidence = true,
};
