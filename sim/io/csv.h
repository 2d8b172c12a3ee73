/* Reading logs, and CSV in and out.
 *
 * CSV as RFC 4180 has it: quoted fields with embedded separators, quotes and newlines, LF or CRLF, a byte-order mark,
 * a missing last newline. The first line names the columns. A column in which some field is neither a number nor a
 * missing word is a text column. Missing words are the empty field, nan, inf, null, none and na in any case; they are
 * counted. In a text column only the empty field is missing. Quotes do not make text (W&B quotes every number).
 * Ragged rows, NUL bytes, stray quotes and duplicate column names are errors with file:line:column (columns in bytes).
 *
 * JSON lines: an object a line. Nested objects are flattened, their keys joined by '/'; true and false are 1 and 0;
 * null, NaN and Infinity are missing; arrays are left out and counted in `skipped`, and so are blank lines. A key that
 * occurs twice in one object is an error, and so is a line that is not one whole object.
 */
#ifndef PL_IO_CSV_H
#define PL_IO_CSV_H

#include "sim/core/table.h"

#define LOG_SIZE_LIMIT ((size_t)1 << 30) /* bytes, also after unpacking */

typedef struct read_counts {
    size_t rows;
    size_t missing;    /* fields without a value, the non-finite ones included; absent keys of a JSON line */
    size_t non_finite; /* of these, written as nan or inf */
    size_t skipped;    /* blank lines, and arrays in JSON lines */
} read_counts;

/* `table` is initialised and has no columns; it gets one column (origin PL_LOGGED, unit "") per name. On failure it
 * stays as it was. `counts` may be NULL. Errors: PL_ERR_USER with every fault found (at most 20); PL_ERR_WORLD. */
PL_MUST_USE pl_status csv_parse(const char *text, size_t length, const char *file, pl_table *table, read_counts *counts,
                                pl_diag *diag);
PL_MUST_USE pl_status jsonl_parse(const char *text, size_t length, const char *file, pl_table *table, read_counts *counts,
                                  pl_diag *diag);
/* By content: gzip is unpacked; JSON lines when the first non-blank byte is '{', else CSV. "-" is standard input. */
PL_MUST_USE pl_status log_read(const char *path, pl_table *table, read_counts *counts, pl_diag *diag);

/* Missing is the empty field, numbers are the shortest that read back, lines end in LF. Reading the text again gives
 * the same table, except that a text column of which every word is a number comes back as numbers. */
PL_MUST_USE pl_status csv_write(const pl_table *table, pl_str *out);

/* The column of that name; NULL, and a user error that names the nearest columns, when there is none. The part of a
 * W&B name behind "run - " is found too when only one column ends in it. */
const pl_column *log_column_named(const pl_table *table, const char *name, const char *file, pl_diag *diag);

#endif
