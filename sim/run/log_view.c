#include "sim/run/log_view.h"

#include <math.h>
#include <string.h>

#include "sim/analysis/summarise.h"
#include "sim/run/fits.h"

void log_view_init(log_view *v)
{
    *v = (log_view){0};
    pl_table_init(&v->table);
    pl_table_init(&v->fits);
}

void log_view_free(log_view *v)
{
    pl_table_free(&v->fits);
    pl_table_free(&v->table);
    log_view_init(v);
}

/* The name that the column has in the view. */
static const char *name_of(const training_log *log, size_t column)
{
    const char *own = log->table.columns[column].spec.name, *canonical = log->metrics[column].name;
    size_t n;
    if (!canonical || pl_table_find(&log->table, canonical)) return own;
    return log_metric_column(log, canonical, &n) == &log->table.columns[column] && n == 1 ? canonical : own;
}

static pl_status copy_table(const training_log *log, pl_table *out)
{
    const pl_table *t = &log->table;
    pl_status st = PL_OK;
    for (size_t c = 0; c < t->n_columns && !st; c++) {
        pl_column_spec spec = t->columns[c].spec;
        spec.name = name_of(log, c);
        if (log->metrics[c].as && !*spec.unit) spec.unit = log->metrics[c].as->unit;
        st = pl_table_add_column(out, &spec, NULL);
    }
    for (size_t r = 0; r < t->n_rows && !st; r++) {
        st = pl_table_copy_row(out, t, r);
    }
    return st;
}

/* The first of the names that is a column with at least two numbers. */
static const char *first_of(const pl_table *t, const char *const *names)
{
    for (; *names; names++) {
        const pl_column *c = pl_table_find(t, *names);
        size_t n = 0;
        for (size_t r = 0; c && !c->spec.text && r < t->n_rows; r++) n += isfinite(c->v[r]);
        if (n >= 2) return *names;
    }
    return NULL;
}

static pl_status add_fits(log_view *v, const char *arm)
{
    fits_spec which = {.sigmoid_x = "step", .sigmoid_y = v->sigmoid_y, .entropy_x = v->entropy_x, .entropy_y = v->entropy_y};
    arm_fits fits;
    if (!which.sigmoid_y) which.sigmoid_y = "";
    if (!which.entropy_x || !which.entropy_y) which.entropy_x = which.entropy_y = "";
    pl_status st = summarise_fits(&v->table, arm, &which, &fits);
    if (!st && fits.has_sigmoid) st = fits_add_sigmoid(&v->fits, arm, &fits.sigmoid);
    if (!st && fits.has_entropy_law) st = fits_add_entropy_law(&v->fits, arm, &fits.entropy_law);
    return st;
}

pl_status log_view_make(const training_log *log, log_view *v, pl_diag *diag)
{
    static const char *const held_out[] = {"pass@1", "reward/validation", "pass@1/train", "reward/mean", NULL};
    static const char *const entropies[] = {"entropy/response", "entropy/token", NULL};
    static const char *const trained[] = {"pass@1/train", "reward/mean", "pass@1", "reward/validation", NULL};
    pl_status st = copy_table(log, &v->table);
    v->base = log->base;
    if (!st) st = fits_columns(&v->fits);
    if (!st && log->has_steps) {
        v->sigmoid_y = first_of(&v->table, held_out);
        v->entropy_x = first_of(&v->table, entropies);
        v->entropy_y = first_of(&v->table, trained);
        const char *const *arms;
        size_t n = pl_table_words(&v->table, "arm", &arms);
        for (size_t i = 0; i < n && !st; i++) st = add_fits(v, arms[i]);
        if (!n) st = add_fits(v, "");
    }
    return st ? pl_diag_nomem(diag, "preparing a log for figures") : PL_OK;
}

figure_data log_view_figure(const log_view *v)
{
    static const char none[] = ""; /* no column is called so: a figure that wants it does not apply */
    size_t replicates = pl_table_replicates(&v->table);
    bool law = v->entropy_x && v->entropy_y;
    return (figure_data){.table = &v->table,
                         .fits = &v->fits,
                         .sigmoid_x = v->sigmoid_y ? "step" : none,
                         .sigmoid_y = v->sigmoid_y ? v->sigmoid_y : none,
                         .entropy_x = law ? v->entropy_x : none,
                         .entropy_y = law ? v->entropy_y : none,
                         .before = v->base,
                         .scenario_hash = "",
                         .replicates = replicates ? replicates : 1,
                         .steps_per_epoch = NAN};
}
