/* The law of response lengths: a rounded log-normal, truncated at a cap. Stated in world.h. */
#include "models/world.h"

#define DIRECT_TERMS 2048.0

/* P(Z >= z) and P(Z < z) of a standard normal. */
static double upper(double z) { return 0.5 * erfc(z * 0.70710678118654752440); }
static double lower(double z) { return 0.5 * erfc(-z * 0.70710678118654752440); }

/* A raw length x is rounded to floor(x + 1/2); it is truncated when that exceeds the cap. */
static double cap_edge(double cap) { return floor(cap) + 0.5; }

double world_length(const world *w, size_t format, size_t strategy, double z, bool *truncated) {
    const double sd = w->spec->length_sd, cap = isnan(w->spec->length_cap) ? PL_INF : w->spec->length_cap;
    const double raw = w->tokens[format * w->n_strategies + strategy] * exp(sd * z - 0.5 * sd * sd);
    *truncated = raw >= cap_edge(cap);
    if (*truncated) return floor(cap);
    const double whole = floor(raw + 0.5);
    return whole < 1.0 ? 1.0 : whole;
}

/* Integral of P(X >= t) over [from, to] of the log-normal X with mean m. */
static double survival_integral(double m, double sd, double from, double to) {
    const double h = 0.5 * sd;
    const double za = (log(from / m)) / sd, zb = isinf(to) ? PL_INF : log(to / m) / sd;
    const double partial = m * (upper(za - h) - upper(zb - h));          /* E[X; from <= X < to] */
    const double end = isinf(to) ? 0.0 : to * upper(zb + h);
    return end - from * upper(za + h) + partial;
}

void world_length_law(double m, double sd, double cap, double *mean, double *fits) {
    const double edge = cap_edge(cap);
    if (sd == 0.0) {
        const double whole = fmax(1.0, floor(m + 0.5));
        *fits = m >= edge ? 0.0 : 1.0;
        *mean = m >= edge ? floor(cap) : whole;
        return;
    }
    const double h = 0.5 * sd;
    *fits = isinf(cap) ? 1.0 : lower(log(edge / m) / sd + h);
    /* E[length] = 1 + sum over n = 1 .. cap-1 of P(length > n), and length > n means raw >= n + 1/2. */
    const double last = floor(cap) - 1.0;
    double sum = 1.0, n = 1.0;
    for (; n <= last && n <= DIRECT_TERMS; n += 1.0) {
        const double p = upper(log((n + 0.5) / m) / sd + h);
        sum += p;
        if (p < 1e-18) break;
    }
    if (n > DIRECT_TERMS && n <= last) sum += survival_integral(m, sd, n, last + 1.0);
    *mean = sum;
}
