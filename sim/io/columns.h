/* Columns that grow while a log is read; inside sim/io only.
 *
 * A reader does not know how many rows come, nor whether a column is text, before the end. It reads the file once for
 * the numbers, marking the columns in which it met words, and a second time for the words of those columns alone.
 * Words are interned: a column keeps each distinct one once, and the row holds its index, as pl_table wants it.
 */
#ifndef PL_IO_COLUMNS_H
#define PL_IO_COLUMNS_H

#include "sim/io/csv.h"

typedef struct index_slots {
    uint32_t *v;
    size_t n, used;
} index_slots; /* open addressing; 0 is empty, else 1 + index */

typedef struct log_column {
    char *name;
    size_t length; /* of the name */
    bool text;
    size_t present, non_finite;
    double *v;    /* `rows` of them; capacity is the owner's */
    char **words; /* word 0 is "" */
    size_t n_words, word_capacity;
    index_slots slots; /* over words */
} log_column;

typedef struct log_columns {
    log_column *c;
    size_t n, capacity, rows, row_capacity;
    index_slots slots; /* over names */
} log_columns;

void columns_init(log_columns *cols);
void columns_free(log_columns *cols);
/* (size_t)-1 when there is no such column. Everything that grows returns PL_ERR_WORLD when memory, or the number of cells allowed,
 * runs out. */
size_t columns_find(const log_columns *cols, const char *name, size_t length);
PL_MUST_USE pl_status columns_add(log_columns *cols, const char *name, size_t length, size_t *index);
PL_MUST_USE pl_status columns_add_row(log_columns *cols);            /* all missing */
void columns_set_number(log_columns *cols, size_t column, double x); /* in the last row; the last one wins */
/* Before the second reading: a text column forgets the numbers it got in the first. */
PL_MUST_USE pl_status columns_start_text(log_columns *cols);
PL_MUST_USE pl_status columns_set_text(log_columns *cols, size_t row, size_t column, const char *word, size_t length);
/* Hands everything to `table` and fills the counts of values; the columns are empty afterwards. */
PL_MUST_USE pl_status columns_move(log_columns *cols, pl_table *table, read_counts *counts);

typedef enum field_kind { FIELD_NUMBER, FIELD_MISSING, FIELD_NON_FINITE, FIELD_WORD } field_kind;
/* What a field of text is; blanks around a number are allowed. */
field_kind field_read(const char *text, size_t length, double *x);

#endif
