#include "sim/analysis/statistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct observation {
    double key, x, y;
    size_t row;
} observation;

static int by_key(const void *a, const void *b)
{
    const observation *p = a, *q = b;
    if (p->key != q->key) return p->key < q->key ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

/* The columns by which rows are chosen; any may be missing. */
typedef struct keys {
    const pl_column *arm, *replicate, *step;
} keys;

static keys keys_of(const pl_table *t)
{
    keys k = {pl_table_find(t, "arm"), pl_table_find(t, "replicate"), pl_table_find(t, "step")};
    if (k.arm && !k.arm->spec.text) k.arm = NULL;
    return k;
}

static bool row_of(const keys *k, size_t row, const char *arm, int only, int without)
{
    if (arm && k->arm && strcmp(k->arm->words[(size_t)k->arm->v[row]], arm)) return false;
    int replicate = k->replicate ? (int)k->replicate->v[row] : 0;
    return (only == EVERY || replicate == only) && (without == NONE || replicate != without);
}

bool has_replicate(const pl_table *table, const char *arm, int replicate)
{
    keys k = keys_of(table);
    for (size_t row = 0; row < table->n_rows; row++)
        if (row_of(&k, row, arm, replicate, NONE)) return true;
    return false;
}

static size_t count_replicates(const selection *which)
{
    size_t n = 0, all = pl_table_replicates(which->table);
    if (!all) return 1;
    for (size_t r = 0; r < all; r++) {
        bool chosen = (which->only == EVERY || which->only == (int)r) && which->without != (int)r;
        n += chosen && has_replicate(which->table, which->arm, (int)r);
    }
    return n;
}

/* Means over runs of equal keys that have `full` members; in place of the observations' first ones. */
static size_t average(observation *o, size_t n, size_t full)
{
    size_t kept = 0;
    for (size_t i = 0, end; i < n; i = end) {
        double x = 0, y = 0;
        for (end = i; end < n && o[end].key == o[i].key; end++) {
            x += o[end].x;
            y += o[end].y;
        }
        double members = (double)(end - i);
        if (end - i >= full) o[kept++] = (observation){o[i].key, x / members, y / members, 0};
    }
    return kept;
}

pl_status mean_curve(const selection *which, const char *x, const char *y, pl_series *out)
{
    const pl_column *cx = pl_table_find(which->table, x), *cy = pl_table_find(which->table, y);
    keys k = keys_of(which->table);
    size_t n = cx && cy ? which->table->n_rows : 0, m = 0;
    *out = (pl_series){0};
    observation *o = pl_alloc_array(n, sizeof *o);
    out->x = pl_alloc_array(n, sizeof *out->x);
    out->y = pl_alloc_array(n, sizeof *out->y);
    if (!o || !out->x || !out->y) {
        pl_free(o);
        pl_series_free(out);
        *out = (pl_series){0};
        return PL_ERR_WORLD;
    }
    for (size_t row = 0; row < n; row++) {
        double key = k.step ? k.step->v[row] : cx->v[row];
        if (!row_of(&k, row, which->arm, which->only, which->without)) continue;
        if (isfinite(key) && isfinite(cx->v[row]) && isfinite(cy->v[row])) o[m++] = (observation){key, cx->v[row], cy->v[row], row};
    }
    qsort(o, m, sizeof *o, by_key);
    out->n = average(o, m, count_replicates(which));
    for (size_t i = 0; i < out->n; i++) {
        out->x[i] = o[i].x;
        out->y[i] = o[i].y;
    }
    pl_free(o);
    return PL_OK;
}

bool moment_parse(const char *text, double steps_per_epoch, moment *out)
{
    static const struct {
        const char *word;
        moment_kind kind;
    } words[] = {{"start", MOMENT_START}, {"end", MOMENT_END}, {"min", MOMENT_MIN}, {"max", MOMENT_MAX}, {"mean", MOMENT_MEAN}};
    for (size_t i = 0; i < PL_COUNT(words); i++)
        if (!strcmp(text, words[i].word)) {
            *out = (moment){words[i].kind, NAN, NULL};
            return true;
        }
    if (!strncmp(text, "change_point ", 13) && text[13]) {
        *out = (moment){MOMENT_CHANGE, NAN, text + 13};
        return true;
    }
    bool epoch = !strncmp(text, "epoch ", 6);
    double number;
    if (!epoch && strncmp(text, "step ", 5)) return false;
    if (!pl_read_number(text + (epoch ? 6 : 5), &number) || number < 0) return false;
    *out = (moment){MOMENT_STEP, epoch ? number * steps_per_epoch : number, NULL};
    return true;
}

pl_status change_step(const selection *which, const char *column, double *step)
{
    pl_series c;
    change_fit fit;
    fit_options options = fit_defaults();
    options.level = NAN;
    *step = NAN;
    pl_status st = mean_curve(which, "step", column, &c);
    if (st) return st;
    st = fit_change_point(c.x, c.y, c.n, options, &fit, NULL);
    if (!st) *step = fit.at.value;
    pl_series_free(&c);
    return st == PL_ERR_USER ? PL_OK : st;
}

double value_at(const pl_series *c, moment when)
{
    if (!c->n) return NAN;
    double low = INFINITY, high = -INFINITY;
    switch (when.kind) {
    case MOMENT_START:
        return c->y[0];
    case MOMENT_END:
        return c->y[c->n - 1];
    case MOMENT_MEAN:
        return pl_mean(c->y, c->n);
    case MOMENT_MIN:
    case MOMENT_MAX:
        for (size_t i = 0; i < c->n; i++) {
            low = fmin(low, c->y[i]);
            high = fmax(high, c->y[i]);
        }
        return when.kind == MOMENT_MIN ? low : high;
    case MOMENT_STEP:
    case MOMENT_CHANGE:
        break;
    }
    for (size_t i = 0; i < c->n; i++) {
        if (c->x[i] == when.step) return c->y[i];
        if (c->x[i] < when.step) continue;
        if (!i) return NAN;
        return c->y[i - 1] + (c->y[i] - c->y[i - 1]) * (when.step - c->x[i - 1]) / (c->x[i] - c->x[i - 1]);
    }
    return NAN;
}

double first_crossing(const pl_series *c, double level)
{
    if (!c->n) return NAN;
    double side = level >= c->y[0] ? 1 : -1;
    for (size_t i = 0; i < c->n; i++) {
        if (side * (c->y[i] - level) < 0) continue;
        if (!i) return c->x[0];
        return c->x[i - 1] + (c->x[i] - c->x[i - 1]) * (level - c->y[i - 1]) / (c->y[i] - c->y[i - 1]);
    }
    return NAN;
}

const char *const fit_statistics[] = {"sigmoid.A",
                                      "sigmoid.B",
                                      "sigmoid.C_mid",
                                      "sigmoid.R0",
                                      "sigmoid.r2",
                                      "sigmoid.identified",
                                      "sigmoid.x_first",
                                      "sigmoid.x_last",
                                      "sigmoid.C_mid_share",
                                      "sigmoid.prefix_A",
                                      "sigmoid.prefix_identified",
                                      "sigmoid.extrapolation_error",
                                      "sigmoid.prediction_error",
                                      "sigmoid.grid_A",
                                      "sigmoid.grid_B",
                                      "sigmoid.grid_C_mid",
                                      "sigmoid.grid_error",
                                      "entropy_law.a",
                                      "entropy_law.b",
                                      "entropy_law.r2",
                                      NULL};

bool is_fit_statistic(const char *name)
{
    for (size_t i = 0; fit_statistics[i]; i++)
        if (!strcmp(name, fit_statistics[i])) return true;
    return false;
}

/* The place of the first statistic by the procedure of the source; and of the entropy law's. */
enum { GRID = 13, LAW = 17 };

/* The whole and the prefix. out: the first 17 statistics. */
static pl_status sigmoid_statistics(const pl_series *c, const fits_spec *spec, const char *asked, double *out)
{
    sigmoid_fit whole, prefix, grid;
    bool identified = strstr(asked, "identified") != NULL;
    fit_options options = fit_defaults();
    options.drop = spec->drop;
    options.level = identified ? .9 : NAN;
    pl_status st = fit_sigmoid(c->x, c->y, c->n, options, &whole, NULL);
    if (st) return st == PL_ERR_USER ? PL_OK : st;
    const double values[] = {whole.A.value,  whole.B.value, whole.C_mid.value,
                             whole.R0.value, whole.r2,      identified ? whole.identified : NAN,
                             whole.x_first,  whole.x_last,  whole.C_mid.value / whole.x_last};
    memcpy(out, values, sizeof values);
    if (strstr(asked, "grid_")) {
        st = fit_sigmoid_grid(c->x, c->y, c->n, options, &grid, NULL);
        if (st) return st == PL_ERR_USER ? PL_OK : st;
        out[GRID] = grid.A.value;
        out[GRID + 1] = grid.B.value;
        out[GRID + 2] = grid.C_mid.value;
        out[GRID + 3] = grid.A.value - whole.A.value;
        return PL_OK;
    }
    options.until = spec->prefix;
    st = fit_sigmoid(c->x, c->y, c->n, options, &prefix, NULL);
    if (st) return st == PL_ERR_USER ? PL_OK : st;
    double last = whole.x_last;
    out[9] = prefix.A.value;
    out[10] = identified ? prefix.identified : NAN;
    out[11] = prefix.A.value - whole.A.value;
    out[12] = sigmoid_value(prefix.A.value, prefix.B.value, prefix.C_mid.value, prefix.R0.value, last) -
              sigmoid_value(whole.A.value, whole.B.value, whole.C_mid.value, whole.R0.value, last);
    return PL_OK;
}

pl_status fit_statistics_of(const selection *which, const fits_spec *fits, const char *asked, double out[N_FIT_STATISTICS])
{
    pl_series c;
    for (size_t i = 0; i < N_FIT_STATISTICS; i++) out[i] = NAN;
    pl_status st = mean_curve(which, fits->sigmoid_x, fits->sigmoid_y, &c);
    if (st) return st;
    st = sigmoid_statistics(&c, fits, asked, out);
    pl_series_free(&c);
    if (!st) st = mean_curve(which, fits->entropy_x, fits->entropy_y, &c);
    if (st) return st;
    entropy_fit law;
    st = fit_entropy_law(c.x, c.y, c.n, fit_defaults(), &law, NULL);
    if (!st) {
        out[LAW] = law.a.value;
        out[LAW + 1] = law.b.value;
        out[LAW + 2] = law.r2;
    }
    pl_series_free(&c);
    return st == PL_ERR_USER ? PL_OK : st;
}
