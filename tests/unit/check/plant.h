/* Synthetic runs of a known shape, as logs look: training reward with batch noise that is over-dispersed and correlated, validation
 * now and then, entropy, length, the share cut, groups without variance. Everything that varies is drawn anew for every run. */
#ifndef TEST_CHECK_PLANT_H
#define TEST_CHECK_PLANT_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/analysis/fit.h"
#include "sim/core/rng.h"
#include "sim/core/table.h"

typedef enum planted {
    PLANT_AT_PLATEAU,
    PLANT_RISING,
    PLANT_NOT_BENT,
    PLANT_FLAT,
    PLANT_UP_THEN_DOWN,
    PLANT_FALLING,
    PLANT_DEAD_SIGNAL,
    PLANT_LENGTH_SATURATION,
    PLANT_LENGTH_COLLAPSE,
    PLANT_BLOW_UP,
    PLANT_PROXY_HACKING,
    PLANT_FORMAT_LEARNING,
    PLANTS
} planted;
/* In the words of the shapes' files. */
static const char *const plant_names[PLANTS] = {"at_plateau",      "rising",  "not_bent",      "flat",
                                                "up_then_down",    "falling", "dead_signal",   "length_saturation",
                                                "length_collapse", "blow_up", "proxy_hacking", "format_learning"};

typedef struct plant {
    planted shape;
    double A, R0, B, C_mid; /* of the curve */
    double onset;           /* step at which what goes wrong begins; NaN: nothing does */
    size_t steps;
} plant;

static double plant_between(pl_stream *s, double low, double high) { return low + (high - low) * pl_uniform(s); }

/* What is left of the rise at the end, and the exponent, give C_mid. */
static double plant_middle(double left, double B, double steps) { return steps * exp(log(left / (1 - left)) / B); }

static plant plant_draw(planted kind, pl_stream *s)
{
    plant p = {.shape = kind, .onset = NAN, .steps = 150 + pl_below(s, 350)};
    double T = (double)p.steps, rise = plant_between(s, .2, .45);
    p.R0 = plant_between(s, .05, .4);
    p.B = plant_between(s, 1.3, 3);
    p.C_mid = plant_middle(plant_between(s, .005, .04), p.B, T);
    if (kind == PLANT_RISING) p.C_mid = plant_middle(plant_between(s, .15, .25), p.B = plant_between(s, 1.5, 3), T);
    if (kind == PLANT_NOT_BENT) { /* as much is seen to rise as elsewhere */
        p.B = plant_between(s, 1, 2);
        p.C_mid = T * plant_between(s, 1.5, 3);
        rise *= fmin(1 + pow(p.C_mid / T, p.B), 1.9);
        p.R0 = plant_between(s, .02, .1);
    }
    if (kind == PLANT_FORMAT_LEARNING) {
        p.C_mid = plant_between(s, 1, 3);
        if (pl_below(s, 2)) p.B = plant_between(s, 9, 12), p.C_mid = T * plant_between(s, .05, .2);
    }
    if (kind == PLANT_FLAT || kind == PLANT_DEAD_SIGNAL) rise = 0;
    if (kind == PLANT_DEAD_SIGNAL) p.R0 = plant_between(s, 0, .03);
    if (kind == PLANT_FALLING || kind == PLANT_LENGTH_COLLAPSE) p.R0 += rise, rise = -rise;
    p.A = p.R0 + rise;
    bool late =
        kind == PLANT_UP_THEN_DOWN || kind == PLANT_BLOW_UP || kind == PLANT_LENGTH_SATURATION || kind == PLANT_PROXY_HACKING;
    if (late) p.onset = T * plant_between(s, .35, .65);
    if (kind == PLANT_DEAD_SIGNAL || kind == PLANT_LENGTH_COLLAPSE) p.onset = 0;
    return p;
}

/* Expected performance after x steps. */
static double plant_level(const plant *p, double x)
{
    double y = sigmoid_value(p->A, p->B, p->C_mid, p->R0, x), after = x > p->onset ? x - p->onset : 0, T = (double)p->steps;
    if (p->shape == PLANT_UP_THEN_DOWN) y -= (y - p->R0) * .8 * after / (T - p->onset);
    if (p->shape == PLANT_BLOW_UP) y *= exp(-after / (.06 * T));
    if (p->shape == PLANT_PROXY_HACKING && after > 0) y = sigmoid_value(p->A, p->B, p->C_mid, p->R0, p->onset) - .1 * after / T;
    return y;
}

typedef struct plant_noise {
    double train, correlation, validation, length; /* standard deviations, the first two relative to binomial sampling */
    double state;
} plant_noise;

static double plant_binomial(double p, double n) { return sqrt(fmax(p * (1 - p), 1e-4) / n); }

static void plant_set(pl_table *t, size_t row, size_t column, double v) { t->columns[column].v[row] = v; }
static double plant_share(double v) { return fmin(fmax(v, 0), 1); }

/* step, reward/mean, pass@1, entropy/token, length/train, length/truncated/train, groups/zero_variance */
static void plant_table(const plant *p, pl_stream *s, pl_table *t)
{
    static const char *const names[] = {
        "step", "reward/mean", "pass@1", "entropy/token", "length/train", "length/truncated/train", "groups/zero_variance"};
    pl_table_init(t);
    for (size_t c = 0; c < 7; c++)
        if (pl_table_add_column(t, &(pl_column_spec){names[c], "", "", PL_LOGGED, false}, NULL)) abort();
    double rollouts = 128 * exp(log(2) * pl_below(s, 4)), items = 500 + pl_below(s, 1000), over = plant_between(s, 1, 1.8);
    double rho = pl_below(s, 2) ? plant_between(s, 0, .5) : 0, e = pl_normal(s), h0 = plant_between(s, .25, .9),
           T = (double)p->steps;
    size_t every = p->steps / (20 + pl_below(s, 20));
    double length = plant_between(s, 80, 900), growth = plant_between(s, -.25, .8), cut = plant_between(s, 0, .04);
    for (size_t i = 0; i <= p->steps; i++) {
        size_t row;
        double x = (double)i, y = plant_level(p, x), after = x > p->onset ? (x - p->onset) / (T - p->onset) : 0, u = x / T;
        if (pl_table_add_row(t, &row)) abort();
        double reward = y;
        if (p->shape == PLANT_PROXY_HACKING)
            reward = y + .05 + (after > 0 ? plant_level(p, x) * 0 + .35 * after + .1 * after * u : 0);
        e = rho * e + sqrt(1 - rho * rho) * pl_normal(s);
        plant_set(t, row, 0, x);
        plant_set(t, row, 1, reward + over * plant_binomial(plant_share(y), rollouts) * e);
        if (i % every == 0) plant_set(t, row, 2, plant_share(y + 1.2 * plant_binomial(plant_share(y), items) * pl_normal(s)));
        double entropy = h0 * (.25 + .75 * exp(-4 * u));
        if (p->shape == PLANT_BLOW_UP) entropy = fmin(entropy + 11 * (1 - exp(-8 * after * after)), 11.9);
        plant_set(t, row, 3, entropy * exp(.04 * pl_normal(s)));
        double tokens = length * (1 + growth * u), truncated = cut;
        if (p->shape == PLANT_LENGTH_COLLAPSE) tokens = length * (.25 + .75 * exp(-5 * u));
        if (p->shape == PLANT_LENGTH_SATURATION) truncated = cut + .7 * after / (.4 + after);
        plant_set(t, row, 4, tokens * exp(.04 * pl_normal(s)));
        plant_set(t, row, 5, plant_share(truncated + plant_binomial(truncated, rollouts) * pl_normal(s)));
        double dead = p->shape == PLANT_DEAD_SIGNAL ? .93 + .05 * u : plant_share(.15 + .5 * u * plant_share(y));
        plant_set(t, row, 6, plant_share(dead + plant_binomial(dead, rollouts / 8) * pl_normal(s)));
    }
}

#endif
