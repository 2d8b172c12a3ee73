/* Boundary gating: only prompts at the boundary of what the policy can do are drawn, those that it solves now and then: in the last
 * group at least one response was right, and not more than a share of them.
 *
 * This is what is meant here by the name; the source trains on tasks at the "edge of competence", which a model fails at the first
 * attempt and solves within many. A prompt on either side is looked at again after some batches, since the boundary moves. */
#include "models/selection.h"

typedef struct boundary_params {
    double max_share;
    int64_t reopen;
} boundary_params;

static const pl_field fields[] = {
    {.name = "max_share", .type = PL_REAL, .offset = offsetof(boundary_params, max_share), .fallback = "0.5", .min = 0, .max = 1,
     .flags = PL_OPEN_MIN, .unit = "fraction",
     .doc = "Share of right responses in a prompt's last group above which it counts as solved and is passed over.",
     .source = "arXiv 2512.07783, section 3"},
    {.name = "reopen", .type = PL_INT, .offset = offsetof(boundary_params, reopen), .fallback = "50", .min = 0, .max = 1e9,
     .unit = "batches", .doc = "Batches after which a prompt that is solved, or out of reach, may be drawn again; 0: never."},
};
static const pl_struct boundary_struct = {
    .name = "selection_boundary", .doc = "Prompts that are solved now and then.", .size = sizeof(boundary_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static bool skip(const void *params, const selection_record *record, uint32_t batch)
{
    const boundary_params *b = params;
    const bool due = b->reopen > 0 && (int64_t)batch >= (int64_t)record->last_batch + b->reopen;
    return (record->last_share == 0 || record->last_share > b->max_share) && !due;
}

const selection selection_boundary = {
    .entry = {.name = "boundary", .doc = "Only prompts that the last group solved at least once, but not often, are drawn.",
              .params = &boundary_struct, .source = "arXiv 2512.07783, section 3"},
    .skip = skip,
};
