/* Fuzzer of the CSV reader: whatever comes in, it is a table or an error with a message; and a table that was read survives writing
 * and reading again. With -DFUZZ_MAIN: runs the files given as arguments once each. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/io/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEMAND(condition)                                                                                                          \
    do {                                                                                                                           \
        if (!(condition)) {                                                                                                        \
            fprintf(stderr, "demand failed: %s\n", #condition);                                                                    \
            abort();                                                                                                               \
        }                                                                                                                          \
    } while (0)

static void same(const pl_table *a, const pl_table *b)
{
    DEMAND(a->n_columns == b->n_columns && a->n_rows == b->n_rows);
    for (size_t c = 0; c < a->n_columns; c++)
        for (size_t r = 0; r < a->n_rows; r++) {
            DEMAND(a->columns[c].spec.text == b->columns[c].spec.text);
            if (a->columns[c].spec.text)
                DEMAND(!strcmp(pl_table_text(a, r, c), pl_table_text(b, r, c)));
            else
                DEMAND(a->columns[c].v[r] == b->columns[c].v[r] || (isnan(a->columns[c].v[r]) && isnan(b->columns[c].v[r])));
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_table table, again;
    read_counts counts = {0};
    pl_diag diag;
    pl_table_init(&table);
    pl_table_init(&again);
    pl_diag_init(&diag);
    pl_status st = csv_parse((const char *)data, size, "input", &table, &counts, &diag);
    DEMAND(st == PL_OK || (st == PL_ERR_USER && diag.errors > 0 && table.n_columns == 0));
    if (!st) {
        pl_str text;
        pl_str_init(&text);
        DEMAND(counts.rows == table.n_rows && counts.missing <= table.n_rows * table.n_columns &&
               counts.non_finite <= counts.missing);
        DEMAND(csv_write(&table, &text) == PL_OK);
        DEMAND(csv_parse(text.text, text.length, "again", &again, NULL, &diag) == PL_OK);
        same(&table, &again);
        pl_str_free(&text);
    }
    pl_table_free(&again);
    pl_table_free(&table);
    pl_diag_free(&diag);
    return 0;
}

#ifdef FUZZ_MAIN
#include "sim/base/fs.h"

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char *text;
        size_t length;
        if (pl_read_file(argv[i], (size_t)1 << 24, &text, &length, NULL)) return 1;
        LLVMFuzzerTestOneInput((const uint8_t *)text, length);
        pl_free(text);
    }
    printf("%d inputs\n", argc - 1);
    return argc > 1 ? 0 : 1;
}
#endif
