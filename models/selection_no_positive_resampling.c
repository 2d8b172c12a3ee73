/* No positive resampling: a prompt whose responses so far were right often enough is never drawn again.
 *
 * The rate is over the whole history of the prompt, early responses included: a prompt that was hard at first stays longer. */
#include "models/selection.h"

typedef struct retire_params { double retire_at; } retire_params;

static const pl_field fields[] = {
    {.name = "retire_at", .type = PL_REAL, .offset = offsetof(retire_params, retire_at), .fallback = "0.9", .min = 0, .max = 1,
     .flags = PL_OPEN_MIN, .unit = "fraction", .doc = "Pass rate over all responses so far from which a prompt is not drawn again.",
     .source = "arXiv 2510.13786, section 3.2"},
};
static const pl_struct retire_struct = {
    .name = "selection_no_positive_resampling", .doc = "Prompts that are solved leave.", .size = sizeof(retire_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static bool skip(const void *params, const selection_record *record, uint32_t batch)
{
    return record->right >= ((const retire_params *)params)->retire_at * record->responses;
}

const selection selection_no_positive_resampling = {
    .entry = {.name = "no_positive_resampling",
              .doc = "Prompts with a pass rate so far of 0.9 or more are not drawn again (ScaleRL).",
              .params = &retire_struct, .source = "arXiv 2510.13786, section 3.2"},
    .skip = skip,
};
