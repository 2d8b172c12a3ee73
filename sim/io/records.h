/* Records of named values on their way into a log: one row each, columns as names come up.
 *
 * Numbers become cells. Words, lists and nulls do not, and are counted; so is a name that comes twice in one record.
 */
#ifndef PL_IO_RECORDS_H
#define PL_IO_RECORDS_H

#include "sim/io/dict.h"
#include "sim/io/importer.h"

typedef struct records {
    log_columns cols;
    training_log *log;
    size_t words, lists, twice;
    char example[48]; /* name of the first word left out */
} records;

void records_init(records *r, training_log *log);
void records_free(records *r);
PL_MUST_USE pl_status records_begin(records *r); /* a row */
/* A value of the row at hand. */
PL_MUST_USE pl_status records_put(records *r, const char *name, size_t length, const dict_value *v);
PL_MUST_USE pl_status records_number(records *r, const char *name, double x);
/* As a dict_member; `owner` is the records. */
pl_status records_take(void *owner, const char *name, size_t length, const dict_value *v);
/* The value of the row at hand, NaN when it has none. */
double records_get(const records *r, const char *name);
/* Forgets the row at hand. */
void records_undo(records *r);
/* Hands the rows to the log, with the notes. No row at all is an error that says what was looked for. */
PL_MUST_USE pl_status records_end(records *r, const char *what, const char *file, pl_diag *diag);

#endif
