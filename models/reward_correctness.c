/* Correctness: 1 if the extracted answer is right, else 0. */
#include "models/reward.h"

static void add(const void *params, double weight, rollout_group *group, const world *w, const pl_seeds *seeds, uint32_t stream_id)
{
    for (size_t i = 0; i < group->G; i++)
        if (group->rollouts[i].correct) group->reward[i] += weight;
}

static void range(const void *params, size_t G, double *low, double *high)
{
    *low = 0;
    *high = 1;
}

const reward_term reward_correctness = {
    .entry = {.name = "correctness",
              .doc = "1 if the extracted answer is right, else 0.",
              .source = "arXiv 2402.03300, section 4.1.2"},
    .add = add,
    .range = range,
};
