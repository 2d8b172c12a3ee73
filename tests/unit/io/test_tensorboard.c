/* TensorBoard event files: every kind of value, restarts, several files, damage; the real sample; and time for 100,000 rows. */
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

#include "sim/base/fs.h"
#include "sim/io/importer.h"
#include "sim/io/tfrecord.h"
#include "sim/io/wire.h"

static crc32c_tables crc;

/* --- writing, field by field ------------------------------------------------------------------------------------ */

static void event(pl_str *file, double wall_time, int64_t step, bool with_step, uint32_t field, const pl_str *body)
{
    pl_str e;
    pl_str_init(&e);
    if (body) wire_put_bytes(&e, field, body->text, body->length); /* before step and time: the order of fields is free */
    if (with_step) wire_put_varint(&e, 2, (uint64_t)step);
    wire_put_double(&e, 1, wall_time);
    tfrecord_write(&crc, e.text, e.length, file);
    pl_str_free(&e);
}

static void scalar(pl_str *file, double wall_time, int64_t step, const char *tag, float x)
{
    pl_str value, summary;
    pl_str_init(&value);
    pl_str_init(&summary);
    wire_put_float(&value, 2, x);
    wire_put_bytes(&value, 1, tag, strlen(tag));
    wire_put_bytes(&summary, 1, value.text, value.length);
    event(file, wall_time, step, step != 0, 5, &summary);
    pl_str_free(&summary);
    pl_str_free(&value);
}

static void started(pl_str *file, double wall_time, int64_t step)
{
    pl_str log;
    pl_str_init(&log);
    wire_put_varint(&log, 1, 1);
    event(file, wall_time, step, true, 7, &log);
    pl_str_free(&log);
}

/* A tensor under a plugin (NULL: no metadata); what is in it comes ready made. */
static void tensor(pl_str *file, int64_t step, const char *tag, const char *plugin, const pl_str *proto)
{
    pl_str name, data, value, summary;
    pl_str_init(&name), pl_str_init(&data), pl_str_init(&value), pl_str_init(&summary);
    wire_put_bytes(&value, 1, tag, strlen(tag));
    wire_put_bytes(&value, 8, proto->text, proto->length);
    if (plugin) {
        wire_put_bytes(&name, 1, plugin, strlen(plugin));
        wire_put_bytes(&data, 1, name.text, name.length);
        wire_put_bytes(&value, 9, data.text, data.length);
    }
    wire_put_bytes(&summary, 1, value.text, value.length);
    event(file, 50, step, true, 5, &summary);
    pl_str_free(&name), pl_str_free(&data), pl_str_free(&value), pl_str_free(&summary);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

typedef struct reading {
    training_log log;
    pl_diag diag;
    pl_status status;
} reading;

static reading read_bytes(const pl_str *file)
{
    reading r;
    const importer *how = (const importer *)pl_registry_find(&importer_registry, "tensorboard");
    training_log_init(&r.log);
    pl_diag_init(&r.diag);
    r.status = how->parse(file->text ? file->text : "", file->length, "f", &r.log, &r.diag);
    return r;
}

static void done(reading *r)
{
    training_log_free(&r->log);
    pl_diag_free(&r->diag);
}

static double at(const reading *r, const char *column, double step)
{
    const pl_column *s = pl_table_find(&r->log.table, "step"), *c = pl_table_find(&r->log.table, column);
    assert_non_null(c);
    for (size_t i = 0; i < r->log.table.n_rows; i++)
        if (s->v[i] == step) return c->v[i];
    fail_msg("no step %g", step);
    return NAN;
}

static bool noted(const reading *r, const char *words)
{
    for (size_t i = 0; i < r->log.n_notes; i++)
        if (strstr(r->log.notes[i], words)) return true;
    return false;
}

static void test_scalars(void **state)
{
    pl_str f;
    pl_str_init(&f);
    event(&f, 10, 0, false, 0, NULL);
    scalar(&f, 11, 0, "reward", .125f); /* no field `step` */
    scalar(&f, 12, 7, "reward", .375f);
    scalar(&f, 13, -3, "reward", -2.5f);
    scalar(&f, 14, 7, "loss", NAN);
    scalar(&f, 15, 7, "kl", INFINITY);
    scalar(&f, 16, (int64_t)1 << 53, "reward", 3e38f);
    scalar(&f, 17, 7, "step", 99);
    reading r = read_bytes(&f);
    assert_int_equal(r.status, PL_OK);
    const pl_table *t = &r.log.table;
    assert_int_equal(t->n_rows, 4);
    assert_string_equal(t->columns[0].spec.name, "step");
    const double steps[] = {-3, 0, 7, 9007199254740992.0};
    for (size_t i = 0; i < 4; i++) assert_true(t->columns[0].v[i] == steps[i]);
    assert_true(at(&r, "reward", 0) == .125 && at(&r, "reward", 7) == .375 && at(&r, "reward", -3) == -2.5);
    assert_true(at(&r, "reward", 9007199254740992.0) == (double)3e38f);
    assert_true(isnan(at(&r, "loss", 7)) && isnan(at(&r, "kl", 7)) && at(&r, "tensorboard/step", 7) == 99);
    assert_true(at(&r, "wall_time", 7) == 17 && at(&r, "wall_time", -3) == 13);
    assert_int_equal(r.log.counts.non_finite, 2);
    assert_int_equal(r.log.counts.records, 8);
    assert_int_equal(r.log.counts.skipped + r.log.counts.repeated + r.log.counts.bad_crc + r.log.counts.cut_off, 0);
    assert_true(r.log.began == 10);
    done(&r);
    pl_str_free(&f);
}

static void test_tensors(void **state)
{
    pl_str f, p;
    const float x = .3f;
    const double y = .3;
    pl_str_init(&f), pl_str_init(&p);
    wire_put_varint(&p, 1, 1); /* float_val, unpacked */
    wire_put_float(&p, 5, x);
    tensor(&f, 1, "float_val", "scalars", &p);
    pl_str_clear(&p);
    wire_put_varint(&p, 1, 1); /* packed, with an empty shape */
    wire_put_bytes(&p, 2, "", 0);
    wire_put_bytes(&p, 5, &x, 4);
    tensor(&f, 1, "packed", "scalars", &p);
    pl_str_clear(&p);
    wire_put_bytes(&p, 4, &y, 8); /* raw double, the type behind it */
    wire_put_varint(&p, 1, 2);
    tensor(&f, 1, "raw", "scalars", &p);
    tensor(&f, 2, "raw", NULL, &p); /* the plugin was named before */
    tensor(&f, 2, "unknown", NULL, &p);
    tensor(&f, 2, "pr", "pr_curves", &p);
    pl_str_clear(&p);
    wire_put_varint(&p, 1, 9);
    wire_put_varint(&p, 10, (uint64_t)-5);
    tensor(&f, 1, "int64", "scalars", &p);
    pl_str_clear(&p);
    wire_put_varint(&p, 1, 1); /* two numbers are no scalar */
    wire_put_float(&p, 5, x);
    wire_put_float(&p, 5, x);
    tensor(&f, 1, "two", "scalars", &p);
    pl_str_clear(&p);
    wire_put_varint(&p, 1, 7); /* text, as TRL logs its arguments */
    wire_put_bytes(&p, 8, "{\"lr\": 1}", 9);
    tensor(&f, 1, "args/text_summary", "text", &p);
    reading r = read_bytes(&f);
    assert_int_equal(r.status, PL_OK);
    assert_true(at(&r, "float_val", 1) == (double)x && at(&r, "packed", 1) == (double)x && at(&r, "raw", 1) == y);
    assert_true(at(&r, "raw", 2) == y && at(&r, "int64", 1) == -5);
    assert_int_equal(r.log.table.n_columns, 2 + 4);
    assert_int_equal(r.log.counts.skipped, 4);
    assert_true(noted(&r, "4 values that are no scalars"));
    done(&r);
    pl_str_free(&f), pl_str_free(&p);
}

/* Of two values of a tag and step the later by the clock counts, wherever it stands. */
static void test_later_wins(void **state)
{
    pl_str f;
    pl_str_init(&f);
    scalar(&f, 20, 1, "a", 1);
    scalar(&f, 30, 1, "a", 2);
    scalar(&f, 40, 2, "a", 3);
    scalar(&f, 35, 2, "a", 4);
    scalar(&f, 50, 3, "a", 5);
    scalar(&f, 51, 3, "a", NAN);
    reading r = read_bytes(&f);
    assert_true(at(&r, "a", 1) == 2 && at(&r, "a", 2) == 3 && at(&r, "a", 3) == 5);
    assert_int_equal(r.log.counts.repeated, 2);
    assert_true(at(&r, "wall_time", 2) == 40);
    done(&r);
    pl_str_free(&f);
}

static void test_restart_in_a_file(void **state)
{
    pl_str f;
    pl_str_init(&f);
    for (int s = 0; s < 10; s++) scalar(&f, s, s, "a", (float)s);
    started(&f, 20, 6);
    scalar(&f, 21, 6, "a", 66);
    started(&f, 30, 4);
    scalar(&f, 31, 4, "a", 44);
    scalar(&f, 32, 5, "a", 55);
    reading r = read_bytes(&f);
    assert_int_equal(r.log.table.n_rows, 6);
    assert_true(at(&r, "a", 3) == 3 && at(&r, "a", 4) == 44 && at(&r, "a", 5) == 55);
    assert_true(r.log.started_at == 4);
    assert_true(noted(&r, "7 values from that step on were dropped")); /* 4..9 of the first, and 66 */
    done(&r);
    pl_str_free(&f);
}

/* --- damage ----------------------------------------------------------------------------------------------------- */

static pl_str twenty(size_t *one)
{
    pl_str f;
    pl_str_init(&f);
    for (int s = 1; s <= 20; s++) scalar(&f, 100 + s, s, "a", (float)s);
    *one = f.length / 20;
    return f;
}

static void test_damage(void **state)
{
    size_t one;
    pl_str f = twenty(&one);
    f.length -= 5;
    reading r = read_bytes(&f);
    assert_int_equal(r.status, PL_OK);
    assert_int_equal(r.log.table.n_rows, 19);
    assert_int_equal(r.log.counts.cut_off, one - 5);
    assert_true(noted(&r, "the last record is not finished"));
    done(&r);

    f.text[3 * one + 15] ^= 1; /* data of the fourth */
    f.text[7 * one + 2] ^= 1;  /* length of the eighth */
    r = read_bytes(&f);
    assert_int_equal(r.status, PL_OK);
    assert_int_equal(r.log.table.n_rows, 17);
    assert_int_equal(r.log.counts.bad_crc, 1);
    char words[64];
    snprintf(words, sizeof words, "the first damage at byte %zu", 3 * one);
    assert_true(noted(&r, words));
    snprintf(words, sizeof words, "%zu bytes in 1 places belong to no record", one);
    assert_true(noted(&r, words));
    done(&r);
    pl_str_free(&f);
}

/* Each must be refused with the words. */
static void test_refused(void **state)
{
    size_t one;
    pl_str f = twenty(&one), g;
    reading r;
    f.length = one - 1;
    r = read_bytes(&f);
    assert_int_equal(r.status, PL_ERR_USER);
    assert_non_null(strstr(r.diag.messages[0].what, "no whole record yet"));
    done(&r);
    f.length = one;
    f.text[20] ^= 1;
    r = read_bytes(&f);
    assert_int_equal(r.status, PL_ERR_USER);
    assert_non_null(strstr(r.diag.messages[0].what, "1 with a wrong checksum"));
    done(&r);
    pl_str_init(&g);
    pl_str_add(&g, "nothing that an event file begins with");
    r = read_bytes(&g);
    assert_int_equal(r.status, PL_ERR_USER);
    assert_non_null(strstr(r.diag.messages[0].what, "no record of an event file in these 38 bytes"));
    done(&r);
    pl_str_clear(&g);
    tfrecord_write(&crc, "\x0f\x01 no event", 11, &g);
    r = read_bytes(&g);
    assert_int_equal(r.status, PL_ERR_USER);
    assert_non_null(strstr(r.diag.messages[0].what, "none of their 1 records is an event"));
    done(&r);
    scalar(&g, 1, 1, "a", 1); /* with one that is */
    r = read_bytes(&g);
    assert_int_equal(r.status, PL_OK);
    assert_int_equal(r.log.counts.skipped, 1);
    assert_true(noted(&r, "1 records that are no events"));
    done(&r);
    pl_str_free(&f), pl_str_free(&g);
}

/* --- folders ---------------------------------------------------------------------------------------------------- */

typedef struct folder {
    char path[64];
    pl_arena arena;
} folder;

static folder new_folder(void)
{
    folder d = {.path = "/tmp/plateau-tensorboard-XXXXXX"};
    assert_non_null(mkdtemp(d.path));
    pl_arena_init(&d.arena);
    return d;
}

static void put(folder *d, const char *name, pl_str *f)
{
    assert_int_equal(pl_write_file(pl_join(&d->arena, d->path, name), f->text ? f->text : "", f->length, NULL), PL_OK);
    pl_str_free(f);
}

static reading open_folder(folder *d)
{
    reading r;
    const char *path = d->path;
    pl_diag_init(&r.diag);
    r.status = log_open(&path, 1, NULL, &r.log, &r.diag);
    assert_int_equal(pl_remove_tree(d->path, NULL), PL_OK);
    pl_arena_free(&d->arena);
    return r;
}

/* Names in the wrong order, tags that differ, a START, a file of something else, an empty one. */
static void test_folder(void **state)
{
    folder d = new_folder();
    pl_str f;
    pl_str_init(&f);
    event(&f, 1000, 0, false, 0, NULL);
    for (int s = 0; s < 10; s++) scalar(&f, 1000 + s, s, "a", (float)s), scalar(&f, 1000 + s, s, "b", .5f);
    put(&d, "events.out.tfevents.2.host", &f);
    started(&f, 2000, 8);
    for (int s = 8; s < 12; s++) scalar(&f, 2000 + s, s, "a", (float)(100 + s));
    put(&d, "events.out.tfevents.1.host", &f);
    scalar(&f, 3000, 11, "eval", .25f);
    put(&d, "events.out.tfevents.3.host", &f);
    pl_str_add(&f, "nothing of the kind\n");
    put(&d, "README", &f);
    put(&d, "events.out.tfevents.4.host", &f);
    reading r = open_folder(&d);
    if (r.status) fail_msg("%s", r.diag.messages[0].what);
    assert_int_equal(r.log.counts.files, 3);
    assert_int_equal(r.log.table.n_rows, 12);
    assert_int_equal(r.log.table.n_columns, 2 + 3);
    assert_true(at(&r, "a", 7) == 7 && at(&r, "a", 8) == 108 && at(&r, "a", 9) == 109 && at(&r, "a", 11) == 111);
    assert_true(isnan(at(&r, "b", 8)) && at(&r, "b", 7) == .5 && at(&r, "eval", 11) == .25);
    assert_true(noted(&r, "the run was started again at step 8: 2 rows of earlier files were dropped"));
    done(&r);
}

/* Without a START the later file continues; where steps overlap its values count. */
static void test_folder_overlap(void **state)
{
    folder d = new_folder();
    pl_str f;
    pl_str_init(&f);
    for (int s = 0; s < 10; s++) scalar(&f, 1000 + s, s, "a", (float)s);
    put(&d, "events.out.tfevents.1", &f);
    for (int s = 8; s < 15; s++) scalar(&f, 2000 + s, s, "a", (float)(100 + s));
    put(&d, "events.out.tfevents.2", &f);
    reading r = open_folder(&d);
    assert_int_equal(r.status, PL_OK);
    assert_int_equal(r.log.table.n_rows, 15);
    assert_true(at(&r, "a", 7) == 7 && at(&r, "a", 8) == 108 && at(&r, "a", 14) == 114);
    done(&r);
}

static void test_no_memory(void **state)
{
    pl_str f;
    pl_str_init(&f);
    for (int s = 0; s < 40; s++) scalar(&f, s, s, "a", 1), scalar(&f, s, s % 7, "step", 2), scalar(&f, 99 - s, s, "b", 3);
    started(&f, 200, 5);
    for (uint64_t k = 1; k < 10000; k++) {
        pl_mem_fail_at(k, true);
        reading r = read_bytes(&f);
        bool failed = pl_mem_count() >= k;
        pl_mem_fail_at(0, false);
        if (failed)
            assert_true(r.status == PL_ERR_WORLD || r.log.broken);
        else
            assert_int_equal(r.status, PL_OK);
        done(&r);
        if (!failed) break;
    }
    pl_str_free(&f);
}

/* --- the real one, and time -------------------------------------------------------------------------------------- */

static void test_sample(void **state)
{
    const char *shared = getenv("PLATEAU_SHARED");
    char path[512];
    reading r;
    snprintf(path, sizeof path, "%s/data/real-runs/q3b_fsdp_base.events.out.tfevents.1753500620.TEST64.site.1669044.0",
             shared ? shared : "../shared");
    if (access(path, R_OK)) skip();
    const char *one = path;
    pl_diag_init(&r.diag);
    r.status = log_open(&one, 1, NULL, &r.log, &r.diag);
    assert_int_equal(r.status, PL_OK);
    const pl_table *t = &r.log.table;
    size_t values = 0, validations = 0;
    assert_int_equal(t->n_columns, 2 + 63);
    assert_int_equal(t->n_rows, 106); /* steps 0 (validation only) to 105 */
    for (size_t c = 2; c < t->n_columns; c++)
        for (size_t i = 0; i < t->n_rows; i++) values += !isnan(t->columns[c].v[i]);
    assert_int_equal(values, 6259);
    const pl_column *v = pl_table_find(t, "val-core/openai/gsm8k/reward/mean@1");
    for (size_t i = 0; i < t->n_rows; i++) validations += !isnan(v->v[i]);
    assert_int_equal(validations, 22);
    assert_true(v->v[0] == (double)wire_float(0x3f112d39));
    assert_int_equal(r.log.counts.records, 6260);
    assert_int_equal(r.log.counts.skipped + r.log.counts.non_finite + r.log.counts.bad_crc + r.log.counts.cut_off, 0);
    assert_string_equal(r.log.framework, "verl");
    done(&r);
}

static void test_hundred_thousand_rows(void **state)
{
    pl_str f;
    pl_str_init(&f);
    static const char *const tags[] = {"train/reward", "train/reward_std", "train/loss", "train/kl", "train/entropy"};
    for (int s = 0; s < 100000; s++)
        for (int k = 0; k < 5; k++) scalar(&f, s, s, tags[k], (float)(s % (7 + k)));
    clock_t from = clock();
    reading r = read_bytes(&f);
    double seconds = (double)(clock() - from) / CLOCKS_PER_SEC;
    assert_int_equal(r.log.table.n_rows, 100000);
    assert_true(at(&r, "train/kl", 99999) == 99999 % 10);
    printf("# 500,000 events, %zu MB: %.2f s\n", f.length >> 20, seconds);
    if (!getenv("SANITIZED") || !*getenv("SANITIZED")) assert_true(seconds < 2);
    done(&r);
    pl_str_free(&f);
}

int main(void)
{
    crc32c_init(&crc);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),    cmocka_unit_test(test_tensors),
        cmocka_unit_test(test_later_wins), cmocka_unit_test(test_restart_in_a_file),
        cmocka_unit_test(test_damage),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_folder),     cmocka_unit_test(test_folder_overlap),
        cmocka_unit_test(test_sample),     cmocka_unit_test(test_hundred_thousand_rows),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
