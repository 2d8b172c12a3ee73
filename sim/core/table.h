/* The result table: named columns with units, where everything meets -- runs, logs, fits, figures, exports.
 *
 * Numbers are doubles, NaN is "missing". Text columns (arm, run) hold an index into the column's dictionary.
 * A table owns all its memory. Row-wise append, column-wise access.
 */
#ifndef PL_CORE_TABLE_H
#define PL_CORE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include "sim/base/diag.h"
#include "sim/base/hash.h"
#include "sim/base/str.h"

typedef enum pl_origin {
    PL_KEY,          /* identifies the row: arm, replicate, step */
    PL_EXACT,        /* computed from the model's probabilities */
    PL_ESTIMATED,    /* estimated from samples, as a real run would */
    PL_CLOCK,        /* simulated time and cost */
    PL_LOGGED        /* read from somebody's log */
} pl_origin;

typedef struct pl_column_spec {
    const char *name, *unit, *doc;      /* unit "" = dimensionless */
    pl_origin origin;
    bool text;
} pl_column_spec;

typedef struct pl_column {
    pl_column_spec spec;                /* strings owned by the table */
    double *v;                          /* n_rows values; text: index into `words` */
    char **words;
    size_t n_words;
} pl_column;

typedef struct pl_table {
    pl_column *columns;
    size_t n_columns, n_rows, capacity;
} pl_table;

void pl_table_init(pl_table *t);
void pl_table_free(pl_table *t);
/* PL_ERR_USER if the name is there; index may be NULL. */
PL_MUST_USE pl_status pl_table_add_column(pl_table *t, const pl_column_spec *spec, size_t *index);
void pl_table_drop_column(pl_table *t, size_t column);
PL_MUST_USE pl_status pl_table_add_row(pl_table *t, size_t *row);            /* all missing (text: word 0 is "") */
PL_MUST_USE pl_status pl_table_set_text(pl_table *t, size_t row, size_t column, const char *word);
const char *pl_table_text(const pl_table *t, size_t row, size_t column);     /* "" when missing */
const pl_column *pl_table_find(const pl_table *t, const char *name);         /* NULL if unknown */
size_t pl_table_index(const pl_table *t, const char *name);                  /* (size_t)-1 if unknown */
PL_MUST_USE pl_status pl_table_copy_row(pl_table *to, const pl_table *from, size_t row); /* columns of the same kinds */
PL_MUST_USE pl_status pl_table_append(pl_table *to, const pl_table *from);   /* same columns; rows behind */
pl_hash pl_table_hash(const pl_table *t);                                    /* of names, units and values */

/* The rows of one series: those with the given arm and replicate (arm NULL / replicate < 0: any) in which both
 * x and y are present, in table order. x, y are released with pl_free. */
typedef struct pl_series { double *x, *y; size_t n; } pl_series;
PL_MUST_USE pl_status pl_table_series(const pl_table *t, const char *arm, int replicate, const char *x, const char *y,
                                      pl_series *out);
void pl_series_free(pl_series *s);
/* The distinct words of a text column in order of appearance, without ""; 0 if there is no such column. */
size_t pl_table_words(const pl_table *t, const char *column, const char *const **words);
size_t pl_table_replicates(const pl_table *t);                               /* 1 + largest `replicate`, 0 if no such column */

#endif
