/* Performance against compute with the fitted sigmoid (ScaleRL, arXiv 2510.13786, eq. 1).
 *
 * Nothing is fitted here: the parameters come in figure_data.fits; the law alone is evaluated. Solid where the fit had
 * points, dashed where it extrapolates. Filled points were used, open ones are predicted, pale ones were left out. Where the
 * fits tell of a prefix, that is the fit drawn so, with the interval of what it predicts between two hair lines, and the fit to
 * all points is a thin line. Of many points the means of neighbours are drawn before a thin line through all. The
 * ceiling A is a line with its interval at the right edge, C_mid a triangle on the axis; an arm whose fit does not
 * determine the ceiling says so and gets no line.
 */
#include <string.h>

#include "plots/estimates.h"
#include "plots/lines.h"
#include "plots/names.h"

typedef struct sigmoid_params {
    const char *x, *y;
    bool log_x;
    pl_strings arms;
    int band;
} sigmoid_params;

static const pl_field fields[] = {
    {.name = "x",
     .type = PL_STRING,
     .offset = offsetof(sigmoid_params, x),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .doc = "Column of compute; null: the one the sigmoid was fitted to. Against another column the points are drawn without the "
            "fit."},
    {.name = "y",
     .type = PL_STRING,
     .offset = offsetof(sigmoid_params, y),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .doc = "Column of performance; null: the one the sigmoid was fitted to."},
    {.name = "log_x",
     .type = PL_BOOL,
     .offset = offsetof(sigmoid_params, log_x),
     .fallback = "true",
     .doc = "Logarithmic axis of compute; x = 0 stands left of a break."},
    {.name = "arms",
     .type = PL_STRINGS,
     .offset = offsetof(sigmoid_params, arms),
     .fallback = "[]",
     .doc = "Arms to draw; none: all."},
    {.name = "band",
     .type = PL_ENUM,
     .offset = offsetof(sigmoid_params, band),
     .fallback = "auto",
     .names = curve_band_names,
     .doc = "Around the mean: its 95% interval, the central 90% of runs, none; auto: runs from 20 replicates on, else mean."},
};
static const pl_struct params_struct = {.name = "figure sigmoid",
                                        .doc = "Performance against compute with the fitted sigmoid.",
                                        .size = sizeof(sigmoid_params),
                                        .fields = fields,
                                        .n_fields = PL_COUNT(fields)};

enum { OVERLAID_MOST = 4, LAW_POINTS = 160, ZERO_STRIP = 24, LINE_OF_TEXT = 10 };
static const double beyond_log = 2, beyond_linear = 1.15, point_distance = 4.5;

typedef struct law {
    pl_estimate A, B, C_mid, R0;
    double r2, x_first, x_last, grid_A;  /* grid_A: by the procedure of the source; NaN: not asked for */
    bool there, identified;
    struct law *prefix;                  /* NULL: none */
    pl_estimate *predicted;              /* [n_predicted] at predicted_x: what the prefix says of the rest */
    double *predicted_x;
    size_t n_predicted;
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

static law read_law(const pl_table *fits, const char *arm)
{
    law l = {.A = estimates_find(fits, arm, "sigmoid.A"),
             .B = estimates_find(fits, arm, "sigmoid.B"),
             .C_mid = estimates_find(fits, arm, "sigmoid.C_mid"),
             .R0 = estimates_find(fits, arm, "sigmoid.R0")};
    l.r2 = estimates_find(fits, arm, "sigmoid.r2").value;
    l.grid_A = estimates_find(fits, arm, "sigmoid.grid.A").value;
    l.x_first = estimates_find(fits, arm, "sigmoid.x_first").value;
    l.x_last = estimates_find(fits, arm, "sigmoid.x_last").value;
    l.there = isfinite(l.A.value) && isfinite(l.R0.value) && l.B.value > 0 && l.C_mid.value > 0;
    l.identified = l.there && estimates_find(fits, arm, "sigmoid.identified").value == 1;
    return l;
}

/* The fit to the prefix, if the fits tell of one. */
static pl_status read_prefix(const pl_table *fits, const char *arm, pl_arena *arena, law *l)
{
    law p = {.A = estimates_find(fits, arm, "sigmoid.prefix.A"), .B = estimates_find(fits, arm, "sigmoid.prefix.B"),
             .C_mid = estimates_find(fits, arm, "sigmoid.prefix.C_mid"), .R0 = estimates_find(fits, arm, "sigmoid.prefix.R0"),
             .x_first = l->x_first, .x_last = estimates_find(fits, arm, "sigmoid.prefix.x_last").value};
    p.there = isfinite(p.A.value) && isfinite(p.R0.value) && p.B.value > 0 && p.C_mid.value > 0 && p.x_last > 0;
    if (!l->there || !p.there) return PL_OK;
    l->prefix = pl_arena_alloc(arena, sizeof *l->prefix);
    l->predicted = pl_arena_array(arena, fits->n_rows, sizeof *l->predicted);
    l->predicted_x = pl_arena_array(arena, fits->n_rows, sizeof *l->predicted_x);
    if (!l->prefix || !l->predicted || !l->predicted_x) return PL_ERR_WORLD;
    *l->prefix = p;
    for (size_t i = 0; i < fits->n_rows; i++) {
        char place[48], value[48];
        snprintf(place, sizeof place, "sigmoid.predicted_x.%zu", i);
        snprintf(value, sizeof value, "sigmoid.predicted.%zu", i);
        l->predicted_x[i] = estimates_find(fits, arm, place).value;
        l->predicted[i] = estimates_find(fits, arm, value);
        if (!(l->predicted_x[i] > 0) || !isfinite(l->predicted[i].low) || !isfinite(l->predicted[i].high)) break;
        l->n_predicted++;
    }
    return PL_OK;
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
        if (fitted && read_prefix(data->fits, d->arms.v[a], &d->c->arena, &d->laws[a]))
            return pl_diag_nomem(diag, "drawing a figure");
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
    p->x = scale_make(d->p.log_x ? SCALE_LOG10 : SCALE_LINEAR, d->p.log_x ? d->low / 1.15 : fmin(d->low, 0), high, p->plot.x0,
                      p->plot.x1, false, 5);
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

/* Used by the fit, left out before, or after: those it predicts. */
typedef enum point_use { POINT_EARLY, POINT_USED, POINT_LATE } point_use;
static point_use use_of(const law *l, double x)
{
    const double slack = 1e-9;
    const law *fit = l->prefix ? l->prefix : l;
    if (l->there && x > fit->x_last * (1 + slack)) return POINT_LATE;
    return l->there && x > 0 && x < fit->x_first * (1 - slack) ? POINT_EARLY : POINT_USED;
}

/* A thin line through all points, when there are more than can be told apart. */
static pl_status draw_trace(const drawing *d, const panel *p, const curve *k, canvas_pen pen)
{
    point *at = pl_arena_array(&d->c->arena, k->n, sizeof *at);
    size_t n = 0;
    if (!at) return PL_ERR_WORLD;
    for (size_t i = 0; i < k->n; i++) {
        point here = {scale_place(&p->x, k->x[i]), scale_place(&p->y, k->mean[i])};
        if (isfinite(here.x)) at[n++] = here;
    }
    pen.width = style.thin;
    pen.alpha = .45;
    canvas_polyline(d->c, at, curve_decimate(at, n, 1 / d->c->scale), pen);
    return PL_OK;
}

/* Points that would touch are drawn as their mean, those of different use apart. Says whether there are such. */
static bool draw_points(const drawing *d, const panel *p, const curve *k, const law *l, size_t series)
{
    canvas_pen pen = panel_pen(series, false);
    bool merged = false;
    pen.width = .7;
    for (size_t i = 0, end; i < k->n; i = end) {
        double first = x_place(p, k->x[i]), x = 0, y = 0;
        point_use use = use_of(l, k->x[i]);
        for (end = i; end < k->n && use_of(l, k->x[end]) == use && (end == i || x_place(p, k->x[end]) < first + point_distance);
             end++) {
            x += x_place(p, k->x[end]);
            y += scale_place(&p->y, k->mean[end]);
        }
        double n = (double)(end - i);
        merged |= n > 1;
        pen.alpha = use == POINT_EARLY ? .35 : 1;
        canvas_marker(d->c, x / n, y / n, style.marker - 1, (marker_shape)(series % MARKER_CROSS), use == POINT_USED, pen);
    }
    return merged;
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

/* Solid where the fit has points, dashed elsewhere; `onward`: not where it has none yet. */
static void draw_pieces(const drawing *d, const panel *p, const curve *k, const law *l, bool onward, canvas_pen pen)
{
    canvas_pen ahead = pen;
    double first = isfinite(l->x_first) ? l->x_first : k->x[0], last = isfinite(l->x_last) ? l->x_last : k->x[k->n - 1];
    double from = first > 0 ? scale_place(&p->x, first) : p->plot.x0, to = scale_place(&p->x, last);
    ahead.dash = style.dashes[1];
    law_piece(d, p, l, from, to, pen);
    if (!onward) law_piece(d, p, l, p->plot.x0, from, ahead);
    law_piece(d, p, l, to, p->plot.x1, ahead);
}

/* The interval of what the prefix predicts: a faint area between two hair lines. */
static pl_status draw_predicted(const drawing *d, const panel *p, const law *l, canvas_pen pen)
{
    size_t n = l->n_predicted;
    double *place = pl_arena_array(&d->c->arena, 3 * n, sizeof *place);
    point *edge = pl_arena_array(&d->c->arena, n, sizeof *edge);
    if (!place || !edge) return PL_ERR_WORLD;
    pen.width = style.thin;
    for (int side = 1; side <= 2; side++) {
        for (size_t i = 0; i < n; i++) {
            place[i] = scale_place(&p->x, l->predicted_x[i]);
            place[(size_t)side * n + i] = scale_place(&p->y, side == 1 ? l->predicted[i].low : l->predicted[i].high);
            edge[i] = (point){place[i], place[(size_t)side * n + i]};
        }
        canvas_polyline(d->c, edge, n, pen);
    }
    pen.alpha = style.band_alpha / 2;
    canvas_band(d->c, place, place + n, place + 2 * n, n, pen);
    return PL_OK;
}

static void draw_law(const drawing *d, const panel *p, const curve *k, const law *l, size_t series)
{
    if (!l->there || !k->n) return;
    canvas_pen pen = panel_pen(series, false), ceiling = pen, whole = pen;
    whole.width = style.axis;
    if (l->prefix) law_piece(d, p, l, p->plot.x0, p->plot.x1, whole);
    draw_pieces(d, p, k, l->prefix ? l->prefix : l, l->prefix != NULL, pen);
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

/* Which marks were drawn, for the key. */
typedef struct marks { bool shaded, merged; } marks;

static pl_status draw_panel(const drawing *d, panel *p, size_t first, size_t n, marks *m)
{
    pl_status st = PL_OK;
    set_scales(d, p);
    m->shaded |= shade_left_out(d, p);
    panel_frame(d->c, p);
    canvas_clip(d->c, (box){isnan(p->zero) ? p->plot.x0 - 3 : p->zero - 6, p->plot.y0 - 2, p->plot.x1, p->plot.y1 + 2});
    for (size_t a = first; a < first + n && d->band && !st; a++) st = draw_band(d, p, &d->curves[a], panel_pen(a, false));
    for (size_t a = first; a < first + n && !st; a++) st = draw_predicted(d, p, &d->laws[a], panel_pen(a, false));
    for (size_t a = first; a < first + n && !st; a++) {
        const curve *k = &d->curves[a];
        if ((double)k->n > (p->plot.x1 - p->plot.x0) / point_distance) st = draw_trace(d, p, k, panel_pen(a, false));
        m->merged |= draw_points(d, p, k, &d->laws[a], a);
    }
    for (size_t a = first; a < first + n; a++) draw_law(d, p, &d->curves[a], &d->laws[a], a);
    canvas_unclip(d->c);
    return st;
}

/* What the fit of an arm says, in one line below the panels. */
static const char *verdict_text(canvas *c, const char *arm, const law *l)
{
    char r2[ESTIMATES_R2], R0[TICK_LABEL];
    const char *colon = *arm ? ": " : "";
    if (!l->there) {
        char *none = pl_arena_printf(&c->arena, "%s%sno fit", arm, colon);
        c->broken |= !none;
        return none ? none : "";
    }
    estimates_r2(l->r2, r2);
    scale_number(l->R0.value, R0);
    const char *A = estimates_text(c, "A", &l->A), *mid = estimates_text(c, "C_mid", &l->C_mid), *B = estimates_text(c, "B", &l->B);
    char *text =
        l->identified
            ? pl_arena_printf(&c->arena, "%s%s%s, %s, %s, %s, R0 = %s", arm, colon, A, mid, r2, B, R0)
            : pl_arena_printf(&c->arena, "%s%snot identified: %s, %s, %s, R0 = %s", arm, colon, A, mid, r2, R0);
    if (text && isfinite(l->grid_A)) {
        char grid[TICK_LABEL];
        scale_number(l->grid_A, grid);
        text = pl_arena_printf(&c->arena, "%s, on the grid A = %s", text, grid);
    }
    c->broken |= !text;
    return text ? text : "";
}

static void write_verdicts(const drawing *d, const layout *l)
{
    double y = layout_below(d->c, l) + LINE_OF_TEXT / 2.0, left = 13;
    for (size_t a = 0; a < d->arms.n; a++, y += LINE_OF_TEXT) {
        canvas_pen pen = panel_pen(a, false);
        canvas_marker(d->c, left, y, style.marker, (marker_shape)(a % MARKER_CROSS), true, pen);
        const char *text =
            canvas_fit(d->c, style.tick_text - 1, verdict_text(d->c, d->arms.v[a], &d->laws[a]), d->c->width - left - 14);
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
        labels[a] = (end_label){texts[a], l->there || !k->n ? p->plot.x1 : x_place(p, k->x[k->n - 1]), scale_place(&p->y, value),
                                panel_pen(a, false), 0};
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
    const char *x_label = names_quantity(d->c, x->spec.name, x->spec.unit);
    for (size_t i = 0; i < l->n; i++) {
        if (l->n == 1) panels[i].y_label = names_quantity(d->c, y->spec.name, y->spec.unit);
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
    char *text = pl_arena_printf(&d->c->arena, "%s%s over %s",
                                 fitted && !identified ? "Sigmoid not identified: "
                                 : fitted              ? "Fitted sigmoid: "
                                                       : "",
                                 names_quantity(d->c, d->p.y, ""), names_quantity(d->c, d->p.x, ""));
    d->c->broken |= !text;
    return text ? text : "";
}

/* What the marks mean, below the verdicts. */
static void write_key(const drawing *d, const marks *m)
{
    double level = NAN;
    for (size_t a = 0; a < d->arms.n; a++)
        if (d->laws[a].there && isnan(level)) level = d->laws[a].A.level;
    const char *intervals = isnan(level) ? "" : pl_arena_printf(&d->c->arena, " \xC2\xB7 intervals: %.0f%%", 100 * level);
    bool prefix = false, apart = false; /* a log is fitted once, up to where it is asked for: there is no second fit to all */
    for (size_t a = 0; a < d->arms.n; a++) {
        prefix |= d->laws[a].prefix != NULL;
        apart |= d->laws[a].prefix && d->laws[a].prefix->x_last != d->laws[a].x_last;
    }
    const char *fit =
        prefix && !apart ? "filled: used by the fit \xC2\xB7 dashed: what it predicts, with interval"
        : prefix
            ? "filled: prefix \xC2\xB7 bold: its fit \xC2\xB7 dashed: what that predicts, with interval \xC2\xB7 thin: fit to all"
            : "dashed: extrapolated \xC2\xB7 open: not used by the fit";
    const char *text = !intervals ? NULL
                                  : pl_arena_printf(&d->c->arena, "%s%s \xC2\xB7 triangle: C_mid%s", fit,
                                                    m->shaded ? " \xC2\xB7 shaded: left out" : "", intervals);
    d->c->broken |= !text;
    if (!text) return;
    text = canvas_fit(d->c, style.small_text, text, d->c->width - 20);
    canvas_text(d->c, (text_place){.x = 10, .y = d->c->height - 14, .size = style.small_text, .v = 1, .colour = style.grey}, text);
}

static pl_status draw_all(drawing *d, pl_diag *diag)
{
    d->overlaid = d->arms.n <= OVERLAID_MOST;
    const char **texts;
    bool fitted = false;
    marks m = {0};
    for (size_t a = 0; a < d->arms.n; a++) fitted |= d->laws[a].there;
    pl_status st = end_texts(d, &texts);
    if (st) return pl_diag_nomem(diag, "drawing a figure");
    layout l = layout_for(d->c, d->overlaid ? 1 : d->arms.n, d->overlaid ? panel_label_room(d->c, texts, d->arms.n) : 0,
                          fitted ? (double)d->arms.n * LINE_OF_TEXT + 10 : 0, true);
    panel *panels = layout_begin(d->c, &l, d->data, page_title(d));
    if (!panels) return pl_diag_nomem(diag, "drawing a figure");
    name_axes(d, panels, &l, texts);
    for (size_t i = 0; i < l.n && !st; i++) st = draw_panel(d, &panels[i], d->overlaid ? 0 : i, d->overlaid ? d->arms.n : 1, &m);
    if (!st && d->overlaid) st = label_overlaid(d, &panels[0], texts);
    if (!st && fitted) write_verdicts(d, &l);
    if (!st && fitted) write_key(d, &m);
    const char *band = curve_band_text(d->band, d->data->replicates, &d->c->arena);
    const char *note = !band ? NULL
                       : !m.merged
                           ? band
                           : pl_arena_printf(&d->c->arena, "%s%spoints: means of neighbours", band, *band ? " \xC2\xB7 " : "");
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

const figure fig_sigmoid = {{"sigmoid", "Performance against compute with the fitted sigmoid and its extrapolation",
                             "arXiv 2510.13786, eq. 1", &params_struct},
                            applies,
                            draw};
