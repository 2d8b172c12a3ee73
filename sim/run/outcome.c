/* From the table of a run to final values, fits and verdicts. */
#include "sim/run/outcome.h"

#include <math.h>
#include <string.h>

void outcome_init(outcome *o)
{
    *o = (outcome){.steps_per_epoch = NAN};
    pl_arena_init(&o->arena);
    pl_table_init(&o->table);
    pl_table_init(&o->fits);
}

void outcome_free(outcome *o)
{
    pl_table_free(&o->fits);
    pl_table_free(&o->table);
    pl_arena_free(&o->arena);
}

static bool has_failed(const outcome *o, const char *arm, size_t replicate)
{
    for (size_t i = 0; i < o->n_failures; i++)
        if (o->failures[i].replicate == replicate && strcmp(o->failures[i].arm, arm) == 0) return true;
    return false;
}

/* Rows of an arm; they follow each other. */
typedef struct rows { size_t from, n; } rows;

static rows rows_of(const pl_table *t, const char *name)
{
    const size_t arm = pl_table_index(t, "arm");
    rows r = {0, 0};
    for (size_t i = 0; i < t->n_rows; i++) {
        if (strcmp(pl_table_text(t, i, arm), name) != 0) continue;
        if (r.n++ == 0) r.from = i;
    }
    return r;
}

static bool same_rows(const pl_table *t, rows a, rows b)
{
    const size_t arm = pl_table_index(t, "arm");
    if (a.n != b.n || a.n == 0) return false;
    for (size_t c = 0; c < t->n_columns; c++)
        for (size_t i = 0; i < a.n && c != arm; i++) {
            const double x = t->columns[c].v[a.from + i], y = t->columns[c].v[b.from + i];
            if (x != y && !(isnan(x) && isnan(y))) return false;
        }
    return true;
}

pl_status outcome_warn_of_twins(outcome *o, const plan *p, pl_diag *diag)
{
    rows *of = pl_arena_array(&o->arena, p->n_arms, sizeof *of);
    if (!of) return pl_diag_nomem(diag, "comparing the arms");
    for (size_t j = 0; j < p->n_arms; j++) {
        size_t i = 0;
        of[j] = rows_of(&o->table, p->arms[j].name);
        while (i < j && !same_rows(&o->table, of[i], of[j])) i++;
        if (i < j)
            pl_diag_add(diag, PL_WARNING, (pl_place){0},
                        "compare clip/fraction and ratio/effective: a bound that nothing reaches, a ratio that stays 1",
                        "arms '%s' and '%s' are the same run, number for number: what they differ in had no effect",
                        p->arms[i].name, p->arms[j].name);
    }
    return PL_OK;
}

/* The rows of replicates that reached the end: a value "at the end" of one that did not would be another step's. */
static pl_status finished_rows(const outcome *o, pl_table *out)
{
    const pl_table *t = &o->table;
    size_t arm = pl_table_index(t, "arm"), replicate = pl_table_index(t, "replicate");
    pl_status st = PL_OK;
    for (size_t c = 0; c < t->n_columns && !st; c++) st = pl_table_add_column(out, &t->columns[c].spec, NULL);
    for (size_t r = 0; r < t->n_rows && !st; r++) {
        if (has_failed(o, pl_table_text(t, r, arm), (size_t)t->columns[replicate].v[r])) continue;
        st = pl_table_copy_row(out, t, r);
    }
    return st;
}

/* The last value of a column in each replicate of an arm; missing ones are left out. */
static size_t last_values(const pl_table *t, const plan *p, const char *arm, size_t column, double *out)
{
    size_t arm_column = pl_table_index(t, "arm"), replicate = pl_table_index(t, "replicate"), n = 0;
    for (size_t k = 0; k < p->replicates; k++) out[k] = NAN;
    for (size_t r = 0; r < t->n_rows; r++) {
        size_t k = (size_t)t->columns[replicate].v[r];
        double value = t->columns[column].v[r];
        if (k < p->replicates && !isnan(value) && strcmp(pl_table_text(t, r, arm_column), arm) == 0) out[k] = value;
    }
    for (size_t k = 0; k < p->replicates; k++)
        if (!isnan(out[k])) out[n++] = out[k];
    return n;
}

static pl_status final_values(outcome *o, const plan *p, const pl_table *t, arm_outcome *arm)
{
    double *last = pl_arena_array(&o->arena, p->replicates, sizeof *last);
    arm->final = pl_arena_array(&o->arena, t->n_columns, sizeof *arm->final);
    if (!last || !arm->final) return PL_ERR_WORLD;
    for (size_t c = 0; c < t->n_columns; c++) {
        arm->final[c] = (pl_estimate){NAN, NAN, NAN, .95};
        if (t->columns[c].spec.text || t->columns[c].spec.origin == PL_KEY) continue;
        size_t n = last_values(t, p, arm->name, c, last);
        if (n) arm->final[c] = pl_t_interval(last, n, .95);
    }
    return PL_OK;
}

static pl_status change_points(outcome *o, const plan *p, const pl_table *t, arm_outcome *arm)
{
    const pl_strings *columns = &p->base.fits.change_points;
    arm->changes = pl_arena_array(&o->arena, columns->n + 1, sizeof *arm->changes);
    pl_status st = arm->changes ? PL_OK : PL_ERR_WORLD;
    for (size_t i = 0; i < columns->n && !st; i++) {
        st = summarise_change_point(t, arm->name, columns->v[i], &arm->changes[i]);
        if (st == PL_ERR_USER) {
            arm->changes[i] = (change_fit){.n = 0};
            st = PL_OK;
        }
    }
    return st;
}

static pl_status tabulate_fits(outcome *o, const plan *p)
{
    const pl_strings *columns = &p->base.fits.change_points;
    pl_status st = fits_columns(&o->fits);
    for (size_t i = 0; i < p->n_arms && !st; i++) {
        const arm_fits *f = &o->arms[i].fits;
        if (f->has_sigmoid) st = fits_add_sigmoid(&o->fits, o->arms[i].name, &f->sigmoid);
        if (!st && f->has_grid) st = fits_add_grid(&o->fits, o->arms[i].name, &f->grid);
        if (!st && f->has_prediction)
            st = fits_add_prediction(&o->fits, o->arms[i].name, &f->prediction.prefix, f->prediction.x, f->prediction.y,
                                     PREDICTED_POINTS);
        if (!st && f->has_entropy_law) st = fits_add_entropy_law(&o->fits, o->arms[i].name, &f->entropy_law);
        for (size_t k = 0; k < columns->n && !st; k++)
            if (o->arms[i].changes[k].n)
                st = fits_add_change_point(&o->fits, o->arms[i].name, columns->v[k], &o->arms[i].changes[k]);
    }
    return st;
}

/* Steps per epoch as the run had them, from its own columns: the scenario alone cannot tell when the pool is filtered. */
static double observed_steps_per_epoch(const pl_table *t)
{
    const pl_column *step = pl_table_find(t, "step"), *epoch = pl_table_find(t, "epoch");
    for (size_t r = t->n_rows; step && epoch && r-- > 0;)
        if (epoch->v[r] > 0) return step->v[r] / epoch->v[r];
    return NAN;
}

pl_status outcome_analyse(outcome *o, const plan *p, pl_diag *diag)
{
    pl_table finished;
    pl_table_init(&finished);
    pl_status st = finished_rows(o, &finished);
    o->arms = pl_arena_array(&o->arena, p->n_arms, sizeof *o->arms);
    o->n_hypotheses = p->base.hypotheses.n;
    o->hypotheses = pl_arena_array(&o->arena, o->n_hypotheses, sizeof *o->hypotheses);
    if (!st && (!o->arms || !o->hypotheses)) st = PL_ERR_WORLD;
    for (size_t i = 0; i < p->n_arms && !st; i++) {
        arm_outcome *arm = &o->arms[i];
        arm->name = p->arms[i].name;
        for (size_t k = 0; k < p->replicates; k++) arm->finished += !has_failed(o, arm->name, k);
        st = final_values(o, p, &finished, arm);
        if (!st) st = summarise_fits(&finished, arm->name, &p->base.fits, &arm->fits);
        if (!st) st = change_points(o, p, &finished, arm);
    }
    if (!st) st = tabulate_fits(o, p);
    if (st) st = pl_diag_nomem(diag, "analysing the run");
    o->steps_per_epoch = isnan(p->steps_per_epoch) ? observed_steps_per_epoch(&finished) : p->steps_per_epoch;
    if (!st && o->n_hypotheses)
        st = hypotheses_judge(&p->base.hypotheses, &p->base.fits, &finished, o->steps_per_epoch, &o->arena, o->hypotheses, diag);
    pl_table_free(&finished);
    return st;
}
