#include "sim/run/reload.h"

#include <math.h>
#include <string.h>

#include "sim/base/fs.h"
#include "sim/io/csv.h"
#include "sim/io/json_read.h"

/* A CSV cell does not tell text from number: arms all named like numbers come back as numbers. */
static const char *arm_name(const pl_table *csv, size_t column, size_t row, const plan *p)
{
    if (csv->columns[column].spec.text) return pl_table_text(csv, row, column);
    for (size_t i = 0; i < p->n_arms; i++) {
        double value;
        if (pl_read_number(p->arm_names[i], &value) && value == csv->columns[column].v[row]) return p->arm_names[i];
    }
    return "";
}

/* The columns of the plan, in its order, with the values of the file. */
static pl_status fill(outcome *o, const plan *p, const pl_table *csv)
{
    pl_table *t = &o->table;
    pl_status st = PL_OK;
    for (size_t c = 0; c < p->columns.n_columns && !st; c++) st = pl_table_add_column(t, &p->columns.columns[c].spec, NULL);
    size_t arm = pl_table_index(t, "arm");
    for (size_t r = 0; r < csv->n_rows && !st; r++) {
        size_t row;
        st = pl_table_add_row(t, &row);
        for (size_t c = 0; c < t->n_columns && !st; c++) {
            size_t from = pl_table_index(csv, t->columns[c].spec.name);
            if (from == (size_t)-1) continue;
            if (c == arm)
                st = pl_table_set_text(t, row, c, arm_name(csv, from, r, p));
            else if (!csv->columns[from].spec.text)
                t->columns[c].v[row] = csv->columns[from].v[r];
        }
    }
    return st;
}

static pl_status complain(const char *path, const char *what, pl_diag *diag)
{
    pl_diag_add(diag, PL_ERROR, (pl_place){.file = path}, "`plateau replay` tells whether the files are what the run wrote", "%s",
                what);
    return PL_ERR_USER;
}

static pl_status read_metrics(outcome *o, const plan *p, const char *path, pl_diag *diag)
{
    pl_table csv;
    read_counts counts;
    pl_table_init(&csv);
    pl_status st = log_read(path, &csv, &counts, diag);
    if (!st && (!pl_table_find(&csv, "arm") || !pl_table_find(&csv, "replicate")))
        st = complain(path, "columns arm and replicate are missing", diag);
    if (!st && fill(o, p, &csv)) st = pl_diag_nomem(diag, "reading the run");
    const pl_column *replicate = pl_table_find(&o->table, "replicate");
    for (size_t r = 0; r < o->table.n_rows && !st; r++) {
        double k = replicate->v[r];
        if (!(k >= 0 && k < (double)p->replicates && k == floor(k)))
            st = complain(path, "a row has a replicate that the scenario does not have", diag);
    }
    pl_table_free(&csv);
    return st;
}

static pl_status read_failure(outcome *o, const plan *p, json_object *item, const char *path, pl_diag *diag)
{
    json_object *arm, *replicate, *message;
    pl_status st = json_member(item, "arm", json_type_string, path, &arm, diag);
    if (!st) st = json_member(item, "replicate", json_type_int, path, &replicate, diag);
    if (!st) st = json_member(item, "message", json_type_string, path, &message, diag);
    if (st) return st;
    failure *f = &o->failures[o->n_failures];
    for (size_t i = 0; i < p->n_arms; i++)
        if (strcmp(p->arm_names[i], json_object_get_string(arm)) == 0) f->arm = p->arm_names[i];
    if (!f->arm) return complain(path, "`failed` names an arm that the scenario does not have", diag);
    f->replicate = (size_t)json_object_get_int64(replicate);
    f->message = pl_arena_strdup(&o->arena, json_object_get_string(message));
    o->n_failures++;
    return f->message ? PL_OK : pl_diag_nomem(diag, "reading the run");
}

static pl_status read_failures(outcome *o, const plan *p, const char *path, pl_diag *diag)
{
    json_object *root = NULL, *failed;
    pl_status st = json_read_file(path, &root, diag);
    if (!st) st = json_member(root, "failed", json_type_array, path, &failed, diag);
    if (!st) {
        o->failures = pl_arena_array(&o->arena, json_object_array_length(failed) + 1, sizeof *o->failures);
        if (!o->failures) st = pl_diag_nomem(diag, "reading the run");
        for (size_t i = 0; i < json_object_array_length(failed) && !st; i++)
            st = read_failure(o, p, json_object_array_get_idx(failed, i), path, diag);
    }
    json_object_put(root);
    return st;
}

pl_status outcome_read(outcome *o, const plan *p, const char *dir, pl_diag *diag)
{
    const char *metrics = pl_join(&o->arena, dir, "metrics.csv"), *summary = pl_join(&o->arena, dir, "summary.json");
    if (!metrics || !summary) return pl_diag_nomem(diag, "reading the run");
    pl_status st = read_metrics(o, p, metrics, diag);
    if (!st) st = read_failures(o, p, summary, diag);
    return st;
}

pl_status outcome_load(outcome *o, const plan *p, const char *dir, pl_diag *diag)
{
    pl_status st = outcome_read(o, p, dir, diag);
    return st ? st : outcome_analyse(o, p, diag);
}
