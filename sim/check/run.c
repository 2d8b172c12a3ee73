#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/field.h"
#include "sim/base/str.h"
#include "sim/check/run.h"

const char *const check_signal_words[CHECK_SIGNALS] = {
    "validation",       "training correctness", "training reward",         "entropy",       "response length",
    "longest response", "share cut at the cap", "groups without variance", "KL to the base"};

/* What may stand for a signal, by canonical metric or the column's own name, the best first. '*' stands for any text; "1-" in front
 * for what is missing from 1. */
enum { STANDINS = 8 };
static const char *const stands_for[CHECK_SIGNALS][STANDINS] = {
    [SIGNAL_VALIDATION] = {"pass@1", "accuracy/validation", "reward/validation"},
    [SIGNAL_CORRECT] = {"pass@1/train", "accuracy/train", "reward/part/*correct*", "reward/part/*accuracy*"},
    [SIGNAL_REWARD] = {"reward/mean", "reward/train", "reward"},
    [SIGNAL_ENTROPY] = {"entropy/token", "entropy/response", "entropy/token/validation", "entropy"},
    [SIGNAL_LENGTH] = {"length/train", "length/mean", "length"},
    [SIGNAL_LENGTH_MOST] = {"length/train/max"},
    [SIGNAL_CLIPPED] = {"length/truncated/train", "length/truncated"},
    [SIGNAL_ZERO_VARIANCE] = {"groups/zero_variance", "1-groups/mixed"},
    [SIGNAL_KL] = {"kl/base", "kl/token", "kl/estimated"},
};
/* Metrics that are shares of right answers, and so lie in [0, 1]; a reward may lie there by chance. */
static const char *const shares[] = {"pass@1*", "accuracy*"};

check_options check_defaults(void) { return (check_options){.rollouts = NAN, .items = NAN, .steps_per_epoch = NAN}; }

static bool matches(const char *name, const char *pattern)
{
    if (*pattern == '*') return matches(name, pattern + 1) || (*name && matches(name + 1, pattern));
    if (!*name || !*pattern) return *name == *pattern;
    return *name == *pattern && matches(name + 1, pattern + 1);
}

static const char *meaning(const pl_table *t, const char *const *names, size_t i)
{
    return names && names[i] ? names[i] : t->columns[i].spec.name;
}

/* The column of that metric or name with the most values; (size_t)-1 when there is none. */
static size_t find(const pl_table *t, const char *const *names, const char *pattern)
{
    size_t best = (size_t)-1, most = 0;
    for (size_t i = 0; i < t->n_columns; i++) {
        const pl_column *c = &t->columns[i];
        if (c->spec.text || (!matches(meaning(t, names, i), pattern) && !matches(c->spec.name, pattern))) continue;
        size_t n = 0;
        for (size_t r = 0; r < t->n_rows; r++) n += isfinite(c->v[r]);
        if (n > most) most = n, best = i;
    }
    return best;
}

typedef struct pair {
    double x, y;
    size_t row;
} pair;
static int by_x(const void *a, const void *b)
{
    const pair *p = a, *q = b;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

static pl_status take(const pl_table *t, size_t x, size_t y, pl_arena *arena, check_series *out)
{
    pair *p = pl_alloc_array(t->n_rows, sizeof *p);
    if (!p) return PL_ERR_WORLD;
    size_t n = 0, kept = 0;
    for (size_t r = 0; r < t->n_rows; r++)
        if (isfinite(t->columns[x].v[r]) && isfinite(t->columns[y].v[r]))
            p[n++] = (pair){t->columns[x].v[r], t->columns[y].v[r], r};
    qsort(p, n, sizeof *p, by_x);
    for (size_t i = 0; i < n; i++)
        if (kept && p[kept - 1].x == p[i].x)
            p[kept - 1] = p[i];
        else
            p[kept++] = p[i];
    out->column = pl_arena_strdup(arena, t->columns[y].spec.name);
    out->x = pl_arena_array(arena, kept, sizeof *out->x);
    out->y = pl_arena_array(arena, kept, sizeof *out->y);
    out->n = kept;
    for (size_t i = 0; i < kept && out->x && out->y; i++) out->x[i] = p[i].x, out->y[i] = p[i].y;
    pl_free(p);
    return !out->column || (kept && (!out->x || !out->y)) ? PL_ERR_WORLD : PL_OK;
}

/* A share by what it measures, unless its values say otherwise (percents). */
static bool is_share(const pl_table *t, const char *const *names, size_t column, const check_series *s)
{
    bool named = false;
    for (size_t i = 0; i < PL_COUNT(shares); i++) named |= matches(meaning(t, names, column), shares[i]);
    for (size_t i = 0; i < s->n && named; i++) named = s->y[i] > -1e-9 && s->y[i] < 1 + 1e-9;
    return named;
}

static size_t points_until(const check_series *s, double until)
{
    size_t n = s->n;
    while (n && s->x[n - 1] > until * (1 + 1e-12)) n--;
    return n;
}

static pl_status no_column(const pl_table *t, const char *name, const char *file, pl_diag *diag)
{
    pl_str list;
    pl_str_init(&list);
    pl_str_add(&list, "columns of numbers:");
    for (size_t i = 0; i < t->n_columns && list.length < 400; i++)
        if (!t->columns[i].spec.text) pl_str_addf(&list, " '%s'", t->columns[i].spec.name);
    pl_diag_add(diag, PL_ERROR, (pl_place){.file = file}, pl_str_end(&list), "no column or metric '%s'", name);
    pl_str_free(&list);
    return PL_ERR_USER;
}

static pl_status choose_x(const pl_table *t, const char *const *names, const char *asked, const char *file, size_t *x,
                          pl_diag *diag)
{
    *x = find(t, names, asked ? asked : "step");
    if (*x != (size_t)-1) return PL_OK;
    return no_column(t, asked ? asked : "step", file, diag);
}

/* Where the log has one point per step of it, epochs per x come from the last row of the column. */
static double epochs_at_end(const pl_table *t, const char *const *names, size_t x, const check_options *o, double last)
{
    if (isfinite(o->steps_per_epoch)) return last / o->steps_per_epoch;
    size_t e = find(t, names, "epoch");
    double at = -INFINITY, epochs = NAN;
    for (size_t r = 0; e != (size_t)-1 && r < t->n_rows; r++) {
        double here = t->columns[x].v[r], value = t->columns[e].v[r];
        if (isfinite(here) && isfinite(value) && here > at) at = here, epochs = value;
    }
    return epochs;
}

static pl_status choose_fitted(check_run *run, const char *file, pl_diag *diag)
{
    const size_t least = 4;
    size_t validation = points_until(&run->signal[SIGNAL_VALIDATION], run->until);
    if (validation >= least) {
        run->fitted = SIGNAL_VALIDATION;
        run->why = run->epochs > 1.5 ? "validation: over several epochs training reward also rises by memorisation"
                                     : "validation: it is what the run is for, and its noise is smallest";
        return PL_OK;
    }
    for (check_signal s = SIGNAL_CORRECT; s <= SIGNAL_REWARD; s++) {
        if (!run->signal[s].n) continue;
        run->fitted = s;
        run->why =
            validation ? "training prompts: there are too few validations yet" : "training prompts: the log has no validation";
        return PL_OK;
    }
    if (validation) {
        run->fitted = SIGNAL_VALIDATION;
        run->why = "validation: the log has nothing else";
        return PL_OK;
    }
    pl_diag_add(diag, PL_ERROR, (pl_place){.file = file}, "name the column with --y",
                "no column with numbers is known to be reward, correctness or validation");
    return PL_ERR_USER;
}

static pl_status take_signals(const pl_table *t, const char *const *names, size_t x, const check_options *o, const char *file,
                              check_run *run, pl_diag *diag)
{
    for (int s = 0; s < CHECK_SIGNALS; s++) {
        size_t y = (size_t)-1;
        bool rest = false;
        for (size_t k = 0; k < STANDINS && stands_for[s][k] && y == (size_t)-1; k++) {
            rest = !strncmp(stands_for[s][k], "1-", 2);
            y = find(t, names, stands_for[s][k] + (rest ? 2 : 0));
        }
        check_series *out = &run->signal[s];
        if (y == (size_t)-1 || y == x) continue;
        if (take(t, x, y, &run->arena, out)) return pl_diag_nomem(diag, "reading a run");
        out->share = is_share(t, names, y, out);
        for (size_t i = 0; i < out->n && rest; i++) out->y[i] = 1 - out->y[i];
    }
    if (!o->y) return PL_OK;
    size_t y = find(t, names, o->y);
    if (y == (size_t)-1) return no_column(t, o->y, file, diag);
    const char *name = t->columns[y].spec.name;
    for (check_signal s = SIGNAL_VALIDATION; s <= SIGNAL_REWARD; s++)
        if (run->signal[s].column && !strcmp(run->signal[s].column, name)) {
            run->fitted = s;
            return PL_OK;
        }
    run->fitted = SIGNAL_REWARD; /* it takes the place of the reward */
    run->signal[SIGNAL_REWARD] = (check_series){0};
    if (take(t, x, y, &run->arena, &run->signal[SIGNAL_REWARD])) return pl_diag_nomem(diag, "reading a run");
    run->signal[SIGNAL_REWARD].share = is_share(t, names, y, &run->signal[SIGNAL_REWARD]);
    return PL_OK;
}

pl_status check_run_make(const pl_table *t, const char *const *names, const check_options *o, const char *file, check_run *run,
                         pl_diag *diag)
{
    size_t x;
    *run = (check_run){.fitted = CHECK_SIGNALS, .epochs = NAN, .first = INFINITY, .last = -INFINITY};
    pl_arena_init(&run->arena);
    if (!t->n_rows) {
        pl_diag_add(diag, PL_ERROR, (pl_place){.file = file}, "wait for its first step", "the log has columns and no rows");
        return PL_ERR_USER;
    }
    pl_status st = choose_x(t, names, o->x, file, &x, diag);
    if (st) return st;
    run->x_column = pl_arena_strdup(&run->arena, t->columns[x].spec.name);
    if (!run->x_column) return pl_diag_nomem(diag, "reading a run");
    run->steps = strstr(run->x_column, "step") != NULL;
    for (size_t r = 0; r < t->n_rows; r++) {
        double at = t->columns[x].v[r];
        if (!isfinite(at)) continue;
        run->first = fmin(run->first, at);
        run->last = fmax(run->last, at);
    }
    run->until = o->until > 0 && o->until < 1 ? run->first + o->until * (run->last - run->first) : run->last;
    run->epochs = epochs_at_end(t, names, x, o, run->last);
    st = take_signals(t, names, x, o, file, run, diag);
    if (st) return st;
    double seen = check_last_point(run, run->until);
    if (run->until < run->last && isfinite(seen)) run->until = seen;
    for (int s = 0; s < CHECK_SIGNALS; s++) run->samples[s] = s == SIGNAL_VALIDATION ? o->items : o->rollouts;
    run->why = "asked for";
    return run->fitted == CHECK_SIGNALS ? choose_fitted(run, file, diag) : PL_OK;
}

pl_status check_run_open(const training_log *log, const check_options *o, check_run *run, pl_diag *diag)
{
    const char **names = pl_alloc_array(log->table.n_columns + 1, sizeof *names);
    *run = (check_run){.fitted = CHECK_SIGNALS};
    pl_arena_init(&run->arena);
    if (!names) return pl_diag_nomem(diag, "reading a run");
    for (size_t i = 0; i < log->table.n_columns; i++) names[i] = log->metrics ? log->metrics[i].name : NULL;
    check_options by_column = *o; /* the names that `plateau fit` takes, too: the metric's part of a W&B "run - metric" */
    const pl_column *x = o->x ? log_seek(log, o->x) : NULL, *y = o->y ? log_seek(log, o->y) : NULL;
    if (x) by_column.x = x->spec.name;
    if (y) by_column.y = y->spec.name;
    pl_status st = check_run_make(&log->table, names, &by_column, log->file, run, diag);
    pl_free(names);
    return st;
}

void check_run_free(check_run *run) { pl_arena_free(&run->arena); }

check_words check_number(double x, int digits)
{
    check_words w;
    char plain[32];
    double size = fabs(x);
    if (!isfinite(x) || size >= 1e15) {
        snprintf(w.text, sizeof w.text, "%.3g", x);
        return w;
    }
    if (digits > 0 && size > 0) {
        double unit = pow(10, floor(log10(size)) + 1 - digits);
        x = unit >= 1 ? round(x / unit) * unit : x;
    }
    if (fabs(x) < 99.95 || (digits == 0 && fabs(x) < 1000)) {
        snprintf(w.text, sizeof w.text, "%.*g", digits ? digits : 4, x);
        return w;
    }
    int n = snprintf(plain, sizeof plain, "%.0f", x), to = 0, sign = plain[0] == '-';
    for (int i = 0; i < n; i++) {
        if (i > sign && (n - i) % 3 == 0) w.text[to++] = ',';
        w.text[to++] = plain[i];
    }
    w.text[to] = 0;
    return w;
}

check_view check_view_make(const check_run *run, double until)
{
    check_view v = {.run = run, .until = until};
    for (int s = 0; s < CHECK_SIGNALS; s++) {
        v.signal[s] = run->signal[s];
        v.signal[s].n = points_until(&run->signal[s], until);
    }
    return v;
}

double check_last_point(const check_run *run, double until)
{
    double last = -INFINITY;
    for (int s = 0; s < CHECK_SIGNALS; s++) {
        size_t n = points_until(&run->signal[s], until);
        if (n) last = fmax(last, run->signal[s].x[n - 1]);
    }
    return last;
}

static int ascending(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* Second differences: a straight trend does not count as noise. */
static double difference_variance(const check_series *s, size_t lag, double *work)
{
    size_t n = s->n - 2 * lag;
    for (size_t i = 0; i < n; i++) {
        double d = 2 * s->y[i + lag] - s->y[i] - s->y[i + 2 * lag];
        work[i] = d * d;
    }
    qsort(work, n, sizeof *work, ascending);
    double middle = n % 2 ? work[n / 2] : .5 * (work[n / 2 - 1] + work[n / 2]);
    return middle / (6 * 0.45493642311957283); /* the median of a squared standard normal */
}

/* Robust: a few outliers do not count. Differences at a longer lag that vary more mean that neighbours are alike. */
double series_noise(const check_series *s, double *per_independent)
{
    *per_independent = 1;
    if (s->n < 4) return NAN;
    double *work = pl_alloc_array(s->n, sizeof *work);
    if (!work) return NAN;
    size_t lag = s->n / 20 > 1 ? s->n / 20 : 1;
    double near = difference_variance(s, 1, work), far = lag > 1 ? difference_variance(s, lag, work) : near;
    pl_free(work);
    double all = fmax(near, far), rho = all > 0 ? fmin(1 - near / all, .95) : 0;
    if (s->n >= 40 && rho > 4 / sqrt((double)s->n)) *per_independent = (1 + rho) / (1 - rho);
    return sqrt(all);
}

stretch series_stretch(const check_series *s, size_t from, size_t to)
{
    if (to > s->n) to = s->n;
    if (from >= to) return (stretch){NAN, NAN, 0};
    double each, noise = series_noise(s, &each), n = (double)(to - from);
    return (stretch){pl_mean(s->y + from, to - from), noise / sqrt(fmax(n / each, 1)), to - from};
}

stretch series_early(const check_series *s) { return series_stretch(s, 0, s->n / 10 > 3 ? s->n / 10 : 3); }

stretch series_recent(const check_series *s)
{
    size_t n = s->n < 10 ? 1 : s->n / 10 > 5 ? s->n / 10 : 5;
    return series_stretch(s, s->n > n ? s->n - n : 0, s->n);
}
