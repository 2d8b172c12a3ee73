/* Replay: run a run directory's scenario again in a scratch place and compare bytes with what the directory holds. */
#ifndef PL_RUN_REPLAY_H
#define PL_RUN_REPLAY_H

#include "sim/run/execute.h"

typedef enum replay_state { REPLAY_SAME, REPLAY_DIFFERS, REPLAY_EDITED, REPLAY_MISSING } replay_state;
extern const char *const replay_state_names[]; /* "same", "differs", "edited" (not what the run wrote, but the rerun agrees
                                                  with what it wrote), "missing" */
typedef struct replay_file {
    const char *name;
    replay_state state;
} replay_file;
typedef struct replay_report {
    replay_file *files;
    size_t n;
    bool same;           /* every file is */
    const char *version; /* of the program that made the directory */
} replay_report;

/* Loads DIR/resolved.yaml. Free the plan in either case. */
PL_MUST_USE pl_status replay_plan(plan *p, const char *dir, const pl_search *search, pl_arena *arena, pl_diag *diag);
PL_MUST_USE pl_status replay_run(const plan *p, const char *dir, int jobs, run_progress *progress, replay_report *report,
                                 pl_arena *arena, pl_diag *diag);

#endif
