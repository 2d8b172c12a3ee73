/* Fits of training curves. docs/model/fits.md.
 *
 * Sigmoid in compute (ScaleRL, arXiv 2510.13786, eq. 1):  R(C) = R0 + (A - R0) / (1 + (C_mid/C)^B),  R(0) = R0.
 * Entropy law (arXiv 2505.22617, eq. 3):                  R = -a e^H + b.
 *
 * Bounds of the sigmoid: R0 and A within the data's range +- half of it, B in [.1, 12], C_mid from .2 x the first positive x (of
 * all points, dropped ones too) to 10 x the last; unweighted least squares. Identified: the 90% interval of A is narrower than .1
 * of the unit interval and ends at no bound, and C_mid lies before the last x.
 *
 * Change point: a continuous line with one kink, least squares.
 *
 * Intervals are profile-likelihood intervals with the noise taken from the residuals, widened when neighbouring
 * residuals are correlated. They end at the bounds: a curve that has not bent yet gets the wide interval it deserves.
 */
#ifndef PL_ANALYSIS_FIT_H
#define PL_ANALYSIS_FIT_H

#include <stdbool.h>

#include "sim/core/stats.h"
#include "sim/core/table.h"

typedef struct sigmoid_fit {
    pl_estimate A, B, C_mid, R0; /* 90% intervals unless asked otherwise */
    double r2, rmse;
    double autocorrelation; /* of neighbouring residuals, as used for the intervals; 0 when not significant */
    double x_first, x_last;              /* smallest positive and largest x of the points used */
    size_t n;
    bool identified;
    const char *reason; /* why not, in words; "" when identified */
} sigmoid_fit;
typedef struct entropy_fit {
    pl_estimate a, b, ceiling; /* ceiling: b - a, the law at H = 0 */
    double r2, rmse, autocorrelation;
    size_t n;
    bool identified;
    const char *reason;
} entropy_fit;

/* Two phases: a line that changes its slope at one place, y = c + before x + (after - before) (x - at)+. */
typedef struct change_fit {
    pl_estimate at;       /* profile interval; it ends three points before the ends of the data */
    double before, after; /* slopes */
    double r2, explained; /* of all; of what a straight line leaves */
    double autocorrelation;
    size_t n;
    bool identified; /* better than a straight line beyond chance (5%) */
    const char *reason;
} change_fit;

double sigmoid_value(double A, double B, double C_mid, double R0, double C);
/* C at which the fraction h of the rise from R0 to A is reached: C_mid (h/(1-h))^(1/B). */
double sigmoid_reach(double B, double C_mid, double h);

typedef struct fit_options {
    double level; /* of the intervals; 0 = .9; NaN: the values alone, without intervals (much faster) */
    double drop;  /* leading fraction of the range of x left out (x = 0 is kept as R0); 0 = none */
    double until; /* use x <= until x the last x only; 0 or 1 = all */
    double R0;    /* fixed when not NaN */
    size_t least; /* points that there must be; 0: 6 at 5 different x */
} fit_options;
fit_options fit_defaults(void);

/* Points in any order; those with a missing x or y are left out. Errors: PL_ERR_USER with the reason for fewer than 6
 * points, fewer than 5 different x, negative or infinite x, a constant y; PL_ERR_WORLD. */
PL_MUST_USE pl_status fit_sigmoid(const double *x, const double *y, size_t n, fit_options options, sigmoid_fit *out, pl_diag *diag);
/* Points in the order of training; `drop` and `until` are fractions of their number. R0 is not used. Identified: the 90% interval
 * of a lies above 0. */
PL_MUST_USE pl_status fit_entropy_law(const double *entropy, const double *y, size_t n, fit_options options, entropy_fit *out,
                                      pl_diag *diag);
/* Points in increasing x; others, and those with a missing value, are left out. PL_ERR_USER for fewer than 8 points or a constant
 * y. Of the options only `level` is used. */
PL_MUST_USE pl_status fit_change_point(const double *x, const double *y, size_t n, fit_options options, change_fit *out,
                                       pl_diag *diag);
/* The x at which a run will have covered the fraction h of its rise, foretold from the prefix that `options.until` says, which ends
 * at *last: median and interval over sigmoids weighted by how well they fit, for points without noise of a run that strays from its
 * sigmoid by chance (fit_reach.c). Between *last and 1,000 times that. */
PL_MUST_USE pl_status fit_reach(const double *x, const double *y, size_t n, fit_options options, double h, pl_estimate *reached,
                                double *last, pl_diag *diag);
/* The procedure of the source: A on a .005 grid, 100 linear values of C_mid, B by least squares (R0 too, unless fixed),
 * early points dropped as `drop` says. A cross-check: estimates without intervals, never `identified`. */
PL_MUST_USE pl_status fit_sigmoid_grid(const double *x, const double *y, size_t n, fit_options options, sigmoid_fit *out,
                                       pl_diag *diag);
/* The fit to the prefix that `options.until` says, and the value of its curve at x = `at` with a profile interval: what
 * the prefix predicts (of the curve, without the noise of a single point). */
PL_MUST_USE pl_status fit_extrapolate(const double *x, const double *y, size_t n, fit_options options, double at,
                                      pl_estimate *predicted, sigmoid_fit *prefix, pl_diag *diag);

/* The same at n_at places at once: predicted[n_at]. The fit is made once. */
PL_MUST_USE pl_status fit_predict(const double *x, const double *y, size_t n, fit_options options, const double *at, size_t n_at,
                                  pl_estimate *predicted, sigmoid_fit *prefix, pl_diag *diag);

#endif
