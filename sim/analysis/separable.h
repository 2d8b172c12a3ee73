/* The sigmoid's least squares as a problem in two unknowns; inside sim/analysis only.
 *
 * For given B and C_mid the curve is R0 (1 - s) + A s with known s, linear in R0 and A: their best values within their bounds
 * follow in closed form. What is left is a search in (u, w) = (ln B, ln C_mid), small enough to be scanned by a
 * grid before it is refined, so that the minimum found is the global one. (Variable projection, Golub and Pereyra 1973.)
 */
#ifndef PL_ANALYSIS_SEPARABLE_H
#define PL_ANALYSIS_SEPARABLE_H

#include "sim/analysis/fit.h"

typedef struct curve { /* points sorted by x, owned */
    double *x, *ln_x, *y;
    size_t n;
    double first, last; /* smallest positive x, largest x */
    double least;       /* smallest positive x before anything was left out: C_mid may lie before `first` */
    double low, high;   /* of y */
} curve;
PL_MUST_USE pl_status fit_curve_make(const double *x, const double *y, size_t n, fit_options options, curve *out, pl_diag *diag);
void fit_curve_free(curve *c);

typedef struct sigmoid_point {
    double u, w, R0, A, rss;
} sigmoid_point;

typedef struct separable {
    const curve *data;
    double low[2], high[2]; /* of u and w; equal: held there */
    double R0_low, R0_high, A_low, A_high;
    double end_x, end_value; /* the curve passes through this point when end_x is not NaN */
    double *scratch;         /* 5 n: s, and the residuals of the search */
} separable;
PL_MUST_USE pl_status separable_init(separable *p, const curve *data, double R0_fixed);
void separable_free(separable *p);

/* Best R0 and A for p's u and w, with their sum of squares (infinity: no values within the bounds). `residual` (n, may
 * be NULL) gets y minus the curve. */
sigmoid_point separable_at(const separable *p, double u, double w, double *residual);
/* Refinement from a start: Levenberg and Marquardt, steps cut at the bounds. */
sigmoid_point separable_refine(const separable *p, double u, double w);
/* The minimum over a grid of nu x nw, its best `starts` (at most 4) valleys refined; and from `warm` too, unless NULL. */
sigmoid_point separable_solve(const separable *p, size_t nu, size_t nw, size_t starts, const sigmoid_point *warm);

/* Lag-one autocorrelation of residuals in order, 0 when it is not significantly positive (5%, one-sided). */
double residual_autocorrelation(const double *r, size_t n);
/* By how much the sum of squares may rise above its minimum, as a fraction of it, at the ends of an interval: Student
 * t squared over the degrees of freedom, for the number of independent residuals. */
double allowed_rise(size_t n, size_t parameters, double autocorrelation, double level);

#endif
