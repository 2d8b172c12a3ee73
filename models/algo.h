/* Policy updates: from rewards to weights. docs/model/updates.md.
 *
 *   advantage_i = (reward_i - baseline) / (scale + eps), times positive_weight or negative_weight by its sign
 *   A_{i,d}     = credit(advantage_i, d)                    of each decision of the response
 *   c_{i,d}     = (w_{i,d} loss(A_{i,d}, ratio_{i,d}) - beta kl(ln pi - ln pi_ref)) * aggregation weight a_i of response i
 *   dW          = optimizer( sum_i sum_d c_{i,d} grad ln pi_{i,d} + alpha a_i grad H_{i,d} )
 *
 * ratio is pi / pi_anchor per fork or per response, as the loss asks. The anchor is the policy that sampled (behaviour), and w
 * is 1; or, decoupled, the policy at the start of the batch (proximal), and w = pi_proximal / pi_behaviour, truncated, without
 * gradient.
 * beta is the weight of the divergence from the reference policy (the base), alpha the entropy bonus, H the entropy of a
 * decision on the path; both are 0 by default. A filter (models/filter.h) may drop groups before any of this.
 *
 * Each part is a registry of one-file entries: algo_baseline_<name>.c, algo_scale_<name>.c, algo_credit_<name>.c,
 * algo_loss_<name>.c, algo_aggregation_<name>.c, algo_kl_<name>.c, algo_optimizer_<name>.c, algo_schedule_<name>.c,
 * filter_<name>.c. Named
 * algorithms are YAML presets of these in scenarios/base/algorithms/.
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

/* Sums over the rewards of a set, relative to the first of them. */
typedef struct algo_moments { double n, origin, sum, square; } algo_moments;
void algo_moments_add(algo_moments *m, const rollout_group *group);

/* What scope BATCH means. */
typedef struct batch_spec {
    bool per_domain;                 /* each domain's groups by themselves */
    bool generated;                  /* all groups that were generated for the batch, not only those that the filter kept */
} batch_spec;

/* What a baseline or a scale may look at beside the rewards of the batch. All NULL: nothing, and the batch is one set. */
typedef struct algo_context {
    const batch_spec *batch;
    const algo_moments *generated;   /* [domains] rewards as paid of all groups generated, where batch->generated */
    const policy *policy;            /* its features name what prompts share; its world knows their domains */
    double *state;                   /* of the baseline: algo_baseline.state doubles, 0 at the start */
} algo_context;

typedef struct algo_baseline {
    pl_entry entry;
    algo_scope scope;                /* needs at least two rollouts in it */
    bool zero_sum;                   /* advantages of a group sum to zero in real arithmetic, and are exactly 0 for equal rewards */
    bool never_negative;             /* no advantage is below 0, whatever the rewards */
    bool by_threshold;               /* asks whether a reward exceeds a number: what is taken from it may turn right into wrong */
    void (*apply)(const void *params, const algo_context *c, algo_batch *batch);             /* advantage = reward - baseline */
    size_t (*state)(const void *params, const policy *p);    /* doubles that it keeps between batches; NULL: none */
    int64_t (*least)(const void *params);                    /* smallest group size that makes sense; NULL: that of the scope */
} algo_baseline;

typedef struct algo_scale {
    pl_entry entry;
    algo_scope scope;                /* needs more than `ddof` rollouts, and two, in it */
    bool scale_free;                 /* multiplying all rewards by a constant changes nothing (eps aside) */
    bool vanishes;                   /* it is 0 when all rewards of the set are equal */
    bool needs_positive;             /* it means nothing for rewards that may be negative */
    bool of_advantages;              /* it looks at advantages, which groups that were dropped have none of */
    bool deviates;                   /* it is a root of a mean square, which ddof is about */
    /* advantage /= scale + eps */
    void (*apply)(const void *params, const algo_context *c, double epsilon, int ddof, algo_batch *batch);
} algo_scale;

/* Forks of a response, by kind. Forks of a kind share their probability, so that one entry stands for all of them. The first two
 * plan the response, the others carry it out or speak of it. */
enum { FORK_FORMAT, FORK_STRATEGY, FORK_STEP_RIGHT, FORK_STEP_WRONG, FORK_STANCE, FORK_CONFIDENCE, FORK_KINDS };
static inline bool algo_plans(size_t kind) { return kind <= FORK_STRATEGY; }

typedef struct algo_fork {
    size_t n;                        /* how many the response has of the kind; with 0 nothing else is set */
    size_t picked;                   /* of those, for which algo_loss.picked holds */
    double ln_now, ln_then;          /* ln pi of the option now, and when it was sampled */
    double ln_proximal, ln_reference;    /* set when the recipe is decoupled; when it has a divergence in the loss */
} algo_fork;

typedef struct algo_response {       /* what the update sees of a response, or of several that cannot be told apart */
    size_t copies;                   /* how many */
    double advantage, tokens;
    algo_fork fork[FORK_KINDS];
} algo_response;

/* How the advantage of a response is shared out to its decisions. */
typedef struct algo_credit {
    pl_entry entry;
    bool random;                     /* draws from `random` */
    /* advantage[kind] of every kind that the response has: mean over its forks. It has the sign of r->advantage. */
    void (*spread)(const void *params, const algo_response *r, pl_stream *random, double advantage[FORK_KINDS]);
} algo_credit;

/* The set of forks whose ratio pi / pi_anchor a loss looks at: none (then 1 is passed), each by itself, or all of a response:
 * the geometric mean over its tokens, exp(sum_d ln ratio_d / l), fillers counting as 1. */
typedef enum algo_ratio { ALGO_RATIO_NONE, ALGO_RATIO_FORK, ALGO_RATIO_RESPONSE } algo_ratio;

/* Forks of one kind of one response, for a loss that singles out forks of a minibatch. */
typedef struct algo_pick {
    double covariance;               /* (ln pi - mean)(A - mean), nats; means over all forks of the minibatch */
    double advantage, ratio;
    size_t n, picked;                /* forks; of those singled out: to be set */
    bool bound;                      /* a bound of the ratio binds: nothing is left to single out */
    uint32_t order;                  /* scratch of algo_pick_top */
} algo_pick;
/* For the pick of a loss: singles out the m forks of largest covariance, the first of equals, or all there are. */
void algo_pick_top(algo_pick *forks, size_t n, size_t m);
/* m of the forks that `eligible` accepts, at random without replacement, or all there are. */
void algo_pick_random(algo_pick *forks, size_t n, size_t m, bool (*eligible)(const void *params, const algo_pick *fork),
                      const void *params, pl_stream *random);

typedef struct algo_loss {
    pl_entry entry;
    algo_ratio ratio;
    bool supervised;                 /* imitates what it is given, whoever sampled it */
    /* Coefficient of grad ln pi of one fork with advantage A. Sets *clipped when a bound of the ratio binds. */
    double (*coefficient)(const void *params, double advantage, double ratio, bool *clipped);
    /* Optional: sets `picked` of forks of the minibatch, which has so many tokens in all; the coefficient of those is `picked`. */
    void (*pick)(const void *params, algo_pick *forks, size_t n, double tokens, pl_stream *random);
    double (*picked)(const void *params, double advantage, double ratio);
} algo_loss;

typedef struct algo_aggregation {
    pl_entry entry;
    /* weight[i] for every rollout of the batch (groups in order, G each): what multiplies the sum over its forks.
     * Means over prompts; `reference_tokens` (l_ref) keeps the meaning of the learning rate. */
    void (*weights)(const void *params, const algo_batch *batch, double reference_tokens, double *weight);
    bool (*without_lengths)(const void *params);             /* does it not look at reference_tokens? NULL: it does */
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

typedef struct algo_schedule {
    pl_entry entry;
    /* Factor of lr, 1 at t = 0; t counts updates from the first at full lr. NULL: 1 for ever. */
    double (*factor)(const void *params, double t);
} algo_schedule;

typedef enum algo_reduction { ALGO_MEAN, ALGO_SUM } algo_reduction;
typedef enum algo_kl_place { ALGO_KL_LOSS, ALGO_KL_REWARD } algo_kl_place;
typedef struct kl_spec {
    double weight;                   /* beta, reward per nat */
    pl_choice estimator;
    int in;                          /* algo_kl_place */
    bool importance_ratio;           /* in the loss: times pi / pi when sampled, without gradient */
} kl_spec;
typedef enum algo_anchor { ALGO_BEHAVIOUR, ALGO_PROXIMAL } algo_anchor;
typedef struct decoupled_spec {
    int anchor;                      /* algo_anchor: what the loss's ratio is relative to */
    double cap;                      /* of w = pi_proximal / pi_behaviour */
} decoupled_spec;
typedef enum algo_sampler { ALGO_SAMPLER_CURRENT, ALGO_SAMPLER_BASE } algo_sampler;
typedef struct conditioned_spec {
    bool enabled;
    double sharing;                  /* between the labels, fraction */
} conditioned_spec;
typedef struct algorithm_spec {
    int64_t group_size, prompts;     /* G; P prompts per rollout batch */
    int64_t minibatches;             /* updates per rollout batch; must divide `prompts` */
    pl_choice baseline, scale, credit, loss, aggregation;
    double epsilon;                  /* added to the scale */
    int64_t ddof;                    /* of the scale */
    int batch_reduction;             /* algo_reduction over the prompts of a minibatch */
    double reference_tokens;         /* l_ref; NaN: mean tokens of the base policy on the training pool */
    double positive_weight, negative_weight;   /* of advantages above and below 0 */
    decoupled_spec decoupled;
    batch_spec batch;
    conditioned_spec conditioned;
    int sampler;                     /* algo_sampler: the policy that generates the rollouts */
    kl_spec kl;
    double entropy_bonus;            /* alpha, reward per nat */
    pl_choice filter;                /* models/filter.h */
    pl_choice selection;             /* models/selection.h */
} algorithm_spec;
typedef struct optimizer_spec {
    pl_choice method;
    double lr;
    int64_t warmup;                  /* updates over which lr rises linearly; 0: none */
    pl_choice schedule;              /* after it; NULL entry: constant */
} optimizer_spec;
extern const pl_struct algorithm_struct, optimizer_struct;
extern const pl_registry baseline_registry, scale_registry, credit_registry, loss_registry, aggregation_registry, kl_registry,
    optimizer_registry, schedule_registry;       /* generated */

/* Sets advantage of every rollout of the batch from its reward: baseline, scale, weight of its sign. A baseline that learns does
 * so here, after it was asked. */
void algo_advantages(const algorithm_spec *a, const algo_context *c, algo_batch *batch);
size_t algo_baseline_state(const algorithm_spec *a, const policy *p);        /* doubles */
bool algo_is_decoupled(const algorithm_spec *a);

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
    uint64_t forks, low, high;       /* all; of those at a bound: with A < 0 (of a clip, the lower one), with A > 0 (the upper) */
    uint64_t picked;                 /* singled out by the loss */
    double divergence;               /* nats, sum over forks of the estimate in the loss */
    double n, sum, square;           /* forks with a coefficient; sums of their pi / pi_behaviour and of its square */
} algo_counts;

/* (sum w)^2 / (n sum w^2), w = pi / pi_behaviour of the forks that had a coefficient: 1 on-policy; NaN without any. */
double algo_effective_samples(const algo_counts *counts);

/* Scratch of the gradient. The reference is used only when the loss has a divergence, the proximal policy only when the recipe is
 * decoupled, picks only when the loss picks. */
typedef struct algo_scratch {
    policy_view *view;
    policy_dz *dz;
    policy_view *reference;
    const double *reference_weights;
    policy_view *proximal;
    const double *proximal_weights;
    algo_pick *picks;                /* [algo_picks] */
    const pl_seeds *seeds;           /* of what the update draws */
} algo_scratch;
size_t algo_picks(const algorithm_spec *a);        /* room that a minibatch needs */

/* Adds the gradient of groups [from, to), one minibatch, at the given weights to g and to counts. `weight` from algo_weights, per
 * rollout of the batch. */
void algo_gradient(const algorithm_spec *a, const policy *p, const double *weights, const algo_batch *batch, size_t from, size_t to,
                   const double *weight, const algo_scratch *scratch, policy_gradient *g, algo_counts *counts);

/* The pieces of it, for a policy of another shape (models/tabular.h). Coefficients of grad ln pi of each fork of a response, by
 * kind; 0 where it has none. `random` is drawn from when the recipe's credit is random. */
void algo_coefficients(const algorithm_spec *a, const algo_response *r, pl_stream *random, double coefficient[FORK_KINDS],
                       algo_counts *counts);
/* The same of responses of one token, whose one fork is the choice of a strategy. */
double algo_coefficient(const algorithm_spec *a, const algo_fork *fork, size_t copies, double advantage, algo_counts *counts);

/* Picking: notes the forks of a response (picks[0 .. FORK_KINDS-1]), then decides over all n responses of a minibatch. */
void algo_note(const algorithm_spec *a, const algo_response *r, pl_stream *random, algo_pick *picks);
void algo_decide(const algorithm_spec *a, algo_pick *picks, size_t n, double tokens, const rollout_group *first,
                 const pl_seeds *seeds);
/* The stream from which the credit of response i of the group draws. */
pl_stream algo_stream(const pl_seeds *seeds, const rollout_group *group, size_t i);

/* dz[j] += c dH/dz_j of a softmax: -c pi_j (ln pi_j + H). */
void algo_entropy_gradient(double c, const double *pi, const double *ln_pi, size_t n, double *dz);

/* One optimiser step along g; `state` holds state_per_weight doubles per weight. */
void algo_step(const optimizer_spec *o, uint64_t t, double *weights, double *state, const policy *p, const policy_gradient *g);
size_t algo_optimizer_state(const optimizer_spec *o);      /* doubles per weight */
double algo_lr(const optimizer_spec *o, uint64_t t);       /* of update t, 0-based: warm-up, then schedule */
bool algo_lr_is_constant(const optimizer_spec *o);

/* Tokens of a response as a divisor: at least the one that ends it. */
static inline double algo_tokens(const rollout *r) { return r->tokens > 1.0 ? r->tokens : 1.0; }

#endif
