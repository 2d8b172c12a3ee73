/* Timeline of the cluster: one row per worker, what it did when, publications of weights as vertical lines; from the table of
 * `plateau trace`. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plots/lines.h"

enum { WORKERS_MOST = 24, WHATS = 6, WEIGHTS = 1, PUBLICATION = 2 };
static const char *const what_names[WHATS] = {"update",
                                              "log-probabilities",
                                              "publication of weights (vertical line at its end)",
                                              "evaluation",
                                              "decoding",
                                              "repair"};
static const unsigned what_colours[WHATS] = {2, 1, 3, 4, 0, 7}; /* of style.colours, as in the figure anatomy */

static bool applies(const figure_data *data)
{
    const pl_table *t = data->table;
    return lines_has(t, "trace/worker") && lines_has(t, "trace/what") && lines_has(t, "trace/begin_s") &&
           lines_has(t, "trace/end_s");
}

static const double *values(const pl_table *t, const char *name) { return pl_table_find(t, name)->v; }

/* Rows of the figure: the workers that occur, weights apart. *count: of all. */
static size_t find_workers(const pl_table *t, unsigned *rows, size_t *count)
{
    const double *worker = values(t, "trace/worker");
    size_t n = 0;
    *count = 0;
    for (unsigned next = 0, found = 1; found; next++) {
        double smallest = INFINITY;
        for (size_t r = 0; r < t->n_rows; r++)
            if (worker[r] >= next && worker[r] < smallest) smallest = worker[r];
        found = isfinite(smallest) && smallest < 1e6;
        if (!found) break;
        next = (unsigned)smallest;
        if (next == WEIGHTS) continue;
        if (n < WORKERS_MOST) rows[n++] = next;
        ++*count;
    }
    return n;
}

static void draw_row(canvas *c, const panel *p, const pl_table *t, unsigned worker, double top, double height)
{
    static const char *const names[] = {"trainer", "", "evaluation"};
    const double *who = values(t, "trace/worker"), *what = values(t, "trace/what"), *begin = values(t, "trace/begin_s"),
                 *end = values(t, "trace/end_s");
    char name[32];
    if (worker >= 3) snprintf(name, sizeof name, "replica %u", worker - 3);
    canvas_text(c, (text_place){p->plot.x0 - 4, top + height / 2, fmin(style.tick_text, height * .8), 1, .5, false, style.ink},
                worker < 3 ? names[worker] : name);
    for (size_t r = 0; r < t->n_rows; r++) {
        if (!(floor(who[r]) == worker) || !(end[r] > begin[r])) continue;
        size_t kind = what[r] >= 0 && what[r] < WHATS ? (size_t)what[r] : 0;
        box b = {scale_place(&p->x, begin[r]), top + height * .12, scale_place(&p->x, end[r]), top + height * .88};
        canvas_rect(c, b, (canvas_pen){style.colours[what_colours[kind]], 1, 0, NULL});
    }
}

static void draw_publications(canvas *c, const panel *p, const pl_table *t)
{
    const double *what = values(t, "trace/what"), *end = values(t, "trace/end_s");
    canvas_pen pen = {style.colours[what_colours[PUBLICATION]], .8, style.thin, NULL};
    for (size_t r = 0; r < t->n_rows; r++)
        if (floor(what[r]) == PUBLICATION)
            canvas_line(c, scale_place(&p->x, end[r]), p->plot.y0, scale_place(&p->x, end[r]), p->plot.y1, pen);
}

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    const pl_table *t = data->table;
    unsigned rows[WORKERS_MOST];
    size_t all, n = find_workers(t, rows, &all), whats = 0;
    double last = 0;
    bool seen[WHATS] = {false};
    for (size_t r = 0; r < t->n_rows; r++) {
        double what = values(t, "trace/what")[r], end = values(t, "trace/end_s")[r];
        if (isfinite(end)) last = fmax(last, end);
        if (what >= 0 && what < WHATS) seen[(size_t)what] = true;
    }
    for (size_t k = 0; k < WHATS; k++) whats += seen[k];
    layout l = layout_for(c, 1, 0, LAYOUT_LINE * (double)whats + 6, true);
    layout_resize(&l, style.page_width, 110 + 15 * (double)n + LAYOUT_LINE * (double)whats);
    panel *p = layout_begin(c, &l, data, "The cluster in time");
    if (!p) return pl_diag_nomem(diag, "drawing a figure");
    p->x = scale_make(SCALE_LINEAR, 0, last, p->plot.x0, p->plot.x1, false, 6);
    p->x_label = "time [s]";
    panel_x_axis(c, p);
    double height = (p->plot.y1 - p->plot.y0 - 4) / (double)(n ? n : 1);
    for (size_t k = 0; k < n; k++) draw_row(c, p, t, rows[k], p->plot.y0 + height * (double)k, height);
    draw_publications(c, p, t);
    size_t line = 0;
    for (size_t k = 0; k < WHATS; k++)
        if (seen[k])
            layout_statement(c, &l, line++, (canvas_pen){style.colours[what_colours[k]], 1, style.line, NULL}, MARKER_SQUARE,
                             what_names[k]);
    const char *note = all > n ? pl_arena_printf(&c->arena, "the first %zu of %zu workers", n, all) : "";
    layout_notes(c, &l, data, note ? note : "");
    return note ? PL_OK : pl_diag_nomem(diag, "drawing a figure");
}

const figure fig_timeline = {{"timeline", "What each worker of the cluster did when, from a trace", NULL, NULL}, applies, draw};
