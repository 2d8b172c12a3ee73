/* A training spec written in C, for the tests of this room: two domains, three formats, four strategies, every part
 * of the recipe by name. scene_make() gives a small run; the test changes what it is about. */
#ifndef PL_TESTS_SCENE_H
#define PL_TESTS_SCENE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "sim/train/training.h"

typedef struct scene {
    training_spec spec;
    domain_spec domains[2];
    format_spec formats[3];
    strategy_spec strategies[4];
    double everywhere[2], clip[2], pass_at[3];
    pl_chosen term;
    reward_common common;
    pl_seeds seeds;
} scene;

static inline pl_per scene_per(double x) { return (pl_per){.all = x}; }

static inline pl_choice scene_choice(const pl_registry *registry, const char *name, void *params)
{
    pl_choice c = {pl_registry_find(registry, name), params};
    assert_non_null(c.entry);
    return c;
}

static inline void scene_world(scene *s)
{
    static const char *const formats[] = {"text", "code", "tools"}, *const strategies[] = {"plan", "search", "guess", "pass"};
    static const double format_share[] = {.55, .3, .15}, strategy_share[] = {.4, .2, .3, .1};
    for (int d = 0; d < 2; d++)
        s->domains[d] = (domain_spec){.name = d ? "logic" : "sums", .weight = NAN, .prompts = 23 + 8 * d, .held_out = 11, .templates = 5,
                                      .held_out_templates = 2, .difficulty = {.mean = .3 - d, .sd = 1.1}, .guess = .07};
    for (int f = 0; f < 3; f++)
        s->formats[f] = (format_spec){.name = formats[f], .share = scene_per(format_share[f]), .skill = .3 * f, .extraction = 1 - .03 * f,
                                      .tokens = 1 + .4 * f};
    for (int k = 0; k < 4; k++)
        s->strategies[k] = (strategy_spec){.name = strategies[k], .kind = k < 2 ? STRATEGY_GENUINE : k == 2 ? STRATEGY_SHORTCUT : STRATEGY_ABSTAIN,
                                           .share = scene_per(strategy_share[k]), .format_factor = scene_per(1), .knows = .2,
                                           .steps = k < 2 ? 2 + k : 0, .ability = scene_per(.4 * k), .discrimination = 1.3, .tokens = 40.0 + 7 * k,
                                           .tokens_per_step = 31, .applies_to = {s->everywhere, 2}};
    s->spec.world = (world_spec){.scale = 1.5e9, .reference_scale = 1e9, .domains = {s->domains, 2}, .formats = {s->formats, 3},
                                 .strategies = {s->strategies, 4}, .template_sd = .7, .prompt_sd = .5, .correlation = scene_per(.2),
                                 .execution = 1.4, .bands = 4, .length_sd = .6, .length_cap = 700, .filler_entropy = .1};
}

static inline void scene_policy(policy_spec *p)
{
    static const double transfer[FEATURES] = {.9, .5, .3, .3, .2, 0, .4};
    for (int f = 0; f < FEATURES; f++) {
        p->transfer.v[f] = transfer[f];
        p->format.v[f] = p->strategy.v[f] = p->execution.v[f] = NAN;
    }
    p->sharp = .05;
}

static inline void scene_make(scene *s)
{
    *s = (scene){.everywhere = {0, 1}, .clip = {.2, .28}, .pass_at = {1, 4, 16}, .common = {.weight = 1}, .seeds = pl_seeds_make(811, 2, NULL, 0)};
    scene_world(s);
    scene_policy(&s->spec.policy);
    s->term = (pl_chosen){"correctness", pl_registry_find(&reward_registry, "correctness"), &s->common, NULL};
    assert_non_null(s->term.entry);
    s->spec.reward = (pl_choices){&s->term, 1};
    s->spec.algorithm = (algorithm_spec){.positive_weight = 1, .negative_weight = 1, .decoupled = {.cap = NAN}, .kl = {.importance_ratio = true},
                                         .group_size = 6, .prompts = 12, .minibatches = 2, .epsilon = 1e-6, .reference_tokens = NAN};
    s->spec.algorithm.baseline = scene_choice(&baseline_registry, "group_mean", NULL);
    s->spec.algorithm.scale = scene_choice(&scale_registry, "group_std", NULL);
    s->spec.algorithm.loss = scene_choice(&loss_registry, "clip", s->clip);
    s->spec.algorithm.aggregation = scene_choice(&aggregation_registry, "token", NULL);
    s->spec.optimizer = (optimizer_spec){.method = scene_choice(&optimizer_registry, "sgd", NULL), .lr = .7};
    s->spec.curriculum.order = scene_choice(&curriculum_registry, "uniform", NULL);
    s->spec.curriculum.pool = (pool_spec){.max_pass_rate = 1};
    s->spec.cluster = (cluster_spec){.generators = 2, .slots = 2, .tokens_per_second = 37, .trainer_tokens_per_second = 2900,
                                     .trainer_overhead = 1.7, .weight_sync = .9, .evaluation = 2.3, .gpus = 5};
    s->spec.stop = (stop_spec){.steps = 20};
    s->spec.record = (record_spec){.every = 3, .pass_at = {s->pass_at, 3}};
}

/* A table of one run; the test frees it. */
static inline pl_status scene_run(const scene *s, pl_table *table, pl_diag *diag)
{
    pl_table_init(table);
    return training_run(&s->spec, &s->seeds, "base", 2, table, NULL, diag);
}

/* Value of a column in a row counted from the end when negative. */
static inline double scene_value(const pl_table *t, const char *column, long row)
{
    const pl_column *c = pl_table_find(t, column);
    if (!c)
        fail_msg("no column %s", column);
    return c->v[row < 0 ? (size_t)((long)t->n_rows + row) : (size_t)row];
}

#endif
