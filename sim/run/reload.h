/* A finished run, read back from its directory: the same table, fits and verdicts as when it was run. */
#ifndef PL_RUN_RELOAD_H
#define PL_RUN_RELOAD_H

#include "sim/run/outcome.h"

/* Fills an initialised outcome from DIR/metrics.csv and the failures of DIR/summary.json; `p` is the plan of DIR/resolved.yaml. */
PL_MUST_USE pl_status outcome_load(outcome *o, const plan *p, const char *dir, pl_diag *diag);

/* The table and the failures alone, without fits and verdicts. */
PL_MUST_USE pl_status outcome_read(outcome *o, const plan *p, const char *dir, pl_diag *diag);

#endif
