/* Opening, filling and committing a run directory. */
#include "sim/run/rundir.h"

#include <string.h>

#include "sim/base/fs.h"
#include "sim/run/search.h"

/* Everything a finished run may hold, in the order in which it is put in place. No run writes `export`: it is what was exported of the
 * old one, and goes with it. */
static const char *const products[] = {"tables",       "figures",       "export",         "metrics.csv", "columns.json",
                                       "summary.json", "resolved.yaml", "provenance.json"};

/* Parts fit together only when scenario and program are the same: a program rebuilt in between is another one. */
static const char *identity(rundir *d, const plan *p, pl_diag *diag)
{
    enum { PROGRAM_LIMIT = 1 << 30 };
    const char *program = search_program_path(&d->arena);
    char *text = NULL;
    size_t length = 0;
    pl_hash build = {"unknown"};
    if (program && *program) {
        if (pl_read_file(program, PROGRAM_LIMIT, &text, &length, diag)) return NULL;
        build = pl_hash_bytes(text, length);
        pl_free(text);
    }
    const char *words = pl_arena_printf(&d->arena, "scenario %s\nprogram %s %s\n", p->hash.hex, plateau_version, build.hex);
    if (!words) (void)pl_diag_nomem(diag, "opening the run directory");
    return words;
}

static pl_status refuse(pl_diag *diag, const char *path, const char *what, const char *remedy)
{
    pl_diag_add(diag, PL_ERROR, (pl_place){0}, remedy, "the directory '%s' %s", path, what);
    return PL_ERR_USER;
}

/* May this run write here? Sets *resume when .parts belongs to the same run. */
static pl_status inspect(rundir *d, const char *same, bool force, bool *resume, pl_diag *diag)
{
    const char *file = pl_join(&d->arena, d->parts, "identity");
    const char *provenance = pl_join(&d->arena, d->path, "provenance.json");
    if (!file || !provenance) return pl_diag_nomem(diag, "opening the run directory");
    bool finished = pl_is_file(provenance), unfinished = pl_is_dir(d->parts);
    if (!finished && !unfinished) {
        if (pl_is_empty_dir(d->path)) return PL_OK;
        return refuse(diag, d->path, "has files in it that are not a run's", "choose another directory with -o");
    }
    if (finished && !force) return refuse(diag, d->path, "holds a finished run", "--force replaces it; -o DIR writes elsewhere");
    if (!pl_is_file(file)) return PL_OK; /* no .parts, or one that an attempt left before anything was done */
    char *text;
    size_t length;
    pl_status st = pl_read_file(file, 4096, &text, &length, diag);
    if (st) return st;
    *resume = strcmp(text, same) == 0;
    pl_free(text);
    if (*resume || force) return PL_OK;
    return refuse(diag, d->path, "holds an unfinished run of another scenario, seed or program",
                  "--force discards it; -o DIR writes elsewhere");
}

static pl_status count_parts(rundir *d, pl_diag *diag)
{
    char **names;
    size_t n;
    pl_status st = pl_list_dir(d->parts, &names, &n, diag);
    if (st) return st;
    for (size_t i = 0; i < n; i++) d->kept += strncmp(names[i], "task-", 5) == 0 && !strstr(names[i], ".tmp-");
    pl_free_names(names, n);
    return PL_OK;
}

pl_status rundir_open(rundir *d, const char *path, const plan *p, bool force, pl_diag *diag)
{
    *d = (rundir){.path = path};
    pl_arena_init(&d->arena);
    d->parts = pl_join(&d->arena, path, ".parts");
    d->fresh = pl_join(&d->arena, path, ".parts/new");
    const char *same = identity(d, p, diag);
    const char *file = d->parts ? pl_join(&d->arena, d->parts, "identity") : NULL;
    if (!d->fresh || !file) return pl_diag_nomem(diag, "opening the run directory");
    if (!same) return PL_ERR_WORLD;

    bool resume = false;
    if (pl_is_file(path)) return refuse(diag, path, "is a file", "choose another directory with -o");
    pl_status st = PL_OK;
    if (pl_is_dir(path))
        st = inspect(d, same, force, &resume, diag);
    else
        d->made = true;
    if (st) return st;
    st = pl_remove_tree(resume ? d->fresh : d->parts, diag);
    if (!st) st = pl_make_dir(d->fresh, diag);
    if (!st && resume) st = count_parts(d, diag);
    if (!st && !resume) st = pl_write_file(file, same, strlen(same), diag);
    return st;
}

const char *rundir_fresh(rundir *d, const char *name) { return pl_join(&d->arena, d->fresh, name); }

pl_status rundir_commit(rundir *d, pl_diag *diag)
{
    pl_status st = PL_OK;
    /* First the mark of completeness goes, last it comes. */
    for (size_t i = PL_COUNT(products); i-- > 0 && !st;) {
        const char *old = pl_join(&d->arena, d->path, products[i]);
        st = old ? pl_remove_tree(old, diag) : pl_diag_nomem(diag, "writing the run directory");
    }
    for (size_t i = 0; i < PL_COUNT(products) && !st; i++) {
        const char *from = pl_join(&d->arena, d->fresh, products[i]), *to = pl_join(&d->arena, d->path, products[i]);
        if (!from || !to) return pl_diag_nomem(diag, "writing the run directory");
        if (pl_is_file(from) || pl_is_dir(from)) st = pl_rename(from, to, diag);
    }
    if (!st) st = pl_remove_tree(d->parts, diag);
    d->made = false;
    return st;
}

void rundir_close(rundir *d)
{
    if (d->made && pl_is_dir(d->path)) {
        pl_diag quiet;
        pl_diag_init(&quiet);
        d->kept = 0;
        /* Only what this run made is removed, and only if nothing worth keeping came of it. */
        bool empty = count_parts(d, &quiet) || d->kept == 0;
        if (empty) (void)!pl_remove_tree(d->path, &quiet);
        pl_diag_free(&quiet);
    }
    pl_arena_free(&d->arena);
}

pl_status rundir_require(const char *path, pl_diag *diag)
{
    pl_arena arena;
    pl_arena_init(&arena);
    pl_status st = PL_OK;
    const char *provenance = pl_join(&arena, path, "provenance.json"), *parts = pl_join(&arena, path, ".parts");
    if (!provenance || !parts)
        st = pl_diag_nomem(diag, "opening the run directory");
    else if (!pl_is_dir(path))
        st = refuse(diag, path, "does not exist", "`plateau run SCENARIO -o DIR` makes one");
    else if (!pl_is_file(provenance) && pl_is_dir(parts))
        st = refuse(diag, path, "holds an unfinished run", "the command that started it continues it");
    else if (!pl_is_file(provenance))
        st = refuse(diag, path, "is not a run's", "`plateau run SCENARIO -o DIR` makes one");
    pl_arena_free(&arena);
    return st;
}
