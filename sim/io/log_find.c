/* Columns by their names, and a log in words. */
#include <string.h>

#include "sim/io/importer.h"

/* "run - eval/pass@1" ends in the metric "eval/pass@1": what a W&B export calls the column of one run. */
static bool is_metric_of(const char *column, const char *name)
{
    size_t n = strlen(column), m = strlen(name);
    return n > m + 3 && !strcmp(column + n - m, name) && !memcmp(column + n - m - 3, " - ", 3);
}

static const pl_column *by_suffix(const pl_table *table, const char *name, size_t *n)
{
    const pl_column *found = NULL;
    *n = 0;
    for (size_t i = 0; i < table->n_columns; i++)
        if (is_metric_of(table->columns[i].spec.name, name)) found = &table->columns[i], ++*n;
    return found;
}

const pl_column *log_column_named(const pl_table *table, const char *name, const char *file, pl_diag *diag)
{
    const pl_column *found = pl_table_find(table, name);
    if (found) return found;
    size_t n;
    found = by_suffix(table, name, &n);
    if (n == 1) return found;
    pl_str remedy;
    pl_str_init(&remedy);
    const char **names = pl_alloc_array(table->n_columns, sizeof *names);
    const char *near = NULL;
    for (size_t i = 0; names && i < table->n_columns; i++) names[i] = table->columns[i].spec.name;
    if (names) near = pl_nearest(name, names, table->n_columns);
    if (near) {
        pl_str_addf(&remedy, "did you mean '%s'?", near);
    } else {
        pl_str_add(&remedy, "the columns are");
        for (size_t i = 0; i < table->n_columns && i < 12; i++)
            pl_str_addf(&remedy, "%s '%s'", i ? "," : "", table->columns[i].spec.name);
        if (table->n_columns > 12) pl_str_addf(&remedy, " and %zu more", table->n_columns - 12);
    }
    pl_diag_add(diag, PL_ERROR, (pl_place){file, 0, 0}, pl_str_end(&remedy),
                n ? "the column '%s' is there for several runs" : "no column '%s'", name);
    pl_free(names);
    pl_str_free(&remedy);
    return NULL;
}

const pl_column *log_metric_column(const training_log *log, const char *name, size_t *n)
{
    size_t unused;
    if (!n) n = &unused;
    const pl_column *found = NULL;
    *n = 0;
    for (size_t c = 0; c < log->table.n_columns && log->metrics; c++) {
        if (!log->metrics[c].name || strcmp(log->metrics[c].name, name) != 0) continue;
        if (!found || (log->metrics[c].as && found && log->metrics[found - log->table.columns].as &&
                       log->metrics[c].as < log->metrics[found - log->table.columns].as))
            found = &log->table.columns[c];
        ++*n;
    }
    if (*n < 2) return found;
    /* Several columns of one entry (validation sets) are several answers; of several entries the table's first is the one. */
    size_t same = 0;
    for (size_t c = 0; c < log->table.n_columns; c++)
        same += log->metrics[c].name && !strcmp(log->metrics[c].name, name) &&
                log->metrics[c].as == log->metrics[found - log->table.columns].as;
    *n = same;
    return found;
}

const pl_column *log_seek(const training_log *log, const char *name)
{
    size_t n;
    const pl_column *found = pl_table_find(&log->table, name);
    if (found) return found;
    found = log_metric_column(log, name, &n);
    if (n == 1) return found;
    if (n) return NULL;
    found = by_suffix(&log->table, name, &n);
    return n == 1 ? found : NULL;
}

const pl_column *log_find(const training_log *log, const char *name, pl_diag *diag)
{
    size_t n;
    const pl_column *found = log_seek(log, name);
    if (found) return found;
    (void)log_metric_column(log, name, &n);
    if (n < 2) return log_column_named(&log->table, name, log->file, diag);
    pl_str remedy;
    pl_str_init(&remedy);
    pl_str_add(&remedy, "name one of");
    for (size_t c = 0, k = 0; c < log->table.n_columns; c++)
        if (log->metrics[c].name && !strcmp(log->metrics[c].name, name))
            pl_str_addf(&remedy, "%s '%s'", k++ ? "," : "", log->table.columns[c].spec.name);
    pl_diag_add(diag, PL_ERROR, (pl_place){.file = log->file}, pl_str_end(&remedy), "several columns are '%s'", name);
    pl_str_free(&remedy);
    return NULL;
}

/* --- telling ---------------------------------------------------------------------------------------------------- */

void log_describe(const training_log *log, pl_str *out)
{
    const pl_table *t = &log->table;
    size_t known = 0;
    for (size_t c = 0; c < t->n_columns && log->metrics; c++) known += log->metrics[c].name != NULL;
    pl_str_addf(out, "%s: %zu rows", log->file, t->n_rows);
    if (log->has_steps && t->n_rows && log->series < 2) {
        pl_str_add(out, log->numbered ? " numbered " : " by step ");
        pl_str_num(out, t->columns[0].v[0]);
        pl_str_add(out, "..");
        pl_str_num(out, t->columns[0].v[t->n_rows - 1]);
    }
    pl_str_addf(out, ", %zu columns (%zu known metrics), format %s", t->n_columns, known, log->format->entry.name);
    if (log->framework) pl_str_addf(out, ", names of %s", log->framework);
    if (log->counts.files > 1) pl_str_addf(out, ", %zu files", log->counts.files);
    pl_str_addc(out, '\n');
    for (size_t i = 0; i < log->n_notes; i++) pl_str_addf(out, "  %s\n", log->notes[i]);
}
