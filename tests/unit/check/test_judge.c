/* What a view may know: steps that the log has, bands of single points, signals that go on; and numbers in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/analysis/fit.h"
#include "sim/check/judge.h"
#include "sim/core/rng.h"

enum { MOST = 800 };
static check_judgement judged; /* large */

/* A log of `n` rows, `every` steps apart from `first` on: reward/mean rises along a sigmoid; pass@1/train stands still up to row
 * `correct`. */
static void make_log(pl_table *t, size_t n, double first, double every, size_t correct)
{
    static const char *const names[] = {"step", "reward/mean", "pass@1/train"};
    pl_seeds seeds = pl_seeds_make(411, 0, NULL, 0);
    pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, 1, 0, 0);
    pl_table_init(t);
    for (size_t c = 0; c < 3; c++)
        assert_int_equal(pl_table_add_column(t, &(pl_column_spec){names[c], "", "", PL_LOGGED, false}, NULL), PL_OK);
    for (size_t i = 0; i < n; i++) {
        size_t row;
        double done = (double)i / (double)n;
        assert_int_equal(pl_table_add_row(t, &row), PL_OK);
        t->columns[0].v[row] = first + every * (double)i;
        t->columns[1].v[row] = sigmoid_value(.7, 1.5, .1, .2, done) + .05 * pl_normal(&s);
        t->columns[2].v[row] = i < correct ? .2 + .02 * pl_normal(&s) : NAN;
    }
}

static void judge_log(const pl_table *t, double until, const char *y, check_run *run)
{
    check_options options = check_defaults();
    options.until = until;
    options.y = y;
    assert_int_equal(check_run_make(t, NULL, &options, "made", run, NULL), PL_OK);
    assert_int_equal(check_judge(run, 10, &judged, NULL), PL_OK);
}

static bool finds(const char *name)
{
    for (size_t i = 0; i < judged.n; i++)
        if (!strcmp(judged.findings[i].shape->entry.name, name)) return true;
    return false;
}

/* The fit takes means of three neighbours; the band is that of one point all the same. Of 720 points 90% lie within it, give or
 * take 3.5 times .011. */
static void the_band_is_of_single_points(void **state)
{
    pl_table t;
    check_run run;
    size_t within = 0;
    make_log(&t, 720, 1, 1, 0);
    judge_log(&t, 1, NULL, &run);
    const check_series *s = &run.signal[SIGNAL_REWARD];
    assert_int_equal(judged.forecast.block, 3);
    for (size_t i = 0; i < s->n; i++) {
        pl_estimate e = check_forecast_at(&judged.forecast, s->x[i], 1);
        within += e.low <= s->y[i] && s->y[i] <= e.high;
    }
    assert_true(fabs((double)within / (double)s->n - .9) < .04);
    pl_estimate one = check_forecast_at(&judged.forecast, 700, 1), many = check_forecast_at(&judged.forecast, 700, 60);
    assert_true(many.high - many.low < .4 * (one.high - one.low));
    check_run_free(&run);
    pl_table_free(&t);
}

static void steps_told_are_steps_of_the_log(void **state)
{
    pl_table t;
    check_run run;
    make_log(&t, 101, 0, 7, 0);
    judge_log(&t, 1, NULL, &run);
    assert_true(judged.n > 0);
    for (size_t i = 0; i < judged.n; i++) assert_true(fmod(judged.findings[i].first, 7) == 0);
    check_run_free(&run);
    judge_log(&t, .33, NULL, &run);
    assert_true(run.until == 231 && judged.end_seen > .5);
    check_run_free(&run);
    pl_table_free(&t);
}

/* Half of a run whose steps begin far from 0 is half of its steps. */
static void a_part_is_counted_from_the_first_step(void **state)
{
    pl_table t;
    check_run run;
    make_log(&t, 101, 10000, 4, 0);
    judge_log(&t, .5, NULL, &run);
    assert_true(run.until == 10200 && judged.fitted);
    check_run_free(&run);
    pl_table_free(&t);
}

/* Reward that goes on rising after correctness was last measured is no proxy that was hacked; while it is measured, it is. */
static void hacking_needs_correctness_beside_it(void **state)
{
    static const size_t measured[] = {800, 60};
    for (size_t k = 0; k < 2; k++) {
        pl_table t;
        check_run run;
        make_log(&t, MOST, 0, 1, measured[k]);
        judge_log(&t, 1, "reward/mean", &run);
        assert_int_equal(finds("proxy_hacking"), k == 0);
        check_run_free(&run);
        pl_table_free(&t);
    }
}

/* What allows no curve is told for what it is. */
static void logs_without_a_curve(void **state)
{
    pl_table t;
    check_run run;
    make_log(&t, 12, 0, 1, 0);
    for (size_t i = 0; i < t.n_rows; i++) t.columns[1].v[i] = .5;
    judge_log(&t, 1, NULL, &run);
    assert_string_equal(judged.verdict, "flat");
    assert_non_null(strstr(judged.reason, "at most 0.05 either way"));
    check_run_free(&run);
    pl_table_free(&t);
    make_log(&t, 8, -3, 1, 0);
    judge_log(&t, 1, NULL, &run);
    assert_string_equal(judged.verdict, "not identified");
    assert_non_null(strstr(judged.reason, "with step 0 or more"));
    check_run_free(&run);
    t.n_rows = 0;
    check_options options = check_defaults();
    pl_diag diag;
    pl_diag_init(&diag);
    assert_int_equal(check_run_make(&t, NULL, &options, "made", &run, &diag), PL_ERR_USER);
    assert_non_null(strstr(diag.messages[0].what, "no rows"));
    check_run_free(&run);
    pl_diag_free(&diag);
    pl_table_free(&t);
}

static void numbers_in_words(void **state)
{
    assert_string_equal(check_number(16.41, 3).text, "16.4");
    assert_string_equal(check_number(13870, 2).text, "14,000");
    assert_string_equal(check_number(99.97, 3).text, "100");
    assert_string_equal(check_number(1408.4, 3).text, "1,410");
    assert_string_equal(check_number(1234567, 0).text, "1,234,567");
    assert_string_equal(check_number(-1234, 0).text, "-1,234");
    assert_string_equal(check_number(-123456, 0).text, "-123,456");
    assert_string_equal(check_number(0, 0).text, "0");
    assert_string_equal(check_number(0, 3).text, "0");
    assert_string_equal(check_number(249.5, 0).text, "249.5");
    assert_string_equal(check_number(.0123, 2).text, "0.012");
    assert_string_equal(check_number(750, 2).text, "750");
    assert_string_equal(check_number(INFINITY, 2).text, "inf");
    assert_string_equal(check_number(1e18, 0).text, "1e+18");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_band_is_of_single_points),
        cmocka_unit_test(steps_told_are_steps_of_the_log),
        cmocka_unit_test(a_part_is_counted_from_the_first_step),
        cmocka_unit_test(hacking_needs_correctness_beside_it),
        cmocka_unit_test(logs_without_a_curve),
        cmocka_unit_test(numbers_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
