/* A world, a policy with random weights, and all measures over it: for the tests of measures. */
#ifndef TEST_MEASURE_SETTING_H
#define TEST_MEASURE_SETTING_H

#include "models/measure.h"
#include "sim/core/stats.h"
#include "test_world_fixture.h"

enum { PROMPTS = 6, GROUP = 8 };
static const int64_t ks[] = {1, 4, 37};

typedef struct setting {
    fixture x;
    world w;
    policy p;
    policy_view view, base;
    double *weights, *zero, *row;
    measure_setup setup;
    measures m;
    pl_table table;
    rollout_group groups[PROMPTS];
    rollout rollouts[PROMPTS][GROUP];
    double reward[PROMPTS * GROUP], advantage[PROMPTS][GROUP];
} setting;

static inline measure_setup setting_setup(const setting *s) {
    static double votes[] = {1.0, 5.0, 8.0};
    return (measure_setup){.world = &s->w, .policy = &s->p, .pass_k = ks, .n_pass_k = 3, .group_size = GROUP,
                           .majority_at = {votes, 3}};
}

static inline void open_setting(setting *s, uint32_t number) {
    assert_int_equal(world_build(&s->w, &s->x.spec, &s->x.seeds, NULL), PL_OK);
    assert_int_equal(policy_init(&s->p, &s->x.policy_spec, &s->w, NULL), PL_OK);
    assert_int_equal(policy_view_init(&s->view, &s->p), PL_OK);
    assert_int_equal(policy_view_init(&s->base, &s->p), PL_OK);
    s->weights = random_weights(&s->p, number, 0.5);
    s->zero = random_weights(&s->p, number, 0.0);
    s->setup = setting_setup(s);
    assert_int_equal(measures_init(&s->m, &s->setup), PL_OK);
    pl_table_init(&s->table);
    assert_int_equal(measures_columns(&s->setup, &s->table), PL_OK);
    assert_int_equal(s->table.n_columns, s->m.n_columns);
    s->row = pl_alloc_array(s->m.n_columns, sizeof *s->row);
    assert_non_null(s->row);
    measures_begin(&s->m);
}

static inline void close_setting(setting *s) {
    pl_free(s->row);
    pl_table_free(&s->table);
    measures_free(&s->m);
    pl_free(s->zero);
    pl_free(s->weights);
    policy_view_free(&s->base);
    policy_view_free(&s->view);
    policy_free(&s->p);
    world_free(&s->w);
}

static inline double value(const setting *s, const char *name) {
    const size_t i = pl_table_index(&s->table, name);
    if (i == (size_t)-1) fail_msg("no column %s", name);
    return s->row[i];
}

static inline void visit_all(setting *s, const double *weights) {
    for (uint32_t x = 0; x < s->w.n_prompts; x++) {
        policy_forward(&s->p, weights, x, &s->view);
        policy_forward(&s->p, s->zero, x, &s->base);
        measures_visit(&s->m, &s->view, &s->base, s->w.split[x], 1.0 / (double)s->w.n_split[s->w.split[x]]);
    }
}

#endif
