/* Anatomy of a step: what the trainer's time for a batch goes to, a bar per arm. */
#include <math.h>
#include <string.h>

#include "plots/lines.h"

enum { PARTS = 6, ROWS_MOST = 40 };
static const struct {
    const char *column, *name;
} parts[PARTS] = {
    {"anatomy/wait", "waits for a batch"},
    {"anatomy/logprob", "log-probabilities"},
    {"anatomy/update", "updates"},
    {"anatomy/sync", "weights to generators"},
    {"anatomy/evaluation", "evaluation"},
    {"anatomy/other", "changes of phase, "
                      "checkpoints, repairs"},
};

typedef struct anatomy_params {
    pl_strings arms;
} anatomy_params;
static const pl_field fields[] = {
    {.name = "arms",
     .type = PL_STRINGS,
     .offset = offsetof(anatomy_params, arms),
     .fallback = "[]",
     .doc = "Arms to draw; none: "
            "all."},
};
static const pl_struct params_struct = {.name = "figure anatomy",
                                        .doc = "What the time of a step goes to.",
                                        .size = sizeof(anatomy_params),
                                        .fields = fields,
                                        .n_fields = PL_COUNT(fields)};

static bool applies(const figure_data *data)
{
    return lines_has(data->table, "queue/in_flight") && lines_has(data->table, parts[0].column);
}

/* Mean over the rows of an arm, s; the first row after the beginning, when everything is empty, does not count where there are
 * others. */
static double mean_of(const pl_table *t, const char *arm, const char *column)
{
    const pl_column *v = pl_table_find(t, column), *step = pl_table_find(t, "step");
    size_t arms = pl_table_index(t, "arm"), n[2] = {0};
    double first = INFINITY, sum[2] = {0};
    for (size_t r = 0; r < t->n_rows; r++)
        if (!strcmp(pl_table_text(t, r, arms), arm) && step->v[r] > 0) first = fmin(first, step->v[r]);
    for (size_t r = 0; r < t->n_rows; r++) {
        if (strcmp(pl_table_text(t, r, arms), arm) || !(step->v[r] > 0) || isnan(v->v[r])) continue;
        bool later = step->v[r] > first;
        sum[later] += v->v[r];
        n[later]++;
    }
    int use = n[1] > 0;
    return n[use] ? sum[use] / (double)n[use] : 0;
}

static void draw_bar(canvas *c, const panel *p, const double *value, const char *arm, double top, double height)
{
    double at = 0, text = fmin(style.tick_text, height * .5), bar = top + text + 1.5;
    canvas_text(c, (text_place){p->plot.x0, top + text * .9, text, 0, 1, false, style.ink}, arm);
    for (int k = 0; k < PARTS; k++) {
        double x0 = scale_place(&p->x, at), x1 = scale_place(&p->x, at + value[k]);
        at += value[k];
        if (x1 - x0 > .01) canvas_rect(c, (box){x0, bar, x1, top + height - 1.5}, (canvas_pen){style.colours[k], 1, 0, NULL});
    }
    char total[TICK_LABEL];
    scale_number(at, total);
    canvas_text(c, (text_place){scale_place(&p->x, at) + 3, (bar + top + height - 1.5) / 2, text, 0, .5, false, style.ink}, total);
}

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    const anatomy_params *given = params;
    pl_strings arms;
    pl_status st = curve_arms(data->table, given ? given->arms : (pl_strings){0}, &c->arena, &arms, diag);
    if (st) return st;
    size_t n = arms.n < ROWS_MOST ? arms.n : ROWS_MOST;
    double(*value)[PARTS] = pl_arena_array(&c->arena, n, sizeof *value), longest = 0;
    if (!value) return pl_diag_nomem(diag, "drawing a figure");
    for (size_t a = 0; a < n; a++) {
        double sum = 0;
        for (int k = 0; k < PARTS; k++) sum += value[a][k] = mean_of(data->table, arms.v[a], parts[k].column);
        longest = fmax(longest, sum);
    }
    layout l = layout_for(c, 1, 0, PARTS * LAYOUT_LINE + 6, true);
    layout_resize(&l, style.page_width, 110 + 21 * (double)n + PARTS * LAYOUT_LINE);
    panel *p = layout_begin(c, &l, data, "Anatomy of a step");
    if (!p) return pl_diag_nomem(diag, "drawing a figure");
    p->x = scale_make(SCALE_LINEAR, 0, longest * 1.06, p->plot.x0, p->plot.x1, false, 6);
    p->x_label = "time for a batch [s]";
    panel_x_axis(c, p);
    double height = (p->plot.y1 - p->plot.y0 - 4) / (double)n;
    for (size_t a = 0; a < n; a++) draw_bar(c, p, value[a], arms.v[a], p->plot.y0 + height * (double)a, height);
    for (int k = 0; k < PARTS; k++)
        layout_statement(c, &l, (size_t)k, (canvas_pen){style.colours[k], 1, style.line, NULL}, MARKER_SQUARE, parts[k].name);
    layout_notes(c, &l, data, n < arms.n ? "the first 40 arms" : "mean over replicates and recorded rows but the first");
    return PL_OK;
}

const figure fig_anatomy = {
    {"anatomy", "What the trainer's time for a batch goes to, a bar per arm", "arXiv 2505.24298", &params_struct}, applies, draw};
