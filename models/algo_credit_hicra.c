/* HICRA: planning decisions get A + alpha |A|: a plan that worked is praised by 1 + alpha, one that failed blamed by 1 - alpha.
 *
 * Not a multiplier: with a mean baseline and 0/1 rewards the expected update of a plan of success p is that of a multiplier
 * 1 + alpha (1 - 2p), above 1 for rare successes and below it for usual ones. */
#include <math.h>
#include "models/algo.h"

typedef struct hicra_params { double alpha; } hicra_params;

static const pl_field fields[] = {
    {.name = "hicra_alpha",
     .type = PL_REAL,
     .offset = offsetof(hicra_params, alpha),
     .fallback = "0.2",
     .min = 0,
     .max = 1,
     .doc = "alpha; at 1 plans that failed are not blamed at all.",
     .source = "arXiv 2509.03646, eq. 5"},
};
static const pl_struct hicra_struct = {
    .name = "credit_hicra", .doc = "Praise and blame of planning decisions.", .size = sizeof(hicra_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static void spread(const void *params, const algo_response *r, pl_stream *random, double advantage[FORK_KINDS])
{
    double plan = r->advantage + ((const hicra_params *)params)->alpha * fabs(r->advantage);
    for (size_t k = 0; k < FORK_KINDS; k++) advantage[k] = algo_plans(k) ? plan : r->advantage;
}

const algo_credit algo_credit_hicra = {
    .entry = {.name = "hicra",
              .doc = "Planning decisions (format, strategy) get A + alpha |A|.",
              .params = &hicra_struct,
              .source = "arXiv 2509.03646, eq. 5"},
    .spread = spread,
};
