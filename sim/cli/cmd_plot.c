/* plateau plot DIR [FIGURE]...: figures of a finished run. */
#include <string.h>

#include "sim/base/fs.h"
#include "sim/cli/kinds.h"
#include "sim/run/execute.h"
#include "sim/run/reload.h"
#include "sim/run/replay.h"
#include "sim/run/search.h"

typedef struct options {
    int format, width;
    const char *dir;
} options;
static const char *const format_names[] = {"png", "svg", "pdf", NULL};
static const char *const width_names[] = {"single", "double", "slide", NULL};
static const command_option table[] = {
    {.name = "format",
     .letter = 'f',
     .type = OPTION_CHOICE,
     .offset = offsetof(options, format),
     .names = format_names,
     .doc = "of the files"},
    {.name = "width",
     .letter = 'w',
     .type = OPTION_CHOICE,
     .offset = offsetof(options, width),
     .names = width_names,
     .doc = "of the figures"},
    {.name = "output",
     .letter = 'o',
     .type = OPTION_TEXT,
     .offset = offsetof(options, dir),
     .value = "DIR",
     .doc = "where to; default the run's folder figures, and in it double or slide for that width"},
};

/* The options that the scenario gives this figure; NULL: its defaults. */
static const void *params_of(const plan *p, const figure *fig)
{
    for (size_t i = 0; i < p->base.figures.n; i++)
        if (p->base.figures.v[i].entry == &fig->entry) return p->base.figures.v[i].params;
    return NULL;
}

static pl_status draw(invocation *call, const plan *p, const figure_data *data, const figure *fig, const char *dir)
{
    const options *o = call->options;
    const char *path;
    pl_status st = figure_write(fig, data, params_of(p, fig), dir, (figure_format)o->format, (figure_width)o->width, call->arena,
                                &path, call->diag);
    if (!st) pl_str_addf(call->out, "%s\n", path);
    return st;
}

/* Those named, or else those that the run drew. */
static pl_status draw_all(invocation *call, const plan *p, const outcome *loaded, const char *dir)
{
    figure_data data = run_figure_data(p, loaded);
    pl_status st = PL_OK;
    for (size_t i = 1; i < call->n_args; i++) {
        const figure *fig = (const figure *)kind_entry(&figure_registry, call->args[i], call);
        if (fig && !fig->applies(&data)) {
            pl_diag_add(call->diag, PL_ERROR, (pl_place){0}, "columns.json lists the columns that it has",
                        "the run does not have the columns of the figure '%s'", fig->entry.name);
            fig = NULL;
        }
        if (!fig) st = PL_ERR_USER;
        if (!st) st = draw(call, p, &data, fig, dir);
    }
    for (const pl_entry *const *e = figure_registry.entries; call->n_args == 1 && *e && !st; e++) {
        const figure *fig = (const figure *)*e;
        bool wanted = p->base.figures.n == 0;
        for (size_t i = 0; i < p->base.figures.n; i++) wanted |= p->base.figures.v[i].entry == *e;
        if (wanted && fig->applies(&data)) st = draw(call, p, &data, fig, dir);
    }
    return st;
}

static pl_status run(invocation *call)
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
    if (!st) st = pl_make_dir(dir, call->diag);
    if (!st) st = draw_all(call, &p, &loaded, dir);
    outcome_free(&loaded);
    plan_free(&p);
    return st;
}

const command cmd_plot = {
    .entry = {.name = "plot", .doc = "draw figures of a finished run"},
    .usage = "DIR [FIGURE]...",
    .details = "Without FIGURE those that the run drew. `plateau list figure` tells which there are.\n",
    .min_args = 1,
    .max_args = 65,
    .options = table,
    .n_options = PL_COUNT(table),
    .options_size = sizeof(options),
    .run = run,
};
