/* Names of quantities; change points, advantages and legends stand where the axes say. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "plots/canvas.h"
#include "plots/names.h"
#include "plots/scale.h"
#include "plots/style.h"
#include "tests/unit/plots/tables.h"

static const figure *find(const char *name)
{
    const pl_entry *e = pl_registry_find(&figure_registry, name);
    assert_non_null(e);
    return (const figure *)e;
}

static void drawn(canvas *c, const char *name, const figure_data *data)
{
    must(canvas_init(c, FIGURE_PNG, FIGURE_SINGLE, true, NULL));
    assert_int_equal(find(name)->draw(c, data, NULL, NULL), PL_OK);
    must(canvas_finish(c, NULL));
}

static size_t count_texts(const canvas *c, const char *part)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_records; i++) n += c->records[i].call == CANVAS_TEXT && strstr(c->records[i].text, part) != NULL;
    return n;
}

static void names_in_words(void **unused)
{
    static const struct {
        const char *name, *unit, *words;
    } cases[] = {{"gpu_hours", "GPU-hours", "compute [GPU-hours]"},
                 {"step", "steps", "step"},
                 {"tokens", "tokens", "tokens generated"},
                 {"entropy/token", "nats per token", "entropy per token [nats]"},
                 {"entropy/format", "nats", "entropy, format [nats]"},
                 {"pass@8", "", "pass@8"},
                 {"pass@8/train", "", "pass@8, training prompts"},
                 {"accuracy/train/everyday", "", "accuracy, everyday (training)"},
                 {"accuracy/everyday", "", "accuracy, everyday"},
                 {"formats/share/code", "", "share of code"},
                 {"accuracy/", "", "accuracy/"},
                 {"critic/score", "", "critic/score"},
                 {"hours", "hours", "hours"},
                 {"loss", "nats", "loss [nats]"}};
    canvas c;
    must(canvas_init(&c, FIGURE_PNG, FIGURE_SINGLE, true, NULL));
    for (size_t i = 0; i < PL_COUNT(cases); i++)
        assert_string_equal(names_quantity(&c, cases[i].name, cases[i].unit), cases[i].words);
    canvas_free(&c);
}

/* The vertical line stands at the change point, its band from end to end; an arm without a sure one has none. */
static void change_points_stand_where_they_are(void **unused)
{
    pl_table t, f;
    table_shape shape = {3, 4, 21, 0, 0};
    canvas c;
    make_table(&t, shape);
    make_fits(&f, shape);
    figure_data data = make_data(&t, &f, 4);
    drawn(&c, "phases", &data);
    assert_int_equal(count_texts(&c, "bends at step"), 2); /* arms 0 and 1; 2 is not identified */
    assert_int_equal(count_texts(&c, "has no sure change point"), 1);
    assert_int_equal(count_texts(&c, "entropy of an execution step bends at step = 61.3 [54.3, 68.3]"), 1);
    /* From the labels 0 and 200 of the axis: where 61.3 lies. */
    double at[2] = {NAN, NAN};
    size_t lines = 0, bands = 0;
    for (size_t i = 0; i < c.n_records; i++) {
        const canvas_record *r = &c.records[i];
        if (r->call != CANVAS_TEXT) continue;
        if (isnan(at[0]) && !strcmp(r->text, "0") && r->box.y0 > 100) at[0] = (r->box.x0 + r->box.x1) / 2;
        if (isnan(at[1]) && !strcmp(r->text, "200")) at[1] = (r->box.x0 + r->box.x1) / 2;
    }
    assert_true(at[1] > at[0]);
    for (size_t i = 0; i < c.n_records; i++) {
        const canvas_record *r = &c.records[i];
        double unit = (at[1] - at[0]) / 200;
        bool upright = r->call == CANVAS_POLYLINE && r->n == 2 && r->pen.colour == style.colours[0] &&
                       fabs(r->points[1].x - r->points[0].x) < .01 && fabs(r->points[1].y - r->points[0].y) > 50;
        lines += upright && fabs(r->points[0].x - (at[0] + 61.3 * unit)) < .3;
        bands +=
            r->call == CANVAS_RECT && fabs(r->box.x0 - (at[0] + 54.3 * unit)) < .3 && fabs(r->box.x1 - (at[0] + 68.3 * unit)) < .3;
    }
    assert_int_equal(lines, 1);
    assert_int_equal(bands, 1);
    canvas_free(&c);
    pl_table_free(&t);
    pl_table_free(&f);
}

/* Fifteen arms: names in columns below, none at the lines; no bands, and the figure says none. Three: at the lines. */
static void many_arms_have_their_names_below(void **unused)
{
    for (size_t arms = 3; arms <= 15; arms += 12) {
        pl_table t, f;
        table_shape shape = {arms, 3, 9, 0, 0};
        canvas c;
        make_table(&t, shape);
        make_fits(&f, shape);
        figure_data data = make_data(&t, &f, 3);
        drawn(&c, "entropy", &data);
        double lowest = 0, axis = 0;
        size_t named = 0;
        for (size_t i = 0; i < c.n_records; i++) {
            const canvas_record *r = &c.records[i];
            if (r->call != CANVAS_TEXT) continue;
            if (!strcmp(r->text, "step")) axis = fmax(axis, r->box.y1);
            if (strncmp(r->text, "arm ", 4) != 0) continue;
            lowest = named++ ? fmin(lowest, r->box.y0) : r->box.y0;
        }
        assert_true(arms == 15 ? named == 15 && lowest > axis : named >= 3 && lowest < axis);
        assert_int_equal(count_texts(&c, "band:"), arms == 15 ? 0 : 1);
        canvas_free(&c);
        pl_table_free(&t);
        pl_table_free(&f);
    }
}

/* One arm, one run, two rows: size .8 in 3 of 10 groups and .4 in 1 of 10 is .7 in the first bin. */
static void advantages_are_weighted_by_groups(void **unused)
{
    static const char *const names[] = {"advantage/pass_rate/0/groups", "advantage/pass_rate/0/size",
                                        "advantage/pass_rate/0/share"};
    static const double rows[2][3] = {{.3, .8, .5}, {.1, .4, .25}};
    pl_table t;
    canvas c;
    pl_table_init(&t);
    for (size_t i = 0; i < 3; i++) must(pl_table_add_column(&t, &(pl_column_spec){names[i], "", "", PL_ESTIMATED, false}, NULL));
    for (size_t r = 0; r < 2; r++) {
        size_t row;
        must(pl_table_add_row(&t, &row));
        for (size_t i = 0; i < 3; i++) t.columns[i].v[row] = rows[r][i];
    }
    figure_data data = {.table = &t, .scenario_hash = "", .replicates = 1, .steps_per_epoch = NAN};
    assert_true(find("advantage")->applies(&data));
    drawn(&c, "advantage", &data);
    double zero = NAN, one = NAN, marker = NAN;
    for (size_t i = 0; i < c.n_records; i++) {
        const canvas_record *r = &c.records[i];
        double middle = r->call == CANVAS_MARKER ? r->points[0].y : (r->box.y0 + r->box.y1) / 2;
        if (r->call == CANVAS_TEXT && !strcmp(r->text, "0") && isnan(zero)) zero = middle; /* the y axis comes first */
        if (r->call == CANVAS_TEXT && !strcmp(r->text, "1.0") && isnan(one)) one = middle;
        if (r->call == CANVAS_MARKER && isnan(marker)) marker = middle;
    }
    assert_true(fabs((zero - marker) / (zero - one) - .7) < .01);
    canvas_free(&c);
    pl_table_free(&t);
}

/* A log that is fitted up to some x has one fit and what it predicts; a run has the fit to all beside that to its prefix. */
static void a_prediction_is_drawn_with_its_interval(void **unused)
{
    for (int both = 0; both < 2; both++) {
        pl_table t, f;
        table_shape shape = {1, 1, 21, 0, 0};
        canvas c;
        make_table(&t, shape);
        make_fits(&f, shape);
        static const char *const names[] = {"A", "B", "C_mid", "R0"};
        static const double value[] = {.5, 1.31, 17.3, .2};
        for (size_t i = 0; i < 4; i++) {
            char name[64];
            snprintf(name, sizeof name, "sigmoid.prefix.%s", names[i]);
            add_fit(&f, "arm 0", name, value[i] * (both ? 1.1 : 1), .01);
        }
        add_fit(&f, "arm 0", "sigmoid.prefix.x_last", both ? 25 : 50, NAN);
        for (int i = 0; i < 3; i++) {
            char name[64];
            snprintf(name, sizeof name, "sigmoid.predicted_x.%d", i);
            add_fit(&f, "arm 0", name, 50 + 20 * i, NAN);
            snprintf(name, sizeof name, "sigmoid.predicted.%d", i);
            add_fit(&f, "arm 0", name, .42 + .01 * i, .01);
        }
        figure_data data = make_data(&t, &f, 1);
        drawn(&c, "sigmoid", &data);
        size_t bands = 0;
        for (size_t i = 0; i < c.n_records; i++) bands += c.records[i].call == CANVAS_BAND;
        assert_int_equal(bands, 1);
        assert_int_equal(count_texts(&c, "fit to all"), both);
        assert_int_equal(count_texts(&c, "what it predicts, with interval"), !both);
        canvas_free(&c);
        pl_table_free(&t);
        pl_table_free(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_in_words),
        cmocka_unit_test(change_points_stand_where_they_are),
        cmocka_unit_test(many_arms_have_their_names_below),
        cmocka_unit_test(advantages_are_weighted_by_groups),
        cmocka_unit_test(a_prediction_is_drawn_with_its_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
