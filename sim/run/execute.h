/* Running a plan: every arm and replicate on a pool of threads, then analysis, files and figures.
 *
 * A task's table goes to its part in the run directory as soon as it is finished, and the result is read back from the parts in
 * the order arm, replicate. So the bytes do not depend on the number of jobs, nor on whether the run was
 * interrupted and continued.
 */
#ifndef PL_RUN_EXECUTE_H
#define PL_RUN_EXECUTE_H

#include "plots/figure.h"
#include "sim/run/outcome.h"
#include "sim/run/provenance.h"

/* Written by the run, read by a progress bar in another thread. */
typedef struct run_progress {
    training_progress *tasks; /* [n] */
    size_t n;
    _Atomic size_t finished; /* tasks, those kept from an earlier attempt included */
} run_progress;

typedef struct run_options {
    const char *dir;
    int jobs; /* threads; at least 1 */
    bool force;
    const char *const *argv; /* the command, for provenance */
    size_t argc;
} run_options;

typedef struct run_report {
    outcome outcome;
    size_t kept;          /* replicates continued from an earlier attempt */
    size_t finished;      /* replicates done, of n_arms * replicates */
    const char **figures; /* paths of the figures, in the order drawn */
    size_t n_figures;
} run_report;

PL_MUST_USE pl_status run_progress_init(run_progress *progress, const plan *p, pl_diag *diag);
void run_progress_free(run_progress *progress);
void run_report_init(run_report *r);
void run_report_free(run_report *r);

/* PL_OK with a complete directory; PL_ERR_NUMERIC likewise, when some replicates stopped early; any other status leaves the
 * directory as it was, but for the finished replicates it keeps. */
PL_MUST_USE pl_status run_execute(const plan *p, const run_options *options, run_progress *progress, run_report *report,
                                  pl_diag *diag);

/* What the figures of a run are drawn from. */
figure_data run_figure_data(const plan *p, const outcome *o);

#endif
