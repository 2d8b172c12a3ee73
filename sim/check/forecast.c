#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/str.h"
#include "sim/check/forecast.h"

/* Twice a log likelihood ratio that noise without any change exceeds in about 1% of runs: the curve may choose where it jumps,
 * hence more than the 11.3 of chi squared with 3 degrees of freedom. tests/unit/check/test_check.c holds it to that. */
static const double change_seen = 17;
static const double normal_90 = 1.6448536269514722;

static pl_estimate widened(pl_estimate e, double misfit)
{
    double extra = normal_90 * misfit;
    return (pl_estimate){e.value, e.value - hypot(e.value - e.low, extra), e.value + hypot(e.high - e.value, extra), e.level};
}

pl_estimate check_forecast_at(const check_forecast *f, double at, size_t points)
{
    return widened(belief_predict(&f->belief, at, (double)points / (double)f->block, 0), f->misfit);
}

/* Means of `block` neighbours. */
typedef struct thinned {
    double *x, *y;
    size_t n;
} thinned;
static pl_status thin(const check_series *s, size_t block, thinned *out)
{
    *out = (thinned){.x = pl_alloc_array(s->n, sizeof *out->x), .y = pl_alloc_array(s->n, sizeof *out->y)};
    if (!out->x || !out->y) return PL_ERR_WORLD;
    for (size_t i = 0; i < s->n; out->n++) {
        size_t k = s->n - i < block ? s->n - i : block;
        if (i == 0 && s->x[0] == 0) k = 1; /* x = 0 is R0 */
        out->x[out->n] = pl_mean(s->x + i, k);
        out->y[out->n] = pl_mean(s->y + i, k);
        i += k;
    }
    return PL_OK;
}

/* Whether the first half foretold the second. */
static double look_for_misfit(const thinned *p, belief_options o, double unit)
{
    size_t half = 0;
    while (half < p->n && p->x[half] <= .5 * p->x[p->n - 1]) half++;
    if (half < 6 || p->n - half < 4) return 0;
    belief *b = pl_alloc(sizeof *b);
    double miss = 0;
    if (b && belief_form(p->x, p->y, half, o, b, NULL) == PL_OK && b->evidence > change_seen && b->A.high - b->A.low < .1 * unit) {
        size_t later = p->n - half;
        double seen = pl_mean(p->y + half, later);
        pl_estimate e = belief_predict(b, pl_mean(p->x + half, later), (double)later, .9);
        if (seen < e.low || seen > e.high) miss = fabs(seen - e.value);
    }
    pl_free(b);
    return miss;
}

/* `last`: x of the last point; that of the fit is the middle of a block. */
static void decide(check_forecast *f, double last)
{
    const belief *b = &f->belief;
    double width = f->A.high - f->A.low;
    char *to = f->reason;
    f->rose = b->evidence > change_seen && b->change > 0;
    f->fell = b->evidence > change_seen && b->change < 0;
    if (!f->rose && !f->fell)
        snprintf(to, FORECAST_REASON, "no change beyond the noise is seen");
    else if (!(b->C_mid.high < b->last))
        snprintf(to, FORECAST_REASON,
                 "it has not bent: C_mid may lie beyond the last point (90%% interval %s to %s, last point %s)",
                 check_number(b->C_mid.low, 3).text, check_number(b->C_mid.high, 3).text, check_number(last, 0).text);
    else if (!(width < .1 * f->unit) && !b->bounded && b->A.high - b->A.low < .1 * f->unit)
        snprintf(to, FORECAST_REASON, "it does not keep to the sigmoid: its first half foretold the second wrongly by %.3f",
                 f->misfit);
    else if (!(width < .1 * f->unit))
        snprintf(to, FORECAST_REASON, "the 90%% interval of the ceiling, %.3f to %.3f, is wider than %.3g", f->A.low, f->A.high,
                 .1 * f->unit);
    else if (b->bounded || (b->A_high == 1 && b->A.high > .99 && b->rest.high > .05))
        snprintf(to, FORECAST_REASON,
                 "the interval of the ceiling, %.3f to %.3f, ends where it could not go on: the data do not end it", f->A.low,
                 f->A.high);
    f->identified = !*to;
    f->longer = f->identified ? 1 : belief_lengthening(b, .1 * f->unit);
}

static void measure_noise(const check_series *s, double samples, check_forecast *f)
{
    double square = 0, binomial = 0;
    for (size_t i = 0; i < s->n; i++) {
        double p = belief_value(&f->belief, s->x[i]), r = s->y[i] - p;
        square += r * r;
        binomial += fmax(p * (1 - p), 0);
    }
    f->binomial = isfinite(samples) && samples > 0 ? sqrt(binomial / (double)s->n / samples) : NAN;
    f->noise = sqrt(square / (double)(s->n > 4 ? s->n - 3 : s->n));
}

pl_status check_forecast_make(const check_series *s, double samples, bool quick, check_forecast *f, pl_diag *diag)
{
    memset(f, 0, sizeof *f);
    if (s->n < 4) return PL_ERR_USER;
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        low = fmin(low, s->y[i]);
        high = fmax(high, s->y[i]);
    }
    f->block = (s->n + FORECAST_POINTS - 1) / FORECAST_POINTS;
    f->unit = s->share ? 1 : fmax(1, high - low);
    thinned p;
    pl_status st = thin(s, f->block, &p);
    belief_options o = {.unit = f->unit, .share = s->share, .R0 = NAN};
    if (isfinite(samples) && samples > 0) {
        double middle = fmin(fmax(pl_mean(p.y, p.n), 0), 1);
        o.noise = sqrt(middle * (1 - middle) / samples / (double)f->block);
    }
    if (!st) st = belief_form(p.x, p.y, p.n, o, &f->belief, NULL);
    if (!st && !quick) f->misfit = look_for_misfit(&p, o, f->unit);
    if (!st) {
        f->A = widened(f->belief.A, f->misfit);
        decide(f, s->x[s->n - 1]);
        measure_noise(s, samples, f);
    }
    pl_free(p.x);
    pl_free(p.y);
    return st == PL_ERR_WORLD ? pl_diag_nomem(diag, "fitting a run") : st;
}
