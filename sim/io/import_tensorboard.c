/* TensorBoard event files: their scalars, a row a step. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/io/event_file.h"
#include "sim/io/importer.h"

/* A good header is one chance in 2^32 for anything else. */
static int recognise(const char *text, size_t length, const char *path)
{
    enum { VERSION_AT = 12 + 11, VERSION = 12 }; /* behind the frame's header, wall_time and the field's key and length */
    if (tfrecord_begins(text, length))
        return length >= VERSION_AT + VERSION && !memcmp(text + VERSION_AT, "brain.Event:", VERSION) ? 100 : 90;
    return length && strstr(path, ".tfevents.") ? 60 : 0; /* damaged from the first byte on, or just begun */
}

static int by_time(const void *a, const void *b)
{
    const event_point *x = a, *y = b;
    if (x->wall_time != y->wall_time) return x->wall_time < y->wall_time ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* In the order of the clock: what comes later wins. The order of the file is that of the clock but in files that were joined by
 * hand. */
static void sort_points(event_file *e)
{
    bool sorted = true;
    for (size_t i = 0; i < e->n_points; i++) {
        e->points[i].order = i;
        if (isnan(e->points[i].wall_time)) e->points[i].wall_time = -INFINITY;
        sorted = sorted && (!i || e->points[i - 1].wall_time <= e->points[i].wall_time);
    }
    if (!sorted) qsort(e->points, e->n_points, sizeof *e->points, by_time);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The steps that occur, each once. */
static pl_status find_steps(const event_file *e, double **steps, size_t *n)
{
    double *v = pl_alloc_array(e->n_points + 1, sizeof *v);
    if (!v) return PL_ERR_WORLD;
    size_t all = 0, kept = 0;
    for (size_t i = 0; i < e->n_points; i++) { /* events of one step follow each other */
        double step = (double)e->points[i].step;
        if (!all || v[all - 1] != step) v[all++] = step;
    }
    qsort(v, all, sizeof *v, ascending);
    for (size_t i = 0; i < all; i++)
        if (!kept || v[kept - 1] != v[i]) v[kept++] = v[i];
    *steps = v;
    *n = kept;
    return PL_OK;
}

/* A tag that is called as a column that is there already gets "tensorboard/" before its name, as often as it takes. */
static pl_status add_tag(pl_table *t, const char *tag)
{
    static const char prefix[] = "tensorboard/";
    size_t times = 0;
    pl_str name;
    pl_str_init(&name);
    pl_str_add(&name, tag);
    while (!name.broken && pl_table_find(t, name.text)) {
        pl_str_clear(&name);
        times++;
        for (size_t i = 0; i < times; i++) pl_str_add(&name, prefix);
        pl_str_add(&name, tag);
    }
    const pl_column_spec spec = {.name = name.text, .unit = "", .doc = "", .origin = PL_LOGGED};
    pl_status st = name.broken ? PL_ERR_WORLD : pl_table_add_column(t, &spec, NULL);
    pl_str_free(&name);
    return st;
}

/* A column for every tag that has a point; `column` tells which. */
static pl_status add_columns(const event_file *e, pl_table *t, size_t *column)
{
    static const pl_column_spec step = {.name = "step", .unit = "steps", .doc = "step of the event", .origin = PL_KEY};
    static const pl_column_spec wall_time = {
        .name = "wall_time", .unit = "s", .doc = "when the last scalar of the step was written, since 1970", .origin = PL_LOGGED};
    if (pl_table_add_column(t, &step, NULL) || pl_table_add_column(t, &wall_time, NULL)) return PL_ERR_WORLD;
    for (size_t i = 0; i < e->tags.n; i++) column[i] = 0;
    for (size_t i = 0; i < e->n_points; i++) column[e->points[i].tag] = 1;
    for (size_t i = 0; i < e->tags.n; i++) {
        if (!column[i]) continue;
        column[i] = t->n_columns;
        if (add_tag(t, e->tags.c[i].name)) return PL_ERR_WORLD;
    }
    return PL_OK;
}

static size_t find_row(const double *steps, size_t n, double step, size_t guess)
{
    if (steps[guess] == step) return guess;
    const double *at = bsearch(&step, steps, n, sizeof *steps, ascending);
    return (size_t)(at - steps);
}

static void put_points(const event_file *e, const size_t *column, const double *steps, size_t n, pl_table *t, log_counts *counts)
{
    size_t row = 0;
    for (size_t r = 0; r < n; r++) t->columns[0].v[r] = steps[r];
    for (size_t i = 0; i < e->n_points; i++) {
        const event_point *p = &e->points[i];
        row = find_row(steps, n, (double)p->step, row);
        double *cell = &t->columns[column[p->tag]].v[row], *wall = &t->columns[1].v[row];
        if (isfinite(p->wall_time) && !(*wall >= p->wall_time)) *wall = p->wall_time;
        if (!isfinite(p->value)) {
            counts->non_finite++;
            continue;
        }
        counts->repeated += !isnan(*cell) && *cell != p->value;
        *cell = p->value;
    }
}

static pl_status fill(event_file *e, training_log *log)
{
    enum { MOST_CELLS = 1 << 28 };
    pl_table *t = &log->table;
    double *steps = NULL;
    size_t n, *column = pl_alloc_array(e->tags.n + 1, sizeof *column);
    pl_status st = column ? find_steps(e, &steps, &n) : PL_ERR_WORLD;
    if (!st) st = add_columns(e, t, column);
    if (!st && n > MOST_CELLS / t->n_columns) st = PL_ERR_WORLD;
    for (size_t r = 0, at; !st && r < n; r++) st = pl_table_add_row(t, &at);
    if (!st) put_points(e, column, steps, n, t, &log->counts);
    pl_free(steps);
    pl_free(column);
    return st;
}

/* What is not in the table. */
static void tell(const event_file *e, training_log *log)
{
    const tfrecord_reader *r = &e->records;
    log->counts.records = r->records;
    log->counts.skipped = e->not_scalars + e->not_events;
    log->counts.bad_crc = r->bad_data;
    log->counts.cut_off = r->cut_off;
    log->counts.restarts = e->dropped > 0;
    if (e->not_scalars) log_note(log, "%zu values that are no scalars (text, pictures, histograms) left out", e->not_scalars);
    if (e->not_events) log_note(log, "%zu records that are no events left out", e->not_events);
    if (r->bad_data)
        log_note(log, "%zu records with a wrong checksum left out, the first damage at byte %zu", r->bad_data, r->first_bad);
    if (r->gaps)
        log_note(log, "%zu bytes in %zu places belong to no record, the first at byte %zu: the file is damaged there", r->lost,
                 r->gaps, r->first_bad);
    if (r->cut_off && r->cut_off_of)
        log_note(log, "the last record is not finished, %zu of %llu bytes: as in the file of a run that goes on", r->cut_off,
                 (unsigned long long)(r->cut_off_of + 16));
    else if (r->cut_off)
        log_note(log, "the last record is not finished, %zu bytes of it: as in the file of a run that goes on", r->cut_off);
    if (e->dropped)
        log_note(log, "the run was started again within the file: %zu values from that step on were dropped", e->dropped);
    if (!e->n_points) log_note(log, "no scalar in this file");
}

/* No record can be read, or they hold something else than events. */
static pl_status refuse(const event_file *e, const char *file, pl_diag *diag)
{
    const tfrecord_reader *r = &e->records;
    if (r->records && e->not_events < r->records) return PL_OK;
    if (!r->records && !r->gaps && !r->bad_data) {
        pl_diag_add(diag, PL_ERROR, (pl_place){.file = file}, "wait until the run has written something",
                    "the event file holds no whole record yet: %zu bytes", r->cut_off);
        return PL_ERR_USER;
    }
    const char *what = r->records    ? "these are TFRecords, but none of their %zu records is an event"
                       : r->bad_data ? "no record of the event file is whole: %zu with a wrong checksum"
                                     : "no record of an event file in these %zu bytes";
    pl_diag_add(diag, PL_ERROR, (pl_place){.file = file}, "give a TensorBoard event file (events.out.tfevents...)", what,
                r->records    ? r->records
                : r->bad_data ? r->bad_data
                              : r->lost);
    return PL_ERR_USER;
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    static const char *const steps[] = {"step", NULL};
    event_file e;
    bool found;
    event_file_init(&e);
    pl_status st = event_file_read(&e, text, length);
    if (!st) st = refuse(&e, file, diag);
    if (!st) {
        log->began = e.began;
        for (size_t i = 0; i < e.n_starts; i++) log->started_at = fmin(log->started_at, (double)e.starts[i].step);
        sort_points(&e);
        st = fill(&e, log);
    }
    if (!st) st = log_step_column(log, steps, &found);
    if (!st) tell(&e, log);
    event_file_free(&e);
    return st;
}

const importer import_tensorboard = {
    .entry = {.name = "tensorboard",
              .doc = "TensorBoard event files (events.out.tfevents...): scalars; a folder of them is one run"},
    .binary = true,
    .shared_names = true,
    .recognise = recognise,
    .parse = parse,
};
