/* Numbers that describe a run: what a hypothesis compares and what a summary lists.
 *
 * A curve is taken from some of an arm's replicates: from one, from all (their mean at each recorded step), or from all but
 * one, as the jackknife wants. Steps that not every one of these replicates has recorded are left out of a mean.
 */
#ifndef PL_ANALYSIS_STATISTIC_H
#define PL_ANALYSIS_STATISTIC_H

#include "sim/analysis/hypothesis.h"

enum { EVERY = -1, NONE = -1 };
typedef struct selection {
    const pl_table *table;
    const char *arm;   /* NULL: all rows */
    int only, without; /* replicate, or EVERY; replicate, or NONE */
} selection;

/* Mean curve of the column y over x by recorded step (by x where there is no `step`). An unknown column gives no points. */
PL_MUST_USE pl_status mean_curve(const selection *which, const char *x, const char *y, pl_series *out);
/* Whether the arm has rows of that replicate. */
bool has_replicate(const pl_table *table, const char *arm, int replicate);

typedef enum moment_kind { MOMENT_START, MOMENT_END, MOMENT_STEP, MOMENT_MIN, MOMENT_MAX, MOMENT_MEAN, MOMENT_CHANGE } moment_kind;
typedef struct moment {
    moment_kind kind;
    double step;        /* NaN: not known yet */
    const char *column; /* MOMENT_CHANGE: whose kink it is */
} moment;
/* "start", "end", "min", "max", "mean", "step 40", "epoch 1.5", "change_point COLUMN"; false for anything else. NaN step: epochs of
 * unknown length; of a change point it is for the caller to fill. `column` points into the text. */
bool moment_parse(const char *text, double steps_per_epoch, moment *out);
/* Step of the kink of a column; NaN when there is none to be found. Whether there is one beyond chance is not asked. */
PL_MUST_USE pl_status change_step(const selection *which, const char *column, double *step);
/* Value at a moment: between recorded steps by a straight line, NaN beyond the last. */
double value_at(const pl_series *curve, moment when);
/* First x at which the curve reaches `level`, coming from where it starts; NaN if it never does. */
double first_crossing(const pl_series *curve, double level);

/* Names of the statistics of fits, NULL-terminated: sigmoid.A ... entropy_law.r2. */
extern const char *const fit_statistics[];
bool is_fit_statistic(const char *name);

/* All of them for one selection, in the order of fit_statistics; NaN where a fit was not possible. What takes most of the time is
 * NaN unless its statistic is `asked` for: whether the sigmoid is identified, which takes intervals, and the procedure of the source. */
enum { N_FIT_STATISTICS = 20 };
PL_MUST_USE pl_status fit_statistics_of(const selection *which, const fits_spec *fits, const char *asked,
                                        double out[N_FIT_STATISTICS]);

#endif
