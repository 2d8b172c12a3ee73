/* Reward terms: reward = sum_k weight_k * term_k(response). One file reward_<name>.c per term exports
 * `const reward_term reward_<name>`; the registry `reward` collects them. */
#ifndef PL_MODELS_REWARD_H
#define PL_MODELS_REWARD_H

#include "models/rollout.h"

typedef struct reward_term {
    pl_entry entry;
    /* Adds weight * term to group->reward[i] for all i. `stream_id` separates the random numbers of several terms:
     * a term that draws uses the stream (PL_FOR_REWARD; batch, slot, stream_id), one number per rollout in order. */
    void (*add)(const void *params, double weight, rollout_group *group, const world *w, const pl_seeds *seeds, uint32_t stream_id);
    /* Checks params against the world (names of formats...); `path` is the term's place ("reward.style"). May be NULL. */
    void (*check)(const void *params, const char *path, const world_spec *w, const pl_check *check);
    bool needs_confidence;                       /* means nothing for a policy that states no confidence */
} reward_term;

extern const pl_registry reward_registry;     /* generated */
typedef struct reward_common { double weight; } reward_common;
extern const pl_struct reward_common_struct;

/* Sets reward of every rollout of the group to the weighted sum of the terms. The random numbers of a term depend
 * on its key, not on its position, so that an arm with another term beside it sees the same ones. */
void reward_evaluate(const pl_choices *terms, rollout_group *group, const world *w, const pl_seeds *seeds);

/* Checks of the whole list against the world: at least one term, names of formats. `path`: key of the list. */
void reward_check(const pl_choices *terms, const char *path, const world_spec *w, const pl_check *check);
/* And against the policy: terms that look at a confidence need one. */
void reward_check_policy(const pl_choices *terms, const char *path, const policy_spec *p, const pl_check *check);

#endif
