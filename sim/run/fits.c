#include "sim/run/fits.h"

#include <math.h>

#include "sim/base/field.h"

pl_status fits_columns(pl_table *fits)
{
    static const pl_column_spec columns[] = {
        {"arm", "", "arm", PL_KEY, true},
        {"name", "", "parameter of the fit", PL_KEY, true},
        {"value", "", "estimate", PL_ESTIMATED, false},
        {"low", "", "lower end of the interval", PL_ESTIMATED, false},
        {"high", "", "upper end of the interval", PL_ESTIMATED, false},
        {"level", "", "of the interval", PL_ESTIMATED, false},
    };
    pl_status st = PL_OK;
    for (size_t i = 0; i < PL_COUNT(columns) && !st; i++) st = pl_table_add_column(fits, &columns[i], NULL);
    return st;
}

typedef struct parameter {
    const char *name;
    pl_estimate value;
} parameter;

static pl_status add(pl_table *fits, const char *arm, const parameter *rows, size_t n)
{
    pl_status st = PL_OK;
    for (size_t i = 0; i < n && !st; i++) {
        size_t row;
        st = pl_table_add_row(fits, &row);
        if (!st) st = pl_table_set_text(fits, row, 0, arm);
        if (!st) st = pl_table_set_text(fits, row, 1, rows[i].name);
        if (st) break;
        const double values[] = {rows[i].value.value, rows[i].value.low, rows[i].value.high, rows[i].value.level};
        for (size_t k = 0; k < PL_COUNT(values); k++) fits->columns[2 + k].v[row] = values[k];
    }
    return st;
}

static pl_estimate exact(double value) { return (pl_estimate){value, NAN, NAN, NAN}; }

pl_status fits_add_sigmoid(pl_table *fits, const char *arm, const sigmoid_fit *f)
{
    const parameter rows[] = {{"sigmoid.A", f->A},
                              {"sigmoid.B", f->B},
                              {"sigmoid.C_mid", f->C_mid},
                              {"sigmoid.R0", f->R0},
                              {"sigmoid.r2", exact(f->r2)},
                              {"sigmoid.identified", exact(f->identified)},
                              {"sigmoid.x_first", exact(f->x_first)},
                              {"sigmoid.x_last", exact(f->x_last)}};
    return add(fits, arm, rows, PL_COUNT(rows));
}

pl_status fits_add_grid(pl_table *fits, const char *arm, const sigmoid_fit *f)
{
    const parameter rows[] = {{"sigmoid.grid.A", f->A},
                              {"sigmoid.grid.B", f->B},
                              {"sigmoid.grid.C_mid", f->C_mid},
                              {"sigmoid.grid.R0", f->R0},
                              {"sigmoid.grid.r2", exact(f->r2)}};
    return add(fits, arm, rows, PL_COUNT(rows));
}

pl_status fits_add_prediction(pl_table *fits, const char *arm, const sigmoid_fit *prefix, const double *x, const pl_estimate *y,
                              size_t n)
{
    const parameter rows[] = {{"sigmoid.prefix.A", prefix->A},
                              {"sigmoid.prefix.B", prefix->B},
                              {"sigmoid.prefix.C_mid", prefix->C_mid},
                              {"sigmoid.prefix.R0", prefix->R0},
                              {"sigmoid.prefix.x_last", exact(prefix->x_last)}};
    pl_status st = add(fits, arm, rows, PL_COUNT(rows));
    for (size_t i = 0; i < n && !st; i++) {
        char place[48], value[48];
        snprintf(place, sizeof place, "sigmoid.predicted_x.%zu", i);
        snprintf(value, sizeof value, "sigmoid.predicted.%zu", i);
        const parameter pair[] = {{place, exact(x[i])}, {value, y[i]}};
        st = add(fits, arm, pair, PL_COUNT(pair));
    }
    return st;
}

pl_status fits_add_entropy_law(pl_table *fits, const char *arm, const entropy_fit *f)
{
    const parameter rows[] = {{"entropy_law.a", f->a},
                              {"entropy_law.b", f->b},
                              {"entropy_law.ceiling", f->ceiling},
                              {"entropy_law.r2", exact(f->r2)}};
    return add(fits, arm, rows, PL_COUNT(rows));
}

pl_status fits_add_change_point(pl_table *fits, const char *arm, const char *column, const change_fit *f)
{
    const parameter values[] = {{"change_point", f->at},
                                {"change_point.before", exact(f->before)},
                                {"change_point.after", exact(f->after)},
                                {"change_point.identified", exact(f->identified)}};
    pl_status st = PL_OK;
    for (size_t i = 0; i < PL_COUNT(values) && !st; i++) {
        pl_str name;
        pl_str_init(&name);
        pl_str_addf(&name, "%s.%s", values[i].name, column);
        const parameter row = {pl_str_end(&name), values[i].value};
        st = row.name ? add(fits, arm, &row, 1) : PL_ERR_WORLD;
        pl_str_free(&name);
    }
    return st;
}

void estimate_json(pl_json *j, const pl_estimate *e)
{
    pl_json_object(j);
    pl_json_key(j, "value");
    pl_json_number(j, e->value);
    pl_json_key(j, "low");
    pl_json_number(j, e->low);
    pl_json_key(j, "high");
    pl_json_number(j, e->high);
    pl_json_key(j, "level");
    pl_json_number(j, e->level);
    pl_json_end_object(j);
}

static void named(pl_json *j, const char *key, const pl_estimate *e)
{
    pl_json_key(j, key);
    estimate_json(j, e);
}

static void quality(pl_json *j, double r2, bool identified, const char *reason)
{
    pl_json_key(j, "r2");
    pl_json_number(j, r2);
    pl_json_key(j, "identified");
    pl_json_bool(j, identified);
    pl_json_key(j, "reason");
    pl_json_string(j, identified ? NULL : reason);
}

static void plain(pl_json *j, const char *key, double value)
{
    pl_json_key(j, key);
    pl_json_number(j, value);
}

void sigmoid_json(pl_json *j, const sigmoid_fit *f, const sigmoid_fit *grid)
{
    if (!f) {
        pl_json_null(j);
        return;
    }
    pl_json_object(j);
    named(j, "A", &f->A);
    named(j, "B", &f->B);
    named(j, "C_mid", &f->C_mid);
    named(j, "R0", &f->R0);
    quality(j, f->r2, f->identified, f->reason);
    if (grid) {
        pl_json_key(j, "grid");
        pl_json_object(j);
        plain(j, "A", grid->A.value);
        plain(j, "B", grid->B.value);
        plain(j, "C_mid", grid->C_mid.value);
        plain(j, "R0", grid->R0.value);
        plain(j, "r2", grid->r2);
        pl_json_end_object(j);
    }
    pl_json_end_object(j);
}

void entropy_law_json(pl_json *j, const entropy_fit *f)
{
    if (!f) {
        pl_json_null(j);
        return;
    }
    pl_json_object(j);
    named(j, "a", &f->a);
    named(j, "b", &f->b);
    quality(j, f->r2, f->identified, f->reason);
    pl_json_end_object(j);
}

void change_point_json(pl_json *j, const change_fit *f)
{
    if (!f->n) {
        pl_json_null(j);
        return;
    }
    pl_json_object(j);
    named(j, "step", &f->at);
    pl_json_key(j, "slope_before");
    pl_json_number(j, f->before);
    pl_json_key(j, "slope_after");
    pl_json_number(j, f->after);
    quality(j, f->r2, f->identified, f->reason);
    pl_json_end_object(j);
}
