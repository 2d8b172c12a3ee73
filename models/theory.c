#include "models/theory.h"

#include <math.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>

double theory_sigmoid(double x) { return x >= 0 ? 1.0 / (1.0 + exp(-x)) : exp(x) / (1.0 + exp(x)); }
double theory_logit(double p) { return log(p) - log1p(-p); }

/* ---- Population weights ---- */

double theory_weight_reinforce(double p, size_t G) { return 1.0; }
double theory_weight_dr_grpo(double p, size_t G) { return ((double)G - 1.0) / (double)G; }

double theory_weight_grpo(double p, size_t G)
{
    double sum = 0;
    for (unsigned k = 1; k < G; k++)
        sum += gsl_ran_binomial_pdf(k, p, (unsigned)G) * sqrt((double)k * (double)(G - k));
    return sum / ((double)G * p * (1.0 - p));
}

double theory_weight_grpo_limit(double p, size_t G) { return 1.0 / sqrt(p * (1.0 - p)); }
double theory_weight_pass_at_k(double p, size_t k) { return (double)k * pow(1.0 - p, (double)k - 1.0); }
double theory_weight_maxrl(double p, size_t N) { return -expm1((double)N * log1p(-p)) / p; }
double theory_weight_log(double p, size_t G) { return 1.0 / p; }

double theory_weight_pass_baseline(double p, size_t G, size_t k)
{
    return (1.0 - (double)k / (double)G) * pow(1.0 - p, (double)k - 1.0);
}

double theory_weight_pass_normalised(double p, size_t G, size_t k)
{
    double sum = 0;
    for (unsigned m = 1; m + k <= G; m++) {                 /* with fewer than k wrong ones every subset passes */
        double fail = exp(gsl_sf_lnchoose((unsigned)G - m, (unsigned)k) - gsl_sf_lnchoose((unsigned)G, (unsigned)k));
        sum += gsl_ran_binomial_pdf(m, p, (unsigned)G) * m * sqrt(fail / (1.0 - fail));
    }
    return sum / ((double)G * p * (1.0 - p));
}

/* Over mixed groups: m(G-m)/G^2 has the mean (G-1)/G p(1-p) / P(mixed). */
double theory_weight_mixed_rms(double p, size_t G)
{
    double mixed = theory_mixed_group(p, G);
    return theory_weight_dr_grpo(p, G) / mixed / sqrt(theory_weight_dr_grpo(p, G) * p * (1.0 - p) / mixed);
}

double theory_factor_hicra(double p, double alpha) { return 1.0 + alpha * (1.0 - 2.0 * p); }

double theory_weight_dynamic(double weight, double p, size_t G) { return weight / theory_mixed_group(p, G); }

/* expm1 keeps the digits that 1 - (1-p)^G would lose for small p. */
double theory_mixed_group(double p, size_t G) { return -expm1((double)G * log1p(-p)) - pow(p, (double)G); }

double theory_grpo_advantage_right(size_t m, size_t G) { return sqrt((double)(G - m) / (double)m); }
double theory_grpo_advantage_wrong(size_t m, size_t G) { return -sqrt((double)m / (double)(G - m)); }

/* ---- Flows ---- */

double theory_flow_natural(double x0, double time) { return x0 + time; }

/* Newton from the right of the root of a function that rises and is convex there goes down to it monotonically; it has
 * arrived when rounding stops the descent. */
double theory_flow_reinforce(double x0, double time)
{
    double c = x0 + sinh(x0) + time / 2.0, target = fabs(c);      /* x + sinh x is odd: solve on the positive side */
    double x = asinh(target);
    for (int i = 0; i < 100; i++) {
        double next = x - (x + sinh(x) - target) / (1.0 + cosh(x));
        if (!(next < x)) break;
        x = next;
    }
    return copysign(x, c);
}

double theory_flow_grpo(double x0, double time) { return 2.0 * asinh(sinh(x0 / 2.0) + time / 4.0); }

double theory_flow_maxrl(double x0, double time)
{
    double c = x0 + exp(x0) + time;
    double x = c > 1.0 ? log(c) : c;
    for (int i = 0; i < 100; i++) {
        double next = x - (x + exp(x) - c) / (1.0 + exp(x));
        if (!(next < x)) break;
        x = next;
    }
    return x;
}

/* ---- Sigmoids from difficulty ---- */

double theory_mean_failure(theory_flow *flow, const void *context, double alpha, double time, double ln_p_min, size_t n)
{
    double sum = exp(alpha * ln_p_min), h = -ln_p_min / (double)n;
    for (size_t i = 0; i < n; i++) {
        double ln_p = ln_p_min + ((double)i + 0.5) * h;
        double x0 = ln_p - log(-expm1(ln_p));
        sum += h * alpha * exp(alpha * ln_p) * theory_sigmoid(-flow(context, x0, time));
    }
    return sum;
}

double theory_loglogistic_pass(double d0, double shape, double time, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double u = ((double)i + 0.5) / (double)n;
        sum += theory_sigmoid(theory_flow_natural(-d0 * pow(u / (1.0 - u), 1.0 / shape), time));
    }
    return sum / (double)n;
}

double theory_loglogistic_sigmoid(double d0, double shape, double time) { return 1.0 / (1.0 + pow(d0 / time, shape)); }

/* ---- Divergence from a reference ---- */

double theory_kl(const double *p, const double *q, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++) sum += p[j] > 0 ? p[j] * log(p[j] / q[j]) : 0;
    return sum;
}

void theory_kl_reverse_gradient(const double *pi, const double *ref, size_t n, double *gradient)
{
    double kl = theory_kl(pi, ref, n);
    for (size_t j = 0; j < n; j++) gradient[j] = pi[j] * (log(pi[j] / ref[j]) - kl);
}

void theory_kl_forward_gradient(const double *pi, const double *ref, size_t n, double *gradient)
{
    for (size_t j = 0; j < n; j++) gradient[j] = pi[j] - ref[j];
}

void theory_kl_optimum(const double *ref, const double *reward, size_t n, double beta, double *pi)
{
    double sum = 0, max = reward[0];
    for (size_t j = 1; j < n; j++) max = fmax(max, reward[j]);
    for (size_t j = 0; j < n; j++) sum += pi[j] = ref[j] * exp((reward[j] - max) / beta);
    for (size_t j = 0; j < n; j++) pi[j] /= sum;
}

/* sum_j beta ref_j / (beta + m - reward_j) falls with m, from above 1 at the largest reward less beta times its share to below
 * 1 at the largest reward: bisection to rounding. */
double theory_kl_forward_optimum(const double *ref, const double *reward, size_t n, double beta, double *pi)
{
    double high = reward[0], low;
    for (size_t j = 1; j < n; j++) high = fmax(high, reward[j]);
    low = high - beta;
    for (int i = 0; i < 200; i++) {
        double m = 0.5 * (low + high), sum = 0;
        for (size_t j = 0; j < n; j++) sum += beta * ref[j] / (beta + m - reward[j]);
        *(sum > 1 ? &low : &high) = m;
    }
    for (size_t j = 0; j < n; j++) pi[j] = beta * ref[j] / (beta + high - reward[j]);
    return high;
}

/* ---- One update of a tabular softmax ---- */

double theory_mass_balance(const theory_actions *a, double N, double reward_right, double reward_wrong, double eta)
{
    double q[2] = {0}, sampled2[2] = {0}, unsampled2[2] = {0}, s = 0;       /* [0] wrong, [1] right */
    for (size_t i = 0; i < a->n; i++) {
        double pi = a->pi[i];
        q[a->right[i]] += pi;
        if (a->sampled[i]) {
            sampled2[a->right[i]] += pi * pi;
            s += pi * (a->right[i] ? reward_right : reward_wrong);
        } else {
            unsampled2[a->right[i]] += pi * pi;
        }
    }
    return eta / N * ((reward_right - s) * q[0] * sampled2[1] + (s - reward_wrong) * q[1] * sampled2[0] +
                      s * (q[1] * unsampled2[0] - q[0] * unsampled2[1]));
}

double theory_missed_success(double tau, double mu, size_t N)
{
    return pow(1.0 - tau, (double)N) - pow(1.0 - mu, (double)N);
}

double theory_missed_mixed(double tau, double mu, size_t N)
{
    return theory_missed_success(tau, mu, N) - pow(mu - tau, (double)N);
}

/* E max = integral of K phi(z) Phi(z)^(K-1) e^(sd z); in units of the mean e^(sd^2/2) the factor e^(sd z) shifts phi by sd.
 * The trapezoidal rule on a smooth integrand that vanishes at both ends converges faster than any power of the step. */
double theory_longest(size_t K, double sd)
{
    enum { HALF = 4800 };
    const double h = 12.0 / HALF;
    double sum = 0;
    for (int i = -HALF; i <= HALF; i++) {
        double y = i * h, z = y + sd;
        double ln_below = z > 0 ? log1p(-0.5 * erfc(z / sqrt(2.0))) : log(0.5 * erfc(-z / sqrt(2.0)));
        double ln_rest = K > 1 ? ((double)K - 1.0) * ln_below : 0.0;
        sum += exp(ln_rest - y * y / 2.0);
    }
    return (double)K * h * sum / sqrt(2.0 * acos(-1.0));
}

double theory_amplified(double p, double p_ref, double beta, double eps)
{
    return theory_sigmoid(theory_logit(p_ref) + 1.0 / (beta * sqrt(p * (1.0 - p) + eps)));
}

double theory_rlcr(double p, double q) { return p - (q - p) * (q - p) - p * (1.0 - p); }
