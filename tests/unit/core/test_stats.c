/* Statistics against hand calculations, and the coverage of the intervals.
 *
 * Error budget: coverages are binomial over 4,000 fixed-seed repetitions; bounds are 4 standard errors (6e-5 each).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <gsl/gsl_errno.h>

#include "sim/core/rng.h"
#include "sim/core/stats.h"

static void check_near(double x, double expected, double relative)
{
    assert_true(fabs(x - expected) <= relative * fabs(expected));
}

static pl_stream stream(uint32_t a)
{
    pl_seeds seeds = pl_seeds_make(271828, 0, NULL, 0);
    return pl_stream_make(&seeds, PL_FOR_TEST, a, 0, 0);
}

static const double five[5] = {2.385, -0.7, 4.11, 0.03, 9.6};

static void mean_and_variance(void **state)
{
    check_near(pl_mean(five, 5), 3.085, 1e-15);
    check_near(pl_variance(five, 5), 16.911275, 1e-14);
    assert_true(isnan(pl_mean(five, 0)) && isnan(pl_variance(five, 1)));
    check_near(pl_mean(five, 1), 2.385, 1e-16);
}

/* Where adding one after the other loses half the digits, and where squares minus squared mean lose all. */
static void sums_are_accurate(void **state)
{
    enum { N = 1 << 20 };
    static double v[N];
    for (int i = 0; i < N; i++)
        v[i] = 0.1;
    check_near(pl_mean(v, N), 0.1, 4 * DBL_EPSILON);
    for (int i = 0; i < 1000; i++)
        v[i] = 1e9 + i % 2;
    check_near(pl_variance(v, 1000), 0.25 * 1000 / 999, 1e-12);
}

static void quantiles_of_type_7(void **state)
{
    double v[5] = {2.385, -0.7, 4.11, 0.03, 9.6};
    check_near(pl_quantile(v, 5, 0.5), 2.385, 0);
    check_near(pl_quantile(v, 5, 0.1), -0.7 + 0.4 * 0.73, 1e-14);
    check_near(pl_quantile(v, 5, 0.9), 4.11 + 0.6 * 5.49, 1e-14);
    assert_true(pl_quantile(v, 5, 0) == -0.7 && pl_quantile(v, 5, 1) == 9.6);
    assert_true(isnan(pl_quantile(v, 0, 0.5)) && isnan(pl_quantile(v, 5, 1.01)));
    assert_true(pl_quantile(v, 1, 0.3) == -0.7);
}

static void a_t_interval(void **state)
{
    pl_estimate e = pl_t_interval(five, 5, 0.95);     /* t(.975, 4) = 2.7764451052 */
    double half = 2.7764451051977987 * sqrt(16.911275 / 5);
    check_near(e.value, 3.085, 1e-15);
    check_near(e.low, 3.085 - half, 1e-9);
    check_near(e.high, 3.085 + half, 1e-9);
    assert_true(e.level == 0.95);
    e = pl_t_interval(five, 1, 0.9);
    assert_true(e.value == 2.385 && isnan(e.low) && isnan(e.high));
    assert_true(isnan(pl_t_interval(five, 0, 0.9).value));
}

static void a_percentile_interval(void **state)
{
    double draws[101];
    for (int i = 0; i < 101; i++)
        draws[i] = (i * 37 % 101) / 100.0;
    pl_estimate e = pl_percentile_interval(draws, 101, 0.42, 0.9);
    check_near(e.low, 0.05, 1e-12);
    check_near(e.high, 0.95, 1e-12);
    assert_true(e.value == 0.42);
    assert_true(isnan(pl_percentile_interval(draws, 0, 0.42, 0.9).low));
}

/* For the mean the jackknife is the t interval, exactly; for the variance with divisor n it removes the bias. */
static void the_jackknife(void **state)
{
    double left_out[5];
    for (int i = 0; i < 5; i++)
        left_out[i] = (5 * 3.085 - five[i]) / 4;
    pl_estimate e = pl_jackknife(left_out, 5, 3.085, 0.9), t = pl_t_interval(five, 5, 0.9);
    check_near(e.value, 3.085, 1e-15);
    check_near(e.low, t.low, 1e-12);
    check_near(e.high, t.high, 1e-12);
    for (int i = 0; i < 5; i++) {
        double rest[4];
        for (int j = 0, k = 0; j < 5; j++)
            if (j != i)
                rest[k++] = five[j];
        left_out[i] = pl_variance(rest, 4) * 3 / 4;
    }
    e = pl_jackknife(left_out, 5, pl_variance(five, 5) * 4 / 5, 0.9);
    check_near((e.low + e.high) / 2, pl_variance(five, 5), 1e-12);
    assert_true(isnan(pl_jackknife(left_out, 1, 2.5, 0.9).low));
}

static void intervals_cover_as_they_say(void **state)
{
    enum { REPEATS = 4000, N = 8 };
    static const double levels[] = {0.5, 0.9, 0.95};
    for (size_t k = 0; k < 3; k++) {
        pl_stream s = stream((uint32_t)k);
        double covered = 0, ratio_covered = 0, bound = 4 * sqrt(levels[k] * (1 - levels[k]) / REPEATS);
        for (int r = 0; r < REPEATS; r++) {
            double v[N], w[N], left_out[N], sum_v = 0, sum_w = 0;
            for (int i = 0; i < N; i++) {
                sum_v += v[i] = 2.385 + 0.71 * pl_normal(&s);
                sum_w += w[i] = 10 + 0.5 * pl_normal(&s);
            }
            for (int i = 0; i < N; i++)
                left_out[i] = (sum_v - v[i]) / (sum_w - w[i]);
            pl_estimate t = pl_t_interval(v, N, levels[k]), j = pl_jackknife(left_out, N, sum_v / sum_w, levels[k]);
            covered += t.low <= 2.385 && 2.385 <= t.high;
            ratio_covered += j.low <= 0.2385 && 0.2385 <= j.high;
        }
        assert_true(fabs(covered / REPEATS - levels[k]) < bound);
        assert_true(fabs(ratio_covered / REPEATS - levels[k]) < bound + 0.01);     /* of second order only */
    }
}

/* Fisher's formula by hand for two groups of three; then a known population. */
static void intraclass_correlation(void **state)
{
    static const double v[6] = {1, 2, 4, 5, 7, 6};    /* means 7/3, 6; MSB = 3 * 2 * (11/6)^2, MSW = (14/3 + 2) / 4 */
    double msb = 6 * (11.0 / 6) * (11.0 / 6), msw = (14.0 / 3 + 2) / 4;
    check_near(pl_icc(v, 2, 3), (msb - msw) / (msb + 2 * msw), 1e-13);
    assert_true(isnan(pl_icc(v, 1, 6)) && isnan(pl_icc(v, 6, 1)));
    enum { GROUPS = 20000, K = 8 };
    static double w[GROUPS * K];
    pl_stream s = stream(99);
    for (int g = 0; g < GROUPS; g++) {
        double common = pl_normal(&s);
        for (int i = 0; i < K; i++)
            w[g * K + i] = common + 1.5 * pl_normal(&s);
    }
    double expected = 1 / (1 + 1.5 * 1.5);            /* its standard error here is .004 */
    assert_true(fabs(pl_icc(w, GROUPS, K) - expected) < 0.016);
}

/* The definition: the share of k-subsets that hold a right one, by counting them. */
static double pass_by_counting(unsigned n, unsigned c, unsigned k)
{
    double with = 0, all = 0;
    for (unsigned subset = 0; subset < 1u << n; subset++) {
        if ((unsigned)__builtin_popcount(subset) != k)
            continue;
        all++;
        with += (subset & ((1u << c) - 1)) != 0;
    }
    return with / all;
}

static void pass_at_k(void **state)
{
    for (unsigned n = 1; n <= 11; n++)
        for (unsigned c = 0; c <= n; c++)
            for (unsigned k = 0; k <= n; k++)
                assert_true(fabs(pl_pass_at_k(n, c, k) - pass_by_counting(n, c, k)) < 1e-14);
    check_near(pl_pass_at_k(1000, 3, 100), 0.27124338767625344, 1e-12);
    assert_true(isnan(pl_pass_at_k(8, 3, 9)) && isnan(pl_pass_at_k(8, 9, 3)));
}

/* Two straight lines in ln x, missing values between, and the ways not to cross. */
static void crossing(void **state)
{
    const double x[5] = {1, 2, 4, 8, 16}, a[5] = {.5, .6, NAN, .8, .9}, up[5] = {.7, .75, .9, .78, .8};
    check_near(pl_crossing(x, a, up, 5), 2 * pow(4, .15 / .17), 1e-12);
    const double equal[5] = {.6, .6, NAN, .8, .85}, below[5] = {.4, .5, .6, .7, .8}, from_below[5] = {.4, .5, .6, .9, .95};
    check_near(pl_crossing(x, a, equal, 5), pow(16, .1 / .15), 1e-12);
    assert_true(isnan(pl_crossing(x, a, below, 5)) && isnan(pl_crossing(x, a, from_below, 5)));
    assert_true(isnan(pl_crossing(x, a, a, 5)) && isnan(pl_crossing(x, a, up, 0)));
}

int main(void)
{
    gsl_set_error_handler_off();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_and_variance),     cmocka_unit_test(sums_are_accurate),
        cmocka_unit_test(quantiles_of_type_7),   cmocka_unit_test(a_t_interval),
        cmocka_unit_test(a_percentile_interval), cmocka_unit_test(the_jackknife),
        cmocka_unit_test(intervals_cover_as_they_say), cmocka_unit_test(intraclass_correlation),
        cmocka_unit_test(pass_at_k),             cmocka_unit_test(crossing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
