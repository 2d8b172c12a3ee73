/* plateau replay DIR: does the run come out the same again? */
#include <string.h>

#include "sim/base/json.h"
#include "sim/cli/command.h"
#include "sim/cli/progress.h"
#include "sim/core/pool.h"
#include "sim/run/replay.h"
#include "sim/run/search.h"

typedef struct options {
    int64_t jobs;
    bool json;
} options;
static const command_option table[] = {
    INTEGER_OPTION("jobs", 'j', jobs, "N", 1, 256, "threads; default one per processor"),
    JSON_OPTION,
};

static void report(invocation *call, const replay_report *r, bool json)
{
    if (!json) {
        for (size_t i = 0; i < r->n; i++)
            pl_str_addf(call->out, "%-8s %s\n", replay_state_names[r->files[i].state], r->files[i].name);
        return;
    }
    pl_json j;
    pl_json_init(&j, call->out);
    pl_json_object(&j);
    pl_json_key(&j, "verdict");
    pl_json_string(&j, r->same ? "same" : "differs");
    pl_json_key(&j, "files");
    pl_json_object(&j);
    for (size_t i = 0; i < r->n; i++) {
        pl_json_key(&j, r->files[i].name);
        pl_json_string(&j, replay_state_names[r->files[i].state]);
    }
    pl_json_end_object(&j);
    pl_json_end_object(&j);
    pl_str_addc(call->out, '\n');
}

static pl_status run(invocation *call)
{
    const options *o = call->options;
    pl_search search;
    plan p;
    run_progress progress = {0};
    replay_report result;
    pl_status st = search_make(&search, call->arena, call->diag);
    if (st) return st;
    st = replay_plan(&p, call->args[0], &search, call->arena, call->diag);
    if (!st) st = run_progress_init(&progress, &p, call->diag);
    if (!st) {
        progress_bar bar;
        progress_start(&bar, &progress, call->quiet);
        st = replay_run(&p, call->args[0], o->jobs ? (int)o->jobs : pl_cpu_count(), &progress, &result, call->arena, call->diag);
        progress_stop(&bar);
    }
    if (!st) {
        if (strcmp(result.version, plateau_version) != 0)
            say(call, "the directory was written by plateau %s, this is %s", result.version, plateau_version);
        report(call, &result, o->json);
        call->answer_is_no = !result.same;
    }
    run_progress_free(&progress);
    plan_free(&p);
    return st;
}

const command cmd_replay = {
    .entry = {.name = "replay", .doc = "run a run directory's scenario again and compare every byte"},
    .usage = "DIR",
    .details = "Exit code 1: something came out differently.\n",
    .min_args = 1,
    .max_args = 1,
    .options = table,
    .n_options = PL_COUNT(table),
    .options_size = sizeof(options),
    .run = run,
};
