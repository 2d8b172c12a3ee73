/* Pass@k: what a response is worth as one of k, the mean over all subsets of k that it can be in.
 *
 * A subset is paid 1 when one of its k responses is right. So a right response gets 1, and a wrong one
 *
 *   1 - C(W - 1, k - 1) / C(G - 1, k - 1),   W wrong responses in the group: P(one of its k - 1 companions is right).
 *
 * The group's mean is the unbiased estimate 1 - C(W, k)/C(G, k) of pass@k, so that the baseline `group_mean` gives the closed-form
 * advantages of the paper before scaling, which sum to zero. As k grows right and wrong differ less and less wherever one response
 * is right: a prompt that is solved now and then is solved enough. */
#include "models/reward.h"

typedef struct pass_at_k_params { int64_t k; } pass_at_k_params;

static const pl_field fields[] = {
    {.name = "k", .type = PL_INT, .offset = offsetof(pass_at_k_params, k), .fallback = "4", .min = 1, .max = 65536,
     .unit = "responses", .doc = "Responses of which one must be right; 1: correctness.", .source = "arXiv 2508.10751"},
};
static const pl_struct pass_at_k_struct = {
    .name = "reward_pass_at_k", .doc = "Reward of subsets of the group.", .size = sizeof(pass_at_k_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

/* C(wrong - 1, k - 1) / C(G - 1, k - 1): all k - 1 companions are wrong. */
static double all_wrong(size_t wrong, size_t G, size_t k)
{
    double p = 1;
    for (size_t i = 1; i < k; i++) p *= wrong > i ? (double)(wrong - i) / (double)(G - i) : 0.0;
    return p;
}

static void add(const void *params, double weight, rollout_group *group, const world *w, const pl_seeds *seeds, uint32_t stream_id)
{
    const size_t most = (size_t)((const pass_at_k_params *)params)->k, k = most < group->G ? most : group->G;
    size_t wrong = 0;
    for (size_t i = 0; i < group->G; i++) wrong += !group->rollouts[i].correct;
    const double lucky = wrong ? 1.0 - all_wrong(wrong, group->G, k) : 0.0;
    for (size_t i = 0; i < group->G; i++) group->reward[i] += weight * (group->rollouts[i].correct ? 1.0 : lucky);
}

static void range(const void *params, size_t G, double *low, double *high)
{
    *low = 0;
    *high = 1;
}

static int64_t least_group(const void *params) { return ((const pass_at_k_params *)params)->k; }

const reward_term reward_pass_at_k = {
    .entry = {.name = "pass_at_k", .doc = "Mean over the subsets of k that a response is in: 1 if one of them is right.",
              .params = &pass_at_k_struct, .source = "arXiv 2508.10751"},
    .add = add,
    .range = range,
    .least_group = least_group,
};
