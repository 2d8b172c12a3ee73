/* Growing strings; numbers to their shortest text and back. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/base/str.h"

static void a_string_grows(void **state)
{
    pl_str s;
    pl_str_init(&s);
    assert_string_equal(pl_str_end(&s), "");
    for (int i = 0; i < 500; i++)
        pl_str_addf(&s, "%d,", i);
    pl_str_addn(&s, "tail-end", 4);
    pl_str_addc(&s, '!');
    pl_str_num(&s, 0.1);
    const char *text = pl_str_end(&s);
    assert_int_equal(strlen(text), s.length);
    assert_memory_equal(text, "0,1,2,3,", 8);
    assert_string_equal(text + s.length - 11, "99,tail!0.1" );
    pl_str_clear(&s);
    pl_str_add(&s, "again");
    assert_string_equal(pl_str_end(&s), "again");
    pl_str_free(&s);
}

static void a_broken_string_says_so_at_the_end(void **state)
{
    pl_str s;
    pl_str_init(&s);
    pl_mem_fail_at(2, false);
    for (int i = 0; i < 100; i++)
        pl_str_add(&s, "some words ");
    pl_mem_fail_at(0, false);
    assert_true(s.broken);
    assert_null(pl_str_end(&s));
    pl_str_free(&s);
}

static void check_text(double x, const char *expected)
{
    char text[32];
    assert_string_equal(pl_number(x, text), expected);
}

static void numbers_have_their_shortest_text(void **state)
{
    check_text(0, "0");
    check_text(-0.0, "-0");
    check_text(1, "1");
    check_text(-37, "-37");
    check_text(100000, "100000");
    check_text(999999999999999, "999999999999999");
    check_text(1e15, "1e15");
    check_text(0.1, "0.1");
    check_text(0.1 + 0.2, "0.30000000000000004");
    check_text(2.385, "2.385");
    check_text(-1234.5678, "-1234.5678");
    check_text(0.0001, "0.0001");
    check_text(0.00001, "0.00001");
    check_text(0.000001, "1e-6");
    check_text(1.5e-7, "1.5e-7");
    check_text(1.0 / 3, "0.3333333333333333");
    check_text(6.02214076e23, "6.02214076e23");
    check_text(123456789012345.67, "123456789012345.67");
    check_text(NAN, "nan");
    check_text(INFINITY, "inf");
    check_text(-INFINITY, "-inf");
}

/* Where naive shortening goes wrong: subnormals, ends of the range, powers of two (whose rounding interval is
 * lopsided), decimals that need 16 or 17 digits. */
static void hard_numbers(void **state)
{
    check_text(5e-324, "5e-324");
    check_text(-1e-323, "-1e-323");
    check_text(DBL_MIN, "2.2250738585072014e-308");
    check_text(nextafter(DBL_MIN, 0), "2.225073858507201e-308");
    check_text(DBL_MAX, "1.7976931348623157e308");
    check_text(0x1p-44, "5.684341886080802e-14");          /* the nearest of 16 digits falls out, its upper neighbour not */
    check_text(0x1p89, "6.189700196426902e26");
    check_text(9.5367431640625e-7, "9.5367431640625e-7");
    check_text(2.2204460492503131e-16, "2.220446049250313e-16");
    check_text(1e23, "1e23");
    check_text(9007199254740993.0, "9.007199254740992e15");
    check_text(4.35, "4.35");
}

/* Does some decimal with n significant digits read back as x? Tries the neighbours of the nearest one. */
static bool exists_with_digits(double x, int n)
{
    char text[64];
    snprintf(text, sizeof text, "%.*e", n - 1, x);
    char *mark = strchr(text, 'e');
    int exponent = atoi(mark + 1) - (n - 1);
    *mark = '\0';
    if (n > 1)
        memmove(text + 1, text + 2, strlen(text + 2) + 1);
    long long digits = atoll(text);
    for (long long d = digits - 2; d <= digits + 2; d++) {
        char candidate[64];
        snprintf(candidate, sizeof candidate, "%llde%d", d, exponent);
        if (strtod(candidate, NULL) == x)
            return true;
    }
    return false;
}

static int significant_digits(const char *text)
{
    char digits[40];
    int n = 0;
    for (const char *p = text; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9' && (n > 0 || *p != '0'))
            digits[n++] = *p;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    return n;
}

static void check_shortest(double x)
{
    char text[32];
    pl_number(x, text);
    assert_true(strlen(text) < 32);
    assert_true(strtod(text, NULL) == x);
    double back;
    assert_true(pl_read_number(text, &back));
    assert_true(back == x && signbit(back) == signbit(x));
    int n = significant_digits(text);
    if (n > 1)
        assert_false(exists_with_digits(fabs(x), n - 1));
}

static void random_numbers_read_back_and_are_shortest(void **state)
{
    uint64_t s = 88172645463325252ull;
    for (int i = 0; i < 200000; i++) {
        s ^= s << 13, s ^= s >> 7, s ^= s << 17;
        uint64_t bits = s;
        double x;
        if (i % 4 == 1)
            bits &= 0x800fffffffffffffull;                             /* subnormal */
        if (i % 4 == 2)
            bits &= 0xfff0000000000000ull;                             /* power of two */
        memcpy(&x, &bits, sizeof x);
        if (i % 4 == 3)
            x = (double)(s % 100000) / 1000;                           /* what people write */
        if (isfinite(x))
            check_shortest(x);
    }
    for (int e = -1074; e < 1024; e++)
        check_shortest(ldexp(1, e));
}

/* Environments differ in which locales they have; the test takes the first with a decimal comma. */
static void a_decimal_comma_changes_nothing(void **state)
{
    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR", "nl_NL.UTF-8"};
    const char *found = NULL;
    for (size_t i = 0; i < sizeof locales / sizeof *locales && !found; i++)
        found = setlocale(LC_NUMERIC, locales[i]);
    if (!found)
        skip();
    double x;
    check_text(2.385, "2.385");
    assert_true(pl_read_number("2.385", &x));
    assert_true(x == 2.385);
    setlocale(LC_NUMERIC, "C");
}

static void texts_that_are_numbers(void **state)
{
    static const struct { const char *text; double value; } cases[] = {
        {"0", 0}, {"-0.0", 0}, {"17", 17}, {"+2.5", 2.5}, {".5", 0.5}, {"5.", 5}, {"1e-6", 1e-6}, {"1.25E+3", 1250},
        {"000012.340", 12.34}, {"1e-999", 0}, {"179769313486231570000e288", DBL_MAX}, {"0e999999999", 0},
        {"0.000000000000000000000000000000000000001", 1e-39},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double x = NAN;
        assert_true(pl_read_number(cases[i].text, &x));
        assert_true(x == cases[i].value);
    }
}

static void texts_that_are_not(void **state)
{
    static const char *const bad[] = {
        "", " 1", "1 ", "1e", "1e+", "e5", ".", "-", "+-1", "1.2.3", "0x10", "nan", ".nan", "inf", "1_000",
        "1e-6x", "1,5", "1e999", "--2",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double x = -7.25;
        long long whole = -7;
        assert_false(pl_read_number(bad[i], &x));
        assert_true(x == -7.25);
        assert_false(pl_read_integer(bad[i], &whole));
        assert_int_equal(whole, -7);
    }
    char lengthy[600];
    memset(lengthy, '1', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    double x;
    assert_false(pl_read_number(lengthy, &x));
}

static void whole_numbers(void **state)
{
    static const struct { const char *text; bool fine; long long value; } cases[] = {
        {"0", true, 0}, {"-0", true, 0}, {"1e6", true, 1000000}, {"1.5e3", true, 1500}, {"12.0", true, 12}, {"-2.5e1", true, -25},
        {"9223372036854775807", true, LLONG_MAX}, {"-9223372036854775808", true, LLONG_MIN}, {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0}, {"1e18", true, 1000000000000000000}, {"1e19", false, 0}, {"1.5", false, 0},
        {"1e-1", false, 0},
        {"100e-2", true, 1}, {"9007199254740993", true, 9007199254740993}, {"1e99999999999", false, 0}, {"0e99999999999", true, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        long long x = 0;
        assert_int_equal(pl_read_integer(cases[i].text, &x), cases[i].fine);
        assert_true(x == cases[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_grows),                cmocka_unit_test(a_broken_string_says_so_at_the_end),
        cmocka_unit_test(numbers_have_their_shortest_text), cmocka_unit_test(hard_numbers),
        cmocka_unit_test(random_numbers_read_back_and_are_shortest), cmocka_unit_test(a_decimal_comma_changes_nothing),
        cmocka_unit_test(texts_that_are_numbers),        cmocka_unit_test(texts_that_are_not),
        cmocka_unit_test(whole_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
