/* plateau run SCENARIO: simulate, judge, draw. */
#include <string.h>

#include "sim/base/json.h"
#include "sim/cli/command.h"
#include "sim/cli/progress.h"
#include "sim/cli/report.h"
#include "sim/core/pool.h"
#include "sim/run/execute.h"
#include "sim/run/search.h"

typedef struct options {
    const char *dir;
    pl_strings set;
    int64_t seed, replicates, jobs;
    bool force, dry_run, json;
} options;
static const options defaults = {.seed = -1, .replicates = -1};
static const command_option table[] = {
    TEXT_OPTION("output", 'o', dir, "DIR", "run directory; default runs/<name of the scenario>"),
    TEXTS_OPTION("set", 's', set, "KEY=VALUE", "set a key of the scenario; may be given again"),
    INTEGER_OPTION("seed", 0, seed, "N", 0, 9007199254740992.0, "seed instead of the scenario's"),
    INTEGER_OPTION("replicates", 'r', replicates, "N", 1, 100000, "replicates instead of the scenario's"),
    INTEGER_OPTION("jobs", 'j', jobs, "N", 1, 256, "threads; default one per processor (results do not depend on it)"),
    FLAG_OPTION("force", 'f', force, "replace the run in the directory"),
    FLAG_OPTION("dry-run", 'n', dry_run, "check everything and print the resolved scenario, run nothing"),
    FLAG_OPTION("json", 0, json, "print the summary as JSON"),
};

static pl_status dry_run(invocation *call, const plan *p, bool json)
{
    if (!json) {
        pl_str_add(call->out, p->resolved);
        say(call, "%zu arms x %zu replicates, %zu columns: nothing is wrong with it", p->n_arms, p->replicates,
            p->columns.n_columns);
        return PL_OK;
    }
    pl_json j;
    pl_json_init(&j, call->out);
    pl_json_object(&j);
    pl_json_key(&j, "scenario_hash");
    pl_json_string(&j, p->hash.hex);
    pl_json_key(&j, "replicates");
    pl_json_integer(&j, (int64_t)p->replicates);
    pl_json_key(&j, "arms");
    pl_json_array(&j);
    for (size_t i = 0; i < p->n_arms; i++) pl_json_string(&j, p->arms[i].name);
    pl_json_end_array(&j);
    pl_json_key(&j, "columns");
    pl_json_array(&j);
    for (size_t c = 0; c < p->columns.n_columns; c++) pl_json_string(&j, p->columns.columns[c].spec.name);
    pl_json_end_array(&j);
    pl_json_end_object(&j);
    pl_str_addc(call->out, '\n');
    return PL_OK;
}

/* What was done goes out also when some replicates left the domain of the mathematics. */
static pl_status report(invocation *call, const plan *p, const run_report *r, const options *o)
{
    for (size_t i = 0; i < r->outcome.n_hypotheses; i++)
        if (r->outcome.hypotheses[i].verdict == VERDICT_REFUTED) call->answer_is_no = true;
    if (o->json) return outcome_summary(&r->outcome, p, call->out);
    report_summary(call, p, &r->outcome);
    pl_str_addf(call->out, "\n%s\n", o->dir);
    for (size_t i = 0; i < r->n_figures; i++) pl_str_addf(call->out, "%s\n", r->figures[i]);
    return PL_OK;
}

static pl_status execute(invocation *call, const plan *p, const options *o)
{
    run_progress progress;
    pl_status st = run_progress_init(&progress, p, call->diag);
    if (st) return st;
    run_report result;
    run_report_init(&result);
    run_options how = {
        .dir = o->dir, .jobs = o->jobs ? (int)o->jobs : pl_cpu_count(), .force = o->force, .argv = call->argv, .argc = call->argc};
    if (call->verbose) say(call, "%zu arms x %zu replicates on %d threads into %s", p->n_arms, p->replicates, how.jobs, o->dir);
    progress_bar bar;
    progress_start(&bar, &progress, call->quiet);
    st = run_execute(p, &how, &progress, &result, call->diag);
    progress_stop(&bar);
    if (result.kept) say(call, "continued an interrupted run: %zu of %zu replicates were done", result.kept, progress.n);
    if (st == PL_ERR_INTERRUPTED)
        pl_diag_add(call->diag, PL_ERROR, (pl_place){0}, "the same command continues",
                    "interrupted: %zu of %zu replicates are finished and kept", result.finished, progress.n);
    if (!st || st == PL_ERR_NUMERIC) st = pl_worse(st, report(call, p, &result, o));
    run_report_free(&result);
    run_progress_free(&progress);
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
    plan_options changes = {.set = o.set.v, .n_set = o.set.n, .seed = o.seed, .replicates = o.replicates};
    st = plan_load(&p, path, &changes, &search, call->diag);
    if (!st && !o.dir) {
        o.dir = pl_arena_printf(call->arena, "runs/%s", p.name);
        if (!o.dir) st = pl_diag_nomem(call->diag, "preparing the run");
    }
    if (!st) st = o.dry_run ? dry_run(call, &p, o.json) : execute(call, &p, &o);
    plan_free(&p);
    return st;
}

const command cmd_run = {
    .entry = {.name = "run", .doc = "simulate a scenario: table, fits, verdicts, figures"},
    .usage = "SCENARIO",
    .details = "SCENARIO is a file, or the name of one of `plateau list` with its folder (findings/f05-overly-hard).\n"
               "An interrupted run is continued by the same command. Exit code 1: a hypothesis was refuted.\n",
    .min_args = 1,
    .max_args = 1,
    .options = table,
    .n_options = PL_COUNT(table),
    .options_size = sizeof(options),
    .defaults = &defaults,
    .run = run,
};
