/* Fuzzing an importer: whatever comes in, it is a log that keeps its promises or an error with a message. */
#ifndef FUZZ_LOG_H
#define FUZZ_LOG_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/io/importer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEMAND(condition)                                                                                                          \
    do {                                                                                                                           \
        if (!(condition)) {                                                                                                        \
            fprintf(stderr, "demand failed: %s\n", #condition);                                                                    \
            abort();                                                                                                               \
        }                                                                                                                          \
    } while (0)

static inline void check_log(const training_log *log)
{
    const pl_table *t = &log->table;
    pl_str text;
    pl_str_init(&text);
    log_describe(log, &text);
    DEMAND(text.length > 0 && !text.broken && log->metrics && !log->broken);
    pl_str_free(&text);
    DEMAND(log->counts.missing <= t->n_rows * t->n_columns);
    for (size_t c = 0; c < t->n_columns; c++) {
        DEMAND(log_seek(log, t->columns[c].spec.name) == &t->columns[c]);
        DEMAND(!log->metrics[c].as || log->metrics[c].name);
        for (size_t r = 0; r < t->n_rows; r++) {
            double x = t->columns[c].v[r];
            DEMAND(t->columns[c].spec.text ? x >= 0 && x < (double)t->columns[c].n_words : !isinf(x));
        }
    }
    if (!log->has_steps) return;
    DEMAND(t->n_columns && !strcmp(t->columns[0].spec.name, "step"));
    for (size_t r = 1; r < t->n_rows && log->series < 2; r++) DEMAND(t->columns[0].v[r] > t->columns[0].v[r - 1]);
}

static inline int fuzz_log(const char *name, const uint8_t *data, size_t size)
{
    const importer *format = (const importer *)pl_registry_find(&importer_registry, name);
    training_log log;
    pl_diag diag;
    char *text = malloc(size + 1); /* importers may rely on a NUL behind the text, and on nothing behind that */
    DEMAND(format && text);
    if (size) memcpy(text, data, size);
    text[size] = '\0';
    pl_diag_init(&diag);
    int sure = format->recognise(text, size, "input");
    DEMAND(sure >= 0 && sure <= 100);
    pl_status st = log_import(format, text, size, "input", &log, &diag);
    DEMAND(st == PL_OK || (st == PL_ERR_USER && diag.errors > 0 && log.table.n_columns == 0));
    if (!st) check_log(&log);
    training_log_free(&log);
    pl_diag_free(&diag);
    free(text);
    return 0;
}

#endif
