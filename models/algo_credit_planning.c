/* Planning multiplier: decisions that plan (format, strategy) get the advantage times a factor, the others the advantage.
 * The control that multiplies as many decisions at random is `random`. */
#include "models/algo.h"

typedef struct planning_params { double factor; } planning_params;

static const pl_field fields[] = {
    {.name = "planning_factor",
     .type = PL_REAL,
     .offset = offsetof(planning_params, factor),
     .fallback = "2",
     .min = 0,
     .max = PL_INF,
     .flags = PL_OPEN_MAX,
     .doc = "What multiplies the advantage of planning decisions; 1 changes nothing."},
};
static const pl_struct planning_struct = {
    .name = "credit_planning", .doc = "Weight of planning decisions.", .size = sizeof(planning_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static void spread(const void *params, const algo_response *r, pl_stream *random, double advantage[FORK_KINDS])
{
    double factor = ((const planning_params *)params)->factor;
    for (size_t k = 0; k < FORK_KINDS; k++) advantage[k] = algo_plans(k) ? factor * r->advantage : r->advantage;
}

const algo_credit algo_credit_planning = {
    .entry = {.name = "planning",
              .doc = "The advantage of planning decisions (format, strategy) is multiplied by a factor.",
              .params = &planning_struct,
              .source = "compared with arXiv 2509.03646, eq. 5"},
    .spread = spread,
};
