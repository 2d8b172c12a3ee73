#include "sim/run/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/fs.h"

const char *const replay_state_names[] = {"same", "differs", "edited", "missing", NULL};

pl_status replay_plan(plan *p, const char *dir, const pl_search *search, pl_arena *arena, pl_diag *diag)
{
    *p = (plan){.path = dir};
    pl_status st = rundir_require(dir, diag);
    const char *path = st ? NULL : pl_join(arena, dir, "resolved.yaml");
    if (st) return st;
    if (!path) return pl_diag_nomem(diag, "reading the run directory");
    return plan_load(p, path, &(plan_options){.seed = -1, .replicates = -1}, search, diag);
}

/* Sets *hash of DIR/name; false when there is no such file. */
static pl_status hash_file(const char *dir, const char *name, bool *there, pl_hash *hash, pl_arena *arena, pl_diag *diag)
{
    const char *path = pl_join(arena, dir, name);
    if (!path) return pl_diag_nomem(diag, "comparing files");
    *there = pl_is_file(path);
    if (!*there) return PL_OK;
    char *text;
    size_t length;
    pl_status st = pl_read_file(path, (size_t)1 << 30, &text, &length, diag);
    if (st) return st;
    *hash = pl_hash_bytes(text, length);
    pl_free(text);
    return PL_OK;
}

/* resolved.yaml is compared as what it means (the scenario's hash): its comments tell where values came from, and in a
 * replay they come from resolved.yaml. */
static pl_status compare(const char *dir, const char *scratch, const provenance *was, replay_report *r, pl_arena *arena,
                         pl_diag *diag)
{
    r->files = pl_arena_array(arena, was->n_files, sizeof *r->files);
    if (!r->files) return pl_diag_nomem(diag, "comparing files");
    r->same = true;
    for (size_t i = 0; i < was->n_files; i++) {
        const char *name = was->files[i].name;
        pl_hash now, again;
        bool is_there, came_again;
        if (strcmp(name, "resolved.yaml") == 0) continue;
        pl_status st = hash_file(dir, name, &is_there, &now, arena, diag);
        if (!st) st = hash_file(scratch, name, &came_again, &again, arena, diag);
        if (st) return st;
        replay_state state = REPLAY_SAME;
        if (!is_there)
            state = REPLAY_MISSING;
        else if (!came_again || strcmp(again.hex, was->files[i].hash.hex) != 0)
            state = REPLAY_DIFFERS;
        else if (strcmp(now.hex, again.hex) != 0)
            state = REPLAY_EDITED;
        r->files[r->n++] = (replay_file){name, state};
        r->same &= state == REPLAY_SAME;
    }
    return PL_OK;
}

pl_status replay_run(const plan *p, const char *dir, int jobs, run_progress *progress, replay_report *report, pl_arena *arena,
                     pl_diag *diag)
{
    *report = (replay_report){.same = false};
    provenance was;
    pl_status st = provenance_read(dir, &was, arena, diag);
    if (st) return st;
    report->version = was.version;
    const char *place = getenv("TMPDIR");
    char *scratch = pl_arena_printf(arena, "%s/plateau-replay-XXXXXX", place && *place ? place : "/tmp");
    if (!scratch) return pl_diag_nomem(diag, "preparing the replay");
    if (!mkdtemp(scratch)) return pl_diag_io(diag, "make the directory", scratch, errno);

    run_report result;
    run_report_init(&result);
    run_options how = {.dir = scratch, .jobs = jobs};
    st = run_execute(p, &how, progress, &result, diag);
    if (!st || st == PL_ERR_NUMERIC) {
        /* A replicate that failed then fails again: that is the same result, if the files say so. */
        st = compare(dir, scratch, &was, report, arena, diag);
        if (!st && strcmp(was.scenario_hash, p->hash.hex) != 0) {
            pl_diag_add(diag, PL_WARNING, (pl_place){0}, NULL, "resolved.yaml in '%s' is not the scenario that was run", dir);
            report->same = false;
        }
    }
    run_report_free(&result);
    return pl_worse(st, pl_remove_tree(scratch, diag));
}
