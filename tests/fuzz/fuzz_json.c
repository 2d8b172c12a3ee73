/* Fuzzer of the JSON readers: lines of a log, and strict single values. With -DFUZZ_MAIN: runs the files given as arguments once
 * each. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/io/csv.h"
#include "sim/io/json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DEMAND(condition)                                                                                                          \
    do {                                                                                                                           \
        if (!(condition)) {                                                                                                        \
            fprintf(stderr, "demand failed: %s\n", #condition);                                                                    \
            abort();                                                                                                               \
        }                                                                                                                          \
    } while (0)

/* A value that was read, printed and read again prints the same. */
static void single_value(const uint8_t *data, size_t size)
{
    pl_diag diag;
    json_reader reader;
    json_object *root, *again;
    pl_diag_init(&diag);
    DEMAND(json_reader_init(&reader, &diag) == PL_OK);
    pl_place start = {"input", 1, 1};
    pl_status st = json_read(&reader, (const char *)data, size, start, &root, &diag);
    DEMAND(st == PL_OK ? diag.errors == 0 : st == PL_ERR_USER && diag.errors > 0 && !root);
    if (!st && root) {
        char *text = strdup(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN));
        DEMAND(text && json_read(&reader, text, strlen(text), start, &again, &diag) == PL_OK);
        DEMAND(!strcmp(text, json_object_to_json_string_ext(again, JSON_C_TO_STRING_PLAIN)));
        json_object_put(again);
        free(text);
    }
    json_object_put(root);
    json_reader_free(&reader);
    pl_diag_free(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_table table;
    read_counts counts = {0};
    pl_diag diag;
    pl_table_init(&table);
    pl_diag_init(&diag);
    pl_status st = jsonl_parse((const char *)data, size, "input", &table, &counts, &diag);
    DEMAND(st == PL_OK || (st == PL_ERR_USER && diag.errors > 0 && table.n_columns == 0));
    if (!st) DEMAND(counts.rows == table.n_rows && counts.rows > 0 && counts.missing <= table.n_rows * table.n_columns);
    pl_table_free(&table);
    pl_diag_free(&diag);
    single_value(data, size);
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
