/* Performance against compute with the fitted sigmoid (ScaleRL, arXiv 2510.13786, eq. 1).
 *
 * Nothing is fitted here: the parameters come in figure_data.fits; the law alone is evaluated. Solid where the fit had
 * points, dashed where it extrapolates. Filled points were used, open ones are predicted, pale ones were left out. The
 * ceiling A is a line with its interval at the right edge, C_mid a triangle on the axis; an arm whose fit does not
 * determine the ceiling says so and gets no line.
 */
#include <string.h>

#include "plots/lines.h"

typedef struct sigmoid_params {
    const char *x, *y;
    bool log_x;
    pl_strings arms;
    int band;
} sigmoid_params;

static const pl_field fields[] = {
    {.name = "x", .type = PL_STRING, .offset = offsetof(sigmoid_params, x), .fallback = "null", .flags = PL_NULLABLE,
     .doc = "Column of compute; null: the one the sigmoid was fitted to. Against another column the points are drawn without the fit."},
    {.name = "y", .type = PL_STRING, .offset = offsetof(sigmoid_params, y), .fallback = "null", .flags = PL_NULLABLE,
     .doc = "Column of performance; null: the one the sigmoid was fitted to."},
    {.name = "log_x", .type = PL_BOOL, .offset = offsetof(sigmoid_params, log_x), .fallback = "true", .doc = "Logarithmic axis of compute; x = 0 stands left of a break."},
    {.name = "arms", .type = PL_STRINGS, .offset = offsetof(sigmoid_params, arms), .fallback = "[]", .doc = "Arms to draw; none: all."},
    {.name = "band", .type = PL_ENUM, .offset = offsetof(sigmoid_params, band), .fallback = "auto", .names = curve_band_names,
     .doc = "Around the mean: its 95% interval, the central 90% of runs, none; auto: runs from 20 replicates on, else mean."},
};
static const pl_struct params_struct = {.name = "figure sigmoid", .doc = "Performance against compute with the fitted sigmoid.", .size = sizeof(sigmoid_params),
                                        .fields = fields, .n_fields = PL_COUNT(fields)};

enum { OVERLAID_MOST = 4, LAW_POINTS = 160, ZERO_STRIP = 24, LINE_OF_TEXT = 10 };
static const double beyond_log = 2, beyond_linear = 1.15, point_distance = 4.5;

typedef struct law {
    pl_estimate A, B, C_mid, R0;
    double r2, x_first, x_last;
    bool there, identified;
} law;

typedef struct drawing {
    canvas *c;
    const figure_data *data;
    sigmoid_params p;
    pl_strings arms;
    curve *curves;                       /* [arms] */
    law *laws;                           /* [arms] */
    curve_band band;
    bool overlaid;
    double low, high, y_low, y_high;     /* of positive x; of y */
    bool has_zero;
} drawing;

static pl_estimate row_of(const pl_table *fits, const char *arm, const char *name)
{
    size_t arms = pl_table_index(fits, "arm"), names = pl_table_index(fits, "name");
    const pl_column *value = pl_table_find(fits, "value"), *low = pl_table_find(fits, "low"), *high = pl_table_find(fits, "high"), *level = pl_table_find(fits, "level");
    bool complete = arms != (size_t)-1 && names != (size_t)-1 && value && low && high && level;
    for (size_t r = 0; complete && r < fits->n_rows; r++)
        if (!strcmp(pl_table_text(fits, r, arms), arm) && !strcmp(pl_table_text(fits, r, names), name))
            return (pl_estimate){value->v[r], low->v[r], high->v[r], level->v[r]};
    return (pl_estimate){NAN, NAN, NAN, NAN};
}

static law read_law(const pl_table *fits, const char *arm)
{
    law l = {.A = row_of(fits, arm, "sigmoid.A"), .B = row_of(fits, arm, "sigmoid.B"), .C_mid = row_of(fits, arm, "sigmoid.C_mid"), .R0 = row_of(fits, arm, "sigmoid.R0")};
    l.r2 = row_of(fits, arm, "sigmoid.r2").value;
    l.x_first = row_of(fits, arm, "sigmoid.x_first").value;
    l.x_last = row_of(fits, arm, "sigmoid.x_last").value;
    l.there = isfinite(l.A.value) && isfinite(l.R0.value) && l.B.value > 0 && l.C_mid.value > 0;
    l.identified = l.there && row_of(fits, arm, "sigmoid.identified").value == 1;
    return l;
}

static double law_value(const law *l, double x)
{
    return x <= 0 ? l->R0.value : l->R0.value + (l->A.value - l->R0.value) / (1 + pow(l->C_mid.value / x, l->B.value));
}

static void take_range(drawing *d, const curve *k, const law *l)
{
    for (size_t i = 0; i < k->n; i++) {
        if (k->x[i] > 0 || !d->p.log_x) {
            d->low = fmin(d->low, k->x[i]);
            d->high = fmax(d->high, k->x[i]);
        } else d->has_zero |= k->x[i] == 0;
        d->y_low = fmin(d->y_low, k->low[i]);
        d->y_high = fmax(d->y_high, k->high[i]);
    }
    if (!l->identified) return;
    d->y_low = fmin(d->y_low, isfinite(l->A.low) ? l->A.low : l->A.value);
    d->y_high = fmax(d->y_high, isfinite(l->A.high) ? l->A.high : l->A.value);
}

/* The columns, arms, curves and laws. */
static pl_status prepare(drawing *d, pl_diag *diag)
{
    const figure_data *data = d->data;
    const char *fit_x = data->sigmoid_x, *fit_y = data->sigmoid_y;
    if (!d->p.x) d->p.x = fit_x ? fit_x : "step";
    if (!d->p.y) d->p.y = fit_y ? fit_y : "pass@1";
    bool fitted = data->fits && (!fit_x || !strcmp(fit_x, d->p.x)) && (!fit_y || !strcmp(fit_y, d->p.y));
    if (!lines_has(data->table, d->p.x)) return lines_missing(data->table, d->p.x, &d->c->arena, diag);
    if (!lines_has(data->table, d->p.y)) return lines_missing(data->table, d->p.y, &d->c->arena, diag);
    pl_status st = curve_arms(data->table, d->p.arms, &d->c->arena, &d->arms, diag);
    if (st) return st;
    d->curves = pl_arena_array(&d->c->arena, d->arms.n, sizeof *d->curves);
    d->laws = pl_arena_array(&d->c->arena, d->arms.n, sizeof *d->laws);
    if (!d->curves || !d->laws) return pl_diag_nomem(diag, "drawing a figure");
    d->band = curve_band_for((curve_band)d->p.band, pl_table_replicates(data->table));
    d->low = d->y_low = INFINITY;
    d->high = d->y_high = -INFINITY;
    for (size_t a = 0; a < d->arms.n; a++) {
        st = curve_make(data->table, d->arms.v[a], d->p.x, d->p.y, d->band, &d->c->arena, &d->curves[a]);
        if (st) return pl_diag_nomem(diag, "drawing a figure");
        if (fitted) d->laws[a] = read_law(data->fits, d->arms.v[a]);
        take_range(d, &d->curves[a], &d->laws[a]);
    }
    if (d->low <= d->high) return PL_OK;
    pl_diag_add(diag, PL_ERROR, (pl_place){0}, "choose other columns, or set log_x to false",
                "nothing to draw: no row has both '%s' and '%s'%s", d->p.x, d->p.y, d->p.log_x ? " with a positive x" : "");
    return PL_ERR_USER;
}

static void set_scales(const drawing *d, panel *p)
{
    if (d->p.log_x && d->has_zero) {
        p->plot.x0 += ZERO_STRIP;
        p->zero = canvas_snap(d->c, p->plot.x0 - ZERO_STRIP + 8);
    }
    double high = d->high * (d->p.log_x ? beyond_log : beyond_linear);
    p->x = scale_make(d->p.log_x ? SCALE_LOG10 : SCALE_LINEAR, d->p.log_x ? d->low / 1.15 : fmin(d->low, 0), high, p->plot.x0, p->plot.x1, false, 5);
    p->y = scale_make(SCALE_LINEAR, d->y_low, d->y_high, p->plot.y1, p->plot.y0, true, panel_y_intervals(p));
}

static double x_place(const panel *p, double x)
{
    return x == 0 && p->x.kind != SCALE_LINEAR ? p->zero : scale_place(&p->x, x);
}

static pl_status draw_band(const drawing *d, const panel *p, const curve *k, canvas_pen pen)
{
    double *place = pl_arena_array(&d->c->arena, 3 * k->n, sizeof *place);
    size_t n = 0;
    if (!place) return PL_ERR_WORLD;
    for (size_t i = 0; i < k->n; i++) {
        if (k->x[i] <= 0 && p->x.kind != SCALE_LINEAR) continue;
        place[n] = scale_place(&p->x, k->x[i]);
        place[k->n + n] = scale_place(&p->y, k->low[i]);
        place[2 * k->n + n++] = scale_place(&p->y, k->high[i]);
    }
    pen.alpha = style.band_alpha;
    canvas_band(d->c, place, place + k->n, place + 2 * k->n, n, pen);
    return PL_OK;
}

/* Which of the points were used says the fit; thinned to keep them apart. */
static void draw_points(const drawing *d, const panel *p, const curve *k, const law *l, size_t series)
{
    canvas_pen pen = panel_pen(series, false);
    pen.width = .7;
    double free_from = -INFINITY, slack = 1e-9;
    for (size_t i = 0; i < k->n; i++) {
        double x = x_place(p, k->x[i]), y = scale_place(&p->y, k->mean[i]);
        if (isnan(x) || x < free_from) continue;
        free_from = x + point_distance;
        bool early = l->there && k->x[i] > 0 && k->x[i] < l->x_first * (1 - slack), late = l->there && k->x[i] > l->x_last * (1 + slack);
        pen.alpha = early ? .35 : 1;
        canvas_marker(d->c, x, y, style.marker - 1, (marker_shape)(series % MARKER_CROSS), !late && !early, pen);
    }
}

static void law_piece(const drawing *d, const panel *p, const law *l, double from, double to, canvas_pen pen)
{
    point at[LAW_POINTS];
    from = fmax(from, p->plot.x0);
    to = fmin(to, p->plot.x1);
    if (!(from < to)) return;
    for (int i = 0; i < LAW_POINTS; i++) {
        at[i].x = from + (to - from) * i / (LAW_POINTS - 1);
        at[i].y = scale_place(&p->y, law_value(l, scale_value(&p->x, at[i].x)));
    }
    canvas_polyline(d->c, at, LAW_POINTS, pen);
}

static void draw_law(const drawing *d, const panel *p, const curve *k, const law *l, size_t series)
{
    if (!l->there || !k->n) return;
    canvas_pen pen = panel_pen(series, false), ahead = pen, ceiling = pen;
    double first = isfinite(l->x_first) ? l->x_first : k->x[0], last = isfinite(l->x_last) ? l->x_last : k->x[k->n - 1];
    double from = first > 0 ? scale_place(&p->x, first) : p->plot.x0, to = scale_place(&p->x, last);
    ahead.dash = style.dashes[1];
    law_piece(d, p, l, from, to, pen);
    law_piece(d, p, l, p->plot.x0, from, ahead);
    law_piece(d, p, l, to, p->plot.x1, ahead);
    if (!l->identified) return;
    double y = scale_place(&p->y, l->A.value);
    ceiling.width = style.axis;
    ceiling.dash = style.dashes[2];
    canvas_line(d->c, p->plot.x0, y, p->plot.x1, y, ceiling);
    if (isfinite(l->A.low) && isfinite(l->A.high)) {
        ceiling.alpha = .45;
        double right = p->plot.x1 - 5.0 * (double)(d->overlaid ? series : 0);
        canvas_rect(d->c, (box){right - 4, scale_place(&p->y, l->A.high), right, scale_place(&p->y, l->A.low)}, ceiling);
    }
    double middle = scale_place(&p->x, l->C_mid.value);
    if (middle >= p->plot.x0 && middle <= p->plot.x1) canvas_marker(d->c, middle, p->plot.y1 - 3, 6, MARKER_UP, true, pen);
}

/* The stretch that no fit used; where arms differ, the part common to all. */
static bool shade_left_out(const drawing *d, const panel *p)
{
    double first = INFINITY;
    for (size_t a = 0; a < d->arms.n; a++)
        if (d->laws[a].there) first = fmin(first, isfinite(d->laws[a].x_first) ? d->laws[a].x_first : 0);
    double x = scale_place(&p->x, first);
    if (!isfinite(first) || !(x > p->plot.x0 + 1) || first <= d->low * (1 + 1e-9)) return false;
    canvas_rect(d->c, (box){p->plot.x0, p->plot.y0, x, p->plot.y1}, (canvas_pen){style.shade, 1, 0, NULL});
    return true;
}

static pl_status draw_panel(const drawing *d, panel *p, size_t first, size_t n, bool *shaded)
{
    pl_status st = PL_OK;
    set_scales(d, p);
    *shaded |= shade_left_out(d, p);
    panel_frame(d->c, p);
    canvas_clip(d->c, (box){isnan(p->zero) ? p->plot.x0 - 3 : p->zero - 6, p->plot.y0 - 2, p->plot.x1, p->plot.y1 + 2});
    for (size_t a = first; a < first + n && d->band && !st; a++) st = draw_band(d, p, &d->curves[a], panel_pen(a, false));
    for (size_t a = first; a < first + n; a++) draw_points(d, p, &d->curves[a], &d->laws[a], a);
    for (size_t a = first; a < first + n; a++) draw_law(d, p, &d->curves[a], &d->laws[a], a);
    canvas_unclip(d->c);
    return st;
}

/* "A = 0.612 [0.59, 0.63]" */
static const char *estimate_text(canvas *c, const char *name, const pl_estimate *e)
{
    char value[TICK_LABEL], low[TICK_LABEL], high[TICK_LABEL];
    scale_number(e->value, value);
    scale_number(e->low, low);
    scale_number(e->high, high);
    char *text = isfinite(e->low) && isfinite(e->high) ? pl_arena_printf(&c->arena, "%s = %s [%s, %s]", name, value, low, high)
                                                      : pl_arena_printf(&c->arena, "%s = %s", name, value);
    if (!text) c->broken = true;
    return text ? text : "";
}

/* What the fit of an arm says, in one line below the panels. */
static const char *verdict_text(canvas *c, const char *arm, const law *l)
{
    char r2[TICK_LABEL], R0[TICK_LABEL];
    const char *colon = *arm ? ": " : "";
    if (!l->there) {
        char *none = pl_arena_printf(&c->arena, "%s%sno fit", arm, colon);
        c->broken |= !none;
        return none ? none : "";
    }
    scale_number(l->r2, r2);
    scale_number(l->R0.value, R0);
    const char *A = estimate_text(c, "A", &l->A), *mid = estimate_text(c, "C_mid", &l->C_mid), *B = estimate_text(c, "B", &l->B);
    char *text = l->identified
                     ? pl_arena_printf(&c->arena, "%s%s%s, %s, R\xC2\xB2 = %s, %s, R0 = %s", arm, colon, A, mid, r2, B, R0)
                     : pl_arena_printf(&c->arena, "%s%snot identified: %s, %s, R\xC2\xB2 = %s, R0 = %s", arm, colon, A, mid, r2, R0);
    c->broken |= !text;
    return text ? text : "";
}

static void write_verdicts(const drawing *d, const layout *l)
{
    double y = layout_below(d->c, l) + LINE_OF_TEXT / 2.0, left = 13;
    for (size_t a = 0; a < d->arms.n; a++, y += LINE_OF_TEXT) {
        canvas_pen pen = panel_pen(a, false);
        canvas_marker(d->c, left, y, style.marker, (marker_shape)(a % MARKER_CROSS), true, pen);
        const char *text = canvas_fit(d->c, style.tick_text - 1, verdict_text(d->c, d->arms.v[a], &d->laws[a]), d->c->width - left - 14);
        canvas_text(d->c, (text_place){.x = left + 6, .y = y, .size = style.tick_text - 1, .v = .5, .colour = style.ink}, text);
    }
}

static pl_status label_overlaid(const drawing *d, const panel *p, const char *const *texts)
{
    end_label *labels = pl_arena_array(&d->c->arena, d->arms.n, sizeof *labels);
    if (!labels) return PL_ERR_WORLD;
    for (size_t a = 0; a < d->arms.n; a++) {
        const curve *k = &d->curves[a];
        const law *l = &d->laws[a];
        double value = l->identified ? l->A.value : l->there ? law_value(l, p->x.high) : k->n ? k->mean[k->n - 1] : NAN;
        labels[a] = (end_label){texts[a], l->there || !k->n ? p->plot.x1 : x_place(p, k->x[k->n - 1]), scale_place(&p->y, value), panel_pen(a, false)};
    }
    panel_end_labels(d->c, p, labels, d->arms.n);
    return PL_OK;
}

/* At the ends of the lines: the arm, and its ceiling when that is known. */
static pl_status end_texts(const drawing *d, const char ***out)
{
    *out = pl_arena_array(&d->c->arena, d->arms.n, sizeof **out);
    for (size_t a = 0; *out && a < d->arms.n; a++) {
        char value[TICK_LABEL];
        const char *arm = d->arms.v[a], *space = *arm ? ", " : "";
        scale_number(d->laws[a].A.value, value);
        (*out)[a] = d->laws[a].identified ? pl_arena_printf(&d->c->arena, "%s%sA = %s", arm, space, value)
                    : d->laws[a].there ? pl_arena_printf(&d->c->arena, "%s%sA = ?", arm, space) : arm;
        if (!(*out)[a]) return PL_ERR_WORLD;
    }
    return *out ? PL_OK : PL_ERR_WORLD;
}

static void name_axes(const drawing *d, panel *panels, const layout *l, const char *const *texts)
{
    const pl_column *x = pl_table_find(d->data->table, d->p.x), *y = pl_table_find(d->data->table, d->p.y);
    bool bare = !strcmp(x->spec.name, "step") || !strcmp(x->spec.name, x->spec.unit);
    const char *x_label = panel_quantity(d->c, x->spec.name, bare ? "" : x->spec.unit);
    for (size_t i = 0; i < l->n; i++) {
        if (l->n == 1) panels[i].y_label = panel_quantity(d->c, y->spec.name, y->spec.unit);
        else panels[i].title = texts[i];
        if (i + l->columns >= l->n) panels[i].x_label = x_label;
    }
}

static const char *page_title(const drawing *d)
{
    size_t fitted = 0, identified = 0;
    for (size_t a = 0; a < d->arms.n; a++) {
        fitted += d->laws[a].there;
        identified += d->laws[a].identified;
    }
    char *text = pl_arena_printf(&d->c->arena, "%s%s over %s", fitted && !identified ? "Sigmoid not identified: " : fitted ? "Fitted sigmoid: " : "", d->p.y, d->p.x);
    d->c->broken |= !text;
    return text ? text : "";
}

/* What the marks mean, below the verdicts. */
static void write_key(const drawing *d, bool shaded)
{
    double level = NAN;
    for (size_t a = 0; a < d->arms.n; a++)
        if (d->laws[a].there && isnan(level)) level = d->laws[a].A.level;
    const char *intervals = isnan(level) ? "" : pl_arena_printf(&d->c->arena, " \xC2\xB7 intervals: %.0f%%", 100 * level);
    const char *text = !intervals ? NULL : pl_arena_printf(&d->c->arena, "dashed: extrapolated \xC2\xB7 open points: not used by the fit%s \xC2\xB7 triangle: C_mid%s",
                                                           shaded ? " \xC2\xB7 shaded: left out" : "", intervals);
    d->c->broken |= !text;
    if (!text) return;
    canvas_text(d->c, (text_place){.x = 10, .y = d->c->height - 14, .size = style.small_text, .v = 1, .colour = style.grey}, text);
}

static pl_status draw_all(drawing *d, pl_diag *diag)
{
    d->overlaid = d->arms.n <= OVERLAID_MOST;
    const char **texts;
    bool shaded = false, fitted = false;
    for (size_t a = 0; a < d->arms.n; a++) fitted |= d->laws[a].there;
    pl_status st = end_texts(d, &texts);
    if (st) return pl_diag_nomem(diag, "drawing a figure");
    layout l = layout_for(d->c, d->overlaid ? 1 : d->arms.n, d->overlaid ? panel_label_room(d->c, texts, d->arms.n) : 0,
                          fitted ? (double)d->arms.n * LINE_OF_TEXT + 10 : 0, true);
    panel *panels = layout_begin(d->c, &l, d->data, page_title(d));
    if (!panels) return pl_diag_nomem(diag, "drawing a figure");
    name_axes(d, panels, &l, texts);
    for (size_t i = 0; i < l.n && !st; i++) st = draw_panel(d, &panels[i], d->overlaid ? 0 : i, d->overlaid ? d->arms.n : 1, &shaded);
    if (!st && d->overlaid) st = label_overlaid(d, &panels[0], texts);
    if (!st && fitted) write_verdicts(d, &l);
    if (!st && fitted) write_key(d, shaded);
    const char *note = curve_band_text(d->band, d->data->replicates, &d->c->arena);
    if (!st && note) layout_notes(d->c, &l, d->data, note);
    return st || !note ? pl_diag_nomem(diag, "drawing a figure") : PL_OK;
}

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    drawing d = {.c = c, .data = data, .p = {.log_x = true, .band = BAND_AUTO}};
    if (params) d.p = *(const sigmoid_params *)params;
    pl_status st = prepare(&d, diag);
    return st ? st : draw_all(&d, diag);
}

static bool applies(const figure_data *data)
{
    const char *x = data->sigmoid_x ? data->sigmoid_x : "step", *y = data->sigmoid_y ? data->sigmoid_y : "pass@1";
    return lines_has(data->table, x) && lines_has(data->table, y);
}

const figure fig_sigmoid = {{"sigmoid", "Performance against compute with the fitted sigmoid and its extrapolation", "arXiv 2510.13786, eq. 1", &params_struct}, applies, draw};
