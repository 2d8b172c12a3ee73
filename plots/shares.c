#include "plots/shares.h"

#include <string.h>

static bool stacked(const pl_table *t, size_t column, const char *prefix)
{
    const char *name = t->columns[column].spec.name;
    return strncmp(name, prefix, strlen(prefix)) == 0 && !strchr(name + strlen(prefix), '/') && lines_has(t, name);
}

bool shares_apply(const figure_data *data, const char *prefix)
{
    bool any = false;
    for (size_t i = 0; i < data->table->n_columns; i++) any |= stacked(data->table, i, prefix);
    return any && lines_has(data->table, "step");
}

typedef struct stack {
    canvas *c;
    const figure_data *data;
    const shares_params *params;
    pl_strings arms, columns;
    double low, high;                    /* of x over all arms */
} stack;

static pl_status no_columns(const stack *s, pl_diag *diag)
{
    pl_diag_add(diag, PL_ERROR, (pl_place){0}, "record those columns, or give another `prefix`", "the table has no column of numbers whose name begins with '%s'", s->params->prefix);
    return PL_ERR_USER;
}

static pl_status choose(stack *s, pl_diag *diag)
{
    const pl_table *t = s->data->table;
    s->columns.v = pl_arena_array(&s->c->arena, t->n_columns, sizeof *s->columns.v);
    if (!s->columns.v) return pl_diag_nomem(diag, "drawing a figure");
    for (size_t i = 0; i < t->n_columns; i++)
        if (stacked(t, i, s->params->prefix)) s->columns.v[s->columns.n++] = t->columns[i].spec.name;
    if (!s->columns.n) return no_columns(s, diag);
    if (!lines_has(t, s->params->x)) return lines_missing(t, s->params->x, &s->c->arena, diag);
    const pl_column *x = pl_table_find(t, s->params->x);
    s->low = INFINITY;
    s->high = -INFINITY;
    for (size_t r = 0; r < t->n_rows; r++) {
        if (!isfinite(x->v[r])) continue;
        s->low = fmin(s->low, x->v[r]);
        s->high = fmax(s->high, x->v[r]);
    }
    return curve_arms(t, s->params->arms, &s->c->arena, &s->arms, diag);
}

/* One area between two running sums; the edge between areas is drawn white, which tells neighbours apart without colour. */
static void draw_area(const stack *s, const double *place, const double *low, const double *high, size_t n, size_t k)
{
    canvas_pen pen = panel_pen(k, false);
    pen.alpha = .85;
    canvas_band(s->c, place, low, high, n, pen);
    for (size_t i = 1; i < n; i++) canvas_line(s->c, place[i - 1], high[i - 1], place[i], high[i], (canvas_pen){0xFFFFFF, 1, .7, NULL});
}

/* `ends`: middle of each area at the right edge, in points. */
static pl_status draw_areas(const stack *s, const panel *p, const char *arm, double *ends)
{
    size_t n = 0;
    double *place = NULL, *below = NULL, *above = NULL;
    for (size_t k = 0; k < s->columns.n; k++) {
        curve share;
        pl_status st = curve_make(s->data->table, arm, s->params->x, s->columns.v[k], BAND_NONE, &s->c->arena, &share);
        if (st) return st;
        if (!place) {
            n = share.n;
            place = pl_arena_array(&s->c->arena, n, sizeof *place);
            below = pl_arena_array(&s->c->arena, n, sizeof *below);
            above = pl_arena_array(&s->c->arena, n, sizeof *above);
            if (!place || !below || !above) return PL_ERR_WORLD;
            for (size_t i = 0; i < n; i++) below[i] = scale_place(&p->y, 0), place[i] = scale_place(&p->x, share.x[i]);
        }
        n = share.n < n ? share.n : n;   /* shares are recorded together; a table that lacks some is drawn as far as all go */
        for (size_t i = 0; i < n; i++) above[i] = below[i] + scale_place(&p->y, share.mean[i]) - scale_place(&p->y, 0);
        draw_area(s, place, below, above, n, k);
        ends[k] = n ? (below[n - 1] + above[n - 1]) / 2 : NAN;
        for (size_t i = 0; i < n; i++) below[i] = above[i];
    }
    return PL_OK;
}

static pl_status draw_arm(const stack *s, panel *p, const char *arm)
{
    double *ends = pl_arena_array(&s->c->arena, s->columns.n, sizeof *ends);
    end_label *labels = pl_arena_array(&s->c->arena, s->columns.n, sizeof *labels);
    if (!ends || !labels) return PL_ERR_WORLD;
    p->x = scale_make(SCALE_LINEAR, s->low, s->high, p->plot.x0, p->plot.x1, false, 5);
    p->y = (scale){SCALE_LINEAR, 0, 1, p->plot.y1, p->plot.y0};
    canvas_clip(s->c, p->plot);
    pl_status st = draw_areas(s, p, arm, ends);
    canvas_unclip(s->c);
    panel_frame(s->c, p);
    if (st || !p->last_of_row) return st;
    for (size_t k = 0; k < s->columns.n; k++) labels[k] = (end_label){s->columns.v[k] + strlen(s->params->prefix), p->plot.x1, ends[k], panel_pen(k, false)};
    panel_end_labels(s->c, p, labels, s->columns.n);
    return PL_OK;
}

pl_status shares_draw(canvas *c, const figure_data *data, const shares_params *params, const char *title, pl_diag *diag)
{
    stack s = {.c = c, .data = data, .params = params};
    pl_status st = choose(&s, diag);
    if (st) return st;
    const char **names = pl_arena_array(&c->arena, s.columns.n, sizeof *names);
    if (!names) return pl_diag_nomem(diag, "drawing a figure");
    for (size_t k = 0; k < s.columns.n; k++) names[k] = s.columns.v[k] + strlen(params->prefix);
    layout l = layout_for(c, s.arms.n, panel_label_room(c, names, s.columns.n), 0, true);
    panel *panels = layout_begin(c, &l, data, title);
    const pl_column *x = pl_table_find(data->table, params->x);
    bool bare = strcmp(x->spec.name, "step") == 0 || strcmp(x->spec.name, x->spec.unit) == 0;
    const char *x_label = panel_quantity(c, x->spec.name, bare ? "" : x->spec.unit);
    st = panels ? PL_OK : PL_ERR_WORLD;
    for (size_t i = 0; i < l.n && !st; i++) {
        if (l.n == 1) panels[i].y_label = "share";
        else panels[i].title = s.arms.v[i];
        if (i + l.columns >= l.n) panels[i].x_label = x_label;
        st = draw_arm(&s, &panels[i], s.arms.v[i]);
    }
    const char *note = data->replicates > 1 ? pl_arena_printf(&c->arena, "mean over %zu runs", data->replicates) : "";
    if (!st && note) layout_notes(c, &l, data, note);
    return st || !note ? pl_diag_nomem(diag, "drawing a figure") : PL_OK;
}
