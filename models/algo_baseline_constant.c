/* Constant: A_i = r_i - a number. With 0/1 rewards and .5 right responses are praised and wrong ones blamed alike, whatever the
 * others of the group did. */
#include "models/algo.h"

typedef struct constant_params { double value; } constant_params;

static const pl_field fields[] = {
    {.name = "baseline_value",
     .type = PL_REAL,
     .offset = offsetof(constant_params, value),
     .fallback = "0.5",
     .min = -PL_INF,
     .max = PL_INF,
     .flags = PL_OPEN_MIN | PL_OPEN_MAX,
     .unit = "reward",
     .doc = "What is subtracted from every reward."},
};
static const pl_struct constant_struct = {
    .name = "baseline_constant", .doc = "A number.", .size = sizeof(constant_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static void apply(const void *params, const algo_context *c, algo_batch *batch)
{
    double value = ((const constant_params *)params)->value;
    for (size_t k = 0; k < batch->n; k++)
        for (size_t i = 0; i < batch->groups[k].G; i++) batch->groups[k].advantage[i] = batch->groups[k].reward[i] - value;
}

const algo_baseline algo_baseline_constant = {
    .entry = {.name = "constant", .doc = "A number: right is praised and wrong is blamed, whatever the group did.",
              .params = &constant_struct, .source = "arXiv 2506.01347, section 2: rewards of +1 and -1"},
    .scope = ALGO_SCOPE_NONE, .zero_sum = false, .apply = apply,
};
