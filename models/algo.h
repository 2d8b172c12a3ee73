/* Group-relative policy updates: from rewards to weights. docs/model.md, section 4.
 *
 *   advantage_i = (reward_i - baseline) / (scale + eps)
 *   c_{i,d}     = (loss(advantage_i, ln ratio_{i,d}) - beta kl(ln pi - ln pi_ref)) * aggregation weight a_i of response i
 *   dW          = optimizer( sum_i sum_d c_{i,d} grad ln pi_{i,d} + alpha a_i grad H_{i,d} )
 *
 * beta is the weight of the divergence from the reference policy (the base), alpha the entropy bonus, H the entropy of a
 * decision on the path; both are 0 by default. A filter (models/filter.h) may drop groups before any of this.
 *
 * Each part is a registry of one-file entries: algo_baseline_<name>.c, algo_scale_<name>.c, algo_loss_<name>.c,
 * algo_aggregation_<name>.c, algo_kl_<name>.c, algo_optimizer_<name>.c, filter_<name>.c. Named algorithms (grpo, dapo, dr-grpo,
 * rloo, reinforce) are YAML presets of these in scenarios/base/algorithms/.
 */
#ifndef PL_MODELS_ALGO_H
#define PL_MODELS_ALGO_H

#include "models/rollout.h"

typedef struct algo_batch {          /* all groups of one rollout batch (a minibatch is a range of them) */
    rollout_group *groups;           /* [n], all of the same size G */
    size_t n;
} algo_batch;

/* The set of rollouts that a baseline or a scale looks at. */
typedef enum algo_scope { ALGO_SCOPE_NONE, ALGO_SCOPE_GROUP, ALGO_SCOPE_BATCH } algo_scope;

typedef struct algo_baseline {
    pl_entry entry;
    algo_scope scope;                /* needs at least two rollouts in it */
    bool zero_sum;                   /* advantages of a group sum to zero in real arithmetic, and are exactly 0 for equal rewards */
    void (*apply)(const void *params, algo_batch *batch);             /* advantage = reward - baseline */
} algo_baseline;

typedef struct algo_scale {
    pl_entry entry;
    algo_scope scope;                /* needs more than `ddof` rollouts, and two, in it */
    bool scale_free;                 /* multiplying all rewards by a constant changes nothing (eps aside) */
    void (*apply)(const void *params, double epsilon, int ddof, algo_batch *batch);      /* advantage /= scale + eps */
} algo_scale;

typedef struct algo_loss {
    pl_entry entry;
    bool needs_old_policy;           /* uses ln_ratio; else it is not computed and 0 is passed */
    /* Coefficient of grad ln pi of one fork: advantage A, log ratio of current to behaviour probability.
     * Sets *clipped when the fork's gradient was clipped away. */
    double (*coefficient)(const void *params, double advantage, double ln_ratio, bool *clipped);
} algo_loss;

typedef struct algo_aggregation {
    pl_entry entry;
    /* weight[i] for every rollout of the batch (groups in order, G each): what multiplies the sum over its forks.
     * Means over prompts; `reference_tokens` (l_ref) keeps the meaning of the learning rate. */
    void (*weights)(const void *params, const algo_batch *batch, double reference_tokens, double *weight);
} algo_aggregation;

/* Estimator of the divergence of a fork's decision from the reference, from its one sampled option; l = ln pi - ln pi_ref of it. */
typedef struct algo_kl {
    pl_entry entry;
    bool zero_mean;                  /* as a loss, the gradient is zero on average */
    double (*value)(double l);       /* nats; NULL: no divergence at all */
    double (*slope)(double l);       /* d value / d ln pi: the coefficient of grad ln pi when the estimate is a loss */
} algo_kl;

typedef struct algo_optimizer {
    pl_entry entry;
    size_t state_per_weight;         /* doubles; the state starts at 0 */
    /* Update number t (0-based): moves the weights *up* the gradient g. */
    void (*step)(const void *params, double lr, uint64_t t, double *weights, double *state, const policy *p,
                 const policy_gradient *g);
} algo_optimizer;

typedef enum algo_reduction { ALGO_MEAN, ALGO_SUM } algo_reduction;
typedef enum algo_kl_place { ALGO_KL_LOSS, ALGO_KL_REWARD } algo_kl_place;
typedef struct kl_spec {
    double weight;                   /* beta, reward per nat */
    pl_choice estimator;
    int in;                          /* algo_kl_place */
    bool importance_ratio;           /* in the loss: times pi / pi when sampled, without gradient */
} kl_spec;
typedef struct algorithm_spec {
    int64_t group_size, prompts;     /* G; P prompts per rollout batch */
    int64_t minibatches;             /* updates per rollout batch; must divide `prompts` */
    pl_choice baseline, scale, loss, aggregation;
    double epsilon;                  /* added to the scale */
    int64_t ddof;                    /* of the scale */
    int batch_reduction;             /* algo_reduction over the prompts of a minibatch */
    double reference_tokens;         /* l_ref; NaN: mean tokens of the base policy on the training pool */
    kl_spec kl;
    double entropy_bonus;            /* alpha, reward per nat */
    pl_choice filter;                /* models/filter.h */
} algorithm_spec;
typedef struct optimizer_spec {
    pl_choice method;
    double lr;
    int64_t warmup;                  /* updates over which lr rises linearly; 0: none */
} optimizer_spec;
extern const pl_struct algorithm_struct, optimizer_struct;
extern const pl_registry kl_registry;                                                            /* generated */
extern const pl_registry baseline_registry, scale_registry, loss_registry, aggregation_registry, optimizer_registry; /* generated */

/* Sets advantage of every rollout of the batch from its reward: baseline, then scale. */
void algo_advantages(const algorithm_spec *a, algo_batch *batch);

/* Minibatch m of a batch of n groups is [algo_minibatch(a, n, m), algo_minibatch(a, n, m + 1)): equal parts as far as n allows. */
static inline size_t algo_minibatch(const algorithm_spec *a, size_t n, size_t m) { return m * n / (size_t)a->minibatches; }

/* Weight of every rollout of the batch, weight[group * G + i], batch_reduction included. Every minibatch is
 * aggregated by itself, so that each update is a mean (or sum) over its own prompts. `reference_tokens`: l_ref, tokens. */
void algo_weights(const algorithm_spec *a, const algo_batch *batch, double reference_tokens, double *weight);

/* The recipe's divergence when it has one in that place, else NULL. */
const algo_kl *algo_kl_in(const algorithm_spec *a, algo_kl_place place);

/* Estimated divergence of a response from the reference, nats: the sum over its forks, at the probabilities with which it
 * was sampled. `reference` is the view of its prompt under the reference policy. */
double algo_divergence(const algo_kl *kl, const policy_view *reference, const rollout *r);

typedef struct algo_counts {
    uint64_t forks, low, high;       /* all; of those clipped: A < 0 and ratio below the lower bound, A > 0 and above the upper */
    double divergence;               /* nats, sum over forks of the estimate in the loss */
} algo_counts;

/* Scratch of the gradient. reference and its weights are used only when the loss has a divergence. */
typedef struct algo_scratch {
    policy_view *view;
    policy_dz *dz;
    policy_view *reference;
    const double *reference_weights;
} algo_scratch;

/* Adds the gradient of groups [from, to) at the given weights to g and to counts. `weight` from algo_weights, per
 * rollout of the batch. */
void algo_gradient(const algorithm_spec *a, const policy *p, const double *weights, const algo_batch *batch, size_t from, size_t to,
                   const double *weight, const algo_scratch *scratch, policy_gradient *g, algo_counts *counts);

/* The pieces of it, for a policy of another shape (models/tabular.h). `n` forks that share their probabilities: log-probability
 * now, when sampled, and under the reference. Returns the coefficient of grad ln pi of each. */
typedef struct algo_fork { size_t n; double ln_now, ln_then, ln_reference; } algo_fork;
double algo_coefficient(const algorithm_spec *a, const algo_fork *fork, double advantage, algo_counts *counts);
/* dz[j] += c dH/dz_j of a softmax: -c pi_j (ln pi_j + H). */
void algo_entropy_gradient(double c, const double *pi, const double *ln_pi, size_t n, double *dz);

/* One optimiser step along g; `state` holds state_per_weight doubles per weight. */
void algo_step(const optimizer_spec *o, uint64_t t, double *weights, double *state, const policy *p, const policy_gradient *g);
size_t algo_optimizer_state(const optimizer_spec *o);      /* doubles per weight */

/* Tokens of a response as a divisor: at least the one that ends it. */
static inline double algo_tokens(const rollout *r) { return r->tokens > 1.0 ? r->tokens : 1.0; }

#endif
