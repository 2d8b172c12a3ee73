/* Brier score of the stated confidence: -(c - correct)^2. Hedging, abstaining and responses that are cut off state 0.
 *
 * It is proper: with P(correct) = p its expectation -p(1-p) - (c-p)^2 is largest at c = p. With correctness beside it (RLCR) the
 * sum p - (c-p)^2 - p(1-p) is largest for the answer that is most often right, stated with its own frequency. */
#include "models/reward.h"

static void add(const void *params, double weight, rollout_group *group, const world *w, const pl_seeds *seeds, uint32_t stream_id)
{
    for (size_t i = 0; i < group->G; i++) {
        const double miss = group->rollouts[i].confidence - (group->rollouts[i].correct ? 1.0 : 0.0);
        group->reward[i] -= weight * (miss * miss);
    }
}

static void range(const void *params, size_t G, double *low, double *high)
{
    *low = -1;
    *high = 0;
}

const reward_term reward_brier = {
    .entry = {.name = "brier", .doc = "-(confidence - correct)^2, the Brier score of the stated confidence.",
              .source = "arXiv 2507.16806"},
    .add = add,
    .range = range,
    .needs_confidence = true,
};
