/* Times that a prefix foretells: exact runs, their scale, coverage over runs that stray, and what is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "sim/analysis/fit.h"
#include "sim/core/rng.h"

enum { N = 1201, PREFIX = 31 };

static pl_stream stream(uint32_t a, uint32_t b)
{
    const pl_seeds seeds = pl_seeds_make(811, 0, NULL, 0);
    return pl_stream_make(&seeds, PL_FOR_TEST, a, b, 0);
}

typedef struct run { double x[N], y[N], B, C_mid; } run;

/* Rise `rise` from .2; increments stray by `noise` times the root of what is left. */
static void make(run *r, double B, double C_mid, double rise, double noise, pl_stream *s)
{
    double before = 0;
    r->B = B;
    r->C_mid = C_mid;
    for (size_t i = 0; i < N; i++) {
        double now = sigmoid_value(1, B, C_mid, 0, (double)i);
        r->x[i] = (double)i;
        r->y[i] = !i ? .2 : r->y[i - 1] + rise * (now - before) + noise * sqrt(1 - .5 * (now + before)) * pl_normal(s);
        before = now;
    }
}

static double crossing(const run *r, double level)
{
    for (size_t i = 1; i < N; i++)
        if (r->y[i] >= level) return r->x[i] - (r->y[i] - level) / (r->y[i] - r->y[i - 1]);
    return INFINITY;
}

static pl_status ask(const run *r, size_t n, double h, pl_estimate *e, double *last)
{
    fit_options o = fit_defaults();
    return fit_reach(r->x, r->y, n, o, h, e, last, NULL);
}

/* Without noise the median is the sigmoid's own time, within what the assumed noise and the grid allow; in any unit of x and y, and
 * for a falling curve. */
static void exact_runs(void **state)
{
    for (uint32_t k = 0; k < 6; k++) {
        run r;
        pl_stream s = stream(1, k);
        pl_estimate e, scaled;
        double last;
        make(&r, 1.4 + .3 * k, 14 + 2 * k, .5, 0, &s);
        double truth = sigmoid_reach(r.B, r.C_mid, .9);
        assert_int_equal(ask(&r, PREFIX, .9, &e, &last), PL_OK);
        assert_true(last == PREFIX - 1 && e.level == .9);
        assert_true(fabs(log(e.value / truth)) < .1 && e.low <= truth && truth <= e.high);
        for (size_t i = 0; i < PREFIX; i++) {
            r.x[i] *= 1024;
            r.y[i] = 3 - 4 * r.y[i];
        }
        assert_int_equal(ask(&r, PREFIX, .9, &scaled, &last), PL_OK);
        assert_true(fabs(scaled.value / e.value / 1024 - 1) < 1e-6 && fabs(scaled.high / e.high / 1024 - 1) < 1e-6);
    }
}

/* Runs that stray: 400, of two sizes of noise; the actual crossing, not the sigmoid's, lies in the interval in .90 of them +- 4
 * standard errors (.84 to .96), below and above it evenly within 4 standard errors of what B's prior may tilt. Were the noise taken
 * for that of single points the interval would cover half: a residual that stays is not averaged out. */
static void covers(void **state)
{
    enum { RUNS = 400 };
    int covered = 0, early = 0, late = 0;
    for (uint32_t k = 0; k < RUNS; k++) {
        run r;
        pl_stream s = stream(2, k);
        pl_estimate e;
        double last, z = pl_normal(&s), place = pl_uniform(&s);
        make(&r, 1.6 * exp(.35 * z), 12 + 10 * place, .5, k % 2 ? .002 : .004, &s);
        double actual = crossing(&r, .2 + .9 * .5);
        assert_int_equal(ask(&r, PREFIX, .9, &e, &last), PL_OK);
        assert_true(e.low >= last && e.low <= e.value && e.value <= e.high);
        early += actual < e.low;
        late += actual > e.high;
        covered += e.low <= actual && actual <= e.high;
    }
    print_message("times of runs that stray: covered %.3f, earlier %d, later %d of %d\n",
                  (double)covered / RUNS, early, late, RUNS);
    if (covered < .84 * RUNS || covered > .96 * RUNS) fail_msg("the interval covers in %d of %d", covered, RUNS);
}

/* Only the prefix is looked at; leading points may be dropped; too few are refused. */
static void what_is_used(void **state)
{
    run r;
    pl_stream s = stream(3, 0);
    pl_estimate whole, cut;
    double last;
    make(&r, 1.6, 15, .5, .003, &s);
    fit_options o = fit_defaults();
    assert_int_equal(ask(&r, 41, .9, &whole, &last), PL_OK);
    o.until = .4;
    assert_int_equal(fit_reach(r.x, r.y, 101, o, .9, &cut, &last, NULL), PL_OK);
    assert_true(last == 40 && cut.value == whole.value && cut.low == whole.low && cut.high == whole.high);
    o.drop = .1;
    assert_int_equal(fit_reach(r.x, r.y, 101, o, .9, &cut, &last, NULL), PL_OK);
    assert_true(cut.value != whole.value);
    assert_int_equal(ask(&r, 5, .9, &whole, &last), PL_ERR_USER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(exact_runs), cmocka_unit_test(covers), cmocka_unit_test(what_is_used)};
    return cmocka_run_group_tests_name("fit reach", tests, NULL, NULL);
}
