/* Group mean: A_i /= mean reward of the group + eps. With 0/1 rewards the right responses of a group share one unit of praise,
 * however few they are: the update climbs ln p instead of p, as far as the group's size can tell (MaxRL).
 *
 * Without baseline the population weight is (1 - (1-p)^G)/p, with the group's mean that of order G - 1. Rewards are taken to
 * be of one sign: a group whose mean is not above 0 teaches nothing. */
#include "models/algo_set.h"

static void apply(const void *params, const algo_context *c, double epsilon, int ddof, algo_batch *batch)
{
    for (size_t k = 0; k < batch->n; k++) {
        rollout_group *g = &batch->groups[k];
        double mean = algo_set_mean(g, 1);
        for (size_t i = 0; i < g->G; i++) g->advantage[i] = mean > 0 ? g->advantage[i] / (mean + epsilon) : 0;
    }
}

const algo_scale algo_scale_group_mean = {
    .entry = {.name = "group_mean", .doc = "Mean reward of the group: climbs the logarithm of the pass rate (MaxRL).",
              .source = "arXiv 2602.02710"},
    .scope = ALGO_SCOPE_GROUP, .scale_free = true, .needs_positive = true, .apply = apply,
};
