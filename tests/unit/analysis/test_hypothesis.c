/* Hypotheses on constructed tables: verdicts at their borders, every key, and what is refused before a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/analysis/statistic.h"
#include "sim/analysis/summarise.h"
#include "sim/core/rng.h"

static const fits_spec FITS = {"step", "y", "h", "y", 0, .5, {NULL, 0}, false};

/* Columns y and z over steps 0, 10, ..., 100 for two arms; filled by the test. */
static void new_table(pl_table *t)
{
    static const pl_column_spec columns[] = {{"arm", "", "", PL_KEY, true},   {"replicate", "", "", PL_KEY, false},
                                             {"step", "", "", PL_KEY, false}, {"y", "", "", PL_EXACT, false},
                                             {"z", "", "", PL_EXACT, false},  {"h", "nats", "", PL_EXACT, false}};
    pl_table_init(t);
    for (size_t i = 0; i < PL_COUNT(columns); i++) assert_int_equal(pl_table_add_column(t, &columns[i], NULL), PL_OK);
}

static void add(pl_table *t, const char *arm, int replicate, double step, double y, double z, double h)
{
    size_t row;
    assert_int_equal(pl_table_add_row(t, &row), PL_OK);
    assert_int_equal(pl_table_set_text(t, row, 0, arm), PL_OK);
    const double v[] = {replicate, step, y, z, h};
    for (size_t i = 0; i < PL_COUNT(v); i++) t->columns[1 + i].v[row] = v[i];
}

/* Straight lines from `start` to the given ends, one per replicate. */
static void add_lines(pl_table *t, const char *arm, double start, const double *end, int n)
{
    for (int r = 0; r < n; r++)
        for (int k = 0; k <= 10; k++) add(t, arm, r, 10.0 * k, start + (end[r] - start) * k / 10, k < 4 ? .1 : .8, 1 - .05 * k);
}

static hypothesis_spec blank(const char *name)
{
    return (hypothesis_spec){.name = name,
                             .measure = "y",
                             .crosses = NAN,
                             .covers = NAN,
                             .before_crosses = NAN,
                             .greater_than = NAN,
                             .less_than = NAN,
                             .within = NAN,
                             .share = 1.0 / 3,
                             .share_of_replicates = NAN};
}

static hypothesis_result judge(const hypothesis_spec *h, const pl_table *t, pl_arena *arena)
{
    hypothesis_result r;
    pl_map list = {(void *)(uintptr_t)h, 1};
    assert_int_equal(hypotheses_judge(&list, &FITS, t, 20, arena, &r, NULL), PL_OK);
    assert_non_null(r.reason);
    return r;
}

static const char *A_B[] = {"a", "b"}, *B_A[] = {"b", "a"}, *ONLY_A[] = {"a"}, *ONLY_B[] = {"b"};

/* Differences .10, .12, .14, .16: mean .13, t(3) interval .13 +- 3.18245 x .0258199 / 2. */
static void verdicts_at_their_borders(void **state)
{
    static const double a[] = {.40, .52, .44, .56}, b[] = {.30, .40, .30, .40};
    const double half = 3.182446305284263 * sqrt(.002 / 3) / 2;
    pl_table t;
    pl_arena arena;
    new_table(&t);
    pl_arena_init(&arena);
    add_lines(&t, "a", .2, a, 4);
    add_lines(&t, "b", .2, b, 4);
    hypothesis_spec h = blank("difference");
    h.arms = (pl_strings){A_B, 2};
    const struct {
        double threshold;
        verdict greater, less;
    } borders[] = {{.13 - half - 1e-9, VERDICT_SUPPORTED, VERDICT_REFUTED},
                   {.13 - half + 1e-9, VERDICT_INCONCLUSIVE, VERDICT_INCONCLUSIVE},
                   {.13 + half - 1e-9, VERDICT_INCONCLUSIVE, VERDICT_INCONCLUSIVE},
                   {.13 + half + 1e-9, VERDICT_REFUTED, VERDICT_SUPPORTED}};
    for (size_t i = 0; i < PL_COUNT(borders); i++) {
        h.less_than = NAN;
        h.greater_than = borders[i].threshold;
        hypothesis_result r = judge(&h, &t, &arena);
        assert_int_equal(r.verdict, borders[i].greater);
        assert_true(fabs(r.effect.value - .13) < 1e-12 && fabs(r.effect.high - .13 - half) < 1e-12 && r.effect.level == .95 &&
                    r.n == 4);
        h.greater_than = NAN;
        h.less_than = borders[i].threshold;
        assert_int_equal(judge(&h, &t, &arena).verdict, borders[i].less);
    }
    h.less_than = NAN;
    h.relation = 1;
    h.margin = .13 - half - 1e-9;
    assert_int_equal(judge(&h, &t, &arena).verdict, VERDICT_SUPPORTED);
    h.relation = 2;
    h.arms = (pl_strings){B_A, 2};
    assert_int_equal(judge(&h, &t, &arena).verdict, VERDICT_SUPPORTED);
    h.relation = 0;
    h.margin = 0;
    const struct {
        double margin;
        verdict v;
    } equal[] = {{.13 + half + 1e-9, VERDICT_SUPPORTED},
                 {.13 + half - 1e-9, VERDICT_INCONCLUSIVE},
                 {.13 - half + 1e-9, VERDICT_INCONCLUSIVE},
                 {.13 - half - 1e-9, VERDICT_REFUTED}};
    for (size_t i = 0; i < PL_COUNT(equal); i++) {
        h.within = equal[i].margin;
        assert_int_equal(judge(&h, &t, &arena).verdict, equal[i].v);
    }
    pl_arena_free(&arena);
    pl_table_free(&t);
}

static void moments_changes_ratios(void **state)
{
    static const double a[] = {.40, .52, .44, .56}, b[] = {.20, .26, .22, .28};
    pl_table t;
    pl_arena arena;
    new_table(&t);
    pl_arena_init(&arena);
    add_lines(&t, "a", .2, a, 4);
    add_lines(&t, "b", .1, b, 4);
    hypothesis_spec h = blank("value");
    h.arm = "a";
    h.greater_than = 0;
    const struct {
        const char *at, *from;
        double value;
    } moments[] = {{"end", NULL, .48},    {"start", NULL, .2}, {"step 25", NULL, .27},  {"epoch 2", NULL, .312},
                   {"max", "start", .28}, {"mean", NULL, .34}, {"end", "step 50", .14}, {"min", NULL, .2}};
    for (size_t i = 0; i < PL_COUNT(moments); i++) {
        h.at = moments[i].at;
        h.from = moments[i].from;
        hypothesis_result r = judge(&h, &t, &arena);
        if (fabs(r.effect.value - moments[i].value) > 1e-12)
            fail_msg("%s: %.6f instead of %.6f", h.at, r.effect.value, moments[i].value);
    }
    h.from = NULL;
    h.at = "step 101";
    assert_true(isnan(judge(&h, &t, &arena).effect.value));
    assert_int_equal(judge(&h, &t, &arena).verdict, VERDICT_INCONCLUSIVE);
    h.at = NULL;
    h.arm = NULL;
    h.arms = (pl_strings){A_B, 2};
    h.as = 1;
    h.greater_than = NAN;
    h.within = .01;
    h.arms = (pl_strings){B_A, 2};
    assert_true(fabs(judge(&h, &t, &arena).effect.value - .5) < 1e-12);
    assert_int_equal(judge(&h, &t, &arena).verdict, VERDICT_REFUTED);
    h.as = 0;
    h.absolute = true;
    h.within = NAN;
    h.greater_than = .1;
    assert_true(fabs(judge(&h, &t, &arena).effect.value - .24) < 1e-12);
    pl_arena_free(&arena);
    pl_table_free(&t);
}

/* An epoch is 20 steps in arm a and 40 in arm b, as their rows say: the same moment is another step. */
static void epochs_are_the_arms_own(void **state)
{
    static const double end[] = {.40, .52, .44, .56};
    pl_table t;
    pl_arena arena;
    size_t epoch;
    new_table(&t);
    pl_arena_init(&arena);
    assert_int_equal(pl_table_add_column(&t, &(pl_column_spec){"epoch", "", "", PL_CLOCK, false}, &epoch), PL_OK);
    add_lines(&t, "a", .2, end, 4);
    size_t rows_of_a = t.n_rows;
    add_lines(&t, "b", .2, end, 4);
    for (size_t r = 0; r < t.n_rows; r++) t.columns[epoch].v[r] = t.columns[2].v[r] / (r < rows_of_a ? 20 : 40);
    hypothesis_spec h = blank("value");
    h.greater_than = 0;
    h.at = "epoch 1.5";
    h.arm = "a";
    assert_true(fabs(judge(&h, &t, &arena).effect.value - (.2 + .28 * .3)) < 1e-12);
    h.arm = "b";
    assert_true(fabs(judge(&h, &t, &arena).effect.value - (.2 + .28 * .6)) < 1e-12);
    h.from = "epoch 0.5";
    assert_true(fabs(judge(&h, &t, &arena).effect.value - .28 * .4) < 1e-12);
    pl_arena_free(&arena);
    pl_table_free(&t);
}

/* y = .2 + (end - .2) step / 100 reaches .3 at 10 / (end - .2); z jumps from .1 to .8 between steps 30 and 40. */
static void times_and_order(void **state)
{
    static const double a[] = {.70, .90, .80, 1.0}, never[] = {.25, .26, .27, .28};
    pl_table t;
    pl_arena arena;
    new_table(&t);
    pl_arena_init(&arena);
    add_lines(&t, "a", .2, a, 4);
    add_lines(&t, "b", .2, never, 4);
    hypothesis_spec h = blank("time");
    h.arm = "a";
    h.crosses = .3;
    h.less_than = 25;
    double mean = (10 / .5 + 10 / .7 + 10 / .6 + 10 / .8) / 4;
    hypothesis_result r = judge(&h, &t, &arena);
    assert_true(fabs(r.effect.value - mean) < 1e-9);
    assert_int_equal(r.verdict, VERDICT_SUPPORTED);
    h.less_than = NAN;
    h.greater_than = 0;
    h.before = "z";
    h.before_crosses = .45; /* step 35 */
    r = judge(&h, &t, &arena);
    assert_true(fabs(r.effect.value - (35 - mean)) < 1e-9);
    assert_int_equal(r.verdict, VERDICT_SUPPORTED);
    h.arm = "b"; /* y never gets there: not before */
    r = judge(&h, &t, &arena);
    assert_true(r.effect.value <= -65 + 1e-9);
    assert_int_equal(r.verdict, VERDICT_REFUTED);
    assert_non_null(strstr(r.reason, "never cross"));
    h = blank("half way");
    h.arm = "b";
    h.covers = .25;
    h.within = 30;
    assert_true(fabs(judge(&h, &t, &arena).effect.value - 25) < 1e-9);
    pl_arena_free(&arena);
    pl_table_free(&t);
}

/* y falls by .01 a step until its kink, then stays; z rises from its own kink on. */
static void kinks(void **state)
{
    static const double kink[] = {30, 42, 36, 48};
    pl_table t;
    pl_arena arena;
    new_table(&t);
    pl_arena_init(&arena);
    for (int r = 0; r < 4; r++)
        for (int k = 0; k <= 20; k++) {
            double step = 5 * k;
            add(&t, "a", r, step, 1 - .01 * fmin(step, kink[r]), .02 * fmax(step - kink[r] - 10, 0), 1);
        }
    hypothesis_spec h = blank("kink");
    h.arm = "a";
    h.change_point = true;
    h.greater_than = 20;
    hypothesis_result r = judge(&h, &t, &arena);
    assert_true(fabs(r.effect.value - 39) < 1e-3);
    assert_int_equal(r.verdict, VERDICT_SUPPORTED);
    h.before = "z";
    assert_true(fabs(judge(&h, &t, &arena).effect.value - 10) < 1e-3);
    h = blank("since the kink");
    h.arm = "a";
    h.measure = "z";
    h.from = "change_point y";
    h.greater_than = 0;
    assert_true(fabs(judge(&h, &t, &arena).effect.value - .02 * (100 - 39 - 10)) < 1e-4);
    h.at = "change_point y";
    h.from = "start";
    h.within = .1;
    h.greater_than = NAN;
    assert_true(fabs(judge(&h, &t, &arena).effect.value) < 1e-4);
    pl_arena_free(&arena);
    pl_table_free(&t);
}

/* The share z of a format carries the gain of y: z = (y - .2)/.6 + start (1 - ...), so both cover the same fraction at once. Without
 * noise the half run says nearly when z crosses .9; a control whose y goes its own way says something else. */
static void predictions(void **state)
{
    pl_table t;
    pl_arena arena;
    new_table(&t);
    pl_arena_init(&arena);
    for (int r = 0; r < 4; r++)
        for (int k = 0; k <= 100; k++) {
            double noise = 1e-4 * ((k * 7919 + r * 104729) % 13 - 6);
            double rise = sigmoid_value(1, 2, 22 + r, 0, k);
            add(&t, "a", r, k, .2 + .6 * rise + noise, .25 + .75 * rise, 1);
            add(&t, "b", r, k, .2 + .6 * sigmoid_value(1, 2, 12, 0, k) + noise, .25 + .75 * rise, 1);
        }
    hypothesis_spec h = blank("prediction");
    h.measure = "z";
    h.arm = "a";
    h.crosses = .9;
    h.prediction = 1;
    h.within = .05;
    hypothesis_result r = judge(&h, &t, &arena);
    assert_true(fabs(r.effect.value) < .035 && r.n == 4);
    assert_int_equal(r.verdict, VERDICT_SUPPORTED);
    h.arm = "b"; /* C_mid 12 for 22 to 25: half the time, which lies before the prefix ends, so its end at 50 is foretold */
    r = judge(&h, &t, &arena);
    double expected = 0;
    for (int k = 0; k < 4; k++) expected += (50 / sigmoid_reach(2, 22 + k, .65 / .75) - 1) / 4;
    assert_true(fabs(r.effect.value - expected) < .01);
    assert_int_equal(r.verdict, VERDICT_REFUTED);
    h.prediction = 2;
    h.within = NAN;
    h.greater_than = .5;
    h.share_of_replicates = .3;
    assert_true(judge(&h, &t, &arena).effect.value == 0);
    h.arm = "a";
    assert_true(judge(&h, &t, &arena).effect.value >= .75);
    h.crosses = .5; /* crossed within the first half: nothing is left to predict */
    assert_int_equal(judge(&h, &t, &arena).n, 0);
    pl_arena_free(&arena);
    pl_table_free(&t);
}

static void controls(void **state)
{
    static const double a[] = {.60, .62, .58, .61}, gone[] = {.21, .19, .22, .20}, half[] = {.40, .42, .41, .39};
    pl_table t;
    pl_arena arena;
    new_table(&t);
    pl_arena_init(&arena);
    add_lines(&t, "a", .2, a, 4);
    add_lines(&t, "b", .2, gone, 4);
    add_lines(&t, "c", .2, half, 4);
    hypothesis_spec h = blank("gone");
    h.role = 1;
    h.arm = "b";
    h.from = "start";
    h.gone_against = (pl_strings){ONLY_A, 1};
    hypothesis_result r = judge(&h, &t, &arena);
    assert_int_equal(r.verdict, VERDICT_SUPPORTED);
    assert_string_equal(r.role, "control");
    assert_true(fabs(r.margin - (.6025 - .2) / 3) < 1e-12);
    h.arm = "c"; /* half of the effect is left: more than a third */
    assert_int_equal(judge(&h, &t, &arena).verdict, VERDICT_REFUTED);
    h.arm = "a";
    h.gone_against = (pl_strings){ONLY_B, 1}; /* nothing there that could be gone */
    r = judge(&h, &t, &arena);
    assert_int_equal(r.verdict, VERDICT_INCONCLUSIVE);
    assert_non_null(strstr(r.reason, "no effect"));
    pl_arena_free(&arena);
    pl_table_free(&t);
}

/* 9 of 10 beyond: Wilson interval of .9 is .5958 to .9821. */
static void shares_of_replicates(void **state)
{
    static const double ends[] = {.6, .7, .6, .7, .6, .7, .6, .7, .6, .3};
    pl_table t;
    pl_arena arena;
    new_table(&t);
    pl_arena_init(&arena);
    add_lines(&t, "a", .2, ends, 10);
    hypothesis_spec h = blank("share");
    h.arm = "a";
    h.greater_than = .5;
    h.share_of_replicates = .59;
    hypothesis_result r = judge(&h, &t, &arena);
    assert_int_equal(r.verdict, VERDICT_SUPPORTED);
    assert_true(fabs(r.effect.value - .9) < 1e-12 && fabs(r.effect.low - .5958) < 1e-4 && fabs(r.effect.high - .9821) < 1e-4);
    h.share_of_replicates = .6;
    assert_int_equal(judge(&h, &t, &arena).verdict, VERDICT_INCONCLUSIVE);
    h.share_of_replicates = .99;
    assert_int_equal(judge(&h, &t, &arena).verdict, VERDICT_REFUTED);
    pl_arena_free(&arena);
    pl_table_free(&t);
}

/* Replicates of a sigmoid whose ceilings differ by known amounts. The pooled A is the mean ceiling, and its jackknife interval that
 * of a mean, t(7) x sd / sqrt 8, because the mean of curves that differ in A alone is a sigmoid. */
static void pooled_fits_by_jackknife(void **state)
{
    enum { N = 8 };
    double A[N];
    pl_table t;
    pl_arena arena;
    new_table(&t);
    pl_arena_init(&arena);
    pl_seeds seeds = pl_seeds_make(77, 0, NULL, 0);
    pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, 0, 0, 0);
    for (int r = 0; r < N; r++) {
        A[r] = .62 + .02 * pl_normal(&s);
        for (int k = 0; k <= 100; k++) {
            double y = sigmoid_value(A[r], 2.1, 14, .4, k);
            add(&t, "a", r, k, y, 0, log((1.3 - y) / .55)); /* y = 1.3 - .55 e^h */
        }
    }
    pl_estimate theory = pl_t_interval(A, N, .95);
    hypothesis_spec h = blank("pooled");
    h.arm = "a";
    h.measure = "sigmoid.A";
    h.greater_than = .5;
    hypothesis_result r = judge(&h, &t, &arena);
    assert_true(fabs(r.effect.value - theory.value) < 2e-5 && fabs(r.effect.low - theory.low) < 2e-4 &&
                fabs(r.effect.high - theory.high) < 2e-4);
    assert_int_equal(r.verdict, VERDICT_SUPPORTED);
    h.over = 1;
    r = judge(&h, &t, &arena);
    assert_true(fabs(r.effect.low - theory.low) < 1e-4);
    h.over = 0;
    h.measure = "sigmoid.extrapolation_error";
    h.greater_than = NAN;
    h.within = .02;
    assert_int_equal(judge(&h, &t, &arena).verdict, VERDICT_SUPPORTED);
    arm_fits fits;
    assert_int_equal(summarise_fits(&t, "a", &FITS, &fits), PL_OK);
    assert_true(fits.has_sigmoid && fits.sigmoid.identified && fabs(fits.sigmoid.A.high - theory.high) < 2e-4 &&
                fabs(fits.sigmoid.B.value - 2.1) < 1e-2);
    /* The run ends at step 100, its prefix at 50; what it predicts runs on to 200. */
    const arm_prediction *p = &fits.prediction;
    const sigmoid_fit *all = &fits.sigmoid;
    assert_true(fits.has_prediction && p->prefix.x_last == 50);
    assert_true(fabs(p->x[0] - 50) < 1e-9 && fabs(p->x[PREDICTED_POINTS - 1] - 200) < 1e-9);
    for (size_t i = 0; i < PREDICTED_POINTS; i++) {
        double whole = sigmoid_value(all->A.value, all->B.value, all->C_mid.value, all->R0.value, p->x[i]);
        assert_true(p->y[i].low < p->y[i].high && fabs(p->y[i].value - whole) < .02);
    }
    /* The procedure of the source, on request: its A is on the grid, a step away at most; as a statistic it is the same number. */
    assert_false(fits.has_grid);
    fits_spec both = FITS;
    both.grid = true;
    assert_int_equal(summarise_fits(&t, "a", &both, &fits), PL_OK);
    double steps = fits.grid.A.value / .005;
    assert_true(fits.has_grid && fabs(steps - round(steps)) < 1e-9 && fabs(fits.grid.A.value - fits.sigmoid.A.value) <= .005);
    assert_true(fabs(fits.grid.C_mid.value - round(fits.grid.C_mid.value)) < 1e-9 && fabs(fits.grid.C_mid.value - 14) <= 1);
    selection all_runs = {&t, "a", EVERY, NONE};
    double statistics[N_FIT_STATISTICS];
    const char *const grid_names[] = {"sigmoid.grid_A", "sigmoid.grid_B", "sigmoid.grid_C_mid", "sigmoid.grid_error"};
    const double grid_values[] = {fits.grid.A.value, fits.grid.B.value, fits.grid.C_mid.value,
                                  fits.grid.A.value - fits.sigmoid.A.value};
    for (size_t i = 0; fit_statistics[i]; i++)
        for (size_t k = 0; k < PL_COUNT(grid_names); k++) {
            if (strcmp(fit_statistics[i], grid_names[k])) continue;
            assert_int_equal(fit_statistics_of(&all_runs, &FITS, "sigmoid.A", statistics), PL_OK);
            assert_true(isnan(statistics[i]));
            assert_int_equal(fit_statistics_of(&all_runs, &FITS, grid_names[k], statistics), PL_OK);
            assert_true(fabs(statistics[i] - grid_values[k]) < 1e-12);
        }
    assert_true(fits.has_entropy_law && fabs(fits.entropy_law.a.value - .55) < 2e-3 && fits.entropy_law.r2 > .9999);
    pl_arena_free(&arena);
    pl_table_free(&t);
}

static pl_place somewhere(const pl_check *check, const char *path) { return (pl_place){path[0] == '0' ? "first" : "second", 1, 1}; }

static void finds_the_unreachable(void **state)
{
    pl_table t;
    pl_diag diag;
    new_table(&t);
    pl_diag_init(&diag);
    hypothesis_spec h[2] = {blank("one"), blank("two")};
    static const char *bc[] = {"b", "cc"};
    h[0].measure = "yy";
    h[0].arm = "a";
    h[0].at = "step 101";
    h[1].measure = "sigmoid.C_mod";
    h[1].arms = (pl_strings){bc, 2};
    h[1].from = "epoch 5.5";
    static const char *const arms[] = {"a", "b", "c"};
    pl_map list = {h, 2};
    pl_check check = {.diag = &diag, .place = somewhere};
    hypotheses_check(&list, &t, arms, 3, 100, 20, 1, &check);
    assert_int_equal(diag.errors, 5);
    assert_int_equal(diag.warnings, 1);
    static const char *const says[] = {"no column 'yy'", "the run ends at step 100", "no column or statistic 'sigmoid.C_mod'",
                                       "no arm 'cc'", "'epoch 5.5' is step 110"};
    for (size_t i = 0; i < PL_COUNT(says); i++)
        if (!strstr(diag.messages[i].what, says[i])) fail_msg("'%s' does not say '%s'", diag.messages[i].what, says[i]);
    assert_string_equal(diag.messages[2].remedy, "did you mean 'sigmoid.C_mid'?");
    pl_diag_free(&diag);
    pl_table_free(&t);
}

/* Each change to a sound hypothesis makes exactly one complaint. */
static void refuses_contradictions(void **state)
{
    hypothesis_spec sound = blank("sound"), h;
    sound.arm = "a";
    sound.greater_than = .5;
    pl_diag diag;
    pl_diag_init(&diag);
    pl_check check = {.diag = &diag, .place = somewhere};
    hypothesis_struct.check(&sound, &check);
    assert_int_equal(diag.errors, 0);
#define COMPLAINS(word, ...)                                                                                                       \
    do {                                                                                                                           \
        pl_diag one;                                                                                                               \
        pl_diag_init(&one);                                                                                                        \
        check.diag = &one;                                                                                                         \
        h = sound;                                                                                                                 \
        __VA_ARGS__;                                                                                                               \
        hypothesis_struct.check(&h, &check);                                                                                       \
        assert_int_equal(one.errors, 1);                                                                                           \
        if (!strstr(one.messages[0].what, word)) fail_msg("'%s' does not say '%s'", one.messages[0].what, word);                   \
        pl_diag_free(&one);                                                                                                        \
    } while (0)
    COMPLAINS("several", h.less_than = .2);
    COMPLAINS("nothing says", h.greater_than = NAN);
    COMPLAINS("no arm", h.arm = NULL);
    COMPLAINS("both 'arm' and 'arms'", h.arms = ((pl_strings){A_B, 2}));
    COMPLAINS("two arms", h.arm = NULL; h.arms = ((pl_strings){ONLY_A, 1}));
    COMPLAINS("'at' is not", h.at = "step x");
    COMPLAINS("'from' is not", h.from = "later");
    COMPLAINS("itself a time", h.at = "end"; h.crosses = .2);
    COMPLAINS("more than one of 'crosses'", h.covers = .5; h.crosses = .2);
    COMPLAINS("nothing says which", h.before = "z");
    COMPLAINS("needs the value", h.before = "z"; h.crosses = .2);
    COMPLAINS("'before_crosses' without", h.before_crosses = .2);
    COMPLAINS("whole run", h.measure = "sigmoid.A"; h.at = "end");
    COMPLAINS("more than one of", h.change_point = true; h.crosses = .2);
    COMPLAINS("the number is a time", h.change_point = true; h.from = "start");
    COMPLAINS("none is given", h.prediction = 1);
    COMPLAINS("goes towards 1", h.prediction = 1; h.crosses = 1.2);
    COMPLAINS("held against the run", h.prediction = 2; h.crosses = .5; h.before = "z"; h.before_crosses = .2);
    COMPLAINS("no replicate has one alone", h.measure = "overlap.ratio"; h.over = 1);
    COMPLAINS("whole run", h.measure = "overlap.ratio"; h.from = "start");
    COMPLAINS("'margin'", h.margin = .1);
    COMPLAINS("'relation'", h.relation = 1; h.greater_than = NAN);
    COMPLAINS("makes this entry a control", h.gone_against = ((pl_strings){ONLY_B, 1}); h.greater_than = NAN);
    COMPLAINS("does not match", h.role = 1; h.gone_against = ((pl_strings){A_B, 2}); h.greater_than = NAN);
    COMPLAINS("'as: ratio'", h.as = 1);
    COMPLAINS("none", h.share_of_replicates = .5; h.over = 2);
    pl_diag_free(&diag);
}

static void survives_failing_allocations(void **state)
{
    static const double a[] = {.40, .52, .44}, b[] = {.30, .40, .30};
    pl_table t;
    new_table(&t);
    add_lines(&t, "a", .2, a, 3);
    add_lines(&t, "b", .2, b, 3);
    hypothesis_spec h[3] = {blank("one"), blank("two"), blank("three")};
    h[0].arms = h[1].arms = (pl_strings){A_B, 2};
    h[0].relation = 1;
    h[1].measure = "sigmoid.A";
    h[1].within = .1;
    h[2].arm = "b";
    h[2].role = 1;
    h[2].gone_against = (pl_strings){ONLY_A, 1};
    pl_map list = {h, 3};
    bool failed = true;
    for (uint64_t k = 1; failed; k += k < 60 ? 1 : 7) {
        assert_true(k < 4000);
        hypothesis_result r[3];
        arm_fits fits;
        pl_arena arena;
        pl_arena_init(&arena);
        pl_mem_fail_at(k, k % 2);
        pl_status st = hypotheses_judge(&list, &FITS, &t, 20, &arena, r, NULL);
        if (!st) st = summarise_fits(&t, "a", &FITS, &fits);
        failed = pl_mem_count() >= k;
        pl_mem_fail_at(0, false);
        assert_int_equal(st, failed ? PL_ERR_WORLD : PL_OK);
        pl_arena_free(&arena);
    }
    pl_table_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_at_their_borders),
        cmocka_unit_test(moments_changes_ratios), cmocka_unit_test(epochs_are_the_arms_own),
        cmocka_unit_test(times_and_order), cmocka_unit_test(kinks), cmocka_unit_test(predictions),
        cmocka_unit_test(controls),
        cmocka_unit_test(shares_of_replicates),
        cmocka_unit_test(pooled_fits_by_jackknife),
        cmocka_unit_test(finds_the_unreachable),
        cmocka_unit_test(refuses_contradictions),
        cmocka_unit_test(survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
