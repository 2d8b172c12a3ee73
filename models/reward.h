/* Reward terms: reward = sum_k weight_k(t) * term_k(response). One file reward_<name>.c per term exports
 * `const reward_term reward_<name>`; the registry `reward` collects them.
 *
 * A weight may change over the run: times a factor that is piecewise linear in the steps, or passes over the pool, after which
 * the response was sampled; before the first point and after the last it stays.
 */
#ifndef PL_MODELS_REWARD_H
#define PL_MODELS_REWARD_H

#include "models/rollout.h"

typedef struct reward_term {
    pl_entry entry;
    /* Adds weight * term to group->reward[i] for all i. `stream_id` separates the random numbers of several terms:
     * a term that draws uses the stream (PL_FOR_REWARD; batch, slot, stream_id), one number per rollout in order. */
    void (*add)(const void *params, double weight, rollout_group *group, const world *w, const pl_seeds *seeds, uint32_t stream_id);
    /* Smallest and largest value that the term can have in a group of G: bounds, which need not be attained. */
    void (*range)(const void *params, size_t G, double *low, double *high);
    /* Checks params against the world (names of formats...); `path` is the term's place ("reward.style"). May be NULL. */
    void (*check)(const void *params, const char *path, const world_spec *w, const pl_check *check);
    /* Is it the same for all responses of a group, for certain? NULL: no. */
    bool (*constant)(const void *params, const world_spec *w);
    /* Smallest group in which it can do what it says. NULL: 1. */
    int64_t (*least_group)(const void *params);
    bool needs_confidence;                       /* means nothing for a policy that states no confidence */
} reward_term;

extern const pl_registry reward_registry;     /* generated */

typedef enum reward_by { REWARD_BY_STEP, REWARD_BY_EPOCH } reward_by;
typedef struct reward_schedule { pl_reals at, factor; int by; } reward_schedule;   /* a factor at each of increasing times */
typedef struct reward_common { double weight; reward_schedule schedule; } reward_common;
extern const pl_struct reward_common_struct;

/* How far training had come when the responses were sampled. */
typedef struct reward_clock { double step, epoch; } reward_clock;

double reward_weight(const reward_common *common, reward_clock now);
bool reward_is_scheduled(const reward_common *common);

/* Sets reward of every rollout of the group to the weighted sum of the terms. The random numbers of a term depend
 * on its key, not on its position, so that an arm with another term beside it sees the same ones. */
void reward_evaluate(const pl_choices *terms, rollout_group *group, const world *w, const pl_seeds *seeds, reward_clock now);

/* Checks of the whole list against the world: at least one term, names of formats. `path`: key of the list. */
void reward_check(const pl_choices *terms, const char *path, const world_spec *w, const pl_check *check);
/* And against the policy: terms that look at a confidence need one. */
void reward_check_policy(const pl_choices *terms, const char *path, const policy_spec *p, const pl_check *check);
/* And against the group: terms that compare responses need several. */
void reward_check_group(const pl_choices *terms, const char *path, int64_t group_size, const pl_check *check);
/* Can the rewards of a group differ at all? False only when every term is constant or has weight 0 for ever. */
bool reward_varies(const pl_choices *terms, const world_spec *w);

#endif
