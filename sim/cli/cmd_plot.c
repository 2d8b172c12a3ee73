/* plateau plot DIR|LOG [FIGURE]...: figures of a finished run, of a log, of a result table. */
#include <string.h>

#include "sim/base/fs.h"
#include "sim/cli/kinds.h"
#include "sim/run/execute.h"
#include "sim/run/log_view.h"
#include "sim/run/reload.h"
#include "sim/run/replay.h"
#include "sim/run/search.h"

typedef struct options {
    int format, width;
    const char *dir, *importer;
    pl_strings map;
} options;
static const char *const format_names[] = {"png", "svg", "pdf", NULL};
static const char *const width_names[] = {"single", "double", "slide", NULL};
static const command_option table[] = {
    CHOICE_OPTION("format", 'f', format, format_names, "of the files"),
    CHOICE_OPTION("width", 'w', width, width_names, "of the figures"),
    TEXT_OPTION("output", 'o', dir, "DIR",
                "where to; default the run's folder figures, and in it double or slide for that width; ./figures for a LOG"),
    TEXT_OPTION("importer", 'i', importer, "NAME", "read LOG as this format; default by content"),
    MAP_OPTION,
};

/* What is drawn from. A log has no scenario that would say how. */
typedef struct source {
    figure_data data;
    const plan *plan; /* NULL: a log */
    const char *dir;
} source;

/* The options that the scenario gives this figure; NULL: its defaults. */
static const void *params_of(const plan *p, const figure *fig)
{
    for (size_t i = 0; p && i < p->base.figures.n; i++)
        if (p->base.figures.v[i].entry == &fig->entry) return p->base.figures.v[i].params;
    return NULL;
}

static pl_status draw(invocation *call, const source *s, const figure *fig)
{
    const options *o = call->options;
    const char *path;
    pl_status st = figure_write(fig, &s->data, params_of(s->plan, fig), s->dir, (figure_format)o->format, (figure_width)o->width,
                                call->arena, &path, call->diag);
    if (!st) pl_str_addf(call->out, "%s\n", path);
    return st;
}

static pl_status draw_named(invocation *call, const source *s)
{
    pl_status st = PL_OK;
    for (size_t i = 1; i < call->n_args; i++) {
        const figure *fig = (const figure *)kind_entry(&figure_registry, call->args[i], call);
        if (fig && !fig->applies(&s->data)) {
            pl_diag_add(call->diag, PL_ERROR, (pl_place){0},
                        s->plan ? "columns.json lists the columns that it has" : "--map NAME=COLUMN tells what a column means",
                        "the %s does not have the columns of the figure '%s'", s->plan ? "run" : "log", fig->entry.name);
            fig = NULL;
        }
        if (!fig) st = PL_ERR_USER;
        if (!st) st = draw(call, s, fig);
    }
    return st;
}

/* Those named, or else those that the run drew, or for a log all that can be drawn. */
static pl_status draw_all(invocation *call, const source *s)
{
    pl_status st = pl_make_dir(s->dir, call->diag);
    if (st || call->n_args > 1) return st ? st : draw_named(call, s);
    size_t drawn = 0;
    for (const pl_entry *const *e = figure_registry.entries; *e && !st; e++) {
        const figure *fig = (const figure *)*e;
        const pl_choices *chosen = s->plan ? &s->plan->base.figures : NULL;
        bool wanted = !chosen || chosen->n == 0;
        for (size_t i = 0; chosen && i < chosen->n; i++) wanted |= chosen->v[i].entry == *e;
        if (!wanted || !fig->applies(&s->data)) continue;
        st = draw(call, s, fig);
        drawn++;
    }
    if (st || drawn || s->plan) return st;
    pl_diag_add(call->diag, PL_ERROR, (pl_place){.file = call->args[0]},
                "--map NAME=COLUMN tells what a column means: pass@1=my/accuracy",
                "no figure can be drawn of the metrics that are known in this log");
    return PL_ERR_USER;
}

static pl_status plot_run(invocation *call)
{
    const options *o = call->options;
    /* The run's own figures are of single width, and part of what `replay` compares: others lie beside them. */
    static const char *const folders[] = {"figures", "figures/double", "figures/slide"};
    const char *dir = o->dir ? o->dir : pl_join(call->arena, call->args[0], folders[o->width]);
    if (!dir) return pl_diag_nomem(call->diag, "drawing");
    pl_search search;
    plan p;
    outcome loaded;
    outcome_init(&loaded);
    pl_status st = search_make(&search, call->arena, call->diag);
    if (st) return st;
    st = replay_plan(&p, call->args[0], &search, call->arena, call->diag);
    if (!st) st = outcome_load(&loaded, &p, call->args[0], call->diag);
    if (!st) st = draw_all(call, &(source){run_figure_data(&p, &loaded), &p, dir});
    outcome_free(&loaded);
    plan_free(&p);
    return st;
}

static pl_status plot_log(invocation *call)
{
    const options *o = call->options;
    training_log log;
    log_view view;
    pl_str words;
    log_options how = {.format = o->importer, .map = o->map.v, .n_map = o->map.n};
    pl_str_init(&words);
    log_view_init(&view);
    pl_status st = log_open(call->args, 1, &how, &log, call->diag);
    if (!st) st = log_view_make(&log, &view, call->diag);
    if (!st) {
        log_describe(&log, &words);
        say(call, "%.*s", (int)(words.length ? words.length - 1 : 0), words.text ? words.text : "");
        st = draw_all(call, &(source){log_view_figure(&view), NULL, o->dir ? o->dir : "figures"});
    }
    pl_str_free(&words);
    log_view_free(&view);
    training_log_free(&log);
    return st;
}

/* A folder that is there and no run's may hold a log; what is not there was meant to be a run. */
static bool is_run(const char *path, pl_arena *arena)
{
    const char *finished = pl_join(arena, path, "provenance.json"), *parts = pl_join(arena, path, ".parts");
    if (strcmp(path, "-") == 0 || pl_is_file(path)) return false;
    return !pl_is_dir(path) || !finished || !parts || pl_is_file(finished) || pl_is_dir(parts);
}

static pl_status run(invocation *call)
{
    const options *o = call->options;
    if (!is_run(call->args[0], call->arena)) return plot_log(call);
    if (!o->importer && !o->map.n) return plot_run(call);
    pl_diag_add(call->diag, PL_ERROR, (pl_place){0}, "leave them out", "--importer and --map are for logs; '%s' is a run",
                call->args[0]);
    return PL_ERR_USER;
}

const command cmd_plot = {
    .entry = {.name = "plot", .doc = "draw figures of a finished run, a log, or a table of results"},
    .usage = "DIR|LOG [FIGURE]...",
    .details = "Without FIGURE those that the run drew; of a log all for which it has the metrics. `plateau list figure` tells "
               "which there\n"
               "are, `plateau list importer` which logs can be read; a folder of them is one log, - is standard input.\n",
    .min_args = 1,
    .max_args = 65,
    .options = table,
    .n_options = PL_COUNT(table),
    .options_size = sizeof(options),
    .run = run,
};
