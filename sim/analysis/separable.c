#include "sim/analysis/separable.h"

#include <math.h>
#include <string.h>

static const double B_LOW = .1, B_HIGH = 12;

pl_status separable_init(separable *p, const curve *data, double R0_fixed)
{
    double margin = .5 * (data->high - data->low);
    *p = (separable){.data = data,
                     .low = {log(B_LOW), log(.2 * data->least)},
                     .high = {log(B_HIGH), log(10 * data->last)},
                     .R0_low = data->low - margin,
                     .R0_high = data->high + margin,
                     .A_low = data->low - margin,
                     .A_high = data->high + margin,
                     .end_x = NAN};
    if (!isnan(R0_fixed)) p->R0_low = p->R0_high = R0_fixed;
    p->scratch = pl_alloc_array(data->n, 5 * sizeof *p->scratch);
    return p->scratch ? PL_OK : PL_ERR_WORLD;
}

void separable_free(separable *p)
{
    pl_free(p->scratch);
    p->scratch = NULL;
}

/* Normal equations of y = R0 (1 - s) + A s; y is counted from `shift`, which loses no digits to its mean. */
typedef struct normal_equations {
    double rr, ra, aa, ry, ay, shift;
} normal_equations;

/* Excess sum of squares, up to a constant. R0 and A counted from the shift. */
static double quadratic(const normal_equations *q, double R0, double A)
{
    return R0 * (q->rr * R0 + 2 * q->ra * A - 2 * q->ry) + A * (q->aa * A - 2 * q->ay);
}

static double clamp(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

/* The best of a side of the box: one of the two is held. */
static void try_side(const normal_equations *q, const separable *p, bool hold_A, double held, double *R0, double *A, double *best)
{
    double r = held, a = held;
    if (hold_A)
        r = q->rr > 0 ? clamp((q->ry - q->ra * held) / q->rr, p->R0_low - q->shift, p->R0_high - q->shift) : p->R0_low - q->shift;
    else
        a = q->aa > 0 ? clamp((q->ay - q->ra * held) / q->aa, p->A_low - q->shift, p->A_high - q->shift) : p->A_low - q->shift;
    double value = quadratic(q, r, a);
    if (value < *best) {
        *best = value;
        *R0 = r;
        *A = a;
    }
}

/* The minimum of a convex quadratic in a box: inside if its stationary point is there, else on a side. */
static void minimise_in_box(const normal_equations *q, const separable *p, double *R0, double *A)
{
    double det = q->rr * q->aa - q->ra * q->ra;
    if (det > 1e-12 * q->rr * q->aa) {
        *R0 = (q->ry * q->aa - q->ay * q->ra) / det;
        *A = (q->ay * q->rr - q->ry * q->ra) / det;
        bool inside =
            *R0 >= p->R0_low - q->shift && *R0 <= p->R0_high - q->shift && *A >= p->A_low - q->shift && *A <= p->A_high - q->shift;
        if (inside) return;
    }
    double best = INFINITY;
    try_side(q, p, true, p->A_low - q->shift, R0, A, &best);
    try_side(q, p, true, p->A_high - q->shift, R0, A, &best);
    try_side(q, p, false, p->R0_low - q->shift, R0, A, &best);
    try_side(q, p, false, p->R0_high - q->shift, R0, A, &best);
}

/* The same on the line R0 (1-s) + A s = value, s and value those of the point the curve must pass. The larger of the two weights is
 * divided by. False: the line misses the box. */
static bool minimise_on_line(const normal_equations *q, const separable *p, double s, double *R0, double *A)
{
    double value = p->end_value - q->shift;
    bool by_A = s <= .5; /* A runs freely, R0 = c + d A; else the other way round */
    double weight = by_A ? 1 - s : s, c = value / weight, d = -(1 - weight) / weight;
    double low = (by_A ? p->A_low : p->R0_low) - q->shift, high = (by_A ? p->A_high : p->R0_high) - q->shift;
    double other_low = (by_A ? p->R0_low : p->A_low) - q->shift, other_high = (by_A ? p->R0_high : p->A_high) - q->shift;
    if (d < 0) {
        low = fmax(low, (other_high - c) / d);
        high = fmin(high, (other_low - c) / d);
    } else if (c < other_low || c > other_high) {
        return false;
    }
    if (!(low <= high)) return false;
    double own = by_A ? q->aa : q->rr, other = by_A ? q->rr : q->aa;
    double own_y = by_A ? q->ay : q->ry, other_y = by_A ? q->ry : q->ay;
    double curvature = own + 2 * d * q->ra + d * d * other;
    double t = curvature > 0 ? (own_y + d * other_y - c * (q->ra + d * other)) / curvature : low;
    t = clamp(t, low, high);
    *A = by_A ? t : c + d * t;
    *R0 = by_A ? c + d * t : t;
    return true;
}

static double rise(double u, double w, double ln_x) { return 1 / (1 + exp(exp(u) * (w - ln_x))); }

sigmoid_point separable_at(const separable *p, double u, double w, double *residual)
{
    const curve *c = p->data;
    double *s = p->scratch, B = exp(u);
    normal_equations q = {.shift = .5 * (c->low + c->high)};
    for (size_t i = 0; i < c->n; i++) {
        s[i] = 1 / (1 + exp(B * (w - c->ln_x[i])));
        double r = 1 - s[i], y = c->y[i] - q.shift;
        q.rr += r * r;
        q.ra += r * s[i];
        q.aa += s[i] * s[i];
        q.ry += r * y;
        q.ay += s[i] * y;
    }
    sigmoid_point at = {.u = u, .w = w, .rss = INFINITY};
    if (isnan(p->end_x))
        minimise_in_box(&q, p, &at.R0, &at.A);
    else if (!minimise_on_line(&q, p, rise(u, w, log(p->end_x)), &at.R0, &at.A))
        return at;
    at.R0 += q.shift;
    at.A += q.shift;
    at.rss = 0;
    for (size_t i = 0; i < c->n; i++) {
        double r = c->y[i] - (at.R0 + (at.A - at.R0) * s[i]);
        at.rss += r * r;
        if (residual) residual[i] = r;
    }
    return at;
}

/* Gradient and Gauss-Newton matrix of half the sum of squares by central differences of the residuals, one-sided at a bound. */
static bool differentiate(const separable *p, const sigmoid_point *at, const double *r, double gradient[2], double matrix[3])
{
    size_t n = p->data->n;
    double *column[2] = {p->scratch + 2 * n, p->scratch + 3 * n}, *other = p->scratch + 4 * n;
    for (int k = 0; k < 2; k++) {
        double here = k ? at->w : at->u;
        double up = fmin(here + 1e-5, p->high[k]), down = fmax(here - 1e-5, p->low[k]);
        memset(column[k], 0, n * sizeof *column[k]);
        if (!(up > down)) continue;
        sigmoid_point above = separable_at(p, k ? at->u : up, k ? up : at->w, column[k]);
        sigmoid_point below = separable_at(p, k ? at->u : down, k ? down : at->w, other);
        if (!isfinite(above.rss) || !isfinite(below.rss)) return false;
        for (size_t i = 0; i < n; i++) column[k][i] = (column[k][i] - other[i]) / (up - down);
    }
    gradient[0] = gradient[1] = matrix[0] = matrix[1] = matrix[2] = 0;
    for (size_t i = 0; i < n; i++) {
        gradient[0] += column[0][i] * r[i];
        gradient[1] += column[1][i] * r[i];
        matrix[0] += column[0][i] * column[0][i];
        matrix[1] += column[0][i] * column[1][i];
        matrix[2] += column[1][i] * column[1][i];
    }
    return true;
}

/* One damped Gauss-Newton step, cut at the bounds; a coordinate that is at a bound and pushed against it stays. */
static void step_to(const separable *p, const sigmoid_point *at, const double gradient[2], const double matrix[3], double damping,
                    double to[2])
{
    double here[2] = {at->u, at->w}, g[2] = {gradient[0], gradient[1]};
    double diagonal[2] = {matrix[0] * (1 + damping), matrix[2] * (1 + damping)}, off = matrix[1];
    for (int k = 0; k < 2; k++) {
        bool stuck = (here[k] <= p->low[k] && g[k] > 0) || (here[k] >= p->high[k] && g[k] < 0) || !(diagonal[k] > 0);
        if (!stuck) continue;
        g[k] = 0;
        diagonal[k] = 1;
        off = 0;
    }
    double det = diagonal[0] * diagonal[1] - off * off;
    double move[2] = {0, 0};
    if (det > 0) {
        move[0] = -(g[0] * diagonal[1] - g[1] * off) / det;
        move[1] = -(g[1] * diagonal[0] - g[0] * off) / det;
    }
    for (int k = 0; k < 2; k++) to[k] = clamp(here[k] + clamp(move[k], -1, 1), p->low[k], p->high[k]);
}

sigmoid_point separable_refine(const separable *p, double u, double w)
{
    size_t n = p->data->n;
    double *r = p->scratch + n, damping = 1e-3;
    sigmoid_point at = separable_at(p, clamp(u, p->low[0], p->high[0]), clamp(w, p->low[1], p->high[1]), r);
    if (!isfinite(at.rss)) return at;
    for (int iteration = 0; iteration < 60; iteration++) {
        double gradient[2], matrix[3], to[2];
        if (!differentiate(p, &at, r, gradient, matrix)) return at;
        double before = at.rss;
        bool moved = false;
        for (; damping < 1e9 && !moved; damping *= moved ? .1 : 8) {
            step_to(p, &at, gradient, matrix, damping, to);
            if (to[0] == at.u && to[1] == at.w) return at;
            sigmoid_point next = separable_at(p, to[0], to[1], NULL);
            moved = next.rss < at.rss;
            if (moved) at = next;
        }
        if (!moved || before - at.rss <= 1e-12 * before) return at;
        at = separable_at(p, at.u, at.w, r);
    }
    return at;
}

enum { MOST_U = 14, MOST_W = 28, MOST_STARTS = 4 };

static double grid_value(const separable *p, int k, size_t i, size_t n)
{
    return p->low[k] + (p->high[k] - p->low[k]) * ((double)i + .5) / (double)n;
}

sigmoid_point separable_solve(const separable *p, size_t nu, size_t nw, size_t starts, const sigmoid_point *warm)
{
    double rss[MOST_U][MOST_W];
    if (nu > MOST_U) nu = MOST_U;
    if (nw > MOST_W) nw = MOST_W;
    if (!(p->high[0] > p->low[0])) nu = 1;
    if (!(p->high[1] > p->low[1])) nw = 1;
    for (size_t i = 0; i < nu; i++)
        for (size_t j = 0; j < nw; j++) rss[i][j] = separable_at(p, grid_value(p, 0, i, nu), grid_value(p, 1, j, nw), NULL).rss;
    sigmoid_point best = {.rss = INFINITY};
    if (warm) best = separable_refine(p, warm->u, warm->w);
    for (size_t s = 0; s < starts && s < MOST_STARTS; s++) {
        size_t bi = 0, bj = 0;
        for (size_t i = 0; i < nu; i++)
            for (size_t j = 0; j < nw; j++)
                if (rss[i][j] < rss[bi][bj]) bi = i, bj = j;
        if (!isfinite(rss[bi][bj])) break;
        sigmoid_point found = separable_refine(p, grid_value(p, 0, bi, nu), grid_value(p, 1, bj, nw));
        if (found.rss < best.rss) best = found;
        for (size_t i = bi > 1 ? bi - 2 : 0; i < nu && i <= bi + 2; i++) /* the next start lies in another valley */
            for (size_t j = bj > 2 ? bj - 3 : 0; j < nw && j <= bj + 3; j++) rss[i][j] = INFINITY;
    }
    return best;
}
