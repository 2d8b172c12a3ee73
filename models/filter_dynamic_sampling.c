/* Dynamic sampling: prompts are drawn until the batch is full of groups whose rewards differ.
 *
 * A prompt of pass rate p gets into the batch with probability 1 - p^G - (1-p)^G, and given that it does, its weight is the
 * recipe's divided by that: the batch is made of prompts of middling difficulty, and generation pays for it. */
#include "models/filter.h"

typedef struct dynamic_params { int64_t max_rounds; } dynamic_params;

static const pl_field fields[] = {
    {.name = "max_rounds", .type = PL_INT, .offset = offsetof(dynamic_params, max_rounds), .fallback = "10", .min = 1, .max = 1e6,
     .unit = "rounds",
     .doc = "Rounds of `prompts` groups after which the batch is trained on as far as it is full, so that a policy that solves "
            "everything or nothing comes to an end."},
};
static const pl_struct dynamic_struct = {
    .name = "filter_dynamic_sampling", .doc = "Drawing until enough groups have a gradient.", .size = sizeof(dynamic_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static bool keep(const void *params, const rollout_group *group) { return filter_has_variance(group); }
static int64_t rounds(const void *params) { return ((const dynamic_params *)params)->max_rounds; }

const filter filter_dynamic_sampling = {
    .entry = {.name = "dynamic_sampling", .doc = "Prompts are drawn until `prompts` groups have rewards that differ (DAPO).",
              .params = &dynamic_struct, .source = "arXiv 2503.14476, section 3.2"},
    .keep = keep, .rounds = rounds, .needs_variance = true,
};
