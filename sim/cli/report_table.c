#include "sim/cli/report_table.h"

#include <math.h>
#include <string.h>

#include "sim/base/json.h"
#include "sim/core/stats.h"

static const char reason[] = "a table of results of finished models, not a run";

/* Columns that are a model's numbers; the bins of a reliability diagram are for the figure. */
static bool is_shown(const pl_column *c)
{
    return !c->spec.text && c->spec.origin != PL_KEY && strncmp(c->spec.name, "calibration/bin/", 16) != 0;
}

/* A row is the model's own, or the base's at the head of its arm; the base is told once. */
static const char *model_of(const training_log *log, size_t row, bool *again)
{
    bool base = log->base && log->table.columns[1].v[row] == 0;
    *again = base && row > 0;
    return base ? log->base : pl_table_text(&log->table, row, 0);
}

/* The k at which the model of that row falls below the base, whose row stands before it; NaN: nowhere, or no table of pass@k. */
static pl_status crossing(const training_log *log, size_t row, double *k)
{
    const pl_table *t = &log->table;
    double *v = pl_alloc_array(3 * t->n_columns, sizeof *v), *base = v + t->n_columns, *own = base + t->n_columns;
    size_t n = 0;
    *k = NAN;
    if (!v) return PL_ERR_WORLD;
    for (size_t c = 2; c < t->n_columns; c++) {
        const pl_column *column = &t->columns[c];
        if (strncmp(column->spec.name, "pass@", 5) != 0 || !pl_read_number(column->spec.name + 5, &v[n])) continue;
        base[n] = column->v[row - 1];
        own[n++] = column->v[row];
    }
    *k = pl_crossing(v, base, own, n);
    pl_free(v);
    return PL_OK;
}

static bool has_crossings(const training_log *log)
{
    size_t n = 0;
    for (size_t c = 2; c < log->table.n_columns; c++) n += strncmp(log->table.columns[c].spec.name, "pass@", 5) == 0;
    return log->base && n > 1;
}

static void print_row(const training_log *log, size_t row, const char *name, pl_str *out)
{
    pl_str_addf(out, "%s\n", *name ? name : "all");
    for (size_t c = 0; c < log->table.n_columns; c++) {
        const pl_column *column = &log->table.columns[c];
        if (is_shown(column) && !isnan(column->v[row])) pl_str_addf(out, "  %-24s %.4f\n", column->spec.name, column->v[row]);
    }
}

pl_status report_table(const training_log *log, pl_str *out)
{
    const pl_table *t = &log->table;
    pl_str_addf(out, "not judgeable: %s\n", reason);
    for (size_t r = 0; r < t->n_rows; r++) {
        bool again;
        double k;
        const char *name = model_of(log, r, &again);
        if (again) continue;
        print_row(log, r, name, out);
        if (!has_crossings(log) || t->columns[1].v[r] == 0) continue;
        if (crossing(log, r, &k)) return PL_ERR_WORLD;
        if (isnan(k))
            pl_str_addf(out, "  does not fall below '%s'\n", log->base);
        else
            pl_str_addf(out, "  falls below '%s' at k = %.3g\n", log->base, k);
    }
    return out->broken ? PL_ERR_WORLD : PL_OK;
}

static void json_row(const training_log *log, size_t row, pl_json *j)
{
    for (size_t c = 0; c < log->table.n_columns; c++) {
        const pl_column *column = &log->table.columns[c];
        if (!is_shown(column)) continue;
        pl_json_key(j, column->spec.name);
        pl_json_number(j, column->v[row]);
    }
}

static void key_text(pl_json *j, const char *key, const char *text)
{
    pl_json_key(j, key);
    pl_json_string(j, text);
}

pl_status report_table_json(const training_log *log, pl_str *out)
{
    const pl_table *t = &log->table;
    pl_json j;
    pl_json_init(&j, out);
    pl_json_object(&j);
    pl_json_key(&j, "schema_version");
    pl_json_integer(&j, 1);
    key_text(&j, "verdict", "not judgeable");
    key_text(&j, "reason", reason);
    key_text(&j, "base", log->base);
    pl_json_key(&j, "models");
    pl_json_object(&j);
    for (size_t r = 0; r < t->n_rows; r++) {
        bool again;
        double k = NAN;
        const char *name = model_of(log, r, &again);
        if (again) continue;
        pl_json_key(&j, name);
        pl_json_object(&j);
        json_row(log, r, &j);
        if (has_crossings(log) && t->columns[1].v[r] != 0) {
            if (crossing(log, r, &k)) return PL_ERR_WORLD;
            pl_json_key(&j, "falls_below_base_at_k");
            pl_json_number(&j, k);
        }
        pl_json_end_object(&j);
    }
    pl_json_end_object(&j);
    pl_json_end_object(&j);
    pl_str_addc(out, '\n');
    return out->broken ? PL_ERR_WORLD : PL_OK;
}
