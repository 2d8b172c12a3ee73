/* provenance.json: where a run directory came from, enough to run it again and to see whether its files are still what the
 * run wrote. Of facts that the result does not depend on there is only how long it took, on how many threads (an interrupted run: its
 * last attempt); vector level and machine are left out. */
#ifndef PL_RUN_PROVENANCE_H
#define PL_RUN_PROVENANCE_H

#include "sim/run/plan.h"
#include "sim/run/rundir.h"

extern const char provenance_compiler[]; /* "gcc 12.2.0" */

typedef struct run_file {
    const char *name;
    pl_hash hash;
} run_file; /* name relative to the run directory */

typedef struct run_effort {
    double seconds; /* wall clock */
    int jobs;       /* threads */
} run_effort;
PL_MUST_USE pl_status provenance_write(rundir *d, const plan *p, const char *const *argv, size_t argc, const run_effort *effort,
                                       const run_file *files, size_t n, pl_diag *diag);

/* DIR/provenance.json. Strings and files in `arena`. */
typedef struct provenance {
    const char *version, *compiler, *scenario_file, *scenario_hash;
    double seconds; /* NaN, 0: of a run that did not tell */
    int64_t jobs;
    run_file *files;
    size_t n_files;
} provenance;
PL_MUST_USE pl_status provenance_read(const char *dir, provenance *out, pl_arena *arena, pl_diag *diag);

#endif
