/* A training run as `plateau check` sees it: a handful of signals over the step, told by what they measure.
 *
 * A log names its columns as its trainer does. Here every signal is the first column of the log whose metric (sim/io/metrics.h, or
 * the column's own name) is one of those that stand for it. One signal is fitted: validation where there are enough points of it,
 * because in runs of many epochs training reward creeps up by memorisation; else correctness on the training prompts; else reward.
 *
 * A view is the run up to some step, as it could have been seen then: everything that judges takes a view, so that "the first step
 * where it shows" is the first view that shows it.
 */
#ifndef PL_CHECK_RUN_H
#define PL_CHECK_RUN_H

#include "sim/core/stats.h"
#include "sim/core/table.h"
#include "sim/io/log.h"

typedef enum check_signal {
    SIGNAL_VALIDATION,    /* correctness on held-out prompts */
    SIGNAL_CORRECT,       /* correctness on the batch's prompts */
    SIGNAL_REWARD,        /* what is optimised */
    SIGNAL_ENTROPY,       /* nats per token, or per response */
    SIGNAL_LENGTH,        /* mean tokens of a response */
    SIGNAL_LENGTH_MOST,   /* the longest of a batch */
    SIGNAL_CLIPPED,       /* share of responses cut at the cap */
    SIGNAL_ZERO_VARIANCE, /* share of groups without gradient */
    SIGNAL_KL,            /* to the base */
    CHECK_SIGNALS
} check_signal;
extern const char *const check_signal_words[CHECK_SIGNALS]; /* "validation", "training correctness", ... */

typedef struct check_series {
    const char *column; /* NULL: the log has no such signal */
    double *x, *y;      /* in the order of x; of equal x the last row counts */
    size_t n;
    bool share; /* its values lie in [0, 1] by definition */
} check_series;

typedef struct check_options {
    const char *x, *y;      /* columns or metrics; NULL: chosen here */
    double until;           /* share of the run to look at, in (0, 1]; 0: all */
    double rollouts, items; /* responses behind a training point, and behind a validation point; NaN: not known */
    double steps_per_epoch; /* NaN: from the column of epochs, if there is one */
} check_options;
check_options check_defaults(void);

typedef struct check_run {
    check_series signal[CHECK_SIGNALS];
    check_signal fitted;
    const char *x_column, *why;    /* why that signal is the one fitted */
    double first, last;            /* x of the whole log */
    double until;                  /* x up to which the log is looked at: that of a point */
    double epochs;                 /* passed at `last`; NaN: not known */
    double samples[CHECK_SIGNALS]; /* responses behind a point; NaN: not known */
    bool steps;                    /* x counts steps */
    pl_arena arena;
} check_run;

/* `names[i]` is what column i of the table measures, NULL: nothing known (then its own name counts). PL_ERR_USER: a column asked
 * for is not there, or nothing in the log can be fitted. */
PL_MUST_USE pl_status check_run_make(const pl_table *table, const char *const *names, const check_options *options,
                                     const char *file, check_run *out, pl_diag *diag);
PL_MUST_USE pl_status check_run_open(const training_log *log, const check_options *options, check_run *out, pl_diag *diag);
void check_run_free(check_run *run);

typedef struct check_view {
    const check_run *run;
    check_series signal[CHECK_SIGNALS]; /* cut; the points belong to the run */
    const check_series *fitted;
    double until;
    const struct check_forecast *forecast; /* of the fitted signal; NULL: no curve can be fitted */
} check_view;
check_view check_view_make(const check_run *run, double until);
/* The last place up to `until` that some signal has a point at: what is known at `until` was known there. -INFINITY: there is none.
 */
double check_last_point(const check_run *run, double until);

/* A place on the axis in words, "1,294": rounded to that many digits; 0: whole as it is. Use: check_number(x, 3).text. */
typedef struct check_words {
    char text[32];
} check_words;
check_words check_number(double x, int digits);

/* What a stretch of a series says: its mean and standard error, the noise taken from second differences over a lag, so that slow
 * noise counts and a trend does not. */
typedef struct stretch {
    double mean, error;
    size_t n;
} stretch;
double series_noise(const check_series *s, double *points_per_independent);
stretch series_stretch(const check_series *s, size_t from, size_t to);
stretch series_early(const check_series *s);  /* the first tenth, at least 3 points */
stretch series_recent(const check_series *s); /* the last tenth, at least 5 points of 10 or more, else 1 */

#endif
