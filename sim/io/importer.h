/* Importers: one file import_<name>.c for each format of a log, collected by the Makefile into importer_registry.
 *
 * An importer says from the first bytes how sure it is that a file is of its format, and reads a whole file into log->table: rows
 * in the order of the file, under the file's own names, and a `step` column (log_step_column makes it). Merging by step, restarts,
 * metric names and the summary are log.c's.
 *
 * Reading is strict and complete: a record is taken whole, or counted and said. The one thing that may be missing without
 * an error is the end of a last record, because a live run's log ends in one: `cut_off`.
 */
#ifndef PL_IO_IMPORTER_H
#define PL_IO_IMPORTER_H

#include "sim/io/columns.h"
#include "sim/io/log.h"

struct importer {
    pl_entry entry;
    const char *framework; /* whose names it writes, as in metrics.h; NULL: told by the names */
    bool table;            /* a result table without steps: one file, nothing merged */
    bool console;          /* records amid other text, which may hold bytes that are not UTF-8 */
    bool shared_names;     /* files of this format are parts of one run under one set of names, however few columns they share */
    bool binary;           /* not text: no encoding is looked for, a line may be of any length */
    /* 0: surely not; 100: surely. From the first bytes (at most RECOGNISE_BYTES; NUL-terminated); the path is a hint only. Below
     * RECOGNISED a file in a folder is left out (named itself, it is read by the best there is). */
    int (*recognise)(const char *text, size_t length, const char *path);
    pl_status (*parse)(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag);
};
extern const pl_registry importer_registry; /* generated */

enum { RECOGNISE_BYTES = 1 << 20, RECOGNISED = 50, LINE_LIMIT = 1 << 26 };

/* The importer that is surest of a text; NULL when none is at all. `confidence` may be NULL. */
const importer *importer_for(const char *text, size_t length, const char *path, int *confidence);

/* Reads a file ("-": standard input), unpacks gzip, refuses what is too large or in another encoding, steps over a byte-order mark.
 * `how` NULL: recognised; *how is NULL on success when nobody knows the format. Release *text with pl_free; `shown` is the path for
 * messages. */
typedef struct log_text {
    char *text;
    const char *start; /* behind a byte-order mark */
    size_t length;     /* from start */
    size_t bad_text;   /* bytes that are not UTF-8, in a console log */
    int sure;          /* of the format, 0..100; 0 when it was given */
} log_text;
PL_MUST_USE pl_status log_text_read(const char *path, const importer **how, log_text *out, pl_diag *diag);

/* A text of a known format as log_open reads a file of it. */
PL_MUST_USE pl_status log_import(const importer *format, const char *text, size_t length, const char *file, training_log *log,
                                 pl_diag *diag);

/* Line and column of a place in the text. */
pl_place log_place(const char *text, const char *at, const char *file);

/* A CSV text into log->table, with what logs do to CSV: a cut last row, the header again after a restart. */
PL_MUST_USE pl_status log_parse_csv(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag);

/* Moves columns into log->table and counts what was not finite. */
PL_MUST_USE pl_status log_take(training_log *log, log_columns *cols);
/* Makes the column `step` of the first of the names (NULL-terminated) that the table has as a column of numbers; false: none is
 * there. PL_ERR_WORLD: memory. */
PL_MUST_USE pl_status log_step_column(training_log *log, const char *const *names, bool *found);
/* Takes the text columns out of the table (a note names them and `skipped` counts their words), except those named. */
PL_MUST_USE pl_status log_drop_text(training_log *log, const char *const *keep);

/* Rows in file order -> rows by step, as log.h says. */
PL_MUST_USE pl_status log_settle(training_log *log);
/* Puts the parts in the order in which they began, if all tell when, and drops what a later one started again. */
void log_order(training_log *parts, const char **paths, size_t n);
/* PL_ERR_USER: the training reward of two parts has the names of different trainers, so they are not of one run. */
PL_MUST_USE pl_status log_one_trainer(const training_log *parts, const char *const *paths, size_t n, pl_diag *diag);
/* The parts of one run into one log; parts are emptied. */
PL_MUST_USE pl_status log_join(training_log *parts, const char *const *paths, size_t n, training_log *out);

#endif
