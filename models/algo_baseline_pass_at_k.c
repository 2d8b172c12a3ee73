/* Pass@k: a response is worth the pass@k of the subsets of k responses of its group that contain it, less the mean over all
 * subsets; in closed form. With N responses, n of them wrong:
 *
 *   R = 1 - C(n,k)/C(N,k)    A right = 1 - R    A wrong = 1 - R - C(n-1,k-1)/C(N-1,k-1)
 *
 * divided by sqrt(R(1-R)) when normalised. Advantages sum to zero over the group. Right is a reward above 0. */
#include <math.h>
#include "models/algo.h"

typedef struct pass_params { int64_t k; bool normalised; } pass_params;

static const pl_field fields[] = {
    {.name = "pass_k",
     .type = PL_INT,
     .offset = offsetof(pass_params, k),
     .fallback = "4",
     .min = 1,
     .max = 65536,
     .unit = "responses",
     .doc = "k, at most group_size.",
     .source = "arXiv 2508.10751, eq. 6"},
    {.name = "pass_normalised",
     .type = PL_BOOL,
     .offset = offsetof(pass_params, normalised),
     .fallback = "true",
     .doc = "Divide by the deviation of the subsets' rewards.",
     .source = "arXiv 2508.10751, eq. 12"},
};
static const pl_struct pass_struct = {
    .name = "baseline_pass_at_k", .doc = "Subsets that count.", .size = sizeof(pass_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

/* C(n,k)/C(N,k): probability that k of N are all among n. */
static double all_among(double n, double k, double N)
{
    double p = 1;
    for (double i = 0; i < k; i++) p *= n > i ? (n - i) / (N - i) : 0;
    return p;
}

static void apply(const void *params, const algo_context *c, algo_batch *batch)
{
    const pass_params *p = params;
    double k = (double)p->k;
    for (size_t j = 0; j < batch->n; j++) {
        rollout_group *g = &batch->groups[j];
        double N = (double)g->G, wrong = 0;
        for (size_t i = 0; i < g->G; i++) wrong += !(g->reward[i] > 0);
        double fail = all_among(wrong, k, N), sd = sqrt(fail * (1 - fail));
        double right_advantage = fail, wrong_advantage = fail - (wrong > 0 ? all_among(wrong - 1, k - 1, N - 1) : 0);
        if (wrong == 0 || wrong == N) right_advantage = wrong_advantage = 0;
        double by = !p->normalised ? 1 : sd > 0 ? sd : INFINITY;
        for (size_t i = 0; i < g->G; i++) g->advantage[i] = (g->reward[i] > 0 ? right_advantage : wrong_advantage) / by;
    }
}

static int64_t least(const void *params) { return ((const pass_params *)params)->k; }

const algo_baseline algo_baseline_pass_at_k = {
    .entry = {.name = "pass_at_k",
              .doc = "Advantages of pass@k training in closed form: what a response adds to the subsets of k that contain it.",
              .params = &pass_struct,
              .source = "arXiv 2508.10751, section 2.3"},
    .scope = ALGO_SCOPE_GROUP,
    .zero_sum = true,
    .by_threshold = true,
    .apply = apply,
    .least = least,
};
