/* Theory: closed forms that the simulator must meet, for the tests and the documentation. docs/model/oracles.md.
 *
 * p is the success probability of a prompt under the policy, x = logit p, G the group size, eta a step size (so that
 * dx/dt = eta w(p) p(1-p) for a policy of one logit that follows the expected update).
 */
#ifndef PL_MODELS_THEORY_H
#define PL_MODELS_THEORY_H

#include <stdbool.h>
#include <stddef.h>

double theory_sigmoid(double x);
double theory_logit(double p);

/* ---- Population weights: E[update] = E_x[w(p) grad p] for 0/1 rewards. ---- */

double theory_weight_reinforce(double p, size_t G);          /* 1; RLOO has the same */
double theory_weight_dr_grpo(double p, size_t G);            /* (G-1)/G: the own reward is part of the baseline */
/* E_{k~Bin(G,p)} sqrt(k(G-k)) / (G p(1-p)): population standard deviation, eps 0. Limits: 1/sqrt(p(1-p)) for large G,
 * sqrt(G-1) as p -> 0. */
double theory_weight_grpo(double p, size_t G);
double theory_weight_grpo_limit(double p, size_t G);         /* 1/sqrt(p(1-p)), G ignored */
double theory_weight_pass_at_k(double p, size_t k);          /* k (1-p)^(k-1) */
double theory_weight_maxrl(double p, size_t N);              /* (1-(1-p)^N)/p, arXiv 2602.02710 */
double theory_weight_log(double p, size_t G);                /* 1/p: divided by the batch's share of right responses; G ignored */
/* Baseline pass_at_k (arXiv 2508.10751): (1 - k/G)(1-p)^(k-1); normalised, E_{m~Bin(G,p)}[m sqrt(F/(1-F))]/(G p(1-p)) with
 * F = C(G-m,k)/C(G,k), the share of subsets without a right response. */
double theory_weight_pass_baseline(double p, size_t G, size_t k);
double theory_weight_pass_normalised(double p, size_t G, size_t k);
/* Mean baseline over groups that are mixed, divided by the deviation of their advantages (scale batch_rms). */
double theory_weight_mixed_rms(double p, size_t G);
double theory_factor_hicra(double p, double alpha);          /* 1 + alpha (1 - 2p), of planning decisions with a mean baseline */
/* Groups without variance are drawn again until there is one: the weight without that, divided by P(mixed group). */
double theory_weight_dynamic(double weight, double p, size_t G);

/* P(the rewards of a group are not all equal) = 1 - p^G - (1-p)^G. */
double theory_mixed_group(double p, size_t G);
/* Advantages of GRPO (population std) when m of G are right, 0 < m < G. */
double theory_grpo_advantage_right(size_t m, size_t G);      /* sqrt((G-m)/m) */
double theory_grpo_advantage_wrong(size_t m, size_t G);      /* -sqrt(m/(G-m)) */

/* ---- Flows of a one-logit policy: x(t) from x0 under dx/dt = eta w(p) p(1-p); time = eta t. ---- */

double theory_flow_natural(double x0, double time);          /* w = 1/(p(1-p)): x = x0 + time */
double theory_flow_reinforce(double x0, double time);        /* w = 1: x + sinh x = x0 + sinh x0 + time/2 */
double theory_flow_grpo(double x0, double time);             /* w = 1/sqrt(p(1-p)): sinh(x/2) = sinh(x0/2) + time/4 */
double theory_flow_maxrl(double x0, double time);            /* w = 1/p: x + e^x = x0 + e^x0 + time */

/* ---- Sigmoids from difficulty ---- */

/* x(t) of a prompt that starts at x0; `context` is the caller's. */
typedef double theory_flow(const void *context, double x0, double time);

/* Mean failure rate 1 - pass of independent prompts under a flow, initial pass rates p0 = u^(1/alpha), u uniform, so that
 * their density is ~ p0^(alpha-1) near 0; midpoint rule over ln p0 in n cells from ln_p_min to 0, all below ln_p_min unsolved. */
double theory_mean_failure(theory_flow *flow, const void *context, double alpha, double time, double ln_p_min, size_t n);
/* Mean pass rate of the natural gradient flow over difficulties d = -logit p0 that are log-logistic with median d0 and
 * the given shape; midpoint rule over n quantiles. */
double theory_loglogistic_pass(double d0, double shape, double time, size_t n);
/* The sigmoid in time that it approaches as d0 grows: 1/(1 + (d0/time)^shape). */
double theory_loglogistic_sigmoid(double d0, double shape, double time);

/* ---- Divergence from a reference, softmax policies over n options ---- */

/* KL(p || q) = sum p ln(p/q), nats. */
double theory_kl(const double *p, const double *q, size_t n);
/* Gradients by the logits of pi: of KL(pi || ref), pi_j (ln(pi_j/ref_j) - KL); of KL(ref || pi), pi_j - ref_j. */
void theory_kl_reverse_gradient(const double *pi, const double *ref, size_t n, double *gradient);
void theory_kl_forward_gradient(const double *pi, const double *ref, size_t n, double *gradient);
/* Maximum of E_pi[reward] - beta KL(pi || ref): pi ~ ref e^(reward/beta). */
void theory_kl_optimum(const double *ref, const double *reward, size_t n, double beta, double *pi);
/* Maximum of E_pi[reward] - beta KL(ref || pi): pi_j = beta ref_j / (beta + E_pi[reward] - reward_j), which is the floor of a
 * losing option. Returns E_pi[reward]. */
double theory_kl_forward_optimum(const double *ref, const double *reward, size_t n, double beta, double *pi);

/* Success after one round of climbing GRPO's advantage, taken at success p, less beta KL(pi || ref) to the end: logit p' = logit
 * p_ref + 1/(beta sqrt(p(1-p) + eps)). Rounds tend to a fixed point above p_ref. arXiv 2503.06639. */
double theory_amplified(double p, double p_ref, double beta, double eps);

/* Expected reward of RLCR, correctness less (q - correct)^2, at success p and stated confidence q: p - (q-p)^2 - p(1-p). */
double theory_rlcr(double p, double q);

/* ---- One update of a tabular softmax ---- */

/* First-order change of the probability mass of the right actions when the objective (eta/N) sum of reward * pi over
 * the *distinct* sampled actions is climbed once; N is the number of draws. BroRL, arXiv 2510.01180. */
typedef struct theory_actions { const double *pi; const bool *right, *sampled; size_t n; } theory_actions;
double theory_mass_balance(const theory_actions *a, double N, double reward_right, double reward_wrong, double eta);

/* Rare right mode of mass tau among right mass mu, N draws. */
double theory_missed_success(double tau, double mu, size_t N);       /* P(a success, the mode missed) = (1-tau)^N - (1-mu)^N */
double theory_missed_mixed(double tau, double mu, size_t N);         /* P(mixed group, the mode missed): the same - (mu-tau)^N */

/* Expected maximum of K log-normal lengths in units of their mean; sd of the logarithm > 0. */
double theory_longest(size_t K, double sd);

#endif
