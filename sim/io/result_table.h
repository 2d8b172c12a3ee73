/* Result tables: what is measured of finished models, in CSV -- pass@k, calibration, checkpoints -- instead of a log over steps.
 *
 * Several models of one table are compared with the first of them or, when there is one, with the one called base. So they come
 * into the shape that a run's table has: every other model is an arm whose row of step 0 is the base's, its row of step 1 its own.
 * A table of one model is one arm with one row.
 */
#ifndef PL_IO_RESULT_TABLE_H
#define PL_IO_RESULT_TABLE_H

#include "sim/core/table.h"

/* Does the first line of a CSV text name a column out of each of the `n` lists? A list is names separated by blanks; one that ends
 * in '*' stands for every name that begins so. */
bool result_header(const char *text, size_t length, const char *const *lists, size_t n);
/* The first column that such a list names; (size_t)-1: none. */
size_t result_column(const pl_table *t, const char *list);

/* "FILE: row 3: <what>"; returns PL_ERR_USER. Rows are counted from 1, without the header. */
pl_status result_fault(pl_diag *diag, const char *file, size_t row, const char *remedy, const char *fmt, ...) PL_PRINTF(5, 6);
/* The column's number in that row, if it lies in [low, high] (and is whole, where asked); else a fault. */
PL_MUST_USE pl_status result_number(const pl_table *t, size_t row, size_t column, double low, double high, bool whole,
                                    const char *file, double *x, pl_diag *diag);

/* A fault unless the table has a row, and for each of the `n` lists a column. */
PL_MUST_USE pl_status result_require(const pl_table *t, const char *const *lists, size_t n, const char *file, pl_diag *diag);

/* The words of a text or number column, row by row; column (size_t)-1: "". In `arena`; NULL: out of memory. */
const char *result_word(const pl_table *t, size_t row, size_t column, pl_arena *arena);

/* Names as they come, each once. */
typedef struct result_names {
    const char **v;
    size_t n, capacity;
} result_names;
PL_MUST_USE pl_status result_names_add(result_names *names, const char *name, pl_arena *arena, size_t *index);

/* One row for every model, text column `model` first -> arms over a base. `base` is the row that was taken for it. */
PL_MUST_USE pl_status result_arms(const pl_table *models, pl_table *out, size_t *base);

#endif
