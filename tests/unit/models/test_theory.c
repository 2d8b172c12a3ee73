/* The closed forms against their own definitions: limits, differential equations, slow enumerations, quoted values. */
#include "tests/unit/models/small_world.h"
#include "models/theory.h"
#include <gsl/gsl_randist.h>

static bool near(double a, double b, double relative) { return fabs(a - b) <= relative * fmax(fabs(a), fabs(b)); }

static void limits_of_grpo(void **state)
{
    assert_true(near(theory_weight_grpo(1e-9, 23), sqrt(22), 1e-6));
    assert_true(near(theory_weight_grpo(0.37, 20000), theory_weight_grpo_limit(0.37, 0), 1e-4));
    assert_true(near(theory_weight_grpo(0.217, 8), theory_weight_grpo(0.783, 8), 1e-12));
    assert_true(near(theory_weight_dynamic(theory_weight_grpo(0.31, 2), 0.31, 2), 1 / (2 * 0.31 * 0.69),
                     1e-12)); /* two of a mixed pair: A = +-1 */
}

/* w(p) is the derivative of the objective: pass@k, and the truncated logarithm of MaxRL. */
static void weights_are_derivatives(void **state)
{
    const double p = 0.2385, h = 1e-6;
    for (size_t k = 1; k < 40; k += 6) {
        double high = -pow(1 - p - h, (double)k), low = -pow(1 - p + h, (double)k);
        assert_true(near(theory_weight_pass_at_k(p, k), (high - low) / (2 * h), 1e-7));
        double sum = 0;
        for (size_t j = 1; j <= k; j++) sum += theory_weight_pass_at_k(p, j) / (double)j;      /* gradient of -sum fail@j / j */
        assert_true(near(theory_weight_maxrl(p, k), sum, 1e-12));
    }
    assert_true(near(theory_weight_maxrl(1e-12, 1000), 1000, 1e-8));
}

static void mixed_group_by_enumeration(void **state)
{
    for (size_t G = 2; G < 20; G += 5) {
        double sum = 0;
        for (unsigned k = 1; k < G; k++) sum += gsl_ran_binomial_pdf(k, 0.173, (unsigned)G);
        assert_true(near(theory_mixed_group(0.173, G), sum, 1e-12));
    }
    assert_true(near(theory_mixed_group(1e-15, 8), 8e-15, 1e-9));
}

/* w(p) p (1-p) as a function of x, written so that it keeps its digits far out. */
static double speed_natural(double x) { return 1; }
static double speed_reinforce(double x) { return theory_sigmoid(x) * theory_sigmoid(-x); }
static double speed_grpo(double x) { return sqrt(speed_reinforce(x)); }
static double speed_maxrl(double x) { return theory_sigmoid(-x); }

/* dx/dt = w(p) p (1-p), from start to end of learning; and x(0) = x0, x(s + t; x0) = x(t; x(s; x0)). */
static void flows_solve_their_equation(void **state)
{
    static const struct { double (*flow)(double, double); double (*speed)(double); } flows[] = {
        {theory_flow_natural, speed_natural}, {theory_flow_reinforce, speed_reinforce}, {theory_flow_grpo, speed_grpo},
        {theory_flow_maxrl, speed_maxrl}};
    for (size_t f = 0; f < PL_COUNT(flows); f++)
        for (double x0 = -9.37; x0 < 7; x0 += 2.71)
            for (double t = 0.13; t < 3000; t *= 3.3) {
                double h = 1e-3 * t, slope = (flows[f].flow(x0, t + h) - flows[f].flow(x0, t - h)) / (2 * h);
                if (!near(slope, flows[f].speed(flows[f].flow(x0, t)), 1e-5))
                    fail_msg("flow %zu from %g at %g: %.9g", f, x0, t, slope);
                assert_true(fabs(flows[f].flow(x0, 0) - x0) < 1e-9);
                assert_true(fabs(flows[f].flow(flows[f].flow(x0, t), 2 * t) - flows[f].flow(x0, 3 * t)) < 1e-8);
            }
}

/* Time until p = 1/2 from a small p0, and how it grows as p0 shrinks by e^-3: as 1/p0, 1/sqrt(p0), ln 1/p0. */
static void escape_times(void **state)
{
    const double a = -9.0, b = -12.0;                    /* logits; p0 about e^a and e^b */
    double reinforce = sinh(12) / sinh(9), grpo = sinh(6) / sinh(4.5), maxrl = 12.0 / 9.0;
    assert_true(fabs(theory_flow_reinforce(a, 2 * (9 + sinh(9)))) < 1e-6 &&
                fabs(theory_flow_reinforce(b, 2 * (12 + sinh(12)))) < 1e-6);
    assert_true(fabs(theory_flow_grpo(a, 4 * sinh(4.5))) < 1e-12 && fabs(theory_flow_grpo(b, 4 * sinh(6))) < 1e-12);
    assert_true(fabs(theory_flow_maxrl(a, 10 - exp(-9))) < 1e-12 && fabs(theory_flow_maxrl(b, 13 - exp(-12))) < 1e-12);
    assert_true(near(reinforce, exp(3), 1e-6) && near(grpo, exp(1.5), 1e-3) && maxrl < 1.34);
}

/* Natural gradient over log-logistic difficulty of shape 2: largest distance from the sigmoid over all times. */
static void sigmoid_from_difficulty(void **state)
{
    static const double d0[] = {2, 5, 20}, published[] = {0.160, 0.060, 0.007};
    for (size_t i = 0; i < 3; i++) {
        double worst = 0;
        for (double time = 0.003 * d0[i]; time < 12 * d0[i]; time *= 1.02)
            worst = fmax(worst, fabs(theory_loglogistic_pass(d0[i], 2, time, 2000) - theory_loglogistic_sigmoid(d0[i], 2, time)));
        assert_true(fabs(worst - published[i]) < 0.0006);
    }
}

static double reinforce(const void *c, double x0, double t) { return theory_flow_reinforce(x0, t); }
static double grpo(const void *c, double x0, double t) { return theory_flow_grpo(x0, t); }

/* Flow of GRPO at finite G by its own clock T(x) = integral dx / (w p (1-p)): dx/dt depends on x alone, so x(t; x0) is
 * where the clock shows T(x0) + t. */
enum { CELLS = 16000 };
typedef struct flow_clock { double x[CELLS + 1], time[CELLS + 1]; } flow_clock;

static void clock_make(flow_clock *c, size_t G)
{
    const double h = 90.0 / CELLS;
    static double slowness[CELLS + 1];                   /* dt/dx */
    for (size_t i = 0; i <= CELLS; i++) {
        double x = c->x[i] = -45 + h * (double)i, ln_p = -log1p(exp(-x)), ln_q = -log1p(exp(x)), speed = 0;
        for (unsigned k = 1; k < G; k++)
            speed +=
                exp(lgamma((double)G + 1) - lgamma(k + 1.0) - lgamma((double)G - k + 1.0) + k * ln_p + ((double)G - k) * ln_q) *
                sqrt(k * ((double)G - k)) / (double)G;
        slowness[i] = 1 / speed;
    }
    c->time[CELLS / 2] = 0;                              /* outwards from x = 0: early times are huge and would drown late ones */
    for (size_t i = CELLS / 2; i < CELLS; i++) c->time[i + 1] = c->time[i] + (slowness[i] + slowness[i + 1]) / 2 * h;
    for (size_t i = CELLS / 2; i > 0; i--) c->time[i - 1] = c->time[i] - (slowness[i] + slowness[i - 1]) / 2 * h;
}

static double interpolate(const double *from, const double *to, double at)
{
    size_t low = 0, high = CELLS;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (from[middle] <= at) low = middle;
        else high = middle;
    }
    return to[low] + (to[high] - to[low]) * (at - from[low]) / (from[high] - from[low]);
}

static double finite(const void *context, double x0, double t)
{
    const flow_clock *c = context;
    if (x0 <= -44) return x0;
    double start = interpolate(c->x, c->time, x0);
    return fmin(45, interpolate(c->time, c->x, start + t));
}

static double tail_exponent(theory_flow *flow, const void *context, double alpha, double time)
{
    double ln_p_min = -30 / fmin(alpha, 1);              /* e^-30 of the mass is below */
    double early = theory_mean_failure(flow, context, alpha, time, ln_p_min, 30000);
    double late = theory_mean_failure(flow, context, alpha, 4 * time, ln_p_min, 30000);
    return log(early / late) / log(4);
}

/* 1 - R ~ t^-min(1, alpha) for REINFORCE, t^-min(2, 2 alpha) for GRPO with G -> infinity. */
static void tail_exponents(void **state)
{
    assert_true(fabs(tail_exponent(reinforce, NULL, 0.45, 1e7) - 0.45) < 0.002);
    assert_true(fabs(tail_exponent(reinforce, NULL, 2.3, 1e7) - 1) < 0.002);
    assert_true(fabs(tail_exponent(grpo, NULL, 0.45, 1e6) - 0.9) < 0.002);
    assert_true(fabs(tail_exponent(grpo, NULL, 2.3, 1e4) - 2) < 0.01);
}

/* GRPO at finite G ends like REINFORCE, not like its own limit. */
static void tail_exponents_at_finite_G(void **state)
{
    static flow_clock c;
    clock_make(&c, 8);
    assert_true(fabs(tail_exponent(finite, &c, 0.45, 1e5) - 0.45) < 0.01);
    assert_true(fabs(tail_exponent(finite, &c, 2.3, 1e5) - 1) < 0.01);
}

/* Rare mode: enumeration over the number of draws in the mode, in the rest of the right mass, and outside. */
static void missed_mode_by_enumeration(void **state)
{
    enum { N = 13 };
    const double tau = 0.0317, mu = 0.2385;
    double success = 0, mixed = 0;
    for (unsigned k = 1; k <= N; k++) {                  /* k draws in the right mass, none of them in the mode */
        double q = gsl_ran_binomial_pdf(k, mu, N) * pow(1 - tau / mu, k);
        success += q;
        if (k < N) mixed += q;
    }
    assert_true(near(theory_missed_success(tau, mu, N), success, 1e-12));
    assert_true(near(theory_missed_mixed(tau, mu, N), mixed, 1e-12));
}

static void longest_of_many(void **state)
{
    assert_true(fabs(theory_longest(512, 0.8) - 8.69) < 0.005 && fabs(theory_longest(8192, 0.8) - 15.7) < 0.05);
    assert_true(near(theory_longest(1, 0.617), 1, 1e-12));
    assert_true(near(theory_longest(2, 0.617), 1 + erf(0.617 / 2), 1e-12));      /* E max of two log-normals, in means */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_of_grpo),
        cmocka_unit_test(weights_are_derivatives),
        cmocka_unit_test(mixed_group_by_enumeration),
        cmocka_unit_test(flows_solve_their_equation),
        cmocka_unit_test(escape_times),
        cmocka_unit_test(sigmoid_from_difficulty),
        cmocka_unit_test(tail_exponents),
        cmocka_unit_test(tail_exponents_at_finite_G),
        cmocka_unit_test(missed_mode_by_enumeration),
        cmocka_unit_test(longest_of_many),
    };
    return cmocka_run_group_tests_name("theory", tests, NULL, NULL);
}
