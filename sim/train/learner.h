/* What is trained: a policy over a world, behind four functions, so that the engine does not know whether the world
 * is the latent one (models/policy.h) or an exact table (models/tabular.h).
 *
 * Weights are one flat array of n_weights doubles. The learner owns the trainer's array; a generator is given a
 * pointer to the version it decodes with (in mode sync that is the trainer's own array, because nothing is generated
 * while it changes).
 *
 * A learner may be `fused`: rollouts, rewards and update of a whole batch are one kernel over its own state,
 * responses have a constant length, and groups exist only for the batches that a measure looks at.
 */
#ifndef PL_TRAIN_LEARNER_H
#define PL_TRAIN_LEARNER_H

#include "models/storage.h"
#include "models/tabular.h"
#include "sim/train/training.h"

typedef struct learner learner;

typedef struct learner_fused {           /* of one update */
    uint32_t batch, version;
    const uint32_t *prompts;             /* [n] */
    size_t n, minibatch;                 /* prompts of the batch; which of its updates this is */
    algo_counts *counts;
    algo_batch *groups;                  /* filled with the rollouts when not NULL: groups[k] belongs to prompts[k] */
    double *norm;                        /* of the gradient; set when `groups` is not NULL */
} learner_fused;

/* Weights that were in force from `from` tokens of a response on. */
typedef struct learner_part { double from; const double *weights; uint32_t version; } learner_part;

typedef struct learner_ops {
    /* Samples response i of the group; parts[0].from is 0 (models/rollout.h). A group of a tabular world, whose one decision stands
     * at the beginning, is drawn as a whole with its response 0. False: out of memory. */
    bool (*draw)(learner *l, rollout_group *group, size_t i, const learner_part *parts, size_t n);
    /* Samples the group's rollouts at `weights` and evaluates their reward. */
    void (*sample)(learner *l, const double *weights, uint32_t version, rollout_group *group);
    /* Adds the gradient of groups [from, to) at `weights`; `weight` from algo_weights. */
    void (*gradient)(learner *l, const double *weights, const algo_batch *batch, size_t from, size_t to, const double *weight,
                     policy_gradient *g, algo_counts *counts);
    /* divergence[i] of every response of the group from the base policy, nats: algo_divergence. */
    void (*divergence)(learner *l, const algo_kl *kl, const rollout_group *group, double *divergence);
    /* What the policy says of one prompt at `weights` (NULL: the base policy); without `statement` as policy_forward_pass. */
    void (*view)(learner *l, const double *weights, uint32_t prompt, bool statement, policy_view *view);
} learner_ops;

/* A view that is kept while responses to the same prompt are drawn one by one. */
typedef struct learner_kept { policy_view view; uint32_t version, prompt; uint64_t used; bool made; } learner_kept;

struct learner {
    const learner_ops *ops;
    const training_spec *spec;
    const pl_seeds *seeds;
    world latent_world;
    policy latent_policy;
    tabular table;                       /* of a tabular world */
    const world *world;                  /* the one in force */
    const policy *policy;                /* layout of the weights */
    const policy *display;               /* layout of views: differs from `policy` for a tabular world */
    policy_view view, reference, proximal;   /* scratch */
    learner_kept *kept;                  /* [n_kept] */
    rollout_part *parts;                 /* [n_kept] of the response being drawn */
    learner_part *asked;                 /* [n_asked] learner_parts */
    size_t n_asked;
    size_t n_kept;
    uint64_t draws;
    policy_dz dz;
    algo_pick *picks;                    /* scratch of a loss that picks */
    double *weights, *base;              /* [n_weights] the trainer's, as forward passes read them; all zero */
    double *anchor;                      /* [n_weights] the trainer's at the start of the batch; NULL unless decoupled */
    storage storage;                     /* of the trainer's; the optimiser moves storage.master */
    double epochs_per_step;              /* passes over the pool per optimiser step; the run sets it once it knows the pool */
    tabular_fast *fast;                  /* not NULL: fused */
    bool is_table, has_world, has_policy, has_storage, has_view, has_reference, has_proximal, has_dz;
};

/* Builds world, policy and weights. On error everything is released. Errors: PL_ERR_USER (table file),
 * PL_ERR_WORLD, PL_ERR_NUMERIC. */
PL_MUST_USE pl_status learner_open(learner *l, const training_spec *spec, const pl_seeds *seeds, pl_diag *diag);
void learner_close(learner *l);

/* Room for n parts, until the next call. NULL: out of memory. */
learner_part *learner_parts(learner *l, size_t n);

/* Rewards of a group whose responses were drawn, at the step of `version`. */
void learner_judge(learner *l, rollout_group *group, uint32_t version);

/* One fused update; false: weights or statistics are not finite. */
bool learner_update_fused(learner *l, const learner_fused *update);
/* Tokens of every response of a fused learner. */
#define LEARNER_FUSED_TOKENS 1.0

#endif
