/* Diversity: a bonus for what few others of the group did. Responses fall into clusters, by strategy unless said otherwise (a
 * strategy is what a judge of meaning would call the same solution); n_same is the size of a response's own cluster.
 *
 *   novelty    1 - (n_same - 1)/(G - 1): the share of the others that did something else; its scale does not depend on G
 *   partition  1 / n_same: every cluster has one bonus, shared by its members
 *
 * With `only_right` wrong responses get nothing: for a quality of 0 or 1 that is the source's product of quality and diversity. */
#include "models/reward.h"

enum { BY_STRATEGY, BY_FORMAT, BY_PATH, BY_ANSWER };
static const char *const cluster_names[] = {"strategy", "format", "path", "answer", NULL};
enum { NOVELTY, PARTITION };
static const char *const bonus_names[] = {"novelty", "partition", NULL};

typedef struct diversity_params {
    int cluster, bonus;
    bool only_right;
} diversity_params;

static const pl_field fields[] = {
    {.name = "cluster", .type = PL_ENUM, .offset = offsetof(diversity_params, cluster), .fallback = "strategy",
     .names = cluster_names,
     .doc = "What makes two responses the same: strategy, format, path (both) or answer (none given counts as one)."},
    {.name = "bonus", .type = PL_ENUM, .offset = offsetof(diversity_params, bonus), .fallback = "novelty", .names = bonus_names,
     .doc = "novelty: share of the others in other clusters; partition: one over the size of its own."},
    {.name = "only_right", .type = PL_BOOL, .offset = offsetof(diversity_params, only_right), .fallback = "false",
     .doc = "Pay right responses only; sizes of clusters count all.", .source = "arXiv 2509.02534"},
};
static const pl_struct diversity_struct = {
    .name = "reward_diversity", .doc = "Bonus for rare responses.", .size = sizeof(diversity_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static bool same(int cluster, const rollout *a, const rollout *b)
{
    switch (cluster) {
    case BY_FORMAT: return a->format == b->format;
    case BY_PATH:   return a->format == b->format && a->strategy == b->strategy;
    case BY_ANSWER: return a->answer == b->answer;
    default:        return a->strategy == b->strategy;
    }
}

static void add(const void *params, double weight, rollout_group *group, const world *w, const pl_seeds *seeds, uint32_t stream_id)
{
    const diversity_params *d = params;
    const size_t G = group->G;
    for (size_t i = 0; i < G; i++) {
        double n = 0;
        if (d->only_right && !group->rollouts[i].correct) continue;
        for (size_t j = 0; j < G; j++) n += same(d->cluster, &group->rollouts[i], &group->rollouts[j]);
        group->reward[i] += weight * (d->bonus == PARTITION ? 1.0 / n : G > 1 ? 1.0 - (n - 1.0) / ((double)G - 1.0) : 0.0);
    }
}

static void range(const void *params, size_t G, double *low, double *high)
{
    *low = 0;
    *high = 1;
}

/* One option only: all responses are in one cluster. */
static bool constant(const void *params, const world_spec *w)
{
    const diversity_params *d = params;
    const bool one_format = w->formats.n == 1, one_strategy = w->strategies.n == 1;
    if (w->table || d->only_right) return false;
    return d->cluster == BY_FORMAT ? one_format : d->cluster == BY_STRATEGY ? one_strategy
         : d->cluster == BY_PATH   ? one_format && one_strategy : false;
}

static int64_t least_group(const void *params) { return 2; }

const reward_term reward_diversity = {
    .entry = {.name = "diversity", .doc = "Bonus for a strategy, format or answer that few others of the group have.",
              .params = &diversity_struct, .source = "arXiv 2509.02534"},
    .add = add,
    .range = range,
    .least_group = least_group,
    .constant = constant,
};
