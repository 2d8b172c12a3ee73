/* Figures through recorded drawing calls: values stand where the axes say, no two texts overlap, odd tables are drawn
 * or refused in words, failing allocations leave nothing behind. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "plots/canvas.h"
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
        cmocka_unit_test(wrong_requests_are_refused_in_words),
        cmocka_unit_test(thin_tables_are_drawn),
        cmocka_unit_test(decimation_keeps_the_extremes),
        cmocka_unit_test(failing_allocations_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
