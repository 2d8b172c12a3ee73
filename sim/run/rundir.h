/* A run directory: what a finished run leaves, and what an unfinished one keeps.
 *
 *   resolved.yaml    the scenario with every key and where it came from; runs again as it is
 *   provenance.json  program, compiler, command, scenario hash, seed, and the hash of every other file
 *   metrics.csv      one row per arm, replicate and recorded step; missing is empty
 *   columns.json     name, unit, meaning and origin of every column of metrics.csv
 *   summary.json     final values, fits and verdicts; no clock time, path or number of jobs in it
 *   figures/NAME.png   the figures
 *   tables/HASH.csv    copies of the world's tables, when there are any
 *   export/FORMAT/   what `plateau export` made of it; goes when the run is replaced
 *   .parts/          only while unfinished: finished replicates, and the new files before they are put in place
 *
 * Every JSON file carries `schema_version`; so does resolved.yaml as a comment in its first line. metrics.csv has no comment syntax
 * to put one in: columns.json beside it speaks for it.
 *
 * New files are written below .parts/new and renamed when all are there, provenance.json last: a directory with
 * provenance.json is complete, and a failure on the way leaves what was there before. The same command continues an unfinished
 * run when scenario and program are the same; --force starts over.
 */
#ifndef PL_RUN_RUNDIR_H
#define PL_RUN_RUNDIR_H

#include "sim/run/plan.h"

enum { RUN_SCHEMA_VERSION = 1 };

typedef struct rundir {
    pl_arena arena;
    const char *path, *parts, *fresh; /* the directory, its .parts and .parts/new */
    bool made;                        /* did not exist before */
    size_t kept;                      /* parts of an earlier attempt found */
} rundir;

/* Makes or opens the directory for a run of the plan. Errors: PL_ERR_USER when it holds a finished run, another unfinished run
 * or somebody's files (these last even with force); PL_ERR_WORLD. Close in either case. */
PL_MUST_USE pl_status rundir_open(rundir *d, const char *path, const plan *p, bool force, pl_diag *diag);
/* Where a new file of the run is written to: <fresh>/<name>. NULL: out of memory. */
const char *rundir_fresh(rundir *d, const char *name);
/* Puts the new files in place of the old and removes .parts. */
PL_MUST_USE pl_status rundir_commit(rundir *d, pl_diag *diag);
/* Releases memory. A directory that this run made and that holds no finished replicate is removed again. */
void rundir_close(rundir *d);

/* Is a finished run there? Else the reason is added to diag. */
PL_MUST_USE pl_status rundir_require(const char *path, pl_diag *diag);

/* What one finished replicate leaves in .parts until all are done. */
typedef struct part {
    pl_table table; /* rows of this arm and replicate; the text column `arm` is not kept */
    bool failed;    /* stopped early: left the domain of the mathematics */
    char *message;  /* why, when failed; pl_free */
} part;
void part_init(part *p);
void part_free(part *p);
PL_MUST_USE pl_status part_write(const rundir *d, size_t arm, size_t replicate, const part *p, pl_diag *diag);
bool part_exists(const rundir *d, size_t arm, size_t replicate);
/* PL_ERR_WORLD when the file is not what was written. */
PL_MUST_USE pl_status part_read(const rundir *d, size_t arm, size_t replicate, part *p, pl_diag *diag);

#endif
