/* A world small enough to reason about, built by the real code from a spec written in C; for the tests of updates.
 *
 * small_make() sets up one domain, one format and two strategies with every gain 0; the test changes the spec and calls
 * small_build(). Lengths have no noise unless the test sets length_sd. */
#ifndef PL_TESTS_SMALL_WORLD_H
#define PL_TESTS_SMALL_WORLD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "models/algo.h"
#include "models/reward.h"

enum { SMALL_MAX = 8, SMALL_PICKS = 4096 };

typedef struct small {
    world_spec spec;
    domain_spec domains[SMALL_MAX];
    format_spec formats[SMALL_MAX];
    strategy_spec strategies[SMALL_MAX];
    double everywhere[2];
    policy_spec policy_spec;
    pl_seeds seeds;
    world w;
    policy p;
    double *weights;
} small;

static inline pl_per per(double x) { return (pl_per){.all = x}; }

static inline void small_sizes(small *t, size_t domains, size_t formats, size_t strategies)
{
    static const char *const names[SMALL_MAX] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    t->spec.domains = (pl_map){t->domains, domains};
    t->spec.formats = (pl_map){t->formats, formats};
    t->spec.strategies = (pl_map){t->strategies, strategies};
    for (size_t i = 0; i < SMALL_MAX; i++) {
        t->domains[i] = (domain_spec){.name = names[i], .weight = NAN, .prompts = 1, .templates = 1};
        t->formats[i] = (format_spec){.name = names[i], .share = per(1.0 / (double)formats), .extraction = 1, .tokens = 1};
        t->strategies[i] = (strategy_spec){.name = names[i], .kind = STRATEGY_GENUINE, .share = per(1.0 / (double)strategies),
                                           .format_factor = per(1), .ability = per(0), .discrimination = 1, .tokens = 100,
                                           .applies_to = {t->everywhere, 2}};
    }
}

static inline void small_make(small *t)
{
    *t = (small){.everywhere = {0, 1}, .seeds = pl_seeds_make(20261, 3, NULL, 0)};
    t->spec =
        (world_spec){.scale = 1e9, .reference_scale = 1e9, .correlation = per(0), .execution = 1, .bands = 1, .length_cap = NAN};
    gains_spec *all[] = {&t->policy_spec.format, &t->policy_spec.strategy, &t->policy_spec.execution};
    for (size_t k = 0; k < 3; k++)
        for (int f = 0; f < FEATURES; f++) all[k]->v[f] = NAN;
    small_sizes(t, 1, 1, 2);
}

static inline void small_build(small *t)
{
    assert_int_equal(world_build(&t->w, &t->spec, &t->seeds, NULL), PL_OK);
    assert_int_equal(policy_init(&t->p, &t->policy_spec, &t->w, NULL), PL_OK);
    t->weights = pl_alloc_array(t->p.n_weights, sizeof *t->weights);
    assert_non_null(t->weights);
}

static inline void small_free(small *t)
{
    pl_free(t->weights);
    policy_free(&t->p);
    world_free(&t->w);
}

/* One genuine strategy that always applies, one execution step: a Bernoulli policy of one logit, P(right) = sigma(x). */
static inline void small_bernoulli(small *t, double x)
{
    small_make(t);
    small_sizes(t, 1, 1, 1);
    t->strategies[0].ability = per(60);                  /* sigma(60) is 1 in double precision */
    t->strategies[0].steps = 1;
    t->spec.execution = x;
    t->policy_spec.execution.v[FEATURE_PROMPT] = 1;
    small_build(t);
}

/* Two domains, three formats, four strategies with up to three steps, every feature on, tied feature per domain;
 * `states`: with stance and confidence. Weights are random. */
static inline void small_rich(small *t, int64_t prompts, bool states)
{
    static const double shares[2][3] = {{0.2385, 0.5, 0.2615}, {0.1, 0.3, 0.6}};
    static const char *const domains[] = {"a", "b"};
    small_make(t);
    small_sizes(t, 2, 3, 4);
    for (size_t d = 0; d < 2; d++) {
        t->domains[d].prompts = prompts;
        t->domains[d].templates = 2;
        t->domains[d].difficulty = (difficulty_spec){.mean = -1, .sd = 1.3};
        t->domains[d].guess = 0.317;
    }
    static double by_domain[3][2];
    for (size_t f = 0; f < 3; f++) {
        for (size_t d = 0; d < 2; d++) by_domain[f][d] = shares[d][f];
        t->formats[f].share = (pl_per){.all = NAN, .names = (const char **)(uintptr_t)domains, .v = by_domain[f], .n = 2};
        t->formats[f].extraction = 0.9;
        t->formats[f].skill = 0.4 * (double)f;
    }
    t->strategies[0].steps = 3;
    t->strategies[1].steps = 1;
    t->strategies[0].share = per(0.4);
    t->strategies[1].share = t->strategies[2].share = t->strategies[3].share = per(0.2);
    t->strategies[1].knows = 0.7;
    t->strategies[2].kind = STRATEGY_SHORTCUT;
    t->strategies[3].kind = STRATEGY_ABSTAIN;
    t->spec.template_sd = t->spec.prompt_sd = 0.6;
    t->spec.bands = 3;
    t->spec.length_sd = 0.4;
    for (int f = 0; f < FEATURES; f++) t->policy_spec.transfer.v[f] = 1 - 0.13 * f;
    t->policy_spec.embedding = (embedding_spec){3, 0.4, 0.25};
    t->policy_spec.sharp = 0.3;
    t->policy_spec.sharp_per_domain = true;
    t->policy_spec.evidence = (evidence_spec){.noise = 0.7, .clip = 4, .bins = 5, .width = 1.1};
    t->policy_spec.stance.hedge = states ? 0.2385 : 0;
    t->policy_spec.confidence =
        (confidence_spec){.levels = states ? 6 : 0, .peak = 0.83, .spread = 0.2, .tail = 0.15, .width = 0.2};
    t->policy_spec.assert = states ? 0.4 : 0;
    for (int f = 0; f < FEATURES; f++) t->policy_spec.stance.gains.v[f] = t->policy_spec.confidence.gains.v[f] = NAN;
    small_build(t);
    pl_stream s = pl_stream_make(&t->seeds, PL_FOR_TEST, 1, 0, 0);
    for (size_t i = 0; i < t->p.n_weights; i++) t->weights[i] = 0.2 * pl_normal(&s);
}

/* Rollouts, rewards and advantages of n groups of G, all on prompt 0 of batch `batch`. */
typedef struct small_batch {
    algo_batch batch;
    rollout *rollouts;
    double *numbers, *weight;
} small_batch;

static inline small_batch small_batch_make(size_t n, size_t G)
{
    small_batch b = {.batch.n = n};
    b.batch.groups = pl_alloc_array(n, sizeof *b.batch.groups);
    b.rollouts = pl_alloc_array(n * G, sizeof *b.rollouts);
    b.numbers = pl_alloc_array(n * G, 2 * sizeof *b.numbers);
    b.weight = pl_alloc_array(n * G, sizeof *b.weight);
    assert_true(b.batch.groups && b.rollouts && b.numbers && b.weight);
    for (size_t k = 0; k < n; k++)
        b.batch.groups[k] = (rollout_group){.slot = (uint32_t)k, .G = G, .rollouts = b.rollouts + k * G,
                                            .reward = b.numbers + k * G, .advantage = b.numbers + (n + k) * G};
    return b;
}

static inline void small_batch_free(small_batch *b)
{
    pl_free(b->batch.groups);
    pl_free(b->rollouts);
    pl_free(b->numbers);
    pl_free(b->weight);
}

/* Scratch of the gradient; the reference policy is the base. `work` points into it: do not copy. */
typedef struct small_scratch {
    policy_view view, reference, proximal;
    policy_dz dz;
    algo_pick *picks;
    policy_gradient g;
    double *base;
    algo_scratch work;
} small_scratch;

static inline void small_scratch_init(small_scratch *s, const policy *p)
{
    assert_int_equal(policy_view_init(&s->view, p), PL_OK);
    assert_int_equal(policy_view_init(&s->reference, p), PL_OK);
    assert_int_equal(policy_dz_init(&s->dz, p), PL_OK);
    assert_int_equal(policy_gradient_init(&s->g, p), PL_OK);
    s->base = pl_alloc_array(p->n_weights, sizeof *s->base);
    assert_non_null(s->base);
    assert_int_equal(policy_view_init(&s->proximal, p), PL_OK);
    s->picks = pl_alloc_array(SMALL_PICKS, sizeof *s->picks);
    assert_non_null(s->picks);
    static const pl_seeds seeds = {.seed = 9};
    s->work = (algo_scratch){.view = &s->view, .dz = &s->dz, .reference = &s->reference, .reference_weights = s->base,
                             .proximal = &s->proximal, .proximal_weights = s->base, .picks = s->picks, .seeds = &seeds};
}

static inline void small_scratch_free(small_scratch *s)
{
    policy_view_free(&s->view);
    policy_view_free(&s->reference);
    policy_view_free(&s->proximal);
    pl_free(s->picks);
    policy_dz_free(&s->dz);
    policy_gradient_free(&s->g);
    pl_free(s->base);
}

/* Recipes: the presets of scenarios/base/algorithms, with eps 0 where a closed form is the measure. */
static inline pl_choice small_choice(const pl_registry *registry, const char *name, void *params)
{
    const pl_entry *entry = pl_registry_find(registry, name);
    if (!entry) fail_msg("no entry %s", name);
    return (pl_choice){entry, params};
}

typedef struct small_clip { double low, high; } small_clip;         /* parameters of loss `clip` */
typedef struct small_constant { double max_tokens; } small_constant; /* of aggregation `constant` */

static inline algorithm_spec small_algorithm(const char *baseline, const char *scale, const char *loss, const char *aggregation)
{
    static small_clip clip = {0.2, 0.2};
    static small_constant constant = {NAN};
    return (algorithm_spec){.group_size = 8, .prompts = 1, .minibatches = 1,
                            .baseline = small_choice(&baseline_registry, baseline, NULL),
                            .scale = small_choice(&scale_registry, scale, NULL),
                            .loss = small_choice(&loss_registry, loss, &clip),
                            .aggregation = small_choice(&aggregation_registry, aggregation, &constant), .reference_tokens = NAN,
                            .credit = small_choice(&credit_registry, "response", NULL), .positive_weight = 1, .negative_weight = 1,
                            .kl = {.importance_ratio = true},
                            .decoupled = {.cap = NAN}};
}

static inline algorithm_spec small_recipe(const char *name)
{
    if (!strcmp(name, "grpo")) return small_algorithm("group_mean", "group_std", "clip", "response");
    if (!strcmp(name, "dr-grpo")) return small_algorithm("group_mean", "none", "clip", "constant");
    if (!strcmp(name, "rloo")) return small_algorithm("leave_one_out", "none", "policy_gradient", "sequence");
    if (!strcmp(name, "maxrl")) return small_algorithm("group_mean", "group_mean", "clip", "sequence");
    if (!strcmp(name, "maxrl-none")) return small_algorithm("none", "group_mean", "clip", "sequence");
    if (strcmp(name, "reinforce")) fail_msg("no recipe %s", name);
    return small_algorithm("none", "none", "policy_gradient", "sequence");
}

/* Parameters of an entry at the defaults of its keys; the caller frees them. Numbers and booleans only. */
static inline void *small_defaults(const pl_entry *entry)
{
    if (!entry->params) return NULL;
    char *params = pl_alloc(entry->params->size);
    assert_non_null(params);
    for (size_t i = 0; i < entry->params->n_fields; i++) {
        const pl_field *f = &entry->params->fields[i];
        void *at = params + f->offset;
        if (f->type == PL_REAL)
            *(double *)at = !strcmp(f->fallback, "null") ? NAN
                          : !strcmp(f->fallback, ".inf") ? INFINITY : strtod(f->fallback, NULL);
        else if (f->type == PL_INT) *(int64_t *)at = strtoll(f->fallback, NULL, 10);
        else if (f->type == PL_BOOL) *(bool *)at = !strcmp(f->fallback, "true");
        else fail_msg("%s.%s: a default that this helper cannot read", entry->name, f->name);
    }
    return params;
}

/* Rewards by correctness through the real term. */
static inline void small_correctness(const small *t, algo_batch *batch)
{
    reward_common common = {.weight = 1};
    pl_chosen chosen = {.key = "correctness", .entry = pl_registry_find(&reward_registry, "correctness"), .common = &common};
    pl_choices terms = {&chosen, 1};
    for (size_t k = 0; k < batch->n; k++) reward_evaluate(&terms, &batch->groups[k], &t->w, &t->seeds, (reward_clock){0});
}

#endif
