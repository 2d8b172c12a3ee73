/* The CSV that the W&B page exports: an axis, then for every run "run - metric" with its __MIN and __MAX. */
#include <math.h>
#include <string.h>

#include "sim/io/importer.h"

static int recognise(const char *text, size_t length, const char *path)
{
    const char *newline = memchr(text, '\n', length);
    if (!newline || *text == '{') return 0;
    for (const char *p = text; (p = strstr(p, "__MIN")) && p < newline; p++)
        if (p[5] == '"' || p[5] == ',') return 95;
    return 0;
}

/* The name without __MIN or __MAX, if it ends so and its metric is a column too. */
static const pl_column *bound_of(const pl_table *t, const char *name, char *metric, size_t size)
{
    size_t n = strlen(name);
    if (n < 6 || n - 5 >= size || (strcmp(name + n - 5, "__MIN") != 0 && strcmp(name + n - 5, "__MAX") != 0)) return NULL;
    memcpy(metric, name, n - 5);
    metric[n - 5] = '\0';
    return pl_table_find(t, metric);
}

/* Bounds go; where they differ from the metric several rows of the run share a place on the axis. */
static void drop_bounds(training_log *log)
{
    pl_table *t = &log->table;
    char name[512];
    size_t shared = 0;
    for (size_t c = 0; c < t->n_columns;) {
        const pl_column *metric = bound_of(t, t->columns[c].spec.name, name, sizeof name), *bound = &t->columns[c];
        if (!metric) {
            c++;
            continue;
        }
        for (size_t r = 0; r < t->n_rows && !bound->spec.text && !metric->spec.text; r++)
            shared += strstr(bound->spec.name, "__MIN") && bound->v[r] < metric->v[r];
        pl_table_drop_column(t, c);
    }
    if (shared) log_note(log, "%zu values are means of several rows at the same place on the axis", shared);
}

/* Runs are what stands before the last " - ". */
static size_t count_runs(const pl_table *t)
{
    size_t n = 0;
    for (size_t c = 1; c < t->n_columns; c++) {
        const char *name = t->columns[c].spec.name, *dash = NULL;
        for (const char *p = name; (p = strstr(p, " - ")); p += 3) dash = p;
        bool known = !dash;
        for (size_t d = 1; d < c && !known; d++)
            known = !strncmp(t->columns[d].spec.name, name, (size_t)(dash - name) + 3) &&
                    !strstr(t->columns[d].spec.name + (dash - name) + 3, " - ");
        n += !known;
    }
    return n;
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    bool found;
    pl_status st = log_parse_csv(text, length, file, log, diag);
    if (st) return st;
    drop_bounds(log);
    size_t runs = count_runs(&log->table);
    if (runs > 1) log_note(log, "%zu runs, each with columns of its own", runs);
    const char *axis[] = {log->table.columns[0].spec.name, NULL};
    return log_step_column(log, axis, &found);
}

const importer import_wandb_csv = {
    .entry = {.name = "wandb_csv", .doc = "CSV exported from the W&B page: an axis, and 'run - metric' with __MIN and __MAX"},
    .recognise = recognise,
    .parse = parse,
};
