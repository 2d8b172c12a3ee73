/* Soft over-long penalty (DAPO): 0 up to max - buffer tokens, then falling linearly to -1 at max, -1 beyond. */
#include "models/reward.h"

typedef struct length_params { double max, buffer; } length_params;

static void length_check(const void *self, const pl_check *check)
{
    const length_params *l = self;
    if (l->buffer > l->max)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "buffer"), "lower it or raise 'max'",
                    "'buffer' %g is longer than the longest response of %g tokens", l->buffer, l->max);
}

static const pl_field fields[] = {
    {.name = "max", .type = PL_REAL, .offset = offsetof(length_params, max), .fallback = "20480", .min = 1, .max = 1e9,
     .unit = "tokens", .doc = "Length from which the penalty is full.", .source = "arXiv 2503.14476, eq. 13"},
    {.name = "buffer", .type = PL_REAL, .offset = offsetof(length_params, buffer), .fallback = "4096", .min = 0, .max = 1e9,
     .unit = "tokens", .doc = "Stretch before it over which the penalty grows.", .source = "arXiv 2503.14476, eq. 13"},
};
static const pl_struct length_struct = {
    .name = "reward_length", .doc = "Soft penalty of over-long responses.", .size = sizeof(length_params),
    .fields = fields, .n_fields = PL_COUNT(fields), .check = length_check,
};

static void add(const void *params, double weight, rollout_group *group, const world *w, const pl_seeds *seeds, uint32_t stream_id)
{
    const length_params *l = params;
    for (size_t i = 0; i < group->G; i++) {
        const double over = group->rollouts[i].tokens - (l->max - l->buffer);
        if (over > 0) group->reward[i] -= weight * (over < l->buffer ? over / l->buffer : 1.0);
    }
}

static void range(const void *params, size_t G, double *low, double *high)
{
    *low = -1;
    *high = 0;
}

/* Every response of a tabular world has one token. */
static bool constant(const void *params, const world_spec *w) { return w->table != NULL; }

const reward_term reward_length = {
    .entry = {.name = "length", .doc = "Soft over-long penalty: 0 to -1 over the last `buffer` tokens before `max`.",
              .params = &length_struct, .source = "arXiv 2503.14476, eq. 13"},
    .add = add,
    .range = range,
    .constant = constant,
};
