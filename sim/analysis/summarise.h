/* The fits of one arm, over its replicates.
 *
 * The curve of a single run is noisy where it matters (the sd of A over seeds is .01 to .03), so the fit is made to the mean curve
 * of the replicates, and its intervals say how much that would differ with other replicates: jackknife over replicates, 95%. With
 * fewer than three replicates there is no telling; then the intervals are those of the fit itself. The sigmoid is identified
 * when the mean curve says so and the 90% jackknife interval of A is narrower than .1 as well.
 */
#ifndef PL_ANALYSIS_SUMMARISE_H
#define PL_ANALYSIS_SUMMARISE_H

#include "sim/analysis/hypothesis.h"

/* What the prefix of a run (fits_spec.prefix) predicts of its rest: the fit to the prefix, and its curve from the prefix's end to
 * twice the run's. */
enum { PREDICTED_POINTS = 12 };
/* Places equally spaced in ln x, from where a prefix ends to `to`. */
void predicted_places(double from, double to, double x[PREDICTED_POINTS]);
typedef struct arm_prediction {
    sigmoid_fit prefix;
    double x[PREDICTED_POINTS];
    pl_estimate y[PREDICTED_POINTS];
} arm_prediction;

typedef struct arm_fits {
    bool has_sigmoid, has_entropy_law; /* false: the columns are not there, or no fit is possible */
    sigmoid_fit sigmoid;               /* r2 is that of the mean curve; identified: by it and by the jackknife */
    entropy_fit entropy_law;
    bool has_grid;                     /* fits_spec.grid */
    sigmoid_fit grid;                  /* by the procedure of the source, of the mean curve; no intervals */
    bool has_prediction; /* false also where there is no prefix to speak of: fits_spec.prefix 0 or 1 */
    arm_prediction prediction;
} arm_fits;

/* The kink of a column over steps: of the mean curve, its interval by the jackknife where there are three replicates. A mean curve
 * is smooth, and its departure from two lines is no noise; so with replicates the kink is identified when it explains at least half
 * of what a straight line leaves, and the interval is narrower than half the run and ends within it. PL_ERR_USER: there is none to
 * be found (too few points, a constant). */
PL_MUST_USE pl_status summarise_change_point(const pl_table *table, const char *arm, const char *column, change_fit *out);

PL_MUST_USE pl_status summarise_fits(const pl_table *table, const char *arm, const fits_spec *fits, arm_fits *out);

#endif
