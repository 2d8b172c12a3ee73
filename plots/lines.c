#include "plots/lines.h"

#include <string.h>

#include "plots/names.h"

enum { RUNS_SHOWN = 20 };

lines_params lines_defaults(void) { return (lines_params){.x = "step", .band = BAND_AUTO}; }

bool lines_has(const pl_table *t, const char *column)
{
    const pl_column *c = pl_table_find(t, column);
    for (size_t r = 0; c && !c->spec.text && r < t->n_rows; r++)
        if (isfinite(c->v[r])) return true;
    return false;
}

pl_status lines_missing(const pl_table *t, const char *column, pl_arena *arena, pl_diag *diag)
{
    const pl_column *c = pl_table_find(t, column);
    const char **names = pl_arena_array(arena, t->n_columns + 1, sizeof *names);
    if (!names) return pl_diag_nomem(diag, "drawing a figure");
    for (size_t i = 0; i < t->n_columns; i++) names[i] = t->columns[i].spec.name;
    const char *near = pl_nearest(column, names, t->n_columns), *remedy = "name a column of numbers";
    if (!c && near) remedy = pl_arena_printf(arena, "did you mean '%s'?", near);
    pl_diag_add(diag, PL_ERROR, (pl_place){0}, remedy, !c ? "the table has no column '%s' to draw"
                : c->spec.text ? "column '%s' holds text, which cannot be drawn" : "column '%s' holds no number to draw", column);
    return PL_ERR_USER;
}

pl_status lines_choose(canvas *c, const pl_table *t, pl_strings wanted, const char *const *known, size_t n_known,
                       lines_panel **panels, size_t *n, pl_diag *diag)
{
    size_t most = wanted.n ? wanted.n : n_known;
    *n = 0;
    *panels = pl_arena_array(&c->arena, most, sizeof **panels);
    if (!*panels) return pl_diag_nomem(diag, "drawing a figure");
    for (size_t i = 0; i < most; i++) {
        const char *name = wanted.n ? wanted.v[i] : known[i];
        if (lines_has(t, name)) (*panels)[(*n)++].column = name;
        else if (wanted.n) return lines_missing(t, name, &c->arena, diag);
    }
    return PL_OK;
}

typedef struct series { curve main, second; } series;
typedef struct drawing {
    canvas *c;
    const figure_data *data;
    const lines_params *params;
    const lines_spec *spec;
    pl_strings arms;
    curve_band band;
    series *series;                      /* [panel][arm] */
    point *points;                       /* scratch for the longest line */
} drawing;

static void widen(const curve *k, bool band, double *low, double *high)
{
    for (size_t i = 0; i < k->n; i++) {
        *low = fmin(*low, band ? fmin(k->low[i], k->mean[i]) : k->mean[i]);
        *high = fmax(*high, band ? fmax(k->high[i], k->mean[i]) : k->mean[i]);
    }
}

static pl_status make_series(drawing *d, pl_diag *diag)
{
    size_t n = d->spec->n_panels * d->arms.n, longest = 2;
    d->series = pl_arena_array(&d->c->arena, n, sizeof *d->series);
    if (!d->series) return pl_diag_nomem(diag, "drawing a figure");
    for (size_t i = 0; i < n; i++) {
        const lines_panel *p = &d->spec->panels[i / d->arms.n];
        const char *arm = d->arms.v[i % d->arms.n];
        pl_status st = curve_make(d->data->table, arm, d->params->x, p->column, d->band, &d->c->arena, &d->series[i].main);
        if (!st && p->second)
            st = curve_make(d->data->table, arm, d->params->x, p->second, BAND_NONE, &d->c->arena, &d->series[i].second);
        if (st) return pl_diag_nomem(diag, "drawing a figure");
        longest = d->series[i].main.n > longest ? d->series[i].main.n : longest;
        longest = d->series[i].second.n > longest ? d->series[i].second.n : longest;
        for (size_t r = 0; r < d->series[i].main.n_runs; r++)
            longest = d->series[i].main.run_length[r] > longest ? d->series[i].main.run_length[r] : longest;
    }
    d->points = pl_arena_array(&d->c->arena, longest, sizeof *d->points);
    return d->points ? PL_OK : pl_diag_nomem(diag, "drawing a figure");
}

/* One range of x for all panels: their axes can be compared. */
static scale shared_x(const drawing *d)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < d->spec->n_panels * d->arms.n; i++) {
        const curve *k = &d->series[i].main;
        for (size_t j = 0; j < k->n; j++) {
            if (d->params->log_x && k->x[j] <= 0) continue;
            low = fmin(low, k->x[j]);
            high = fmax(high, k->x[j]);
        }
    }
    return scale_make(d->params->log_x ? SCALE_LOG10 : SCALE_LINEAR, low, high, 0, 1, false, 5);
}

static void set_scales(const drawing *d, panel *p, size_t index, scale x)
{
    double low = isnan(d->spec->low) ? INFINITY : d->spec->low, high = isnan(d->spec->high) ? -INFINITY : d->spec->high;
    for (size_t a = 0; a < d->arms.n; a++) {
        widen(&d->series[index * d->arms.n + a].main, true, &low, &high);
        widen(&d->series[index * d->arms.n + a].second, false, &low, &high);
    }
    x.from = p->plot.x0;
    x.to = p->plot.x1;
    p->x = x;
    low = fmax(low, d->spec->least);
    high = fmin(high, d->spec->most);
    p->y = scale_make(SCALE_LINEAR, low, high, p->plot.y1, p->plot.y0, true, panel_y_intervals(p));
    p->y.low = fmax(p->y.low, d->spec->least);
    p->y.high = fmin(p->y.high, d->spec->most);
}

static void draw_line(const drawing *d, const panel *p, const double *x, const double *y, size_t n, canvas_pen pen)
{
    for (size_t i = 0; i < n; i++) d->points[i] = (point){scale_place(&p->x, x[i]), scale_place(&p->y, y[i])};
    size_t first = 0;
    while (first < n && isnan(d->points[first].x)) first++;
    n = first + curve_decimate(d->points + first, n - first, 1 / d->c->scale);
    if (n - first == 1) canvas_marker(d->c, d->points[first].x, d->points[first].y, style.marker, MARKER_DISC, true, pen);
    else canvas_polyline(d->c, d->points + first, n - first, pen);
}

/* Marks at even distances along the line, where colour and dash alone have come round again. */
static void draw_marks(const drawing *d, const panel *p, const curve *k, canvas_pen pen, int mark)
{
    const size_t marks = 7;
    double next = p->plot.x0 + (p->plot.x1 - p->plot.x0) / (2 * (double)marks);
    pen.dash = NULL;
    for (size_t i = 0; i < k->n && mark; i++) {
        double x = scale_place(&p->x, k->x[i]), y = scale_place(&p->y, k->mean[i]);
        if (!(x >= next) || isnan(y)) continue;
        canvas_marker(d->c, x, y, style.marker, (marker_shape)(mark - 1), true, pen);
        while (next <= x) next += (p->plot.x1 - p->plot.x0) / (double)marks;
    }
}

static pl_status draw_band(const drawing *d, const panel *p, const curve *k, canvas_pen pen)
{
    double *place = pl_arena_array(&d->c->arena, 3 * k->n, sizeof *place);
    if (!place) return PL_ERR_WORLD;
    size_t n = 0;
    for (size_t i = 0; i < k->n; i++) {
        double x = scale_place(&p->x, k->x[i]);
        if (isnan(x)) continue;
        place[n] = x;
        place[k->n + n] = scale_place(&p->y, k->low[i]);
        place[2 * k->n + n++] = scale_place(&p->y, k->high[i]);
    }
    pen.alpha = style.band_alpha;
    canvas_band(d->c, place, place + k->n, place + 2 * k->n, n, pen);
    return PL_OK;
}

static void draw_runs(const drawing *d, const panel *p, const curve *k, canvas_pen pen)
{
    pen.alpha = style.run_alpha;
    pen.width = style.thin;
    pen.dash = NULL;
    for (size_t r = 0; r < k->n_runs; r++) {
        size_t n = 0;
        for (size_t i = 0; i < k->run_length[r]; i++) {
            point at = {scale_place(&p->x, k->runs[r][i].x), scale_place(&p->y, k->runs[r][i].y)};
            if (!isnan(at.x)) d->points[n++] = at;
        }
        canvas_polyline(d->c, d->points, curve_decimate(d->points, n, 1 / d->c->scale), pen);
    }
}

static pl_status draw_panel(const drawing *d, panel *p, size_t index, bool *epochs, bool *runs)
{
    const lines_panel *what = &d->spec->panels[index];
    const series *s = &d->series[index * d->arms.n];
    size_t n_runs = 0;
    pl_status st = PL_OK;
    panel_frame(d->c, p);
    canvas_clip(d->c, (box){p->plot.x0, p->plot.y0 - 1, p->plot.x1 + 1, p->plot.y1 + 1});
    if (d->spec->behind) d->spec->behind(d->c, d->data, p, index, d->arms, d->spec->context);
    if (strcmp(d->params->x, "step") == 0)
        *epochs |= panel_epochs(d->c, p, d->data->steps_per_epoch, p->plot.y0, p->plot.y1, panel_epoch_dots);
    for (size_t a = 0; a < d->arms.n; a++) n_runs += s[a].main.n_runs;
    for (size_t a = 0; a < d->arms.n && d->band && !st; a++) st = draw_band(d, p, &s[a].main, panel_pen(a, true));
    for (size_t a = 0; a < d->arms.n && d->band && n_runs <= RUNS_SHOWN; a++) draw_runs(d, p, &s[a].main, panel_pen(a, true));
    *runs |= d->band && n_runs <= RUNS_SHOWN;
    for (size_t a = 0; a < d->arms.n; a++) {
        canvas_pen own = panel_pen(a, !what->second);
        draw_line(d, p, s[a].main.x, s[a].main.mean, s[a].main.n, own);
        draw_marks(d, p, &s[a].main, own, panel_mark(a));
        own.dash = style.dashes[1];
        own.width = .7 * style.line;
        draw_line(d, p, s[a].second.x, s[a].second.mean, s[a].second.n, own);
    }
    canvas_unclip(d->c);
    return st;
}

/* The names of the arms at the ends of the panel's lines, or all of them below the panels. */
static pl_status label_ends(const drawing *d, const panel *p, size_t index, const layout *below)
{
    end_label *labels = pl_arena_array(&d->c->arena, d->arms.n, sizeof *labels);
    if (!labels) return PL_ERR_WORLD;
    for (size_t a = 0; a < d->arms.n; a++) {
        const curve *k = &d->series[index * d->arms.n + a].main;
        double y = k->n ? scale_place(&p->y, k->mean[k->n - 1]) : NAN;
        labels[a] = (end_label){d->arms.v[a], k->n ? scale_place(&p->x, k->x[k->n - 1]) : NAN, y,
                                panel_pen(a, !d->spec->panels[index].second), panel_mark(a)};
    }
    if (below) layout_legend(d->c, below, labels, d->arms.n);
    else panel_end_labels(d->c, p, labels, d->arms.n);
    return PL_OK;
}

static const char *note_text(const drawing *d, bool epochs, bool runs)
{
    const char *band = curve_band_text(d->band, d->data->replicates, &d->c->arena);
    const char *parts[] = {band, runs ? "thin: single runs" : "", d->spec->second_note ? d->spec->second_note : "",
                           epochs ? "dotted: epochs" : ""};
    const char *text = "";
    for (size_t i = 0; i < PL_COUNT(parts) && text && band; i++)
        if (*parts[i]) text = *text ? pl_arena_printf(&d->c->arena, "%s \xC2\xB7 %s", text, parts[i]) : parts[i];
    if (!text || !band) d->c->broken = true;
    return text && band ? text : "";
}

/* The x axis is named below the panels that have none beneath them. */
static void name_axes(const drawing *d, panel *p, const layout *l)
{
    const pl_column *x = pl_table_find(d->data->table, d->params->x);
    const char *x_label = names_quantity(d->c, x->spec.name, x->spec.unit);
    for (size_t i = 0; i < l->n; i++) {
        const lines_panel *what = &d->spec->panels[i];
        const pl_column *y = pl_table_find(d->data->table, what->column);
        const char *name = what->title ? what->title : names_quantity(d->c, y->spec.name, y->spec.unit);
        if (l->n == 1) p[i].y_label = name;
        else p[i].title = name;
        if (i + l->columns >= l->n) p[i].x_label = x_label;
    }
}

static void write_statements(const drawing *d, const layout *l, const lines_statement *said, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        canvas_pen pen = panel_pen(said[i].of < 0 ? 0 : (size_t)said[i].of, false);
        if (said[i].of < 0) pen.alpha = 0;
        layout_statement(d->c, l, i, pen, MARKER_DISC, said[i].text);
    }
}

static pl_status draw_all(drawing *d, pl_diag *diag)
{
    bool single = d->arms.n == 1 && !*d->arms.v[0], epochs = false, runs = false;
    size_t n_said = 0;
    const lines_statement *said =
        d->spec->statements ? d->spec->statements(d->c, d->data, d->arms, d->spec->context, &n_said) : NULL;
    double room = single ? 0 : panel_label_room(d->c, d->arms.v, d->arms.n), text = n_said ? LAYOUT_LINE * (double)n_said + 4 : 0;
    layout l = layout_for(d->c, d->spec->n_panels, room, 0, true);
    if (layout_add_legend(&l, d->c, d->arms.v, d->arms.n) && l.n == 1) l.width = style.page_width;
    l.below += text;
    if (d->spec->width > 0) layout_resize(&l, d->spec->width, d->spec->height);
    panel *panels = layout_begin(d->c, &l, d->data, d->spec->title);
    pl_status st = panels ? PL_OK : PL_ERR_WORLD;
    scale x = shared_x(d);
    if (!st) name_axes(d, panels, &l);
    for (size_t i = 0; i < l.n && !st; i++) {
        set_scales(d, &panels[i], i, x);
        st = draw_panel(d, &panels[i], i, &epochs, &runs);
        if (!st && !single && panels[i].last_of_row && !(l.legend > 0)) st = label_ends(d, &panels[i], i, NULL);
    }
    if (!st && l.legend > 0) st = label_ends(d, &panels[0], 0, &l);
    if (!st) write_statements(d, &l, said, n_said);
    if (!st) layout_notes(d->c, &l, d->data, note_text(d, epochs, runs));
    return st ? pl_diag_nomem(diag, "drawing a figure") : PL_OK;
}

pl_status lines_draw(canvas *c, const figure_data *data, const lines_params *params, const lines_spec *spec, pl_diag *diag)
{
    lines_params defaults = lines_defaults();
    drawing d = {.c = c, .data = data, .params = params ? params : &defaults, .spec = spec};
    if (!spec->n_panels) {
        pl_diag_add(diag, PL_ERROR, (pl_place){0}, "record those columns, or name others under `columns`",
                    "the table has none of the columns that this figure draws");
        return PL_ERR_USER;
    }
    if (!lines_has(data->table, d.params->x)) return lines_missing(data->table, d.params->x, &c->arena, diag);
    pl_status st = curve_arms(data->table, d.params->arms, &c->arena, &d.arms, diag);
    d.band = curve_band_for((curve_band)d.params->band, pl_table_replicates(data->table));
    /* Bands of many arms make one grey area. */
    if (d.params->band == BAND_AUTO && d.arms.n > STYLE_COLOURS) d.band = BAND_NONE;
    if (!st) st = make_series(&d, diag);
    return st ? st : draw_all(&d, diag);
}

pl_status lines_of(canvas *c, const figure_data *data, const lines_params *params, const char *const *known, size_t n_known,
                   lines_spec *spec, pl_diag *diag)
{
    lines_panel *panels;
    pl_strings wanted = params ? params->columns : (pl_strings){0};
    pl_status st = lines_choose(c, data->table, wanted, known, n_known, &panels, &spec->n_panels, diag);
    spec->panels = panels;
    return st ? st : lines_draw(c, data, params, spec, diag);
}
