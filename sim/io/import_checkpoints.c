/* Tables of checkpoints in CSV: what evaluations of saved models gave, a row a checkpoint or a row a checkpoint and task.
 *
 *   revision,n,correct,accuracy
 *       The step is the number in the revision: step1000-tokens4B, checkpoint-500.
 *   run,step,task,primary_metric,primary_score,n_items,...
 *       Becomes columns TASK/METRIC and TASK/n_items; several runs become arms.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/io/importer.h"
#include "sim/io/result_table.h"

enum { MOST_NAMES = 4096 }; /* tasks, runs */
#define REVISION_NAMES "revision checkpoint ckpt"

static const char *const flat[] = {REVISION_NAMES, "accuracy acc correct"}, *const tasks[] = {"step", "task", "primary_score"};

static int recognise(const char *text, size_t length, const char *path)
{
    if (result_header(text, length, tasks, 3)) return 95;
    return result_header(text, length, flat, 2) ? 90 : 0;
}

/* The number behind "step", "ckpt", "checkpoint" or "iter"; else the first number. NaN: there is none ("main"). */
static double step_of(const char *revision)
{
    static const char *const words[] = {"step", "checkpoint", "ckpt", "iter"};
    const char *at = revision;
    for (size_t i = 0; i < PL_COUNT(words); i++) {
        const char *found = strstr(revision, words[i]);
        if (found) {
            at = found;
            break;
        }
    }
    at += strcspn(at, "0123456789");
    return *at ? strtod(at, NULL) : NAN;
}

typedef struct keyed {
    double step;
    size_t group, row;
} keyed;

static int by_step(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    if (x->group != y->group) return x->group < y->group ? -1 : 1;
    if (x->step != y->step) return x->step < y->step ? -1 : 1; /* NaN equals everything: rows without a step were left out */
    return x->row < y->row ? -1 : x->row > y->row;
}

static pl_status add_number(pl_table *t, const char *name, const char *unit, pl_origin origin, size_t *at)
{
    return pl_table_add_column(t, &(pl_column_spec){.name = name, .unit = unit, .doc = "", .origin = origin}, at);
}

/* --- a row a checkpoint ----------------------------------------------------------------------------------------- */

static pl_status sorted_rows(const pl_table *csv, size_t revision, training_log *log, keyed **rows, size_t *n)
{
    keyed *k = pl_arena_array(&log->arena, csv->n_rows, sizeof *k);
    *n = 0;
    if (!k) return PL_ERR_WORLD;
    for (size_t r = 0; r < csv->n_rows; r++) {
        const char *word = result_word(csv, r, revision, &log->arena);
        if (!word) return PL_ERR_WORLD;
        double step = step_of(word);
        if (isnan(step))
            log->counts.no_step++;
        else
            k[(*n)++] = (keyed){step, 0, r};
    }
    qsort(k, *n, sizeof *k, by_step);
    *rows = k;
    return PL_OK;
}

/* Share of right answers from correct and n, where the table has no accuracy of its own. */
static pl_status add_accuracy(pl_table *t)
{
    const pl_column *n = pl_table_find(t, "n"), *correct = pl_table_find(t, "correct");
    size_t at;
    if (result_column(t, "accuracy acc") != (size_t)-1 || !n || !correct || n->spec.text || correct->spec.text) return PL_OK;
    if (add_number(t, "accuracy", "", PL_LOGGED, &at)) return PL_ERR_WORLD;
    n = pl_table_find(t, "n");
    correct = pl_table_find(t, "correct");
    for (size_t r = 0; r < t->n_rows; r++) t->columns[at].v[r] = correct->v[r] / n->v[r];
    return PL_OK;
}

static pl_status read_flat(const pl_table *csv, training_log *log)
{
    pl_table *t = &log->table;
    size_t revision = result_column(csv, REVISION_NAMES), n, row;
    keyed *rows;
    pl_status st = sorted_rows(csv, revision, log, &rows, &n);
    if (!st) st = add_number(t, "step", "steps", PL_KEY, NULL);
    for (size_t c = 0; c < csv->n_columns && !st; c++)
        if (c != revision && strcmp(csv->columns[c].spec.name, "step") != 0)
            st = pl_table_add_column(t, &csv->columns[c].spec, NULL);
    for (size_t i = 0; i < n && !st; i++) {
        st = pl_table_add_row(t, &row);
        if (!st) t->columns[0].v[row] = rows[i].step;
        for (size_t c = 1; c < t->n_columns && !st; c++) {
            size_t from = pl_table_index(csv, t->columns[c].spec.name);
            if (t->columns[c].spec.text)
                st = pl_table_set_text(t, row, c, pl_table_text(csv, rows[i].row, from));
            else
                t->columns[c].v[row] = csv->columns[from].v[rows[i].row];
        }
    }
    if (!st) st = add_accuracy(t);
    return st ? st : log_drop_text(log, NULL);
}

/* --- a row a checkpoint and task -------------------------------------------------------------------------------- */

typedef struct task_columns {
    size_t run, step, task, metric, score, items; /* (size_t)-1: not there */
} task_columns;

static task_columns find_columns(const pl_table *csv)
{
    return (task_columns){result_column(csv, "run model"),      result_column(csv, "step"),          result_column(csv, "task"),
                          result_column(csv, "primary_metric"), result_column(csv, "primary_score"), result_column(csv, "n_items")};
}

static pl_status sort_by_run(const pl_table *csv, const task_columns *c, training_log *log, result_names *runs, keyed **rows,
                             size_t *n)
{
    keyed *k = pl_arena_array(&log->arena, csv->n_rows, sizeof *k);
    *n = 0;
    if (!k) return PL_ERR_WORLD;
    for (size_t r = 0; r < csv->n_rows; r++) {
        const char *run = result_word(csv, r, c->run, &log->arena);
        size_t group;
        if (!run || result_names_add(runs, run, &log->arena, &group)) return PL_ERR_WORLD;
        if (runs->n > MOST_NAMES) return PL_ERR_USER;
        double step = csv->columns[c->step].spec.text ? step_of(pl_table_text(csv, r, c->step)) : csv->columns[c->step].v[r];
        if (isnan(step))
            log->counts.no_step++;
        else
            k[(*n)++] = (keyed){step, group, r};
    }
    qsort(k, *n, sizeof *k, by_step);
    *rows = k;
    return PL_OK;
}

/* The column TASK/METRIC, made when it is new. PL_ERR_USER: there are too many. */
static pl_status column_of(pl_table *t, const char *task, const char *metric, pl_arena *arena, size_t *at)
{
    char *name = pl_arena_printf(arena, "%s%s%s", task, *metric ? "/" : "", metric);
    if (!name) return PL_ERR_WORLD;
    *at = pl_table_index(t, name);
    if (*at != (size_t)-1) return PL_OK;
    return t->n_columns < MOST_NAMES ? add_number(t, name, "", PL_LOGGED, at) : PL_ERR_USER;
}

static pl_status put_cell(pl_table *t, size_t row, size_t at, double x, training_log *log)
{
    double *cell = &t->columns[at].v[row];
    log->counts.repeated += !isnan(*cell) && *cell != x;
    *cell = x;
    return PL_OK;
}

static pl_status put_task(const pl_table *csv, const task_columns *c, size_t from, size_t row, training_log *log)
{
    const char *task = result_word(csv, from, c->task, &log->arena), *metric = result_word(csv, from, c->metric, &log->arena);
    size_t at;
    if (!task || !metric) return PL_ERR_WORLD;
    pl_status st = column_of(&log->table, task, c->metric == (size_t)-1 ? "score" : metric, &log->arena, &at);
    if (!st) st = put_cell(&log->table, row, at, csv->columns[c->score].v[from], log);
    if (st || c->items == (size_t)-1 || csv->columns[c->items].spec.text) return st;
    st = column_of(&log->table, task, "n_items", &log->arena, &at);
    return st ? st : put_cell(&log->table, row, at, csv->columns[c->items].v[from], log);
}

static pl_status read_tasks(const pl_table *csv, const char *file, training_log *log, pl_diag *diag)
{
    pl_table *t = &log->table;
    task_columns c = find_columns(csv);
    result_names runs = {0};
    keyed *rows;
    size_t n = 0, row = 0;
    pl_status st = PL_OK;
    double unused;
    for (size_t r = 0; r < csv->n_rows; r++)
        st = pl_worse(st, result_number(csv, r, c.score, -INFINITY, INFINITY, false, file, &unused, diag));
    if (!st && csv->columns[c.score].spec.text) st = result_fault(diag, file, 0, "give numbers", "the column of scores holds text");
    if (!st) st = sort_by_run(csv, &c, log, &runs, &rows, &n);
    if (!st) st = add_number(t, "step", "steps", PL_KEY, NULL);
    if (!st && runs.n > 1)
        st = pl_table_add_column(t, &(pl_column_spec){.name = "arm", .unit = "", .doc = "run", .origin = PL_KEY, .text = true},
                                 NULL);
    for (size_t i = 0; i < n && !st; i++) {
        if (!i || rows[i].step != rows[i - 1].step || rows[i].group != rows[i - 1].group) {
            st = pl_table_add_row(t, &row);
            if (!st) t->columns[0].v[row] = rows[i].step;
            if (!st && runs.n > 1) st = pl_table_set_text(t, row, 1, runs.v[rows[i].group]);
        }
        if (!st) st = put_task(csv, &c, rows[i].row, row, log);
    }
    return st;
}

static pl_status read_rows(const pl_table *csv, const char *file, training_log *log, pl_diag *diag)
{
    size_t errors = diag ? diag->errors : 0;
    pl_status st = read_tasks(csv, file, log, diag);
    if (st == PL_ERR_USER && diag && diag->errors == errors)
        pl_diag_add(diag, PL_ERROR, (pl_place){.file = file}, "are `run` and `task` the names they seem?",
                    "more than %d runs or tasks", MOST_NAMES);
    return st;
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    static const char *const steps[] = {"step", NULL};
    pl_table csv;
    read_counts counts = {0};
    bool found;
    pl_table_init(&csv);
    pl_status st = csv_parse(text, length, file, &csv, &counts, diag);
    bool by_task = !st && result_column(&csv, "primary_score") != (size_t)-1;
    if (!st) st = by_task ? result_require(&csv, tasks, 3, file, diag) : result_require(&csv, flat, 2, file, diag);
    log->counts.records = counts.rows;
    log->counts.skipped = counts.skipped;
    log->counts.non_finite = counts.non_finite;
    if (!st) st = by_task ? read_rows(&csv, file, log, diag) : read_flat(&csv, log);
    if (!st) st = log_step_column(log, steps, &found);
    pl_table_free(&csv);
    return st;
}

const importer import_checkpoints = {
    .entry = {.name = "checkpoints",
              .doc = "evaluations of checkpoints in CSV: revision,n,correct,accuracy, or run,step,task,primary_score,..."},
    .framework = "table",
    .recognise = recognise,
    .parse = parse,
};
