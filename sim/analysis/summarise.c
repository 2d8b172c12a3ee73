#include "sim/analysis/summarise.h"

#include <math.h>

#include "sim/analysis/statistic.h"

static const double LEVEL = .95;
/* What `identified` asks of A, the same as for a single curve (fit.h). */
static const double IDENTIFIED_LEVEL = .9, IDENTIFIED_WIDTH = .1;

/* The two fits of some replicates; level NaN: values alone. */
static pl_status fit_selection(const selection *which, const fits_spec *fits, double level, arm_fits *out)
{
    pl_series c;
    fit_options options = fit_defaults();
    options.level = level;
    *out = (arm_fits){0};
    pl_status st = mean_curve(which, fits->entropy_x, fits->entropy_y, &c);
    if (st) return st;
    st = fit_entropy_law(c.x, c.y, c.n, options, &out->entropy_law, NULL);
    out->has_entropy_law = !st;
    pl_series_free(&c);
    if (st == PL_ERR_WORLD) return st;
    st = mean_curve(which, fits->sigmoid_x, fits->sigmoid_y, &c);
    if (st) return st;
    options.drop = fits->drop;
    st = fit_sigmoid(c.x, c.y, c.n, options, &out->sigmoid, NULL);
    out->has_sigmoid = !st;
    pl_series_free(&c);
    return st == PL_ERR_USER ? PL_OK : st;
}

enum { N_PARAMETERS = 7 };

static void parameters(arm_fits *f, pl_estimate *out[N_PARAMETERS])
{
    pl_estimate *const all[N_PARAMETERS] = {&f->sigmoid.A,     &f->sigmoid.B,     &f->sigmoid.C_mid,      &f->sigmoid.R0,
                                            &f->entropy_law.a, &f->entropy_law.b, &f->entropy_law.ceiling};
    for (int i = 0; i < N_PARAMETERS; i++) out[i] = all[i];
}

/* Leave-one-out values of every parameter: left[i * n + k] is parameter i without the k-th replicate. */
static pl_status leave_one_out(const pl_table *table, const char *arm, const fits_spec *fits, size_t n_all, size_t n, double *left)
{
    size_t k = 0;
    for (size_t r = 0; r < n_all; r++) {
        if (!has_replicate(table, arm, (int)r)) continue;
        selection which = {table, arm, EVERY, (int)r};
        arm_fits without;
        pl_estimate *p[N_PARAMETERS];
        pl_status st = fit_selection(&which, fits, NAN, &without);
        if (st) return st;
        parameters(&without, p);
        for (int i = 0; i < N_PARAMETERS; i++) {
            bool there = i < 4 ? without.has_sigmoid : without.has_entropy_law;
            left[(size_t)i * n + k] = there ? p[i]->value : NAN;
        }
        k++;
    }
    return PL_OK;
}

/* The fit to the prefix of some replicates, and its curve at out->x. */
static pl_status fit_prefix(const selection *which, const fits_spec *fits, double level, arm_prediction *out)
{
    pl_series c;
    fit_options options = {.level = level, .drop = fits->drop, .until = fits->prefix, .R0 = NAN};
    pl_status st = mean_curve(which, fits->sigmoid_x, fits->sigmoid_y, &c);
    if (!st) st = fit_predict(c.x, c.y, c.n, options, out->x, PREDICTED_POINTS, out->y, &out->prefix, NULL);
    pl_series_free(&c);
    return st;
}

void predicted_places(double from, double to, double x[PREDICTED_POINTS])
{
    for (int i = 0; i < PREDICTED_POINTS; i++) x[i] = from * exp(log(to / from) * i / (PREDICTED_POINTS - 1));
}

/* Jackknife over replicates; a place where a fit was not possible without one of them has no interval. */
static pl_status predict_over_replicates(const selection *whole, const fits_spec *fits, size_t n_all, size_t n, arm_prediction *out)
{
    double *left = pl_alloc_array(PREDICTED_POINTS * n, sizeof *left);
    size_t k = 0;
    pl_status st = left ? fit_prefix(whole, fits, NAN, out) : PL_ERR_WORLD;
    for (size_t r = 0; r < n_all && !st; r++) {
        if (!has_replicate(whole->table, whole->arm, (int)r)) continue;
        selection which = {whole->table, whole->arm, EVERY, (int)r};
        arm_prediction without = *out;
        pl_status one = fit_prefix(&which, fits, NAN, &without);
        if (one == PL_ERR_WORLD) st = one;
        for (size_t i = 0; i < PREDICTED_POINTS; i++) left[i * n + k] = one ? NAN : without.y[i].value;
        k++;
    }
    for (size_t i = 0; i < PREDICTED_POINTS && !st; i++) out->y[i] = pl_jackknife(left + i * n, n, out->y[i].value, LEVEL);
    pl_free(left);
    return st;
}

static pl_status predict_rest(const selection *whole, const fits_spec *fits, size_t n_all, size_t n, arm_fits *out)
{
    double last = out->sigmoid.x_last;
    if (!out->has_sigmoid || !(fits->prefix > 0 && fits->prefix < 1) || !(last > 0)) return PL_OK;
    arm_prediction *p = &out->prediction;
    predicted_places(fits->prefix * last, 2 * last, p->x);
    pl_status st = n < 3 ? fit_prefix(whole, fits, LEVEL, p) : predict_over_replicates(whole, fits, n_all, n, p);
    out->has_prediction = !st;
    return st == PL_ERR_USER ? PL_OK : st;
}

/* The mean curve may be smooth enough to tell its own ceiling while the replicates do not agree on one. */
static void judge_again(const double *left_A, size_t n, arm_fits *out)
{
    sigmoid_fit *f = &out->sigmoid;
    if (!out->has_sigmoid || !f->identified) return;
    pl_estimate A = pl_jackknife(left_A, n, f->A.value, IDENTIFIED_LEVEL);
    if (A.high - A.low < IDENTIFIED_WIDTH) return;
    f->identified = false;
    f->reason = "the replicates disagree on A: its 90% jackknife interval is wider than 0.1";
}

/* The procedure of the source, beside the fit. */
static pl_status fit_by_grid(const selection *whole, const fits_spec *fits, arm_fits *out)
{
    pl_series c;
    fit_options options = fit_defaults();
    if (!fits->grid || !out->has_sigmoid) return PL_OK;
    pl_status st = mean_curve(whole, fits->sigmoid_x, fits->sigmoid_y, &c);
    if (st) return st;
    options.drop = fits->drop;
    st = fit_sigmoid_grid(c.x, c.y, c.n, options, &out->grid, NULL);
    out->has_grid = !st;
    pl_series_free(&c);
    return st == PL_ERR_USER ? PL_OK : st;
}

pl_status summarise_fits(const pl_table *table, const char *arm, const fits_spec *fits, arm_fits *out)
{
    size_t n_all = pl_table_replicates(table), n = 0;
    for (size_t r = 0; r < n_all; r++) n += has_replicate(table, arm, (int)r);
    selection whole = {table, arm, EVERY, NONE};
    pl_status st = fit_selection(&whole, fits, LEVEL, out);
    if (!st) st = predict_rest(&whole, fits, n_all, n, out);
    if (!st) st = fit_by_grid(&whole, fits, out);
    if (st || n < 3) return st;
    double *left = pl_alloc_array(N_PARAMETERS * n, sizeof *left);
    if (!left) return PL_ERR_WORLD;
    st = leave_one_out(table, arm, fits, n_all, n, left);
    pl_estimate *p[N_PARAMETERS];
    parameters(out, p);
    for (size_t i = 0; !st && i < N_PARAMETERS; i++)
        if (i < 4 ? out->has_sigmoid : out->has_entropy_law) *p[i] = pl_jackknife(left + i * n, n, p[i]->value, LEVEL);
    if (!st) judge_again(left, n, out);
    pl_free(left);
    return st;
}

static void judge_change(const double *left, size_t n, double first, double last, change_fit *out)
{
    out->at = pl_jackknife(left, n, out->at.value, LEVEL);
    bool narrow = out->at.high - out->at.low < .5 * (last - first) && out->at.low > first && out->at.high < last;
    out->identified = narrow && out->explained >= .5;
    out->reason = out->identified ? ""
                  : narrow        ? "the kink explains less than half of what a straight line leaves"
                                  : "the replicates disagree on where the kink is";
}

pl_status summarise_change_point(const pl_table *table, const char *arm, const char *column, change_fit *out)
{
    size_t n_all = pl_table_replicates(table), n = 0;
    selection which = {table, arm, EVERY, NONE};
    pl_series c;
    fit_options options = fit_defaults();
    options.level = LEVEL;
    pl_status st = mean_curve(&which, "step", column, &c);
    if (st) return st;
    st = fit_change_point(c.x, c.y, c.n, options, out, NULL);
    double first = c.n ? c.x[0] : NAN, last = c.n ? c.x[c.n - 1] : NAN;
    pl_series_free(&c);
    double *left = st ? NULL : pl_alloc_array(n_all, sizeof *left);
    if (st || !left) return st ? st : PL_ERR_WORLD;
    for (size_t r = 0; r < n_all && !st; r++) {
        if (!has_replicate(table, arm, (int)r)) continue;
        which.without = (int)r;
        st = change_step(&which, column, &left[n++]);
    }
    if (!st && n >= 3) judge_change(left, n, first, last, out);
    pl_free(left);
    return st;
}
