/* The engine: determinism, the clock, limits, ledgers, failures. */
#include "tests/unit/train/scene.h"
#include <stdatomic.h>
#include <stdio.h>
#include "sim/train/run.h"

static bool same_tables(const pl_table *a, const pl_table *b) { return !strcmp(pl_table_hash(a).hex, pl_table_hash(b).hex); }

static void repeats_to_the_byte(void **state)
{
    scene s;
    pl_table a, b, c;
    scene_make(&s);
    assert_int_equal(scene_run(&s, &a, NULL), PL_OK);
    assert_int_equal(scene_run(&s, &b, NULL), PL_OK);
    s.seeds.seed++;
    assert_int_equal(scene_run(&s, &c, NULL), PL_OK);
    assert_true(same_tables(&a, &b));
    assert_false(same_tables(&a, &c));
    pl_table_free(&a);
    pl_table_free(&b);
    pl_table_free(&c);
}

/* Every pair of slots and prompts: fewer, as many, more. */
static void both_details_agree(void **state)
{
    const int64_t slots[] = {1, 3, 5, 40};
    for (size_t i = 0; i < PL_COUNT(slots); i++) {
        scene s;
        pl_table a, b;
        scene_make(&s);
        s.spec.cluster.generators = 1;
        s.spec.cluster.slots = slots[i];
        assert_int_equal(scene_run(&s, &a, NULL), PL_OK);
        s.spec.cluster.detail = 1;
        assert_int_equal(scene_run(&s, &b, NULL), PL_OK);
        assert_true(same_tables(&a, &b));
        pl_table_free(&a);
        pl_table_free(&b);
    }
}

/* One slot, constant lengths: every time can be said in advance. */
static void clock_adds_up(void **state)
{
    scene s;
    pl_table t;
    scene_make(&s);
    s.spec.world.length_sd = 0;
    s.spec.world.length_cap = NAN;
    for (int f = 0; f < 3; f++)
        s.formats[f].tokens = 1;
    for (int k = 0; k < 4; k++) {
        s.strategies[k].tokens = 74;                       /* and nothing per step */
        s.strategies[k].tokens_per_step = 0;
    }
    s.spec.cluster.generators = 1;
    s.spec.cluster.slots = 5;                              /* 12 groups in 3 rounds of 2 s */
    s.spec.stop.steps = 4;
    s.spec.record.every = 1;
    assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
    assert_int_equal(t.n_rows, 5);
    double update = 1.7 + 6 * 6 * 74 / 2900.0;
    double expected[] = {0, 2.3 + 6 + update, 0, 0, 0};
    expected[2] = expected[1] + 2.3 + update;
    expected[3] = expected[2] + 2.3 + .9 + 6 + update;
    expected[4] = expected[3] + 2.3 + update;
    for (int i = 0; i < 5; i++) {
        assert_true(fabs(scene_value(&t, "time_s", i) - expected[i]) < 1e-9);
        assert_true(fabs(scene_value(&t, "gpu_hours", i) - 5 * expected[i] / 3600) < 1e-12);
        assert_true(scene_value(&t, "tokens", i) == ((i + 1) / 2) * 12 * 6 * 74);
        assert_true(scene_value(&t, "samples", i) == ((i + 1) / 2) * 12 * 6);
    }
    assert_true(isnan(scene_value(&t, "staleness/mean", 0)));
    assert_true(scene_value(&t, "staleness/mean", 1) == 0 && scene_value(&t, "staleness/mean", 2) == 1);
    assert_true(fabs(scene_value(&t, "utilization/generators", 1) - 24 / (5 * expected[1])) < 1e-12);
    assert_true(fabs(scene_value(&t, "utilization/trainer", 3) - update / (expected[3] - expected[2])) < 1e-12);
    pl_table_free(&t);
}

static void limits_stop(void **state)
{
    scene s;
    pl_table t;
    scene_make(&s);                                        /* pool 54, 6 prompts an update */
    s.spec.stop = (stop_spec){.epochs = 1.5};
    assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
    assert_true(scene_value(&t, "step", -1) == 14);        /* 13.5 updates are an epoch and a half */
    assert_true(scene_value(&t, "epoch", -1) >= 1.5 && scene_value(&t, "epoch", -2) < 1.5);
    pl_table_free(&t);
    s.spec.stop = (stop_spec){.steps = 7, .epochs = 1e3};
    assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
    assert_true(scene_value(&t, "step", -1) == 7 && scene_value(&t, "step", -2) == 6);
    pl_table_free(&t);
    s.spec.stop = (stop_spec){.gpu_hours = .2};
    s.spec.record.every = 1;
    assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
    assert_true(scene_value(&t, "gpu_hours", -1) >= .2 && scene_value(&t, "gpu_hours", -2) < .2);
    pl_table_free(&t);
}

static void columns_are_announced(void **state)
{
    scene s;
    pl_table promised, t;
    scene_make(&s);
    s.spec.record.samples = 20;
    pl_table_init(&promised);
    assert_int_equal(training_columns(&s.spec, &promised, NULL), PL_OK);
    assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
    assert_int_equal(promised.n_columns, t.n_columns);
    for (size_t c = 0; c < t.n_columns; c++)
        assert_string_equal(promised.columns[c].spec.name, t.columns[c].spec.name);
    assert_non_null(pl_table_find(&t, "sampled/pass@4"));
    pl_table_free(&promised);
    pl_table_free(&t);
}

/* 22 prompts x 400 responses: the estimate of pass@1 has a standard error below .5/sqrt(8800) = .0053; five of them, eight
 * rows: a false alarm in 1 of 200,000. pass@4 and pass@16 are smoother. */
static void samples_estimate_the_exact(void **state)
{
    scene s;
    pl_table t;
    scene_make(&s);
    s.spec.record.samples = 400;
    assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
    for (size_t i = 0; i < t.n_rows; i++) {
        assert_true(fabs(scene_value(&t, "sampled/pass@1", (long)i) - scene_value(&t, "pass@1", (long)i)) < .0265);
        assert_true(fabs(scene_value(&t, "sampled/pass@4", (long)i) - scene_value(&t, "pass@4", (long)i)) < .04);
    }
    pl_table_free(&t);
}

static void progress_counts(void **state)
{
    scene s;
    pl_table t;
    training_progress p = {0};
    scene_make(&s);
    pl_table_init(&t);
    assert_int_equal(training_run(&s.spec, &s.seeds, "a", 0, &t, &p, NULL), PL_OK);
    assert_int_equal(atomic_load(&p.steps), 20);
    assert_int_equal(atomic_load(&p.steps_total), 20);
    pl_table_free(&t);
}

static void random_scene(scene *s, pl_stream *r)
{
    static const char *const baselines[] = {"group_mean", "leave_one_out", "batch_mean"}, *const scales[] = {"none", "batch_std", "group_std"};
    algorithm_spec *a = &s->spec.algorithm;
    scene_make(s);
    a->group_size = 2 + pl_below(r, 9);
    a->minibatches = 1 + pl_below(r, 3);
    a->prompts = a->minibatches * (1 + pl_below(r, 9));
    uint32_t baseline = pl_below(r, 3);
    a->baseline = scene_choice(&baseline_registry, baselines[baseline], NULL);
    a->scale = scene_choice(&scale_registry, scales[pl_below(r, baseline == 2 ? 2 : 3)], NULL);
    s->spec.optimizer.lr = 30 * pl_uniform(r) * pl_uniform(r);       /* far beyond what anyone would use */
    s->spec.cluster.slots = 1 + pl_below(r, 9);
    s->spec.cluster.detail = (int)pl_below(r, 2);
    s->spec.record.every = 1 + pl_below(r, 6);
    s->spec.world.length_cap = pl_below(r, 2) ? NAN : 60 + pl_below(r, 300);
    s->domains[0].difficulty.mean = 8 * pl_uniform(r) - 4;
    s->seeds = pl_seeds_make(pl_u64(r), 0, NULL, 0);
}

static void check_row(const scene *s, const pl_table *t, long row)
{
    double formats = scene_value(t, "formats/share/text", row) + scene_value(t, "formats/share/code", row) + scene_value(t, "formats/share/tools", row);
    assert_true(fabs(formats - 1) < 1e-9);
    double h = scene_value(t, "entropy/format", row);
    assert_true(h >= -1e-12 && h <= log(3) + 1e-12);
    h = scene_value(t, "entropy/strategy", row);
    assert_true(h >= -1e-12 && h <= log(4) + 1e-12);
    assert_true(scene_value(t, "pass@1", row) >= 0 && scene_value(t, "pass@1", row) <= scene_value(t, "pass@4", row) + 1e-12);
    assert_true(scene_value(t, "pass@16", row) <= 1 + 1e-12);
    assert_true(scene_value(t, "kl/base", row) >= -1e-9);
    double tokens = scene_value(t, "tokens", row), samples = scene_value(t, "samples", row), P = (double)s->spec.algorithm.prompts;
    double batches = ceil(scene_value(t, "step", row) / (double)s->spec.algorithm.minibatches);
    assert_true(samples == batches * P * (double)s->spec.algorithm.group_size);
    assert_true(tokens >= samples && (isnan(s->spec.world.length_cap) || tokens <= samples * s->spec.world.length_cap));
    if (row == 0)
        return;
    assert_true(scene_value(t, "time_s", row) > scene_value(t, "time_s", row - 1));
    assert_true(scene_value(t, "utilization/generators", row) >= 0 && scene_value(t, "utilization/generators", row) <= 1);
    assert_true(scene_value(t, "utilization/trainer", row) >= 0 && scene_value(t, "utilization/trainer", row) <= 1);
    assert_true(scene_value(t, "clip/fraction", row) >= 0 && scene_value(t, "clip/fraction", row) <= 1);
}

static void random_scenes_keep_the_laws(void **state)
{
    pl_seeds seeds = pl_seeds_make(2385, 0, NULL, 0);
    for (uint32_t i = 0; i < 40; i++) {
        scene s;
        pl_table t;
        pl_stream r = pl_stream_make(&seeds, PL_FOR_TEST, i, 1, 0);
        random_scene(&s, &r);
        assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
        for (size_t row = 0; row < t.n_rows; row++)
            check_row(&s, &t, (long)row);
        pl_table_free(&t);
    }
}

/* Rows are written by column number: a table laid out for other settings is refused, not written past its end. */
static void other_columns_are_refused(void **state)
{
    scene s, other;
    pl_table t;
    pl_diag diag;
    scene_make(&s);
    scene_make(&other);
    s.spec.record.samples = 16;
    for (int kind = 0; kind < 3; kind++) {
        pl_table_init(&t);
        pl_diag_init(&diag);
        assert_int_equal(training_columns(kind == 1 ? &s.spec : &other.spec, &t, NULL), PL_OK);
        if (kind == 2)
            assert_int_equal(pl_table_add_column(&t, &(pl_column_spec){"one/more", "", "", PL_EXACT, false}, NULL), PL_OK);
        const training_spec *spec = kind == 0 ? &s.spec : &other.spec;
        assert_int_equal(training_run(spec, &s.seeds, "a", 0, &t, NULL, &diag), PL_ERR_USER);
        assert_true(diag.errors >= 1);
        assert_non_null(strstr(diag.messages[0].what, "result table"));
        assert_int_equal(t.n_rows, 0);
        pl_table_free(&t);
        pl_diag_free(&diag);
    }
    pl_table_init(&t);
    assert_int_equal(training_columns(&s.spec, &t, NULL), PL_OK);
    assert_int_equal(training_run(&s.spec, &s.seeds, "a", 0, &t, NULL, NULL), PL_OK);
    assert_true(t.n_rows > 0);
    pl_table_free(&t);
}

/* Every allocation of a run in turn. */
static void survives_failing_memory(void **state)
{
    uint64_t k = 1;
    for (bool failed = true; failed; k++) {
        scene s;
        pl_table t;
        pl_diag diag;
        scene_make(&s);
        s.spec.stop.steps = 2;
        pl_table_init(&t);
        pl_diag_init(&diag);
        pl_mem_fail_at(k, false);
        pl_status st = training_run(&s.spec, &s.seeds, "base", 0, &t, NULL, &diag);
        failed = pl_mem_count() >= k;
        pl_mem_fail_at(0, false);
        assert_true(st == PL_OK || st == PL_ERR_WORLD);
        assert_true(failed || st == PL_OK);
        assert_true(st == PL_OK || diag.errors > 0 || diag.lost);
        pl_table_free(&t);
        pl_diag_free(&diag);
    }
    assert_true(k > 30);
}

static void numbers_that_explode_are_refused(void **state)
{
    scene s;
    pl_table t;
    pl_diag diag;
    scene_make(&s);
    s.spec.optimizer.lr = 1e300;
    s.spec.algorithm.scale = scene_choice(&scale_registry, "none", NULL);
    s.common.weight = 1e30;
    pl_diag_init(&diag);
    assert_int_equal(scene_run(&s, &t, &diag), PL_ERR_NUMERIC);
    assert_int_equal(diag.errors, 1);
    assert_non_null(strstr(diag.messages[0].what, "arm 'base', replicate 2"));
    assert_non_null(strstr(diag.messages[0].what, "step "));
    assert_non_null(strstr(diag.messages[0].what, "time "));
    assert_true(t.n_rows >= 1);                            /* what came before stays */
    for (size_t c = 3; c < t.n_columns; c++)
        for (size_t row = 0; row < t.n_rows; row++)
            assert_false(isinf(t.columns[c].v[row]));
    pl_table_free(&t);
    pl_diag_free(&diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeats_to_the_byte),      cmocka_unit_test(both_details_agree),
        cmocka_unit_test(clock_adds_up),            cmocka_unit_test(limits_stop),
        cmocka_unit_test(columns_are_announced),    cmocka_unit_test(samples_estimate_the_exact),
        cmocka_unit_test(progress_counts),          cmocka_unit_test(other_columns_are_refused),
                 cmocka_unit_test(random_scenes_keep_the_laws),
        cmocka_unit_test(survives_failing_memory),  cmocka_unit_test(numbers_that_explode_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
