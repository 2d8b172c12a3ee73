/* From a table to verdicts. */
#include <math.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "sim/analysis/overlap.h"

static const double LEVEL = .95;

typedef struct court {
    const fits_spec *fits;
    const pl_table *table;
    double steps_per_epoch; /* for a table that has no column `epoch` */
    size_t replicates;      /* of the table */
    size_t never;           /* runs that did not cross, of the hypothesis at hand */
} court;

/* The first two arms of a comparison, or one. */
typedef struct side {
    const char *arm[2];
} side;

/* When a column crosses in these replicates; where it does not, its last step, and *never is raised. */
static pl_status crossing_step(const selection *which, const char *column, double crosses, double covers, double *step, bool *never)
{
    pl_series c;
    pl_status st = mean_curve(which, "step", column, &c);
    if (st) return st;
    double level = isnan(covers) ? crosses : c.n ? c.y[0] + covers * (c.y[c.n - 1] - c.y[0]) : NAN;
    *step = first_crossing(&c, level);
    *never = c.n && isnan(*step);
    if (*never) *step = c.x[c.n - 1];
    pl_series_free(&c);
    return PL_OK;
}

static pl_status time_of(court *k, const hypothesis_spec *h, const selection *which, double *out)
{
    double other;
    bool never = false, other_never;
    pl_status st = h->change_point ? change_step(which, h->measure, out)
                                   : crossing_step(which, h->measure, h->crosses, h->covers, out, &never);
    if (st) return st;
    k->never += never;
    if (!h->before) return PL_OK;
    st = h->change_point ? change_step(which, h->before, &other)
                         : crossing_step(which, h->before, h->before_crosses, h->covers, &other, &other_never);
    *out = never ? fmin(other - *out, 0) : other - *out;
    return st;
}

/* When the column crosses against when the prefix said it would. Both in the sigmoid's x. */
static pl_status prediction_of(const court *k, const hypothesis_spec *h, const selection *which, double *out)
{
    pl_series share, performance;
    pl_status st = mean_curve(which, k->fits->sigmoid_x, h->measure, &share);
    if (st) return st;
    double actual = first_crossing(&share, h->crosses);
    double start = share.n ? share.y[0] : NAN, fraction = (h->crosses - start) / (1 - start);
    pl_series_free(&share);
    if (isnan(actual) || !(fraction > 0 && fraction < 1)) return PL_OK;
    st = mean_curve(which, k->fits->sigmoid_x, k->fits->sigmoid_y, &performance);
    if (st) return st;
    fit_options options = fit_defaults();
    pl_estimate reached;
    double last;
    options.drop = k->fits->drop;
    options.until = k->fits->prefix;
    st = fit_reach(performance.x, performance.y, performance.n, options, fraction, &reached, &last, NULL);
    if (!st && actual > last)
        *out = h->prediction == 1 ? reached.value / actual - 1 : reached.low <= actual && actual <= reached.high;
    pl_series_free(&performance);
    return st == PL_ERR_USER ? PL_OK : st;
}

/* Steps of an epoch in the chosen replicates, from their own rows: arms may differ in batch or pool. */
static pl_status epoch_of(const court *k, const selection *which, double *steps)
{
    pl_series c;
    pl_status st = mean_curve(which, "epoch", "step", &c);
    *steps = k->steps_per_epoch;
    if (st) return st;
    if (c.n && c.x[c.n - 1] > 0) *steps = c.y[c.n - 1] / c.x[c.n - 1];
    pl_series_free(&c);
    return PL_OK;
}

/* The measure of one arm in the chosen replicates; NaN when it cannot be had. */
static pl_status measure_of(court *k, const hypothesis_spec *h, const selection *which, double *out)
{
    *out = NAN;
    for (size_t i = 0; fit_statistics[i]; i++) {
        if (strcmp(fit_statistics[i], h->measure)) continue;
        double all[N_FIT_STATISTICS];
        pl_status st = fit_statistics_of(which, k->fits, h->measure, all);
        *out = all[i];
        return st;
    }
    if (is_overlap_statistic(h->measure)) {
        overlap o;
        pl_status st = overlap_of(which, &o);
        *out = !strcmp(h->measure, "overlap.shared") ? o.shared : !strcmp(h->measure, "overlap.chance") ? o.chance : o.ratio;
        return st;
    }
    if (h->prediction) return prediction_of(k, h, which, out);
    if (!isnan(h->crosses) || !isnan(h->covers) || h->change_point) return time_of(k, h, which, out);
    moment at = {MOMENT_END, NAN, NULL}, from;
    double epoch;
    pl_status st = epoch_of(k, which, &epoch);
    if (st) return st;
    if (h->at && !moment_parse(h->at, epoch, &at)) return PL_OK;
    if (h->from && !moment_parse(h->from, epoch, &from)) return PL_OK;
    if (at.kind == MOMENT_CHANGE) st = change_step(which, at.column, &at.step);
    if (!st && h->from && from.kind == MOMENT_CHANGE) st = change_step(which, from.column, &from.step);
    if (st) return st;
    pl_series c;
    st = mean_curve(which, "step", h->measure, &c);
    if (st) return st;
    *out = value_at(&c, at);
    if (h->from) *out -= value_at(&c, from);
    pl_series_free(&c);
    return PL_OK;
}

/* The number of the hypothesis for one or two arms in the chosen replicates. */
static pl_status number_of(court *k, const hypothesis_spec *h, const side *s, int only, int without, double *out)
{
    double v[2] = {NAN, NAN};
    for (int i = 0; i < 2 && s->arm[i]; i++) {
        selection which = {k->table, s->arm[i], only, without};
        pl_status st = measure_of(k, h, &which, &v[i]);
        if (st) return st;
    }
    *out = !s->arm[1] ? v[0] : h->as ? v[0] / v[1] : v[0] - v[1];
    if (h->absolute) *out = fabs(*out);
    if (!isfinite(*out)) *out = NAN;
    return PL_OK;
}

/* What the replicates say. `values` are one number a replicate, or the leave-one-out numbers when pooled. */
typedef struct sample {
    double *values, full;
    size_t n, lost;
    bool pooled;
} sample;

static bool is_pooled(const hypothesis_spec *h)
{
    return h->over == 2 || is_overlap_statistic(h->measure) ||
           (!h->over && isnan(h->share_of_replicates) && is_fit_statistic(h->measure));
}

/* Replicates that every arm of the comparison has, so that pairs are whole. */
static pl_status collect(court *k, const hypothesis_spec *h, const side *s, pl_arena *arena, sample *out)
{
    *out = (sample){.full = NAN, .pooled = is_pooled(h)};
    out->values = pl_arena_array(arena, k->replicates, sizeof *out->values);
    if (!out->values) return PL_ERR_WORLD;
    pl_status st = out->pooled ? number_of(k, h, s, EVERY, NONE, &out->full) : PL_OK;
    for (size_t r = 0; r < k->replicates && !st; r++) {
        double value;
        bool there = has_replicate(k->table, s->arm[0], (int)r) && (!s->arm[1] || has_replicate(k->table, s->arm[1], (int)r));
        if (!there) continue;
        st = number_of(k, h, s, out->pooled ? EVERY : (int)r, out->pooled ? (int)r : NONE, &value);
        if (st) return st;
        if (isnan(value))
            out->lost++;
        else
            out->values[out->n++] = value;
    }
    return st;
}

static pl_estimate estimate(const sample *s)
{
    return s->pooled ? pl_jackknife(s->values, s->n, s->full, LEVEL) : pl_t_interval(s->values, s->n, LEVEL);
}

/* Wilson score interval of a share: right also for 0 and n of n. */
static pl_estimate wilson(size_t hits, size_t n)
{
    if (!n) return (pl_estimate){NAN, NAN, NAN, LEVEL};
    double z = gsl_cdf_ugaussian_Pinv(.5 + LEVEL / 2), m = (double)n, p = (double)hits / m;
    double centre = (p + z * z / (2 * m)) / (1 + z * z / m);
    double half = z / (1 + z * z / m) * sqrt(p * (1 - p) / m + z * z / (4 * m * m));
    return (pl_estimate){p, fmax(centre - half, 0), fmin(centre + half, 1), LEVEL};
}

/* The comparison in normal form: beyond a threshold (sign +1 above, -1 below), or within +- a margin of a centre. */
typedef struct claim {
    bool within;
    double sign, threshold, centre;
} claim;

static claim claim_of(const hypothesis_spec *h)
{
    double equal = h->as ? 1 : 0;
    if (!isnan(h->greater_than)) return (claim){false, 1, h->greater_than, 0};
    if (!isnan(h->less_than)) return (claim){false, -1, h->less_than, 0};
    if (h->relation) return (claim){false, h->relation == 1 ? 1 : -1, equal + (h->relation == 1 ? h->margin : -h->margin), 0};
    return (claim){true, 0, h->within, equal};
}

static bool holds(const claim *c, double value)
{
    return c->within ? fabs(value - c->centre) < c->threshold : c->sign * (value - c->threshold) > 0;
}

static verdict judge(const claim *c, const pl_estimate *e)
{
    if (isnan(e->low) || isnan(e->high)) return VERDICT_INCONCLUSIVE;
    if (holds(c, e->low) && holds(c, e->high)) return VERDICT_SUPPORTED;
    bool out = c->within ? e->low > c->centre + c->threshold || e->high < c->centre - c->threshold
                         : c->sign * (e->low - c->threshold) < 0 && c->sign * (e->high - c->threshold) < 0;
    return out ? VERDICT_REFUTED : VERDICT_INCONCLUSIVE;
}

static side side_of(const pl_strings *two, const char *one)
{
    return two->n == 2 ? (side){{two->v[0], two->v[1]}} : (side){{one, NULL}};
}

/* "A of small minus large": what the number is, for the reason. */
static const char *number_words(const hypothesis_spec *h, const side *s, pl_arena *arena)
{
    const char *when = h->at ? h->at : is_fit_statistic(h->measure) || is_overlap_statistic(h->measure) ? "" : "end";
    if (h->prediction)
        when = h->prediction == 1 ? "time to reach, predicted over actual minus 1," : "time to reach within its predicted interval";
    else if (h->before)
        when = pl_arena_printf(arena, "by how many steps before %s", h->before);
    else if (!isnan(h->crosses) || !isnan(h->covers) || h->change_point)
        when = h->change_point ? "step of the kink" : "time to reach";
    const char *from = h->from ? pl_arena_printf(arena, " from %s", h->from) : "";
    const char *second = s->arm[1] ? pl_arena_printf(arena, " %s %s", h->as ? "over" : "minus", s->arm[1]) : "";
    if (!when || !from || !second) return NULL;
    return pl_arena_printf(arena, "%s%s%s%s%s of %s%s", h->absolute ? "size of " : "", h->measure, *when ? " " : "", when, from,
                           s->arm[0], second);
}

/* Everything that the words of one verdict need. */
typedef struct finding {
    const hypothesis_spec *h;
    side s;
    sample data;
    claim c;
    const char *against;
} finding;

static pl_status explain(const court *k, const finding *f, pl_arena *arena, hypothesis_result *out)
{
    const char *number = number_words(f->h, &f->s, arena);
    const char *how = !isnan(f->h->share_of_replicates) ? "share of replicates, Wilson"
                      : f->data.pooled                  ? "pooled, jackknife"
                                                        : "t over replicates";
    const char *held = f->c.within ? pl_arena_printf(arena, "within +-%.4g of %.4g", f->c.threshold, f->c.centre)
                                   : pl_arena_printf(arena, "%s %.4g", f->c.sign > 0 ? "above" : "below", f->c.threshold);
    const char *lost = f->data.lost ? pl_arena_printf(arena, "; %zu replicates have no value", f->data.lost) : "";
    const char *never = k->never ? pl_arena_printf(arena, "; %zu curves never cross and count with their last step", k->never) : "";
    if (!number || !held || !lost || !never) return PL_ERR_WORLD;
    const char *why = isnan(out->effect.low)
                          ? "no interval"
                          : pl_arena_printf(arena, "95%% interval %.4g to %.4g", out->effect.low, out->effect.high);
    if (!isnan(f->h->share_of_replicates))
        held = pl_arena_printf(arena, "%s in more than %.4g of them", held, f->h->share_of_replicates);
    if (!why || !held) return PL_ERR_WORLD;
    out->reason = pl_arena_printf(arena, "%s: %.4g, %s (%s, n = %zu), should be %s: %s%s%s%s", number, out->effect.value, why, how,
                                  out->n, held, verdict_names[out->verdict], f->against, lost, never);
    return out->reason ? PL_OK : PL_ERR_WORLD;
}

/* A control is held against the treated arms' effect, which must itself be there. */
static pl_status judge_control(court *k, finding *f, pl_arena *arena, hypothesis_result *out)
{
    sample treated;
    side s = side_of(&f->h->gone_against, f->h->gone_against.v[0]);
    pl_status st = collect(k, f->h, &s, arena, &treated);
    if (st) return st;
    pl_estimate effect = estimate(&treated);
    f->c = (claim){true, 0, f->h->share * fabs(effect.value), 0};
    out->margin = f->c.threshold;
    bool there = effect.low > 0 || effect.high < 0;
    out->verdict = there ? judge(&f->c, &out->effect) : VERDICT_INCONCLUSIVE;
    f->against = there ? pl_arena_printf(arena, "; the effect is %.4g (%.4g to %.4g)", effect.value, effect.low, effect.high)
                       : "; the treated arms show no effect that could be gone";
    return f->against ? PL_OK : PL_ERR_WORLD;
}

static pl_status judge_one(court *k, const hypothesis_spec *h, pl_arena *arena, hypothesis_result *out)
{
    finding f = {.h = h, .s = side_of(&h->arms, h->arm), .c = claim_of(h), .against = ""};
    *out = (hypothesis_result){.name = h->name, .role = h->role ? "control" : "effect", .verdict = VERDICT_INCONCLUSIVE};
    k->never = 0;
    pl_status st = collect(k, h, &f.s, arena, &f.data);
    if (st) return st;
    out->n = f.data.n;
    out->margin = f.c.threshold;
    if (!isnan(h->share_of_replicates)) {
        size_t hits = 0;
        for (size_t i = 0; i < f.data.n; i++) hits += holds(&f.c, f.data.values[i]);
        claim share = {false, 1, h->share_of_replicates, 0};
        out->effect = wilson(hits, f.data.n);
        out->margin = h->share_of_replicates;
        out->verdict = f.data.n > 1 ? judge(&share, &out->effect) : VERDICT_INCONCLUSIVE;
    } else {
        out->effect = estimate(&f.data);
        if (h->gone_against.n)
            st = judge_control(k, &f, arena, out);
        else
            out->verdict = judge(&f.c, &out->effect);
    }
    return st ? st : explain(k, &f, arena, out);
}

pl_status hypotheses_judge(const pl_map *list, const fits_spec *fits, const pl_table *table, double steps_per_epoch,
                           pl_arena *arena, hypothesis_result *out, pl_diag *diag)
{
    const hypothesis_spec *h = list->v;
    court k = {.fits = fits, .table = table, .steps_per_epoch = steps_per_epoch, .replicates = pl_table_replicates(table)};
    for (size_t i = 0; i < list->n; i++)
        if (judge_one(&k, &h[i], arena, &out[i])) return pl_diag_nomem(diag, "judging hypotheses");
    return PL_OK;
}
