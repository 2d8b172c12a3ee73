#include <math.h>
#include <string.h>

#include "sim/base/str.h"
#include "sim/check/judge.h"

enum { VIEWS = 32 };

/* Where a shape, or a course among courses, has been seen without a break. */
typedef struct streak {
    double from;
    bool going;
} streak;

static size_t shapes(void)
{
    size_t n = 0;
    while (shape_registry.entries[n]) n++;
    return n < JUDGE_SHAPES ? n : JUDGE_SHAPES;
}

static const shape *shape_at(size_t i) { return (const shape *)shape_registry.entries[i]; }

/* Asks every shape of one view; courses give way to that of the lowest rank. */
static void look(const check_view *v, bool seen[JUDGE_SHAPES], shape_sight sights[JUDGE_SHAPES])
{
    size_t n = shapes(), course = n;
    for (size_t i = 0; i < n; i++) {
        const shape *s = shape_at(i);
        sights[i] = (shape_sight){.harmless = false};
        seen[i] = s->seen(v, &sights[i]);
        if (!seen[i] || s->kind != SHAPE_COURSE) continue;
        bool better = course == n || s->rank < shape_at(course)->rank;
        if (better && course < n) seen[course] = false;
        if (better)
            course = i;
        else
            seen[i] = false;
    }
}

/* The last view is the whole of what is looked at, with a careful forecast, which stays in out->forecast. */
static pl_status walk(const check_run *run, size_t views, check_judgement *out, bool seen[JUDGE_SHAPES],
                      shape_sight sights[JUDGE_SHAPES], streak streaks[JUDGE_SHAPES], pl_diag *diag)
{
    double before = -INFINITY;
    for (size_t k = 1; k <= views; k++) {
        double until = check_last_point(run, run->first + (run->until - run->first) * (double)k / (double)views);
        if (k == views && until == -INFINITY) until = run->until;
        if (k < views && (until == before || until == -INFINITY)) continue; /* nothing new since */
        before = until;
        check_view v = check_view_make(run, until);
        v.fitted = &v.signal[run->fitted];
        pl_status st = check_forecast_make(v.fitted, run->samples[run->fitted], k < views, &out->forecast, diag);
        if (st == PL_ERR_WORLD) return st;
        out->fitted = st == PL_OK;
        v.forecast = out->fitted ? &out->forecast : NULL;
        look(&v, seen, sights);
        for (size_t i = 0; i < shapes(); i++) {
            if (seen[i] && !streaks[i].going) streaks[i].from = until;
            streaks[i].going = seen[i];
        }
    }
    return PL_OK;
}

static void collect(check_judgement *out, const bool *seen, const shape_sight *sights, const streak *streaks)
{
    for (shape_kind kind = SHAPE_COURSE; kind <= SHAPE_NOTE; kind++)
        for (size_t i = 0; i < shapes(); i++) {
            if (!seen[i] || shape_at(i)->kind != kind) continue;
            out->findings[out->n] = (shape_finding){shape_at(i), sights[i], streaks[i].from};
            if (kind == SHAPE_COURSE) out->course = &out->findings[out->n];
            out->n++;
        }
}

/* Held-back points from the last tenth of the run, at least one. */
static void foretell(const check_run *run, check_judgement *out)
{
    const check_series *s = &run->signal[run->fitted];
    out->end = (pl_estimate){NAN, NAN, NAN, .9};
    out->end_seen = NAN;
    out->horizon = 2 * run->until;
    out->horizon_points = 1;
    if (run->until < run->last) {
        size_t later = s->n, k;
        while (later && s->x[later - 1] > run->until * (1 + 1e-12)) later--;
        later = s->n - later;
        k = s->n / 10 > 1 ? s->n / 10 : 1;
        if (k > later) k = later;
        if (k) {
            out->horizon = pl_mean(s->x + s->n - k, k);
            out->horizon_points = k;
            out->end_seen = pl_mean(s->y + s->n - k, k);
        }
    }
    if (out->fitted && (out->forecast.rose || out->forecast.fell))
        out->end = check_forecast_at(&out->forecast, out->horizon, out->horizon_points);
}

/* Reward on entropy at the steps that have both. */
static pl_status fit_law(const check_run *run, check_judgement *out, pl_diag *diag)
{
    const check_series *h = &run->signal[SIGNAL_ENTROPY], *s = &run->signal[run->fitted];
    size_t n = 0, most = h->n < s->n ? h->n : s->n;
    double *v = pl_alloc_array(most ? most : 1, 2 * sizeof *v);
    if (!v) return pl_diag_nomem(diag, "fitting the entropy law");
    for (size_t i = 0, k = 0; i < h->n && k < s->n && h->x[i] <= run->until;) {
        if (h->x[i] == s->x[k]) {
            v[n] = h->y[i++];
            v[most + n++] = s->y[k++];
        } else if (h->x[i] < s->x[k])
            i++;
        else
            k++;
    }
    pl_status st = n >= 6 ? fit_entropy_law(v, v + most, n, fit_defaults(), &out->law, NULL) : PL_ERR_USER;
    if (st) out->law = (entropy_fit){.reason = ""};
    pl_free(v);
    return st == PL_ERR_WORLD ? pl_diag_nomem(diag, "fitting the entropy law") : PL_OK;
}

static void say_longer(const check_run *run, const check_judgement *j, pl_str *out)
{
    const check_forecast *f = &j->forecast;
    const check_series *s = &run->signal[run->fitted];
    if (!j->fitted || f->identified) return;
    double spacing = (s->x[s->n - 1] - s->x[0]) / (double)(s->n - 1); /* at least one further point */
    if (f->longer > 1 && isfinite(f->longer) && (f->rose || f->fell))
        pl_str_addf(out, "; about %s more %s would show it", check_number(fmax((f->longer - 1) * run->until, spacing), 2).text,
                    run->steps ? "steps" : run->x_column);
    else if (f->rose && f->longer > 1)
        pl_str_add(out, "; more than 60 times the run would not show it");
}

static void reason_of(const check_run *run, check_judgement *j)
{
    pl_str text;
    pl_str_init(&text);
    const check_forecast *f = &j->forecast;
    const char *separator = "";
    for (size_t i = 0; i < j->n && j->no; i++) {
        const shape_finding *it = &j->findings[i];
        bool bad = it->shape->kind == SHAPE_ALARM ? !it->sight.harmless : it->shape->kind == SHAPE_COURSE && it->shape->wrong;
        if (!bad) continue;
        pl_str_addf(&text, "%s%s since %s %s: %s", separator, it->shape->words, run->x_column, check_number(it->first, 0).text,
                    it->sight.evidence);
        separator = "; ";
    }
    if (!strcmp(j->verdict, "departs"))
        pl_str_addf(&text, "the end, %.3f, lies outside the 90%% interval foretold from the first part, %.3f to %.3f", j->end_seen,
                    j->end.low, j->end.high);
    else if (!j->no && !strcmp(j->verdict, "flat"))
        pl_str_add(&text, j->course->sight.evidence);
    else if (!j->no && !j->fitted)
        pl_str_addf(&text, "the points allow no curve: it takes 4 that differ, with %s 0 or more", run->x_column);
    else if (!j->no) {
        if (f->identified)
            pl_str_addf(&text, "ceiling %.3f, 90%% interval %.3f to %.3f; %s", f->A.value, f->A.low, f->A.high,
                        j->course ? j->course->sight.evidence : "");
        else
            pl_str_addf(&text, "%s", f->reason);
        say_longer(run, j, &text);
    }
    const char *words = pl_str_end(&text);
    snprintf(j->reason, sizeof j->reason, "%s", words ? words : "");
    pl_str_free(&text);
}

static void decide(const check_run *run, check_judgement *j)
{
    bool wrong = j->course && j->course->shape->wrong;
    for (size_t i = 0; i < j->n; i++) wrong |= j->findings[i].shape->kind == SHAPE_ALARM && !j->findings[i].sight.harmless;
    bool departs =
        j->fitted && j->forecast.identified && isfinite(j->end_seen) && (j->end_seen < j->end.low || j->end_seen > j->end.high);
    const char *course = j->course ? j->course->shape->entry.name : "";
    j->no = wrong || departs;
    j->verdict = wrong                                   ? "going wrong"
                 : departs                               ? "departs"
                 : !strcmp(course, "flat")               ? "flat"
                 : !j->fitted || !j->forecast.identified ? "not identified"
                 : !strcmp(course, "at_plateau")         ? "at plateau"
                                                         : "rising";
    reason_of(run, j);
}

pl_status check_judge(const check_run *run, size_t views, check_judgement *out, pl_diag *diag)
{
    bool seen[JUDGE_SHAPES] = {false};
    shape_sight sights[JUDGE_SHAPES];
    streak streaks[JUDGE_SHAPES] = {{0}};
    memset(out, 0, sizeof *out);
    pl_status st = walk(run, views ? views : VIEWS, out, seen, sights, streaks, diag);
    if (st) return st;
    collect(out, seen, sights, streaks);
    foretell(run, out);
    st = fit_law(run, out, diag);
    if (!st) decide(run, out);
    return st;
}
