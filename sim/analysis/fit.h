/* Fits of training curves. docs/model.md, section 9.
 *
 * Sigmoid in compute (ScaleRL, arXiv 2510.13786, eq. 1):  R(C) = R0 + (A - R0) / (1 + (C_mid/C)^B),  R(0) = R0.
 * Entropy law (arXiv 2505.22617, eq. 3):                  R = -a e^H + b.
 *
 * Bounds of the sigmoid: R0 and A within the data's range +- half of it, B in [.1, 12], C_mid from .2 x first to
 * 10 x last positive x; unweighted least squares, several starts. Identified: the 90% interval of A is narrower
 * than .1 of the unit interval and C_mid lies before the last x.
 */
#ifndef PL_ANALYSIS_FIT_H
#define PL_ANALYSIS_FIT_H

#include "sim/core/stats.h"
#include "sim/core/table.h"

typedef struct sigmoid_fit {
    pl_estimate A, B, C_mid, R0;         /* 90% intervals unless asked otherwise */
    double r2, rmse;
    size_t n;
    bool identified;
    const char *reason;                  /* why not, in words; "" when identified */
} sigmoid_fit;
typedef struct entropy_fit { pl_estimate a, b; double r2, rmse; size_t n; bool identified; const char *reason; } entropy_fit;

double sigmoid_value(double A, double B, double C_mid, double R0, double C);
/* C at which the fraction h of the rise from R0 to A is reached: C_mid (h/(1-h))^(1/B). */
double sigmoid_reach(double B, double C_mid, double h);

typedef struct fit_options {
    double level;                        /* of the intervals; 0 = .9 */
    double drop;                         /* leading fraction of the range of x left out (x = 0 is kept as R0); 0 = none */
    double until;                        /* use x <= until x the last x only; 0 or 1 = all */
    double R0;                           /* fixed when not NaN */
} fit_options;
fit_options fit_defaults(void);

/* Errors: PL_ERR_USER with the reason when fewer than 6 points or no spread; PL_ERR_WORLD. */
PL_MUST_USE pl_status fit_sigmoid(const double *x, const double *y, size_t n, fit_options options, sigmoid_fit *out, pl_diag *diag);
PL_MUST_USE pl_status fit_entropy_law(const double *entropy, const double *y, size_t n, fit_options options, entropy_fit *out, pl_diag *diag);
/* The procedure of the source: A on a .005 grid, 100 linear values of C_mid, B by least squares, early points dropped. */
PL_MUST_USE pl_status fit_sigmoid_grid(const double *x, const double *y, size_t n, fit_options options, sigmoid_fit *out, pl_diag *diag);

#endif
