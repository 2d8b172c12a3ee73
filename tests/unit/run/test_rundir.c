/* Run directories: parts come back bit for bit, damage is noticed, nothing of somebody else's is touched. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/base/fs.h"
#include "sim/run/rundir.h"

static const plan some = {.hash = {"0123456789abcdef0123456789abcdef"}}, other = {.hash = {"fedcba9876543210fedcba9876543210"}};

static pl_status open_close(const char *path, const plan *p, bool force)
{
    rundir d;
    pl_diag diag;
    pl_diag_init(&diag);
    pl_status st = rundir_open(&d, path, p, force, &diag);
    assert_int_equal(st != PL_OK, diag.errors > 0);
    rundir_close(&d);
    pl_diag_free(&diag);
    return st;
}

static void fill(part *p)
{
    static const double awkward[] = {-0.0, 5e-324, 1.7976931348623157e308, NAN, INFINITY, 0.1 + 0.2};
    const pl_column_spec text = {"arm", "", "", PL_KEY, true}, number = {"loss/αβ", "nats", "", PL_EXACT, false};
    assert_int_equal(pl_table_add_column(&p->table, &text, NULL), PL_OK);
    assert_int_equal(pl_table_add_column(&p->table, &number, NULL), PL_OK);
    for (size_t i = 0; i < sizeof awkward / sizeof *awkward; i++) {
        size_t row;
        assert_int_equal(pl_table_add_row(&p->table, &row), PL_OK);
        p->table.columns[1].v[row] = awkward[i];
    }
}

static void parts_come_back_bit_for_bit(void **state)
{
    rundir d;
    part out, in;
    assert_int_equal(rundir_open(&d, "parts", &some, false, NULL), PL_OK);
    part_init(&out);
    part_init(&in);
    fill(&out);
    out.failed = true;
    out.message = pl_alloc(64);
    strcpy(out.message, "replicate 2 left\nthe domain");
    assert_false(part_exists(&d, 1, 2));
    assert_int_equal(part_write(&d, 1, 2, &out, NULL), PL_OK);
    assert_true(part_exists(&d, 1, 2));
    assert_int_equal(part_read(&d, 1, 2, &in, NULL), PL_OK);
    assert_true(in.failed);
    assert_string_equal(in.message, "replicate 2 left the domain");
    assert_int_equal(in.table.n_columns, 1);
    assert_string_equal(in.table.columns[0].spec.name, "loss/αβ");
    assert_int_equal(in.table.n_rows, 6);
    assert_memory_equal(in.table.columns[0].v, out.table.columns[1].v, 6 * sizeof(double));
    part_free(&in);
    part_free(&out);
    rundir_close(&d);
}

/* Every single changed byte is noticed. */
static void damaged_parts_are_refused(void **state)
{
    rundir d;
    part p;
    char *text;
    size_t length;
    assert_int_equal(rundir_open(&d, "damage", &some, false, NULL), PL_OK);
    part_init(&p);
    fill(&p);
    assert_int_equal(part_write(&d, 0, 0, &p, NULL), PL_OK);
    part_free(&p);
    assert_int_equal(pl_read_file("damage/.parts/task-0-0", 1 << 20, &text, &length, NULL), PL_OK);
    for (size_t i = 0; i < length; i++) {
        text[i] ^= 4;
        assert_int_equal(pl_write_file("damage/.parts/task-0-0", text, length, NULL), PL_OK);
        text[i] ^= 4;
        part_init(&p);
        assert_int_equal(part_read(&d, 0, 0, &p, NULL), PL_ERR_WORLD);
        part_free(&p);
    }
    for (size_t cut = 0; cut < length; cut += 17) {
        assert_int_equal(pl_write_file("damage/.parts/task-0-0", text, cut, NULL), PL_OK);
        part_init(&p);
        assert_int_equal(part_read(&d, 0, 0, &p, NULL), PL_ERR_WORLD);
        part_free(&p);
    }
    pl_free(text);
    rundir_close(&d);
}

static void directories_in_the_way(void **state)
{
    rundir d;
    part p;
    assert_int_equal(open_close("fresh", &some, false), PL_OK);
    assert_false(pl_is_dir("fresh")); /* nothing came of it: nothing is left */

    assert_int_equal(rundir_open(&d, "half", &some, false, NULL), PL_OK);
    part_init(&p);
    assert_int_equal(part_write(&d, 0, 0, &p, NULL), PL_OK);
    part_free(&p);
    rundir_close(&d);
    assert_true(pl_is_dir("half"));
    assert_int_equal(rundir_open(&d, "half", &some, false, NULL), PL_OK);
    assert_int_equal(d.kept, 1);
    rundir_close(&d);
    assert_int_equal(open_close("half", &other, false), PL_ERR_USER);
    assert_int_equal(rundir_open(&d, "half", &other, true, NULL), PL_OK);
    assert_int_equal(d.kept, 0);
    const char *metrics = rundir_fresh(&d, "metrics.csv"), *provenance = rundir_fresh(&d, "provenance.json");
    assert_int_equal(pl_write_file(metrics, "a\n", 2, NULL), PL_OK);
    assert_int_equal(pl_write_file(provenance, "{}", 2, NULL), PL_OK);
    assert_int_equal(rundir_commit(&d, NULL), PL_OK);
    rundir_close(&d);
    assert_true(pl_is_file("half/metrics.csv") && pl_is_file("half/provenance.json") && !pl_is_dir("half/.parts"));
    assert_int_equal(rundir_require("half", NULL), PL_OK);
    assert_int_equal(open_close("half", &other, false), PL_ERR_USER);

    assert_int_equal(pl_make_dir("mine", NULL), PL_OK);
    assert_int_equal(pl_write_file("mine/letter", "dear", 4, NULL), PL_OK);
    assert_int_equal(open_close("mine", &some, true), PL_ERR_USER);
    assert_true(pl_is_file("mine/letter"));
    assert_int_equal(rundir_require("mine", NULL), PL_ERR_USER);
}

/* Whatever write or rename fails on the way, the old run stays whole or is marked unfinished; a second attempt succeeds. */
static void failing_writes_leave_no_half_run(void **state)
{
    for (uint64_t k = 1; k < 40; k++) {
        rundir d;
        bool done = false;
        assert_int_equal(pl_remove_tree("disk", NULL), PL_OK);
        for (int attempt = 0; attempt < 2 && !done; attempt++) {
            pl_fs_fail_at(attempt ? 0 : k, 28);
            pl_status st = rundir_open(&d, "disk", &some, false, NULL);
            if (!st) st = pl_write_file(rundir_fresh(&d, "metrics.csv"), "a\n", 2, NULL);
            if (!st) st = pl_write_file(rundir_fresh(&d, "provenance.json"), "{}", 2, NULL);
            if (!st) st = rundir_commit(&d, NULL);
            rundir_close(&d);
            pl_fs_fail_at(0, 0);
            if (pl_is_file("disk/provenance.json")) assert_true(pl_is_file("disk/metrics.csv"));
            done = !st;
            assert_true(done || !attempt);
        }
        assert_true(pl_is_file("disk/metrics.csv") && !pl_is_dir("disk/.parts"));
    }
}

static int enter_scratch(void **state)
{
    static char folder[] = "/tmp/plateau-test-rundir-XXXXXX";
    *state = mkdtemp(folder);
    return !*state || chdir(*state);
}
static int leave_scratch(void **state) { return chdir("/") || pl_remove_tree(*state, NULL) != PL_OK; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_back_bit_for_bit),
        cmocka_unit_test(damaged_parts_are_refused),
        cmocka_unit_test(directories_in_the_way),
        cmocka_unit_test(failing_writes_leave_no_half_run),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
