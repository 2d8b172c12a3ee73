/* pass@k against k: what k tries reach, before and after training.
 *
 * Training that only sharpens lifts pass@1 and lowers pass@k at large k: the curves cross (Yue et al., arXiv 2504.13837). Where
 * they do is marked, interpolated in ln k; its interval is the jackknife's over replicates. The k are those that the
 * table's columns are named after.
 */
#include <stdlib.h>
#include <string.h>

#include "plots/ends.h"
#include "plots/estimates.h"
#include "plots/lines.h"

#define PREFIX "pass@"

typedef struct passk_params {
    pl_strings arms;
} passk_params;
static const pl_field fields[] = {
    {.name = "arms",
     .type = PL_STRINGS,
     .offset = offsetof(passk_params, arms),
     .fallback = "[]",
     .doc = "Arms to draw; none: all."},
};
static const pl_struct params_struct = {.name = "figure passk",
                                        .doc = "pass@k against k, before and after training.",
                                        .size = sizeof(passk_params),
                                        .fields = fields,
                                        .n_fields = PL_COUNT(fields)};

static const double level = .95;
enum { MANY = 12 };

/* pass@k of an arm at one moment. */
typedef struct passes {
    double *mean, *low, *high; /* [k] */
} passes;

typedef struct arm_passes {
    ends at;
    passes curve[ENDS_MOMENTS];
    pl_estimate crossing; /* k at which the trained policy falls below the base; NaN: nowhere */
    int sign;             /* of trained - base where both are known, when it does not cross; 0: it changes, or equals */
    bool differs;         /* anywhere */
} arm_passes;

typedef struct drawing {
    canvas *c;
    const figure_data *data;
    pl_strings arms, columns; /* columns in order of k */
    double *k;
    arm_passes *arm; /* [arms] */
    bool one_base;   /* all arms start from the same policy */
} drawing;

/* k of a column "pass@k"; 0 for any other. */
static double k_of(const char *name)
{
    double k;
    bool digits = strncmp(name, PREFIX, strlen(PREFIX)) == 0 && name[strlen(PREFIX)] &&
                  !name[strlen(PREFIX) + strspn(name + strlen(PREFIX), "0123456789")];
    return digits && pl_read_number(name + strlen(PREFIX), &k) && k >= 1 ? k : 0;
}

static size_t count_columns(const pl_table *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_columns; i++) n += k_of(t->columns[i].spec.name) > 0 && lines_has(t, t->columns[i].spec.name);
    return n;
}

static pl_status choose_columns(drawing *d, pl_diag *diag)
{
    const pl_table *t = d->data->table;
    size_t n = count_columns(t);
    d->columns = (pl_strings){pl_arena_array(&d->c->arena, n, sizeof *d->columns.v), 0};
    d->k = pl_arena_array(&d->c->arena, n, sizeof *d->k);
    if (!d->columns.v || !d->k) return pl_diag_nomem(diag, "drawing a figure");
    for (size_t i = 0; i < t->n_columns; i++) {
        const char *name = t->columns[i].spec.name;
        double k = k_of(name);
        if (k == 0 || !lines_has(t, name)) continue;
        size_t at = d->columns.n++;
        for (; at > 0 && d->k[at - 1] > k; at--) d->k[at] = d->k[at - 1], d->columns.v[at] = d->columns.v[at - 1];
        d->k[at] = k;
        d->columns.v[at] = name;
    }
    if (n >= 2) return PL_OK;
    pl_diag_add(diag, PL_ERROR, (pl_place){0}, "record several k: record.pass_at", "the table has no pass@k at two or more k");
    return PL_ERR_USER;
}

/* Mean over the replicates but one (`without`; none: (size_t)-1) that have the value at that moment. */
static double mean_without(const drawing *d, const ends *e, ends_moment when, size_t k, size_t without)
{
    const pl_column *c = pl_table_find(d->data->table, d->columns.v[k]);
    double sum = 0;
    size_t n = 0;
    for (size_t r = 0; r < e->n; r++) {
        double v = c->v[e->row[when][r]];
        if (r != without && isfinite(v)) sum += v, n++;
    }
    return n ? sum / (double)n : NAN;
}

/* The interval is of ln k, cut where there are no k. A crossing that a replicate decides alone has none. */
static pl_status estimate_crossing(drawing *d, arm_passes *a)
{
    const size_t n = a->at.n, n_k = d->columns.n;
    double whole = pl_crossing(d->k, a->curve[ENDS_FIRST].mean, a->curve[ENDS_LAST].mean, n_k);
    a->crossing = (pl_estimate){whole, NAN, NAN, level};
    for (size_t i = 0; i < n_k && isnan(whole); i++) {
        double gap = a->curve[ENDS_LAST].mean[i] - a->curve[ENDS_FIRST].mean[i];
        int sign = (gap > 0) - (gap < 0);
        if (isnan(gap)) continue;
        a->differs |= sign != 0;
        if (a->sign && sign && sign != a->sign) {
            a->sign = 0;
            break;
        }
        a->sign = sign ? sign : a->sign;
    }
    if (isnan(whole) || n < 2) return PL_OK;
    double *left = pl_arena_array(&d->c->arena, n, sizeof *left), *curves = pl_arena_array(&d->c->arena, 2 * n_k, sizeof *curves);
    if (!left || !curves) return PL_ERR_WORLD;
    bool all = true;
    for (size_t r = 0; r < n; r++) {
        for (size_t i = 0; i < n_k; i++) {
            curves[i] = mean_without(d, &a->at, ENDS_FIRST, i, r);
            curves[n_k + i] = mean_without(d, &a->at, ENDS_LAST, i, r);
        }
        left[r] = log(pl_crossing(d->k, curves, curves + n_k, n_k));
        all &= isfinite(left[r]);
    }
    pl_estimate e = pl_jackknife(left, n, log(whole), level);
    if (all) a->crossing = (pl_estimate){whole, fmax(exp(e.low), d->k[0]), fmin(exp(e.high), d->k[n_k - 1]), level};
    return PL_OK;
}

static pl_status read_arm(drawing *d, const char *name, arm_passes *a)
{
    const pl_table *t = d->data->table;
    a->crossing = (pl_estimate){NAN, NAN, NAN, level};
    if (ends_make(t, name, d->columns, &d->c->arena, &a->at)) return PL_ERR_WORLD;
    double *v = pl_arena_array(&d->c->arena, a->at.n + 1, sizeof *v);
    if (!v) return PL_ERR_WORLD;
    for (int m = 0; m < ENDS_MOMENTS; m++) {
        passes *p = &a->curve[m];
        p->mean = pl_arena_array(&d->c->arena, d->columns.n, sizeof *p->mean);
        p->low = pl_arena_array(&d->c->arena, d->columns.n, sizeof *p->low);
        p->high = pl_arena_array(&d->c->arena, d->columns.n, sizeof *p->high);
        if (!p->mean || !p->low || !p->high) return PL_ERR_WORLD;
        for (size_t i = 0; i < d->columns.n; i++) {
            size_t n = ends_values(t, &a->at, (ends_moment)m, d->columns.v[i], v);
            pl_estimate e = pl_t_interval(v, n, level);
            p->mean[i] = n ? e.value : NAN;
            p->low[i] = isfinite(e.low) ? fmax(e.low, 0) : p->mean[i];
            p->high[i] = isfinite(e.high) ? fmin(e.high, 1) : p->mean[i];
        }
    }
    return a->at.apart ? estimate_crossing(d, a) : PL_OK;
}

static bool same_base(const drawing *d, const arm_passes *a, const arm_passes *b)
{
    for (size_t i = 0; i < d->columns.n; i++) {
        double x = a->curve[ENDS_FIRST].mean[i], y = b->curve[ENDS_FIRST].mean[i];
        if (isfinite(x) && isfinite(y) && fabs(x - y) > 1e-9) return false;
    }
    return true;
}

static pl_status prepare(drawing *d, pl_strings arms, pl_diag *diag)
{
    pl_status st = choose_columns(d, diag);
    if (!st) st = curve_arms(d->data->table, arms, &d->c->arena, &d->arms, diag);
    if (st) return st;
    d->arm = pl_arena_array(&d->c->arena, d->arms.n, sizeof *d->arm);
    if (!d->arm) return pl_diag_nomem(diag, "drawing a figure");
    d->one_base = true;
    for (size_t a = 0; a < d->arms.n; a++) {
        if (read_arm(d, d->arms.v[a], &d->arm[a])) return pl_diag_nomem(diag, "drawing a figure");
        d->one_base &= same_base(d, &d->arm[0], &d->arm[a]);
    }
    return PL_OK;
}

/* A line through the k that are known, a marker at each, and the band. */
static pl_status draw_passes(const drawing *d, const panel *p, const passes *v, canvas_pen pen, marker_shape shape, bool filled)
{
    point *at = pl_arena_array(&d->c->arena, d->columns.n, sizeof *at);
    double *band = pl_arena_array(&d->c->arena, 3 * d->columns.n, sizeof *band);
    if (!at || !band) return PL_ERR_WORLD;
    size_t n = 0, most = d->columns.n;
    bool spread = false;
    for (size_t i = 0; i < most; i++) {
        if (!isfinite(v->mean[i])) continue;
        at[n] = (point){scale_place(&p->x, d->k[i]), scale_place(&p->y, v->mean[i])};
        band[n] = at[n].x;
        band[most + n] = scale_place(&p->y, v->low[i]);
        band[2 * most + n++] = scale_place(&p->y, v->high[i]);
        spread |= v->high[i] > v->low[i];
    }
    canvas_pen pale = pen;
    pale.alpha = style.band_alpha;
    if (spread && d->arms.n <= STYLE_COLOURS) canvas_band(d->c, band, band + most, band + 2 * most, n, pale);
    canvas_polyline(d->c, at, n, pen);
    for (size_t i = 0; i < n; i++) canvas_marker(d->c, at[i].x, at[i].y, style.marker, shape, filled, pen);
    return PL_OK;
}

/* pass@k of the trained policy at the crossing, on the line drawn between its neighbours. */
static double height_at(const drawing *d, const passes *v, double k)
{
    double from = NAN, below = NAN;
    for (size_t i = 0; i < d->columns.n; i++) {
        if (isnan(v->mean[i])) continue;
        if (d->k[i] >= k) return isnan(below) ? v->mean[i] : below + (v->mean[i] - below) * log(k / from) / log(d->k[i] / from);
        below = v->mean[i];
        from = d->k[i];
    }
    return NAN;
}

static void draw_crossing(const drawing *d, const panel *p, const arm_passes *a, canvas_pen pen)
{
    if (isnan(a->crossing.value)) return;
    double x = scale_place(&p->x, a->crossing.value), y = scale_place(&p->y, height_at(d, &a->curve[ENDS_LAST], a->crossing.value));
    canvas_pen drop = pen, bar = pen;
    drop.width = style.axis;
    drop.dash = style.dashes[2];
    canvas_line(d->c, x, y, x, p->plot.y1, drop);
    canvas_marker(d->c, x, y, 2 * style.marker, MARKER_RING, false, pen);
    bar.alpha = .45;
    if (!isfinite(a->crossing.low) || !isfinite(a->crossing.high)) return;
    canvas_rect(d->c, (box){scale_place(&p->x, a->crossing.low), p->plot.y1 - 4, scale_place(&p->x, a->crossing.high), p->plot.y1},
                bar);
}

static const canvas_pen base_pen = {0x000000, 1, 1.3, (const double[4]){5, 1.6}};

static canvas_pen pen_of_base(const drawing *d, size_t arm)
{
    canvas_pen own = panel_pen(arm, false);
    own.dash = base_pen.dash;
    return d->one_base ? base_pen : own;
}

static void set_scales(const drawing *d, panel *p)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t a = 0; a < d->arms.n; a++)
        for (size_t i = 0; i < ENDS_MOMENTS * d->columns.n; i++) {
            const passes *v = &d->arm[a].curve[i / d->columns.n];
            low = fmin(low, v->low[i % d->columns.n]);
            high = fmax(high, v->high[i % d->columns.n]);
        }
    double first = d->k[0], last = d->k[d->columns.n - 1], air = pow(last / first, .02);
    p->x = scale_make(SCALE_LOG2, first / air, last * air, p->plot.x0, p->plot.x1, false, 12);
    p->y = scale_make(SCALE_LINEAR, low, high, p->plot.y1, p->plot.y0, true, panel_y_intervals(p));
    p->y.low = fmax(p->y.low, 0);
    p->y.high = fmin(p->y.high, 1);
}

static pl_status draw_panel(const drawing *d, panel *p)
{
    pl_status st = PL_OK;
    set_scales(d, p);
    panel_frame(d->c, p);
    canvas_clip(d->c, (box){p->plot.x0 - 3, p->plot.y0 - 4, p->plot.x1 + 4, p->plot.y1 + 4});
    for (size_t a = 0; a < d->arms.n && !st; a++)
        st = draw_passes(d, p, &d->arm[a].curve[ENDS_LAST], panel_pen(a, false), (marker_shape)(a % MARKER_CROSS), true);
    for (size_t a = 0; a < (d->one_base ? 1 : d->arms.n) && !st; a++) /* on top: an arm that stays would hide its base */
        if (d->arm[a].at.apart) st = draw_passes(d, p, &d->arm[a].curve[ENDS_FIRST], pen_of_base(d, a), MARKER_DISC, false);
    for (size_t a = 0; a < d->arms.n; a++) draw_crossing(d, p, &d->arm[a], panel_pen(a, false));
    canvas_unclip(d->c);
    return st;
}

static double last_of(const passes *v, size_t n)
{
    while (n > 0 && isnan(v->mean[n - 1])) n--;
    return n ? v->mean[n - 1] : NAN;
}

/* The first arm that has both ends tells the step of the base. */
static const char *base_name(const drawing *d)
{
    double step = NAN;
    if (d->data->before) return d->data->before;
    for (size_t a = d->arms.n; a-- > 0;)
        if (d->arm[a].at.apart) step = d->arm[a].at.step[ENDS_FIRST];
    return isnan(step) ? "base" : pl_arena_printf(&d->c->arena, "base (step %g)", step);
}

static pl_status label_ends(const drawing *d, const panel *p, const char *const *texts, bool with_base)
{
    end_label *labels = pl_arena_array(&d->c->arena, d->arms.n + 1, sizeof *labels);
    if (!labels) return PL_ERR_WORLD;
    size_t n = 0;
    double x = scale_place(&p->x, d->k[d->columns.n - 1]);
    for (size_t a = 0; a < d->arms.n; a++)
        if (*texts[a])
            labels[n++] =
                (end_label){.text = texts[a], .x = x, .y = scale_place(&p->y, last_of(&d->arm[a].curve[ENDS_LAST], d->columns.n)),
                            .pen = panel_pen(a, false)};
    if (with_base) {
        double end = last_of(&d->arm[0].curve[ENDS_FIRST], d->columns.n);
        labels[n++] = (end_label){texts[d->arms.n], x, scale_place(&p->y, end), base_pen, 0};
    }
    panel_end_labels(d->c, p, labels, n);
    return PL_OK;
}

static const char *crossing_text(const drawing *d, size_t a)
{
    const arm_passes *arm = &d->arm[a];
    const char *name = d->arms.v[a], *colon = *name ? ": " : "";
    char *text;
    if (!arm->at.apart)
        text = pl_arena_printf(&d->c->arena, "%s%sonly one moment is recorded", name, colon);
    else if (isfinite(arm->crossing.value))
        text =
            pl_arena_printf(&d->c->arena, "%s%sfalls below the base at %s", name, colon, estimates_text(d->c, "k", &arm->crossing));
    else
        text = pl_arena_printf(&d->c->arena, "%s%s%s", name, colon,
                               arm->sign > 0   ? "above the base at every k"
                               : arm->sign < 0 ? "below the base at every k"
                               : !arm->differs ? "as the base at every k"
                                               : "does not cross the base from above");
    d->c->broken |= !text;
    return text ? text : "";
}

static const char *note_text(const drawing *d, bool trained, bool with_base)
{
    bool bands = false, crossed = false;
    for (size_t a = 0; a < d->arms.n; a++) {
        bands |= d->arm[a].at.n > 1 && d->arms.n <= STYLE_COLOURS;
        crossed |= isfinite(d->arm[a].crossing.low);
    }
    const char *base = with_base || !trained ? "" : "dashed: where each arm began";
    const char *text =
        pl_arena_printf(&d->c->arena, "%s%s%s%s", bands ? "band: 95% CI of the mean" : "", bands && *base ? " \xC2\xB7 " : "", base,
                        crossed ? " \xC2\xB7 ring: crossing, bar on the axis: its 95% CI" : "");
    d->c->broken |= !text;
    return text ? text : "";
}

static pl_status draw_all(drawing *d)
{
    bool trained = false;
    for (size_t a = 0; a < d->arms.n; a++) trained |= d->arm[a].at.apart;
    bool with_base = trained && d->one_base && d->arm[0].at.apart;
    const char **texts = pl_arena_array(&d->c->arena, d->arms.n + 1, sizeof *texts);
    if (!texts) return PL_ERR_WORLD;
    for (size_t a = 0; a < d->arms.n; a++) texts[a] = *d->arms.v[a] ? d->arms.v[a] : trained ? "trained" : "";
    texts[d->arms.n] = base_name(d);
    if (!texts[d->arms.n]) return PL_ERR_WORLD;
    /* Of many arms the statements, each with its marker, are the legend. */
    bool many = trained && d->arms.n > MANY, base_line = many && with_base;
    layout l = layout_for(d->c, 1, many ? 0 : panel_label_room(d->c, texts, d->arms.n + with_base),
                          trained ? LAYOUT_LINE * (double)(d->arms.n + base_line) + 4 : 0, true);
    if (l.height < style.pair_height) l.height = style.pair_height;
    panel *p = layout_begin(d->c, &l, d->data, trained ? "pass@k before and after training" : "pass@k");
    if (!p) return PL_ERR_WORLD;
    p->x_label = "k";
    p->y_label = "pass@k";
    pl_status st = draw_panel(d, p);
    if (!st && !many) st = label_ends(d, p, texts, with_base);
    if (base_line) layout_statement(d->c, &l, d->arms.n, base_pen, MARKER_RING, texts[d->arms.n]);
    for (size_t a = 0; a < d->arms.n && trained && !st; a++)
        layout_statement(d->c, &l, a, panel_pen(a, false), (marker_shape)(a % MARKER_CROSS), crossing_text(d, a));
    if (!st) layout_notes(d->c, &l, d->data, note_text(d, trained, with_base));
    return st;
}

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    drawing d = {.c = c, .data = data};
    pl_status st = prepare(&d, params ? ((const passk_params *)params)->arms : (pl_strings){0}, diag);
    if (st) return st;
    return draw_all(&d) ? pl_diag_nomem(diag, "drawing a figure") : PL_OK;
}

static bool applies(const figure_data *data) { return count_columns(data->table) >= 2; }

const figure fig_passk = {
    {"passk", "pass@k against k before and after training, crossings marked", "arXiv 2504.13837", &params_struct}, applies, draw};
