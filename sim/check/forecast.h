/* What the fitted signal of a run foretells: its ceiling, its end, and whether the points say so at all.
 *
 * The intervals are those of sim/analysis/belief.h, and wider where the run has shown that it does not keep to the sigmoid: when
 * the forecast from the first half of what is seen, made as this one, misses the mean of the second half by more than its own 90%
 * interval, the miss is the size of the misfit and is added to every interval in quadrature.
 *
 * Identified: a change is seen at all; the 90% interval of A is narrower than a tenth of the unit (1 for a share; else the range of
 * the data where that is more) and ends at no bound; C_mid lies before the last point with 95% belief.
 */
#ifndef PL_CHECK_FORECAST_H
#define PL_CHECK_FORECAST_H

#include "sim/analysis/belief.h"
#include "sim/analysis/fit.h"
#include "sim/check/run.h"

enum { FORECAST_REASON = 200, FORECAST_POINTS = 240 };
typedef struct check_forecast {
    belief belief;
    pl_estimate A;
    double unit, misfit; /* of y; standard deviation, 0: none seen */
    size_t block;        /* points averaged into one before the fit */
    bool rose, fell, identified;
    char reason[FORECAST_REASON]; /* why not identified */
    double longer;          /* how many times as long the run must be until A is identified; 1: it is; infinity: not within 64 */
    double noise, binomial; /* of a single point, seen and by sampling alone; binomial NaN: samples not known */
} check_forecast;

/* PL_ERR_USER, without words, when the points allow no curve (fewer than 4, no range). `quick`: without looking for misfit. */
PL_MUST_USE pl_status check_forecast_make(const check_series *s, double samples, bool quick, check_forecast *out, pl_diag *diag);
/* The mean of `points` points around x = at, noise and misfit included; 0 points: the curve. */
pl_estimate check_forecast_at(const check_forecast *f, double at, size_t points);

#endif
