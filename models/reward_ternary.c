/* Ternary: +1 right, 0 when abstaining or hedging, -penalty wrong. Answering pays where P(right) > penalty / (1 + penalty).
 *
 * What cannot be read, or is cut off, is wrong. */
#include "models/reward.h"

typedef struct ternary_params { double penalty; } ternary_params;

static const pl_field fields[] = {
    {.name = "penalty", .type = PL_REAL, .offset = offsetof(ternary_params, penalty), .fallback = "1", .min = 0, .max = PL_INF,
     .flags = PL_OPEN_MAX, .doc = "lambda, what a wrong answer costs.", .source = "arXiv 2509.25760"},
};
static const pl_struct ternary_struct = {
    .name = "reward_ternary", .doc = "Right, silent or wrong.", .size = sizeof(ternary_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static void add(const void *params, double weight, rollout_group *group, const world *w, const pl_seeds *seeds, uint32_t stream_id)
{
    const double penalty = ((const ternary_params *)params)->penalty;
    for (size_t i = 0; i < group->G; i++) {
        const rollout *r = &group->rollouts[i];
        if (r->correct) group->reward[i] += weight;
        else if (!r->abstained && !r->hedged) group->reward[i] -= weight * penalty;
    }
}

static void range(const void *params, size_t G, double *low, double *high)
{
    *low = -((const ternary_params *)params)->penalty;
    *high = 1;
}

const reward_term reward_ternary = {
    .entry = {.name = "ternary", .doc = "1 if right, 0 when abstaining or hedging, minus a penalty if wrong.",
              .params = &ternary_struct, .source = "arXiv 2509.25760"},
    .add = add,
    .range = range,
};
