#include <math.h>

#include "sim/analysis/separable.h"

double sigmoid_value(double A, double B, double C_mid, double R0, double C)
{
    return C > 0 ? R0 + (A - R0) / (1 + exp(B * log(C_mid / C))) : R0;
}

double sigmoid_reach(double B, double C_mid, double h) { return C_mid * exp(log(h / (1 - h)) / B); }

fit_options fit_defaults(void) { return (fit_options){.level = .9, .R0 = NAN}; }

/* What an interval is of. */
typedef enum profiled { PROFILE_A, PROFILE_B, PROFILE_C_MID, PROFILE_R0, PROFILE_END } profiled;

/* The problem with one quantity held at a value (B and C_mid by their logarithm). */
static separable held(const separable *p, profiled what, double value)
{
    separable q = *p;
    switch (what) {
    case PROFILE_A:
        q.A_low = q.A_high = value;
        break;
    case PROFILE_R0:
        q.R0_low = q.R0_high = value;
        break;
    case PROFILE_B:
        q.low[0] = q.high[0] = value;
        break;
    case PROFILE_C_MID:
        q.low[1] = q.high[1] = value;
        break;
    case PROFILE_END:
        q.end_value = value;
        break;
    }
    return q;
}

static double profile(const separable *p, profiled what, double value, const sigmoid_point *warm, sigmoid_point *at)
{
    separable q = held(p, what, value);
    *at = separable_solve(&q, 7, 12, 1, warm);
    return at->rss;
}

/* Where the profile crosses `limit` between the minimum (value at `inside`) and `bound`; the bound when it does not.
 * The square root of the rise is nearly linear in the value, so false position on it (Illinois variant) is quick. */
static double crossing(const separable *p, profiled what, const sigmoid_point *best, double inside, double bound, double limit)
{
    if (!(fabs(bound - inside) > 0)) return bound;
    sigmoid_point warm = *best, at;
    double target = sqrt(limit - best->rss), outside = bound;
    double f_in = -target, f_out = sqrt(fmax(profile(p, what, bound, &warm, &at) - best->rss, 0)) - target;
    if (f_out <= 0) return bound;
    if (!isfinite(f_out)) f_out = 8 * target; /* not feasible so far out: only the sign counts */
    double tolerance = 1e-5 * fabs(bound - inside);
    int side = 0;
    for (int i = 0; i < 60 && fabs(outside - inside) > tolerance; i++) {
        double value = inside + (outside - inside) * (f_in / (f_in - f_out));
        if (i % 4 == 3) value = .5 * (inside + outside);
        double f = sqrt(fmax(profile(p, what, value, &warm, &at) - best->rss, 0)) - target;
        if (!isfinite(f)) f = 8 * target;
        if (fabs(f) < 1e-4 * target) return value;
        if (f <= 0) {
            inside = value;
            f_in = f;
            warm = at;
            if (side < 0) f_out *= .5;
            side = -1;
        } else {
            outside = value;
            f_out = f;
            if (side > 0) f_in *= .5;
            side = 1;
        }
    }
    return .5 * (inside + outside);
}

/* All that the intervals of one fit share. */
typedef struct fitted {
    const separable *problem;
    sigmoid_point best;
    size_t parameters;
    double rho, floor; /* of the sum of squares, so that a curve without noise has an interval */
} fitted;

static pl_estimate interval(const fitted *f, profiled what, double value, double low, double high, double level)
{
    if (isnan(level)) return (pl_estimate){value, NAN, NAN, level};
    double limit = f->best.rss + fmax(f->best.rss, f->floor) * allowed_rise(f->problem->data->n, f->parameters, f->rho, level);
    double down = crossing(f->problem, what, &f->best, value, low, limit);
    double up = crossing(f->problem, what, &f->best, value, high, limit);
    return (pl_estimate){value, down, up, level};
}

static pl_estimate exp_of(pl_estimate e) { return (pl_estimate){exp(e.value), exp(e.low), exp(e.high), e.level}; }

/* Solves, and describes the noise. */
static pl_status solve(separable *p, const curve *c, double R0_fixed, fitted *f)
{
    if (separable_init(p, c, R0_fixed)) return PL_ERR_WORLD;
    *f = (fitted){.problem = p, .parameters = isnan(R0_fixed) ? 4 : 3};
    f->best = separable_solve(p, 14, 28, 4, NULL);
    double *r = p->scratch + c->n, scale = 1e-9 * (c->high - c->low);
    (void)separable_at(p, f->best.u, f->best.w, r);
    f->rho = residual_autocorrelation(r, c->n);
    f->floor = (double)c->n * scale * scale;
    return PL_OK;
}

static void describe(const fitted *f, sigmoid_fit *out)
{
    const curve *c = f->problem->data;
    double mean = pl_mean(c->y, c->n), total = 0;
    for (size_t i = 0; i < c->n; i++) total += (c->y[i] - mean) * (c->y[i] - mean);
    out->n = c->n;
    out->x_first = c->first;
    out->x_last = c->last;
    out->autocorrelation = f->rho;
    out->r2 = 1 - f->best.rss / total;
    out->rmse = sqrt(f->best.rss / (double)c->n);
}

/* `narrow` is the 90% interval of A. */
static void decide(const separable *p, const pl_estimate *narrow, double C_mid, sigmoid_fit *out)
{
    if (isnan(narrow->low))
        out->reason = "no interval was asked for";
    else if (!(narrow->high - narrow->low < .1))
        out->reason = "the 90% interval of A is wider than 0.1: the curve has not bent far enough, or is too noisy";
    else if (narrow->low <= p->A_low || narrow->high >= p->A_high)
        out->reason = "the 90% interval of A ends at a bound: the data do not say where the curve levels off";
    else if (!(C_mid < p->data->last))
        out->reason = "C_mid lies beyond the last point: the curve has not bent yet";
    else
        out->reason = "";
    out->identified = !*out->reason;
}

static void all_intervals(const fitted *f, double level, sigmoid_fit *out)
{
    const separable *p = f->problem;
    const sigmoid_point *b = &f->best;
    out->A = interval(f, PROFILE_A, b->A, p->A_low, p->A_high, level);
    out->R0 = interval(f, PROFILE_R0, b->R0, p->R0_low, p->R0_high, level);
    out->B = exp_of(interval(f, PROFILE_B, b->u, p->low[0], p->high[0], level));
    out->C_mid = exp_of(interval(f, PROFILE_C_MID, b->w, p->low[1], p->high[1], level));
    bool ninety = isnan(level) || level == .9;
    pl_estimate narrow = ninety ? out->A : interval(f, PROFILE_A, b->A, p->A_low, p->A_high, .9);
    decide(p, &narrow, out->C_mid.value, out);
}

static void predict(separable *p, const fitted *f, const sigmoid_fit *fit, double level, const double *at, size_t n_at,
                    pl_estimate *predicted)
{
    double low = fmin(p->R0_low, p->A_low), high = fmax(p->R0_high, p->A_high);
    for (size_t i = 0; i < n_at; i++) {
        p->end_x = at[i];
        double value = sigmoid_value(fit->A.value, fit->B.value, fit->C_mid.value, fit->R0.value, at[i]);
        predicted[i] = interval(f, PROFILE_END, value, low, high, level);
    }
}

/* What is asked of a fit beyond its parameters: values of the curve at n places. */
typedef struct question {
    const double *at;
    size_t n;
    pl_estimate *answer;
} question;

static pl_status ask(const double *x, const double *y, size_t n, fit_options options, const question *q, sigmoid_fit *out,
                     pl_diag *diag)
{
    curve c;
    separable p = {0};
    fitted f;
    double level = options.level == 0 ? .9 : options.level;
    *out = (sigmoid_fit){.reason = ""};
    pl_status st = fit_curve_make(x, y, n, options, &c, diag);
    if (st) return st;
    st = solve(&p, &c, options.R0, &f);
    if (st) {
        (void)!pl_diag_nomem(diag, "fitting a sigmoid");
    } else {
        describe(&f, out);
        all_intervals(&f, level, out);
        predict(&p, &f, out, level, q->at, q->n, q->answer);
    }
    separable_free(&p);
    fit_curve_free(&c);
    return st;
}

pl_status fit_predict(const double *x, const double *y, size_t n, fit_options options, const double *at, size_t n_at,
                      pl_estimate *predicted, sigmoid_fit *out, pl_diag *diag)
{
    return ask(x, y, n, options, &(question){at, n_at, predicted}, out, diag);
}

pl_status fit_extrapolate(const double *x, const double *y, size_t n, fit_options options, double at, pl_estimate *predicted,
                          sigmoid_fit *out, pl_diag *diag)
{
    return fit_predict(x, y, n, options, &at, predicted ? 1 : 0, predicted, out, diag);
}

pl_status fit_sigmoid(const double *x, const double *y, size_t n, fit_options options, sigmoid_fit *out, pl_diag *diag)
{
    return fit_extrapolate(x, y, n, options, NAN, NULL, out, diag);
}

pl_status fit_sigmoid_grid(const double *x, const double *y, size_t n, fit_options options, sigmoid_fit *out, pl_diag *diag)
{
    enum { MIDDLES = 100 };
    static const double STEP = .005;
    curve c;
    separable p;
    *out = (sigmoid_fit){.reason = "the grid procedure gives no intervals"};
    pl_status st = fit_curve_make(x, y, n, options, &c, diag);
    if (st) return st;
    if (separable_init(&p, &c, options.R0)) {
        fit_curve_free(&c);
        return pl_diag_nomem(diag, "fitting a sigmoid");
    }
    fitted f = {.problem = &p, .best = {.rss = INFINITY}};
    double below = ceil(p.A_low / STEP), above = floor(p.A_high / STEP);
    for (double k = below; k <= above; k++) {
        double A = k * STEP, u = log(1.5);
        for (int i = 1; i <= MIDDLES; i++) {
            separable q = held(&p, PROFILE_A, A);
            q = held(&q, PROFILE_C_MID, log(c.last * i / MIDDLES));
            sigmoid_point found = separable_refine(&q, u, q.low[1]);
            u = found.u; /* its neighbour's B is near */
            if (found.rss < f.best.rss) f.best = found;
        }
    }
    describe(&f, out);
    out->A = (pl_estimate){f.best.A, NAN, NAN, NAN};
    out->R0 = (pl_estimate){f.best.R0, NAN, NAN, NAN};
    out->B = (pl_estimate){exp(f.best.u), NAN, NAN, NAN};
    out->C_mid = (pl_estimate){exp(f.best.w), NAN, NAN, NAN};
    separable_free(&p);
    fit_curve_free(&c);
    return PL_OK;
}
