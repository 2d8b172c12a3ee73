/* Importers: the time to open a log of ROWS rows with 20 metrics each, from the text in memory to the table by step.
 *
 *     bench_import [ROWS]
 *
 * The best of three rounds, by the clock and of processor time (other programs disturb only the first). Reading and unpacking the
 * file are not in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/io/exporter.h"
#include "sim/io/importer.h"

enum { METRICS = 20 };

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* What stands before and behind a row and between its values, as the format has it. */
typedef struct layout {
    const char *format, *start, *row, *value, *between, *row_end, *end;
    const char *header; /* of CSV: before and behind each name; NULL: names stand in the rows */
} layout;

static const layout layouts[] = {
    {"verl_console", "", "(TaskRunner pid=7) step:%zu - ", "actor/metric_%d:%.6f", " - ", "\n", "", NULL},
    {"trl_console", "", " 1%%| | %zu/1000000 [0:10]\r{", "'metric_%d': %.6f", ", ", ", 'loss': 0.5, 'epoch': 0.1}\n", "", NULL},
    {"trl_state", "{\"log_history\": [\n", "{\"step\": %zu, ", "\"metric_%d\": %.6f", ", ", "},\n", "{\"step\": 0}]}\n", NULL},
    {"openrlhf_console", "", "INFO Global step %zu: {", "'metric_%d': %.6f", ", ", "}\n", "", NULL},
    {"slime_console", "", "step %zu: {", "'train/metric_%d': %.6f", ", ", "}\n", "", NULL},
    {"prime_rl_console", "", "SUCCESS Step %zu | ", "Metric %d: %.6f", " | ", "\n", "", NULL},
    {"jsonl", "", "{\"step\": %zu, ", "\"metric_%d\": %.6f", ", ", "}\n", "", NULL},
    {"csv", "step", "%zu", ",%.6f", "", "\n", "", ",metric_%d"},
    {"wandb_csv", "\"Step\"", "\"%zu\"", ",\"%.6f\"", "", "\n", "", ",\"run - metric_%d\""},
    {"wandb_history", "_step,_runtime", "%zu,1", ",%.6f", "", "\n", "", ",metric_%d"},
    {"plateau", "arm,replicate,step", "base,0,%zu", ",%.6f", "", "\n", "", ",metric_%d"},
};

/* The formats are those above: data, not text of somebody else. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
static void write_log(pl_str *out, const layout *l, size_t rows)
{
    pl_str_add(out, l->start);
    for (int m = 0; l->header && m < METRICS; m++) pl_str_addf(out, l->header, m);
    if (l->header) pl_str_addc(out, '\n');
    for (size_t r = 1; r <= rows; r++) {
        pl_str_addf(out, l->row, r);
        for (int m = 0; m < METRICS; m++) {
            double x = (double)((r * 7919 + (size_t)m * 104729) % 1000003) / 1000003;
            if (m) pl_str_add(out, l->between);
            if (l->header)
                pl_str_addf(out, l->value, x);
            else
                pl_str_addf(out, l->value, m, x);
        }
        pl_str_add(out, l->row_end);
    }
    pl_str_add(out, l->end);
}

static void write_nemo(pl_str *out, size_t rows)
{
    pl_str_add(out, "{");
    for (int m = 0; m < METRICS; m++) {
        pl_str_addf(out, "%s\"train/metric_%d\": {", m ? ",\n" : "", m);
        for (size_t r = 1; r <= rows; r++) pl_str_addf(out, "%s\"%zu\": %.6f", r > 1 ? ", " : "", r, (double)(r % 1009) / 1009);
        pl_str_add(out, "}");
    }
    pl_str_add(out, "}\n");
}

/* An event a value, as torch writes them. */
static void write_events(pl_str *out, size_t rows)
{
    const exporter *format = (const exporter *)pl_registry_find(&exporter_registry, "tensorboard");
    pl_table t;
    pl_table_init(&t);
    for (int m = -1; m < METRICS; m++) {
        char name[24] = "step";
        if (m >= 0) snprintf(name, sizeof name, "actor/metric_%d", m);
        if (pl_table_add_column(&t, &(pl_column_spec){name, "", "", m < 0 ? PL_KEY : PL_LOGGED, false}, NULL)) abort();
    }
    for (size_t r = 1; r <= rows; r++) {
        size_t row;
        if (pl_table_add_row(&t, &row)) abort();
        t.columns[0].v[row] = (double)r;
        for (int m = 0; m < METRICS; m++) t.columns[m + 1].v[row] = (double)((r * 7919 + (size_t)m * 104729) % 1000003) / 1000003;
    }
    if (format->write(&t, out)) abort();
    pl_table_free(&t);
}

static int measure(const char *name, const pl_str *text, size_t rows)
{
    const importer *format = (const importer *)pl_registry_find(&importer_registry, name);
    double best = 1e9, least = 1e9;
    for (int round = 0; round < 3; round++) {
        training_log log;
        pl_diag diag;
        pl_diag_init(&diag);
        double start = seconds(CLOCK_MONOTONIC), busy = seconds(CLOCK_PROCESS_CPUTIME_ID);
        pl_status st = log_import(format, text->text, text->length, name, &log, &diag);
        double took = seconds(CLOCK_MONOTONIC) - start;
        busy = seconds(CLOCK_PROCESS_CPUTIME_ID) - busy;
        if (took < best) best = took;
        if (busy < least) least = busy;
        pl_diag_print(&diag, stderr);
        bool good = !st && log.table.n_rows >= rows && log.table.n_columns > METRICS;
        training_log_free(&log);
        pl_diag_free(&diag);
        if (!good) return fprintf(stderr, "%s was not read as it was written\n", name), 1;
    }
    printf("%-18s %6.1f MB  %6.3f s by the clock, %6.3f s of the processor: %4.0f MB/s\n", name, (double)text->length / 1e6, best,
           least, (double)text->length / 1e6 / least);
    return 0;
}

int main(int argc, char **argv)
{
    size_t rows = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
    int failed = 0;
    printf("%zu rows of %d metrics\n", rows, METRICS);
    for (size_t i = 0; i < PL_COUNT(layouts) + 2; i++) {
        const char *format = i < PL_COUNT(layouts) ? layouts[i].format : i == PL_COUNT(layouts) ? "nemo_json" : "tensorboard";
        pl_str text;
        pl_str_init(&text);
        if (i < PL_COUNT(layouts))
            write_log(&text, &layouts[i], rows);
        else
            (i == PL_COUNT(layouts) ? write_nemo : write_events)(&text, rows);
        if (!pl_str_end(&text)) return 3;
        failed += measure(format, &text, rows);
        pl_str_free(&text);
    }
    return failed > 0;
}
