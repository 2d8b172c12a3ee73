/* Random: a coin that ignores the response (a spurious reward). Whatever it teaches, the update did. */
#include "models/reward.h"

typedef struct random_params { double probability; } random_params;

static const pl_field fields[] = {
    {.name = "probability", .type = PL_REAL, .offset = offsetof(random_params, probability), .fallback = "0.5", .min = 0, .max = 1,
     .unit = "fraction", .doc = "Probability that a response is rewarded, whatever it says.", .source = "arXiv 2506.10947"},
};
static const pl_struct random_struct = {
    .name = "reward_random", .doc = "A coin that ignores the response.", .size = sizeof(random_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static void add(const void *params, double weight, rollout_group *group, const world *w, const pl_seeds *seeds, uint32_t stream_id)
{
    double probability = ((const random_params *)params)->probability;
    pl_stream s = pl_stream_make(seeds, PL_FOR_REWARD, group->batch, group->slot, stream_id);
    for (size_t i = 0; i < group->G; i++)
        if (pl_uniform(&s) < probability) group->reward[i] += weight;
}

static void range(const void *params, size_t G, double *low, double *high)
{
    *low = 0;
    *high = 1;
}

static bool constant(const void *params, const world_spec *w)
{
    double probability = ((const random_params *)params)->probability;
    return probability == 0 || probability == 1;
}

const reward_term reward_random = {
    .entry = {.name = "random", .doc = "1 with a fixed probability, whatever the response (spurious).", .params = &random_struct,
              .source = "arXiv 2506.10947"},
    .add = add,
    .range = range,
    .constant = constant,
};
