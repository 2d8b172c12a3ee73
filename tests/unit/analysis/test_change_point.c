/* A line with a kink: against a plain search, coverage of its interval, and how often noise alone is taken for one. And the time
 * that a prefix predicts: its closed form and the coverage of its interval. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "sim/analysis/fit.h"
#include "sim/core/rng.h"

enum { N = 41 };

static pl_stream stream(uint32_t a, uint32_t b)
{
    pl_seeds seeds = pl_seeds_make(386, 0, NULL, 0);
    return pl_stream_make(&seeds, PL_FOR_TEST, a, b, 0);
}

static void kinked_line(double at, double before, double after, double noise, pl_stream *s, double *x, double *y)
{
    for (size_t i = 0; i < N; i++) {
        x[i] = 10.0 * (double)i;
        y[i] = 3 + before * x[i] + (after - before) * fmax(x[i] - at, 0) + noise * pl_normal(s);
    }
}

/* Sum of squares of y on (1, x, (x - t)+) by the normal equations, solved by Gauss. */
static double plain_rss(const double *x, const double *y, double t)
{
    double m[3][4] = {{0}}, c[3], rss = 0;
    for (size_t i = 0; i < N; i++) {
        const double row[4] = {1, x[i], fmax(x[i] - t, 0), y[i]};
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 4; b++) m[a][b] += row[a] * row[b];
    }
    for (int a = 0; a < 3; a++)
        for (int b = a + 1; b < 3; b++) {
            double factor = m[b][a] / m[a][a];
            for (int k = a; k < 4; k++) m[b][k] -= factor * m[a][k];
        }
    for (int a = 2; a >= 0; a--) {
        c[a] = m[a][3];
        for (int b = a + 1; b < 3; b++) c[a] -= m[a][b] * c[b];
        c[a] /= m[a][a];
    }
    for (size_t i = 0; i < N; i++) {
        double r = y[i] - c[0] - c[1] * x[i] - c[2] * fmax(x[i] - t, 0);
        rss += r * r;
    }
    return rss;
}

static void exact_without_noise(void **state)
{
    double x[N], y[N];
    for (uint32_t trial = 0; trial < 40; trial++) {
        pl_stream s = stream(1, trial);
        double at = 40 + 320 * pl_uniform(&s), before = pl_normal(&s), after = pl_normal(&s);
        kinked_line(at, before, after, 0, &s, x, y);
        change_fit f;
        assert_int_equal(fit_change_point(x, y, N, fit_defaults(), &f, NULL), PL_OK);
        assert_true(fabs(f.at.value - at) < 1e-3 && f.at.low <= at + 1e-3 && f.at.high >= at - 1e-3);
        assert_true(fabs(f.before - before) < 1e-5 && fabs(f.after - after) < 1e-5 && f.identified && f.r2 > 1 - 1e-9);
    }
}

static void agrees_with_a_plain_search(void **state)
{
    double x[N], y[N];
    for (uint32_t trial = 0; trial < 25; trial++) {
        pl_stream s = stream(2, trial);
        kinked_line(60 + 280 * pl_uniform(&s), -.02, .002, .4, &s, x, y);
        change_fit f;
        assert_int_equal(fit_change_point(x, y, N, fit_defaults(), &f, NULL), PL_OK);
        double best = INFINITY, at = 0;
        for (double t = x[2]; t <= x[N - 3]; t += .05)
            if (plain_rss(x, y, t) < best) best = plain_rss(x, y, t), at = t;
        assert_true(fabs(f.at.value - at) < .06);
        assert_true(plain_rss(x, y, f.at.value) <= best * (1 + 1e-9));
        double limit = plain_rss(x, y, f.at.low);              /* both ends lie at the same height, unless at a bound */
        if (f.at.low > x[2] + 1e-6 && f.at.high < x[N - 3] - 1e-6)
            assert_true(fabs(plain_rss(x, y, f.at.high) / limit - 1) < 1e-6);
    }
}

/* 90% intervals over 800 curves: within .90 +- 4 standard errors (.042), a little more to the safe side as the kink is no smooth
 * parameter. Straight lines: at most 5% + 4 standard errors are taken for kinked. */
static void covers_and_keeps_its_level(void **state)
{
    double x[N], y[N];
    int covered = 0, taken = 0, found = 0;
    for (uint32_t trial = 0; trial < 800; trial++) {
        pl_stream s = stream(3, trial);
        double at = 100 + 200 * pl_uniform(&s);
        change_fit f;
        kinked_line(at, -.02, .0, .3, &s, x, y);
        assert_int_equal(fit_change_point(x, y, N, fit_defaults(), &f, NULL), PL_OK);
        covered += f.at.low <= at && at <= f.at.high;
        found += f.identified;
        kinked_line(at, -.02, -.02, .3, &s, x, y);
        assert_int_equal(fit_change_point(x, y, N, fit_defaults(), &f, NULL), PL_OK);
        taken += f.identified;
    }
    print_message("kinks: covered %.3f, found %.3f, noise taken for one %.3f (800 fits)\n", covered / 800., found / 800.,
                  taken / 800.);
    if (covered < 800 * .858 || covered > 800 * .97) fail_msg("covers in %d of 800", covered);
    if (taken > 800 * .081) fail_msg("noise is taken for a kink in %d of 800", taken);
    assert_true(found > 760);
}

static void refuses_too_little(void **state)
{
    double x[N], y[N];
    pl_stream s = stream(4, 0);
    change_fit f;
    kinked_line(100, 1, 2, 0, &s, x, y);
    assert_int_equal(fit_change_point(x, y, 7, fit_defaults(), &f, NULL), PL_ERR_USER);
    for (size_t i = 0; i < N; i++) y[i] = 2;
    assert_int_equal(fit_change_point(x, y, N, fit_defaults(), &f, NULL), PL_ERR_USER);
    for (size_t i = 0; i < N; i++) y[i] = i % 2 ? NAN : (double)i;      /* what is missing is left out */
    assert_int_equal(fit_change_point(x, y, N, fit_defaults(), &f, NULL), PL_OK);
    assert_int_equal(f.n, N / 2 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(exact_without_noise), cmocka_unit_test(agrees_with_a_plain_search),
                                       cmocka_unit_test(covers_and_keeps_its_level), cmocka_unit_test(refuses_too_little)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
