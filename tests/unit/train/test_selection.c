/* Selection in whole runs: who is drawn again, what a closed pool does, and that a run without it draws as ever. */
#include "tests/unit/train/scene.h"
#include "sim/train/run.h"

/* Every response is right in the first domain (23 prompts), with probability `other` in the second (31). */
static void two_domains(scene *s, double other)
{
    scene_make(s);
    s->spec.world.formats.n = 1;
    s->formats[0].share = scene_per(1);
    s->formats[0].extraction = 1;
    s->spec.world.strategies.n = 1;
    s->strategies[0].kind = STRATEGY_SHORTCUT;
    s->strategies[0].share = scene_per(1);
    s->strategies[0].steps = 0;
    s->spec.world.length_cap = NAN;
    s->domains[0].guess = 1;
    s->domains[1].guess = other;
    s->spec.algorithm.minibatches = 1;
    s->spec.record.every = 1;
    s->spec.stop.steps = 60;
}

typedef struct watched { double visits[2], most[2], open; } watched;

/* Groups that each domain got, the most of one prompt, and the last row's share of open prompts. */
static watched watch(const scene *s)
{
    pl_table t;
    pl_table_init(&t);
    run r = {.spec = &s->spec, .seeds = &s->seeds, .arm = "base", .table = &t};
    watched w = {0};
    assert_int_equal(run_open(&r), PL_OK);
    assert_int_equal(run_loop(&r), PL_OK);
    w.open = scene_value(&t, "selection/open", -1);
    for (size_t x = 0; r.draw.records && x < r.n_pool; x++) {
        const int d = (int)r.learner.world->domain[x];
        w.visits[d] += r.draw.records[x].visits;
        w.most[d] = fmax(w.most[d], r.draw.records[x].visits);
    }
    run_close(&r);
    pl_table_free(&t);
    return w;
}

static void solved_prompts_leave(void **state)
{
    double at = 0.9;
    scene s;
    two_domains(&s, 0);
    s.spec.algorithm.selection = scene_choice(&selection_registry, "no_positive_resampling", &at);
    watched w = watch(&s);
    /* Each of the 23 is visited once (twice when it stands in a batch twice, at the seam of two passes); the rest get all else. */
    assert_true(w.visits[0] >= 23 && w.visits[0] <= 24 && w.most[0] <= 2);
    assert_true(w.visits[0] + w.visits[1] == 60 * 12);
    assert_true(w.most[1] <= ceil((60 * 12 - 23) / 31.0) + 1);     /* evenly, as the curriculum proposes */
    assert_true(fabs(w.open - 31.0 / 54) < 1e-15);
}

/* Generation that runs ahead learns of a solved prompt when its group has been rewarded: it is drawn once more at most for every batch
 * in the making. */
static void solved_prompts_leave_every_mode(void **state)
{
    static const char *const modes[] = {"sync", "off_policy_k", "one_step_off", "pipeline", "async"};
    for (size_t k = 0; k < PL_COUNT(modes); k++) {
        double at = 0.9;
        mode_params m = {.staleness = 1, .lag = 2, .capacity = 1, .publish_every = 1, .max_staleness = NAN};
        scene s;
        two_domains(&s, 0);
        s.spec.algorithm.selection = scene_choice(&selection_registry, "no_positive_resampling", &at);
        s.spec.cluster.mode = scene_choice(&mode_registry, modes[k], k == 0 || k == 2 ? NULL : &m);
        s.spec.cluster.detail = DETAIL_ROLLOUT;
        watched w = watch(&s);
        assert_true(fabs(w.open - 31.0 / 54) < 1e-15);
        assert_true(w.visits[0] >= 23 && w.visits[0] <= 30 && w.most[0] <= 3);
        assert_true(w.visits[0] + w.visits[1] >= 60 * 12);
    }
}

/* All are solved: the run ends as it should, on prompts that are closed. */
static void a_closed_pool(void **state)
{
    double at = 0.9;
    scene s;
    two_domains(&s, 1);
    s.spec.algorithm.selection = scene_choice(&selection_registry, "no_positive_resampling", &at);
    watched w = watch(&s);
    assert_true(w.open == 0 && w.visits[0] + w.visits[1] == 60 * 12);
}

/* A rule that never skips gives the bytes of a run without one. */
static void nothing_to_skip(void **state)
{
    double at = 0.9;
    scene s;
    pl_table plain, ruled;
    two_domains(&s, 0);
    s.domains[0].guess = 0.3;
    s.spec.stop.steps = 9;
    assert_int_equal(scene_run(&s, &plain, NULL), PL_OK);
    at = 1;                                                /* two groups of 6 right at .3: about 1e-6 */
    s.spec.algorithm.selection = scene_choice(&selection_registry, "no_positive_resampling", &at);
    assert_int_equal(scene_run(&s, &ruled, NULL), PL_OK);
    assert_int_equal(plain.n_rows, ruled.n_rows);
    for (size_t c = 0; c < plain.n_columns; c++)
        for (size_t i = 0; i < plain.n_rows; i++) {
            const double a = plain.columns[c].v[i], b = ruled.columns[c].v[i];
            if (!strcmp(plain.columns[c].spec.name, "selection/open")) assert_true(isnan(a) && b == 1);
            else assert_true(a == b || (isnan(a) && isnan(b)));
        }
    pl_table_free(&plain);
    pl_table_free(&ruled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(solved_prompts_leave), cmocka_unit_test(solved_prompts_leave_every_mode), cmocka_unit_test(a_closed_pool),
                                       cmocka_unit_test(nothing_to_skip)};
    return cmocka_run_group_tests_name("selection in runs", tests, NULL, NULL);
}
