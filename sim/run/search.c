/* The search path, from the environment, the place of the program and what was known at build time. */
#include "sim/run/search.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build.h"
#include "sim/base/fs.h"

const char plateau_version[] = PLATEAU_VERSION;

const char *search_program_path(pl_arena *arena)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0 || (size_t)n >= sizeof path - 1) return "";
    return pl_arena_strndup(arena, path, (size_t)n);
}

/* build/../scenarios of a clone and the source tree known at build time are one folder under two names. */
static bool same_place(const char *a, const char *b)
{
    struct stat one, other;
    return !stat(a, &one) && !stat(b, &other) && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

pl_status search_make(pl_search *search, pl_arena *arena, pl_diag *diag)
{
    enum { MOST = 5 };
    const char **dirs = pl_arena_array(arena, MOST, sizeof *dirs);
    const char *program = search_program_path(arena);
    if (!dirs || !program) return pl_diag_nomem(diag, "looking for scenarios");
    const char *slash = strrchr(program, '/');
    const char *home = slash ? pl_arena_strndup(arena, program, (size_t)(slash - program)) : "";
    if (!home) return pl_diag_nomem(diag, "looking for scenarios");
    const char *environment = getenv("PLATEAU_SCENARIOS");
    const char *candidates[MOST] = {
        environment && *environment ? environment : NULL,
        *home ? pl_join(arena, home, "../share/plateau/scenarios") : NULL,
        *home ? pl_join(arena, home, "../scenarios") : NULL,
        PLATEAU_PREFIX "/share/plateau/scenarios",
        PLATEAU_SOURCE "/scenarios",
    };
    size_t n = 0;
    for (size_t i = 0; i < MOST; i++) {
        bool known = !candidates[i] || !pl_is_dir(candidates[i]);
        for (size_t k = 0; k < n && !known; k++) known = same_place(dirs[k], candidates[i]);
        if (!known) dirs[n++] = candidates[i];
    }
    *search = (pl_search){.dirs = dirs, .n = n};
    return PL_OK;
}

/* NULL when memory runs out; `name` when nothing was found. */
static const char *file_of(const pl_search *search, const char *name, pl_arena *arena)
{
    if (strcmp(name, "-") == 0 || pl_is_file(name)) return name;
    const char *own = pl_arena_printf(arena, "%s.yaml", name);
    if (!own) return NULL;
    if (pl_is_file(own)) return own;
    if (*name == '/') return name;
    for (size_t i = 0; i < search->n; i++) {
        const char *plain = pl_join(arena, search->dirs[i], name);
        const char *with_ending = plain ? pl_arena_printf(arena, "%s.yaml", plain) : NULL;
        if (!with_ending) return NULL;
        if (pl_is_file(plain)) return plain;
        if (pl_is_file(with_ending)) return with_ending;
    }
    return name;
}

static pl_status unknown(const pl_search *search, const char *name, pl_diag *diag)
{
    static const char *const folders[] = {"tutorial", "findings", "base"};
    pl_arena arena;
    pl_arena_init(&arena);
    const char *best = NULL;
    pl_status st = PL_OK;
    for (size_t f = 0; f < PL_COUNT(folders) && !best && !st; f++) {
        char **stems = NULL;
        size_t n = 0;
        st = search_list(search, folders[f], &stems, &n, diag);
        const char **names = st ? NULL : pl_arena_array(&arena, 2 * n, sizeof *names);
        for (size_t i = 0; names && i < n; i++) {
            names[i] = pl_arena_printf(&arena, "%s/%s", folders[f], stems[i]);
            names[n + i] = pl_arena_strdup(&arena, stems[i]);
            if (!names[i] || !names[n + i]) names = NULL;
        }
        if (!st && !names) st = pl_diag_nomem(diag, "looking for scenarios");
        best = st ? NULL : pl_nearest(name, names, 2 * n);
        for (size_t i = 0; best && i < n; i++)
            if (best == names[n + i]) best = names[i];
        if (!st) pl_free_names(stems, n);
    }
    if (!st) {
        const char *remedy = best ? pl_arena_printf(&arena, "did you mean '%s'?", best) : NULL;
        pl_diag_add(diag, PL_ERROR, (pl_place){0},
                    remedy ? remedy : "give a file, or a name with its folder as `plateau list` has them",
                    "there is no scenario '%s'", name);
        st = PL_ERR_USER;
    }
    pl_arena_free(&arena);
    return st;
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static char *stem_of(const char *file)
{
    size_t length = strlen(file);
    if (length <= 5 || strcmp(file + length - 5, ".yaml") != 0) return NULL;
    char *stem = pl_alloc(length - 4);
    if (stem) memcpy(stem, file, length - 5);
    return stem;
}

pl_status search_list(const pl_search *search, const char *under, char ***names, size_t *n, pl_diag *diag)
{
    pl_status st = PL_OK;
    pl_arena arena;
    pl_arena_init(&arena);
    char **all = NULL;
    size_t count = 0;
    for (size_t d = 0; d < search->n && !st; d++) {
        const char *dir = pl_join(&arena, search->dirs[d], under);
        if (!dir) st = pl_diag_nomem(diag, "listing scenarios");
        if (st || !pl_is_dir(dir)) continue;
        char **files = NULL;
        size_t n_files = 0;
        st = pl_list_dir(dir, &files, &n_files, diag);
        char **grown = st ? NULL : pl_realloc(all, (count + n_files + 1) * sizeof *all);
        if (!st && !grown) st = pl_diag_nomem(diag, "listing scenarios");
        if (grown) all = grown;
        for (size_t i = 0; i < n_files && !st; i++) {
            char *stem = stem_of(files[i]);
            if (!stem) continue;
            bool known = false;
            for (size_t k = 0; k < count; k++) known |= strcmp(all[k], stem) == 0;
            if (known)
                pl_free(stem);
            else
                all[count++] = stem;
        }
        pl_free_names(files, n_files);
    }
    pl_arena_free(&arena);
    if (st) {
        pl_free_names(all, count);
        return st;
    }
    if (count) qsort(all, count, sizeof *all, by_bytes);
    *names = all;
    *n = count;
    return PL_OK;
}

pl_status search_scenario(const pl_search *search, const char *name, pl_arena *arena, const char **path, pl_diag *diag)
{
    *path = file_of(search, name, arena);
    if (!*path) return pl_diag_nomem(diag, "looking for the scenario");
    return strcmp(*path, "-") != 0 && access(*path, F_OK) != 0 ? unknown(search, *path, diag) : PL_OK;
}
