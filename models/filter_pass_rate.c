/* Pass-rate band: groups whose share of right responses lies in a band. What it keeps out is what is too easy or too hard now,
 * whatever the reward; with `band_rounds` above 1 further prompts are drawn until the batch is full. */
#include "models/filter.h"

typedef struct band_params {
    double min, max;
    int64_t rounds;
} band_params;

static void band_check(const void *self, const pl_check *check)
{
    const band_params *b = self;
    if (b->min > b->max)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "band_min"), "let band_min be at most band_max",
                    "no group has a pass rate from %g to %g", b->min, b->max);
}

static const pl_field fields[] = {
    {.name = "band_min", .type = PL_REAL, .offset = offsetof(band_params, min), .fallback = "0.2", .min = 0, .max = 1,
     .unit = "fraction", .doc = "Smallest share of right responses of a group that is trained on."},
    {.name = "band_max", .type = PL_REAL, .offset = offsetof(band_params, max), .fallback = "0.8", .min = 0, .max = 1,
     .unit = "fraction", .doc = "Largest share of right responses of a group that is trained on."},
    {.name = "band_rounds", .type = PL_INT, .offset = offsetof(band_params, rounds), .fallback = "1", .min = 1, .max = 1e6,
     .unit = "rounds", .doc = "Rounds of `prompts` groups that may be drawn until so many are kept; 1: no refilling."},
};
static const pl_struct band_struct = {
    .name = "filter_pass_rate", .doc = "Groups of middling pass rate.", .size = sizeof(band_params),
    .fields = fields, .n_fields = PL_COUNT(fields), .check = band_check,
};

static bool keep(const void *params, const rollout_group *group)
{
    const band_params *b = params;
    double right = 0;
    for (size_t i = 0; i < group->G; i++) right += group->rollouts[i].correct;
    const double rate = right / (double)group->G;
    return rate >= b->min && rate <= b->max;
}

static int64_t rounds(const void *params) { return ((const band_params *)params)->rounds; }

const filter filter_pass_rate = {
    .entry = {.name = "pass_rate", .doc = "Groups whose share of right responses lies in a band are trained on.",
              .params = &band_struct, .source = "arXiv 2504.03380, section 3"},
    .keep = keep, .rounds = rounds,
};
