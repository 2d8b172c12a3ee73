/* Majority vote: 1 if the answer is the one that most responses of the group gave (the one given first, of equals).
 *
 * No truth is looked at. Responses without an answer have no vote and get nothing. */
#include "models/reward.h"

static size_t votes_for(const rollout_group *group, size_t i)
{
    size_t n = 0;
    for (size_t j = 0; j < group->G; j++) n += group->rollouts[j].answer == group->rollouts[i].answer;
    return n;
}

static void add(const void *params, double weight, rollout_group *group, const world *w, const pl_seeds *seeds, uint32_t stream_id)
{
    size_t most = 0, winner = 0;
    for (size_t i = 0; i < group->G; i++) {
        if (group->rollouts[i].answer == ROLLOUT_NO_ANSWER) continue;
        const size_t votes = votes_for(group, i);
        if (votes <= most) continue;
        most = votes;
        winner = i;
    }
    for (size_t i = 0; i < group->G && most > 0; i++)
        if (group->rollouts[i].answer == group->rollouts[winner].answer) group->reward[i] += weight;
}

static void range(const void *params, size_t G, double *low, double *high)
{
    *low = 0;
    *high = 1;
}

static int64_t least_group(const void *params) { return 2; }

const reward_term reward_majority_vote = {
    .entry = {.name = "majority_vote", .doc = "1 if the answer is the group's most frequent one (spurious: no truth is looked at).",
              .source = "arXiv 2504.16084"},
    .add = add,
    .range = range,
    .least_group = least_group,
};
