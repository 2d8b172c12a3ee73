/* The outcome of a run: its table, and what the table says -- final values, fits, verdicts. */
#ifndef PL_RUN_OUTCOME_H
#define PL_RUN_OUTCOME_H

#include "sim/analysis/summarise.h"
#include "sim/run/fits.h"
#include "sim/run/plan.h"

typedef struct arm_outcome {
    const char *name;
    size_t finished;    /* replicates that reached the end */
    pl_estimate *final; /* [columns] mean over finished replicates of the last recorded value, 95% t interval;
                           NaN for columns that identify rows */
    arm_fits fits;      /* of the mean curve of the finished replicates */
    change_fit *changes; /* [fits.change_points]; n = 0: there is none */
} arm_outcome;

typedef struct failure {
    const char *arm, *message;
    size_t replicate;
} failure;

typedef struct outcome {
    pl_arena arena;
    pl_table table;                /* every row, those of failed replicates included */
    pl_table fits;                 /* arm, name, value, low, high, level: what figures take */
    arm_outcome *arms;             /* [p->n_arms] */
    hypothesis_result *hypotheses; /* [n_hypotheses] */
    size_t n_hypotheses;
    failure *failures;
    size_t n_failures;
    double steps_per_epoch; /* NaN: not known */
} outcome;

void outcome_init(outcome *o);
void outcome_free(outcome *o);
/* Everything but the table and the failures, which the caller has filled. */
PL_MUST_USE pl_status outcome_analyse(outcome *o, const plan *p, pl_diag *diag);

/* Warns of arms that are the same run, number for number: what they differ in had no effect. */
PL_MUST_USE pl_status outcome_warn_of_twins(outcome *o, const plan *p, pl_diag *diag);

/* The files of the run directory, as text. */
PL_MUST_USE pl_status outcome_summary(const outcome *o, const plan *p, pl_str *out);
PL_MUST_USE pl_status outcome_columns(const pl_table *table, pl_str *out);

/* "key", "exact", "estimated", "clock", "logged" */
const char *column_origin(pl_origin origin);

#endif
