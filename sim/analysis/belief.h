/* What the points of a run make believable: sigmoids weighted by how well they fit.
 *
 * A least-squares curve and its profile interval (fit.h) say which ceilings the points allow. A forecast asks more: where will the
 * run END, with the noise of a point, from a prefix of perhaps five evaluations? Here every sigmoid of a grid in (ln B, ln C_mid)
 * with every ceiling A within its bounds gets a weight -- its likelihood, with R0 and the size of the noise integrated out -- and
 * intervals are quantiles of that weight. R0 is uniform and the size of the rise A - R0 log-uniform (uniform below .05 of the unit)
 * within the bounds; ln C_mid is uniform from .2 x the first positive x to 10 x the last, B is log-normal around 1.6 with a factor
 * of 2 to one standard deviation (what published fits cover), and the noise of a point starts from `noise` with the weight of two
 * observations (.012, unless sampling alone makes more: the middle of the validation curves of real runs at hand, .004 to .02).
 * Correlated residuals count as fewer points, as in fit.h. The coverage of the intervals is tested on simulated runs:
 * tests/unit/analysis/test_belief.c.
 */
#ifndef PL_ANALYSIS_BELIEF_H
#define PL_ANALYSIS_BELIEF_H

#include <stdbool.h>

#include "sim/core/stats.h"
#include "sim/base/diag.h"

typedef struct belief_options {
    double level; /* of the intervals; 0: .9 */
    double noise; /* expected standard deviation of a point, by sampling alone; 0, or less than it: .012 of `unit` */
    double unit;  /* of y: 1 for a share; 0: the range of the data */
    bool share;   /* R0 and A lie in [0, 1] */
    double R0;    /* known when not NaN (then it is exact) */
} belief_options;

typedef struct belief_cell {
    double u, w, ln_weight; /* ln B, ln C_mid; of the cell with all its ceilings */
    double fit, rss;        /* log posterior of its best curve; its sum of squares */
    double A, spread;       /* best ceiling, and the scale of its t distribution */
    double R0, slope;       /* of the intercept at A = `A`, and its change with A */
    double R0_scale, sigma; /* of R0 at given A; of a point */
    double share;           /* of the whole weight */
} belief_cell;

enum { BELIEF_U = 28, BELIEF_W = 56, BELIEF_A = 41 };
typedef struct belief {
    belief_cell cells[BELIEF_U * BELIEF_W];
    double density[BELIEF_A]; /* of A within a cell, at even places of +-8 scales */
    size_t n_cells, best, n;
    double A_low, A_high, R0_low, R0_high, least_rise, level, freedom, first, last;
    double rho;                        /* lag-one autocorrelation of the residuals that was used, 0 when not significant */
    double sigma, r2;                  /* noise of a point, and R2, at the best curve */
    pl_estimate A, B, C_mid, R0, rest; /* medians and intervals; rest: A minus the curve at the last point */
    pl_estimate left;                  /* share of the rise that is left at the last point */
    bool bounded;                      /* the interval of A touches a bound of A */
    double change;                     /* of the best curve over the points */
    double evidence;                   /* of a change at all: twice the log likelihood ratio against a constant */
} belief;

/* Points in any order; those not finite are left out. PL_ERR_USER: fewer than 4 points at different x, negative x, constant y. */
PL_MUST_USE pl_status belief_form(const double *x, const double *y, size_t n, belief_options options, belief *out, pl_diag *diag);
/* The curve at x = at; with `points` > 0 the mean of so many points there, noise included. A part of a point (1/3 of one that is
 * the mean of 3) has the noise that it had before it was averaged. */
pl_estimate belief_predict(const belief *b, double at, double points, double level);
double belief_value(const belief *b, double at); /* of the best curve */
/* Difference of two ceilings, and ratio of two C_mid, this over that, of two independent runs. */
pl_estimate belief_ceiling_difference(const belief *a, const belief *b, double level);
pl_estimate belief_speed_ratio(const belief *a, const belief *b, double level);
/* By how many times the run must become longer, its points as dense as now, until the 90% interval of A is narrower than `width`;
 * as 80% of the believable curves have it. 1: it is so narrow now; infinity: not within 64 times. */
double belief_lengthening(const belief *b, double width);

#endif
