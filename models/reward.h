/* Reward terms: reward = sum_k weight_k * term_k(response). One file reward_<name>.c per term exports
 * `const reward_term reward_<name>`; the registry `reward` collects them. */
#ifndef PL_MODELS_REWARD_H
#define PL_MODELS_REWARD_H

#include "models/rollout.h"

typedef struct reward_term {
    pl_entry entry;
    /* Adds weight * term to group->reward[i] for all i. `stream_id` separates the random numbers of several terms. */
    void (*add)(const void *params, double weight, rollout_group *group, const world *w, const pl_seeds *seeds, uint32_t stream_id);
    /* Checks params against the world (names of formats...); may be NULL. */
    void (*check)(const void *params, const world_spec *w, const pl_check *check);
} reward_term;

extern const pl_registry reward_registry;     /* generated */
typedef struct reward_common { double weight; } reward_common;
extern const pl_struct reward_common_struct;
void reward_evaluate(const pl_choices *terms, rollout_group *group, const world *w, const pl_seeds *seeds);

#endif
