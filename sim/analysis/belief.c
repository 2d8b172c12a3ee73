#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "sim/analysis/belief.h"
#include "sim/analysis/separable.h"
#include "sim/base/field.h"

enum { CEILINGS = BELIEF_A, NOISES = 9, BINS = 2048, PASSES = 3, CDF = 256 };
static const double B_centre = 0.47000362924573558 /* ln 1.6 */, B_spread = 0.69314718055994531, prior_points = 2,
                    least_independent =
                        10; /* a curve almost without noise leaves residuals that are all misfit and correlate by 1 */

/* A curve's points and the constants of the problem. */
typedef struct problem {
    const curve *c;
    double shift, noise, kept; /* y is taken from `shift`; prior noise; independent points per point */
    double R0;                 /* exact, from `shift`; NaN: unknown */
    double u_low, u_high, w_low, w_high;
    double *power;       /* [n] x^-B for the B at hand: one exponential for a whole row of the grid */
    double cdf[CDF + 1]; /* of Student t at even places of asinh z, to +-asinh 60: asked for some ten thousand times */
} problem;

static const double cdf_end = 4.7875612296 /* asinh 60 */;

static void tabulate_cdf(problem *p, double freedom)
{
    for (int i = 0; i <= CDF; i++) p->cdf[i] = gsl_cdf_tdist_P(sinh(cdf_end * (2. * i / CDF - 1)), freedom);
}

static double below(const problem *p, double z)
{
    double at = (asinh(z) / cdf_end + 1) * .5 * CDF;
    if (!(at > 0)) return 0;
    if (at >= CDF) return 1;
    size_t i = (size_t)at;
    return p->cdf[i] + (p->cdf[i + 1] - p->cdf[i]) * (at - (double)i);
}

static double effective(const problem *p) { return p->kept * (double)p->c->n; }

/* Least squares in R0 and A at given shape, for whose B p->power holds; the weight integrates R0, the noise, and A (a t
 * distribution cut at its bounds). */
static belief_cell weigh(const problem *p, const belief *b, double u, double w)
{
    const curve *c = p->c;
    double middle = exp(exp(u) * w), rr = 0, ra = 0, aa = 0, ry = 0, ay = 0, yy = 0;
    for (size_t i = 0; i < c->n; i++) {
        double s = 1 / (1 + middle * p->power[i]), r = 1 - s, y = c->y[i] - p->shift;
        rr += r * r;
        ra += r * s;
        aa += s * s;
        ry += r * y;
        ay += s * y;
        yy += y * y;
    }
    bool fixed = !isnan(p->R0);
    belief_cell cell = {.u = u, .w = w, .ln_weight = -INFINITY};
    double info = fixed ? aa : aa - ra * ra / fmax(rr, 1e-12);
    double right = fixed ? ay - ra * p->R0 : ay - ra * ry / fmax(rr, 1e-12);
    info = fmax(info, 1e-9 * (double)c->n); /* a curve that does not rise within the points says nothing of A, or of R0 */
    double A = right / info;
    A = fmin(fmax(A, b->A_low - p->shift), b->A_high - p->shift);
    rr = fmax(rr, 1e-12);
    double free_R0 = fixed ? p->R0 : (ry - ra * A) / rr;
    double R0 = fmin(fmax(free_R0, b->R0_low - p->shift), b->R0_high - p->shift);
    double rss = fmax(yy - 2 * (R0 * ry + A * ay) + R0 * R0 * rr + 2 * R0 * A * ra + A * A * aa, 0);
    double scale = prior_points * p->noise * p->noise + p->kept * rss;
    cell.sigma = sqrt(scale / b->freedom);
    cell.A = A + p->shift;
    cell.R0 = R0 + p->shift;
    cell.slope = fixed ? 0 : -ra / rr;
    cell.R0_scale = fixed ? 0 : cell.sigma / sqrt(p->kept * rr);
    cell.spread = cell.sigma / sqrt(p->kept * info);
    double z = (u - B_centre) / B_spread;
    cell.ln_weight = -.5 * (prior_points + effective(p) - (fixed ? 1 : 2)) * log(scale) - .5 * z * z - .5 * log(info);
    if (!fixed) cell.ln_weight -= .5 * log(rr);
    double inside = below(p, (b->A_high - cell.A) / cell.spread) - below(p, (b->A_low - cell.A) / cell.spread);
    double inside_R0 = 1;
    if (!fixed)
        inside_R0 = below(p, (b->R0_high - p->shift - free_R0) / cell.R0_scale) -
                    below(p, (b->R0_low - p->shift - free_R0) / cell.R0_scale);
    cell.fit = -.5 * (prior_points + effective(p)) * log(scale) - .5 * z * z;
    cell.rss = rss;
    cell.ln_weight += log(fmax(inside, 1e-12)) + log(fmax(inside_R0, 1e-12));
    return cell;
}

static void scan(const problem *p, belief *b)
{
    double heaviest = -INFINITY;
    b->n_cells = b->best = 0;
    for (int i = 0; i < BELIEF_U; i++) {
        double u = p->u_low + (p->u_high - p->u_low) * (i + .5) / BELIEF_U, B = exp(u);
        for (size_t k = 0; k < p->c->n; k++) p->power[k] = exp(-B * p->c->ln_x[k]);
        for (int j = 0; j < BELIEF_W; j++) {
            double w = p->w_low + (p->w_high - p->w_low) * (j + .5) / BELIEF_W;
            b->cells[b->n_cells] = weigh(p, b, u, w);
            if (b->cells[b->n_cells].fit > b->cells[b->best].fit) b->best = b->n_cells;
            heaviest = fmax(heaviest, b->cells[b->n_cells].ln_weight);
            b->n_cells++;
        }
    }
    double sum = 0;
    for (size_t i = 0; i < b->n_cells; i++) sum += b->cells[i].share = exp(b->cells[i].ln_weight - heaviest);
    for (size_t i = 0; i < b->n_cells; i++) b->cells[i].share /= sum;
}

static double heaviest_share(const belief *b)
{
    double top = 0;
    for (size_t i = 0; i < b->n_cells; i++) top = fmax(top, b->cells[i].share);
    return top;
}

/* The box of shapes that matter, one cell wider. */
static bool narrow(problem *p, const belief *b)
{
    double u_low = INFINITY, u_high = -INFINITY, w_low = INFINITY, w_high = -INFINITY;
    double du = (p->u_high - p->u_low) / BELIEF_U, dw = (p->w_high - p->w_low) / BELIEF_W, top = heaviest_share(b);
    for (size_t i = 0; i < b->n_cells; i++) {
        const belief_cell *c = &b->cells[i];
        if (c->share < 1e-5 * top) continue;
        u_low = fmin(u_low, c->u - 1.5 * du);
        u_high = fmax(u_high, c->u + 1.5 * du);
        w_low = fmin(w_low, c->w - 1.5 * dw);
        w_high = fmax(w_high, c->w + 1.5 * dw);
    }
    u_low = fmax(u_low, p->u_low);
    u_high = fmin(u_high, p->u_high);
    w_low = fmax(w_low, p->w_low);
    w_high = fmin(w_high, p->w_high);
    bool smaller = (u_high - u_low) * (w_high - w_low) < .8 * (p->u_high - p->u_low) * (p->w_high - p->w_low);
    p->u_low = u_low;
    p->u_high = u_high;
    p->w_low = w_low;
    p->w_high = w_high;
    return smaller;
}

/* Weight over values, in bins. */
typedef struct histogram {
    double low, high, weight[BINS];
} histogram;

static void put(histogram *h, double value, double weight)
{
    double at = (value - h->low) / (h->high - h->low) * BINS;
    h->weight[at <= 0 ? 0 : at >= BINS ? BINS - 1 : (size_t)at] += weight;
}

static double quantile(const histogram *h, double q)
{
    double total = 0, sum = 0;
    for (size_t i = 0; i < BINS; i++) total += h->weight[i];
    for (size_t i = 0; i < BINS; i++) {
        double next = sum + h->weight[i];
        if (next >= q * total && h->weight[i] > 0)
            return h->low + (h->high - h->low) * ((double)i + (q * total - sum) / h->weight[i]) / BINS;
        sum = next;
    }
    return h->high;
}

static pl_estimate estimate_of(const histogram *h, double level)
{
    return (pl_estimate){quantile(h, .5), quantile(h, .5 - level / 2), quantile(h, .5 + level / 2), level};
}

static double intercept(const belief *b, const belief_cell *c, double A)
{
    return fmin(fmax(c->R0 + c->slope * (A - c->A), b->R0_low), b->R0_high);
}

/* Of a rise: its size is a scale, uniform in its logarithm, but for rises too small to matter. Along the ridge of curves that have
 * not bent a uniform prior would favour the highest ceilings. */
static double rise_prior(const belief *b, const belief_cell *c, double A)
{
    return 1 / fmax(fabs(A - intercept(b, c, A)), b->least_rise);
}

static double density_of(const belief *b, double t) { return pow(1 + t * t / b->freedom, -.5 * (b->freedom + 1)); }

/* Ceilings within a cell, with their weights; returns the sum of the weights over that without the prior of the rise. */
static double spread_ceilings(const belief *b, const belief_cell *c, double A[CEILINGS], double weight[CEILINGS])
{
    double low = fmax(b->A_low, c->A - 8 * c->spread), high = fmin(b->A_high, c->A + 8 * c->spread), plain = 0, sum = 0;
    bool cut = low > c->A - 8 * c->spread || high < c->A + 8 * c->spread;
    for (int k = 0; k < CEILINGS; k++) {
        A[k] = low + (high - low) * (k + .5) / CEILINGS;
        weight[k] = cut ? density_of(b, (A[k] - c->A) / c->spread) : b->density[k];
        plain += weight[k];
        weight[k] *= rise_prior(b, c, A[k]);
        sum += weight[k];
    }
    for (int k = 0; k < CEILINGS; k++) weight[k] /= sum;
    return sum / plain;
}

/* Brings the prior of the rise into the weights of the cells. */
static void weigh_rises(belief *b)
{
    double A[CEILINGS], weight[CEILINGS], top = heaviest_share(b), sum = 0;
    for (size_t i = 0; i < b->n_cells; i++) {
        belief_cell *c = &b->cells[i];
        c->share *= c->share < 1e-6 * top ? rise_prior(b, c, c->A) : spread_ceilings(b, c, A, weight);
        sum += c->share;
    }
    for (size_t i = 0; i < b->n_cells; i++) b->cells[i].share /= sum;
}

/* Calls `take` with every believable curve: cell, ceiling, weight. */
typedef void taker(void *to, const belief *b, const belief_cell *c, double A, double weight);
static void each_curve(const belief *b, taker *take, void *to)
{
    double A[CEILINGS], weight[CEILINGS], top = heaviest_share(b);
    for (size_t i = 0; i < b->n_cells; i++) {
        const belief_cell *c = &b->cells[i];
        if (c->share < 1e-4 * top) continue;
        (void)spread_ceilings(b, c, A, weight);
        for (int k = 0; k < CEILINGS; k++)
            if (weight[k] > 1e-5) take(to, b, c, A[k], c->share * weight[k]);
    }
}

static void take_ceiling(void *to, const belief *b, const belief_cell *c, double A, double weight) { put(to, A, weight); }

static double share_risen(const belief_cell *c, double at) { return at > 0 ? 1 / (1 + exp(exp(c->u) * (c->w - log(at)))) : 0; }

static void take_rest(void *to, const belief *b, const belief_cell *c, double A, double weight)
{
    put(to, (A - intercept(b, c, A)) * (1 - share_risen(c, b->last)), weight);
}

/* Value at a place with its noise: nodes of equal probability of a t distribution. */
typedef struct place {
    histogram h;
    double at, per_point;
    double node[NOISES];
} place;
static void take_place(void *to, const belief *b, const belief_cell *c, double A, double weight)
{
    place *p = to;
    double s = share_risen(c, p->at), R0 = intercept(b, c, A), mean = R0 + (A - R0) * s;
    double around = (1 - s) * c->R0_scale, scale = sqrt(around * around + c->sigma * c->sigma * p->per_point);
    for (int k = 0; k < NOISES; k++) put(&p->h, mean + scale * p->node[k], weight / NOISES);
}

static void prepare_place(const belief *b, double at, double points, place *p)
{
    double margin = 6 * b->sigma;
    *p = (place){.h = {.low = fmin(b->A_low, b->R0_low) - margin, .high = fmax(b->A_high, b->R0_high) + margin}, .at = at};
    /* Correlated points do not average out. */
    p->per_point = points > 0 ? (1 + (points - 1) * b->rho) / points : 0;
    for (int k = 0; k < NOISES; k++) p->node[k] = gsl_cdf_tdist_Pinv((k + .5) / NOISES, b->freedom);
}

pl_estimate belief_predict(const belief *b, double at, double points, double level)
{
    place p;
    prepare_place(b, at, points, &p);
    each_curve(b, take_place, &p);
    return estimate_of(&p.h, level == 0 ? b->level : level);
}

double belief_value(const belief *b, double at)
{
    const belief_cell *c = &b->cells[b->best];
    return c->R0 + (c->A - c->R0) * share_risen(c, at);
}

/* u or w alone. */
static pl_estimate marginal(const belief *b, const problem *p, bool of_w, double level)
{
    histogram h = {.low = of_w ? p->w_low : p->u_low, .high = of_w ? p->w_high : p->u_high};
    double width = (h.high - h.low) / (of_w ? BELIEF_W : BELIEF_U);
    for (size_t i = 0; i < b->n_cells; i++)
        for (int k = 0; k < 16; k++)
            put(&h, (of_w ? b->cells[i].w : b->cells[i].u) + width * ((k + .5) / 16 - .5), b->cells[i].share / 16);
    pl_estimate e = estimate_of(&h, level);
    return (pl_estimate){exp(e.value), exp(e.low), exp(e.high), level};
}

static void summarise(const problem *p, belief *b)
{
    double level = b->level, span = b->A_high - b->A_low;
    histogram *h = &(histogram){.low = b->A_low, .high = b->A_high};
    each_curve(b, take_ceiling, h);
    b->A = estimate_of(h, level);
    b->bounded = (b->A.low < b->A_low + .01 * span && b->A_low != 0) || (b->A.high > b->A_high - .01 * span && b->A_high != 1);
    h = &(histogram){.low = -span - (b->R0_high - b->R0_low), .high = span + b->R0_high - b->R0_low};
    each_curve(b, take_rest, h);
    b->rest = estimate_of(h, level);
    h = &(histogram){.low = 0, .high = 1};
    for (size_t i = 0; i < b->n_cells; i++) put(h, 1 - share_risen(&b->cells[i], b->last), b->cells[i].share);
    b->left = estimate_of(h, level);
    b->B = marginal(b, p, false, level);
    b->C_mid = marginal(b, p, true, level);
    b->R0 = isnan(p->R0) ? belief_predict(b, 0, 0, level) : (pl_estimate){p->R0 + p->shift, NAN, NAN, level};
    const curve *c = p->c;
    double rss = 0, total = 0, mean = pl_mean(c->y, c->n);
    for (size_t i = 0; i < c->n; i++) {
        double r = c->y[i] - belief_value(b, c->x[i]);
        rss += r * r;
        total += (c->y[i] - mean) * (c->y[i] - mean);
    }
    b->r2 = 1 - rss / total;
    b->change = belief_value(b, c->last) - belief_value(b, c->x[0]);
    double prior = prior_points * p->noise * p->noise;
    b->evidence = (prior_points + effective(p)) * log((prior + p->kept * total) / (prior + p->kept * rss));
}

static void set_bounds(const curve *c, belief_options o, belief *b)
{
    double range = c->high - c->low;
    b->A_low = c->low - range;
    b->A_high = c->high + range;
    if (o.share) {
        b->A_low = fmax(b->A_low, 0);
        b->A_high = 1;
    }
    b->R0_low = o.share ? fmax(c->low - .5 * range, 0) : c->low - .5 * range;
    b->R0_high = o.share ? fmin(c->high + .5 * range, 1) : c->high + .5 * range;
}

static double autocorrelation_of(const curve *c, const belief *b)
{
    double *r = pl_alloc_array(c->n, sizeof *r);
    if (!r) return -1;
    for (size_t i = 0; i < c->n; i++) r[i] = c->y[i] - belief_value(b, c->x[i]);
    double rho = residual_autocorrelation(r, c->n);
    pl_free(r);
    return rho;
}

static pl_status form(const curve *c, belief_options o, belief *b, double rho)
{
    double range = c->high - c->low, unit = o.unit > 0 ? o.unit : range, shift = .5 * (c->low + c->high);
    problem p = {.c = c,
                 .shift = shift,
                 .noise = fmax(o.noise, .012 * unit),
                 .kept = fmax((1 - rho) / (1 + rho), fmin(1, least_independent / (double)c->n)),
                 .R0 = o.R0 - shift,
                 .u_low = log(.3),
                 .u_high = log(12),
                 .w_low = log(.2 * c->first),
                 .w_high = log(10 * c->last)};
    p.power = pl_alloc_array(c->n, sizeof *p.power);
    if (!p.power) return PL_ERR_WORLD;
    b->rho = rho;
    b->freedom = fmax(prior_points + effective(&p) - (isnan(o.R0) ? 2 : 1), 1); /* what R0 and A leave */
    tabulate_cdf(&p, b->freedom);
    for (int k = 0; k < CEILINGS; k++) b->density[k] = density_of(b, 16 * ((k + .5) / CEILINGS - .5));
    for (int pass = 0; pass < PASSES; pass++) {
        if (pass && !narrow(&p, b)) break;
        scan(&p, b);
    }
    b->sigma = b->cells[b->best].sigma;
    b->least_rise = .05 * unit;
    weigh_rises(b);
    summarise(&p, b);
    pl_free(p.power);
    return PL_OK;
}

pl_status belief_form(const double *x, const double *y, size_t n, belief_options o, belief *b, pl_diag *diag)
{
    curve c;
    fit_options all = fit_defaults();
    all.least = 4;
    *b = (belief){.level = o.level == 0 ? .9 : o.level};
    pl_status st = fit_curve_make(x, y, n, all, &c, diag);
    if (st) return st;
    b->n = c.n;
    b->first = c.first;
    b->last = c.last;
    set_bounds(&c, o, b);
    st = form(&c, o, b, 0);
    double rho = st ? -1 : autocorrelation_of(&c, b);
    if (rho > 0) st = form(&c, o, b, rho);
    fit_curve_free(&c);
    return st || rho < 0 ? pl_diag_nomem(diag, "weighing curves") : PL_OK;
}

/* The quantiles of a marginal as points of equal weight. */
enum { POINTS = 400 };
static void equal_points(const histogram *h, double v[POINTS])
{
    for (int i = 0; i < POINTS; i++) v[i] = quantile(h, (i + .5) / POINTS);
}

static pl_estimate pair(const double a[POINTS], const double b[POINTS], double level)
{
    double low = a[0] - b[POINTS - 1], high = a[POINTS - 1] - b[0];
    histogram h = {.low = low, .high = high > low ? high : low + 1e-12};
    for (int i = 0; i < POINTS; i++)
        for (int j = 0; j < POINTS; j++) put(&h, a[i] - b[j], 1);
    return estimate_of(&h, level);
}

pl_estimate belief_ceiling_difference(const belief *a, const belief *b, double level)
{
    double v[2][POINTS];
    for (int k = 0; k < 2; k++) {
        const belief *of = k ? b : a;
        histogram h = {.low = of->A_low, .high = of->A_high};
        each_curve(of, take_ceiling, &h);
        equal_points(&h, v[k]);
    }
    return pair(v[0], v[1], level);
}

pl_estimate belief_speed_ratio(const belief *a, const belief *b, double level)
{
    double v[2][POINTS];
    for (int k = 0; k < 2; k++) {
        const belief *of = k ? b : a;
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < of->n_cells; i++) {
            low = fmin(low, of->cells[i].w);
            high = fmax(high, of->cells[i].w);
        }
        double width = (high - low) / (BELIEF_W - 1);
        histogram h = {.low = low - .5 * width, .high = high + .5 * width};
        for (size_t i = 0; i < of->n_cells; i++)
            for (int j = 0; j < 16; j++) put(&h, of->cells[i].w + width * ((j + .5) / 16 - .5), of->cells[i].share);
        equal_points(&h, v[k]);
    }
    pl_estimate e = pair(v[0], v[1], level);
    return (pl_estimate){exp(e.value), exp(e.low), exp(e.high), level};
}

/* Variance of A by the information of `points` evenly spread from `first` to `last`, and the priors. Cholesky; A is taken last, so
 * that its variance is the inverse square of the last pivot. */
static double ceiling_variance(const belief *b, const belief_cell *c, double last, double points)
{
    enum { NODES = 240 };
    double m[4][4] = {{0}}, B = exp(c->u), rise = c->A - c->R0, noise = c->sigma * c->sigma * (1 + b->rho) / (1 - b->rho);
    double range = b->A_high - b->A_low;
    for (int i = 0; i < NODES; i++) {
        double x = b->first + (last - b->first) * i / (NODES - 1), d = c->w - log(x), s = 1 / (1 + exp(B * d)), ds = s * (1 - s);
        double g[4] = {-rise * ds * B * d, -rise * ds * B, 1 - s, s};
        for (int j = 0; j < 4; j++)
            for (int k = 0; k <= j; k++) m[j][k] += g[j] * g[k] * points / NODES / noise;
    }
    m[0][0] += 1 / (B_spread * B_spread);
    m[1][1] += .1;
    m[2][2] += 12 / (range * range);
    m[3][3] += 12 / (range * range);
    for (int j = 0; j < 4; j++)
        for (int k = 0; k <= j; k++) {
            for (int i = 0; i < k; i++) m[j][k] -= m[j][i] * m[k][i];
            m[j][k] = j == k ? sqrt(fmax(m[j][k], 1e-300)) : m[j][k] / m[k][k];
        }
    return 1 / (m[3][3] * m[3][3]);
}

double belief_lengthening(const belief *b, double width)
{
    static const double times[] = {1, 1.15, 1.3, 1.5, 1.75, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 48, 64};
    enum { CURVES = 41 };
    double needed[CURVES], sum = 0;
    size_t n = 0;
    if (!b->bounded && b->A.high - b->A.low < width) return 1;
    for (size_t i = 0; i < b->n_cells && n < CURVES; i++) {
        sum += b->cells[i].share;
        if (sum < ((double)n + .5) / CURVES) continue;
        const belief_cell *c = &b->cells[i];
        size_t k = 0;
        for (; k < PL_COUNT(times); k++) {
            double last = b->last * times[k];
            if (exp(c->w) < last && 3.29 * sqrt(ceiling_variance(b, c, last, (double)b->n * times[k])) < width) break;
        }
        double found = k < PL_COUNT(times) ? times[k] : INFINITY;
        while (n < CURVES && sum >= ((double)n + .5) / CURVES) needed[n++] = found;
    }
    if (!n) return INFINITY;
    for (size_t i = 1; i < n; i++)
        for (size_t j = i; j > 0 && needed[j] < needed[j - 1]; j--) {
            double swap = needed[j];
            needed[j] = needed[j - 1];
            needed[j - 1] = swap;
        }
    return fmax(needed[4 * n / 5], times[1]);
}
