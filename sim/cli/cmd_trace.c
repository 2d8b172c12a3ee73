/* plateau trace SCENARIO: who did what when, in one replicate of one arm. */
#include <string.h>

#include "plots/figure.h"
#include "sim/base/fs.h"
#include "sim/cli/command.h"
#include "sim/io/csv.h"
#include "sim/run/plan.h"
#include "sim/run/search.h"
#include "sim/train/trace.h"

typedef struct options {
    const char *dir, *arm;
    pl_strings set;
    int64_t seed, replicate, steps;
} options;
static const options defaults = {.seed = -1, .steps = 8};
static const command_option table[] = {
    TEXT_OPTION("output", 'o', dir, "DIR", "directory for trace.csv and timeline.png; default traces/<name of the scenario>"),
    TEXT_OPTION("arm", 'a', arm, "ARM", "arm of the scenario; default its first"),
    TEXTS_OPTION("set", 's', set, "KEY=VALUE", "set a key of the scenario; may be given again"),
    INTEGER_OPTION("seed", 0, seed, "N", 0, 9007199254740992.0, "seed instead of the scenario's"),
    INTEGER_OPTION("replicate", 0, replicate, "N", 0, 100000, "number of the replicate"),
    INTEGER_OPTION("steps", 'n', steps, "N", 1, 1000000, "optimiser steps to trace; default 8"),
};

static const plan_arm *find_arm(invocation *call, const plan *p, const char *name)
{
    for (size_t i = 0; i < p->n_arms; i++)
        if (!name || !strcmp(p->arms[i].name, name)) return &p->arms[i];
    pl_diag_add(call->diag, PL_ERROR, (pl_place){0}, "`plateau run SCENARIO --dry-run --json` lists them",
                "the scenario has no "
                "arm '%s'",
                name);
    return NULL;
}

static pl_status write_all(invocation *call, const plan *p, const options *o, const pl_table *trace)
{
    pl_str text;
    pl_str_init(&text);
    const char *path = pl_join(call->arena, o->dir, "trace.csv"), *picture = NULL;
    pl_status st = path ? pl_make_dir(o->dir, call->diag) : pl_diag_nomem(call->diag, "tracing");
    if (!st && csv_write(trace, &text)) st = pl_diag_nomem(call->diag, "tracing");
    if (!st)
        st = pl_str_end(&text) ? pl_write_file(path, text.text, text.length, call->diag) : pl_diag_nomem(call->diag, "tracing");
    figure_data data = {
        .table = trace, .scenario_hash = p->hash.hex, .seed = p->base.seed, .replicates = 1, .steps_per_epoch = NAN};
    const figure *timeline = (const figure *)pl_registry_find(&figure_registry, "timeline");
    if (!st && timeline->applies(&data))
        st = figure_write(timeline, &data, NULL, o->dir, FIGURE_PNG, FIGURE_SINGLE, call->arena, &picture, call->diag);
    if (!st) pl_str_addf(call->out, "%s\n", path);
    if (!st && picture) pl_str_addf(call->out, "%s\n", picture);
    pl_str_free(&text);
    return st;
}

static pl_status trace_arm(invocation *call, const plan *p, const options *o)
{
    const plan_arm *arm = find_arm(call, p, o->arm);
    if (!arm) return PL_ERR_USER;
    pl_table rows, trace;
    pl_table_init(&rows);
    pl_table_init(&trace);
    training_spec spec = arm->scenario.training;
    spec.stop = (stop_spec){.steps = o->steps};
    pl_seeds seeds = scenario_seeds(&arm->scenario, (uint32_t)o->replicate);
    pl_status st = training_trace(&spec, &seeds, arm->name, (uint32_t)o->replicate, &rows, &trace, call->diag);
    if (!st) st = write_all(call, p, o, &trace);
    pl_table_free(&rows);
    pl_table_free(&trace);
    return st;
}

static pl_status run(invocation *call)
{
    options o = *(const options *)call->options;
    pl_search search;
    plan p;
    const char *path;
    pl_status st = search_make(&search, call->arena, call->diag);
    if (!st) st = search_scenario(&search, call->args[0], call->arena, &path, call->diag);
    if (st) return st;
    plan_options changes = {.set = o.set.v, .n_set = o.set.n, .seed = o.seed, .replicates = -1};
    st = plan_load(&p, path, &changes, &search, call->diag);
    if (!st && !o.dir && !(o.dir = pl_arena_printf(call->arena, "traces/%s", p.name))) st = pl_diag_nomem(call->diag, "tracing");
    if (!st) st = trace_arm(call, &p, &o);
    plan_free(&p);
    return st;
}

const command cmd_trace = {.entry = {.name = "trace", .doc = "who did what when: intervals of every worker, and their timeline"},
                           .usage = "SCENARIO",
                           .details = "SCENARIO as for `plateau run`. One replicate of one arm, for a few steps.\n",
                           .min_args = 1,
                           .max_args = 1,
                           .options = table,
                           .n_options = PL_COUNT(table),
                           .options_size = sizeof(options),
                           .defaults = &defaults,
                           .run = run};
