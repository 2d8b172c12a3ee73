/* Random streams: published vectors, keys, and distributions.
 *
 * Error budget: seeds are fixed, so a test passes always or never; each statistical check would fail for a good
 * generator with a probability of at most 1e-4, and there are about 40 of them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

#include "sim/base/mem.h"
#include "sim/core/rng.h"

#define BUDGET 1e-4

static pl_stream stream(uint64_t seed, uint32_t a)
{
    pl_seeds seeds = pl_seeds_make(seed, 0, NULL, 0);
    return pl_stream_make(&seeds, PL_FOR_TEST, a, 0, 0);
}

/* Is chi2 with so many degrees of freedom neither too large nor too small? */
static void check_chi2(double chi2, double freedom)
{
    assert_true(gsl_cdf_chisq_Q(chi2, freedom) > BUDGET / 2);
    assert_true(gsl_cdf_chisq_P(chi2, freedom) > BUDGET / 2);
}

/* Known-answer vectors of threefry4x32 with 20 rounds from the Random123 distribution. */
static void published_vectors(void **state)
{
    static const struct { uint32_t counter[4], key[4], out[4]; } known[] = {
        {{0, 0, 0, 0}, {0, 0, 0, 0}, {0x9c6ca96a, 0xe17eae66, 0xfc10ecd4, 0x5256a7d8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0x2a881696, 0x57012287, 0xf6c7446e, 0xa16a6732}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0, 0x082efa98, 0xec4e6c89},
         {0x59cd1dbb, 0xb8879579, 0x86b5d00c, 0xac8b6d84}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t out[4];
        pl_threefry(known[i].key, known[i].counter, out);
        assert_memory_equal(out, known[i].out, sizeof out);
    }
}

/* Numbers are the blocks of the counter (a, b, c, 0), (a, b, c, 1)... under the key (seed, purpose, replicate). */
static void a_stream_is_its_key(void **state)
{
    pl_seeds seeds = pl_seeds_make(0x0123456789abcdefull, 5, (pl_purpose[]){PL_FOR_ORDER}, 1);
    pl_stream s = pl_stream_make(&seeds, PL_FOR_SAMPLE, 11, 22, 33);
    const uint32_t key[4] = {0x89abcdef, 0x01234567, PL_FOR_SAMPLE, 5};
    for (uint32_t block = 0; block < 15; block++) {
        uint32_t out[4];
        pl_threefry(key, (uint32_t[]){11, 22, 33, block}, out);
        for (int i = 0; i < 4; i++)
            assert_int_equal(pl_u32(&s), out[i]);
    }
    assert_int_equal(pl_stream_make(&seeds, PL_FOR_ORDER, 0, 0, 0).key[3], 0);     /* shared by all replicates */
    assert_int_equal(pl_stream_make(&seeds, PL_FOR_WORLD, 0, 0, 0).key[3], 5);
    pl_stream t = pl_stream_make(&seeds, PL_FOR_SAMPLE, 11, 22, 33);
    uint32_t low = pl_u32(&t), high = pl_u32(&t);
    t = pl_stream_make(&seeds, PL_FOR_SAMPLE, 11, 22, 33);
    assert_true(pl_u64(&t) == ((uint64_t)high << 32 | low));
}

/* The extreme integers must not become 0 or 1, in either precision. */
static void uniforms_stay_inside(void **state)
{
    pl_stream s = {.numbers = {[14] = UINT32_MAX, UINT32_MAX}, .left = 4};
    assert_true(pl_uniform(&s) == 0x1p-53);
    assert_true(pl_uniform(&s) == 1 - 0x1p-53);
    s = (pl_stream){.numbers = {[15] = UINT32_MAX}, .left = 2};
    assert_true(pl_uniformf(&s) == 0x1p-24f);
    assert_true(pl_uniformf(&s) == 1 - 0x1p-24f);
    s = (pl_stream){.numbers = {[14] = UINT32_MAX, UINT32_MAX}, .left = 4};
    assert_true(isfinite(pl_normal(&s)) && isfinite(pl_normal(&s)));
}

static void uniformity(void **state)
{
    enum { CELLS = 256, DRAWS = 256 * 400 };
    for (int which = 0; which < 3; which++) {
        double count[CELLS] = {0}, chi2 = 0;
        pl_stream s = stream(20240601 + (uint64_t)which, 3);
        for (int i = 0; i < DRAWS; i++) {
            double u = which == 0 ? pl_uniform(&s) : which == 1 ? (double)pl_uniformf(&s) : (pl_u32(&s) & 0xff) / 256.0;
            count[(int)(u * CELLS)]++;
        }
        for (int i = 0; i < CELLS; i++)
            chi2 += (count[i] - 400) * (count[i] - 400) / 400;
        check_chi2(chi2, CELLS - 1);
    }
}

/* Streams whose keys or counters differ by one in any single place: pairs fall evenly on a 16 by 16 grid, and the
 * correlation is that of independent numbers. */
static void neighbouring_streams_are_independent(void **state)
{
    enum { SIDE = 16, DRAWS = SIDE * SIDE * 150 };
    for (int place = 0; place < 6; place++) {
        double count[SIDE][SIDE] = {{0}}, chi2 = 0, product = 0;
        for (int i = 0; i < DRAWS; i++) {
            uint32_t at[3] = {(uint32_t)i, 17, 4};
            pl_seeds here = pl_seeds_make(901, 2, NULL, 0), there = pl_seeds_make(901 + (place == 3), 2 + (place == 4), NULL, 0);
            pl_stream a = pl_stream_make(&here, PL_FOR_SAMPLE, at[0], at[1], at[2]);
            if (place < 3)
                at[place] += place == 0 ? DRAWS : 1;
            pl_stream b = pl_stream_make(&there, place == 5 ? PL_FOR_OUTCOME : PL_FOR_SAMPLE, at[0], at[1], at[2]);
            double u = pl_uniform(&a), v = pl_uniform(&b);
            count[(int)(u * SIDE)][(int)(v * SIDE)]++;
            product += (u - 0.5) * (v - 0.5) * 12;
        }
        for (int i = 0; i < SIDE * SIDE; i++)
            chi2 += (count[i / SIDE][i % SIDE] - 150) * (count[i / SIDE][i % SIDE] - 150) / 150;
        check_chi2(chi2, SIDE * SIDE - 1);
        assert_true(fabs(product / sqrt(DRAWS)) < gsl_cdf_ugaussian_Qinv(BUDGET / 2));
    }
}

/* First numbers of neighbouring streams, as a kernel draws them: along any one counter they are uniform in sequence. */
static void serial_pairs_within_and_across_blocks(void **state)
{
    enum { SIDE = 16, DRAWS = SIDE * SIDE * 200 };
    double count[SIDE * SIDE] = {0}, chi2 = 0;
    pl_stream s = stream(77, 0);
    double last = pl_uniformf(&s);
    for (int i = 0; i < DRAWS; i++) {
        double u = pl_uniformf(&s);
        count[(int)(last * SIDE) * SIDE + (int)(u * SIDE)]++;
        last = u;
    }
    for (int i = 0; i < SIDE * SIDE; i++)
        chi2 += (count[i] - 200) * (count[i] - 200) / 200;
    check_chi2(chi2, SIDE * SIDE - 1);
}

/* Moments against their sampling errors: var of z^k is (2k-1)!! - ((k-1)!!)^2 for even k. */
static void normal_and_exponential_moments(void **state)
{
    enum { N = 200000 };
    static const double expected[7] = {1, 0, 1, 0, 3, 0, 15}, expected_squared[7] = {1, 1, 3, 15, 105, 945, 10395};
    double sum[7] = {0}, waiting = 0, squared = 0, bound = gsl_cdf_ugaussian_Qinv(BUDGET / 2);
    pl_stream s = stream(4711, 9);
    for (int i = 0; i < N; i++) {
        double z = pl_normal(&s), power = 1, e = pl_exponential(&s);
        for (int k = 1; k <= 6; k++)
            sum[k] += power *= z;
        waiting += e;
        squared += e * e;
    }
    for (int k = 1; k <= 4; k++) {
        double error = sqrt((expected_squared[k] - expected[k] * expected[k]) / N);
        assert_true(fabs(sum[k] / N - expected[k]) < bound * error);
    }
    assert_true(fabs(sum[6] / N - 15) < 6 * sqrt((10395 - 225.0) / N));       /* heavy tail: a wider bound */
    assert_true(fabs(waiting / N - 1) < bound / sqrt(N));
    assert_true(fabs(squared / N - 2) < bound * sqrt(20.0 / N));
}

static void bounded_integers_have_no_bias(void **state)
{
    static const uint32_t sizes[] = {1, 3, 7, 100, 1000};
    for (size_t k = 0; k < 5; k++) {
        static double count[1000];
        memset(count, 0, sizeof count);
        pl_stream s = stream(5, (uint32_t)k);
        uint32_t n = sizes[k];
        double each = 200, chi2 = 0;
        for (uint32_t i = 0; i < n * 200; i++) {
            uint32_t j = pl_below(&s, n);
            assert_true(j < n);
            count[j]++;
        }
        for (uint32_t i = 0; i < n; i++)
            chi2 += (count[i] - each) * (count[i] - each) / each;
        if (n > 1)
            check_chi2(chi2, n - 1.0);
    }
    /* Two thirds of 2^32: without rejection the lower half of the results would come up twice as often as the upper. */
    pl_stream s = stream(6, 0);
    double low = 0, draws = 40000;
    for (int i = 0; i < draws; i++)
        low += pl_below(&s, 2863311530u) < 1431655765u;
    assert_true(fabs(low / draws - 0.5) * 2 * sqrt(draws) < gsl_cdf_ugaussian_Qinv(BUDGET / 2));
}

static void categories(void **state)
{
    static const double p[5] = {0.05, 0.0, 0.6, 0.25, 0.1};
    double count[5] = {0}, chi2 = 0, draws = 100000;
    pl_stream s = stream(8, 1);
    for (int i = 0; i < draws; i++)
        count[pl_categorical(&s, p, 5)]++;
    assert_true(count[1] == 0);
    for (int i = 0; i < 5; i++)
        if (i != 1)
            chi2 += (count[i] - draws * p[i]) * (count[i] - draws * p[i]) / (draws * p[i]);
    check_chi2(chi2, 3);
    /* A sum below one: what is left over goes to the last possible option, never to an impossible one. */
    static const double low[3] = {0.2, 0.3, 0.0};
    for (int i = 0; i < 1000; i++)
        assert_true(pl_categorical(&s, low, 3) < 2);
}

static void shuffles_are_even(void **state)
{
    double count[24] = {0}, chi2 = 0;
    pl_stream s = stream(9, 0);
    for (int i = 0; i < 24000; i++) {
        uint32_t v[4] = {0, 1, 2, 3};
        pl_shuffle(&s, v, 4);
        assert_int_equal(1u << v[0] | 1u << v[1] | 1u << v[2] | 1u << v[3], 15);
        int rank = 0;
        for (int a = 0; a < 4; a++) {
            int smaller = 0;
            for (int b = a + 1; b < 4; b++)
                smaller += v[b] < v[a];
            rank = rank * (4 - a) + smaller;
        }
        count[rank]++;
    }
    for (int i = 0; i < 24; i++)
        chi2 += (count[i] - 1000) * (count[i] - 1000) / 1000;
    check_chi2(chi2, 23);
}

static void as_a_gsl_generator(void **state)
{
    pl_stream s = stream(31337, 2), copy = s;
    gsl_rng *rng = pl_gsl_make(s);
    assert_non_null(rng);
    for (int i = 0; i < 9; i++)
        assert_int_equal(gsl_rng_get(rng), pl_u32(&copy));
    double sum = 0;
    for (int i = 0; i < 50000; i++)
        sum += gsl_ran_gamma(rng, 2.385, 0.7);
    assert_true(fabs(sum / 50000 - 2.385 * 0.7) < gsl_cdf_ugaussian_Qinv(BUDGET / 2) * 0.7 * sqrt(2.385 / 50000));
    gsl_rng_free(rng);
    gsl_rng *seeded = gsl_rng_alloc(pl_gsl_type);
    gsl_rng_set(seeded, 12);
    unsigned long first = gsl_rng_get(seeded);
    gsl_rng_set(seeded, 13);
    assert_true(gsl_rng_get(seeded) != first);
    gsl_rng_set(seeded, 12);
    assert_int_equal(gsl_rng_get(seeded), first);
    gsl_rng_free(seeded);
    for (uint64_t k = 1; k <= 2; k++) {
        pl_mem_fail_at(k, false);
        assert_null(pl_gsl_make(s));
        pl_mem_fail_at(0, false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors),       cmocka_unit_test(a_stream_is_its_key),
        cmocka_unit_test(uniforms_stay_inside),    cmocka_unit_test(uniformity),
        cmocka_unit_test(neighbouring_streams_are_independent), cmocka_unit_test(serial_pairs_within_and_across_blocks),
        cmocka_unit_test(normal_and_exponential_moments), cmocka_unit_test(bounded_integers_have_no_bias),
        cmocka_unit_test(categories),              cmocka_unit_test(shuffles_are_even),
        cmocka_unit_test(as_a_gsl_generator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
