/* Log-normal factors drawn many at once, against one at a time by the library's functions; the same bits at every level. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <gsl/gsl_cdf.h>
#include "sim/core/factors.h"
#include "sim/core/rng.h"
#include "sim/core/simd.h"

enum { N = 3001, EACH = 7 };

static pl_factors of(const pl_seeds *seeds, size_t each, double power, double sd, double *out)
{
    const pl_stream s = pl_stream_make(seeds, PL_FOR_TEST, 0, 0, 0);
    pl_factors f = {.a = 9, .b = 40, .c = 2, .n = N, .each = each, .sd = sd, .power = power, .out = out};
    memcpy(f.key, s.key, sizeof f.key);
    return f;
}

static void same_as_one_at_a_time(void **state)
{
    static double out[N * EACH];
    static const double power[] = {1, 1.0 / 16, 1.0 / 3}, sd[] = {0, .6, 3};
    const pl_seeds seeds = pl_seeds_make(77, 3, NULL, 0);
    for (int i = 0; i < 3; i++)
        for (size_t each = 1; each <= EACH; each += 3) {
            const pl_factors f = of(&seeds, each, power[i], sd[(i + (int)each) % 3], out);
            pl_factors_draw(&f);
            for (uint32_t k = 0; k < N; k++) {
                pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, 9, 40 + k, 2);
                for (size_t j = 0; j < each; j++) {
                    const double z = gsl_cdf_ugaussian_Pinv(pow(pl_uniform(&s), f.power)), x = exp(f.sd * z - f.sd * f.sd / 2);
                    if (!(fabs(out[k * each + j] - x) <= 1e-12 * x))
                        fail_msg("%u, %zu: %.17g, not %.17g", k, j, out[k * each + j], x);
                }
            }
        }
}

/* Largest of G by one number, in law: the mean of ln x against that of the largest of 16 drawn one by one, within 5 standard
 * errors. */
static void the_largest_has_its_law(void **state)
{
    static double largest[N], all[N * 16];
    const pl_seeds seeds = pl_seeds_make(78, 0, NULL, 0), others = pl_seeds_make(79, 0, NULL, 0);
    const pl_factors a = of(&seeds, 1, 1.0 / 16, .6, largest), b = of(&others, 16, 1, .6, all);
    double sum[2] = {0}, square[2] = {0};
    pl_factors_draw(&a);
    pl_factors_draw(&b);
    for (size_t k = 0; k < N; k++) {
        double most = 0;
        for (size_t j = 0; j < 16; j++) most = fmax(most, all[k * 16 + j]);
        const double x[2] = {log(largest[k]), log(most)};
        for (int i = 0; i < 2; i++) {
            sum[i] += x[i] / N;
            square[i] += x[i] * x[i] / N;
        }
    }
    const double error = sqrt((square[0] - sum[0] * sum[0] + square[1] - sum[1] * sum[1]) / N);
    assert_true(fabs(sum[0] - sum[1]) < 5 * error);
    assert_true(fabs(sum[0] - (.6 * 1.766 - .18)) < .03); /* mean of the largest of 16 standard normals: 1.766 */
}

static void levels_have_the_same_bits(void **state)
{
    static double a[N * EACH], b[N * EACH];
    static const char *const levels[] = {"scalar", "avx2", "avx512"};
    const pl_seeds seeds = pl_seeds_make(80, 0, NULL, 0);
    for (int i = 0; i < 3; i++) {
        const pl_factors f = of(&seeds, EACH, .25, .6, i ? b : a);
        if (pl_simd_select(levels[i], NULL) != PL_OK) continue;
        pl_factors_draw(&f);
        if (i) assert_memory_equal(a, b, sizeof a);
    }
    assert_int_equal(pl_simd_select(NULL, NULL), PL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_as_one_at_a_time), cmocka_unit_test(the_largest_has_its_law),
                                       cmocka_unit_test(levels_have_the_same_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
