/* Tables for the tests of figures: arms that decay and rise, with missing values where asked. */
#ifndef TEST_PLOTS_TABLES_H
#define TEST_PLOTS_TABLES_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plots/figure.h"

static uint64_t table_state = 0x9e3779b97f4a7c15;
static double random_between(double low, double high)
{
    table_state = table_state * 6364136223846793005u + 1442695040888963407u;
    return low + (high - low) * (double)(table_state >> 11) / 9007199254740992.0;
}

typedef struct table_shape { size_t arms, replicates, steps; double missing; size_t name_length; } table_shape;

static const char *const table_columns[] = {
    "step", "gpu_hours", "pass@1", "entropy/format", "entropy/strategy", "entropy/execution", "entropy/response", "entropy/token",
    "strategies/kind/genuine", "strategies/kind/shortcut", "strategies/kind/abstain", "formats/share/code", "formats/share/text",
    "accuracy/everyday", "accuracy/hard", "accuracy/train/everyday", "accuracy/train/hard",
    "strategies/kind/none", "pass@4", "pass@64", "calibration/ece", "calibration/brier", "calibration/auroc",
    "calibration/bin/0/count", "calibration/bin/0/confidence", "calibration/bin/0/accuracy",
    "calibration/bin/7/count", "calibration/bin/7/confidence", "calibration/bin/7/accuracy",
    "entropy/execution_step", "entropy/planning_marginal", "support/base_only", "support/retention", "update/unchanged",
    "update/rank", "advantage/pass_rate/0/groups", "advantage/pass_rate/0/size", "advantage/pass_rate/0/share",
    "advantage/pass_rate/3/groups", "advantage/pass_rate/3/size", "advantage/pass_rate/3/share",
    "staleness/mean", "publish_lag/mean", "utilization/trainer", "queue/in_flight", "anatomy/wait", "anatomy/logprob", "anatomy/update",
    "anatomy/sync", "anatomy/evaluation", "anatomy/other", "trace/worker", "trace/what", "trace/begin_s", "trace/end_s",
};
enum { TABLE_COLUMNS = sizeof table_columns / sizeof table_columns[0], TABLE_FIRST = 2 };

static void must(pl_status st)
{
    if (st) abort();
}

static void arm_name(char *out, size_t arm, size_t length)
{
    snprintf(out, 64, "arm %u%.*s", (unsigned)(arm % 1000), (int)length, ", no group deviation, long name, per prompt");
}

static double table_value(size_t column, double step, size_t arm, double noise)
{
    double u = step / 200;
    if (column < 3) return .2 + (.3 + .05 * (double)arm) * u / (.2 + u) + noise;
    if (column < 8) return (2.385 + .3 * (double)column) * exp(-3 * u) + .1 * (double)arm + fabs(noise);
    if (column < 11) return column == 8 ? .7 - .4 * u : column == 9 ? .2 + .4 * u : .1;
    if (column < 13) return column == 11 ? .25 + .7 * u : .75 - .7 * u;
    switch (column) {
    case 17: return 0;                       /* a kind that never occurs */
    case 18: return .42 + .2 * u + noise;
    case 19: return .8 - .15 * u + noise;    /* falls below the base between k = 4 and 64 */
    case 23: return .3 - .2 * u;
    case 24: return .04;
    case 26: return .7 + .2 * u;
    case 27: return .75;
    case TABLE_COLUMNS - 4: return fmod(floor(step), 9);                   /* trace: worker, what, begin, end */
    case TABLE_COLUMNS - 3: return fmod(floor(step), 6);
    case TABLE_COLUMNS - 2: return step;
    case TABLE_COLUMNS - 1: return step + 1 + (double)arm;
    }
    return fmin(1, .3 + .02 * (double)(column % 17 + arm) + .2 * u + noise);
}

/* The columns of a checked run, behind the others: three signals, the first with a curve, a ceiling and two shapes. */
enum { CHECK_FIRST = TABLE_FIRST + TABLE_COLUMNS };
static void add_check_columns(pl_table *t)
{
    static const char *const names[] = {"signal", "role", "label", "x", "y", "low", "high"};
    for (size_t c = 0; c < 7; c++) must(pl_table_add_column(t, &(pl_column_spec){names[c], "", "", PL_LOGGED, c < 3}, NULL));
}

static void set_check_row(pl_table *t, size_t row, size_t name_length)
{
    static const char *const roles[] = {"used", "fit", "used", "later", "departs", "used"};
    size_t signal = row % 3;
    const char *role = row == 7 ? "ceiling" : row == 8 ? "bound" : row == 9 || row == 10 ? "seen" : roles[row / 3 % 6];
    char name[64];
    if (row > 6 && row < 11) signal = row == 10;
    if (signal && !strcmp(role, "fit")) role = "used";
    snprintf(name, sizeof name, "signal %u%.*s", (unsigned)signal, (int)name_length, " - run of a long name/of another name, per prompt");
    double x = 7 * (double)row, y = .2 + .4 * x / (60 + x) + random_between(-.03, .03);
    must(pl_table_set_text(t, row, CHECK_FIRST, name));
    must(pl_table_set_text(t, row, CHECK_FIRST + 1, role));
    must(pl_table_set_text(t, row, CHECK_FIRST + 2, signal ? "rising, past the bend" : "validation"));
    const double v[] = {x, y, y - .05, y + .05};
    for (size_t c = 0; c < 4; c++) t->columns[CHECK_FIRST + 3 + c].v[row] = v[c];
}

static void make_table(pl_table *t, table_shape shape)
{
    pl_table_init(t);
    must(pl_table_add_column(t, &(pl_column_spec){"arm", "", "", PL_KEY, true}, NULL));
    must(pl_table_add_column(t, &(pl_column_spec){"replicate", "", "", PL_KEY, false}, NULL));
    for (size_t c = 0; c < TABLE_COLUMNS; c++) {
        const char *unit = c == 1 ? "GPU-hours" : strncmp(table_columns[c], "entropy", 7) == 0 ? "nats" : "";
        must(pl_table_add_column(t, &(pl_column_spec){table_columns[c], unit, "", PL_EXACT, false}, NULL));
    }
    add_check_columns(t);
    for (size_t a = 0; a < shape.arms; a++)
        for (size_t r = 0; r < shape.replicates; r++)
            for (size_t s = 0; s < shape.steps; s++) {
                size_t row;
                char name[64];
                arm_name(name, a, shape.name_length);
                must(pl_table_add_row(t, &row));
                must(pl_table_set_text(t, row, 0, name));
                set_check_row(t, row, shape.name_length);
                double step = shape.steps > 1 ? 200 * (double)s / (double)(shape.steps - 1) : 0;
                t->columns[1].v[row] = (double)r;
                t->columns[TABLE_FIRST].v[row] = step;
                t->columns[TABLE_FIRST + 1].v[row] = .37 * step * (1 + .1 * (double)a) + .001 * (double)r * step;
                for (size_t c = 2; c < TABLE_COLUMNS; c++)
                    t->columns[TABLE_FIRST + c].v[row] = random_between(0, 1) < shape.missing ? NAN : table_value(c, step, a, random_between(-.03, .03));
            }
}

static void add_fit(pl_table *f, const char *arm, const char *name, double value, double half)
{
    size_t row;
    must(pl_table_add_row(f, &row));
    must(pl_table_set_text(f, row, 0, arm));
    must(pl_table_set_text(f, row, 1, name));
    const double v[] = {value, value - half, value + half, .9};
    for (size_t i = 0; i < 4; i++) f->columns[2 + i].v[row] = v[i];
}

static void make_fits(pl_table *f, table_shape shape)
{
    static const char *const names[] = {"arm", "name", "value", "low", "high", "level"};
    pl_table_init(f);
    for (size_t c = 0; c < 6; c++) must(pl_table_add_column(f, &(pl_column_spec){names[c], "", "", PL_ESTIMATED, c < 2}, NULL));
    for (size_t a = 0; a < shape.arms; a++) {
        char arm[64];
        arm_name(arm, a, shape.name_length);
        add_fit(f, arm, "sigmoid.A", .5 + .05 * (double)a, .02);
        add_fit(f, arm, "sigmoid.B", 1.31, .2);
        add_fit(f, arm, "sigmoid.C_mid", 17.3, 3);
        add_fit(f, arm, "sigmoid.R0", .2, .01);
        add_fit(f, arm, "sigmoid.r2", .987, NAN);
        add_fit(f, arm, "sigmoid.identified", a % 3 != 1, NAN);
        add_fit(f, arm, "sigmoid.x_first", 6.2, NAN);
        add_fit(f, arm, "sigmoid.x_last", 50, NAN);
        add_fit(f, arm, "change_point.entropy/execution_step", 61.3 + (double)a, 7);
        add_fit(f, arm, "change_point.identified.entropy/execution_step", a % 3 != 2, NAN);
        if (a % 4 == 3) continue;                /* no law */
        add_fit(f, arm, "entropy_law.a", .0213, .004);
        add_fit(f, arm, "entropy_law.b", .63, .02);
        add_fit(f, arm, "entropy_law.ceiling", .6087, .018);
        add_fit(f, arm, "entropy_law.r2", .953, NAN);
    }
}

static figure_data make_data(const pl_table *t, const pl_table *f, size_t replicates)
{
    return (figure_data){.table = t, .fits = f, .sigmoid_x = "gpu_hours", .sigmoid_y = "pass@1", .entropy_x = "entropy/response", .entropy_y = "pass@1", .scenario_hash = "0123456789abcdef0123456789abcdef",
                         .seed = 20250411, .replicates = replicates, .steps_per_epoch = 61};
}

#endif
