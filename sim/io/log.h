/* A training log as read: whatever wrote it, a table of rows by step, what its columns mean, and what was not read.
 *
 * log_open reads the files of ONE run -- one file, or several parts (training and evaluation, restarts), or folders of them --
 * and merges their rows by step. The format is recognised by content, not by name. Every value that the files hold is either in
 * the table, or counted, and said in words in a note: nothing is left out in silence.
 *
 * Steps. `step` is a column of every log of a run (PL_KEY, first). Rows with the same step become one row; where two of
 * them hold different values of one column the later wins and `repeated` counts it. When a row goes back to an earlier step with
 * values that had been logged for a later one, the run was restarted there: earlier rows from that step on are dropped
 * (`restarts`, `dropped`). A late row of other columns (an evaluation that finished after the next step) is no restart. Rows in
 * no order at all are sorted. Files that tell when they began are taken in that order; one that says from which step it started
 * again drops the rows of the files before it from that step on. Rows of several series (arms, replicates, models) are left as they
 * are: `series`.
 */
#ifndef PL_IO_LOG_H
#define PL_IO_LOG_H

#include "sim/io/csv.h"
#include "sim/io/metrics.h"

typedef struct importer importer;

typedef struct log_counts {
    size_t files, records; /* read: files; rows, lines, dicts or events as the format has them */
    size_t missing;        /* cells without a value in the merged table, the non-finite ones included */
    size_t non_finite;     /* values written as nan or inf: missing */
    size_t skipped;        /* lines, records or values that are not part of the log's numbers (text, arrays, pictures) */
    size_t repeated;       /* values that a later row of the same step replaced */
    size_t backward;       /* rows whose step is before that of the row before them */
    size_t restarts;       /* of these: where the run began again */
    size_t dropped;        /* rows that a restart replaced */
    size_t no_step;        /* rows without a step, left out */
    size_t cut_off;        /* bytes of an unfinished last record */
    size_t bad_crc;        /* records whose checksum is wrong, left out */
    size_t bad_text;       /* bytes that are not UTF-8 */
} log_counts;

typedef struct log_metric {
    const metric_alias *as; /* NULL: a column that the table of metrics does not know */
    const char *name;       /* canonical; NULL with `as` NULL. A column map gives a name without `as` */
} log_metric;

typedef struct training_log {
    pl_table table;         /* columns under the log's own names, PL_LOGGED; `step` first */
    log_metric *metrics;    /* one for each column of the table */
    const importer *format; /* of the first file */
    const char *framework;  /* who wrote it, as in metrics.h; NULL: not known */
    const char *file;       /* the first path, for messages */
    bool has_steps;         /* false: a result table (pass@k, calibration), which has none */
    const char *base;       /* of a result table of several models: the one taken for the base, step 0 of every arm; else NULL */
    bool numbered;          /* there was no step in the file: rows are numbered from 0 */
    double began;           /* of one file: when its first record was written, s since 1970; NaN: it does not say */
    double started_at;      /* of one file: the least step from which it says the run was started again; INFINITY: none */
    size_t series;          /* how many arms, replicates or models the rows belong to; more than 1: not merged */
    const char *series_key; /* the column that tells them apart; NULL: one series */
    log_counts counts;
    const char **notes; /* in words; n_notes of them */
    size_t n_notes, notes_capacity;
    bool broken; /* memory ran out while a note was added */
    pl_arena arena;
} training_log;

typedef struct log_options {
    const char *format; /* name of an importer; NULL: by content */
    const char *const
        *map; /* "NAME=COLUMN": the column is the metric NAME (canonical, or your own); "step=COLUMN" gives the steps */
    size_t n_map;
    const char *const *where; /* "COLUMN=VALUE": only rows that have it */
    size_t n_where;
    const char *arm;    /* rows of this arm only, when the log has arms; NULL: all */
    bool one_replicate; /* rows of `replicate` only, when the log has replicates */
    int64_t replicate;
} log_options;

void training_log_init(training_log *log);
void training_log_free(training_log *log);

/* Reads `n` paths ("-": standard input; .gz is unpacked; a folder: every file in it that is recognised) as parts of one run.
 * `how` NULL: all by itself. On failure `log` is as after init. Errors: PL_ERR_USER with what is wrong and where. */
PL_MUST_USE pl_status log_open(const char *const *paths, size_t n, const log_options *how, training_log *log, pl_diag *diag);

/* The column of that name: the log's own, the metric's part of a W&B "run - metric", or a canonical metric. NULL, and an error that
 * names what there is, when none or several fit. */
const pl_column *log_find(const training_log *log, const char *name, pl_diag *diag);
/* The same without an error: NULL. */
const pl_column *log_seek(const training_log *log, const char *name);

/* The columns that are the metric of that canonical name: the first by preference, and in *n (may be NULL) how many there are of
 * its kind (several validation sets). NULL: none. */
const pl_column *log_metric_column(const training_log *log, const char *name, size_t *n);

/* "42 rows by step 0..41 from trl_state (trl), 19 columns, 3 known metrics" and a line for every note. */
void log_describe(const training_log *log, pl_str *out);

/* Adds a note in words; the count belongs into log->counts. */
void log_note(training_log *log, const char *fmt, ...) PL_PRINTF(2, 3);

#endif
