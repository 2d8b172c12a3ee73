/* plateau export DIR --to FORMAT: a finished run as files that other tools open. */
#include <string.h>

#include "sim/base/fs.h"
#include "sim/cli/kinds.h"
#include "sim/io/exporter.h"
#include "sim/run/reload.h"
#include "sim/run/replay.h"
#include "sim/run/search.h"

typedef struct options {
    const char *to, *dir;
    pl_strings arms;
    int64_t replicate;
} options;
static const options defaults = {.replicate = -1};
static const command_option table[] = {
    {.name = "to",
     .letter = 't',
     .type = OPTION_TEXT,
     .offset = offsetof(options, to),
     .value = "FORMAT",
     .required = true,
     .doc = "one of `plateau list exporter`: csv, jsonl, tensorboard, trainer_state"},
    {.name = "output",
     .letter = 'o',
     .type = OPTION_TEXT,
     .offset = offsetof(options, dir),
     .value = "OUT",
     .doc = "where to; default the run's folder export/FORMAT"},
    {.name = "arm",
     .letter = 'a',
     .type = OPTION_TEXTS,
     .offset = offsetof(options, arms),
     .value = "ARM",
     .doc = "this arm only; may be given again"},
    {.name = "replicate",
     .letter = 'r',
     .type = OPTION_INTEGER,
     .offset = offsetof(options, replicate),
     .value = "N",
     .min = 0,
     .max = 1e9,
     .doc = "this replicate only, from 0"},
};

static bool wanted(const options *o, const char *arm)
{
    for (size_t i = 0; i < o->arms.n; i++)
        if (strcmp(o->arms.v[i], arm) == 0) return true;
    return o->arms.n == 0;
}

/* Every mistake of the selection. */
static pl_status check(invocation *call, const plan *p)
{
    const options *o = call->options;
    pl_status st = PL_OK;
    for (size_t i = 0; i < o->arms.n; i++) {
        bool known = false;
        for (size_t a = 0; a < p->n_arms; a++) known |= strcmp(p->arm_names[a], o->arms.v[i]) == 0;
        if (known) continue;
        const char *nearest = pl_nearest(o->arms.v[i], p->arm_names, p->n_arms);
        const char *remedy = nearest ? pl_arena_printf(call->arena, "did you mean '%s'?", nearest) : "summary.json names its arms";
        pl_diag_add(call->diag, PL_ERROR, (pl_place){0}, remedy, "the run has no arm '%s'", o->arms.v[i]);
        st = PL_ERR_USER;
    }
    if (o->replicate >= (int64_t)p->replicates) {
        pl_diag_add(call->diag, PL_ERROR, (pl_place){0}, pl_arena_printf(call->arena, "they are 0 to %zu", p->replicates - 1),
                    "the run has no replicate %lld", (long long)o->replicate);
        st = PL_ERR_USER;
    }
    return st;
}

/* How many earlier arms are called like this one once made fit for a path. */
static size_t twins(const plan *p, size_t arm, pl_arena *arena)
{
    const char *name = export_name(p->arm_names[arm], 0, 0, arena);
    size_t n = 0;
    for (size_t a = 0; a < arm && name; a++) {
        const char *other = export_name(p->arm_names[a], 0, 0, arena);
        n += other && strcmp(name, other) == 0;
    }
    return n;
}

static pl_status write_run(invocation *call, const exporter *to, const char *path, const pl_table *t)
{
    pl_str text;
    pl_str_init(&text);
    char *folder = pl_arena_strdup(call->arena, path);
    if (!folder) return pl_diag_nomem(call->diag, "exporting");
    *strrchr(folder, '/') = '\0';
    pl_status st = pl_make_dir(folder, call->diag);
    if (!st && to->write(t, &text)) st = pl_diag_nomem(call->diag, "exporting");
    if (!st) st = pl_write_file(path, text.text ? text.text : "", text.length, call->diag);
    if (!st) pl_str_addf(call->out, "%s\n", path);
    pl_str_free(&text);
    return st;
}

static void tell_failure(invocation *call, const outcome *o, const char *arm, size_t replicate)
{
    for (size_t i = 0; i < o->n_failures; i++)
        if (o->failures[i].replicate == replicate && strcmp(o->failures[i].arm, arm) == 0)
            say(call, "replicate %zu%s%s stopped early, and so do its files: %s", replicate, *arm ? " of " : "", arm,
                o->failures[i].message);
}

static pl_status write_all(invocation *call, const exporter *to, const plan *p, const outcome *loaded, const char *dir)
{
    const options *o = call->options;
    pl_status st = PL_OK;
    for (size_t i = 0; i < p->n_arms * p->replicates && !st; i++) {
        size_t arm = i / p->replicates, replicate = i % p->replicates;
        if (!wanted(o, p->arm_names[arm]) || (o->replicate >= 0 && (size_t)o->replicate != replicate)) continue;
        const char *name = export_name(p->arm_names[arm], replicate, twins(p, arm, call->arena), call->arena);
        const char *path = name ? pl_arena_printf(call->arena, "%s/%s%s", dir, name, to->file) : NULL;
        pl_table rows;
        pl_table_init(&rows);
        if (!path || export_select(&loaded->table, p->arm_names[arm], replicate, &rows))
            st = pl_diag_nomem(call->diag, "exporting");
        if (!st) st = write_run(call, to, path, &rows);
        if (!st) tell_failure(call, loaded, p->arm_names[arm], replicate);
        pl_table_free(&rows);
    }
    return st;
}

static pl_status run(invocation *call)
{
    const options *o = call->options;
    const exporter *to = (const exporter *)kind_entry(&exporter_registry, o->to, call);
    if (!to) return PL_ERR_USER;
    const char *dir = o->dir ? o->dir : pl_arena_printf(call->arena, "%s/export/%s", call->args[0], to->entry.name);
    if (!dir) return pl_diag_nomem(call->diag, "exporting");
    pl_search search;
    plan p;
    outcome loaded;
    outcome_init(&loaded);
    pl_status st = search_make(&search, call->arena, call->diag);
    if (st) return st;
    st = replay_plan(&p, call->args[0], &search, call->arena, call->diag);
    if (!st) st = check(call, &p);
    if (!st) st = outcome_read(&loaded, &p, call->args[0], call->diag);
    if (!st) st = write_all(call, to, &p, &loaded, dir);
    outcome_free(&loaded);
    plan_free(&p);
    return st;
}

const command cmd_export = {
    .entry = {.name = "export", .doc = "a finished run as files for other tools: CSV, JSON lines, TensorBoard, trainer_state.json"},
    .usage = "DIR",
    .details = "One file, or folder, for each arm and replicate. Times are simulated ones, counted from 2000-01-01 00:00 UTC.\n",
    .min_args = 1,
    .max_args = 1,
    .options = table,
    .n_options = PL_COUNT(table),
    .options_size = sizeof(options),
    .defaults = &defaults,
    .run = run,
};
