/* The entropy law is a straight line in e^H: closed form, Student t intervals. */
#include <math.h>

#include "sim/analysis/separable.h"

typedef struct line {
    double slope, level, slope_error, level_error, ceiling_error, rss, total, rho;
} line;

/* Least squares of y on z; `r` (n) gets the residuals. Errors are those of independent residuals. */
static line regress(const double *z, const double *y, size_t n, double *r)
{
    double mean_z = pl_mean(z, n), mean_y = pl_mean(y, n), zz = 0, zy = 0;
    line l = {0};
    for (size_t i = 0; i < n; i++) {
        zz += (z[i] - mean_z) * (z[i] - mean_z);
        zy += (z[i] - mean_z) * (y[i] - mean_y);
        l.total += (y[i] - mean_y) * (y[i] - mean_y);
    }
    l.slope = zy / zz;
    l.level = mean_y - l.slope * mean_z;
    for (size_t i = 0; i < n; i++) {
        r[i] = y[i] - l.level - l.slope * z[i];
        l.rss += r[i] * r[i];
    }
    l.rho = residual_autocorrelation(r, n);
    l.slope_error = 1 / sqrt(zz);
    l.level_error = sqrt(1 / (double)n + mean_z * mean_z / zz);
    l.ceiling_error = sqrt(1 / (double)n + (1 - mean_z) * (1 - mean_z) / zz); /* H = 0 is z = 1 */
    return l;
}

static pl_estimate around(double value, double half, double level)
{
    return (pl_estimate){value, isnan(level) ? NAN : value - half, isnan(level) ? NAN : value + half, level};
}

static bool spread(const double *v, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (v[i] != v[0]) return true;
    return false;
}

pl_status fit_entropy_law(const double *entropy, const double *y, size_t n, fit_options options, entropy_fit *out, pl_diag *diag)
{
    *out = (entropy_fit){.reason = ""};
    double level = options.level == 0 ? .9 : options.level;
    double *work = pl_alloc_array(n, 3 * sizeof *work);
    if (!work) return pl_diag_nomem(diag, "fitting the entropy law");
    double *z = work, *v = work + n, *r = work + 2 * n;
    size_t m = 0, kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(entropy[i]) || !isfinite(y[i]) || !isfinite(exp(entropy[i]))) continue;
        z[m] = exp(entropy[i]);
        v[m++] = y[i];
    }
    size_t from = (size_t)(options.drop * (double)m);
    size_t until = options.until > 0 && options.until < 1 ? (size_t)(options.until * (double)m) : m;
    for (size_t i = from; i < until; i++, kept++) z[kept] = z[i], v[kept] = v[i];
    if (kept < 6 || !spread(z, kept) || !spread(v, kept)) {
        pl_diag_add(diag, PL_ERROR, (pl_place){0}, "it takes 6 points at different entropies",
                    "no entropy law can be fitted: %zu points are left%s", kept,
                    kept < 6 ? "" : ", and entropy or y is the same everywhere");
        pl_free(work);
        return PL_ERR_USER;
    }
    line l = regress(z, v, kept, r);
    double asked = sqrt(allowed_rise(kept, 2, l.rho, isnan(level) ? .9 : level) * l.rss);
    double ninety = sqrt(allowed_rise(kept, 2, l.rho, .9) * l.rss);
    out->a = around(-l.slope, asked * l.slope_error, level);
    out->b = around(l.level, asked * l.level_error, level);
    out->ceiling = around(l.level + l.slope, asked * l.ceiling_error, level);
    out->n = kept;
    out->r2 = 1 - l.rss / l.total;
    out->rmse = sqrt(l.rss / (double)kept);
    out->autocorrelation = l.rho;
    out->identified = -l.slope - ninety * l.slope_error > 0;
    if (!out->identified) out->reason = "the 90% interval of a reaches 0 or below: reward does not rise as entropy falls";
    pl_free(work);
    return PL_OK;
}
