/* Every importer, on the kept corpora, with every allocation failing once: the failure is told, or the log is the same as without
 * it. */
#include "importing.h"

typedef struct outline {
    pl_status status;
    size_t rows, columns, notes, present;
} outline;

static bool same(const outline *a, const outline *b)
{
    return a->status == b->status && a->rows == b->rows && a->columns == b->columns && a->notes == b->notes && a->present == b->present;
}

static outline look(const importer *format, const char *text, size_t length, uint64_t fail_at, bool *told)
{
    training_log log;
    pl_diag diag;
    pl_diag_init(&diag);
    pl_mem_fail_at(fail_at, false);
    pl_status st = log_import(format, text, length, "input", &log, &diag);
    pl_mem_fail_at(0, false);
    outline o = {st, log.table.n_rows, log.table.n_columns, log.n_notes, 0};
    for (size_t c = 0; c < log.table.n_columns; c++)
        for (size_t r = 0; r < log.table.n_rows; r++) o.present += !isnan(log.table.columns[c].v[r]);
    *told = diag.errors > 0 || diag.lost;
    training_log_free(&log);
    pl_diag_free(&diag);
    return o;
}

static size_t try_all(const importer *format, const char *path)
{
    char *text;
    size_t length, failures = 0;
    bool told;
    assert_int_equal(pl_read_file(path, 1 << 20, &text, &length, NULL), PL_OK);
    outline whole = look(format, text, length, 0, &told);
    for (uint64_t k = 1; k < 20000; k++) {
        outline o = look(format, text, length, k, &told);
        if (o.status == PL_ERR_WORLD) {
            if (!told) fail_msg("%s: allocation %llu fails without a word", path, (unsigned long long)k);
            failures++;
        } else if (!same(&o, &whole)) {
            fail_msg("%s: allocation %llu fails and the log is another: %d, %zu rows, %zu columns, %zu notes, %zu values", path,
                     (unsigned long long)k, (int)o.status, o.rows, o.columns, o.notes, o.present);
        }
        if (o.status != PL_ERR_WORLD && k > failures + 200) break; /* behind the last allocation */
    }
    pl_free(text);
    return failures;
}

static void failing_allocations_are_told(void **state)
{
    size_t formats = 0;
    for (const pl_entry *const *e = importer_registry.entries; *e; e++) {
        char folder[256], path[512], **names;
        size_t n;
        snprintf(folder, sizeof folder, "tests/fuzz/corpus/log_%s", (*e)->name);
        if (!pl_is_dir(folder)) continue;
        assert_int_equal(pl_list_dir(folder, &names, &n, NULL), PL_OK);
        for (size_t i = 0; i < n; i++) {
            snprintf(path, sizeof path, "%s/%s", folder, names[i]);
            assert_true(try_all((const importer *)*e, path) > 5);
        }
        pl_free_names(names, n);
        formats++;
    }
    assert_true(formats >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(failing_allocations_are_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
