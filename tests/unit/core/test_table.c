/* The result table. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/core/table.h"

enum { ARM, REPLICATE, STEP, REWARD, N_COLUMNS };

static const pl_column_spec specs[N_COLUMNS] = {
    {"arm", "", "variant of the scenario", PL_KEY, true},
    {"replicate", "", "repetition", PL_KEY, false},
    {"step", "", "updates so far", PL_KEY, false},
    {"reward", "fraction", "mean reward", PL_EXACT, false},
};

static pl_status fill(pl_table *t, const char *const *arms, int n_arms, int replicates, int steps)
{
    pl_status status = PL_OK;
    for (size_t c = 0; c < N_COLUMNS && !status; c++)
        status = pl_table_add_column(t, &specs[c], NULL);
    for (int i = 0; i < n_arms * replicates * steps && !status; i++) {
        size_t row;
        status = pl_table_add_row(t, &row);
        if (!status)
            status = pl_table_set_text(t, row, ARM, arms[i / (replicates * steps)]);
        if (status)
            break;
        t->columns[REPLICATE].v[row] = i / steps % replicates;
        t->columns[STEP].v[row] = i % steps;
        if (i % 7 != 3)
            t->columns[REWARD].v[row] = sin(0.1 * i);
    }
    return status;
}

static const char *const two_arms[] = {"control", "hard-only"};

static void rows_and_columns(void **state)
{
    pl_table t;
    pl_table_init(&t);
    assert_int_equal(fill(&t, two_arms, 2, 3, 50), PL_OK);
    assert_int_equal(t.n_rows, 300);
    assert_string_equal(pl_table_text(&t, 149, ARM), "control");
    assert_string_equal(pl_table_text(&t, 150, ARM), "hard-only");
    assert_true(isnan(t.columns[REWARD].v[3]));
    assert_true(t.columns[REWARD].v[299] == sin(0.1 * 299));
    assert_int_equal(pl_table_index(&t, "step"), STEP);
    assert_true(pl_table_index(&t, "Step") == (size_t)-1);
    assert_null(pl_table_find(&t, "pass@1"));
    assert_string_equal(pl_table_find(&t, "reward")->spec.unit, "fraction");
    assert_int_equal(pl_table_replicates(&t), 3);
    const char *const *words;
    assert_int_equal(pl_table_words(&t, "arm", &words), 2);
    assert_string_equal(words[1], "hard-only");
    assert_int_equal(pl_table_words(&t, "step", &words), 0);
    pl_table_free(&t);
}

static void what_is_not_possible_is_refused(void **state)
{
    pl_table t, other;
    pl_table_init(&t);
    pl_table_init(&other);
    assert_int_equal(fill(&t, two_arms, 1, 1, 5), PL_OK);
    assert_int_equal(pl_table_add_column(&t, &specs[STEP], NULL), PL_ERR_USER);
    assert_int_equal(pl_table_set_text(&t, 5, ARM, "x"), PL_ERR_USER);
    assert_int_equal(pl_table_set_text(&t, 0, STEP, "x"), PL_ERR_USER);
    assert_int_equal(pl_table_append(&t, &other), PL_ERR_USER);
    pl_series s;
    assert_int_equal(pl_table_series(&t, NULL, -1, "step", "pass@1", &s), PL_ERR_USER);
    assert_int_equal(pl_table_series(&t, NULL, -1, "arm", "reward", &s), PL_ERR_USER);
    assert_string_equal(pl_table_text(&t, 99, ARM), "");
    assert_int_equal(t.n_rows, 5);
    assert_int_equal(pl_table_replicates(&other), 0);
    pl_table_free(&t);
    pl_table_free(&other);
}

static void a_late_column_is_missing_everywhere(void **state)
{
    pl_table t;
    size_t number, text;
    pl_table_init(&t);
    assert_int_equal(fill(&t, two_arms, 2, 2, 40), PL_OK);
    assert_int_equal(pl_table_add_column(&t, &(pl_column_spec){.name = "pass@8", .unit = "fraction"}, &number), PL_OK);
    assert_int_equal(pl_table_add_column(&t, &(pl_column_spec){.name = "note", .text = true}, &text), PL_OK);
    for (size_t i = 0; i < t.n_rows; i++) {
        assert_true(isnan(t.columns[number].v[i]));
        assert_string_equal(pl_table_text(&t, i, text), "");
    }
    assert_string_equal(t.columns[text].spec.unit, "");
    pl_table_free(&t);
}

static void series_of_an_arm_and_replicate(void **state)
{
    pl_table t;
    pl_table_init(&t);
    assert_int_equal(fill(&t, two_arms, 2, 3, 50), PL_OK);
    pl_series s;
    assert_int_equal(pl_table_series(&t, "hard-only", 1, "step", "reward", &s), PL_OK);
    size_t n = 0;
    for (int i = 200; i < 250; i++) {
        if (i % 7 == 3)
            continue;
        assert_true(s.x[n] == i - 200 && s.y[n] == sin(0.1 * i));
        n++;
    }
    assert_int_equal(s.n, n);
    pl_series_free(&s);
    assert_int_equal(pl_table_series(&t, NULL, -1, "step", "step", &s), PL_OK);
    assert_int_equal(s.n, 300);
    pl_series_free(&s);
    assert_int_equal(pl_table_series(&t, "no such arm", -1, "step", "step", &s), PL_OK);
    assert_int_equal(s.n, 0);
    pl_series_free(&s);
    pl_table_free(&t);
}

/* Tables with different dictionaries: the words are translated; the hash is that of the table made in one go. */
static void appending(void **state)
{
    static const char *const other[] = {"hard-only", "third", "control"};
    static const char *const all[] = {"control", "hard-only", "hard-only", "third", "control"};
    pl_table a, b, whole;
    pl_table_init(&a);
    pl_table_init(&b);
    pl_table_init(&whole);
    assert_int_equal(fill(&a, two_arms, 2, 1, 70), PL_OK);
    assert_int_equal(fill(&b, other, 3, 1, 70), PL_OK);
    assert_int_equal(pl_table_append(&a, &b), PL_OK);
    pl_hash expected = pl_table_hash(&a);
    assert_int_equal(fill(&whole, all, 5, 1, 70), PL_OK);
    assert_int_equal(a.n_rows, 350);
    for (size_t i = 0; i < 350; i++) {
        assert_string_equal(pl_table_text(&a, i, ARM), pl_table_text(&whole, i, ARM));
        assert_true(a.columns[STEP].v[i] == whole.columns[STEP].v[i]);
        whole.columns[REWARD].v[i] = a.columns[REWARD].v[i];
        whole.columns[REPLICATE].v[i] = a.columns[REPLICATE].v[i];
    }
    assert_string_equal(pl_table_hash(&a).hex, pl_table_hash(&whole).hex);
    pl_table copied; /* row by row it is the same */
    pl_table_init(&copied);
    assert_int_equal(fill(&copied, two_arms, 2, 1, 70), PL_OK);
    for (size_t i = 0; i < b.n_rows; i++) assert_int_equal(pl_table_copy_row(&copied, &b, i), PL_OK);
    assert_string_equal(pl_table_hash(&copied).hex, expected.hex);
    pl_table_free(&copied);
    assert_int_equal(pl_table_append(&a, &a), PL_OK);
    assert_int_equal(a.n_rows, 700);
    assert_string_equal(pl_table_text(&a, 699, ARM), "control");
    pl_table_free(&a);
    pl_table_free(&b);
    pl_table_free(&whole);
}

static void the_hash_sees_names_units_and_values(void **state)
{
    pl_table t, u;
    pl_table_init(&t);
    pl_table_init(&u);
    assert_int_equal(fill(&t, two_arms, 2, 2, 9), PL_OK);
    assert_int_equal(fill(&u, two_arms, 2, 2, 9), PL_OK);
    pl_hash h = pl_table_hash(&t);
    assert_string_equal(pl_table_hash(&u).hex, h.hex);
    u.columns[REWARD].v[3] = -NAN;                                   /* a missing value is a missing value */
    assert_string_equal(pl_table_hash(&u).hex, h.hex);
    u.columns[REWARD].v[4] = nextafter(u.columns[REWARD].v[4], 9);
    assert_string_not_equal(pl_table_hash(&u).hex, h.hex);
    u.columns[REWARD].v[4] = t.columns[REWARD].v[4];
    assert_int_equal(pl_table_set_text(&u, 0, ARM, "contro1"), PL_OK);
    assert_string_not_equal(pl_table_hash(&u).hex, h.hex);
    assert_int_equal(pl_table_set_text(&u, 0, ARM, "control"), PL_OK);
    assert_string_equal(pl_table_hash(&u).hex, h.hex);
    ((char *)u.columns[REWARD].spec.unit)[0] = 'F';
    assert_string_not_equal(pl_table_hash(&u).hex, h.hex);
    pl_table_free(&t);
    pl_table_free(&u);
}

static void many_words(void **state)
{
    pl_table t;
    pl_table_init(&t);
    assert_int_equal(pl_table_add_column(&t, &specs[ARM], NULL), PL_OK);
    for (int i = 0; i < 3000; i++) {
        char word[16];
        size_t row;
        snprintf(word, sizeof word, "run-%d", i % 257);
        assert_int_equal(pl_table_add_row(&t, &row), PL_OK);
        assert_int_equal(pl_table_set_text(&t, row, 0, word), PL_OK);
    }
    const char *const *words;
    assert_int_equal(pl_table_words(&t, "arm", &words), 257);
    assert_string_equal(words[256], "run-256");
    assert_string_equal(pl_table_text(&t, 2999, 0), "run-172");
    pl_table_free(&t);
}

/* Every allocation in turn fails: a clean error, and the table can still be hashed and freed. */
static void failing_allocations(void **state)
{
    for (uint64_t k = 1;; k++) {
        pl_table t, copy;
        pl_series s = {0};
        pl_table_init(&t);
        pl_table_init(&copy);
        pl_mem_fail_at(k, false);
        pl_status status = fill(&t, two_arms, 2, 2, 60);
        if (!status)
            status = fill(&copy, two_arms + 1, 1, 2, 60);
        if (!status)
            status = pl_table_append(&copy, &t);
        if (!status)
            status = pl_table_copy_row(&copy, &t, 3);
        if (!status)
            status = pl_table_series(&t, "control", 0, "step", "reward", &s);
        bool through = pl_mem_count() < k;
        pl_mem_fail_at(0, false);
        assert_int_equal(status, through ? PL_OK : PL_ERR_WORLD);
        assert_int_equal(strlen(pl_table_hash(&copy).hex), 32);
        pl_series_free(&s);
        pl_table_free(&t);
        pl_table_free(&copy);
        if (through)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_columns),    cmocka_unit_test(what_is_not_possible_is_refused),
        cmocka_unit_test(a_late_column_is_missing_everywhere), cmocka_unit_test(series_of_an_arm_and_replicate),
        cmocka_unit_test(appending),           cmocka_unit_test(the_hash_sees_names_units_and_values),
        cmocka_unit_test(many_words),          cmocka_unit_test(failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
