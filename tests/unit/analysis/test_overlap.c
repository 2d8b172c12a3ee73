/* Overlap of masks between replicates: by hand, and what independent masks give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "sim/analysis/overlap.h"
#include "sim/core/rng.h"

static void new_table(pl_table *t, int words)
{
    static const pl_column_spec columns[] = {
        {"arm", "", "", PL_KEY, true}, {"replicate", "", "", PL_KEY, false}, {"step", "", "", PL_KEY, false}};
    pl_table_init(t);
    for (size_t i = 0; i < PL_COUNT(columns); i++) assert_int_equal(pl_table_add_column(t, &columns[i], NULL), PL_OK);
    for (int i = 0; i < words; i++) {
        char name[32];
        snprintf(name, sizeof name, "update/mask/%d", i);
        assert_int_equal(pl_table_add_column(t, &(pl_column_spec){name, "", "", PL_EXACT, false}, NULL), PL_OK);
    }
}

static void add(pl_table *t, const char *arm, int replicate, double step, const double *words, int n)
{
    size_t row;
    assert_int_equal(pl_table_add_row(t, &row), PL_OK);
    assert_int_equal(pl_table_set_text(t, row, 0, arm), PL_OK);
    t->columns[1].v[row] = replicate;
    t->columns[2].v[row] = step;
    for (int i = 0; i < n; i++) t->columns[3 + i].v[row] = words[i];
}

/* 0b1111 and 0b0011 of 48: 4 and 2 changed, 2 shared. */
static void by_hand(void **state)
{
    pl_table t;
    overlap o;
    new_table(&t, 1);
    add(&t, "a", 0, 0, &(double){0}, 1);
    add(&t, "a", 0, 9, &(double){15}, 1);
    add(&t, "b", 0, 9, &(double){1}, 1);
    add(&t, "a", 1, 9, &(double){3}, 1);
    add(&t, "a", 1, 5, &(double){7}, 1);
    selection which = {&t, "a", EVERY, NONE};
    assert_int_equal(overlap_of(&which, &o), PL_OK);
    assert_true(fabs(o.shared - (2 / 4. + 2 / 2.) / 2) < 1e-15);
    assert_true(fabs(o.chance - (2 / 48. + 4 / 48.) / 2) < 1e-15);
    assert_true(fabs(o.ratio - o.shared / o.chance) < 1e-12);
    which.without = 1;
    assert_int_equal(overlap_of(&which, &o), PL_OK);
    assert_true(isnan(o.shared));
    which = (selection){&t, "b", EVERY, NONE};
    assert_int_equal(overlap_of(&which, &o), PL_OK);
    assert_true(isnan(o.ratio));
    pl_table_free(&t);
}

/* Eight independent masks of density .3: shared is chance within 4 standard errors; with a common half it is above. */
static void independent_and_not(void **state)
{
    pl_seeds seeds = pl_seeds_make(77, 0, NULL, 0);
    for (int common = 0; common < 2; common++) {
        pl_table t;
        overlap o;
        new_table(&t, 20);
        for (int r = 0; r < 8; r++) {
            double words[20] = {0};
            pl_stream own = pl_stream_make(&seeds, PL_FOR_TEST, 1, (uint32_t)r, 0);
            pl_stream same = pl_stream_make(&seeds, PL_FOR_TEST, 2, 0, 0);
            for (int i = 0; i < 960; i++) {
                bool of_all = pl_uniform(&same) < .15, of_one = pl_uniform(&own) < .3;
                if (common ? of_all || of_one : of_one) words[i / 48] += ldexp(1, i % 48);
            }
            add(&t, "a", r, 1, words, 20);
        }
        selection which = {&t, "a", EVERY, NONE};
        assert_int_equal(overlap_of(&which, &o), PL_OK);
        double expected = common ? (.15 + .85 * .09) / (.15 + .85 * .3) : .3;
        assert_true(fabs(o.shared - expected) < 4 * .5 / sqrt(960 * .3 * 4)); /* the eight share weights: about four pairs' worth */
        assert_true(common ? o.ratio > 1.2 : fabs(o.ratio - 1) < .06);
        pl_table_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand), cmocka_unit_test(independent_and_not)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
