/* The exact tabular world: every prompt has its own prior logits and success probabilities over K outcomes in
 * labelled groups, and one decision chooses the outcome. docs/model/training.md.
 *
 * The table is a CSV with the columns prompt (0, 1, ...), group (a label), outcome (0 .. K-1), logit and p; every
 * prompt lists every outcome once, and an outcome has the same group on all prompts. A response is one token long.
 *
 * It is seen in two ways that share all numbers. `outcomes` has one format and a strategy per outcome: the policy,
 * its features, its sampling and its gradient are those of models/policy.h, with the gains of the strategy decision. `groups`
 * has a format per label and a strategy per place within it: rewards and measures find their formats there.
 *
 * There are no held-out prompts. tabular_fast is the quick road for the common recipe: see tabular_fast_open.
 */
#ifndef PL_MODELS_TABULAR_H
#define PL_MODELS_TABULAR_H

#include "models/reward.h"
#include "models/algo.h"
#include "models/tabular_kernel.h"
#include "sim/core/table.h"

typedef struct tabular {
    size_t n_prompts, K, F, S;           /* prompts, outcomes, groups, outcomes of the largest group */
    uint32_t *group, *place;             /* [K] group of an outcome, place within it */
    world outcomes, groups;
    policy policy;                       /* over `outcomes`: layout of the weights */
    policy display;                      /* over `groups`, without weights: what measures are set up with */
    policy_view view;                    /* scratch, over `outcomes` */
    tabular_row row;                     /* of the general road: room for one prompt */
    uint32_t *outcome;                   /* [F][S] which outcome has this group and place */
    double *within, *upto;               /* scratch: cumulative distribution of the prompt in `row` */
    double *ln_reference_sum;            /* [prompts] ln of the sum of e^z under the reference policy; NaN: not asked for yet */
    world_spec outcome_spec, group_spec;
    policy_spec outcome_policy, no_policy;
    pl_arena arena;
} tabular;

/* Keys of the policy that say nothing about a table. */
void tabular_check(const policy_spec *spec, const pl_check *check);

/* `rows` is the table as read from `file` (for messages). On error everything is released.
 * Errors: PL_ERR_USER (all of the table's mistakes, up to a limit), PL_ERR_WORLD. */
PL_MUST_USE pl_status tabular_init(tabular *t, const pl_table *rows, const char *file, const policy_spec *spec, pl_diag *diag);
void tabular_free(tabular *t);

/* Scratch of the general road; part of tabular_init. Errors: PL_ERR_WORLD. */
PL_MUST_USE pl_status tabular_general_init(tabular *t);

/* Rollouts of a group, in terms of `groups`: format is the label, strategy the place. */
void tabular_sample(tabular *t, const double *weights, const pl_seeds *seeds, uint32_t version, rollout_group *group);

/* As algo_gradient, with one fork per response: the outcome. The reference's weights stay the same as long as `t` lives. */
void tabular_gradient(tabular *t, const algorithm_spec *a, const double *weights, const algo_batch *batch, size_t from, size_t to,
                      const double *weight, const algo_scratch *s, policy_gradient *g, algo_counts *counts);

/* divergence[i] of every response of the group from the reference, as algo_divergence. */
void tabular_divergence(tabular *t, const algo_kl *kl, const double *reference, const rollout_group *group, double *divergence);

/* View in terms of `groups`. Places that a group does not have get probability 0 and a finite logarithm. */
void tabular_view(tabular *t, const double *weights, uint32_t prompt, policy_view *view);

/* The quick road: on-policy, one update per batch, prompt feature only, 0/1 reward for correctness, advantages that
 * look at one group and sum to zero, plain gradient ascent. Then a rollout's coefficient depends on nothing but the number of
 * right answers in its group, the expected part of grad ln pi cancels, and only sampled outcomes move:
 *
 *   z[x, k_i] += v^2 lr c(right_i; number right)
 *
 * State is float32 and stays in the cache; models/tabular_kernel.c does the whole step with vectors. The numbers
 * differ from the general road's in rounding and in how uniforms are made, not in distribution: rollout 16 c + 4 w + j of slot b
 * draws its outcome by inversion of a pl_uniformf of word w of block j of the stream (PL_FOR_SAMPLE; batch, slot, c), its success
 * by that of PL_FOR_OUTCOME. */
typedef struct tabular_fast tabular_fast;

/* The dense quick road drops three of the conditions: it makes any number of updates from a batch, with any loss and a divergence
 * from the base in the loss, advantages need not sum to zero, and the prompts may share features. It keeps the probabilities of a
 * batch, asks the algorithm once for responses of a group that cannot be told apart, and moves every logit
 * (models/tabular_dense.c). */

/* *fast is NULL, without error, when the recipe is not of this kind. */
PL_MUST_USE pl_status tabular_fast_open(tabular_fast **fast, const tabular *t, const pl_choices *reward, const algorithm_spec *a,
                                        const optimizer_spec *o, pl_diag *diag);
void tabular_fast_free(tabular_fast *fast);

typedef struct tabular_step {            /* what an update saw: means over the batch, before it */
    double entropy, pass;                /* nats; fraction */
    const double *share;                 /* [K] mean probability of each outcome */
} tabular_step;

/* Update number `minibatch` of a rollout batch; the batch is drawn with the first. The statistics are those of the prompts
 * looked at: all of them at first, then those of the minibatch. Only the dense road counts. `groups` is filled when not NULL
 * (version as given), and *norm is then the norm of the gradient. Returns false when the state is no longer finite. */
bool tabular_fast_update(tabular_fast *fast, const pl_seeds *seeds, uint32_t batch, uint32_t version, const uint32_t *prompts,
                         size_t n, size_t minibatch, algo_batch *groups, double *norm, algo_counts *counts, tabular_step *step);

/* The same in two halves, for batches whose groups were drawn by different versions of the weights: since updates of the sparse
 * road do not depend on the logits that they move, groups may be drawn at one time and applied at another. */
bool tabular_fast_halves(const tabular_fast *fast);                   /* not on the dense road */
/* Draws groups `slot`, slot + 1, ... of a batch at the state: outcome and correct [n][G]. */
void tabular_fast_draw(tabular_fast *fast, const pl_seeds *seeds, uint32_t batch, uint32_t slot, const uint32_t *prompts, size_t n,
                       uint16_t *outcome, uint8_t *correct);
/* Moves the state by one drawn group. */
void tabular_fast_apply(tabular_fast *fast, uint32_t prompt, const uint16_t *outcome, const uint8_t *correct);
void tabular_fast_prefetch(const tabular_fast *fast, uint32_t prompt);      /* its logits are wanted soon */
/* One drawn group as group b of a batch of n to be looked at; with the last, all are filled in, and the norm of their gradient. */
void tabular_fast_show(tabular_fast *fast, size_t b, const uint16_t *outcome, const uint8_t *correct, algo_batch *groups,
                       double *norm);
/* A copy of the state, and back: n_state floats. */
size_t tabular_fast_state(const tabular_fast *fast, float **state);
bool tabular_fast_finite(const tabular_fast *fast);

/* Weights of `policy` that are equal to the state. */
void tabular_fast_export(const tabular_fast *fast, double *weights);

#endif
