/* A run as `plateau check` sees it: small multiples of its signals, the fitted one first.
 *
 * Nothing is judged here: the table says what every row is (sim/check/table.h). Points are drawn thin; those outside their band
 * in the colour of a warning; the curve dashed beyond what it was fitted to, within the 90% band of a single point; a dotted line
 * where a shape first shows, its words below. The title is the verdict.
 */
#include <string.h>

#include "plots/lines.h"

enum { SIGNALS_MOST = 9, SHAPES_MOST = 8, POINTS_MOST = 240 };
static const unsigned blue = 0x0072B2, vermilion = 0xD55E00;

typedef struct check_params {
    bool log_x;
    pl_strings signals;
} check_params;
static const pl_field fields[] = {
    {.name = "log_x",
     .type = PL_BOOL,
     .offset = offsetof(check_params, log_x),
     .fallback = "false",
     .doc = "Logarithmic horizontal axis; points at x = 0 are left out."},
    {.name = "signals",
     .type = PL_STRINGS,
     .offset = offsetof(check_params, signals),
     .fallback = "[]",
     .doc = "Columns of the log to draw; none: all that were used."},
};
static const pl_struct params_struct = {.name = "figure check",
                                        .doc = "Signals of a run with the fitted curve and what departs from it.",
                                        .size = sizeof(check_params),
                                        .fields = fields,
                                        .n_fields = PL_COUNT(fields)};

typedef struct drawing {
    canvas *c;
    const pl_table *t;
    size_t signal, role, label;
    const double *x, *y, *low, *high;
    const char *signals[SIGNALS_MOST], *meaning[SIGNALS_MOST];
    const char *shapes[SHAPES_MOST];
    double seen[SHAPES_MOST];
    size_t n_signals, n_shapes, departing;
    double x_low, x_high, bound;
    bool log_x;
} drawing;

static bool is(const drawing *d, size_t row, const char *signal, const char *role)
{
    return (!signal || !strcmp(pl_table_text(d->t, row, d->signal), signal)) && !strcmp(pl_table_text(d->t, row, d->role), role);
}

static bool is_point(const drawing *d, size_t row, const char *signal)
{
    return is(d, row, signal, "used") || is(d, row, signal, "later") || is(d, row, signal, "departs");
}

static bool wanted(pl_strings list, const char *signal)
{
    for (size_t i = 0; i < list.n; i++)
        if (!strcmp(list.v[i], signal)) return true;
    return !list.n;
}

static pl_status prepare(drawing *d, const check_params *p, pl_diag *diag)
{
    static const char *const needed[] = {"x", "y", "low", "high"};
    for (size_t i = 0; i < PL_COUNT(needed); i++)
        if (!pl_table_find(d->t, needed[i])) return lines_missing(d->t, needed[i], &d->c->arena, diag);
    d->signal = pl_table_index(d->t, "signal");
    d->role = pl_table_index(d->t, "role");
    d->label = pl_table_index(d->t, "label");
    d->x = pl_table_find(d->t, "x")->v;
    d->y = pl_table_find(d->t, "y")->v;
    d->low = pl_table_find(d->t, "low")->v;
    d->high = pl_table_find(d->t, "high")->v;
    d->x_low = INFINITY;
    d->x_high = -INFINITY;
    d->bound = NAN;
    d->log_x = p->log_x;
    for (size_t r = 0; r < d->t->n_rows; r++) {
        const char *name = pl_table_text(d->t, r, d->signal);
        if (is(d, r, NULL, "bound")) d->bound = d->x[r];
        if (is(d, r, NULL, "seen") && d->n_shapes < SHAPES_MOST) {
            d->shapes[d->n_shapes] = pl_table_text(d->t, r, d->label);
            d->seen[d->n_shapes++] = d->x[r];
        }
        if (!is_point(d, r, NULL)) continue;
        d->departing += is(d, r, NULL, "departs");
        if (d->x[r] > 0 || !d->log_x) {
            d->x_low = fmin(d->x_low, d->x[r]);
            d->x_high = fmax(d->x_high, d->x[r]);
        }
        size_t i = 0;
        while (i < d->n_signals && strcmp(d->signals[i], name) != 0) i++;
        if (i < d->n_signals || i == SIGNALS_MOST || !wanted(p->signals, name)) continue;
        d->meaning[i] = pl_table_text(d->t, r, d->label);
        d->signals[d->n_signals++] = name;
    }
    if (d->n_signals && d->x_low < d->x_high) return PL_OK;
    pl_diag_add(diag, PL_ERROR, (pl_place){0}, "name a signal of the log",
                "nothing to draw: the table has no points of such a signal");
    return PL_ERR_USER;
}

/* The range of a panel: its points, and the curve without what its band does where there are no points. */
static void set_scales(const drawing *d, panel *p, const char *signal)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t r = 0; r < d->t->n_rows; r++) {
        bool ceiling = is(d, r, signal, "ceiling");
        if (!is_point(d, r, signal) && !is(d, r, signal, "fit") && !ceiling) continue;
        low = fmin(low, d->y[r]);
        high = fmax(high, d->y[r]);
        if (!ceiling) continue;
        low = fmin(low, d->low[r]);
        high = fmax(high, d->high[r]);
    }
    p->x = scale_make(d->log_x ? SCALE_LOG10 : SCALE_LINEAR, d->x_low, d->x_high, p->plot.x0, p->plot.x1, false, 4);
    p->y = scale_make(SCALE_LINEAR, low, high, p->plot.y1, p->plot.y0, true, panel_y_intervals(p));
}

static void draw_band(const drawing *d, const panel *p, const char *signal)
{
    size_t n = 0, most = d->t->n_rows;
    double *v = pl_arena_array(&d->c->arena, 3 * most, sizeof *v);
    d->c->broken |= !v;
    for (size_t r = 0; v && r < most; r++) {
        if (!is(d, r, signal, "fit") || !isfinite(d->low[r]) || !isfinite(scale_place(&p->x, d->x[r]))) continue;
        v[n] = scale_place(&p->x, d->x[r]);
        v[most + n] = scale_place(&p->y, d->low[r]);
        v[2 * most + n++] = scale_place(&p->y, d->high[r]);
    }
    if (n > 1) canvas_band(d->c, v, v + most, v + 2 * most, n, (canvas_pen){blue, style.band_alpha, 0, NULL});
}

/* Many points: a thin line, and the means of neighbours as points. Never one mean for points of different role. */
static void draw_points(const drawing *d, const panel *p, const char *signal)
{
    size_t n = 0, done = 0;
    for (size_t r = 0; r < d->t->n_rows; r++) n += is_point(d, r, signal);
    size_t every = n / 60 + 1;
    point *line = pl_arena_array(&d->c->arena, n + 1, sizeof *line);
    d->c->broken |= !line;
    double x = 0, y = 0;
    size_t k = 0;
    for (size_t r = 0; line && r < d->t->n_rows; r++) {
        if (!is_point(d, r, signal)) continue;
        bool departs = is(d, r, signal, "departs"), later = departs || is(d, r, signal, "later");
        point at = {scale_place(&p->x, d->x[r]), scale_place(&p->y, d->y[r])};
        if (isfinite(at.x)) {
            line[done++] = at;
            x += at.x, y += at.y, k++;
        }
        bool last = r + 1 == d->t->n_rows || !is_point(d, r + 1, signal);
        bool turn =
            !last && (is(d, r + 1, signal, "departs") != departs || is(d, r + 1, signal, "later") != is(d, r, signal, "later"));
        if (!k || (k < every && !turn && !last)) continue;
        canvas_marker(d->c, x / (double)k, y / (double)k, style.marker - 1, departs ? MARKER_DIAMOND : MARKER_DISC,
                      !later || departs, (canvas_pen){departs ? vermilion : blue, 1, .7, NULL});
        x = y = 0;
        k = 0;
    }
    if (every > 1)
        canvas_polyline(d->c, line, curve_decimate(line, done, 1 / d->c->scale), (canvas_pen){blue, .4, style.thin, NULL});
}

static void draw_curve(const drawing *d, const panel *p, const char *signal)
{
    point *line[2] = {pl_arena_array(&d->c->arena, d->t->n_rows + 1, sizeof **line),
                      pl_arena_array(&d->c->arena, d->t->n_rows + 1, sizeof **line)};
    size_t n[2] = {0, 0};
    d->c->broken |= !line[0] || !line[1];
    for (size_t r = 0; line[0] && line[1] && r < d->t->n_rows; r++) {
        if (!is(d, r, signal, "fit")) continue;
        int beyond = d->x[r] > d->bound;
        point at = {scale_place(&p->x, d->x[r]), scale_place(&p->y, d->y[r])};
        if (beyond && !n[1] && n[0]) line[1][n[1]++] = line[0][n[0] - 1];
        if (isfinite(at.x)) line[beyond][n[beyond]++] = at;
    }
    if (n[0] > 1) canvas_polyline(d->c, line[0], n[0], (canvas_pen){0x000000, 1, style.line, NULL});
    if (n[1] > 1) canvas_polyline(d->c, line[1], n[1], (canvas_pen){0x000000, 1, style.line, style.dashes[1]});
}

static canvas_pen shape_pen(size_t i) { return (canvas_pen){style.colours[(i + 1) % STYLE_COLOURS], 1, 1, style.dashes[2]}; }

static void draw_marks(const drawing *d, const panel *p, const char *signal)
{
    double drawn[SHAPES_MOST];
    size_t k = 0, n = 0;
    if (isfinite(d->bound)) {
        double x = canvas_snap(d->c, scale_place(&p->x, d->bound));
        canvas_line(d->c, x, p->plot.y0, x, p->plot.y1, (canvas_pen){style.grey, 1, style.axis, NULL});
    }
    for (size_t r = 0; r < d->t->n_rows; r++) {
        if (is(d, r, signal, "ceiling")) {
            double y = scale_place(&p->y, d->y[r]), low = scale_place(&p->y, d->low[r]), high = scale_place(&p->y, d->high[r]);
            canvas_line(d->c, p->plot.x0, y, p->plot.x1, y, (canvas_pen){style.ink, 1, style.axis, style.dashes[2]});
            canvas_line(d->c, p->plot.x1, low, p->plot.x1, high, (canvas_pen){style.ink, 1, 2.2, NULL});
        }
        if (!is(d, r, NULL, "seen") || k == SHAPES_MOST) continue;
        double x = canvas_snap(d->c, scale_place(&p->x, d->x[r]));
        if (is(d, r, signal, "seen")) {
            for (size_t i = 0; i < n; i++)
                x = fabs(x - drawn[i]) < 2 ? drawn[i] + 2 : x; /* beside each other, not one on the other */
            canvas_line(d->c, x, p->plot.y0, x, p->plot.y1, shape_pen(k));
            drawn[n++] = x;
        }
        k++;
    }
}

static void draw_panel(const drawing *d, panel *p, size_t i)
{
    const char *signal = d->signals[i];
    set_scales(d, p, signal);
    panel_frame(d->c, p);
    canvas_clip(d->c, (box){p->plot.x0 - 3, p->plot.y0 - 3, p->plot.x1 + 3, p->plot.y1 + 1});
    draw_band(d, p, signal);
    draw_points(d, p, signal);
    draw_curve(d, p, signal);
    draw_marks(d, p, signal);
    canvas_unclip(d->c);
}

static const char *panel_title(const drawing *d, size_t i, double width)
{
    if (!*d->meaning[i]) return canvas_fit_tail(d->c, style.text, d->signals[i], width);
    if (strstr(d->meaning[i], d->signals[i])) return d->meaning[i]; /* "entropy: entropy" says nothing more */
    const char *text = pl_arena_printf(&d->c->arena, "%s: %s", d->meaning[i], d->signals[i]);
    d->c->broken |= !text;
    if (!text) return "";
    return canvas_text_width(d->c, style.text, text) <= width ? text : canvas_fit(d->c, style.text, d->meaning[i], width);
}

static void write_shapes(const drawing *d, const layout *l, const char *x_name)
{
    for (size_t i = 0; i < d->n_shapes; i++) {
        char number[TICK_LABEL];
        if (d->seen[i] == floor(d->seen[i]) && fabs(d->seen[i]) < 1000)
            snprintf(number, sizeof number, "%.0f", d->seen[i]); /* a step is a whole number */
        else
            scale_number(d->seen[i], number);
        char *text = pl_arena_printf(&d->c->arena, "%s: seen from %s %s on", d->shapes[i], x_name, number);
        d->c->broken |= !text;
        if (text) layout_statement(d->c, l, i, shape_pen(i), MARKER_SQUARE, text);
    }
}

static pl_status draw_all(drawing *d, const figure_data *data)
{
    const char *x_name = data->sigmoid_x ? data->sigmoid_x : "step";
    layout l = layout_for(d->c, d->n_signals, 0, LAYOUT_LINE * (double)d->n_shapes + 4, true);
    panel *panels = layout_begin(d->c, &l, data, "Check of a run");
    if (!panels) return PL_ERR_WORLD;
    for (size_t i = 0; i < l.n; i++) {
        if (l.n == 1)
            panels[i].y_label = d->signals[i];
        else
            panels[i].title = panel_title(d, i, l.width - 14);
        if (i + l.columns >= l.n) panels[i].x_label = x_name;
        draw_panel(d, &panels[i], i);
    }
    write_shapes(d, &l, x_name);
    size_t bands = 0, ceilings = 0;
    for (size_t r = 0; r < d->t->n_rows; r++) bands += is(d, r, NULL, "fit"), ceilings += is(d, r, NULL, "ceiling");
    char *departing = d->departing ? pl_arena_printf(&d->c->arena, "diamonds: %zu outside \xC2\xB7 ", d->departing) : NULL;
    char *note = pl_arena_printf(&d->c->arena, "%s%s%sdotted: shapes%s", bands ? "band: 90% of single points \xC2\xB7 " : "",
                                 departing ? departing : "", isfinite(d->bound) ? "open: held back \xC2\xB7 " : "",
                                 ceilings ? ", ceiling" : "");
    if (!note) return PL_ERR_WORLD;
    layout_notes(d->c, &l, data, note);
    return PL_OK;
}

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    drawing d = {.c = c, .t = data->table};
    check_params p = {.log_x = false};
    if (params) p = *(const check_params *)params;
    pl_status st = prepare(&d, &p, diag);
    if (st) return st;
    return draw_all(&d, data) ? pl_diag_nomem(diag, "drawing a figure") : PL_OK;
}

static bool applies(const figure_data *data)
{
    return pl_table_find(data->table, "role") && pl_table_find(data->table, "signal") && lines_has(data->table, "x") &&
           lines_has(data->table, "y");
}

const figure fig_check = {
    {"check", "A checked run: its signals, the fitted curve with its band, departures, the verdict", NULL, &params_struct},
    applies,
    draw};
