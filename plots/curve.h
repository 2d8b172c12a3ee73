/* Curves: what replicates of an arm say together -- their mean, a band, and each run on its own.
 *
 * Replicates are aligned by the recorded step when the table has one (then x is the mean over replicates at that step,
 * which lets compute and tokens serve as x), else by x itself. A point that is missing in a replicate is left out there.
 */
#ifndef PL_PLOTS_CURVE_H
#define PL_PLOTS_CURVE_H

#include "plots/canvas.h"

typedef enum curve_band {
    BAND_NONE,
    BAND_AUTO,
    BAND_MEAN,
    BAND_RUNS
} curve_band; /* 95% t interval of the mean; central 90% of runs */
extern const char *const curve_band_names[];
/* "none" for fewer than 2 replicates; auto: of runs from 20 replicates on, else of the mean. */
curve_band curve_band_for(curve_band wanted, size_t replicates);
/* "band: 95% CI of the mean over 8 runs"; "" without a band. */
const char *curve_band_text(curve_band band, size_t replicates, pl_arena *arena);

typedef struct curve {
    double *x, *mean, *low, *high;       /* [n], increasing in step; low and high are the mean where there is no band */
    size_t n;
    point **runs;                        /* [n_runs], values, not places */
    size_t *run_length, n_runs;
} curve;

/* `arm` NULL or "": every row. Everything lives in `arena`. n = 0 when no row has both, or a column is missing or text. */
PL_MUST_USE pl_status curve_make(const pl_table *t, const char *arm, const char *x, const char *y, curve_band band, pl_arena *arena,
                                 curve *out);

/* Arms of a table in order of appearance; one arm "" for a table without arms. `only` (may be empty) selects. */
PL_MUST_USE pl_status curve_arms(const pl_table *t, pl_strings only, pl_arena *arena, pl_strings *out, pl_diag *diag);

/* Reduces a line in places to first, lowest, highest and last point per `column` of width, when that is fewer. Expects
 * increasing x. Returns the new count. */
size_t curve_decimate(point *p, size_t n, double column);

#endif
