/* Reliability diagram: is what the policy says it knows what it knows? One panel per arm, before and after training.
 *
 * Answers are sorted into ten bins by stated confidence; a point stands at the bin's mean confidence and the share of right answers
 * in it. On the diagonal a policy is calibrated, below it overconfident. Bars beneath tell how much of the answers a bin holds.
 * Replicates are pooled by these shares; intervals are the jackknife's over replicates.
 */
#include <math.h>
#include <string.h>

#include "plots/ends.h"
#include "plots/lines.h"

typedef struct calibration_params {
    pl_strings arms;
} calibration_params;
static const pl_field fields[] = {
    {.name = "arms",
     .type = PL_STRINGS,
     .offset = offsetof(calibration_params, arms),
     .fallback = "[]",
     .doc = "Arms to draw, a panel each; none: all."},
};
static const pl_struct params_struct = {.name = "figure calibration",
                                        .doc = "Reliability diagram before and after training.",
                                        .size = sizeof(calibration_params),
                                        .fields = fields,
                                        .n_fields = PL_COUNT(fields)};

enum {
    BINS = 10,
    SCORES = 3,
    STRIP = 26,
    STRIP_GAP = 7,
    SCORE_LINE = 9,
    BOTTOM_AND_TOP = 53,
    SIDES = 46,
    ONE_WIDTH = 330,
    COLUMNS_MOST = 3,
    TOUCH = 4
};
static const double level = .95, score_size = 7, rare = 1e-3;
static const char *const scores[SCORES][2] = {
    {"calibration/ece", "ECE"}, {"calibration/brier", "Brier"}, {"calibration/auroc", "AUROC"}};

typedef struct bin {
    double share, confidence;
    pl_estimate accuracy;
} bin; /* share 0: empty */
typedef struct moment {
    bin bins[BINS];
    double score[SCORES];
} moment;
typedef struct arm_calibration {
    ends at;
    moment when[ENDS_MOMENTS];
} arm_calibration;

typedef struct drawing {
    canvas *c;
    const figure_data *data;
    pl_strings arms;
    arm_calibration *arm; /* [arms] */
    const pl_column *count[BINS], *confidence[BINS], *accuracy[BINS];
    double most; /* greatest share of a bin */
} drawing;

static const pl_column *bin_column(const pl_table *t, int i, const char *what)
{
    char name[64];
    snprintf(name, sizeof name, "calibration/bin/%d/%s", i, what);
    return lines_has(t, name) ? pl_table_find(t, name) : NULL;
}

/* Bins that are empty throughout have no column of numbers: no error. False when none has. */
static bool find_columns(drawing *d)
{
    const pl_table *t = d->data->table;
    bool any = false;
    for (int i = 0; i < BINS; i++) {
        d->count[i] = bin_column(t, i, "count");
        d->confidence[i] = bin_column(t, i, "confidence");
        d->accuracy[i] = bin_column(t, i, "accuracy");
        any |= d->count[i] && d->confidence[i] && d->accuracy[i];
    }
    return any;
}

static bool applies(const figure_data *data)
{
    drawing d = {.data = data};
    return find_columns(&d);
}

/* What a bin holds in one replicate; false when it is empty there or incomplete. */
static bool in_bin(const drawing *d, int i, size_t row, double *mass, double *confidence, double *right)
{
    if (!d->count[i] || !d->confidence[i] || !d->accuracy[i]) return false;
    double n = d->count[i]->v[row], c = d->confidence[i]->v[row], a = d->accuracy[i]->v[row];
    if (!(n > 0) || !isfinite(n) || !isfinite(c) || !isfinite(a)) return false;
    *mass = n;
    *confidence = n * c;
    *right = n * a;
    return true;
}

/* Share of right answers in a bin over the replicates but one, weighted by what they hold. */
static double pooled(const drawing *d, const ends *e, ends_moment when, int i, size_t without, double *mass, double *confidence)
{
    double n = 0, c = 0, a = 0, one_n, one_c, one_a;
    for (size_t r = 0; r < e->n; r++) {
        if (r == without || !in_bin(d, i, e->row[when][r], &one_n, &one_c, &one_a)) continue;
        n += one_n;
        c += one_c;
        a += one_a;
    }
    if (mass) *mass = n;
    if (confidence) *confidence = n > 0 ? c / n : NAN;
    return n > 0 ? a / n : NAN;
}

/* Accuracy with its interval; scratch holds e->n numbers. */
static pl_estimate accuracy_of(const drawing *d, const ends *e, ends_moment when, int i, double *scratch, bin *b)
{
    double mass, value = pooled(d, e, when, i, (size_t)-1, &mass, &b->confidence), one_n, one_c, one_a;
    size_t n = 0;
    b->share = e->n ? mass / (double)e->n : 0;
    for (size_t r = 0; r < e->n; r++)
        if (in_bin(d, i, e->row[when][r], &one_n, &one_c, &one_a)) scratch[n++] = pooled(d, e, when, i, r, NULL, NULL);
    /* A bin that one replicate alone fills has no interval. */
    if (n < 2) return (pl_estimate){value, NAN, NAN, level};
    pl_estimate out = pl_jackknife(scratch, n, value, level);
    return (pl_estimate){value, fmax(out.low, 0), fmin(out.high, 1), level};
}

static pl_status read_arm(drawing *d, const char *name, pl_strings probe, arm_calibration *a)
{
    if (ends_make(d->data->table, name, probe, &d->c->arena, &a->at)) return PL_ERR_WORLD;
    double *v = pl_arena_array(&d->c->arena, a->at.n + 1, sizeof *v);
    if (!v) return PL_ERR_WORLD;
    for (int m = 0; m < ENDS_MOMENTS; m++) {
        moment *when = &a->when[m];
        for (int i = 0; i < BINS; i++) {
            when->bins[i].accuracy = accuracy_of(d, &a->at, (ends_moment)m, i, v, &when->bins[i]);
            d->most = fmax(d->most, when->bins[i].share);
        }
        for (int s = 0; s < SCORES; s++) {
            size_t n = ends_values(d->data->table, &a->at, (ends_moment)m, scores[s][0], v);
            when->score[s] = n ? pl_mean(v, n) : NAN;
        }
    }
    return PL_OK;
}

static pl_status prepare(drawing *d, pl_strings arms, pl_diag *diag)
{
    if (!find_columns(d)) {
        pl_diag_add(diag, PL_ERROR, (pl_place){0}, "only a policy that states its confidence has them: policy.confidence.levels",
                    "the table has no columns calibration/bin/<i>/count, confidence and accuracy");
        return PL_ERR_USER;
    }
    pl_status st = curve_arms(d->data->table, arms, &d->c->arena, &d->arms, diag);
    if (st) return st;
    d->arm = pl_arena_array(&d->c->arena, d->arms.n, sizeof *d->arm);
    pl_strings probe = {pl_arena_array(&d->c->arena, BINS, sizeof *probe.v), 0};
    if (!d->arm || !probe.v) return pl_diag_nomem(diag, "drawing a figure");
    for (int i = 0; i < BINS; i++)
        if (d->accuracy[i]) probe.v[probe.n++] = d->accuracy[i]->spec.name;
    for (size_t a = 0; a < d->arms.n; a++)
        if (read_arm(d, d->arms.v[a], probe, &d->arm[a])) return pl_diag_nomem(diag, "drawing a figure");
    return PL_OK;
}

/* Before is grey and open, after in the arm's colour and filled. */
static canvas_pen pen_of(size_t arm, int m)
{
    canvas_pen pen = panel_pen(arm, false);
    if (m == ENDS_FIRST) {
        pen.colour = style.grey;
        pen.dash = style.dashes[1];
        pen.width = .8 * style.line;
    }
    return pen;
}

static void draw_moment(const drawing *d, const panel *p, const moment *when, canvas_pen pen, bool filled, marker_shape shape)
{
    point at[BINS];
    canvas_pen whisker = pen;
    size_t n = 0;
    whisker.dash = NULL;
    whisker.width = .7;
    for (int i = 0; i < BINS; i++) {
        const bin *b = &when->bins[i];
        if (!(b->share > 0)) continue;
        at[n] = (point){scale_place(&p->x, b->confidence), scale_place(&p->y, b->accuracy.value)};
        if (isfinite(b->accuracy.low) && isfinite(b->accuracy.high) && b->share >= rare)
            canvas_line(d->c, at[n].x, scale_place(&p->y, b->accuracy.low), at[n].x, scale_place(&p->y, b->accuracy.high), whisker);
        n++;
    }
    canvas_polyline(d->c, at, n, pen);
    n = 0;
    for (int i = 0; i < BINS; i++) {
        canvas_pen own = pen;
        if (!(when->bins[i].share > 0)) continue;
        own.alpha = when->bins[i].share < rare ? .3 : 1;
        canvas_marker(d->c, at[n].x, at[n].y, style.marker + 1, shape, filled, own);
        n++;
    }
}

/* Points within a corner of the panel, or that touch it. */
static size_t points_in(const panel *p, const arm_calibration *a, box where)
{
    size_t n = 0;
    for (int i = 0; i < ENDS_MOMENTS * BINS; i++) {
        const bin *b = &a->when[i / BINS].bins[i % BINS];
        double x = scale_place(&p->x, b->confidence), y = scale_place(&p->y, b->accuracy.value);
        n += b->share > 0 && x > where.x0 - TOUCH && x < where.x1 + TOUCH && y > where.y0 - TOUCH && y < where.y1 + TOUCH;
    }
    return n;
}

static const char *score_text(canvas *c, const char *name, double before, double after, bool apart)
{
    char *text = isnan(before) && isnan(after) ? pl_arena_printf(&c->arena, "%s \xE2\x80\x93", name)
                 : apart                       ? pl_arena_printf(&c->arena, "%s %.3f \xE2\x86\x92 %.3f", name, before, after)
                                               : pl_arena_printf(&c->arena, "%s %.3f", name, after);
    c->broken |= !text;
    return text ? text : "";
}

/* In the upper left or the lower right corner, wherever fewer points are. */
static void write_scores(const drawing *d, const panel *p, const arm_calibration *a)
{
    const char *text[SCORES];
    double width = 0, height = SCORES * SCORE_LINE + 2;
    for (int s = 0; s < SCORES; s++) {
        text[s] = score_text(d->c, scores[s][1], a->when[ENDS_FIRST].score[s], a->when[ENDS_LAST].score[s], a->at.apart);
        width = fmax(width, canvas_text_width(d->c, score_size, text[s]));
    }
    box left = {p->plot.x0 + 3, p->plot.y0, p->plot.x0 + 7 + width, p->plot.y0 + height};
    box right = {p->plot.x1 - 5 - width, p->plot.y1 - height - 2, p->plot.x1 - 1, p->plot.y1 - 2};
    box where = points_in(p, a, right) < points_in(p, a, left) ? right : left;
    canvas_rect(d->c, where, (canvas_pen){0xFFFFFF, .75, 0, NULL});
    for (int s = 0; s < SCORES; s++)
        canvas_text(
            d->c,
            (text_place){
                .x = where.x0 + 2, .y = where.y0 + SCORE_LINE * (s + .5) + 1, .size = score_size, .v = .5, .colour = style.ink},
            text[s]);
}

static void strip_axis(const drawing *d, const panel *strip)
{
    canvas_pen axis = {style.ink, 1, style.axis, NULL};
    char number[TICK_LABEL];
    canvas_line(d->c, strip->plot.x0, strip->plot.y0, strip->plot.x0, strip->plot.y1, axis);
    for (int i = 0; i < 2; i++) {
        double v = i * strip->y.high, y = canvas_snap(d->c, scale_place(&strip->y, v));
        snprintf(number, sizeof number, "%g", v);
        canvas_line(d->c, strip->plot.x0 - style.tick, y, strip->plot.x0, y, axis);
        canvas_text(
            d->c,
            (text_place){
                .x = strip->plot.x0 - style.tick - 2, .y = y, .size = style.tick_text, .h = 1, .v = .5, .colour = style.ink},
            number);
    }
}

/* Two bars a bin, before and after, on the axis that carries the numbers of x. */
static void draw_strip(const drawing *d, panel *strip, const arm_calibration *a, size_t series)
{
    double most = d->most > 0 ? d->most : 1, unit = pow(10, floor(log10(most)));
    strip->y = (scale){SCALE_LINEAR, 0, unit * ceil(most / unit * (1 - 1e-9)), strip->plot.y1, strip->plot.y0};
    double width = (strip->plot.x1 - strip->plot.x0) / BINS, part = a->at.apart ? .42 * width : .84 * width;
    for (int m = a->at.apart ? ENDS_FIRST : ENDS_LAST; m < ENDS_MOMENTS; m++)
        for (int i = 0; i < BINS; i++) {
            double left = strip->plot.x0 + width * i + .08 * width + (a->at.apart && m == ENDS_LAST ? part : 0);
            double share = a->when[m].bins[i].share;
            if (share > 0)
                canvas_rect(d->c, (box){left, scale_place(&strip->y, share), left + part, strip->plot.y1}, pen_of(series, m));
        }
    strip_axis(d, strip);
    panel_x_axis(d->c, strip);
}

static void draw_panel(const drawing *d, panel *p, size_t series)
{
    const arm_calibration *a = &d->arm[series];
    panel strip = *p;
    strip.title = strip.y_label = NULL;
    strip.plot.y0 = strip.plot.y1 - STRIP;
    p->plot.y1 = canvas_snap(d->c, p->plot.y1 - STRIP - STRIP_GAP);
    p->x = strip.x = (scale){SCALE_LINEAR, 0, 1, p->plot.x0, p->plot.x1};
    p->y = (scale){SCALE_LINEAR, 0, 1, p->plot.y1, p->plot.y0};
    p->bare = true;
    p->x_label = NULL;
    panel_frame(d->c, p);
    canvas_line(d->c, p->plot.x0, p->plot.y1, p->plot.x1, p->plot.y0, (canvas_pen){0x000000, 1, style.axis, style.dashes[1]});
    if (a->at.apart) draw_moment(d, p, &a->when[ENDS_FIRST], pen_of(series, ENDS_FIRST), false, MARKER_DISC);
    draw_moment(d, p, &a->when[ENDS_LAST], pen_of(series, ENDS_LAST), true, (marker_shape)(series % MARKER_CROSS));
    write_scores(d, p, a);
    draw_strip(d, &strip, a, series);
}

static const char *note_text(const drawing *d)
{
    const ends *e = NULL;
    size_t most = 0;
    for (size_t a = 0; a < d->arms.n; a++) {
        if (!e && d->arm[a].at.apart) e = &d->arm[a].at;
        most = d->arm[a].at.n > most ? d->arm[a].at.n : most;
    }
    const char *moments = !e ? ""
                          : d->data->before ? pl_arena_printf(&d->c->arena, "grey, open: %s", d->data->before)
                          : isnan(e->step[ENDS_FIRST])
                              ? "grey, open: before"
                              : pl_arena_printf(&d->c->arena, "grey, open: step %g \xC2\xB7 colour: step %g", e->step[ENDS_FIRST],
                                                e->step[ENDS_LAST]);
    const char *text = !moments
                           ? NULL
                           : pl_arena_printf(&d->c->arena, "%s%sbars: shares%s", moments, *moments ? " \xC2\xB7 " : "",
                                             most > 1 ? " \xC2\xB7 whiskers: 95% CI" : "");
    d->c->broken |= !text;
    return text ? text : "";
}

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    drawing d = {.c = c, .data = data};
    pl_status st = prepare(&d, params ? ((const calibration_params *)params)->arms : (pl_strings){0}, diag);
    if (st) return st;
    layout l = layout_for(c, d.arms.n, 0, 0, true);
    if (l.n <= COLUMNS_MOST) l.columns = l.n, l.rows = 1;
    l.width = l.n == 1 ? ONE_WIDTH : style.small_width + 10;
    l.height = l.width - SIDES + STRIP + STRIP_GAP + BOTTOM_AND_TOP; /* the diagram is about square */
    panel *panels = layout_begin(c, &l, data, "Calibration before and after training");
    if (!panels) return pl_diag_nomem(diag, "drawing a figure");
    for (size_t i = 0; i < l.n; i++) {
        if (l.n == 1)
            panels[i].y_label = "share of right answers";
        else
            panels[i].title = d.arms.v[i];
        panels[i].x_label = i + l.columns >= l.n ? "stated confidence" : NULL;
        draw_panel(&d, &panels[i], i);
    }
    layout_notes(c, &l, data, note_text(&d));
    return PL_OK;
}

const figure fig_calibration = {{"calibration",
                                 "Reliability diagram of stated confidence before and after training, a panel per arm",
                                 "arXiv 2507.16806", &params_struct},
                                applies,
                                draw};
