/* Fits of an arm over its replicates: the sigmoid is identified only when the mean curve and the replicates both say so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "sim/analysis/fit.h"
#include "sim/analysis/summarise.h"

static const fits_spec fits = {"step", "pass@1", "entropy/token", "pass@1", 0, .5, {NULL, 0}, false};

/* Replicates that differ in nothing but their ceiling: their mean is a sigmoid without noise, whose A is the mean ceiling. */
static void table_of(pl_table *t, const double *ceilings, size_t n)
{
    static const pl_column_spec columns[] = {{"arm", "", "", PL_KEY, true},
                                             {"replicate", "", "", PL_KEY, false},
                                             {"step", "steps", "", PL_KEY, false},
                                             {"pass@1", "fraction", "", PL_EXACT, false}};
    pl_table_init(t);
    for (size_t c = 0; c < PL_COUNT(columns); c++) assert_int_equal(pl_table_add_column(t, &columns[c], NULL), PL_OK);
    for (size_t k = 0; k < n; k++)
        for (int step = 0; step <= 300; step += 10) {
            size_t row;
            assert_int_equal(pl_table_add_row(t, &row), PL_OK);
            assert_int_equal(pl_table_set_text(t, row, 0, "a"), PL_OK);
            t->columns[1].v[row] = (double)k;
            t->columns[2].v[row] = step;
            t->columns[3].v[row] = sigmoid_value(ceilings[k], 1.73, 23.85, .217, step);
        }
}

static void summarise(const double *ceilings, size_t n, arm_fits *out)
{
    pl_table t;
    table_of(&t, ceilings, n);
    assert_int_equal(summarise_fits(&t, "a", &fits, out), PL_OK);
    pl_table_free(&t);
    assert_true(out->has_sigmoid && !out->has_entropy_law);
}

static void replicates_that_agree_identify(void **state)
{
    static const double ceilings[] = {.601, .617, .593, .611};
    arm_fits f;
    summarise(ceilings, PL_COUNT(ceilings), &f);
    assert_true(f.sigmoid.identified);
    assert_true(f.sigmoid.A.value > .6 && f.sigmoid.A.value < .61);
}

static void replicates_that_differ_do_not(void **state)
{
    static const double ceilings[] = {.437, .713, .562, .691};
    arm_fits f;
    summarise(ceilings, PL_COUNT(ceilings), &f);
    assert_true(f.sigmoid.r2 > .999); /* the mean curve alone has nothing to complain of */
    assert_true(f.sigmoid.A.high - f.sigmoid.A.low > .1);
    assert_false(f.sigmoid.identified);
    assert_non_null(strstr(f.sigmoid.reason, "replicates"));
}

static void two_replicates_leave_it_to_the_curve(void **state)
{
    static const double ceilings[] = {.437, .713};
    arm_fits f;
    summarise(ceilings, PL_COUNT(ceilings), &f);
    assert_true(f.sigmoid.identified);
    assert_true(f.sigmoid.A.level == .95);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(replicates_that_agree_identify),
                                       cmocka_unit_test(replicates_that_differ_do_not),
                                       cmocka_unit_test(two_replicates_leave_it_to_the_curve)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
