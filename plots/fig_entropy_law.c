/* Reward against entropy with the law R = -a e^H + b (arXiv 2505.22617, eq. 3): what entropy is spent on.
 *
 * Nothing is fitted here: a and b come in figure_data.fits. One panel per arm; the points are the mean over replicates at each
 * recorded step, coloured by the step. Solid where there are points, dashed on to H = 0, where the law ends: its value
 * there, b - a, is the ceiling that it foretells.
 */
#include <math.h>
#include <string.h>

#include "plots/estimates.h"
#include "plots/lines.h"
#include "plots/names.h"

typedef struct entropy_law_params {
    const char *x, *y;
    pl_strings arms;
} entropy_law_params;
static const pl_field fields[] = {
    {.name = "x",
     .type = PL_STRING,
     .offset = offsetof(entropy_law_params, x),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .doc = "Column of entropy; null: the one the law was fitted to. Against another column the points are drawn without the fit."},
    {.name = "y",
     .type = PL_STRING,
     .offset = offsetof(entropy_law_params, y),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .doc = "Column of reward; null: the one the law was fitted to."},
    {.name = "arms",
     .type = PL_STRINGS,
     .offset = offsetof(entropy_law_params, arms),
     .fallback = "[]",
     .doc = "Arms to draw, a panel each; none: all."},
};
static const pl_struct params_struct = {.name = "figure entropy_law",
                                        .doc = "Reward against entropy with the fitted law.",
                                        .size = sizeof(entropy_law_params),
                                        .fields = fields,
                                        .n_fields = PL_COUNT(fields)};

enum { LAW_POINTS = 120, BAR_WIDTH = 7, BAR_ROOM = 46, BAR_STEPS = 48, POINTS_MOST = 400 };
static const char *const usual_x = "entropy/response", *const usual_y = "pass@1";

typedef struct law {
    pl_estimate a, b, ceiling;
    double r2;
    bool there;
} law;

typedef struct drawing {
    canvas *c;
    const figure_data *data;
    entropy_law_params p;
    pl_strings arms;
    curve *x, *y;                            /* [arms] over step */
    law *laws;                               /* [arms] */
    const char *along;                       /* column that colours: step; NULL: the order of rows */
    double first, last, high, y_low, y_high; /* of `along`; of entropy; of reward */
} drawing;

/* Viridis at nine places between its ends. */
static unsigned viridis(double u)
{
    static const unsigned at[] = {0x440154, 0x472D7B, 0x3B528B, 0x2C728E, 0x21918C, 0x28AE80, 0x5EC962, 0xADDC30, 0xFDE725};
    double place = fmin(fmax(u, 0), 1) * (PL_COUNT(at) - 1);
    size_t i = (size_t)fmin(place, PL_COUNT(at) - 2);
    unsigned out = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
        double low = at[i] >> shift & 255, high = at[i + 1] >> shift & 255;
        out |= (unsigned)(low + (high - low) * (place - (double)i) + .5) << shift;
    }
    return out;
}

static law read_law(const pl_table *fits, const char *arm)
{
    law l = {.a = estimates_find(fits, arm, "entropy_law.a"),
             .b = estimates_find(fits, arm, "entropy_law.b"),
             .ceiling = estimates_find(fits, arm, "entropy_law.ceiling"),
             .r2 = estimates_find(fits, arm, "entropy_law.r2").value};
    l.there = isfinite(l.a.value) && isfinite(l.b.value);
    if (l.there && isnan(l.ceiling.value)) l.ceiling = (pl_estimate){l.b.value - l.a.value, NAN, NAN, NAN};
    return l;
}

static double law_value(const law *l, double entropy) { return l->b.value - l->a.value * exp(entropy); }

/* Both columns over the step, at the steps that have both. */
static pl_status read_arm(drawing *d, size_t a)
{
    const char *arm = d->arms.v[a], *along = d->along ? d->along : d->p.x;
    curve *x = &d->x[a], *y = &d->y[a];
    if (curve_make(d->data->table, arm, along, d->p.x, BAND_NONE, &d->c->arena, x)) return PL_ERR_WORLD;
    if (curve_make(d->data->table, arm, along, d->p.y, BAND_NONE, &d->c->arena, y)) return PL_ERR_WORLD;
    size_t n = 0;
    for (size_t i = 0, k = 0; i < x->n && k < y->n;) {
        if (x->x[i] == y->x[k]) {
            x->x[n] = x->x[i];
            x->mean[n] = x->mean[i++];
            y->mean[n++] = y->mean[k++];
        } else if (x->x[i] < y->x[k])
            i++;
        else
            k++;
    }
    x->n = y->n = n;
    for (size_t i = 0; i < n; i++) {
        d->first = fmin(d->first, x->x[i]);
        d->last = fmax(d->last, x->x[i]);
        d->high = fmax(d->high, x->mean[i]);
        d->y_low = fmin(d->y_low, y->mean[i]);
        d->y_high = fmax(d->y_high, y->mean[i]);
    }
    return PL_OK;
}

static pl_status prepare(drawing *d, pl_diag *diag)
{
    const figure_data *data = d->data;
    const char *fit_x = data->entropy_x, *fit_y = data->entropy_y;
    if (!d->p.x) d->p.x = fit_x ? fit_x : usual_x;
    if (!d->p.y) d->p.y = fit_y ? fit_y : usual_y;
    bool fitted = data->fits && (!fit_x || !strcmp(fit_x, d->p.x)) && (!fit_y || !strcmp(fit_y, d->p.y));
    if (!lines_has(data->table, d->p.x)) return lines_missing(data->table, d->p.x, &d->c->arena, diag);
    if (!lines_has(data->table, d->p.y)) return lines_missing(data->table, d->p.y, &d->c->arena, diag);
    pl_status st = curve_arms(data->table, d->p.arms, &d->c->arena, &d->arms, diag);
    if (st) return st;
    d->x = pl_arena_array(&d->c->arena, d->arms.n, sizeof *d->x);
    d->y = pl_arena_array(&d->c->arena, d->arms.n, sizeof *d->y);
    d->laws = pl_arena_array(&d->c->arena, d->arms.n, sizeof *d->laws);
    if (!d->x || !d->y || !d->laws) return pl_diag_nomem(diag, "drawing a figure");
    d->along = lines_has(data->table, "step") ? "step" : NULL;
    d->first = d->y_low = INFINITY;
    d->last = d->high = d->y_high = -INFINITY;
    for (size_t a = 0; a < d->arms.n; a++) {
        if (read_arm(d, a)) return pl_diag_nomem(diag, "drawing a figure");
        if (fitted) d->laws[a] = read_law(data->fits, d->arms.v[a]);
        if (!d->laws[a].there) continue;
        d->y_high = fmax(d->y_high, d->laws[a].ceiling.value); /* its interval may be wide: it is clipped, and written below */
        d->y_low = fmin(d->y_low, d->laws[a].ceiling.value);
    }
    if (d->first <= d->last) return PL_OK;
    pl_diag_add(diag, PL_ERROR, (pl_place){0}, "choose other columns", "nothing to draw: no row has both '%s' and '%s'", d->p.x,
                d->p.y);
    return PL_ERR_USER;
}

static void law_piece(const drawing *d, const panel *p, const law *l, double from, double to, const double *dash)
{
    point at[LAW_POINTS];
    if (!(from < to)) return;
    for (int i = 0; i < LAW_POINTS; i++) {
        double entropy = from + (to - from) * i / (LAW_POINTS - 1);
        at[i] = (point){scale_place(&p->x, entropy), scale_place(&p->y, law_value(l, entropy))};
    }
    canvas_polyline(d->c, at, LAW_POINTS, (canvas_pen){0x000000, 1, .9, dash});
}

static void draw_law(const drawing *d, const panel *p, const curve *x, const law *l)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < x->n; i++) {
        low = fmin(low, x->mean[i]);
        high = fmax(high, x->mean[i]);
    }
    if (!l->there || !x->n) return;
    law_piece(d, p, l, low, high, NULL);
    law_piece(d, p, l, 0, low, style.dashes[1]);
    double at = scale_place(&p->x, 0), y = scale_place(&p->y, l->ceiling.value);
    canvas_pen dots = {style.grey, 1, style.axis, style.dashes[2]};
    canvas_line(d->c, at, y, p->plot.x1, y, dots);
    if (isfinite(l->ceiling.low) && isfinite(l->ceiling.high))
        canvas_line(d->c, at, scale_place(&p->y, l->ceiling.low), at, scale_place(&p->y, l->ceiling.high),
                    (canvas_pen){0x000000, .6, 2.2, NULL});
    canvas_marker(d->c, at, y, style.marker + 2, MARKER_DIAMOND, true, (canvas_pen){0x000000, 1, .7, NULL});
}

/* Hundreds of points of a log are thinned evenly. */
static void draw_points(const drawing *d, const panel *p, const curve *x, const curve *y)
{
    size_t every = x->n / POINTS_MOST + 1;
    double span = d->last > d->first ? d->last - d->first : 1;
    for (size_t i = 0; i < x->n; i += every) {
        double u = d->along ? (x->x[i] - d->first) / span : 0;
        canvas_marker(d->c, scale_place(&p->x, x->mean[i]), scale_place(&p->y, y->mean[i]), style.marker, MARKER_DISC, true,
                      (canvas_pen){viridis(u), 1, .5, NULL});
    }
}

static void draw_panel(const drawing *d, panel *p, size_t a)
{
    p->x = scale_make(SCALE_LINEAR, 0, d->high > 0 ? d->high : 1, p->plot.x0, p->plot.x1, true, 5);
    p->y = scale_make(SCALE_LINEAR, d->y_low, d->y_high, p->plot.y1, p->plot.y0, true, panel_y_intervals(p));
    panel_frame(d->c, p);
    canvas_clip(d->c, (box){p->plot.x0 - 4, p->plot.y0 - 3, p->plot.x1 + 3, p->plot.y1 + 1});
    draw_points(d, p, &d->x[a], &d->y[a]);
    draw_law(d, p, &d->x[a], &d->laws[a]);
    canvas_unclip(d->c);
}

/* Right of the last panel of the first row: which colour is which step. */
static void draw_bar(const drawing *d, const panel *p)
{
    double x = p->plot.x1 + 14, height = p->plot.y1 - p->plot.y0;
    for (int i = 0; i < BAR_STEPS; i++) {
        double low = p->plot.y1 - height * i / BAR_STEPS, high = p->plot.y1 - height * (i + 1) / BAR_STEPS;
        /* Each reaches beneath the next: no seams. */
        canvas_rect(d->c, (box){x, high, x + BAR_WIDTH, fmin(low + .5, p->plot.y1)},
                    (canvas_pen){viridis((i + .5) / BAR_STEPS), 1, 0, NULL});
    }
    const double ends[] = {d->first, d->last};
    for (int i = 0; i < 2; i++) {
        char number[TICK_LABEL];
        if (ends[i] == floor(ends[i]) && fabs(ends[i]) < 1e5)
            snprintf(number, sizeof number, "%.0f", ends[i]);
        else
            scale_number(ends[i], number);
        canvas_text(d->c,
                    (text_place){.x = x + BAR_WIDTH + 3,
                                 .y = i ? p->plot.y0 + 3 : p->plot.y1 - 3,
                                 .size = style.tick_text,
                                 .v = .5,
                                 .colour = style.ink},
                    number);
    }
    canvas_text(
        d->c,
        (text_place){
            .x = x + BAR_WIDTH + 3, .y = (p->plot.y0 + p->plot.y1) / 2, .size = style.tick_text, .v = .5, .colour = style.ink},
        d->along);
}

static const char *verdict_text(canvas *c, const char *arm, const law *l)
{
    const char *colon = *arm ? ": " : "";
    char r2[ESTIMATES_R2];
    estimates_r2(l->r2, r2);
    char *text = !l->there ? pl_arena_printf(&c->arena, "%s%sno fit", arm, colon)
                           : pl_arena_printf(&c->arena, "%s%s%s, %s, %s, %s", arm, colon, estimates_text(c, "a", &l->a),
                                             estimates_text(c, "b", &l->b), r2, estimates_text(c, "R(H = 0)", &l->ceiling));
    c->broken |= !text;
    return text ? text : "";
}

static const char *note_text(const drawing *d, bool fitted)
{
    double level = NAN;
    for (size_t a = 0; a < d->arms.n; a++)
        if (d->laws[a].there && isnan(level)) level = d->laws[a].a.level;
    const char *intervals = isnan(level) ? "" : pl_arena_printf(&d->c->arena, " \xC2\xB7 intervals: %.0f%%", 100 * level);
    const char *mean =
        d->data->replicates > 1 ? pl_arena_printf(&d->c->arena, "points: mean over %zu runs", d->data->replicates) : "";
    const char *text =
        !mean || !intervals
            ? NULL
            : pl_arena_printf(&d->c->arena, "%s%s%s%s", mean, *mean && fitted ? " \xC2\xB7 " : "",
                              fitted ? "dashed: the law beyond the points \xC2\xB7 diamond: its ceiling at H = 0" : "",
                              fitted ? intervals : "");
    d->c->broken |= !text;
    return text ? text : "";
}

static pl_status draw_all(drawing *d)
{
    bool fitted = false;
    for (size_t a = 0; a < d->arms.n; a++) fitted |= d->laws[a].there;
    layout l = layout_for(d->c, d->arms.n, d->along ? BAR_ROOM : 0, fitted ? LAYOUT_LINE * (double)d->arms.n + 4 : 0, true);
    panel *panels = layout_begin(d->c, &l, d->data,
                                 fitted ? "Reward against entropy, R = \xE2\x88\x92"
                                          "a e^H + b"
                                        : "Reward against entropy");
    if (!panels) return PL_ERR_WORLD;
    const pl_column *x = pl_table_find(d->data->table, d->p.x), *y = pl_table_find(d->data->table, d->p.y);
    for (size_t i = 0; i < l.n; i++) {
        if (l.n == 1)
            panels[i].y_label = names_quantity(d->c, y->spec.name, y->spec.unit);
        else
            panels[i].title = pl_arena_printf(&d->c->arena, "%s, %s", d->p.y, d->arms.v[i]);
        d->c->broken |= l.n > 1 && !panels[i].title;
        if (i + l.columns >= l.n) panels[i].x_label = names_quantity(d->c, x->spec.name, x->spec.unit);
        draw_panel(d, &panels[i], i);
        if (fitted)
            layout_statement(d->c, &l, i, (canvas_pen){.alpha = 0}, MARKER_DISC, verdict_text(d->c, d->arms.v[i], &d->laws[i]));
    }
    if (d->along) draw_bar(d, &panels[l.columns - 1]);
    layout_notes(d->c, &l, d->data, note_text(d, fitted));
    return PL_OK;
}

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    drawing d = {.c = c, .data = data};
    if (params) d.p = *(const entropy_law_params *)params;
    pl_status st = prepare(&d, diag);
    if (st) return st;
    return draw_all(&d) ? pl_diag_nomem(diag, "drawing a figure") : PL_OK;
}

static bool applies(const figure_data *data)
{
    return lines_has(data->table, data->entropy_x ? data->entropy_x : usual_x) &&
           lines_has(data->table, data->entropy_y ? data->entropy_y : usual_y);
}

const figure fig_entropy_law = {
    {"entropy_law", "Reward against entropy with the fitted law, coloured by step", "arXiv 2505.22617, eq. 3", &params_struct},
    applies,
    draw};
