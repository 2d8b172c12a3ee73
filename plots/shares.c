#include "plots/shares.h"

#include <string.h>

#include "plots/names.h"

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
    const shares_spec *spec;
    pl_table complete;                   /* rows that have all the shares, so that they sum up */
    pl_strings arms, columns;
    size_t *series;                      /* [columns] colour: by place among all columns of the prefix, drawn or not */
    double low, high;                    /* of x over all arms */
} stack;

static const double level = .95, collapsed = .9;
enum { NUMBER_ROOM = 8, START_BAR = 16, START_ROOM = 20, EPOCH_TICK = 4 };       /* points */

static pl_status no_columns(const stack *s, pl_diag *diag)
{
    pl_diag_add(diag, PL_ERROR, (pl_place){0}, "record those columns, or give another `prefix`",
                "the table has no column of numbers whose name begins with '%s'", s->params->prefix);
    return PL_ERR_USER;
}

static bool zero_throughout(const pl_column *c, size_t n)
{
    for (size_t r = 0; r < n; r++)
        if (c->v[r] != 0 && !isnan(c->v[r])) return false;
    return true;
}

/* The stacked columns; those that are zero throughout only when all are. */
static pl_status choose_columns(stack *s, pl_diag *diag)
{
    const pl_table *t = s->data->table;
    bool any = false;
    size_t place = 0;
    s->columns.v = pl_arena_array(&s->c->arena, t->n_columns, sizeof *s->columns.v);
    s->series = pl_arena_array(&s->c->arena, t->n_columns, sizeof *s->series);
    if (!s->columns.v || !s->series) return pl_diag_nomem(diag, "drawing a figure");
    for (size_t i = 0; i < t->n_columns; i++)
        any |= stacked(t, i, s->params->prefix) && !zero_throughout(&t->columns[i], t->n_rows);
    for (size_t i = 0; i < t->n_columns; i++) {
        if (!stacked(t, i, s->params->prefix)) continue;
        if (!any || !zero_throughout(&t->columns[i], t->n_rows)) {
            s->series[s->columns.n] = place;
            s->columns.v[s->columns.n++] = t->columns[i].spec.name;
        }
        place++;
    }
    return s->columns.n ? PL_OK : no_columns(s, diag);
}

/* The column in `complete` that a column of the data's table is kept in; none: (size_t)-1. */
static pl_status add_columns(stack *s)
{
    static const char *const keys[] = {"arm", "replicate", "step"};
    const pl_table *t = s->data->table;
    pl_status st = PL_OK;
    for (size_t i = 0; i < t->n_columns && !st; i++) {
        const char *name = t->columns[i].spec.name;
        bool wanted = strcmp(name, s->params->x) == 0;
        for (size_t k = 0; k < PL_COUNT(keys); k++) wanted |= strcmp(name, keys[k]) == 0;
        for (size_t k = 0; k < s->columns.n; k++) wanted |= strcmp(name, s->columns.v[k]) == 0;
        if (wanted) st = pl_table_add_column(&s->complete, &t->columns[i].spec, NULL);
    }
    return st;
}

static bool row_complete(const stack *s, size_t row)
{
    bool all = isfinite(pl_table_find(s->data->table, s->params->x)->v[row]);
    for (size_t k = 0; k < s->columns.n && all; k++) all = isfinite(pl_table_find(s->data->table, s->columns.v[k])->v[row]);
    return all;
}

static pl_status keep_complete_rows(stack *s)
{
    const pl_table *t = s->data->table;
    pl_status st = add_columns(s);
    s->low = INFINITY;
    s->high = -INFINITY;
    for (size_t r = 0; r < t->n_rows && !st; r++) {
        size_t row;
        if (!row_complete(s, r)) continue;
        st = pl_table_add_row(&s->complete, &row);
        for (size_t c = 0; c < s->complete.n_columns && !st; c++) {
            const pl_column *to = &s->complete.columns[c];
            size_t from = pl_table_index(t, to->spec.name);
            if (to->spec.text) st = pl_table_set_text(&s->complete, row, c, pl_table_text(t, r, from));
            else to->v[row] = t->columns[from].v[r];
        }
        double x = st ? NAN : pl_table_find(t, s->params->x)->v[r];
        s->low = fmin(s->low, x);
        s->high = fmax(s->high, x);
    }
    return st;
}

static pl_status choose(stack *s, pl_diag *diag)
{
    const pl_table *t = s->data->table;
    pl_status st = choose_columns(s, diag);
    if (st) return st;
    if (!lines_has(t, s->params->x)) return lines_missing(t, s->params->x, &s->c->arena, diag);
    if (keep_complete_rows(s)) return pl_diag_nomem(diag, "drawing a figure");
    return curve_arms(t, s->params->arms, &s->c->arena, &s->arms, diag);
}

/* One area between two running sums; the edge between areas is drawn white, which tells neighbours apart without colour. */
static void draw_area(const stack *s, const double *place, const double *low, const double *high, size_t n, size_t k)
{
    canvas_pen pen = panel_pen(s->series[k], false);
    pen.alpha = .85;
    canvas_band(s->c, place, low, high, n, pen);
    for (size_t i = 1; i < n; i++)
        canvas_line(s->c, place[i - 1], high[i - 1], place[i], high[i], (canvas_pen){0xFFFFFF, 1, .7, NULL});
}

/* A piece of the bar at the left edge, with its share where that is high enough. */
static void draw_start(const stack *s, const panel *p, double below, double above, double share, size_t k)
{
    char number[TICK_LABEL];
    canvas_pen pen = panel_pen(s->series[k], false);
    pen.alpha = .85;
    canvas_rect(s->c, (box){p->plot.x0 + 1, above, p->plot.x0 + START_BAR, below}, pen);
    canvas_line(s->c, p->plot.x0 + 1, above, p->plot.x0 + START_BAR, above, (canvas_pen){0xFFFFFF, 1, .7, NULL});
    if (below - above < NUMBER_ROOM) return;
    snprintf(number, sizeof number, "%.2f", share);
    canvas_text(s->c,
                (text_place){.x = p->plot.x0 + (START_BAR + 1) / 2.,
                             .y = (below + above) / 2,
                             .size = style.small_text,
                             .h = .5,
                             .v = .5,
                             .colour = 0x000000},
                number);
}

static pl_status make_curves(const stack *s, const char *arm, curve **out)
{
    *out = pl_arena_array(&s->c->arena, s->columns.n, sizeof **out);
    for (size_t k = 0; *out && k < s->columns.n; k++) {
        pl_status st = curve_make(&s->complete, arm, s->params->x, s->columns.v[k], BAND_NONE, &s->c->arena, &(*out)[k]);
        if (st) return st;
    }
    return *out ? PL_OK : PL_ERR_WORLD;
}

/* `ends`: middle of each area at the right edge, in points. */
static pl_status draw_areas(const stack *s, const panel *p, const curve *shares, double *ends)
{
    size_t n = shares[0].n;              /* of all: the rows are complete */
    double *place = pl_arena_array(&s->c->arena, n, sizeof *place), *below = pl_arena_array(&s->c->arena, n, sizeof *below);
    double *above = pl_arena_array(&s->c->arena, n, sizeof *above);
    if (!place || !below || !above) return PL_ERR_WORLD;
    for (size_t i = 0; i < n; i++) {
        place[i] = scale_place(&p->x, shares[0].x[i]);
        below[i] = scale_place(&p->y, 0);
    }
    for (size_t k = 0; k < s->columns.n; k++) {
        for (size_t i = 0; i < n; i++) above[i] = below[i] + scale_place(&p->y, shares[k].mean[i]) - scale_place(&p->y, 0);
        draw_area(s, place, below, above, n, k);
        if (n) draw_start(s, p, below[0], above[0], shares[k].mean[0], k);
        ends[k] = n ? (below[n - 1] + above[n - 1]) / 2 : NAN;
        for (size_t i = 0; i < n; i++) below[i] = above[i];
    }
    return PL_OK;
}

static size_t largest(point *const *runs, size_t n_shares, size_t at)
{
    size_t best = 0;
    for (size_t k = 1; k < n_shares; k++)
        if (runs[k][at].y > runs[best][at].y) best = k;
    return best;
}

shares_end shares_end_of(point *const *runs, size_t n_shares, size_t n)
{
    shares_end out = {largest(runs, n_shares, n - 1), NAN};
    for (size_t i = 0; i < n; i++) {
        const point *share = runs[largest(runs, n_shares, i)];
        if (!(share[i].y > collapsed)) continue;
        double before = i ? share[i - 1].y : NAN;
        bool between = i && before <= collapsed;
        out.collapse =
            between ? share[i - 1].x + (share[i].x - share[i - 1].x) * (collapsed - before) / (share[i].y - before) : share[i].x;
        break;
    }
    return out;
}

/* What the replicates of an arm end in. */
typedef struct outcome {
    size_t winner, wins, runs, n_collapsed;
    double share;                        /* of the winner, mean over replicates at the end */
    pl_estimate collapse;                /* mean over the replicates that do */
} outcome;

static pl_status find_outcome(const stack *s, const curve *shares, outcome *out)
{
    size_t n = shares[0].n, n_runs = shares[0].n_runs;
    double *when = pl_arena_array(&s->c->arena, n_runs + 1, sizeof *when);
    point **run = pl_arena_array(&s->c->arena, s->columns.n, sizeof *run);
    if (!when || !run) return PL_ERR_WORLD;
    *out = (outcome){.share = NAN};
    for (size_t k = 0; k < s->columns.n && n; k++)
        if (!(shares[k].mean[n - 1] <= out->share)) {
            out->share = shares[k].mean[n - 1];
            out->winner = k;
        }
    for (size_t r = 0; r < n_runs; r++) {
        size_t length = shares[0].run_length[r];
        if (!length) continue;
        for (size_t k = 0; k < s->columns.n; k++) run[k] = shares[k].runs[r];
        shares_end end = shares_end_of(run, s->columns.n, length);
        out->runs++;
        out->wins += end.winner == out->winner;
        if (!isnan(end.collapse)) when[out->n_collapsed++] = end.collapse;
    }
    out->collapse = pl_t_interval(when, out->n_collapsed, level);
    if (out->collapse.low < 0) out->collapse.low = 0;        /* no run collapses before it starts */
    return PL_OK;
}

static void draw_collapse(const stack *s, const panel *p, const outcome *o)
{
    if (!o->n_collapsed) return;
    double x = canvas_snap(s->c, scale_place(&p->x, o->collapse.value));
    if (isfinite(o->collapse.low) && isfinite(o->collapse.high))
        canvas_rect(s->c, (box){scale_place(&p->x, o->collapse.low), p->plot.y0, scale_place(&p->x, o->collapse.high), p->plot.y1},
                    (canvas_pen){0xFFFFFF, .4, 0, NULL});
    canvas_line(s->c, x, p->plot.y0, x, p->plot.y1, (canvas_pen){0x000000, 1, .9, style.dashes[1]});
}

/* "arm: code wins (share 0.97, in 8 of 8 runs); above 0.9 from step 63 [57, 69] on, in 8 of 8 runs" */
static const char *outcome_text(const stack *s, const char *arm, const outcome *o)
{
    pl_arena *arena = &s->c->arena;
    const char *colon = *arm ? ": " : "", *winner = s->columns.v[o->winner] + strlen(s->params->prefix),
               *when = "no share exceeds 0.9";
    if (o->n_collapsed) {
        char value[TICK_LABEL], low[TICK_LABEL], high[TICK_LABEL];
        scale_number(o->collapse.value, value);
        scale_number(o->collapse.low, low);
        scale_number(o->collapse.high, high);
        const char *interval = isfinite(o->collapse.low) ? pl_arena_printf(arena, " [%s, %s]", low, high) : "";
        const char *count = o->runs > 1 ? pl_arena_printf(arena, ", in %zu of %zu runs", o->n_collapsed, o->runs) : "";
        when = interval && count ? pl_arena_printf(arena, "one exceeds 0.9 from %s %s%s on%s", s->params->x, value, interval, count)
                                 : NULL;
    }
    const char *wins = o->runs > 1 ? pl_arena_printf(arena, ", in %zu of %zu runs", o->wins, o->runs) : "";
    const char *text = !when || !wins ? NULL : !o->runs ? pl_arena_printf(arena, "%s%sno data", arm, colon)
                     : pl_arena_printf(arena, "%s%s%s wins (%.2f%s); %s", arm, colon, winner, o->share, wins, when);
    s->c->broken |= !text;
    return text ? text : "";
}

static void label_areas(const stack *s, const panel *p, const double *ends, end_label *labels)
{
    for (size_t k = 0; k < s->columns.n; k++)
        labels[k] = (end_label){.text = s->columns.v[k] + strlen(s->params->prefix), .x = p->plot.x1, .y = ends[k],
                                .pen = panel_pen(s->series[k], false)};
    panel_end_labels(s->c, p, labels, s->columns.n);
}

static pl_status draw_arm(const stack *s, panel *p, const layout *l, size_t index, bool *epochs)
{
    double *ends = pl_arena_array(&s->c->arena, s->columns.n, sizeof *ends);
    end_label *labels = pl_arena_array(&s->c->arena, s->columns.n, sizeof *labels);
    curve *shares;
    outcome o = {0};
    if (!ends || !labels || make_curves(s, s->arms.v[index], &shares)) return PL_ERR_WORLD;
    p->x = scale_make(SCALE_LINEAR, s->low, s->high, p->plot.x0 + START_ROOM, p->plot.x1, false, 5);
    p->y = (scale){SCALE_LINEAR, 0, 1, p->plot.y1, p->plot.y0};
    panel_frame(s->c, p);
    canvas_clip(s->c, p->plot);
    pl_status st = draw_areas(s, p, shares, ends);
    if (!st && s->spec->collapse) st = find_outcome(s, shares, &o);
    if (!st && s->spec->collapse) draw_collapse(s, p, &o);
    canvas_unclip(s->c);
    if (strcmp(s->params->x, "step") == 0)
        *epochs |= panel_epochs(s->c, p, s->data->steps_per_epoch, p->plot.y0 - EPOCH_TICK, p->plot.y0 - 1,
                                (canvas_pen){style.ink, 1, style.axis, NULL});
    if (st) return st;
    if (s->spec->collapse)
        layout_statement(s->c, l, index, (canvas_pen){.alpha = 0}, MARKER_DISC, outcome_text(s, s->arms.v[index], &o));
    if (p->last_of_row) label_areas(s, p, ends, labels);
    return PL_OK;
}

static const char *note_text(const stack *s, bool epochs)
{
    const char *mean =
        s->data->replicates > 1 ? pl_arena_printf(&s->c->arena, "mean over %zu runs \xC2\xB7 ", s->data->replicates) : "";
    const char *text = !mean ? NULL
                             : pl_arena_printf(&s->c->arena, "%sleft bar: before training%s%s", mean,
                                               epochs ? " \xC2\xB7 ticks above: epochs" : "",
                                               !s->spec->collapse        ? ""
                                               : s->data->replicates > 1 ? " \xC2\xB7 dashed: one exceeds 0.9, 95% CI"
                                                                         : " \xC2\xB7 dashed: one exceeds 0.9");
    s->c->broken |= !text;
    return text ? text : "";
}

static pl_status draw_page(stack *s)
{
    canvas *c = s->c;
    bool epochs = false;
    const char **names = pl_arena_array(&c->arena, s->columns.n, sizeof *names);
    if (!names) return PL_ERR_WORLD;
    for (size_t k = 0; k < s->columns.n; k++) names[k] = s->columns.v[k] + strlen(s->params->prefix);
    layout l = layout_for(c, s->arms.n, panel_label_room(c, names, s->columns.n),
                          s->spec->collapse ? LAYOUT_LINE * (double)s->arms.n + 4 : 0, true);
    panel *panels = layout_begin(c, &l, s->data, s->spec->title);
    const pl_column *x = pl_table_find(s->data->table, s->params->x);
    const char *x_label = names_quantity(c, x->spec.name, x->spec.unit);
    pl_status st = panels ? PL_OK : PL_ERR_WORLD;
    for (size_t i = 0; i < l.n && !st; i++) {
        if (l.n == 1) panels[i].y_label = "share";
        else panels[i].title = s->arms.v[i];
        if (i + l.columns >= l.n) panels[i].x_label = x_label;
        st = draw_arm(s, &panels[i], &l, i, &epochs);
    }
    if (!st) layout_notes(c, &l, s->data, note_text(s, epochs));
    return st;
}

pl_status shares_draw(canvas *c, const figure_data *data, const shares_params *params, const shares_spec *spec, pl_diag *diag)
{
    stack s = {.c = c, .data = data, .params = params, .spec = spec};
    pl_table_init(&s.complete);
    pl_status st = choose(&s, diag);
    if (!st && draw_page(&s)) st = pl_diag_nomem(diag, "drawing a figure");
    pl_table_free(&s.complete);
    return st;
}
