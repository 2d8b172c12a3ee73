/* Calibration: does stated confidence agree with how often it is right?
 *
 * Forecasts are given with their confidence in [0, 1] and the mass of right and of wrong outcomes at it: one sample has mass 1 on
 * one side, an exact distribution any masses.
 *   Brier = mean (c - right)^2
 *   ECE   = sum over 10 bins of |mass right - mass confidence| / mass: bins [0,.1), [.1,.2), ... [.9,1], 1.0 in the last
 *   AUROC = P(c of a right one > c of a wrong one) + half of P(equal)
 */
#ifndef PL_CORE_CALIBRATION_H
#define PL_CORE_CALIBRATION_H

#include <stddef.h>
#include "sim/base/status.h"

enum { PL_CALIBRATION_BINS = 10 };

typedef struct pl_calibration_bin { double mass, confidence, accuracy; } pl_calibration_bin;   /* share; means, NaN when empty */
typedef struct pl_calibration {
    double mass;                             /* of all forecasts */
    double accuracy, confidence, brier, ece; /* NaN when there is no mass */
    double auroc;                            /* NaN unless both outcomes have mass */
    pl_calibration_bin bins[PL_CALIBRATION_BINS];
} pl_calibration;

size_t pl_calibration_bin_of(double confidence);

/* From masses at ascending confidences. */
void pl_calibration_sorted(const double *confidence, const double *right, const double *wrong, size_t n, pl_calibration *out);
/* From samples in any order; right[i] is 0 or 1. PL_ERR_WORLD when memory runs out. */
PL_MUST_USE pl_status pl_calibration_samples(const double *confidence, const double *right, size_t n, pl_calibration *out);

#endif
