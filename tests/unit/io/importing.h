/* For the tests of importers: a log from a text, as log_open reads it from a file. */
#ifndef TEST_IMPORTING_H
#define TEST_IMPORTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/fs.h"
#include "sim/io/importer.h"

typedef struct imported {
    training_log log;
    pl_diag diag;
    pl_status status;
    char folder[64];
} imported;

static inline void in_folder(imported *i, const char *name, const char *text, size_t length)
{
    char path[160];
    if (!*i->folder) {
        strcpy(i->folder, "/tmp/plateau-log-XXXXXX");
        assert_non_null(mkdtemp(i->folder));
    }
    snprintf(path, sizeof path, "%s/%s", i->folder, name);
    assert_int_equal(pl_write_file(path, text, length, NULL), PL_OK);
}

static inline void open_folder(imported *i, const char *name, const log_options *how)
{
    char path[160];
    const char *paths[] = {path};
    snprintf(path, sizeof path, "%s%s%s", i->folder, name ? "/" : "", name ? name : "");
    training_log_init(&i->log);
    pl_diag_init(&i->diag);
    i->status = log_open(paths, 1, how, &i->log, &i->diag);
    assert_int_equal(pl_remove_tree(i->folder, NULL), PL_OK);
}

static inline imported import_bytes(const char *text, size_t length, const log_options *how)
{
    imported i = {0};
    in_folder(&i, "log", text, length);
    open_folder(&i, "log", how);
    return i;
}

static inline imported import_text(const char *text) { return import_bytes(text, strlen(text), NULL); }

static inline void release(imported *i)
{
    training_log_free(&i->log);
    pl_diag_free(&i->diag);
}

/* The cell of a column under the log's own name, in the row of that step. */
static inline double at_step(const imported *i, const char *column, double step)
{
    const pl_column *c = pl_table_find(&i->log.table, column), *s = pl_table_find(&i->log.table, "step");
    if (!c || !s) fail_msg("no column '%s'", column);
    for (size_t r = 0; r < i->log.table.n_rows; r++)
        if (s->v[r] == step) return c->v[r];
    fail_msg("no step %g", step);
    return NAN;
}

static inline size_t present(const training_log *log, const char *column)
{
    const pl_column *c = log_seek(log, column);
    if (!c) fail_msg("no column '%s'", column);
    size_t n = 0;
    for (size_t r = 0; r < log->table.n_rows; r++) n += !isnan(c->v[r]);
    return n;
}

static inline bool noted(const imported *i, const char *words)
{
    for (size_t k = 0; k < i->log.n_notes; k++)
        if (strstr(i->log.notes[k], words)) return true;
    for (size_t k = 0; k < i->log.n_notes; k++) print_message("note: %s\n", i->log.notes[k]);
    return false;
}

static inline bool complained(const imported *i, const char *words)
{
    for (size_t k = 0; k < i->diag.count; k++)
        if (strstr(i->diag.messages[k].what, words)) return true;
    for (size_t k = 0; k < i->diag.count; k++) print_message("message: %s\n", i->diag.messages[k].what);
    return false;
}

static inline const char *canonical(const imported *i, const char *column)
{
    size_t c = pl_table_index(&i->log.table, column);
    return c == (size_t)-1 ? "no such column" : i->log.metrics[c].name ? i->log.metrics[c].name : "unknown";
}

#endif
