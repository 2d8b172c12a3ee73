/* The points of a fit: sorted, cleaned, cut; and what their residuals say of the noise. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "sim/analysis/separable.h"

typedef struct point {
    double x, y;
    size_t order;
} point;

static int by_x(const void *a, const void *b)
{
    const point *p = a, *q = b;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    return (p->order > q->order) - (p->order < q->order);
}

static pl_status refuse(pl_diag *diag, const char *remedy, const char *what)
{
    pl_diag_add(diag, PL_ERROR, (pl_place){0}, remedy, "no sigmoid can be fitted: %s", what);
    return PL_ERR_USER;
}

static pl_status check_curve(const curve *c, size_t least, pl_diag *diag)
{
    size_t different = c->n > 0;
    for (size_t i = 1; i < c->n; i++) different += c->x[i] != c->x[i - 1];
    size_t needed = least ? least : 6, apart = least ? least : 5;
    if (c->n < needed || different < apart) {
        char what[96], remedy[96];
        snprintf(what, sizeof what, "%zu points at %zu different x are left", c->n, different);
        snprintf(remedy, sizeof remedy, "it takes %zu points at %zu different x", needed, apart);
        return refuse(diag, remedy, what);
    }
    if (c->x[0] < 0) return refuse(diag, "x is compute: steps, hours, tokens", "x is negative");
    if (!(c->high > c->low)) return refuse(diag, NULL, "y is the same everywhere");
    return PL_OK;
}

pl_status fit_curve_make(const double *x, const double *y, size_t n, fit_options options, curve *out, pl_diag *diag)
{
    *out = (curve){0};
    point *p = pl_alloc_array(n, sizeof *p);
    if (!p) return pl_diag_nomem(diag, "fitting a curve");
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]) && isfinite(y[i])) p[m++] = (point){x[i], y[i], i};
    qsort(p, m, sizeof *p, by_x);
    double from = m ? p[0].x + options.drop * (p[m - 1].x - p[0].x) : 0;
    double until = m && options.until > 0 && options.until < 1 ? options.until * p[m - 1].x : INFINITY;
    out->x = pl_alloc_array(m, sizeof *out->x);
    out->ln_x = pl_alloc_array(m, sizeof *out->ln_x);
    out->y = pl_alloc_array(m, sizeof *out->y);
    if (!out->x || !out->ln_x || !out->y) {
        pl_free(p);
        fit_curve_free(out);
        return pl_diag_nomem(diag, "fitting a curve");
    }
    out->first = out->least = out->low = INFINITY;
    out->high = -INFINITY;
    for (size_t i = 0; i < m; i++) {
        if (p[i].x > 0) out->least = fmin(out->least, p[i].x);
        if ((p[i].x < from && p[i].x != 0) || p[i].x > until) continue;
        out->x[out->n] = p[i].x;
        out->ln_x[out->n] = log(p[i].x); /* x = 0: minus infinity, where s = 0 */
        out->y[out->n++] = p[i].y;
        if (p[i].x > 0) out->first = fmin(out->first, p[i].x);
        out->last = p[i].x;
        out->low = fmin(out->low, p[i].y);
        out->high = fmax(out->high, p[i].y);
    }
    pl_free(p);
    pl_status st = check_curve(out, options.least, diag);
    if (st) fit_curve_free(out);
    return st;
}

void fit_curve_free(curve *c)
{
    pl_free(c->x);
    pl_free(c->ln_x);
    pl_free(c->y);
    *c = (curve){0};
}

double residual_autocorrelation(const double *r, size_t n)
{
    double product = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        square += r[i] * r[i];
        if (i) product += r[i] * r[i - 1];
    }
    double rho = square > 0 ? product / square : 0;
    return rho > 1.6448536269514722 / sqrt((double)n) ? fmin(rho, .95) : 0;
}

double allowed_rise(size_t n, size_t parameters, double rho, double level)
{
    double independent = (double)n * (1 - rho) / (1 + rho);
    double freedom = fmax(independent - (double)parameters, 1);
    double t = gsl_cdf_tdist_Pinv(0.5 + level / 2, freedom);
    return t * t * (1 + rho) / (1 - rho) / (double)(n - parameters);
}
