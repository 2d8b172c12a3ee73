/* Opening logs: rows by step, restarts, parts of a run, folders, what is refused; and the table of metric names. */
#include <zlib.h>

#include "importing.h"

static void merges_by_step(void **state)
{
    /* An evaluation that comes late is no restart; a value logged again replaces the first. */
    imported i = import_text("{\"step\": 1, \"reward\": 0.1, \"loss\": 3}\n{\"step\": 2, \"reward\": 0.2, \"loss\": 2}\n"
                             "{\"step\": 1, \"eval/acc\": 0.5}\n{\"step\": 3, \"reward\": 0.3, \"loss\": 1}\n{\"step\": 3, "
                             "\"reward\": 0.4, \"loss\": 1}\n");
    assert_int_equal(i.status, PL_OK);
    assert_int_equal(i.log.table.n_rows, 3);
    assert_true(at_step(&i, "eval/acc", 1) == .5 && at_step(&i, "reward", 1) == .1 && at_step(&i, "reward", 3) == .4);
    assert_int_equal(i.log.counts.restarts, 0);
    assert_int_equal(i.log.counts.backward, 1);
    assert_int_equal(i.log.counts.repeated, 1);
    assert_true(noted(&i, "1 values were logged again"));
    release(&i);
}

static void finds_restarts(void **state)
{
    /* Steps 0; 0..5; 0..9: what is left is the last. Then a resumption at 7 that ends at 8: 9 is of the run that was given up. */
    pl_str text;
    pl_str_init(&text);
    pl_str_add(&text, "step,a,b\n0,100,1\n");
    for (int s = 0; s <= 5; s++) pl_str_addf(&text, "%d,%d,2\n", s, 200 + s);
    for (int s = 0; s <= 9; s++) pl_str_addf(&text, "%d,%d,3\n", s, 300 + s);
    imported i = import_text(pl_str_end(&text));
    assert_int_equal(i.status, PL_OK);
    assert_true(i.log.table.n_rows == 10 && i.log.counts.restarts == 1 && i.log.counts.backward == 1);
    assert_true(at_step(&i, "a", 0) == 300 && at_step(&i, "b", 5) == 3);
    release(&i);
    pl_str_add(&text, "7,407,4\n8,408,4\n");
    i = import_text(pl_str_end(&text));
    assert_true(i.log.table.n_rows == 9 && i.log.counts.restarts == 2 && at_step(&i, "a", 8) == 408 && at_step(&i, "a", 6) == 306);
    assert_int_equal(i.log.counts.dropped, 1 + 6 + 3);
    assert_true(noted(&i, "restarted 2 times"));
    release(&i);
    pl_str_free(&text);
}

static void sorts_what_is_in_no_order(void **state)
{
    pl_str text;
    pl_str_init(&text);
    pl_str_add(&text, "step,a\n");
    for (int s = 40; s-- > 0;) pl_str_addf(&text, "%d,%d\n", s, 10 * s);
    imported i = import_text(pl_str_end(&text));
    assert_int_equal(i.status, PL_OK);
    assert_true(i.log.table.n_rows == 40 && i.log.counts.restarts == 0 && i.log.counts.dropped == 0);
    for (int s = 0; s < 40; s++) assert_true(i.log.table.columns[0].v[s] == s && at_step(&i, "a", s) == 10 * s);
    assert_true(noted(&i, "in no order"));
    release(&i);
    pl_str_free(&text);
}

static void leaves_series_alone(void **state)
{
    imported i = import_text("model,step,acc\na,0,.1\na,1,.2\nb,0,.3\nb,1,.4\n");
    assert_int_equal(i.status, PL_OK);
    assert_true(i.log.table.n_rows == 4 && i.log.series == 2 && i.log.counts.restarts == 0 && noted(&i, "told apart by 'model'"));
    assert_string_equal(i.log.series_key, "model");
    release(&i);
    /* A column of few words tells series apart as well; one of dates does not. */
    i = import_text("{\"step\": 1, \"split\": \"train\", \"acc\": 0.5}\n{\"step\": 1, \"split\": \"eval\", \"acc\": 0.25}\n"
                    "{\"step\": 2, \"split\": \"train\", \"acc\": 0.5}\n{\"step\": 2, \"split\": \"eval\", \"acc\": 0.25}\n"
                    "{\"step\": 3, \"split\": \"train\", \"acc\": 0.5}\n{\"step\": 3, \"split\": \"eval\", \"acc\": 0.25}\n");
    assert_true(i.log.series == 2 && i.log.table.n_rows == 6 && !strcmp(i.log.series_key, "split"));
    release(&i);
    i = import_text("date,step,acc\nmon,0,.1\ntue,1,.2\nwed,0,.3\nthu,1,.4\n");
    assert_true(i.log.series == 1 && i.log.table.n_rows == 2 && i.log.counts.restarts == 1 && at_step(&i, "acc", 1) == .4);
    release(&i);
}

static const char train[] = "{\"step\": 1, \"reward/mean\": 0.25, \"reward/std\": 0.5, \"entropy\": 0.4, \"frac_zero_std\": 0.1}\n"
                            "{\"step\": 2, \"reward/mean\": 0.5, \"reward/std\": 0.5, \"entropy\": 0.3, \"frac_zero_std\": 0.1}\n";
static const char eval[] =
    "{\"step\": 0, \"pass@1\": 0.25, \"entropy\": 0.45}\n{\"step\": 2, \"pass@1\": 0.625, \"entropy\": 0.25}\n";

static void reads_a_folder(void **state)
{
    imported i = {0};
    in_folder(&i, "train.jsonl", train, sizeof train - 1);
    in_folder(&i, "eval.jsonl", eval, sizeof eval - 1);
    in_folder(&i, "config.json", "{\n  \"lr\": 0.1,\n  \"seed\": 3\n}\n", 29);
    in_folder(&i, "config-in-a-line.yaml", "a: 1\n", 5);
    in_folder(&i, "picture.png", "\x89PNG\r\n\x1a\n\0\0", 10);
    open_folder(&i, NULL, NULL);
    assert_int_equal(i.status, PL_OK);
    assert_int_equal(i.log.counts.files, 2);
    assert_true(noted(&i, "3 other files in the folder"));
    assert_int_equal(i.log.table.n_rows, 3);
    assert_true(at_step(&i, "pass@1", 2) == .625 && at_step(&i, "reward/mean", 2) == .5);
    assert_true(at_step(&i, "entropy", 2) == .3 && at_step(&i, "eval/entropy", 2) == .25);
    assert_string_equal(i.log.framework, "tiny_grpo");
    assert_string_equal(canonical(&i, "eval/entropy"), "entropy/token/validation");
    assert_ptr_equal(log_metric_column(&i.log, "entropy/token", NULL), pl_table_find(&i.log.table, "entropy"));
    release(&i);
    i = (imported){0};
    in_folder(&i, "notes.txt", "nothing to see\n", 15);
    open_folder(&i, NULL, NULL);
    assert_true(i.status == PL_ERR_USER && complained(&i, "no file in this folder is a log"));
    release(&i);
}

/* Two files of the same kind are a run and its resumption. */
static void joins_a_resumption(void **state)
{
    imported i = {0};
    in_folder(&i, "metrics-1.csv", "step,a,b\n1,1,1\n2,2,1\n3,3,1\n", 27);
    in_folder(&i, "metrics-2.csv", "step,a,b\n2,20,2\n", 16);
    open_folder(&i, NULL, NULL);
    assert_int_equal(i.status, PL_OK);
    assert_true(i.log.table.n_rows == 2 && at_step(&i, "a", 2) == 20 && i.log.counts.restarts == 1 && i.log.counts.dropped == 2);
    release(&i);
}

/* A column that holds words in one file and numbers in the other: said. A large file that is no log is not read through. */
static void says_what_does_not_fit(void **state)
{
    imported i = {0};
    in_folder(&i, "metrics-1.csv", "step,a,b\n1,1,1\n2,2,1\n", 21);
    in_folder(&i, "metrics-2.csv", "step,a,b\n3,20,x\n", 16);
    in_folder(&i, "model.bin", "\0\1\2\3", 4);
    char path[160];
    snprintf(path, sizeof path, "%s/model.bin", i.folder);
    assert_int_equal(truncate(path, (off_t)1 << 33), 0);
    open_folder(&i, NULL, NULL);
    assert_int_equal(i.status, PL_OK);
    assert_true(i.log.table.n_rows == 3 && at_step(&i, "a", 3) == 20 && isnan(at_step(&i, "b", 3)) && i.log.counts.skipped == 1);
    assert_true(noted(&i, "'b' is text in one file") && noted(&i, "1 other file in the folder"));
    release(&i);
}

static void unpacks_gzip(void **state)
{
    unsigned char packed[512];
    z_stream z = {
        .next_in = (unsigned char *)(uintptr_t)train, .avail_in = sizeof train - 1, .next_out = packed, .avail_out = sizeof packed};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t n = sizeof packed - z.avail_out;
    deflateEnd(&z);
    imported i = import_bytes((char *)packed, n, NULL);
    assert_int_equal(i.status, PL_OK);
    assert_true(i.log.table.n_rows == 2 && at_step(&i, "reward/mean", 2) == .5);
    release(&i);
    i = import_bytes((char *)packed, n - 9, NULL);
    assert_true(i.status == PL_ERR_USER && complained(&i, "cut off"));
    release(&i);
}

static void refuses(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        const char *complaint;
    } bad[] = {
        {"", 0, "the file is empty"},
        {" \n\t\n", 4, "the file is empty"},
        {"\xef\xbb\xbf", 3, "the file is empty"},
        {"\xff\xfes\0t\0e\0p\0,\0a\0\n\0", 16, "UTF-16"},
        {"s\0t\0e\0p\0,\0a\0\n\0", 14, "UTF-16"},
        {"step,caf\xe9\n1,2\n", 15, "0xe9 is not UTF-8"},
        {"step,a\n1,2\n3\n4,5\n", 17, "1 field where the header has 2"},
        {"step,a\n1,2\n{\"step\": 1}\n", 23, "quote inside a field"},
        {"{\"step\": 1, \"a\": 2}\nstep,a\n1,2\n", 31, ""},
        {"step,a,a\n1,2,3\n", 15, "occurs twice"},
        {"[1, 2, 3]\n", 10, "no log of a known format"},
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        imported i = import_bytes(bad[k].text, bad[k].length, NULL);
        assert_int_equal(i.status, PL_ERR_USER);
        assert_true(i.diag.errors > 0 && i.log.table.n_columns == 0);
        assert_true(complained(&i, bad[k].complaint));
        release(&i);
    }
    log_options how = {.format = "verl_consol"};
    imported i = import_bytes("step,a\n1,2\n", 11, &how);
    assert_true(i.status == PL_ERR_USER && complained(&i, "unknown format"));
    release(&i);
    how.format = "verl_console";
    i = import_bytes("step,a\n1,2\n", 11, &how);
    assert_true(i.status == PL_ERR_USER && complained(&i, "no line with 'step:N"));
    release(&i);
}

static void reads_behind_a_mark(void **state)
{
    imported i = import_text("\xef\xbb\xbf{\"step\": 1, \"a\": 2}\r\n{\"step\": 2, \"a\": 3}\r\n");
    assert_int_equal(i.status, PL_OK);
    assert_string_equal(i.log.format->entry.name, "jsonl");
    assert_true(at_step(&i, "a", 2) == 3);
    release(&i);
}

/* Refused by what is read of it, not by its size: the text before the line is good. */
static void refuses_a_line_without_end(void **state)
{
    enum { LONG = (1 << 26) + (1 << 21) };
    static const char start[] = "step,a\n1,2\n";
    char *text = pl_alloc(LONG);
    assert_non_null(text);
    memset(text, 'x', LONG);
    memcpy(text, start, sizeof start - 1);
    imported i = import_bytes(text, LONG, NULL);
    assert_true(i.status == PL_ERR_USER && complained(&i, "a line of more than 64 MiB"));
    release(&i);
    pl_free(text);
}

static void reads_what_is_whole(void **state)
{
    imported i = import_text("step,a,b\n1,2,3\n4,5");
    assert_int_equal(i.status, PL_OK);
    assert_true(i.log.table.n_rows == 1 && i.log.counts.cut_off == 3 && noted(&i, "the last row is cut off: 3 bytes"));
    release(&i);
    i = import_text("step,a,b\n1,2,3\n4,5,6\nstep,a,b\n2,7,8\n");
    assert_int_equal(i.status, PL_OK);
    assert_true(i.log.table.n_rows == 2 && i.log.counts.restarts == 1 && at_step(&i, "a", 2) == 7 && noted(&i, "header stands"));
    release(&i);
    /* Latin-1 in what stands around the records of a console log does no harm, and is said. */
    i = import_text("caf\xe9\nstep:1 - critic/score/mean:0.5 - actor/entropy:0.25\n");
    assert_int_equal(i.status, PL_OK);
    assert_true(i.log.counts.bad_text == 1 && noted(&i, "not UTF-8"));
    release(&i);
}

static void every_failing_allocation_is_told(void **state)
{
    for (uint64_t k = 1;; k++) {
        imported i = {0};
        in_folder(&i, "train.jsonl", train, sizeof train - 1);
        in_folder(&i, "eval.jsonl", eval, sizeof eval - 1);
        const char *paths[] = {i.folder};
        training_log_init(&i.log);
        pl_diag_init(&i.diag);
        pl_mem_fail_at(k, false);
        i.status = log_open(paths, 1, NULL, &i.log, &i.diag);
        pl_mem_fail_at(0, false);
        assert_int_equal(pl_remove_tree(i.folder, NULL), PL_OK);
        assert_true(i.status == PL_ERR_WORLD ? i.diag.errors > 0 : !i.status);
        bool done = !i.status;
        if (done) assert_true(i.log.counts.files == 2 && i.log.table.n_rows == 3 && k > 100);
        release(&i);
        if (done) break;
    }
}

static void names_metrics(void **state)
{
    pl_arena arena;
    pl_arena_init(&arena);
    static const struct {
        const char *framework, *column, *name;
    } known[] = {
        {"trl", "reward", "reward/mean"},
        {"trl", "train/reward", "reward/mean"},
        {"trl", "run - train/rewards/f/mean", "reward/part/f"},
        {"verl", "val-core/math/amc/acc/best@32/mean", "best@32"},
        {"verl", "val-core/math/amc/acc/mean@8", "pass@1"},
        {"common", "train/pass@8", "pass@8/train"},
        {"common", "eval/pass@8", "pass@8"},
        {"plateau", "pass@8/train", "pass@8/train"},
        {"slime", "eval/aime", "reward/validation"},
        {"slime", "eval/aime-truncated_ratio", "length/truncated"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const metric_alias *m = metric_of(known[i].framework, known[i].column);
        assert_non_null(m);
        assert_string_equal(metric_name(m, known[i].column, &arena), known[i].name);
    }
    assert_null(metric_of("verl", "val-core/math/acc/mean"));
    assert_null(metric_of("verl", "train/critic/score/mean"));
    assert_null(metric_of("trl", "rewards/"));
    static const char *const two[] = {"loss", "reward"}, *const three[] = {"critic/score/mean", "actor/entropy", "critic/kl",
                                                                           "loss"};
    assert_null(metric_framework(two, 2));
    assert_string_equal(metric_framework(three, 4), "verl");
    /* The table: entries of a framework together, no name twice in one. */
    for (const metric_alias *m = metric_aliases; m->framework; m++) {
        assert_true(*m->pattern && *m->name && *m->definition);
        for (const metric_alias *other = metric_aliases; other < m; other++) {
            if (strcmp(other->framework, m->framework)) continue;
            assert_true(strcmp(other->pattern, m->pattern) != 0);
            assert_string_equal(m[-1].framework, m->framework);
        }
    }
    pl_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merges_by_step),
        cmocka_unit_test(finds_restarts),
        cmocka_unit_test(sorts_what_is_in_no_order),
        cmocka_unit_test(leaves_series_alone),
        cmocka_unit_test(reads_a_folder),
        cmocka_unit_test(joins_a_resumption),
        cmocka_unit_test(unpacks_gzip),
        cmocka_unit_test(says_what_does_not_fit),
        cmocka_unit_test(refuses),
        cmocka_unit_test(reads_what_is_whole),
        cmocka_unit_test(reads_behind_a_mark),
        cmocka_unit_test(refuses_a_line_without_end),
        cmocka_unit_test(names_metrics),
        cmocka_unit_test(every_failing_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
