#include "sim/run/execute.h"

#include <string.h>
#include <time.h>

#include "sim/base/fs.h"
#include "sim/core/pool.h"
#include "sim/io/csv.h"

pl_status run_progress_init(run_progress *progress, const plan *p, pl_diag *diag)
{
    *progress = (run_progress){.n = p->n_arms * p->replicates};
    progress->tasks = pl_alloc_array(progress->n, sizeof *progress->tasks);
    return progress->tasks ? PL_OK : pl_diag_nomem(diag, "preparing the run");
}

void run_progress_free(run_progress *progress) { pl_free(progress->tasks); }

void run_report_init(run_report *r)
{
    *r = (run_report){.n_figures = 0};
    outcome_init(&r->outcome);
}

void run_report_free(run_report *r) { outcome_free(&r->outcome); }

/* What the tasks share. Task i is arm i / replicates, replicate i % replicates; diags[i] is its own. */
typedef struct job {
    const plan *p;
    const rundir *dir;
    run_progress *progress;
    pl_diag *diags;
} job;

static char *first_error(const pl_diag *diag)
{
    const char *what = diag->count ? diag->messages[0].what : "";
    char *copy = pl_alloc(strlen(what) + 1);
    if (copy) strcpy(copy, what);
    return copy;
}

static pl_status task(void *context, size_t i)
{
    job *j = context;
    size_t arm = i / j->p->replicates, replicate = i % j->p->replicates;
    if (part_exists(j->dir, arm, replicate)) {
        j->progress->finished++;
        return PL_OK;
    }
    const plan_arm *a = &j->p->arms[arm];
    pl_diag *diag = &j->diags[i];
    pl_seeds seeds = scenario_seeds(&a->scenario, (uint32_t)replicate);
    part own;
    part_init(&own);
    pl_status st =
        training_run(&a->scenario.training, &seeds, a->name, (uint32_t)replicate, &own.table, &j->progress->tasks[i], diag);
    if (st == PL_ERR_NUMERIC) {
        /* This replicate ends here, the others go on; its rows and the reason are kept. */
        own.failed = true;
        own.message = first_error(diag);
        st = own.message ? PL_OK : pl_diag_nomem(diag, "keeping a replicate");
        if (!st) { /* merge() reports it, whether the replicate is of this attempt or an earlier one */
            pl_diag_free(diag);
            pl_diag_init(diag);
        }
    }
    if (!st) st = part_write(j->dir, arm, replicate, &own, diag);
    if (!st) j->progress->finished++;
    part_free(&own);
    return st;
}

static pl_status run_tasks(const plan *p, const rundir *dir, int jobs, run_progress *progress, pl_diag *diag)
{
    job j = {.p = p, .dir = dir, .progress = progress, .diags = pl_alloc_array(progress->n, sizeof(pl_diag))};
    if (!j.diags) return pl_diag_nomem(diag, "preparing the run");
    for (size_t i = 0; i < progress->n; i++) pl_diag_init(&j.diags[i]);
    pl_status st = pl_pool_run(jobs, progress->n, task, &j);
    for (size_t i = 0; i < progress->n; i++) {
        const pl_diag *own = &j.diags[i];
        for (size_t m = 0; m < own->count; m++)
            pl_diag_add(diag, own->messages[m].severity, own->messages[m].place, own->messages[m].remedy, "%s",
                        own->messages[m].what);
        if (own->lost) diag->lost = true;
        pl_diag_free(&j.diags[i]);
    }
    pl_free(j.diags);
    return st;
}

static pl_status append(outcome *o, const plan_arm *arm, const pl_table *from)
{
    pl_table *t = &o->table;
    size_t arm_column = pl_table_index(t, "arm");
    pl_status st = PL_OK;
    for (size_t r = 0; r < from->n_rows && !st; r++) {
        size_t row;
        st = pl_table_add_row(t, &row);
        if (!st) st = pl_table_set_text(t, row, arm_column, arm->name);
        for (size_t c = 0; c < from->n_columns && !st; c++)
            t->columns[pl_table_index(t, from->columns[c].spec.name)].v[row] = from->columns[c].v[r];
    }
    return st;
}

/* Reads all parts back in the order arm, replicate. */
static pl_status merge(const plan *p, const rundir *dir, outcome *o, pl_diag *diag)
{
    pl_status st = PL_OK;
    for (size_t c = 0; c < p->columns.n_columns && !st; c++) st = pl_table_add_column(&o->table, &p->columns.columns[c].spec, NULL);
    o->failures = pl_arena_array(&o->arena, p->n_arms * p->replicates, sizeof *o->failures);
    if (st || !o->failures) return pl_diag_nomem(diag, "collecting the results");
    for (size_t i = 0; i < p->n_arms * p->replicates && !st; i++) {
        size_t arm = i / p->replicates, replicate = i % p->replicates;
        part own;
        part_init(&own);
        st = part_read(dir, arm, replicate, &own, diag);
        if (!st && append(o, &p->arms[arm], &own.table)) st = pl_diag_nomem(diag, "collecting the results");
        if (!st && own.failed) {
            char *message = pl_arena_strdup(&o->arena, own.message);
            if (!message) st = pl_diag_nomem(diag, "collecting the results");
            o->failures[o->n_failures++] = (failure){p->arms[arm].name, message, replicate};
            pl_diag_add(diag, PL_ERROR, (pl_place){0}, "a smaller optimizer.lr often helps", "%s", message);
        }
        part_free(&own);
    }
    return st;
}

/* Files of the run directory as they are written, with their hashes. */
typedef struct writer {
    rundir *dir;
    pl_arena *arena;
    run_file *files;
    size_t n;
    pl_diag *diag;
} writer;

static pl_status put(writer *w, const char *name, const void *data, size_t length)
{
    const char *path = rundir_fresh(w->dir, name);
    if (!path) return pl_diag_nomem(w->diag, "writing the run directory");
    pl_status st = pl_write_file(path, data, length, w->diag);
    w->files[w->n++] = (run_file){name, pl_hash_bytes(data, length)};
    return st;
}

static pl_status put_text(writer *w, const char *name, pl_status made, pl_str *text)
{
    const char *end = made ? NULL : pl_str_end(text);
    pl_status st = end ? put(w, name, end, text->length) : pl_diag_nomem(w->diag, "writing the run directory");
    pl_str_clear(text);
    return st;
}

static pl_status write_tables(writer *w, const plan *p)
{
    const char *folder = rundir_fresh(w->dir, "tables");
    pl_status st = PL_OK;
    for (size_t i = 0; i < p->n_arms && !st; i++) {
        const plan_arm *a = &p->arms[i];
        char *text = NULL;
        size_t length;
        if (!a->table_name) continue;
        bool written = false;
        for (size_t k = 0; k < w->n; k++) written |= strcmp(w->files[k].name, a->table_name) == 0;
        if (written) continue;
        st = folder ? pl_make_dir(folder, w->diag) : pl_diag_nomem(w->diag, "writing the run directory");
        if (!st) st = pl_read_file(a->table_path, (size_t)1 << 30, &text, &length, w->diag);
        if (!st) st = put(w, a->table_name, text, length);
        pl_free(text);
    }
    return st;
}

figure_data run_figure_data(const plan *p, const outcome *o)
{
    return (figure_data){.table = &o->table,
                         .fits = &o->fits,
                         .sigmoid_x = p->base.fits.sigmoid_x,
                         .sigmoid_y = p->base.fits.sigmoid_y,
                         .entropy_x = p->base.fits.entropy_x,
                         .entropy_y = p->base.fits.entropy_y,
                         .scenario_hash = p->hash.hex,
                         .seed = (uint64_t)p->base.seed,
                         .replicates = p->replicates,
                         .steps_per_epoch = o->steps_per_epoch};
}

static pl_status draw(writer *w, const plan *p, const outcome *o, const figure *fig, const void *params)
{
    figure_data data = run_figure_data(p, o);
    const char *folder = rundir_fresh(w->dir, "figures"), *path;
    if (!folder) return pl_diag_nomem(w->diag, "drawing");
    pl_status st = pl_make_dir(folder, w->diag);
    if (!st) st = figure_write(fig, &data, params, folder, FIGURE_PNG, FIGURE_SINGLE, w->arena, &path, w->diag);
    if (st) return st;
    char *bytes;
    size_t length;
    const char *name = pl_arena_printf(w->arena, "figures/%s.png", fig->entry.name);
    st = name ? pl_read_file(path, (size_t)1 << 30, &bytes, &length, w->diag) : pl_diag_nomem(w->diag, "drawing");
    if (st) return st;
    w->files[w->n++] = (run_file){name, pl_hash_bytes(bytes, length)};
    pl_free(bytes);
    return PL_OK;
}

/* The figures that the scenario asks for; without any, all for which the columns are there. */
static pl_status draw_all(writer *w, const plan *p, const outcome *o)
{
    const pl_choices *chosen = &p->base.figures;
    figure_data data = run_figure_data(p, o);
    pl_status st = PL_OK;
    for (size_t i = 0; i < chosen->n && !st; i++) {
        const figure *fig = (const figure *)chosen->v[i].entry;
        if (fig->applies(&data))
            st = draw(w, p, o, fig, chosen->v[i].params);
        else
            pl_diag_add(w->diag, PL_WARNING, (pl_place){0}, "`plateau explain` tells which columns it needs",
                        "the figure '%s' is left out: the run does not have its columns", fig->entry.name);
    }
    for (const pl_entry *const *e = figure_registry.entries; chosen->n == 0 && *e && !st; e++) {
        const figure *fig = (const figure *)*e;
        if (fig->applies(&data)) st = draw(w, p, o, fig, NULL);
    }
    return st;
}

/* For provenance.json alone: no result depends on it. */
static double seconds_now(void)
{
    struct timespec t;
    return clock_gettime(CLOCK_MONOTONIC, &t) ? 0 : (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static pl_status write_files(const plan *p, rundir *dir, const run_options *options, double began, run_report *report,
                             pl_diag *diag)
{
    outcome *o = &report->outcome;
    size_t most = p->n_arms + pl_registry_count(&figure_registry) + p->base.figures.n + 8;
    writer w = {.dir = dir, .arena = &o->arena, .files = pl_arena_array(&o->arena, most, sizeof(run_file)), .diag = diag};
    report->figures = pl_arena_array(&o->arena, most, sizeof *report->figures);
    if (!w.files || !report->figures) return pl_diag_nomem(diag, "writing the run directory");
    pl_str text;
    pl_str_init(&text);
    pl_status st = write_tables(&w, p);
    if (!st) st = put_text(&w, "metrics.csv", csv_write(&o->table, &text), &text);
    if (!st) st = put_text(&w, "columns.json", outcome_columns(&o->table, &text), &text);
    if (!st) st = put_text(&w, "summary.json", outcome_summary(o, p, &text), &text);
    if (!st) st = put(&w, "resolved.yaml", p->resolved, strlen(p->resolved));
    if (!st) st = draw_all(&w, p, o);
    run_effort effort = {seconds_now() - began, options->jobs};
    if (!st) st = provenance_write(dir, p, options->argv, options->argc, &effort, w.files, w.n, diag);
    pl_str_free(&text);
    for (size_t i = 0; i < w.n && !st; i++) {
        if (strncmp(w.files[i].name, "figures/", 8) != 0) continue;
        const char *path = pl_join(&o->arena, options->dir, w.files[i].name);
        if (!path) return pl_diag_nomem(diag, "writing the run directory");
        report->figures[report->n_figures++] = path;
    }
    return st;
}

pl_status run_execute(const plan *p, const run_options *options, run_progress *progress, run_report *report, pl_diag *diag)
{
    rundir dir;
    double began = seconds_now();
    pl_status st = rundir_open(&dir, options->dir, p, options->force, diag);
    report->kept = dir.kept;
    if (!st) st = run_tasks(p, &dir, options->jobs, progress, diag);
    report->finished = progress->finished;
    if (!st) st = merge(p, &dir, &report->outcome, diag);
    if (!st) st = outcome_warn_of_twins(&report->outcome, p, diag);
    if (!st) st = outcome_analyse(&report->outcome, p, diag);
    if (!st) st = write_files(p, &dir, options, began, report, diag);
    if (!st) st = rundir_commit(&dir, diag);
    rundir_close(&dir);
    return !st && report->outcome.n_failures ? PL_ERR_NUMERIC : st;
}
