/* A line with one kink, by least squares. For a given kink t the best continuous broken line is the straight line plus the part of
 * (x - t)+ that no straight line has, so that its sum of squares follows in closed form and only t is searched. */
#include <math.h>

#include <gsl/gsl_cdf.h>

#include "sim/analysis/separable.h"

enum { SIDE = 3, PARTS = 8 }; /* points on either side of the kink; places that are tried between two neighbouring points */

typedef struct kink {
    const double *x, *r; /* x from 0 to 1; residuals of the straight line */
    size_t n;
    double line; /* sum of squares of the straight line */
} kink;

/* Sum of squares with a kink at t; *change gets the change of slope there. */
static double kinked(const kink *k, double t, double *change)
{
    double n = (double)k->n, x = 0, h = 0, xx = 0, xh = 0, hh = 0, hr = 0;
    for (size_t i = 0; i < k->n; i++) {
        double over = fmax(k->x[i] - t, 0);
        x += k->x[i];
        h += over;
        xx += k->x[i] * k->x[i];
        xh += k->x[i] * over;
        hh += over * over;
        hr += over * k->r[i];
    }
    double sxx = xx - x * x / n, sxh = xh - x * h / n, rest = hh - h * h / n - sxh * sxh / sxx;
    *change = rest > 0 ? hr / rest : 0; /* r has neither mean nor slope, so that only (x - t)+ itself counts against it */
    return rest > 0 ? k->line - hr * hr / rest : k->line;
}

/* y becomes the residuals of its straight line over x. */
static void straight(const double *x, double *y, size_t n, double *level, double *slope, double *rss)
{
    double mx = pl_mean(x, n), my = pl_mean(y, n), xx = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        xy += (x[i] - mx) * (y[i] - my);
    }
    *slope = xy / xx;
    *level = my - *slope * mx;
    *rss = 0;
    for (size_t i = 0; i < n; i++) {
        y[i] -= *level + *slope * x[i];
        *rss += y[i] * y[i];
    }
}

static double place(const kink *k, size_t cell)
{
    size_t i = SIDE - 1 + cell / PARTS;
    double share = (double)(cell % PARTS) / PARTS;
    return i + 1 < k->n ? k->x[i] + share * (k->x[i + 1] - k->x[i]) : k->x[i];
}

static double golden(const kink *k, double low, double high)
{
    const double ratio = .6180339887498949;
    double a = high - ratio * (high - low), b = low + ratio * (high - low), unused;
    double fa = kinked(k, a, &unused), fb = kinked(k, b, &unused);
    for (int i = 0; i < 60; i++) {
        if (fa <= fb) {
            high = b;
            b = a;
            fb = fa;
            a = high - ratio * (high - low);
            fa = kinked(k, a, &unused);
        } else {
            low = a;
            a = b;
            fa = fb;
            b = low + ratio * (high - low);
            fb = kinked(k, b, &unused);
        }
    }
    return .5 * (low + high);
}

/* Between a place beyond the limit and one within it. */
static double edge(const kink *k, double outside, double inside, double limit)
{
    double unused;
    for (int i = 0; i < 50; i++) {
        double middle = .5 * (outside + inside);
        if (kinked(k, middle, &unused) <= limit)
            inside = middle;
        else
            outside = middle;
    }
    return inside;
}

/* Outermost places at which the sum of squares stays within the limit. */
static void interval(const kink *k, size_t cells, double best, double limit, double *low, double *high)
{
    double unused;
    *low = *high = best;
    for (size_t c = 0; c <= cells; c++) {
        double t = place(k, c);
        if (kinked(k, t, &unused) > limit) continue;
        if (t < *low) *low = c ? edge(k, place(k, c - 1), t, limit) : t;
        if (t >= *high) *high = c < cells ? edge(k, place(k, c + 1), t, limit) : t;
    }
    if (*low == best) *low = edge(k, place(k, 0), best, limit);
    if (*high == best) *high = edge(k, place(k, cells), best, limit);
}

/* The kink is searched, so the F of the best is larger than that of a given one: as of about 5 given ones together, which is what
 * straight lines with noise show (5% in the unit tests). */
static bool beyond_chance(double line, double rss, size_t n, double rho)
{
    double independent = (double)n * (1 - rho) / (1 + rho), freedom = fmax(independent - 4, 1);
    double F = (line - rss) / (rss / freedom);
    return F > gsl_cdf_fdist_Pinv(1 - .05 / 5, 1, freedom);
}

/* The residuals r of the straight line without what a kink at `at` explains; returns by how much the slope before it is less steep
 * than the straight line for it. */
static double take_kink(const kink *k, double at, double change, double *rest)
{
    double xx = 0, xh = 0, mx = pl_mean(k->x, k->n), mh = 0;
    for (size_t i = 0; i < k->n; i++) mh += fmax(k->x[i] - at, 0) / (double)k->n;
    for (size_t i = 0; i < k->n; i++) {
        xx += (k->x[i] - mx) * (k->x[i] - mx);
        xh += (k->x[i] - mx) * (fmax(k->x[i] - at, 0) - mh);
    }
    for (size_t i = 0; i < k->n; i++) rest[i] = k->r[i] - change * (fmax(k->x[i] - at, 0) - mh - xh / xx * (k->x[i] - mx));
    return change * xh / xx;
}

/* x and y are changed: x scaled to 0 .. 1, y to the residuals of the straight line. */
static void find(double *x, double *y, double *rest, size_t n, double wanted, change_fit *out)
{
    double from = x[0], range = x[n - 1] - x[0], level, slope, change, total = 0, mean = pl_mean(y, n), best = INFINITY;
    for (size_t i = 0; i < n; i++) {
        x[i] = (x[i] - from) / range;
        total += (y[i] - mean) * (y[i] - mean);
    }
    kink k = {.x = x, .r = y, .n = n};
    straight(x, y, n, &level, &slope, &k.line);
    size_t cells = (n - 2 * SIDE + 1) * PARTS, least = 0;
    for (size_t c = 0; c <= cells; c++) {
        double rss = kinked(&k, place(&k, c), &change);
        if (rss < best) best = rss, least = c;
    }
    double at = golden(&k, place(&k, least ? least - 1 : 0), place(&k, least < cells ? least + 1 : cells));
    double rss = fmax(kinked(&k, at, &change), 1e-18 * total), low = NAN, high = NAN;
    double before = slope - take_kink(&k, at, change, rest), rho = residual_autocorrelation(rest, n);
    if (!isnan(wanted)) interval(&k, cells, at, rss * (1 + allowed_rise(n, 4, rho, wanted)), &low, &high);
    *out = (change_fit){.at = {from + at * range, from + low * range, from + high * range, wanted},
                        .before = before / range,
                        .after = (before + change) / range,
                        .r2 = 1 - rss / total,
                        .explained = 1 - rss / fmax(k.line, rss),
                        .autocorrelation = rho,
                        .n = n,
                        .identified = beyond_chance(k.line, rss, n, rho),
                        .reason = ""};
    if (!out->identified) out->reason = "a line with a kink is no better than a straight one beyond chance";
}

pl_status fit_change_point(const double *x, const double *y, size_t n, fit_options options, change_fit *out, pl_diag *diag)
{
    *out = (change_fit){.at = {NAN, NAN, NAN, NAN}, .reason = ""};
    double *work = pl_alloc_array(n, 3 * sizeof *work), least = INFINITY, most = -INFINITY;
    if (!work) return pl_diag_nomem(diag, "looking for a change point");
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i]) || (m && x[i] <= work[m - 1])) continue;
        work[m] = x[i];
        work[n + m++] = y[i];
        least = fmin(least, y[i]);
        most = fmax(most, y[i]);
    }
    pl_status st = PL_OK;
    if (m < 2 * SIDE + 2 || !(most > least)) {
        pl_diag_add(diag, PL_ERROR, (pl_place){0}, "it takes 8 points", "no change point can be found: %zu points are left%s", m,
                    m < 2 * SIDE + 2 ? "" : ", and y is the same everywhere");
        st = PL_ERR_USER;
    } else {
        find(work, work + n, work + 2 * n, m, options.level == 0 ? .9 : options.level, out);
    }
    pl_free(work);
    return st;
}
