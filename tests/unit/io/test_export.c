/* Exports: what goes out comes in again, as far as the format holds it. Random tables with missing values, negative zero, large and
 * negative steps, tiny and huge numbers, every exporter and the importer of its format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/fs.h"
#include "sim/core/rng.h"
#include "sim/io/exporter.h"
#include "sim/io/importer.h"

static const char *const names[] = {
    "time_s", "pass@1", "reward/mean", "entropy/token", "groups/zero_variance", "strategies/share/a, \"b\"", "kl/\xCE\xB2"};

static double random_value(pl_stream *s)
{
    double u = pl_uniform(s);
    if (u < .2) return NAN;
    if (u < .25) return -0.0;
    if (u < .3) return 0;
    if (u < .4) return ldexp(pl_uniform(s) - .5, (int)(200 * pl_uniform(s)) - 100); /* within single precision */
    if (u < .5) return floor(1e6 * pl_uniform(s));
    return pl_uniform(s);
}

/* Of two arms and two replicates; the steps rise. */
static void make_table(pl_table *t, pl_stream *s, size_t rows)
{
    const pl_column_spec arm = {.name = "arm", .unit = "", .doc = "", .origin = PL_KEY, .text = true};
    const pl_column_spec replicate = {.name = "replicate", .unit = "", .doc = "", .origin = PL_KEY};
    const pl_column_spec step = {.name = "step", .unit = "steps", .doc = "", .origin = PL_KEY};
    pl_table_init(t);
    assert_int_equal(pl_table_add_column(t, &arm, NULL), PL_OK);
    assert_int_equal(pl_table_add_column(t, &replicate, NULL), PL_OK);
    assert_int_equal(pl_table_add_column(t, &step, NULL), PL_OK);
    for (size_t i = 0; i < PL_COUNT(names); i++) {
        const pl_column_spec spec = {.name = names[i], .unit = "", .doc = "", .origin = i ? PL_EXACT : PL_CLOCK};
        assert_int_equal(pl_table_add_column(t, &spec, NULL), PL_OK);
    }
    for (size_t k = 0; k < 4; k++) {
        double at = pl_uniform(s) < .3 ? 4503599627370496.0 * (pl_uniform(s) - .5) : 0; /* up to 2^51 */
        at = floor(at);
        for (size_t r = 0; r < rows; r++) {
            size_t row;
            assert_int_equal(pl_table_add_row(t, &row), PL_OK);
            assert_int_equal(pl_table_set_text(t, row, 0, k < 2 ? "base, plain" : "other"), PL_OK);
            t->columns[1].v[row] = (double)(k % 2);
            t->columns[2].v[row] = at;
            t->columns[3].v[row] = (double)r * 3.25; /* the clock; also: no row without a value */
            for (size_t c = 4; c < t->n_columns; c++) t->columns[c].v[row] = random_value(s);
            at += floor(1 + 3 * pl_uniform(s));
        }
    }
}

typedef struct case_of {
    const char *exporter, *importer;
    bool keys, single; /* arm and replicate are in it; single precision */
} case_of;
static const case_of cases[] = {
    {"csv", "plateau", true, false},
    {"jsonl", "jsonl", true, false},
    {"tensorboard", "tensorboard", false, true},
    {"trainer_state", "trl_state", false, false},
};

static const pl_column *find_twin(const training_log *log, const char *name)
{
    const pl_column *c = pl_table_find(&log->table, name);
    const metric_alias *m = metric_twin("trl", name);
    return c || !m ? c : pl_table_find(&log->table, m->pattern);
}

static bool same_number(double a, double b) { return (isnan(a) && isnan(b)) || (a == b && signbit(a) == signbit(b)); }

static void compare(const pl_table *rows, const training_log *log, const case_of *how)
{
    assert_int_equal(log->table.n_rows, rows->n_rows);
    size_t with_values = 0;
    for (size_t c = how->keys ? 0 : 2; c < rows->n_columns; c++) {
        const pl_column *from = &rows->columns[c], *to = find_twin(log, from->spec.name);
        bool any = from->spec.text;
        for (size_t r = 0; r < rows->n_rows; r++) any |= !isnan(from->v[r]);
        with_values += any;
        if (!any && !to) continue; /* nothing but names is lost */
        assert_non_null(to);
        for (size_t r = 0; r < rows->n_rows; r++) {
            double x = how->single && c > 2 ? (double)(float)from->v[r] : from->v[r];
            if (from->spec.text)
                assert_string_equal(pl_table_text(rows, r, c), pl_table_text(&log->table, r, (size_t)(to - log->table.columns)));
            else if (!same_number(x, to->v[r]))
                fail_msg("%s: %s of row %zu: %.17g became %.17g", how->exporter, from->spec.name, r, x, to->v[r]);
        }
    }
    assert_true(with_values >= 3);
}

static void round_trip(const pl_table *t, const case_of *how, const char *arm, size_t replicate)
{
    const exporter *to = (const exporter *)pl_registry_find(&exporter_registry, how->exporter);
    const importer *from = (const importer *)pl_registry_find(&importer_registry, how->importer);
    if (!from) return;
    pl_table rows;
    pl_str text;
    training_log log;
    pl_diag diag;
    int sure;
    pl_table_init(&rows);
    pl_str_init(&text);
    training_log_init(&log);
    pl_diag_init(&diag);
    assert_int_equal(export_select(t, arm, replicate, &rows), PL_OK);
    assert_int_equal(to->write(&rows, &text), PL_OK);
    assert_ptr_equal(importer_for(text.text, text.length, "run", &sure), from);
    assert_true(sure >= RECOGNISED);
    pl_status st = from->parse(text.text, text.length, "run", &log, &diag);
    if (st) fail_msg("%s: %s", how->exporter, diag.messages[0].what);
    compare(&rows, &log, how);
    assert_int_equal(log.counts.bad_crc + log.counts.cut_off + log.counts.non_finite + log.counts.repeated, 0);
    pl_diag_free(&diag);
    training_log_free(&log);
    pl_str_free(&text);
    pl_table_free(&rows);
}

static void test_round_trips(void **state)
{
    pl_seeds seeds = pl_seeds_make(161803, 0, NULL, 0);
    for (uint32_t i = 0; i < 60; i++) {
        pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, i, 0, 0);
        pl_table t;
        make_table(&t, &s, 2 + i % 23);
        for (size_t k = 0; k < PL_COUNT(cases); k++) {
            round_trip(&t, &cases[k], "base, plain", i % 2);
            round_trip(&t, &cases[k], "other", 1);
        }
        pl_table_free(&t);
    }
}

/* A number that single precision does not hold is missing behind the event file, and counted. */
static void test_beyond_single(void **state)
{
    pl_seeds seeds = pl_seeds_make(161803, 0, NULL, 0);
    pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, 99, 0, 0);
    pl_table t, rows;
    pl_str text;
    training_log log;
    make_table(&t, &s, 5);
    t.columns[4].v[1] = 1e300;
    t.columns[4].v[2] = -1e-300;
    pl_table_init(&rows);
    pl_str_init(&text);
    training_log_init(&log);
    const exporter *to = (const exporter *)pl_registry_find(&exporter_registry, "tensorboard");
    const importer *from = (const importer *)pl_registry_find(&importer_registry, "tensorboard");
    assert_int_equal(export_select(&t, "base, plain", 0, &rows), PL_OK);
    assert_int_equal(to->write(&rows, &text), PL_OK);
    assert_int_equal(from->parse(text.text, text.length, "run", &log, NULL), PL_OK);
    assert_int_equal(log.counts.non_finite, 1);
    const pl_column *c = pl_table_find(&log.table, rows.columns[4].spec.name);
    assert_true(isnan(c->v[1]) && c->v[2] == 0 && signbit(c->v[2]));
    training_log_free(&log);
    pl_str_free(&text);
    pl_table_free(&rows);
    pl_table_free(&t);
}

static void test_names(void **state)
{
    pl_arena a;
    pl_arena_init(&a);
    assert_string_equal(export_name("grpo", 3, 0, &a), "grpo-r3");
    assert_string_equal(export_name("", 0, 0, &a), "r0");
    assert_string_equal(export_name("../x y", 1, 0, &a), "_._x_y-r1");
    assert_string_equal(export_name("a b", 1, 1, &a), "a_b~2-r1");
    pl_arena_free(&a);
}

/* Names of TRL only for what may be compared. */
static void test_twins(void **state)
{
    assert_string_equal(metric_twin("trl", "reward/mean")->pattern, "reward");
    assert_string_equal(metric_twin("trl", "groups/zero_variance")->pattern, "frac_reward_zero_std");
    assert_string_equal(metric_twin("trl", "length/train")->pattern, "completions/mean_length");
    static const char *const apart[] = {"reward/group_std", "entropy/token", "kl/estimated", "kl/base",
                                        "clip/fraction",    "clip/low",      "tokens",       "length/mean",
                                        "length/truncated", "pass@1",        "nothing"};
    for (size_t i = 0; i < PL_COUNT(apart); i++) assert_null(metric_twin("trl", apart[i]));
}

/* Memory that runs out anywhere is an error, never half a file that passes for one. */
static void test_no_memory(void **state)
{
    pl_seeds seeds = pl_seeds_make(161803, 0, NULL, 0);
    pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, 7, 0, 0);
    pl_table t;
    make_table(&t, &s, 4);
    for (const pl_entry *const *e = exporter_registry.entries; *e; e++) {
        const exporter *to = (const exporter *)*e;
        pl_str whole, text;
        pl_str_init(&whole);
        assert_int_equal(to->write(&t, &whole), PL_OK);
        for (uint64_t k = 1; k < 1000; k++) {
            pl_str_init(&text);
            pl_mem_fail_at(k, true);
            pl_status st = to->write(&t, &text);
            bool failed = pl_mem_count() >= k;
            pl_mem_fail_at(0, false);
            if (!failed) assert_true(!st && text.length == whole.length && !memcmp(text.text, whole.text, whole.length));
            if (failed) assert_int_equal(st, PL_ERR_WORLD);
            pl_str_free(&text);
            if (!failed) break;
        }
        pl_str_free(&whole);
    }
    pl_table_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips), cmocka_unit_test(test_beyond_single), cmocka_unit_test(test_names),
        cmocka_unit_test(test_twins),       cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
