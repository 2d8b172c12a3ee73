/* Scales, ticks and label places: closed cases and properties over random ranges. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plots/labels.h"
#include "plots/scale.h"
#include "sim/base/str.h"

/* A fixed sequence: the tests do not depend on the C library's generator. */
static uint64_t state = 0x853c49e6748fea9b;
static double uniform(double low, double high)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return low + (high - low) * (double)(state >> 11) / 9007199254740992.0;
}

static void places_are_affine_in_the_value_or_its_logarithm(void **unused)
{
    scale s = scale_make(SCALE_LINEAR, 2.5, 7.5, 10, 110, false, 5);
    assert_float_equal(scale_place(&s, 3.17), 10 + 100 * .134, 1e-9);
    scale l = scale_make(SCALE_LOG10, .02, 20, 300, 0, false, 5);
    assert_float_equal(scale_place(&l, .2), 200, 1e-9);
    assert_float_equal(scale_place(&l, 2.385), 300 - 100 * log10(2.385 / .02), 1e-9);
    assert_true(isnan(scale_place(&l, 0)) && isnan(scale_place(&l, -3)));
    for (int i = 0; i < 1000; i++) {
        double low = pow(10, uniform(-8, 8)), high = low * pow(10, uniform(.01, 6)), v = low + (high - low) * uniform(0, 1);
        scale r = scale_make(i % 2 ? SCALE_LOG2 : SCALE_LINEAR, low, high, 40, 400, false, 5);
        assert_true(fabs(scale_value(&r, scale_place(&r, v)) / v - 1) < 1e-9);
    }
}

static void degenerate_ranges_are_opened(void **unused)
{
    const double ends[][2] = {{0, 0}, {5, 5}, {-3, -3}, {NAN, NAN}, {INFINITY, -INFINITY}, {1e-300, 1e-300}, {9, 4}, {1e12, 1e12 + 1e-3}};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        for (int kind = 0; kind < 3; kind++) {
            scale_ticks t;
            scale s = scale_make((scale_kind)kind, ends[i][0], ends[i][1], 0, 100, true, 4);
            assert_true(s.low < s.high && isfinite(s.low) && isfinite(s.high));
            assert_true(s.kind == SCALE_LINEAR || s.low > 0);
            scale_make_ticks(&s, 4, &t);
            assert_true(t.n_major >= 1);
        }
    }
}

/* What a label says, in the grammar of the figures. */
static double read_label(const char *text)
{
    char plain[64];
    size_t n = 0;
    double factor = 1, power;
    if (strncmp(text, "2^", 2) == 0 && pl_read_number(text + 2, &power)) return ldexp(1, (int)power);
    if (strncmp(text, "1/", 2) == 0 && pl_read_number(text + 2, &power)) return 1 / power;
    if (strncmp(text, "\xE2\x88\x92", 3) == 0) {
        plain[n++] = '-';
        text += 3;
    }
    for (; *text; text++) {
        if (*text == 'k') factor = 1e3;
        else if (*text == 'M') factor = 1e6;
        else if (*text == 'G') factor = 1e9;
        else if (*text != ',') plain[n++] = *text;
    }
    plain[n] = 0;
    double v = NAN;
    assert_true(pl_read_number(plain, &v));
    return v * factor;
}

static void check_ticks(const scale *s, int wanted)
{
    scale_ticks t;
    scale_make_ticks(s, wanted, &t);
    double size = fmax(fabs(s->low), fabs(s->high));
    assert_true(t.n_major >= 1);
    for (size_t i = 0; i < t.n_major; i++) {
        assert_true(t.major[i] >= s->low - 1e-9 * size && t.major[i] <= s->high + 1e-9 * size);
        assert_true(fabs(read_label(t.label[i]) - t.major[i]) <= 1e-6 * fabs(t.major[i]) + 1e-9 * (s->high - s->low));
        if (i) assert_true(t.major[i] > t.major[i - 1]);
        if (i) assert_string_not_equal(t.label[i], t.label[i - 1]);
    }
    for (size_t i = 0; i < t.n_minor; i++) {
        assert_true(t.minor[i] > s->low && t.minor[i] < s->high);
        for (size_t k = 0; k < t.n_major; k++) assert_true(t.minor[i] != t.major[k]);
    }
}

static void ticks_are_inside_increasing_and_labelled_with_their_value(void **unused)
{
    for (int i = 0; i < 4000; i++) {
        double size = pow(10, uniform(-7, 11)), low = uniform(-1, 1) * size, high = low + pow(10, uniform(-3, 1)) * size;
        int wanted = 2 + (int)uniform(0, 6);
        scale linear = scale_make(SCALE_LINEAR, low, high, 0, 100, i % 2, wanted);
        check_ticks(&linear, wanted);
        scale logarithm = scale_make(i % 3 ? SCALE_LOG10 : SCALE_LOG2, size, size * pow(10, uniform(.1, 9)), 0, 100, false, wanted);
        check_ticks(&logarithm, wanted);
    }
}

static void rounded_ends_are_ticks(void **unused)
{
    for (int i = 0; i < 2000; i++) {
        double size = pow(10, uniform(-6, 8)), low = uniform(-1, 1) * size, high = low + uniform(.05, 2) * size;
        int wanted = 3 + (int)uniform(0, 5);
        scale s = scale_make(SCALE_LINEAR, low, high, 0, 100, true, wanted);
        scale_ticks t;
        scale_make_ticks(&s, wanted, &t);
        assert_true(s.low <= low + 1e-6 * size && s.high >= high - 1e-6 * size);
        assert_true(fabs(t.major[0] - s.low) < 1e-6 * size && fabs(t.major[t.n_major - 1] - s.high) < 1e-6 * size);
        assert_true(t.n_major >= 2 && t.n_major <= (size_t)wanted + 1);
    }
}

static void known_ticks(void **unused)
{
    scale_ticks t;
    scale s = scale_make(SCALE_LINEAR, -.13, .28, 0, 100, false, 4);
    scale_make_ticks(&s, 4, &t);
    assert_int_equal(t.n_major, 2);             /* steps of .2: the next above .41/4 */
    assert_string_equal(t.label[0], "0");
    assert_string_equal(t.label[1], "0.2");
    s = scale_make(SCALE_LOG10, 3, 7000, 0, 100, false, 4);
    scale_make_ticks(&s, 4, &t);
    assert_int_equal(t.n_major, 3);
    assert_string_equal(t.label[2], "1,000");
    assert_int_equal(t.n_minor, 27);            /* 4..9, twice 2..9, and 2,000 to 6,000 */
    s = scale_make(SCALE_LOG2, 1, 256, 0, 100, false, 4);
    scale_make_ticks(&s, 4, &t);
    assert_int_equal(t.n_major, 9);             /* every power of two */
    assert_string_equal(t.label[7], "128");
}

static void numbers_have_three_digits(void **unused)
{
    static const struct { double v; const char *text; } cases[] = {
        {.6123, "0.612"}, {-2.385, "\xE2\x88\x92" "2.38"}, {253.4, "253"}, {12504, "12,504"}, {1.2345e6, "1.23M"}, {2.1e-6, "2.10e-6"}, {0, "0"}, {NAN, "?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[TICK_LABEL];
        scale_number(cases[i].v, text);
        assert_string_equal(text, cases[i].text);
    }
}

static int by_value(const void *a, const void *b) { return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b); }

static void labels_keep_order_and_distance(void **unused)
{
    for (int i = 0; i < 3000; i++) {
        double wish[12] = {0}, y[12], height = uniform(5, 12), moved = 0;
        size_t n = (size_t)uniform(0, 13);
        n = n > 12 ? 12 : n;
        for (size_t k = 0; k < n; k++) wish[k] = y[k] = i % 5 ? uniform(20, 220) : 77.5;
        assert_true(labels_spread(y, n, height, 20, 220));
        for (size_t a = 0; a < n; a++) {
            assert_true(y[a] >= 20 + height / 2 - 1e-9 && y[a] <= 220 - height / 2 + 1e-9);
            for (size_t b = 0; b < n; b++) {
                if (a != b) assert_true(fabs(y[a] - y[b]) >= height - 1e-9);
                if (wish[a] < wish[b]) assert_true(y[a] < y[b]);
            }
            moved += fabs(y[a] - wish[a]);
        }
        double sorted[12];
        memcpy(sorted, wish, sizeof sorted);
        qsort(sorted, n, sizeof *sorted, by_value);
        bool apart = n == 0 || (sorted[0] >= 20 + height / 2 && sorted[n - 1] <= 220 - height / 2);
        for (size_t k = 1; k < n; k++) apart &= sorted[k] - sorted[k - 1] >= height;
        if (apart) assert_true(moved < 1e-6);   /* nothing moves without need */
    }
    double crowded[3] = {1, 2, 3};
    assert_false(labels_spread(crowded, 3, 10, 0, 29.9));
    assert_float_equal(crowded[1], 2, 0);
}

static void close_labels_share_the_shift(void **unused)
{
    double y[3] = {100, 101, 160.5};
    assert_true(labels_spread(y, 3, 9, 0, 300));
    assert_float_equal(y[0], 96, 1e-9);
    assert_float_equal(y[1], 105, 1e-9);
    assert_float_equal(y[2], 160.5, 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_affine_in_the_value_or_its_logarithm),
        cmocka_unit_test(degenerate_ranges_are_opened),
        cmocka_unit_test(ticks_are_inside_increasing_and_labelled_with_their_value),
        cmocka_unit_test(rounded_ends_are_ticks),
        cmocka_unit_test(known_ticks),
        cmocka_unit_test(numbers_have_three_digits),
        cmocka_unit_test(labels_keep_order_and_distance),
        cmocka_unit_test(close_labels_share_the_shift),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
