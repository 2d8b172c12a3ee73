/* Figures through recorded drawing calls: values stand where the axes say, no two texts overlap, odd tables are drawn
 * or refused in words, failing allocations leave nothing behind. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "plots/canvas.h"
#include "plots/estimates.h"
#include "plots/lines.h"
#include "plots/style.h"
#include "tests/unit/plots/tables.h"

static const figure *find(const char *name)
{
    const pl_entry *e = pl_registry_find(&figure_registry, name);
    assert_non_null(e);
    return (const figure *)e;
}

/* Draws into a record; the caller frees the canvas. */
static pl_status draw_recorded(canvas *c, const figure *fig, const figure_data *data, const void *params, pl_diag *diag)
{
    pl_status st = canvas_init(c, FIGURE_PNG, FIGURE_SINGLE, true, diag);
    if (!st) st = fig->draw(c, data, params, diag);
    return st ? st : canvas_finish(c, diag);
}

static bool overlap(box a, box b)
{
    /* Boxes hold ascenders and descenders of the whole font; two lines of text may come this near. */
    const double slack = 1.2;
    return a.x0 < b.x1 - .5 && b.x0 < a.x1 - .5 && a.y0 < b.y1 - slack && b.y0 < a.y1 - slack;
}

static void check_texts(const canvas *c, const char *what)
{
    for (size_t i = 0; i < c->n_records; i++) {
        const canvas_record *r = &c->records[i];
        if (r->call != CANVAS_TEXT) continue;
        bool inside = r->box.x0 >= -.5 && r->box.x1 <= c->width + .5 && r->box.y0 >= -2 && r->box.y1 <= c->height + 2;
        if (!inside) print_error("%s: '%s' leaves the page\n", what, r->text);
        assert_true(inside);
        for (size_t k = 0; k < i; k++) {
            const canvas_record *q = &c->records[k];
            bool clash = q->call == CANVAS_TEXT && overlap(r->box, q->box);
            if (clash) print_error("%s: '%s' overlaps '%s'\n", what, r->text, q->text);
            assert_false(clash);
        }
    }
}

static void no_two_texts_overlap(void **unused)
{
    for (int i = 0; i < 60; i++) {
        table_shape shape = {1 + (size_t)random_between(0, 12), 1 + (size_t)random_between(0, 5), 2 + (size_t)random_between(0, 30), i % 4 ? 0 : .3,
                             (size_t)random_between(0, 40)};
        pl_table t, f;
        make_table(&t, shape);
        make_fits(&f, shape);
        double size = pow(10, random_between(-5, 7));
        for (size_t c = 3; c < 8 && i % 2; c++)
            for (size_t r = 0; r < t.n_rows; r++) t.columns[TABLE_FIRST + c].v[r] *= size;
        figure_data data = make_data(&t, &f, shape.replicates);
        for (const pl_entry *const *e = figure_registry.entries; *e; e++) {
            canvas c;
            pl_diag diag;
            pl_diag_init(&diag);
            const figure *fig = (const figure *)*e;
            assert_true(fig->applies(&data));
            assert_int_equal(draw_recorded(&c, fig, &data, NULL, &diag), PL_OK);
            check_texts(&c, fig->entry.name);
            canvas_free(&c);
            pl_diag_free(&diag);
        }
        pl_table_free(&t);
        pl_table_free(&f);
    }
}

/* Two tick labels of an axis, as a reader uses them: value = a + b * place. */
typedef struct reading { double a, b; } reading;

static reading read_axis(const canvas *c, bool vertical)
{
    double value[2], place[2];
    size_t n = 0;
    for (size_t i = 0; i < c->n_records; i++) {
        const canvas_record *r = &c->records[i];
        double v;
        if (r->call != CANVAS_TEXT || !pl_read_number(r->text, &v)) continue;
        bool left = r->box.x1 < 50;
        if (left != vertical) continue;
        size_t k = n ? 1 : 0;            /* the first and the last: farthest apart */
        n = k + 1;
        value[k] = v;
        place[k] = vertical ? r->box.y0 + style.tick_text * (.76 - .365) : (r->box.x0 + r->box.x1) / 2;
    }
    assert_int_equal(n, 2);
    double b = (value[1] - value[0]) / (place[1] - place[0]);
    return (reading){value[0] - b * place[0], b};
}

static void points_stand_where_the_axes_say(void **unused)
{
    table_shape shape = {1, 1, 41, 0, 0};
    pl_table t;
    make_table(&t, shape);
    figure_data data = make_data(&t, NULL, 1);
    lines_params params = lines_defaults();
    const char *column = "entropy/strategy";
    params.columns = (pl_strings){&column, 1};
    canvas c;
    assert_int_equal(draw_recorded(&c, find("entropy"), &data, &params, NULL), PL_OK);
    reading x = read_axis(&c, false), y = read_axis(&c, true);
    const canvas_record *line = NULL;
    for (size_t i = 0; i < c.n_records; i++)
        if (c.records[i].call == CANVAS_POLYLINE && c.records[i].n == 41) line = &c.records[i];
    assert_non_null(line);
    assert_int_equal(line->pen.colour, 0x0072B2);
    const pl_column *v = pl_table_find(&t, column), *step = pl_table_find(&t, "step");
    for (size_t i = 0; i < 41; i++) {
        assert_true(fabs(x.a + x.b * line->points[i].x - step->v[i]) < fabs(x.b) * .4);      /* ticks are moved to whole pixels: .36 points */
        assert_true(fabs(y.a + y.b * line->points[i].y - v->v[i]) < fabs(y.b) * .8);
    }
    canvas_free(&c);
    pl_table_free(&t);
}

static void mean_and_band_are_those_of_the_replicates(void **unused)
{
    table_shape shape = {2, 6, 5, 0, 0};
    pl_table t;
    make_table(&t, shape);
    pl_arena arena;
    pl_arena_init(&arena);
    curve mean, runs;
    assert_int_equal(curve_make(&t, "arm 1", "gpu_hours", "pass@1", BAND_MEAN, &arena, &mean), PL_OK);
    assert_int_equal(curve_make(&t, "arm 1", "gpu_hours", "pass@1", BAND_RUNS, &arena, &runs), PL_OK);
    assert_int_equal(mean.n, 5);
    assert_int_equal(mean.n_runs, 6);
    const pl_column *y = pl_table_find(&t, "pass@1"), *x = pl_table_find(&t, "gpu_hours");
    for (size_t s = 0; s < 5; s++) {
        double v[6], sum = 0, sum_x = 0, square = 0;
        for (size_t r = 0; r < 6; r++) {
            size_t row = (6 + r) * 5 + s;
            v[r] = y->v[row];
            sum += v[r];
            sum_x += x->v[row];
            assert_float_equal(mean.runs[r][s].y, v[r], 0);
        }
        for (size_t r = 0; r < 6; r++) square += (v[r] - sum / 6) * (v[r] - sum / 6);
        assert_float_equal(mean.mean[s], sum / 6, 1e-12);
        assert_float_equal(mean.x[s], sum_x / 6, 1e-9);
        assert_float_equal(mean.high[s] - mean.mean[s], 2.570581835636 * sqrt(square / 5 / 6), 1e-7);   /* t(.975; 5) */
        pl_quantile(v, 6, .5);                                                                          /* sorts */
        assert_float_equal(runs.low[s], v[0] + .25 * (v[1] - v[0]), 1e-12);                             /* type 7 at .05 of 6 */
    }
    pl_arena_free(&arena);
    pl_table_free(&t);
}

static bool has_text(const canvas *c, const char *part)
{
    for (size_t i = 0; i < c->n_records; i++)
        if (c->records[i].call == CANVAS_TEXT && strstr(c->records[i].text, part)) return true;
    return false;
}

static void bands_and_provenance_are_named(void **unused)
{
    const struct { size_t replicates; const char *text; } cases[] = {{8, "band: 95% CI of the mean over 8 runs"}, {20, "band: 90% of 20 runs"}};
    for (size_t i = 0; i < 2; i++) {
        table_shape shape = {2, cases[i].replicates, 4, 0, 0};
        pl_table t;
        make_table(&t, shape);
        figure_data data = make_data(&t, NULL, shape.replicates);
        canvas c;
        assert_int_equal(draw_recorded(&c, find("entropy"), &data, NULL, NULL), PL_OK);
        assert_true(has_text(&c, cases[i].text));
        assert_true(has_text(&c, "scenario 01234567 \xC2\xB7 seed 20250411"));
        assert_true(has_text(&c, "arm 1"));
        canvas_free(&c);
        pl_table_free(&t);
    }
}

static void sigmoid_tells_used_from_predicted(void **unused)
{
    table_shape shape = {1, 1, 101, 0, 0};
    pl_table t, f;
    make_table(&t, shape);
    make_fits(&f, shape);
    figure_data data = make_data(&t, &f, 1);
    canvas c;
    assert_int_equal(draw_recorded(&c, find("sigmoid"), &data, NULL, NULL), PL_OK);
    size_t filled = 0, open = 0, pale = 0, triangles = 0, bars = 0;
    double last_filled = 0, first_open = 1e9;
    for (size_t i = 0; i < c.n_records; i++) {
        const canvas_record *r = &c.records[i];
        bars += r->call == CANVAS_RECT && r->pen.colour == 0x0072B2;
        if (r->call != CANVAS_MARKER || r->points[0].y > c.height - 60) continue;
        triangles += r->shape == MARKER_UP;
        if (r->shape == MARKER_DISC) {
            filled++;
            last_filled = fmax(last_filled, r->points[0].x);
        } else if (r->shape < 0 && r->pen.alpha == 1) {
            open++;
            first_open = fmin(first_open, r->points[0].x);
        } else if (r->shape < 0) pale++;
    }
    assert_true(filled > 5 && open > 1 && pale > 1);
    assert_true(last_filled < first_open);
    assert_int_equal(triangles, 1);
    assert_int_equal(bars, 1);                                   /* the interval of A */
    assert_true(has_text(&c, "A = 0.500 [0.480, 0.520]"));
    assert_true(has_text(&c, "shaded: left out"));
    canvas_free(&c);
    pl_table_free(&t);
    pl_table_free(&f);
}

/* What `plateau fit` draws: a log without arms. */
static void sigmoid_of_a_log_says_not_identified(void **unused)
{
    pl_table t, f;
    pl_table_init(&t);
    must(pl_table_add_column(&t, &(pl_column_spec){"train/global_step", "", "", PL_LOGGED, false}, NULL));
    must(pl_table_add_column(&t, &(pl_column_spec){"reward", "", "", PL_LOGGED, false}, NULL));
    for (int i = 0; i < 30; i++) {
        size_t row;
        must(pl_table_add_row(&t, &row));
        t.columns[0].v[row] = i;
        t.columns[1].v[row] = .1 + .012 * i;
    }
    make_fits(&f, (table_shape){0});
    add_fit(&f, "", "sigmoid.A", .91, .5);
    add_fit(&f, "", "sigmoid.B", 1.2, .5);
    add_fit(&f, "", "sigmoid.C_mid", 40, 30);
    add_fit(&f, "", "sigmoid.R0", .1, .05);
    add_fit(&f, "", "sigmoid.identified", 0, NAN);
    struct { const char *x, *y; bool log_x; pl_strings arms; int band; } params = {"train/global_step", "reward", true, {0}, BAND_AUTO};
    assert_int_equal(find("sigmoid")->entry.params->size, sizeof params);
    figure_data data = {.table = &t, .fits = &f, .scenario_hash = "", .replicates = 1, .steps_per_epoch = NAN};
    canvas c;
    assert_int_equal(draw_recorded(&c, find("sigmoid"), &data, &params, NULL), PL_OK);
    assert_true(has_text(&c, "Sigmoid not identified: reward"));
    assert_true(has_text(&c, "not identified: A = 0.910"));
    assert_false(has_text(&c, "scenario"));
    check_texts(&c, "sigmoid of a log");
    canvas_free(&c);
    pl_table_free(&t);
    pl_table_free(&f);
}

/* A table of single rows: arm, replicate, step and the named columns. */
static void add_values(pl_table *t, const char *arm, double replicate, double step, const double *v, size_t n)
{
    size_t row;
    must(pl_table_add_row(t, &row));
    must(pl_table_set_text(t, row, 0, arm));
    t->columns[1].v[row] = replicate;
    t->columns[2].v[row] = step;
    for (size_t i = 0; i < n; i++) t->columns[3 + i].v[row] = v[i];
}

static void make_columns(pl_table *t, const char *const *names, size_t n)
{
    pl_table_init(t);
    must(pl_table_add_column(t, &(pl_column_spec){"arm", "", "", PL_KEY, true}, NULL));
    must(pl_table_add_column(t, &(pl_column_spec){"replicate", "", "", PL_KEY, false}, NULL));
    must(pl_table_add_column(t, &(pl_column_spec){"step", "", "", PL_KEY, false}, NULL));
    for (size_t i = 0; i < n; i++) must(pl_table_add_column(t, &(pl_column_spec){names[i], "", "", PL_EXACT, false}, NULL));
}

static size_t count_marks(const canvas *c, canvas_call call, int shape, unsigned colour)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_records; i++) {
        const canvas_record *r = &c->records[i];
        n += r->call == call && r->pen.colour == colour && (call != CANVAS_MARKER || r->shape == shape);
    }
    return n;
}

static void nearly_exact_is_not_exact(void **unused)
{
    static const struct { double r2; const char *text; } cases[] = {
        {.9534, "R\xC2\xB2 = 0.953"}, {.99962, "R\xC2\xB2 > 0.999"}, {1, "R\xC2\xB2 = 1.00"}, {-.31, NULL}};
    for (size_t i = 0; i < 4; i++) {
        char text[ESTIMATES_R2];
        estimates_r2(cases[i].r2, text);
        if (cases[i].text) assert_string_equal(text, cases[i].text);
        else assert_null(strchr(text, '>'));
    }
}

/* Gaps .2 at k = 4 and -.1 at k = 16: two thirds of the way in ln k, 4 * 4^(2/3) = 10.08. */
static void passk_finds_the_crossing(void **unused)
{
    static const char *const names[] = {"pass@16", "pass@1", "pass@4", "pass@4/train"};
    static const double base[] = {.80, .21, .43, .9}, trained[] = {.70, .55, .63, .1}, better[] = {.83, .24, .47, .5};
    pl_table t;
    make_columns(&t, names, 4);
    for (int r = 0; r < 3; r++) {
        double shifted[4];
        for (int i = 0; i < 4; i++) shifted[i] = trained[i] + .01 * (r - 1);
        add_values(&t, "sharp", r, 0, base, 4);
        add_values(&t, "sharp", r, 60, shifted, 4);
        add_values(&t, "broad", r, 0, base, 4);
        add_values(&t, "broad", r, 40, better, 4);
        add_values(&t, "still", r, 0, base, 4);
        add_values(&t, "still", r, 60, base, 4);
    }
    figure_data data = make_data(&t, NULL, 3);
    canvas c;
    assert_int_equal(draw_recorded(&c, find("passk"), &data, NULL, NULL), PL_OK);
    assert_true(has_text(&c, "sharp: falls below the base at k = 10.1 ["));
    assert_true(has_text(&c, "broad: above the base at every k"));
    assert_true(has_text(&c, "still: as the base at every k"));
    assert_true(has_text(&c, "base (step 0)"));
    static const char *const ticks[] = {"1", "2", "4", "8", "16"};
    for (size_t i = 0; i < 5; i++) {
        bool exact = false;
        for (size_t k = 0; k < c.n_records; k++) exact |= c.records[k].call == CANVAS_TEXT && !strcmp(c.records[k].text, ticks[i]);
        assert_true(exact);
    }
    assert_int_equal(count_marks(&c, CANVAS_MARKER, -1 - MARKER_DISC, 0x000000), 3);       /* one base for both arms */
    assert_int_equal(count_marks(&c, CANVAS_MARKER, -1 - MARKER_RING, 0x0072B2), 1);
    assert_int_equal(count_marks(&c, CANVAS_MARKER, -1 - MARKER_RING, 0xD55E00), 0);
    check_texts(&c, "passk");
    canvas_free(&c);
    pl_table_free(&t);
}

/* One moment alone has neither base nor crossing, and nothing is said of them. A base by name is no step. */
static void passk_of_a_result_table(void **unused)
{
    static const char *const names[] = {"pass@1", "pass@8"};
    static const double base[] = {.2, .8}, trained[] = {.5, .7};
    pl_table t;
    canvas c;
    make_columns(&t, names, 2);
    add_values(&t, "", 0, 0, base, 2);
    figure_data data = make_data(&t, NULL, 1);
    assert_int_equal(draw_recorded(&c, find("passk"), &data, NULL, NULL), PL_OK);
    assert_false(has_text(&c, "ring") || has_text(&c, "began") || has_text(&c, "crossing"));
    assert_int_equal(count_marks(&c, CANVAS_MARKER, -1 - MARKER_RING, 0x0072B2), 0);
    canvas_free(&c);
    add_values(&t, "rl", 0, 0, base, 2);
    add_values(&t, "rl", 0, 1, trained, 2);
    data.before = "Qwen base";
    assert_int_equal(draw_recorded(&c, find("passk"), &data, NULL, NULL), PL_OK);
    assert_true(has_text(&c, "Qwen base") && has_text(&c, "rl: falls below the base at k = 4.76"));
    assert_false(has_text(&c, "step 0"));
    canvas_free(&c);
    pl_table_free(&t);
}

/* Replicates exceed .9 at steps 12 and 17: between .8 at 10 and .9 + .1 * ... by a straight line. A third column is zero throughout. */
static void formats_tell_winner_and_collapse(void **unused)
{
    static const char *const names[] = {"formats/share/code", "formats/share/text", "formats/share/never"};
    static const double path[2][4] = {{.15, .80, .95, .99}, {.15, .55, .85, .95}};         /* of code at steps 0, 10, 13, 21 */
    static const double steps[4] = {0, 10, 13, 21};
    pl_table t;
    make_columns(&t, names, 3);
    for (int r = 0; r < 2; r++)
        for (int s = 0; s < 4; s++) add_values(&t, "grpo", r, steps[s], (const double[]){path[r][s], 1 - path[r][s], 0}, 3);
    add_values(&t, "grpo", 0, 30, (const double[]){.5, NAN, 0}, 3);                         /* incomplete: not drawn */
    figure_data data = make_data(&t, NULL, 2);
    data.steps_per_epoch = 8;
    canvas c;
    assert_int_equal(draw_recorded(&c, find("formats"), &data, NULL, NULL), PL_OK);
    /* 10 + 3 * .1 / .15 = 12 and 13 + 8 * .05 / .1 = 17: mean 14.5, t(.975; 1) * sd / sqrt 2 = 12.706 * 2.5 = 31.8; not before the start */
    assert_true(has_text(&c, "grpo: code wins (0.97, in 2 of 2 runs); one exceeds 0.9 from step 14.5 [0, 46.3] on, in 2 of 2 runs"));
    assert_true(has_text(&c, "0.15"));
    assert_true(has_text(&c, "ticks above: epochs"));
    assert_true(has_text(&c, "text"));
    assert_false(has_text(&c, "never"));
    assert_int_equal(count_marks(&c, CANVAS_BAND, 0, 0x009E73), 0);
    check_texts(&c, "formats");
    canvas_free(&c);
    pl_table_free(&t);
}

/* Pooled accuracy of two replicates: (.1 * .2 + .3 * .6) / .4 = .5 at confidence (.1 * .72 + .3 * .76) / .4 = .75. */
static void calibration_pools_the_replicates(void **unused)
{
    static const char *const names[] = {"calibration/bin/7/count", "calibration/bin/7/confidence", "calibration/bin/7/accuracy", "calibration/ece", "calibration/auroc"};
    pl_table t;
    make_columns(&t, names, 5);
    add_values(&t, "a", 0, 0, (const double[]){.9, .78, .31, .47, .5}, 5);
    add_values(&t, "a", 1, 0, (const double[]){.9, .78, .31, .43, .5}, 5);
    add_values(&t, "a", 0, 50, (const double[]){.1, .72, .2, .12, .81}, 5);
    add_values(&t, "a", 1, 50, (const double[]){.3, .76, .6, .17, .85}, 5);
    figure_data data = make_data(&t, NULL, 2);
    canvas c;
    assert_int_equal(draw_recorded(&c, find("calibration"), &data, NULL, NULL), PL_OK);
    assert_true(has_text(&c, "ECE 0.450 \xE2\x86\x92 0.145"));
    assert_true(has_text(&c, "AUROC 0.500 \xE2\x86\x92 0.830"));
    assert_true(has_text(&c, "Brier \xE2\x80\x93"));
    /* The dashed diagonal runs through the corners of the unit square: it tells where a value stands. */
    const canvas_record *diagonal = NULL, *after = NULL;
    for (size_t i = 0; i < c.n_records; i++) {
        const canvas_record *r = &c.records[i];
        if (r->call == CANVAS_POLYLINE && r->pen.dash && r->n == 2 && !diagonal) diagonal = r;
        if (r->call == CANVAS_MARKER && r->shape == MARKER_DISC) after = r;
    }
    assert_non_null(diagonal);
    assert_non_null(after);
    point a = diagonal->points[0], b = diagonal->points[1];
    assert_float_equal((after->points[0].x - a.x) / (b.x - a.x), .75, 1e-9);
    assert_float_equal((after->points[0].y - a.y) / (b.y - a.y), .5, 1e-9);
    check_texts(&c, "calibration");
    canvas_free(&c);
    pl_table_free(&t);
}

static void entropy_law_marks_the_ceiling(void **unused)
{
    table_shape shape = {2, 1, 21, 0, 0};
    pl_table t, f;
    make_table(&t, shape);
    make_fits(&f, shape);
    figure_data data = make_data(&t, &f, 1);
    canvas c;
    assert_int_equal(draw_recorded(&c, find("entropy_law"), &data, NULL, NULL), PL_OK);
    assert_true(has_text(&c, "arm 1: a = 0.0213 [0.0173, 0.0253], b = 0.630 [0.610, 0.650], R\xC2\xB2 = 0.953, R(H = 0) = 0.609 [0.591, 0.627]"));
    assert_int_equal(count_marks(&c, CANVAS_MARKER, MARKER_DIAMOND, 0x000000), 2);
    assert_int_equal(count_marks(&c, CANVAS_MARKER, MARKER_DISC, 0x440154), 2);            /* step 0 of both arms in the darkest colour */
    assert_int_equal(count_marks(&c, CANVAS_MARKER, MARKER_DISC, 0xFDE725), 2);
    data.entropy_x = "entropy/token";
    canvas other;
    struct { const char *x, *y; pl_strings arms; } params = {"entropy/response", NULL, {0}};
    assert_int_equal(draw_recorded(&other, find("entropy_law"), &data, &params, NULL), PL_OK);
    assert_false(has_text(&other, "R(H = 0)"));                                            /* the fit was to another column */
    canvas_free(&other);
    canvas_free(&c);
    pl_table_free(&t);
    pl_table_free(&f);
}

/* A prefix: its points alone are filled, and what it predicts has an area from its end on. */
static void sigmoid_shows_what_a_prefix_predicts(void **unused)
{
    table_shape shape = {1, 1, 101, 0, 0};
    pl_table t, f;
    make_table(&t, shape);
    make_fits(&f, shape);
    add_fit(&f, "arm 0", "sigmoid.prefix.A", .47, .05);
    add_fit(&f, "arm 0", "sigmoid.prefix.B", 1.4, .2);
    add_fit(&f, "arm 0", "sigmoid.prefix.C_mid", 15.1, 3);
    add_fit(&f, "arm 0", "sigmoid.prefix.R0", .2, .01);
    add_fit(&f, "arm 0", "sigmoid.prefix.x_last", 21, NAN);
    for (int i = 0; i < 4; i++) {
        char place[48], value[48];
        snprintf(place, sizeof place, "sigmoid.predicted_x.%d", i);
        snprintf(value, sizeof value, "sigmoid.predicted.%d", i);
        add_fit(&f, "arm 0", place, 21 * (i + 1), NAN);
        add_fit(&f, "arm 0", value, .36 + .02 * i, .01 + .01 * i);
    }
    figure_data data = make_data(&t, &f, 1);
    canvas c;
    assert_int_equal(draw_recorded(&c, find("sigmoid"), &data, NULL, NULL), PL_OK);
    const canvas_record *area = NULL;
    double last_filled = 0, first_open = 1e9;
    for (size_t i = 0; i < c.n_records; i++) {
        const canvas_record *r = &c.records[i];
        if (r->call == CANVAS_BAND && r->n == 8) area = r;
        if (r->call != CANVAS_MARKER || r->points[0].y > c.height - 60) continue;
        if (r->shape == MARKER_DISC) last_filled = fmax(last_filled, r->points[0].x);
        if (r->shape < 0 && r->pen.alpha == 1) first_open = fmin(first_open, r->points[0].x);
    }
    assert_non_null(area);
    assert_true(last_filled < first_open);
    assert_true(fabs(area->points[0].x - last_filled) < 6 && fabs(area->points[0].x - first_open) < 6);
    assert_true(area->points[3].x > area->points[0].x && area->points[0].y < area->points[7].y);
    assert_true(has_text(&c, "dashed: what that predicts"));
    check_texts(&c, "sigmoid with a prefix");
    canvas_free(&c);
    pl_table_free(&t);
    pl_table_free(&f);
}

static void refuses(const char *name, const figure_data *data, const void *params, const char *words)
{
    pl_diag diag;
    canvas c;
    pl_diag_init(&diag);
    assert_int_equal(draw_recorded(&c, find(name), data, params, &diag), PL_ERR_USER);
    assert_int_equal(diag.errors, 1);
    if (!strstr(diag.messages[0].what, words)) print_error("%s\n", diag.messages[0].what);
    assert_non_null(strstr(diag.messages[0].what, words));
    assert_non_null(diag.messages[0].remedy);
    canvas_free(&c);
    pl_diag_free(&diag);
}

static void wrong_requests_are_refused_in_words(void **unused)
{
    pl_table t, empty;
    make_table(&t, (table_shape){2, 1, 3, 0, 0});
    pl_table_init(&empty);
    figure_data data = make_data(&t, NULL, 1), none = make_data(&empty, NULL, 0);
    const char *column = "entropy/formt", *arm = "arm 7", *text = "arm";
    lines_params p = lines_defaults();
    p.columns = (pl_strings){&column, 1};
    refuses("entropy", &data, &p, "no column 'entropy/formt'");
    p.columns = (pl_strings){&text, 1};
    refuses("entropy", &data, &p, "'arm' holds text");
    p = lines_defaults();
    p.arms = (pl_strings){&arm, 1};
    refuses("accuracy", &data, &p, "no arm 'arm 7'");
    p = lines_defaults();
    p.x = "tokens";
    refuses("entropy", &data, &p, "no column 'tokens'");
    refuses("entropy", &none, NULL, "none of the columns");
    refuses("kinds", &none, NULL, "strategies/kind/");
    refuses("sigmoid", &none, NULL, "no column 'gpu_hours'");
    refuses("passk", &none, NULL, "no pass@k at two or more k");
    refuses("calibration", &none, NULL, "no columns calibration/bin");
    refuses("entropy_law", &none, NULL, "no column 'entropy/response'");
    for (const pl_entry *const *e = figure_registry.entries; *e; e++) assert_false(((const figure *)*e)->applies(&none));
    pl_table_free(&t);
    pl_table_free(&empty);
}

static void thin_tables_are_drawn(void **unused)
{
    const table_shape shapes[] = {{1, 1, 2, 0, 0}, {3, 1, 1, 0, 0}, {2, 3, 12, .9, 0}, {30, 1, 3, 0, 30}, {1, 25, 3, 0, 0}};
    for (size_t i = 0; i < PL_COUNT(shapes); i++) {
        pl_table t, f;
        make_table(&t, shapes[i]);
        make_fits(&f, shapes[i]);
        figure_data data = make_data(&t, &f, shapes[i].replicates);
        for (const pl_entry *const *e = figure_registry.entries; *e; e++) {
            canvas c;
            const figure *fig = (const figure *)*e;
            if (!fig->applies(&data)) continue;
            pl_status st = draw_recorded(&c, fig, &data, NULL, NULL);
            /* A single step is step 0, which no logarithmic axis holds. */
            assert_int_equal(st, shapes[i].steps == 1 && fig == find("sigmoid") ? PL_ERR_USER : PL_OK);
            if (!st) check_texts(&c, fig->entry.name);
            canvas_free(&c);
        }
        pl_table_free(&t);
        pl_table_free(&f);
    }
}

static void decimation_keeps_the_extremes(void **unused)
{
    enum { N = 20000 };
    static point p[N], q[N];
    for (size_t i = 0; i < N; i++) p[i] = q[i] = (point){(double)i * .01, random_between(-1, 1)};
    q[7777].y = p[7777].y = 9.25;
    size_t n = curve_decimate(q, N, .5);
    assert_true(n <= 4 * 401 && n > 400);
    double low[401], high[401];
    for (int k = 0; k < 401; k++) low[k] = 99, high[k] = -99;
    for (size_t i = 0; i < N; i++) {
        int k = (int)floor(p[i].x / .5);
        low[k] = fmin(low[k], p[i].y);
        high[k] = fmax(high[k], p[i].y);
    }
    for (size_t i = 0; i < n; i++) {
        int k = (int)floor(q[i].x / .5);
        if (i) assert_true(q[i].x >= q[i - 1].x);
        if (q[i].y == low[k]) low[k] = 99;
        if (q[i].y == high[k]) high[k] = -99;
    }
    for (int k = 0; k < 400; k++) assert_true(low[k] == 99 && high[k] == -99);
}

static void failing_allocations_are_reported(void **unused)
{
    pl_table t, f;
    table_shape shape = {3, 3, 6, 0, 8};
    make_table(&t, shape);
    make_fits(&f, shape);
    figure_data data = make_data(&t, &f, 3);
    for (const pl_entry *const *e = figure_registry.entries; *e; e++) {
        const figure *fig = (const figure *)*e;
        canvas c;
        pl_mem_fail_at(0, false);
        assert_int_equal(draw_recorded(&c, fig, &data, NULL, NULL), PL_OK);
        uint64_t all = pl_mem_count();
        canvas_free(&c);
        assert_true(all > 10);
        for (uint64_t k = 1; k <= all; k += 1 + k / 40) {
            pl_diag diag;
            pl_diag_init(&diag);
            pl_mem_fail_at(k, true);
            pl_status st = draw_recorded(&c, fig, &data, NULL, &diag);
            pl_mem_fail_at(0, false);
            /* The font is looked for in other places when its allocation fails; then the figure needs no more memory than that. */
            assert_int_equal(st, PL_ERR_WORLD);
            canvas_free(&c);
            pl_diag_free(&diag);
        }
    }
    pl_table_free(&t);
    pl_table_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_stand_where_the_axes_say),
        cmocka_unit_test(mean_and_band_are_those_of_the_replicates),
        cmocka_unit_test(no_two_texts_overlap),
        cmocka_unit_test(bands_and_provenance_are_named),
        cmocka_unit_test(sigmoid_tells_used_from_predicted),
        cmocka_unit_test(sigmoid_of_a_log_says_not_identified),
        cmocka_unit_test(sigmoid_shows_what_a_prefix_predicts),
        cmocka_unit_test(passk_finds_the_crossing),
        cmocka_unit_test(passk_of_a_result_table),
        cmocka_unit_test(nearly_exact_is_not_exact),
        cmocka_unit_test(formats_tell_winner_and_collapse),
        cmocka_unit_test(calibration_pools_the_replicates),
        cmocka_unit_test(entropy_law_marks_the_ceiling),
        cmocka_unit_test(wrong_requests_are_refused_in_words),
        cmocka_unit_test(thin_tables_are_drawn),
        cmocka_unit_test(decimation_keeps_the_extremes),
        cmocka_unit_test(failing_allocations_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
