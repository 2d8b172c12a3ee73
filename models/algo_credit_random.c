/* Random multiplier: as many decisions of a response as plan it are drawn at random, and their advantage is multiplied: the
 * control of `planning`, which shows whether it matters which decisions are praised more. */
#include "models/algo.h"

typedef struct random_params { double factor; } random_params;

static const pl_field fields[] = {
    {.name = "random_factor",
     .type = PL_REAL,
     .offset = offsetof(random_params, factor),
     .fallback = "2",
     .min = 0,
     .max = PL_INF,
     .flags = PL_OPEN_MAX,
     .doc = "What multiplies the advantage of the drawn decisions."},
};
static const pl_struct random_struct = {
    .name = "credit_random", .doc = "Weight of drawn decisions.", .size = sizeof(random_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

/* Draws without replacement; the advantage of a kind is the mean over its forks. */
static void spread(const void *params, const algo_response *r, pl_stream *random, double advantage[FORK_KINDS])
{
    double factor = ((const random_params *)params)->factor;
    size_t left = 0, wanted = 0;
    for (size_t k = 0; k < FORK_KINDS; k++) {
        left += r->fork[k].n;
        wanted += algo_plans(k) ? r->fork[k].n : 0;
    }
    for (size_t k = 0; k < FORK_KINDS; k++) {
        size_t n = r->fork[k].n, drawn = 0;
        for (size_t i = 0; i < n; i++, left--) {
            bool taken = wanted == left || (wanted > 0 && pl_uniform(random) * (double)left < (double)wanted);
            drawn += taken;
            wanted -= taken;
        }
        advantage[k] = n ? r->advantage * (1.0 + (factor - 1.0) * (double)drawn / (double)n) : 0;
    }
}

const algo_credit algo_credit_random = {
    .entry = {.name = "random",
              .doc = "The advantage of as many decisions as plan a response, drawn at random, is multiplied by a factor (control).",
              .params = &random_struct,
              .source = "control of `planning`"},
    .random = true,
    .spread = spread,
};
