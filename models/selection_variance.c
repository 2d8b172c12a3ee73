/* Variance of the reward: prompts whose last group had rewards that hardly differ are not drawn for a while.
 *
 * Any reward will do, those without a right answer too: a prompt on which all responses are worth the same teaches nothing, and the
 * groups that are not generated are time saved: at most 1/(1 - share of such prompts). After `look_again` batches a prompt
 * may be drawn again, since the policy has moved. DRO scores and filters its prompts before and during training; here the group
 * that is trained on is the score. */
#include "models/selection.h"

typedef struct variance_params {
    double min_sd;
    int64_t look_again;
} variance_params;

static const pl_field fields[] = {
    {.name = "min_sd", .type = PL_REAL, .offset = offsetof(variance_params, min_sd), .fallback = "0.05", .min = 0, .max = PL_INF,
     .flags = PL_OPEN_MIN | PL_OPEN_MAX,
     .doc = "Standard deviation of the rewards of a prompt's last group below which it is passed over; in units of the reward.",
     .source = "arXiv 2506.13351, section 4.3"},
    {.name = "look_again", .type = PL_INT, .offset = offsetof(variance_params, look_again), .fallback = "50", .min = 0, .max = 1e9,
     .unit = "batches", .doc = "Batches after which such a prompt may be drawn again; 0: never."},
};
static const pl_struct variance_struct = {
    .name = "selection_variance", .doc = "Prompts without variance wait.", .size = sizeof(variance_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static bool skip(const void *params, const selection_record *record, uint32_t batch)
{
    const variance_params *v = params;
    const bool due = v->look_again > 0 && (int64_t)batch >= (int64_t)record->last_batch + v->look_again;
    return record->last_sd < v->min_sd && !due;
}

const selection selection_variance = {
    .entry = {.name = "variance", .doc = "Prompts whose last rewards hardly differed are not drawn for a while (DRO).",
              .params = &variance_struct, .source = "arXiv 2506.13351, section 4.3"},
    .skip = skip,
    .needs_variance = true,
};
