/* Cosine length reward: what a right and a wrong response are worth, as a function of their length.
 *
 *   r(l) = r_L + (r_0 - r_L) (1 + cos(pi l / max)) / 2      for l < max, with r_0, r_L of right or of wrong responses
 *   r(l) = exceed                                            for l >= max, or cut off
 *
 * r_0 is paid for no token at all, r_L for the last length before max. The paper writes CosFn(t, T, eta_min, eta_max) = eta_min +
 * (eta_max - eta_min)(1 + cos(pi t / T))/2 and passes r_0 in the place of eta_min; that its r_0 is the value at length 0, as
 * its text says, fixes the form above. It replaces correctness: do not add that beside it. */
#include <math.h>
#include "models/reward.h"

typedef struct cosine_params { double max, right_short, right_long, wrong_short, wrong_long, exceed; } cosine_params;

#define VALUE(key, default_, text) \
    {.name = #key, .type = PL_REAL, .offset = offsetof(cosine_params, key), .fallback = default_, .min = -PL_INF, .max = PL_INF, \
     .flags = PL_OPEN_MIN | PL_OPEN_MAX, .doc = text, .source = "arXiv 2502.03373, section 4.2"}

static const pl_field fields[] = {
    {.name = "max", .type = PL_REAL, .offset = offsetof(cosine_params, max), .fallback = "14336", .min = 1, .max = 1e9,
     .unit = "tokens", .doc = "L_max: length from which `exceed` is paid.", .source = "arXiv 2502.03373, section 4.2"},
    VALUE(right_short, "2", "r_0 of right responses: at length 0."),
    VALUE(right_long, "1", "r_L of right responses: at length max."),
    VALUE(wrong_short, "-10", "r_0 of wrong responses."),
    VALUE(wrong_long, "0", "r_L of wrong responses: above r_0, so that a response that is not right goes on thinking."),
    VALUE(exceed, "-10", "r_e, for a response that reaches max or is cut off."),
};
static const pl_struct cosine_struct = {
    .name = "reward_cosine", .doc = "Reward by length, apart for right and wrong responses.", .size = sizeof(cosine_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static double by_length(double length, double max, double at_0, double at_max)
{
    return at_max + 0.5 * (at_0 - at_max) * (1.0 + cos(3.14159265358979323846 * length / max));
}

static void add(const void *params, double weight, rollout_group *group, const world *w, const pl_seeds *seeds, uint32_t stream_id)
{
    const cosine_params *c = params;
    for (size_t i = 0; i < group->G; i++) {
        const rollout *r = &group->rollouts[i];
        if (r->truncated || r->tokens >= c->max) group->reward[i] += weight * c->exceed;
        else if (r->correct) group->reward[i] += weight * by_length(r->tokens, c->max, c->right_short, c->right_long);
        else group->reward[i] += weight * by_length(r->tokens, c->max, c->wrong_short, c->wrong_long);
    }
}

static void range(const void *params, size_t G, double *low, double *high)
{
    const cosine_params *c = params;
    *low = fmin(c->exceed, fmin(fmin(c->right_short, c->right_long), fmin(c->wrong_short, c->wrong_long)));
    *high = fmax(c->exceed, fmax(fmax(c->right_short, c->right_long), fmax(c->wrong_short, c->wrong_long)));
}

const reward_term reward_cosine = {
    .entry = {.name = "cosine", .doc = "Right and wrong responses by their length, along a cosine; a fixed value from `max` on.",
              .params = &cosine_struct, .source = "arXiv 2502.03373, section 4.2"},
    .add = add,
    .range = range,
};
