/* CSV and JSON lines: what is read, what is refused and where, and that writing and reading are inverse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "sim/base/field.h"
#include "sim/base/fs.h"
#include "sim/core/rng.h"
#include "sim/io/csv.h"

typedef struct reading {
    pl_table table;
    read_counts counts;
    pl_diag diag;
    pl_status status;
} reading;
typedef pl_status parser(const char *, size_t, const char *, pl_table *, read_counts *, pl_diag *);

static reading parse_with(parser *parse, const char *text, size_t length)
{
    reading r = {0};
    pl_table_init(&r.table);
    pl_diag_init(&r.diag);
    r.status = parse(text, length, "f", &r.table, &r.counts, &r.diag);
    return r;
}

static reading csv(const char *text) { return parse_with(csv_parse, text, strlen(text)); }
static reading jsonl(const char *text) { return parse_with(jsonl_parse, text, strlen(text)); }

static void release(reading *r)
{
    pl_table_free(&r->table);
    pl_diag_free(&r->diag);
}

static double cell(const reading *r, const char *column, size_t row)
{
    const pl_column *c = pl_table_find(&r->table, column);
    assert_non_null(c);
    assert_true(row < r->table.n_rows);
    return c->v[row];
}

static const char *word(const reading *r, const char *column, size_t row)
{
    return pl_table_text(&r->table, row, pl_table_index(&r->table, column));
}

static void reads_rfc_4180(void **state)
{
    reading r = csv("\xef\xbb\xbf\"step\",\"a \"\"b\"\", c\",note\r\n\"1\",2.385,\"x\ny\"\r\n2,-7e-3,\"say \"\"hi\"\", "
                    "you\"\r\n\r\n3, .5 ,plain");
    assert_int_equal(r.status, PL_OK);
    assert_int_equal(r.counts.rows, 3);
    assert_int_equal(r.counts.skipped, 1);
    assert_int_equal(r.counts.missing, 0);
    assert_true(cell(&r, "step", 0) == 1 && cell(&r, "a \"b\", c", 0) == 2.385);
    assert_true(cell(&r, "a \"b\", c", 1) == -7e-3 && cell(&r, "a \"b\", c", 2) == .5);
    assert_string_equal(word(&r, "note", 0), "x\ny");
    assert_string_equal(word(&r, "note", 1), "say \"hi\", you");
    assert_string_equal(word(&r, "note", 2), "plain");
    release(&r);
}

static void counts_what_is_missing(void **state)
{
    reading r = csv("x,y,z\n1,,a\nNaN,inf,\n-Infinity,null,nan\n4.25,None,b\n1e999,NA,b\n");
    assert_int_equal(r.status, PL_OK);
    assert_int_equal(r.counts.missing, 9);    /* x: 3, y: 5, z: the empty one */
    assert_int_equal(r.counts.non_finite, 4); /* x: NaN, -Infinity, 1e999; y: inf */
    assert_true(isnan(cell(&r, "x", 1)) && isnan(cell(&r, "y", 0)) && cell(&r, "x", 3) == 4.25);
    assert_false(pl_table_find(&r.table, "y")->spec.text);
    assert_string_equal(word(&r, "z", 1), "");
    assert_string_equal(word(&r, "z", 2), "nan");
    release(&r);
}

/* Each faulty text with the place of its first message and a word of it. */
static void refuses_with_place(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        int line, column;
        const char *says;
    } faults[] = {
        {"", 0, 0, 0, "empty"},
        {"a,b\n1,2\n3\n", 0, 3, 1, "1 field"},
        {"a,b\n1,2,3\n", 0, 2, 1, "3 fields"},
        {"a,b,a\n1,2,3\n", 0, 1, 5, "twice"},
        {"a,b\n1,\"2\n", 0, 2, 3, "never closed"},
        {"a,b\n1,\"2\"x\n", 0, 2, 6, "behind the closing quote"},
        {"a,b\n1,2\"\n", 0, 2, 4, "quote inside"},
        {"a,b\n1,2\n3,\0\n", 13, 3, 3, "NUL"},
        {"\xff\xfe"
         "a\0",
         4, 1, 1, "UTF-16"},
        {"\x01\x02z,b\n1,2\n", 0, 1, 1, "control byte"},
        {"a;b\n1;2\n", 0, 1, 1, "separator"},
    };
    for (size_t i = 0; i < PL_COUNT(faults); i++) {
        size_t length = faults[i].length ? faults[i].length : strlen(faults[i].text);
        reading r = parse_with(csv_parse, faults[i].text, length);
        assert_int_equal(r.status, PL_ERR_USER);
        assert_true(r.diag.count > 0);
        assert_int_equal(r.diag.messages[0].place.line, faults[i].line);
        assert_int_equal(r.diag.messages[0].place.column, faults[i].column);
        if (!strstr(r.diag.messages[0].what, faults[i].says))
            fail_msg("'%s' does not say '%s'", r.diag.messages[0].what, faults[i].says);
        assert_int_equal(r.table.n_columns, 0);
        release(&r);
    }
}

static void reports_all_faults(void **state)
{
    pl_str text;
    pl_str_init(&text);
    pl_str_add(&text, "a,b\n");
    for (int i = 0; i < 57; i++) pl_str_add(&text, "1\n");
    reading r = csv(pl_str_end(&text));
    assert_int_equal(r.diag.errors, 20);
    assert_non_null(strstr(r.diag.messages[r.diag.count - 1].what, "37 more"));
    release(&r);
    pl_str_free(&text);
}

static void reads_json_lines(void **state)
{
    reading r = jsonl("{\"step\": 0, \"env\": {\"all\": {\"r\": 0.25}, \"on\": true}, \"v\": [1, 2], \"tag\": \"x\"}\n\n"
                      "{\"step\": 1, \"env\": {\"all\": {\"r\": NaN}}, \"late\": -Infinity, \"tag\": 7, \"q\": \"2.5\"}\r\n");
    assert_int_equal(r.status, PL_OK);
    assert_int_equal(r.counts.rows, 2);
    assert_int_equal(r.counts.skipped, 2);
    assert_int_equal(r.counts.non_finite, 2);
    assert_int_equal(r.counts.missing, 5); /* env/all/r 1, env/on 1, late 2, q 1 */
    assert_true(cell(&r, "env/all/r", 0) == .25 && isnan(cell(&r, "env/all/r", 1)) && cell(&r, "env/on", 0) == 1 &&
                cell(&r, "q", 1) == 2.5);
    assert_string_equal(word(&r, "tag", 0), "x");
    assert_string_equal(word(&r, "tag", 1), "7");
    release(&r);
}

static void refuses_json_lines(void **state)
{
    static const struct {
        const char *text;
        int line, column;
        const char *says;
    } faults[] = {
        {"{\"a\": 1}\n{\"a\": 1, \"b\": 2, \"a\": 3}\n", 2, 18, "twice"},
        {"{\"a\": {\"b\": 1}, \"a/b\": 2}", 1, 1, "twice"},
        {"{\"a\": 1}\n{\"a\": ", 2, 6, "cut off"},
        {"{\"a\": 1} {\"a\": 2}", 1, 10, "unexpected"},
        {"{\"a\": 'x'}", 1, 7, "not JSON"},
        {"[1]\n", 1, 1, "not a JSON object"},
        {"{\"a\\u0062\": 1, \"ab\": 2}", 1, 1, "escapes"},
        {" \n", 0, 0, "no JSON line"},
    };
    for (size_t i = 0; i < PL_COUNT(faults); i++) {
        reading r = jsonl(faults[i].text);
        assert_int_equal(r.status, PL_ERR_USER);
        if (!strstr(r.diag.messages[0].what, faults[i].says))
            fail_msg("'%s' does not say '%s'", r.diag.messages[0].what, faults[i].says);
        assert_int_equal(r.diag.messages[0].place.line, faults[i].line);
        assert_int_equal(r.diag.messages[0].place.column, faults[i].column);
        release(&r);
    }
}

/* A random table: numbers of all magnitudes, missing values, words with everything that needs quoting. */
static void fill_randomly(pl_table *t, pl_stream *s)
{
    static const char *const pieces[] = {"a", ",", "\"", "\n", "\r\n", " ", "nan", "\xc3\xa9", "7", "'", "\t", ";"};
    size_t n_columns = 1 + pl_below(s, 6), n_rows = pl_below(s, 30);
    for (size_t c = 0; c < n_columns; c++) {
        char name[32];
        snprintf(name, sizeof name, "c%zu%s", c, pieces[pl_below(s, PL_COUNT(pieces))]);
        pl_column_spec spec = {.name = name, .unit = "", .doc = "", .origin = PL_LOGGED, .text = pl_below(s, 3) == 0};
        assert_int_equal(pl_table_add_column(t, &spec, NULL), PL_OK);
    }
    for (size_t r = 0; r < n_rows; r++) {
        assert_int_equal(pl_table_add_row(t, NULL), PL_OK);
        for (size_t c = 0; c < n_columns; c++) {
            char text[96] = "w"; /* the first letter keeps it from being a number */
            if (!t->columns[c].spec.text) {
                uint64_t bits = pl_u64(s);
                double x;
                memcpy(&x, &bits, sizeof x);
                t->columns[c].v[r] = pl_below(s, 5) && isfinite(x) ? x : NAN;
                continue;
            }
            for (uint32_t k = pl_below(s, 8); k > 0; k--) strcat(text, pieces[pl_below(s, PL_COUNT(pieces))]);
            assert_int_equal(pl_table_set_text(t, r, c, pl_below(s, 6) ? text : ""), PL_OK);
        }
    }
}

static void writing_and_reading_are_inverse(void **state)
{
    pl_seeds seeds = pl_seeds_make(20260, 0, NULL, 0);
    for (uint32_t trial = 0; trial < 400; trial++) {
        pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, trial, 0, 0);
        pl_table t;
        pl_str text;
        pl_table_init(&t);
        pl_str_init(&text);
        fill_randomly(&t, &s);
        assert_int_equal(csv_write(&t, &text), PL_OK);
        reading r = csv(pl_str_end(&text));
        if (r.status) pl_diag_print(&r.diag, stderr);
        assert_int_equal(r.status, PL_OK);
        assert_int_equal(r.table.n_rows, t.n_rows);
        for (size_t c = 0; c < t.n_columns; c++)
            for (size_t row = 0; row < t.n_rows; row++) {
                if (t.columns[c].spec.text)
                    assert_true(!r.table.columns[c].spec.text
                                    ? !*pl_table_text(&t, row, c) /* all empty: no words to tell */
                                    : !strcmp(pl_table_text(&t, row, c), pl_table_text(&r.table, row, c)));
                else
                    assert_true(isnan(t.columns[c].v[row]) ? isnan(r.table.columns[c].v[row])
                                                           : t.columns[c].v[row] == r.table.columns[c].v[row]);
            }
        release(&r);
        pl_str_free(&text);
        pl_table_free(&t);
    }
}

static void survives_failing_allocations(void **state)
{
    static const char *const texts[] = {"a,b,n\n1,\"x\"\"y\",2\n3,z,4\n5,zz,6\n",
                                        "{\"a\": 1, \"t\": \"x\", \"o\": {\"p\": 2}}\n{\"b\": 2, \"t\": \"y\"}\n"};
    for (int which = 0; which < 2; which++) {
        bool failed = true;
        for (uint64_t k = 1; failed; k++) {
            assert_true(k < 400);
            pl_table t;
            pl_diag diag;
            pl_table_init(&t);
            pl_diag_init(&diag);
            pl_mem_fail_at(k, k % 2);
            pl_status st = (which ? jsonl_parse : csv_parse)(texts[which], strlen(texts[which]), "f", &t, NULL, &diag);
            failed = pl_mem_count() >= k;
            pl_mem_fail_at(0, false);
            assert_true(failed ? st == PL_ERR_WORLD || st == PL_OK : st == PL_OK);
            assert_int_equal(t.n_columns, st ? 0 : which ? 4 : 3);
            pl_table_free(&t);
            pl_diag_free(&diag);
        }
    }
}

static void reads_files_by_content(void **state)
{
    char path[] = "/tmp/plateau-log-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    pl_diag diag;
    pl_diag_init(&diag);
    gzFile gz = gzopen(path, "wb");
    assert_non_null(gz);
    for (int i = 0; i < 20000; i++) gzprintf(gz, "{\"step\": %d, \"y\": %d.5}\n", i, i * 7);
    gzclose(gz);
    reading r = {0};
    pl_table_init(&r.table);
    assert_int_equal(log_read(path, &r.table, &r.counts, &diag), PL_OK);
    assert_int_equal(r.counts.rows, 20000);
    assert_true(cell(&r, "y", 19999) == 139993.5);
    pl_table_free(&r.table);

    char *packed;
    size_t length;
    assert_int_equal(pl_read_file(path, LOG_SIZE_LIMIT, &packed, &length, &diag), PL_OK);
    assert_int_equal(pl_write_file(path, packed, length / 2, &diag), PL_OK);
    pl_table_init(&r.table);
    assert_int_equal(log_read(path, &r.table, NULL, &diag), PL_ERR_USER);
    assert_non_null(strstr(diag.messages[diag.count - 1].what, "cut off"));
    packed[length / 2] ^= 0x55;
    packed[length / 2 + 1] ^= 0x2a;
    assert_int_equal(pl_write_file(path, packed, length, &diag), PL_OK);
    assert_int_equal(log_read(path, &r.table, NULL, &diag), PL_ERR_USER);
    assert_int_equal(pl_write_file(path, " \n", 2, &diag), PL_OK);
    assert_int_equal(log_read(path, &r.table, NULL, &diag), PL_ERR_USER);
    assert_int_equal(log_read("/nonexistent/log.csv", &r.table, NULL, &diag), PL_ERR_WORLD);
    pl_free(packed);
    remove(path);
    pl_table_free(&r.table);
    pl_diag_free(&diag);
}

static void names_the_nearest_column(void **state)
{
    reading r = csv("step,run - eval/pass@1,a - loss,b - loss\n1,2,3,4\n");
    assert_ptr_equal(log_column_named(&r.table, "eval/pass@1", "f", &r.diag), &r.table.columns[1]);
    assert_null(log_column_named(&r.table, "stpe", "f", &r.diag));
    assert_string_equal(r.diag.messages[0].remedy, "did you mean 'step'?");
    assert_null(log_column_named(&r.table, "loss", "f", &r.diag));
    assert_non_null(strstr(r.diag.messages[1].what, "several runs"));
    release(&r);
}

/* A key of its own in each of 20,000 lines: 400 million cells. Refused, not tried. */
static void refuses_squares_of_memory(void **state)
{
    pl_str text;
    pl_str_init(&text);
    for (int i = 0; i < 20000; i++) pl_str_addf(&text, "{\"k%d\": 1}\n", i);
    reading r = jsonl(pl_str_end(&text));
    assert_int_equal(r.status, PL_ERR_WORLD);
    assert_int_equal(r.diag.errors, 1);
    release(&r);
    pl_str_free(&text);
}

/* 100,000 rows in well under a second; the bound leaves room for sanitisers and a busy machine. */
static void is_quick(void **state)
{
    pl_str text;
    pl_str_init(&text);
    pl_str_add(&text, "arm,step,a,b,c,d,id\n");
    for (int i = 0; i < 100000; i++)
        pl_str_addf(&text, "arm%d,%d,0.%d,%d.25,1e-%d,0.53515625,row-%d\n", i % 7, i, i * 37 % 99991, i, i % 30, i);
    clock_t begin = clock();
    reading r = csv(pl_str_end(&text));
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    assert_int_equal(r.status, PL_OK);
    assert_int_equal(r.counts.rows, 100000);
    assert_string_equal(word(&r, "id", 77777), "row-77777");
    print_message("100,000 rows of 7 columns, one of distinct words: %.3f s\n", seconds);
    assert_true(seconds < 4);
    release(&r);
    pl_str_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rfc_4180),
        cmocka_unit_test(counts_what_is_missing),
        cmocka_unit_test(refuses_with_place),
        cmocka_unit_test(reports_all_faults),
        cmocka_unit_test(reads_json_lines),
        cmocka_unit_test(refuses_json_lines),
        cmocka_unit_test(writing_and_reading_are_inverse),
        cmocka_unit_test(survives_failing_allocations),
        cmocka_unit_test(reads_files_by_content),
        cmocka_unit_test(names_the_nearest_column),
        cmocka_unit_test(refuses_squares_of_memory),
        cmocka_unit_test(is_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
