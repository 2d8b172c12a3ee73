/* When a run will have covered a fraction of its rise. docs/model/fits.md.
 *
 * A run that is recorded without noise still strays from its sigmoid, and stays strayed: every batch moves the policy by chance,
 * and the next starts from there. So what is independent is not the residual but the increment,
 *
 *   y[k+1] - y[k] = rise (s(x[k+1]) - s(x[k])) + sigma sqrt((x[k+1] - x[k]) (1 - s)) e,     s(x) = 1/(1 + (C_mid/x)^B),
 *
 * e standard normal. The variance falls with what is left of the rise, as that of a share near fixation does (Wright and Fisher).
 * Every (B, C_mid) of a grid has its likelihood with rise and sigma integrated out, B log-normal around 1.6 with a factor of 2 to
 * one standard deviation; sigma starts from .012 of the range between neighbours with the weight of two increments. The future
 * starts at the last point, and strays as the past did. */
#include <math.h>

#include <gsl/gsl_cdf.h>

#include "sim/analysis/separable.h"
#include "sim/base/diag.h"
#include "sim/base/mem.h"

enum { SHAPES = 48, MIDDLES = 160, RISES = 7, STRAYS = 9, BINS = 4096 };
static const double B_centre = 0.47000362924573558 /* ln 1.6 */, B_spread = 0.69314718055994531, prior_increments = 2,
                    prior_noise = .012, least_left = 1e-4, longest = 6.907755278982137 /* ln 1000, beyond the last point */;

typedef struct walk {
    const curve *c;
    double sign, prior;           /* of the rise; 2 sigma^2 */
    double rise_at[RISES], stray_at[STRAYS]; /* standardised, of equal probability */
    double weight[BINS + 1];      /* of ln time from the last point; the last bin: later, or never */
} walk;
typedef struct shape { double u, w, ln_weight, rise, scale, sigma, first, end; } shape; /* scale: of the rise */

static double risen(double u, double w, double ln_x) { return 1 / (1 + exp(exp(u) * (w - ln_x))); }

static shape weigh(const walk *k, double u, double w)
{
    const curve *c = k->c;
    double gg = 1e-12, gy = 0, yy = 0, ln_variance = 0, s = risen(u, w, c->ln_x[0]), z = (u - B_centre) / B_spread;
    shape out = {.u = u, .w = w, .first = s};
    for (size_t i = 1; i < c->n; i++) {
        double next = risen(u, w, c->ln_x[i]), variance = (c->x[i] - c->x[i - 1]) * fmax(1 - .5 * (s + next), least_left);
        if (!(variance > 0)) continue;
        double g = next - s, y = k->sign * (c->y[i] - c->y[i - 1]);
        gg += g * g / variance;
        gy += g * y / variance;
        yy += y * y / variance;
        ln_variance += log(variance);
        s = next;
    }
    double freedom = prior_increments + (double)(c->n - 1) - 1, rest = k->prior + fmax(yy - gy * gy / gg, 0);
    out.end = s;
    out.rise = gy / gg;
    out.sigma = sqrt(rest / freedom);
    out.scale = out.sigma / sqrt(gg);
    out.ln_weight = -.5 * freedom * log(rest) - .5 * log(gg) - .5 * ln_variance - .5 * z * z;
    return out;
}

static void put(walk *k, double ln_more, double weight)
{
    double at = ln_more / longest * BINS;
    k->weight[at <= 0 ? 0 : at < BINS ? (size_t)at : BINS] += weight;
}

/* Times at which this curve, going on from the last point, has covered h. */
static void foretell(walk *k, const shape *s, double h, double weight)
{
    const curve *c = k->c;
    double gained = k->sign * (c->y[c->n - 1] - c->y[0]), last = log(c->last);
    for (int i = 0; i < RISES; i++) {
        double rise = s->rise + s->scale * k->rise_at[i], share = weight / RISES;
        if (!(rise > 0)) {
            put(k, INFINITY, share);
            continue;
        }
        double needed = fmax(h + s->end - s->first - gained / rise, 1e-6);
        if (needed > 1 - least_left) {
            put(k, INFINITY, share);
            continue;
        }
        double at = fmax(s->w + log(needed / (1 - needed)) / exp(s->u), last);
        double more = fmin(fmax(exp(at) - c->last, 0), 1e3 * c->last);
        double slope = rise * exp(s->u) * needed * (1 - needed);
        double stray = s->sigma * sqrt(more * fmax(1 - .5 * (needed + s->end), least_left)) / slope;
        for (int j = 0; j < STRAYS; j++) put(k, at + stray * k->stray_at[j] - last, share / STRAYS);
    }
}

static double quantile(const walk *k, double q)
{
    double total = 0, sum = 0;
    for (int i = 0; i <= BINS; i++) total += k->weight[i];
    for (int i = 0; i < BINS; i++) {
        double next = sum + k->weight[i];
        if (next >= q * total && k->weight[i] > 0) return k->c->last * exp(longest * (i + (q * total - sum) / k->weight[i]) / BINS);
        sum = next;
    }
    return k->c->last * exp(longest);
}

static void scan(walk *k, double h, shape *shapes)
{
    const curve *c = k->c;
    double top = -INFINITY, low = log(.2 * c->least), high = log(10 * c->last), B_low = log(.3), B_high = log(12);
    for (int i = 0; i < SHAPES; i++)
        for (int j = 0; j < MIDDLES; j++) {
            shape *s = &shapes[i * MIDDLES + j];
            *s = weigh(k, B_low + (B_high - B_low) * (i + .5) / SHAPES, low + (high - low) * (j + .5) / MIDDLES);
            top = fmax(top, s->ln_weight);
        }
    for (int i = 0; i < SHAPES * MIDDLES; i++)
        if (shapes[i].ln_weight > top - 10) foretell(k, &shapes[i], h, exp(shapes[i].ln_weight - top));
}

pl_status fit_reach(const double *x, const double *y, size_t n, fit_options options, double h, pl_estimate *reached, double *last,
                    pl_diag *diag)
{
    curve c;
    double level = options.level == 0 ? .9 : options.level;
    pl_status st = fit_curve_make(x, y, n, options, &c, diag);
    if (st) return st;
    walk *k = pl_alloc(sizeof *k);
    shape *shapes = pl_alloc_array((size_t)SHAPES * MIDDLES, sizeof *shapes);
    if (k && shapes) {
        double freedom = prior_increments + (double)c.n - 2, noise = prior_noise * (c.high - c.low);
        *k = (walk){.c = &c, .sign = c.y[c.n - 1] >= c.y[0] ? 1 : -1};
        k->prior = prior_increments * noise * noise * (double)(c.n - 1) / (c.last - c.x[0]);
        for (int i = 0; i < RISES; i++) k->rise_at[i] = gsl_cdf_tdist_Pinv((i + .5) / RISES, freedom);
        for (int i = 0; i < STRAYS; i++) k->stray_at[i] = gsl_cdf_tdist_Pinv((i + .5) / STRAYS, freedom);
        scan(k, h, shapes);
        *reached = (pl_estimate){quantile(k, .5), quantile(k, .5 - level / 2), quantile(k, .5 + level / 2), level};
        *last = c.last;
    } else {
        st = pl_diag_nomem(diag, "predicting a time");
    }
    pl_free(k);
    pl_free(shapes);
    fit_curve_free(&c);
    return st;
}
