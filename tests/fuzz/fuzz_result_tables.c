/* Fuzzer of the readers of result tables. The first byte chooses the reader, whatever the line of names says, as --format does.
 * Whatever comes in: arms over a base, or an error with a message. */
#include <ctype.h>
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

static const char *const names[] = {"pass_at_k", "calibration", "checkpoints"};

/* Shares are shares, and pass@k does not fall with k where it comes from counts: then the first note is how many questions there
 * are. */
static void check(const training_log *log)
{
    const pl_table *t = &log->table;
    DEMAND(t->n_columns >= 1 && !log->broken);
    if (!log->format->table) return;
    DEMAND(t->n_rows >= 1 && !strcmp(t->columns[0].spec.name, "arm") && !strcmp(t->columns[1].spec.name, "step"));
    for (size_t c = 2; c < t->n_columns; c++)
        for (size_t r = 0; r < t->n_rows; r++) {
            double x = t->columns[c].v[r];
            DEMAND(isnan(x) || (x >= -1e-12 && x <= 1 + 1e-12));
        }
    bool counts = !strcmp(log->format->entry.name, "pass_at_k") && log->n_notes && isdigit((unsigned char)log->notes[0][0]);
    for (size_t c = 3; c < t->n_columns && counts; c++)
        for (size_t r = 0; r < t->n_rows; r++) DEMAND(t->columns[c].v[r] >= t->columns[c - 1].v[r] - 1e-9);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size) return 0;
    const importer *how = (const importer *)pl_registry_find(&importer_registry, names[*data % PL_COUNT(names)]);
    char *text = pl_alloc(size);
    training_log log;
    pl_diag diag;
    DEMAND(text);
    memcpy(text, data + 1, size - 1);
    training_log_init(&log);
    pl_diag_init(&diag);
    log.format = how;
    pl_status st = how->parse(text, size - 1, "input", &log, &diag);
    DEMAND(st == PL_OK || (st == PL_ERR_USER && diag.errors > 0));
    if (!st) check(&log);
    training_log_free(&log);
    pl_diag_free(&diag);
    pl_free(text);
    return 0;
}
