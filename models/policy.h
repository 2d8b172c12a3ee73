/* The policy: a latent pretraining distribution moved by log-linear weights. docs/model/policy.md.
 *
 *   z_j = ln prior_j(x, ctx) + sum_i v_i W[key_i, j] + sum_m v_m w_m phi_m(j, ctx)
 *
 * Weights start at 0 without effect: at step 0 the policy *is* the pretrained model. The immutable part (policy)
 * and the weights are separate, so that generators, references and versions are copies of one flat array.
 *
 * Decisions: format f | x; strategy s | x, f; each of m_s execution steps, a Bernoulli with logit e(f, x); and, for a
 * policy that has them, what a finished response says of itself: its stance (commit or hedge), a Bernoulli, and the
 * confidence that it states, one of L levels 0 .. 1, both given the bin of the evidence (policy_statement.c).
 * Table features: global, domain, band, template, prompt, context (the format, for strategy and execution; the evidence bin,
 * for stance and confidence). The embedding is a dense one: its table has one row per dimension, and a prompt uses all of them,
 * in proportion to the components of its own vector (policy_model.c).
 * A held-out prompt has no row in the prompt table and a held-out template none in the template table: they move by
 * what is shared alone. The format decision has no context.
 * Tied features: sharp, phi = ln prior_j - E_prior ln prior, one inverse temperature shared by format and strategy;
 * assert, phi = 1 for committing and logit(clip(c, .01, .99)) for confidence c, one assertiveness shared by both.
 *
 * Sampling at temperature T divides all logits by T. The tempered policy is the one that is trained: its log-probabilities are
 * the behaviour's, and gradients are its gradients. Measures look at temperature 1.
 *
 * The engine that generates may compute slightly other logits than the trainer (mismatch_spec): then rollouts are sampled from
 * its probabilities and carry those, while trainer and measures see the policy itself.
 */
#ifndef PL_MODELS_POLICY_H
#define PL_MODELS_POLICY_H

#include "models/world.h"

typedef enum decision {
    DECISION_FORMAT, DECISION_STRATEGY, DECISION_EXECUTION, DECISION_STANCE, DECISION_CONFIDENCE, DECISIONS
} decision;
typedef enum feature {
    FEATURE_GLOBAL, FEATURE_DOMAIN, FEATURE_BAND, FEATURE_TEMPLATE, FEATURE_PROMPT, FEATURE_EMBEDDING,
    FEATURE_CONTEXT, FEATURES
} feature;
extern const char *const decision_names[], *const feature_names[];

typedef struct gains_spec { double v[FEATURES]; } gains_spec;    /* keys global, domain, ...; NaN: as `transfer` */
typedef struct evidence_spec {               /* u = logit P(right | f, s, x) + noise N(0,1), clipped and binned */
    double noise, clip;                      /* logits */
    int64_t bins;                            /* centres from -clip to clip, equally spaced */
    double width;                            /* of the kernel between bins, logits */
} evidence_spec;
typedef struct stance_spec {
    double hedge;                            /* pretraining share of hedging; 0: no such decision */
    gains_spec gains;
} stance_spec;
typedef struct confidence_spec {
    int64_t levels;                          /* L; 0: no such decision */
    double peak, spread, tail;               /* pretraining distribution: (1 - tail) bump(peak, spread) + tail uniform */
    double width;                            /* of the kernel between levels */
    gains_spec gains;
} confidence_spec;
typedef struct embedding_spec {              /* of a prompt: a vector of expected square length 1 */
    int64_t dimension;                       /* h; 0: none */
    double common, template_;                /* shares of the square length: of all prompts, of the template; the rest is its own */
} embedding_spec;
typedef struct mismatch_spec {               /* ln pi_generator = ln softmax_j(z_j + xi_j + zeta_{ctx,j}) */
    double sd;                               /* logits; 0: none */
    double correlation;                      /* share of the variance that an option has in every context (xi) */
} mismatch_spec;
typedef enum storage_format { STORAGE_EXACT, STORAGE_FP32, STORAGE_BF16 } storage_format;
typedef struct storage_spec {                /* models/storage.h */
    int format;                              /* storage_format */
    double scale;                            /* s_w, stored units per unit of W; NaN: not given */
    double sd;                               /* of the pretrained weights, stored units */
} storage_spec;
typedef struct policy_spec {
    gains_spec transfer;                     /* default of every decision */
    gains_spec format, strategy, execution;  /* overrides */
    double sharp;                            /* gain of the tied inverse temperature; 0 = none */
    bool sharp_per_domain;
    double temperature;                      /* of the rollouts; 0 (unset) means 1 */
    evidence_spec evidence;
    stance_spec stance;
    confidence_spec confidence;
    double assert;                           /* gain of the tied assertiveness; 0 = none */
    embedding_spec embedding;
    mismatch_spec mismatch;
    storage_spec storage;
} policy_spec;
extern const pl_struct policy_struct;

typedef struct policy_table {                /* W[key, j] of one decision and feature: n_keys x width at `offset` */
    decision decision;
    feature feature;
    double gain;
    size_t n_keys, width, offset;
} policy_table;

typedef struct policy {
    const world *world;
    const policy_spec *spec;
    policy_table tables[DECISIONS * FEATURES];   /* only those with gain != 0 */
    size_t n_tables;
    size_t first[DECISIONS + 1];                 /* tables of decision d: first[d] .. first[d+1]-1 */
    size_t n_rows;                               /* rows of all tables, and the tied weights */
    bool shared_strategy;                        /* strategy logits are the same in every format */
    size_t sharp_offset, n_sharp;
    double sharp_gain;
    size_t n_weights;
    double *sharp_format, *sharp_strategy;       /* phi: [n_domains][F], [n_prompts][F][S]; NULL when the gain is 0 */
    double temperature;
    size_t n_bins, n_levels;                     /* 0 where there is no evidence, no confidence */
    bool has_stance;
    size_t assert_offset;                        /* of the one weight, when assert_gain is not 0 */
    double assert_gain;
    double commit_logit;                         /* of the prior */
    double *level, *ln_prior_level, *phi_level;  /* [L] confidence, its prior, phi of assert */
    double *root_bin, *root_level;               /* [B][B], [L][L] symmetric square roots of the ordinal kernels */
    size_t n_embedding;
    double *embedding;                           /* [n_prompts][n_embedding]; NULL without one */
    /* Mismatch of the generators' logits, NULL without one; of a Bernoulli, that of its logit. Context: prompt; prompt and format;
     * bin of the evidence. */
    double *off_format, *off_strategy, *off_step;    /* [n_prompts][F], [n_prompts][F][S], [n_prompts][F] */
    double *off_commit, *off_level;                  /* [B], [B][L] */
    pl_arena arena;
} policy;

PL_MUST_USE pl_status policy_init(policy *p, const policy_spec *spec, const world *w, pl_diag *diag);
void policy_free(policy *p);

/* Everything the policy says about one prompt. Arrays live in the view's own memory (policy_view_init). */
typedef struct policy_view {
    const policy *policy;
    uint32_t prompt;
    size_t F, S;
    double *format, *ln_format;              /* [F] probabilities and their logs */
    double *strategy, *ln_strategy;          /* [F][S] given the format */
    double *step;                            /* [F] sigma(e): probability that one execution step succeeds */
    double *ln_step, *ln_fail;               /* [F] ln sigma(e), ln(1 - sigma(e)) */
    double *success;                         /* [F][S] P(right | f, s, commit), length cap included */
    double pass;                             /* P(right) */
    double temperature;                      /* at which it was made */
    bool generates;                          /* with the mismatch of the generators */
    const double *weights;                   /* from which; bins are filled from them on demand: policy_view_bin */
    size_t B, L;                             /* evidence bins, levels of confidence */
    double *commit, *ln_commit, *ln_hedge;   /* [B] given the bin */
    double *level, *ln_level;                /* [B][L] given the bin and a commitment */
    uint8_t *known;                          /* [B] how far the bin is filled: not, commit, everything */
    double *evidence, *evidence_right;       /* [B] P(bin, not cut off or abstaining), and P(that, right if committed) */
    double *committed;                       /* [F][S] P(commit | f, s, not cut off) */
    double *scratch;                         /* [2 L + B] */
    double *memory;
} policy_view;
PL_MUST_USE pl_status policy_view_init(policy_view *v, const policy *p);
void policy_view_free(policy_view *v);
/* Everything, at the policy's own temperature, or at another; 0 is greedy: the likeliest option (the first of equals) has
 * probability 1, the logarithms of the others are -inf. */
void policy_forward(const policy *p, const double *weights, uint32_t prompt, policy_view *v);
void policy_forward_at(const policy *p, const double *weights, uint32_t prompt, double temperature, policy_view *v);
/* As policy_forward_at, for the pass rate: of the statement only `committed` is filled, and what a confidence costs is saved. */
void policy_forward_pass(const policy *p, const double *weights, uint32_t prompt, double temperature, policy_view *v);
/* As policy_forward, the decisions alone: what sampling and gradients need. `pass` and what is expected over the
 * evidence are not filled. */
void policy_decide(const policy *p, const double *weights, uint32_t prompt, policy_view *v);
/* As policy_decide, of the engine that generates: with its mismatch. Sample from this. */
void policy_decide_generator(const policy *p, const double *weights, uint32_t prompt, policy_view *v);
/* Fills commit, level and their logarithms for one bin, once; the weights must still be those of the view. */
void policy_view_bin(const policy_view *v, size_t bin);

/* Evidence: u without noise on a path, its bin with noise z ~ Normal(0,1), and P(bin) for every bin. */
double policy_evidence(const policy *p, const policy_view *v, size_t format, size_t strategy);
size_t policy_evidence_bin(const policy *p, double u, double z);
void policy_evidence_law(const policy *p, double u, double *probability);

/* Expected over the view's decisions: P(abstained or hedged), P(an answer was given that can be read), recorded tokens. */
double policy_view_abstain(const policy *p, const policy_view *v);
double policy_view_answers(const policy *p, const policy_view *v);
/* q[W]: P(each wrong answer); their sum is returned. */
double policy_view_wrong(const policy *p, const policy_view *v, double *q);
double policy_view_tokens(const policy *p, const policy_view *v);

/* Gradient of sum_d c_d ln pi_d for one prompt in logit space, before it is spread over the features. */
typedef struct policy_dz {
    double *format, *strategy, *execution;   /* [F], [F][S], [F] */
    double *stance, *confidence;             /* [B] of the logit of committing, [B][L] */
    double *memory;
    size_t n;                                /* doubles in all */
} policy_dz;
PL_MUST_USE pl_status policy_dz_init(policy_dz *dz, const policy *p);
void policy_dz_free(policy_dz *dz);
void policy_dz_clear(policy_dz *dz);

/* Sparse gradient of the weights: dense storage and the list of touched blocks (rows of a table). */
typedef struct policy_gradient {
    double *g;                               /* [n_weights] */
    uint32_t *touched;                       /* offsets of touched rows */
    uint32_t *width;
    size_t n_touched;
    uint8_t *mark;
} policy_gradient;
PL_MUST_USE pl_status policy_gradient_init(policy_gradient *g, const policy *p);
void policy_gradient_free(policy_gradient *g);
void policy_gradient_clear(policy_gradient *g);
/* g += d z/d W^T dz, through every feature's gain. */
void policy_backward(const policy *p, const policy_view *v, const policy_dz *dz, policy_gradient *g);

/* Transfer kernel: how far a unit of dz on (x, option j) moves (x', option j') of the same decision under SGD of rate 1:
 *   K = [j = j'] (sum_i v_i^2 [same key] + v_e^2 e(x).e(x')) + v_m^2 phi_j phi_j' [same tied weight], e the embeddings
 * `context` is the format (unused for the format decision); execution and stance have the one option 0. For stance and
 * confidence the context is the bin, and neighbours learn together: [j = j'] is K_c = exp(-(c-c')^2/(2 width^2)) between
 * levels, and [same bin] is K_u likewise. */
double policy_kernel(const policy *p, decision d, uint32_t x, size_t context, size_t j, uint32_t x2, size_t context2, size_t j2);

#endif
