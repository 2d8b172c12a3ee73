/* The world and the recipe of the work unit, for the benchmarks that run it: 1,024 prompts with own logits over 8 formats x 16
 * strategies, 16 rollouts each, group-relative advantages, lr 1, summed per prompt. The table is written to a file, and every
 * implementation starts from the same. */
#ifndef PL_BENCH_WORKUNIT_H
#define PL_BENCH_WORKUNIT_H

#include <math.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include "sim/base/fs.h"
#include "sim/train/training.h"

enum { PROMPTS = 1024, FORMATS = 8, STRATEGIES = 16, OUTCOMES = FORMATS * STRATEGIES, GROUP = 16 };

/* The hash behind the common start of all implementations (Steele, Lea and Flood 2014). */
static uint64_t splitmix64(uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

static double uniform(uint64_t counter) { return ((double)(splitmix64(counter) >> 11) + 0.5) / 9007199254740992.0; }

/* Logit: normal by Box-Muller plus the format's prior; p: the cube of a uniform. */
static pl_status write_table(const char *path, pl_diag *diag)
{
    static const double prior[FORMATS] = {2, 1, .5, 0, 0, -.5, -1, -2};
    pl_str s;
    pl_str_init(&s);
    pl_str_add(&s, "prompt,group,outcome,logit,p\n");
    for (uint64_t c = 0; c < (uint64_t)PROMPTS * OUTCOMES; c++) {
        unsigned x = (unsigned)(c / OUTCOMES), k = (unsigned)(c % OUTCOMES);
        double g = sqrt(-2 * log(uniform(3 * c))) * cos(2 * acos(-1) * uniform(3 * c + 1)), u = uniform(3 * c + 2);
        pl_str_addf(&s, "%u,f%u,%u,", x, k / STRATEGIES, k);
        pl_str_num(&s, g + prior[k / STRATEGIES]);
        pl_str_addc(&s, ',');
        pl_str_num(&s, u * u * u);
        pl_str_addc(&s, '\n');
    }
    pl_status st = pl_str_end(&s) ? pl_write_file(path, s.text, s.length, diag) : PL_ERR_WORLD;
    pl_str_free(&s);
    return st;
}

typedef struct setup {
    pl_chosen term;
    reward_common common;
    double clip[2], pass_at[1];
    training_spec spec;
} setup;

static pl_choice choice(const pl_registry *registry, const char *name, void *params)
{
    return (pl_choice){pl_registry_find(registry, name), params};
}

static void workunit_spec(setup *s, const char *table)
{
    *s = (setup){.common = {.weight = 1}, .clip = {.2, .2}, .pass_at = {1}};
    s->term = (pl_chosen){"correctness", pl_registry_find(&reward_registry, "correctness"), &s->common, NULL};
    training_spec *t = &s->spec;
    t->world = (world_spec){.table = table, .length_cap = NAN};
    t->policy.transfer.v[FEATURE_PROMPT] = 1;
    for (int f = 0; f < FEATURES; f++) t->policy.format.v[f] = t->policy.strategy.v[f] = t->policy.execution.v[f] = NAN;
    t->reward = (pl_choices){&s->term, 1};
    t->algorithm = (algorithm_spec){.positive_weight = 1,
                                    .negative_weight = 1,
                                    .decoupled = {.cap = NAN},
                                    .group_size = GROUP,
                                    .prompts = PROMPTS,
                                    .minibatches = 1,
                                    .epsilon = 1e-6,
                                    .batch_reduction = ALGO_SUM,
                                    .reference_tokens = 1};
    t->algorithm.baseline = choice(&baseline_registry, "group_mean", NULL);
    t->algorithm.scale = choice(&scale_registry, "group_std", NULL);
    t->algorithm.loss = choice(&loss_registry, "clip", s->clip);
    t->algorithm.aggregation = choice(&aggregation_registry, "response", NULL);
    t->optimizer = (optimizer_spec){.method = choice(&optimizer_registry, "sgd", NULL), .lr = 1};
    t->curriculum.order = choice(&curriculum_registry, "uniform", NULL);
    t->curriculum.pool.max_pass_rate = 1;
    t->cluster = (cluster_spec){.generators = 64,
                                .slots = 16,
                                .tokens_per_second = 50,
                                .trainer_tokens_per_second = 1e5,
                                .trainer_overhead = 1,
                                .gpus = 8,
                                .detail = 1};
    t->record = (record_spec){.every = 1000000, .pass_at = {s->pass_at, 1}};
}

/* Wall clock, as the Python programs beside it measure. */
static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#endif
