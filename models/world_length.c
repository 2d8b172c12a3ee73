/* The law of response lengths: a rounded log-normal, truncated at a cap. Stated in world.h. */
#include "models/world.h"

#define DIRECT_TERMS 2048.0

/* P(Z >= z) and P(Z < z) of a standard normal. */
static double upper(double z) { return 0.5 * erfc(z * 0.70710678118654752440); }
static double lower(double z) { return 0.5 * erfc(-z * 0.70710678118654752440); }

/* A raw length x is rounded to floor(x + 1/2); it is truncated when that exceeds the cap. */
static double cap_edge(double cap) { return floor(cap) + 0.5; }

double world_length(const world *w, size_t prompt, size_t format, size_t strategy, double z, world_ending *ending) {
    const double sd = w->spec->length_sd, cap = isnan(w->spec->length_cap) ? PL_INF : w->spec->length_cap;
    const double raw = w->tokens[world_path(w, prompt, format, strategy)] * exp(sd * z - 0.5 * sd * sd);
    const interrupt_spec *stop = &w->spec->interrupt;
    const int64_t m = w->strategies[strategy]->steps;
    *ending = (world_ending){.steps = (uint16_t)m};
    if (w->interrupted && raw >= cap_edge(stop->at)) {
        const double at = floor(stop->at), reached = floor(at * (double)(m + 1) / floor(raw + 0.5));
        ending->interrupted = true;
        ending->planned = floor(raw + 0.5);
        if (reached < (double)m) ending->steps = (uint16_t)reached;
        return at + floor(stop->answer);
    }
    ending->truncated = raw >= cap_edge(cap);
    const double whole = floor(raw + 0.5);
    ending->planned = ending->truncated ? floor(cap) : whole < 1.0 ? 1.0 : whole;
    return ending->planned;
}

double world_executed(const world *w, size_t prompt, size_t format, size_t strategy, double ln_step) {
    const size_t m = (size_t)w->strategies[strategy]->steps;
    if (!w->reach) return m ? exp((double)m * ln_step) : 1.0;
    const double *reach = w->reach + world_path(w, prompt, format, strategy) * w->most_steps, luck = w->spec->interrupt.luck;
    double sum = 0.0, lucky = 1.0;
    for (size_t k = m + 1; k-- > 0;) {                     /* k reached, m - k not */
        const double at_least = k ? reach[k - 1] : 1.0, more = k < m ? reach[k] : 0.0;
        sum += (at_least - more) * exp(k ? (double)k * ln_step : 0.0) * lucky;
        lucky *= luck;
    }
    return sum;
}

/* P(the whole length is at most n) before any cap. */
static double at_most(double m, double sd, double n) {
    if (sd == 0.0) return m < n + 0.5 ? 1.0 : 0.0;
    return lower(log((n + 0.5) / m) / sd + 0.5 * sd);
}

void world_path_law(world *w, size_t i, size_t m) {
    const double sd = w->spec->length_sd, tokens = w->tokens[i], cap = isnan(w->spec->length_cap) ? PL_INF : w->spec->length_cap;
    const interrupt_spec *stop = &w->spec->interrupt;
    w->steps[i] = (double)m;
    if (!w->interrupted) {
        world_length_law(tokens, sd, cap, &w->length[i], &w->fits[i]);
        return;
    }
    const double at = floor(stop->at);
    double inside;                                         /* the law cut off at `at`, and the answer where it is */
    world_length_law(tokens, sd, at, &w->length[i], &inside);
    w->fits[i] = 1.0;
    w->interrupted[i] = 1.0 - inside;
    w->length[i] += w->interrupted[i] * floor(stop->answer);
    w->steps[i] = 0.0;
    for (size_t j = 1; j <= m; j++) {                      /* step j is reached by lengths up to at (m + 1)/j */
        const double p = at_most(tokens, sd, floor(at * (double)(m + 1) / (double)j));
        w->reach[i * w->most_steps + j - 1] = p;
        w->steps[i] += p;
    }
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
