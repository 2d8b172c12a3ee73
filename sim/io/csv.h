/* CSV in and out (RFC 4180): quoted fields, embedded separators and newlines, CRLF, a byte-order mark, missing last
 * newline. The reader takes a header line; a field that is not a number makes its column text; empty, nan, inf and null are missing, and
 * counted. Ragged rows, NUL bytes and duplicate column names are errors with file:line:column. */
#ifndef PL_IO_CSV_H
#define PL_IO_CSV_H

#include "sim/core/table.h"

typedef struct read_counts { size_t rows, missing, non_finite, skipped; } read_counts;
PL_MUST_USE pl_status csv_parse(const char *text, size_t length, const char *file, pl_table *table, read_counts *counts, pl_diag *diag);
PL_MUST_USE pl_status csv_write(const pl_table *table, pl_str *out);        /* missing is empty; shortest numbers; LF */
PL_MUST_USE pl_status jsonl_parse(const char *text, size_t length, const char *file, pl_table *table, read_counts *counts, pl_diag *diag);
/* By content: JSONL when the first non-blank byte is '{', else CSV. "-" is standard input; .gz is unpacked. */
PL_MUST_USE pl_status log_read(const char *path, pl_table *table, read_counts *counts, pl_diag *diag);

#endif
