/* Advantage by pass rate: how large the advantages of a group are, and which part of all of them it has, against the share of right
 * answers in it. With group_std the mean size is 2 sqrt(p(1-p)) exactly (dashed); without a scale it is 2p(1-p). Means over the
 * recorded steps of each replicate, weighted by the groups that fell into the bin; the band is over replicates. */
#include <string.h>

#include "plots/curve.h"
#include "plots/lines.h"

enum { BINS = 5, PANELS = 2, CURVE_POINTS = 60 };

typedef struct advantage_params {
    pl_strings arms;
} advantage_params;
static const pl_field fields[] = {
    {.name = "arms",
     .type = PL_STRINGS,
     .offset = offsetof(advantage_params, arms),
     .fallback = "[]",
     .doc = "Arms to draw; none: all."},
};
static const pl_struct params_struct = {.name = "figure advantage",
                                        .doc = "Size and share of the advantages by the pass rate of their group.",
                                        .size = sizeof(advantage_params),
                                        .fields = fields,
                                        .n_fields = PL_COUNT(fields)};

typedef struct drawing {
    canvas *c;
    const figure_data *data;
    pl_strings arms;
    pl_estimate *value; /* [panel][arm][bin] */
} drawing;

static pl_estimate *at(const drawing *d, size_t of, size_t arm, size_t bin)
{
    return &d->value[(of * d->arms.n + arm) * BINS + bin];
}

static const pl_column *column(const pl_table *t, size_t bin, const char *what)
{
    char name[64];
    snprintf(name, sizeof name, "advantage/pass_rate/%zu/%s", bin, what);
    const pl_column *c = pl_table_find(t, name);
    return c && !c->spec.text ? c : NULL;
}

/* Means over the rows of every replicate of an arm: of the size, weighted by groups; of the share, plain. Returns how many. */
static size_t means(const drawing *d, const char *arm, size_t bin, size_t of, size_t most, double *weight, double *sum)
{
    const pl_table *t = d->data->table;
    const pl_column *v = column(t, bin, of ? "share" : "size"), *groups = column(t, bin, "groups");
    const pl_column *run = pl_table_find(t, "replicate");
    size_t arms = pl_table_index(t, "arm"), n = 0;
    for (size_t r = 0; r < most; r++) weight[r] = sum[r] = 0;
    for (size_t row = 0; v && groups && row < t->n_rows; row++) {
        if (*arm && arms != (size_t)-1 && strcmp(pl_table_text(t, row, arms), arm) != 0) continue;
        double r = run && !run->spec.text ? run->v[row] : 0, w = of ? 1 : groups->v[row];
        if (!(r >= 0 && r < (double)most) || !isfinite(v->v[row]) || !(w > 0)) continue;
        weight[(size_t)r] += w;
        sum[(size_t)r] += w * v->v[row];
    }
    for (size_t r = 0; r < most; r++)
        if (weight[r] > 0) sum[n++] = sum[r] / weight[r];
    return n;
}

static pl_status prepare(drawing *d, pl_strings arms, pl_diag *diag)
{
    pl_status st = curve_arms(d->data->table, arms, &d->c->arena, &d->arms, diag);
    if (st) return st;
    size_t most = pl_table_replicates(d->data->table);
    most = most && most < 1 << 20 ? most : 1;
    double *work = pl_arena_array(&d->c->arena, 2 * most, sizeof *work);
    d->value = pl_arena_array(&d->c->arena, PANELS * d->arms.n * BINS, sizeof *d->value);
    if (!work || !d->value) return pl_diag_nomem(diag, "drawing a figure");
    for (size_t p = 0; p < PANELS; p++)
        for (size_t a = 0; a < d->arms.n; a++)
            for (size_t b = 0; b < BINS; b++) {
                size_t n = means(d, d->arms.v[a], b, p, most, work, work + most);
                *at(d, p, a, b) = n ? pl_t_interval(work + most, n, .95) : (pl_estimate){NAN, NAN, NAN, .95};
            }
    return PL_OK;
}

static double middle(size_t bin) { return ((double)bin + .5) / BINS; }

static void draw_arm(const drawing *d, const panel *p, size_t index, size_t arm)
{
    point line[BINS];
    double x[BINS], low[BINS], high[BINS];
    size_t n = 0;
    bool spread = false;
    canvas_pen pen = panel_pen(arm, true), pale = pen;
    pale.alpha = style.band_alpha;
    for (size_t b = 0; b < BINS; b++) {
        const pl_estimate *e = at(d, index, arm, b);
        if (isnan(e->value)) continue;
        line[n] = (point){scale_place(&p->x, middle(b)), scale_place(&p->y, e->value)};
        x[n] = line[n].x;
        low[n] = isfinite(e->low) ? scale_place(&p->y, fmax(e->low, 0)) : line[n].y;
        high[n] = isfinite(e->high) ? scale_place(&p->y, e->high) : line[n].y;
        spread |= high[n] != low[n];
        n++;
    }
    if (spread && d->arms.n <= STYLE_COLOURS) canvas_band(d->c, x, low, high, n, pale);
    canvas_polyline(d->c, line, n, pen);
    pen.dash = NULL;
    for (size_t i = 0; i < n; i++)
        canvas_marker(d->c, line[i].x, line[i].y, style.marker, (marker_shape)(arm % MARKER_CROSS), true, pen);
}

static void draw_theory(const drawing *d, const panel *p)
{
    point line[CURVE_POINTS + 1];
    for (size_t i = 0; i <= CURVE_POINTS; i++) {
        double q = (double)i / CURVE_POINTS;
        line[i] = (point){scale_place(&p->x, q), scale_place(&p->y, 2 * sqrt(q * (1 - q)))};
    }
    canvas_polyline(d->c, line, CURVE_POINTS + 1, (canvas_pen){0x000000, 1, style.axis, style.dashes[1]});
}

static void draw_panel(const drawing *d, panel *p, size_t index)
{
    double high = index ? 0 : 1;
    for (size_t a = 0; a < d->arms.n; a++)
        for (size_t b = 0; b < BINS; b++) {
            const pl_estimate *e = at(d, index, a, b);
            if (isfinite(e->value))
                high = fmax(high, fmin(isfinite(e->high) && d->arms.n <= STYLE_COLOURS ? e->high : e->value, 2 * e->value));
        }
    p->x = scale_make(SCALE_LINEAR, 0, 1, p->plot.x0, p->plot.x1, false, 5);
    p->y = scale_make(SCALE_LINEAR, 0, high, p->plot.y1, p->plot.y0, true, panel_y_intervals(p));
    p->y.low = 0;
    p->title = index ? "share of all advantages" : "mean size of the advantage";
    p->x_label = "share right in the group";
    panel_frame(d->c, p);
    canvas_clip(d->c, (box){p->plot.x0 - 2, p->plot.y0 - 3, p->plot.x1 + 3, p->plot.y1 + 1});
    if (!index) draw_theory(d, p);
    for (size_t a = 0; a < d->arms.n; a++) draw_arm(d, p, index, a);
    canvas_unclip(d->c);
}

static pl_status label_arms(const drawing *d, const layout *l, const panel *p)
{
    end_label *labels = pl_arena_array(&d->c->arena, d->arms.n, sizeof *labels);
    if (!labels) return PL_ERR_WORLD;
    for (size_t a = 0; a < d->arms.n; a++) {
        size_t b = BINS;
        while (b > 0 && isnan(at(d, PANELS - 1, a, b - 1)->value)) b--;
        labels[a] = (end_label){d->arms.v[a], b ? scale_place(&p->x, middle(b - 1)) : NAN,
                                b ? scale_place(&p->y, at(d, PANELS - 1, a, b - 1)->value) : NAN, panel_pen(a, true),
                                panel_mark(a)};
    }
    if (l->legend > 0)
        layout_legend(d->c, l, labels, d->arms.n);
    else
        panel_end_labels(d->c, p, labels, d->arms.n);
    return PL_OK;
}

static pl_status draw_all(const drawing *d)
{
    bool single = d->arms.n == 1 && !*d->arms.v[0];
    layout l = layout_for(d->c, PANELS, single ? 0 : panel_label_room(d->c, d->arms.v, d->arms.n), 0, true);
    layout_add_legend(&l, d->c, d->arms.v, d->arms.n);
    panel *panels = layout_begin(d->c, &l, d->data, "Advantages by the pass rate of their group");
    if (!panels) return PL_ERR_WORLD;
    for (size_t i = 0; i < PANELS; i++) draw_panel(d, &panels[i], i);
    pl_status st = single ? PL_OK : label_arms(d, &l, &panels[PANELS - 1]);
    bool band = pl_table_replicates(d->data->table) > 1 && d->arms.n <= STYLE_COLOURS;
    if (!st)
        layout_notes(d->c, &l, d->data,
                     band ? "dashed: 2\xE2\x88\x9A(p(1\xE2\x88\x92p)), group_std \xC2\xB7 band: 95% CI of the mean"
                          : "dashed: 2\xE2\x88\x9A(p(1\xE2\x88\x92p)), group_std");
    return st;
}

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    drawing d = {.c = c, .data = data};
    if (!column(data->table, 0, "size")) {
        pl_diag_add(diag, PL_ERROR, (pl_place){0}, "draw it from the metrics of a run", "the table has no advantages by pass rate");
        return PL_ERR_USER;
    }
    pl_status st = prepare(&d, params ? ((const advantage_params *)params)->arms : (pl_strings){0}, diag);
    if (st) return st;
    return draw_all(&d) ? pl_diag_nomem(diag, "drawing a figure") : PL_OK;
}

static bool applies(const figure_data *data)
{
    bool any = false;
    for (size_t b = 0; b < BINS; b++) {
        const pl_column *c = column(data->table, b, "size");
        any |= c && lines_has(data->table, c->spec.name);
    }
    return any;
}

const figure fig_advantage = {
    {"advantage", "Size and share of the advantages by the pass rate of their group", "arXiv 2503.20783", &params_struct},
    applies,
    draw};
