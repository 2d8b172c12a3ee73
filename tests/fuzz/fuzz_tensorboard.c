/* Fuzzer of the reader of event files. The first byte tells how the rest becomes a file: as it stands (even), or cut into records
 * with good checksums (odd: a byte of length, then as many bytes), because no mutation finds a CRC. Whatever comes in: a table by
 * rising steps, or an error with a message; and what was read comes in again when it is exported. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/io/exporter.h"
#include "sim/io/importer.h"
#include "sim/io/tfrecord.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEMAND(condition)                                                                                                          \
    do {                                                                                                                           \
        if (!(condition)) {                                                                                                        \
            fprintf(stderr, "demand failed: %s\n", #condition);                                                                    \
            abort();                                                                                                               \
        }                                                                                                                          \
    } while (0)

static const importer *reader;

static void frame(const uint8_t *data, size_t size, pl_str *out)
{
    static crc32c_tables crc;
    crc32c_init(&crc);
    while (size) {
        size_t n = data[0] < size - 1 ? data[0] : size - 1;
        tfrecord_write(&crc, data + 1, n, out);
        data += n + 1;
        size -= n + 1;
    }
}

static void check(const training_log *log)
{
    const pl_table *t = &log->table;
    size_t values = 0;
    DEMAND(t->n_columns >= 2 && !strcmp(t->columns[0].spec.name, "step") && log->has_steps);
    for (size_t r = 1; r < t->n_rows; r++) DEMAND(t->columns[0].v[r - 1] < t->columns[0].v[r]);
    for (size_t c = 2; c < t->n_columns; c++)
        for (size_t r = 0; r < t->n_rows; r++) {
            DEMAND(!isinf(t->columns[c].v[r]));
            values += !isnan(t->columns[c].v[r]);
        }
    DEMAND(values || log->counts.non_finite || t->n_rows == 0);
    DEMAND(!log->broken);
}

/* Rows whose values are all missing, and columns without any, are not in the file; the column wall_time, and a tag of that name,
 * are called differently the second time. */
static void round_trip(const training_log *log)
{
    const exporter *to = (const exporter *)pl_registry_find(&exporter_registry, "tensorboard");
    training_log again;
    pl_str file;
    pl_str_init(&file);
    training_log_init(&again);
    DEMAND(to->write(&log->table, &file) == PL_OK);
    DEMAND(reader->parse(file.text, file.length, "again", &again, NULL) == PL_OK);
    DEMAND(again.table.n_rows <= log->table.n_rows && again.counts.skipped == 0 && again.counts.bad_crc == 0 &&
           again.counts.cut_off == 0);
    const pl_column *steps = &again.table.columns[0];
    for (size_t c = 2; c < log->table.n_columns; c++) {
        const pl_column *from = &log->table.columns[c], *twin = pl_table_find(&again.table, from->spec.name);
        size_t row = 0;
        if (strstr(from->spec.name, "wall_time")) continue;
        for (size_t r = 0; r < log->table.n_rows; r++) {
            double step = log->table.columns[0].v[r], x = from->v[r];
            if (isnan(x) || isinf((float)x) || fabs(step) >= 0x1p53) continue;
            while (row < again.table.n_rows && steps->v[row] < step) row++;
            DEMAND(twin && row < again.table.n_rows && steps->v[row] == step && twin->v[row] == (double)(float)x);
        }
    }
    training_log_free(&again);
    pl_str_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_str file;
    training_log log;
    pl_diag diag;
    if (!size) return 0;
    if (!reader) reader = (const importer *)pl_registry_find(&importer_registry, "tensorboard");
    pl_str_init(&file);
    training_log_init(&log);
    pl_diag_init(&diag);
    if (*data % 2)
        frame(data + 1, size - 1, &file);
    else
        pl_str_addn(&file, (const char *)data + 1, size - 1);
    char *exact = pl_alloc(file.length + 1); /* nothing may be read behind it */
    DEMAND(exact);
    if (file.length) memcpy(exact, file.text, file.length);
    DEMAND(reader->recognise(exact, file.length, "") <= 100);
    pl_free(exact);
    pl_status st = reader->parse(file.text ? file.text : "", file.length, "input", &log, &diag);
    DEMAND(st == PL_OK || (st == PL_ERR_USER && diag.errors > 0));
    if (!st) check(&log);
    if (!st) round_trip(&log);
    training_log_free(&log);
    pl_diag_free(&diag);
    pl_str_free(&file);
    return 0;
}
