/* The world: domains, templates, prompts with difficulty, formats, strategies, and which strategy works where.
 *
 * Built once per replicate from a world_spec and the `world` random stream, then constant. docs/model/world.md.
 *
 * Prompts are numbered: all training prompts first (0 .. n_train-1, domain by domain), then held-out ones of the
 * training templates, then those of held-out templates (the "N-1" variants). Templates likewise: all training
 * templates first (0 .. n_train_templates-1, domain by domain), then the held-out ones.
 * Applicability (rate per rollout, fixed when the world is built):
 *   M[x,s] = sigma(a_s (kappa_s + kappa_{d,s} + lambda_s ln(N/N_ref) + tau_t eps_t + tau_x eps_x - b_x))
 */
#ifndef PL_MODELS_WORLD_H
#define PL_MODELS_WORLD_H

#include <stdint.h>
#include "sim/base/field.h"
#include "sim/core/rng.h"

/* Genuine strategies do the work that an answer takes. The last four do too: they are genuine ones that are tagged by the
 * meta-reasoning that sets them apart, so that measures and rewards can tell them from plain ones. */
typedef enum strategy_kind {
    STRATEGY_GENUINE, STRATEGY_SHORTCUT, STRATEGY_ABSTAIN,
    STRATEGY_PLANNING, STRATEGY_EXPLORATION, STRATEGY_REFLECTION, STRATEGY_MONITORING, STRATEGY_KINDS
} strategy_kind;
extern const char *const strategy_kind_names[];          /* "genuine", "shortcut", "abstain", "planning", ..., NULL */
static inline bool strategy_is_genuine(int kind) { return kind != STRATEGY_SHORTCUT && kind != STRATEGY_ABSTAIN; }

typedef struct difficulty_spec {
    double mean, sd;                 /* logits: Normal */
    pl_reals list;                   /* logits: explicit, repeated over the prompts; empty = not used */
    pl_reals pass_rate;              /* [alpha, beta] of a Beta target pass rate, b = -logit p; empty = not used */
} difficulty_spec;

typedef struct domain_spec {
    const char *name;
    double weight;                   /* sampling weight; NaN: the number of its training prompts */
    int64_t prompts, held_out;       /* counts; held_out per kind of template */
    int64_t templates, held_out_templates;
    difficulty_spec difficulty;
    double guess;                    /* gamma_d: success probability of a shortcut */
} domain_spec;

typedef struct format_spec {
    const char *name;
    pl_per share;                    /* pretraining share per domain; normalised check: sums to 1 in each domain */
    double skill, skill_per_ln_scale;/* phi_f, psi_f, logits of execution */
    double extraction;               /* v_f */
    double tokens;                   /* multiplier of the strategy's tokens */
    double pool_bonus, pool_share;   /* mu_f on this share of the training prompts */
} format_spec;

typedef struct strategy_spec {
    const char *name;
    int kind;                        /* strategy_kind */
    pl_per share;                    /* pretraining share per domain */
    pl_per format_factor;            /* multiplies the share within a format, then renormalised */
    double knows;                    /* prior logit per unit of standardised applicability: the base partly knows */
    int64_t steps;                   /* m_s; 0 for shortcuts and abstaining */
    pl_per ability;                  /* kappa_s (+ kappa_{d,s}), logits, per domain */
    double ability_per_ln_scale;     /* lambda_s */
    double discrimination;           /* a_s */
    double tokens, tokens_per_step;
    pl_reals applies_to;             /* [from, to): fractions of each domain's templates where it can work at all */
} strategy_spec;

/* Who falls for an invited mistake: every wrong response to the prompt; or one whose strategy does not work there and was carried
 * out without a slip, the mistake being the prompt's, or the strategy's own. */
enum { INVITED_BY_PROMPT, INVITED_BY_MISCONCEPTION, INVITED_BY_STRATEGY };
typedef struct answers_spec {
    int64_t wrong;                   /* W, alternatives on which wrong answers fall */
    double zipf;                     /* share of the i-th is proportional to i^-zipf */
    double correlation;              /* between wrong answers to one prompt */
    int invited_by;                  /* INVITED_BY_PROMPT ... */
} answers_spec;

typedef struct interrupt_spec {
    double at;                       /* tokens, its whole part counts; NaN: never */
    double answer;                   /* tokens of the phrase that ends the thinking, and of the answer after it */
    double luck;                     /* chance that a step which was not reached does not matter */
} interrupt_spec;

typedef struct world_spec {
    double scale, reference_scale;   /* N, N_ref, parameters */
    pl_map domains, formats, strategies;
    double template_sd, prompt_sd;   /* tau_t, tau_x */
    pl_per correlation;              /* rho_d: of eps over strategies */
    double execution, execution_per_ln_scale;   /* E_0, lambda_E */
    int64_t bands;                   /* difficulty bands, by quantile of the training prompts */
    double length_sd;                /* sd of the log of the length noise */
    double length_per_logit;         /* of difficulty, added to the log of the mean length */
    interrupt_spec interrupt;
    double length_cap;               /* tokens, its whole part counts; truncated is wrong; NaN: none */
    double filler_entropy;           /* h0, nats per token */
    answers_spec answers;
    const char *table;               /* path of a CSV table: the exact tabular world; NULL: the latent one */
} world_spec;
extern const pl_struct world_struct;

enum { SPLIT_TRAIN, SPLIT_HELD_OUT, SPLIT_HELD_OUT_TEMPLATE, SPLITS };

typedef struct world {
    const world_spec *spec;
    size_t n_prompts, n_train, n_domains, n_formats, n_strategies, n_templates, n_train_templates, n_bands;
    size_t n_split[3];                       /* prompts per split */
    uint32_t *domain, *template_, *band;     /* [n_prompts] */
    uint32_t *number;                        /* [n_prompts] of the prompt within its domain and split, from 0 */
    uint8_t *split;                          /* [n_prompts] */
    double *difficulty;                      /* [n_prompts] logits */
    double *applicability;                   /* [n_prompts][n_strategies] M for genuine, gamma_d for shortcuts, 0 for abstain */
    double *ln_prior_format;                 /* [n_domains][n_formats] */
    double *ln_prior_strategy;               /* [n_prompts][n_formats][n_strategies] */
    double *execution;                       /* [n_prompts][n_formats] logit of one step before training */
    /* Lengths, [n_formats][n_strategies], and for every prompt when they depend on its difficulty: index by world_path. */
    size_t path_stride;                      /* n_formats * n_strategies then, else 0 */
    double *tokens;                          /* tokens of a path, mean of the noise before rounding */
    double *length;                          /* expected length after rounding, cap and interruption */
    double *fits;                            /* P(not truncated) */
    double *steps;                           /* expected execution steps: m_s, but for interruptions */
    double *interrupted;                     /* P(interrupted); NULL: never happens */
    double *reach;                           /* [..][most_steps]: P(at least j + 1 steps are reached); NULL likewise */
    size_t most_steps;
    size_t n_wrong;                          /* W; answers are numbered 0 (right), 1 .. W (wrong, by share) */
    double *wrong;                           /* [n_wrong] shares of the wrong answers, of index answer - 1 */
    uint16_t *mistake;                       /* [n_prompts] the wrong answer that the prompt invites */
    uint16_t *own_mistake;                   /* [n_prompts][n_strategies] that each strategy leads to; NULL: all to `mistake` */
    uint16_t *likeliest_mistake;             /* [n_prompts] the wrong answer that the base gives most often */
    bool prior_by_format;                    /* does the strategy prior depend on the format? */
    const domain_spec **domains;
    const format_spec **formats;
    const strategy_spec **strategies;
    pl_seeds seeds;                          /* from which it was built */
    pl_arena arena;
} world;

/* Builds the latent world; `spec` must outlive it and have passed its checks. A spec with `table` is the caller's to read.
 * Errors: PL_ERR_WORLD out of memory; PL_ERR_NUMERIC when a prior or applicability is not finite. */
PL_MUST_USE pl_status world_build(world *w, const world_spec *spec, const pl_seeds *seeds, pl_diag *diag);
void world_free(world *w);

/* The number of a pl_per for a name: its own, else the one for all. */
double world_per(const pl_per *per, const char *name);

/* Identity of a wrong answer to the prompt, 1 .. W: if it was misled, with probability sqrt(correlation) the mistake that is
 * invited, else any by its share. Both have the same law over prompts, so that a wrong answer has share i^-zipf, and the
 * indicators of one identity in two misled answers to a prompt (of one strategy, where each has its own) have exactly the stated
 * correlation. Takes two uniforms. */
uint16_t world_wrong_answer(const world *w, uint32_t prompt, size_t strategy, bool misled, pl_stream *stream);
uint16_t world_mistake(const world *w, uint32_t prompt, size_t strategy);
/* May a wrong response fall for the mistake? `works`: the strategy does, on this response; `slipped`: in a step that mattered. */
bool world_misled(const world *w, size_t strategy, bool works, bool slipped);

/* The exact law of wrong answers: q[W], sum returned. A path is told by its probability, a commitment included, and ln P of one step
 * succeeding. */
typedef double answer_path(const void *of, size_t format, size_t strategy, double *ln_step);
double world_wrong_law(const world *w, uint32_t prompt, answer_path *path, const void *of, double *q);
void world_label_mistakes(world *w, double *q); /* fills likeliest_mistake; q[W] is scratch */

/* Length law: tokens = max(1, floor(m exp(sd z - sd^2/2) + 1/2)), z ~ Normal(0,1), m the path's `tokens`; longer than
 * the cap is truncated at it. Sampling and the exact expectations use the same law.
 * Interruption (arXiv 2510.13786): a response that would be longer than `at` is told to stop thinking there and answers, which
 * takes `answer` tokens. Step j of m would have come after j l/(m + 1) of its l tokens; those beyond `at` are skipped. */
typedef struct world_ending {
    double planned;                  /* tokens along which the steps are spread: the length, but for an interruption */
    uint16_t steps;                  /* reached */
    bool truncated, interrupted;
} world_ending;
static inline size_t world_path(const world *w, size_t prompt, size_t format, size_t strategy)
{
    return prompt * w->path_stride + format * w->n_strategies + strategy;
}
/* The recorded length for a given z, and how the response ends. */
double world_length(const world *w, size_t prompt, size_t format, size_t strategy, double z, world_ending *ending);
/* P(all m steps go right or do not matter) when a reached step succeeds with q = e^ln_step: sum_k P(k reached) q^k luck^(m-k). */
double world_executed(const world *w, size_t prompt, size_t format, size_t strategy, double ln_step);
/* Fills the arrays of path `i` of a strategy with m steps from its `tokens`. */
void world_path_law(world *w, size_t i, size_t m);
/* Expected recorded length and P(not truncated) for mean m, sd of the log, cap (whole, +inf: none). Lengths up to
 * 2048 are summed term by term, the tail beyond by the midpoint rule (relative error below 1e-6 when sd >= .01;
 * sd = 0 is exact). */
void world_length_law(double m, double sd, double cap, double *mean, double *fits);

#endif
