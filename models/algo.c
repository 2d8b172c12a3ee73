/* From rewards to a gradient: advantages, weights of responses, coefficients of forks. */
#include "models/algo.h"

void algo_advantages(const algorithm_spec *a, algo_batch *batch)
{
    if (batch->n == 0) return;
    ((const algo_baseline *)a->baseline.entry)->apply(a->baseline.params, batch);
    ((const algo_scale *)a->scale.entry)->apply(a->scale.params, a->epsilon, (int)a->ddof, batch);
}

void algo_weights(const algorithm_spec *a, const algo_batch *batch, double reference_tokens, double *weight)
{
    const algo_aggregation *aggregation = (const algo_aggregation *)a->aggregation.entry;
    for (size_t m = 0; m < (size_t)a->minibatches; m++) {
        size_t from = algo_minibatch(a, batch->n, m), per = algo_minibatch(a, batch->n, m + 1) - from;
        if (per == 0) continue;
        algo_batch part = {batch->groups + from, per};
        size_t n = per * part.groups[0].G;
        aggregation->weights(a->aggregation.params, &part, reference_tokens, weight);
        for (size_t i = 0; a->batch_reduction == ALGO_SUM && i < n; i++) weight[i] *= (double)per;
        weight += n;
    }
}

const algo_kl *algo_kl_in(const algorithm_spec *a, algo_kl_place place)
{
    const algo_kl *kl = (const algo_kl *)a->kl.estimator.entry;
    return kl && kl->value && a->kl.in == (int)place ? kl : NULL;
}

/* Forks of a response by kind. Forks of a kind share their probability, so that one number stands for all of them. */
enum { FORK_FORMAT, FORK_STRATEGY, FORK_STEP_RIGHT, FORK_STEP_WRONG, FORK_STANCE, FORK_CONFIDENCE, FORK_KINDS };
typedef struct fork_ln { double v[FORK_KINDS]; } fork_ln;

static void count_forks(const rollout *r, size_t n[FORK_KINDS])
{
    n[FORK_FORMAT] = n[FORK_STRATEGY] = 1;
    n[FORK_STEP_RIGHT] = r->steps_right;
    n[FORK_STEP_WRONG] = (size_t)(r->steps - r->steps_right);
    n[FORK_STANCE] = r->took_stance;
    n[FORK_CONFIDENCE] = r->stated;
}

static fork_ln forks_sampled(const rollout *r)
{
    return (fork_ln){{r->ln_format, r->ln_strategy, r->ln_step_right, r->ln_step_wrong, r->ln_stance, r->ln_confidence}};
}

static fork_ln forks_under(const policy_view *v, const rollout *r)
{
    size_t f = r->format;
    return (fork_ln){{v->ln_format[f], v->ln_strategy[f * v->S + r->strategy], v->ln_step[f], v->ln_fail[f],
                      r->took_stance ? rollout_ln_stance(v, r) : 0, r->stated ? rollout_ln_confidence(v, r) : 0}};
}

double algo_divergence(const algo_kl *kl, const policy_view *reference, const rollout *r)
{
    size_t n[FORK_KINDS];
    fork_ln then = forks_sampled(r), base = forks_under(reference, r);
    double sum = 0;
    count_forks(r, n);
    for (int k = 0; k < FORK_KINDS; k++)
        if (n[k]) sum += (double)n[k] * kl->value(then.v[k] - base.v[k]);
    return sum;
}

double algo_coefficient(const algorithm_spec *a, const algo_fork *fork, double advantage, algo_counts *counts)
{
    const algo_loss *loss = (const algo_loss *)a->loss.entry;
    const algo_kl *kl = algo_kl_in(a, ALGO_KL_LOSS);
    bool clipped = false;
    double ln_ratio = loss->needs_old_policy ? fork->ln_now - fork->ln_then : 0;
    double c = loss->coefficient(a->loss.params, advantage, ln_ratio, &clipped);
    counts->forks += fork->n;
    if (clipped) *(advantage > 0 ? &counts->high : &counts->low) += fork->n;
    if (kl) {
        double l = fork->ln_now - fork->ln_reference;
        counts->divergence += (double)fork->n * kl->value(l);
        c -= a->kl.weight * (a->kl.importance_ratio ? exp(ln_ratio) : 1.0) * kl->slope(l);
    }
    return c;
}

void algo_entropy_gradient(double c, const double *pi, const double *ln_pi, size_t n, double *dz)
{
    double entropy = 0;
    for (size_t j = 0; j < n; j++)
        if (pi[j] > 0) entropy -= pi[j] * ln_pi[j];
    for (size_t j = 0; j < n; j++)
        if (pi[j] > 0) dz[j] -= c * pi[j] * (ln_pi[j] + entropy);
}

/* Of a Bernoulli of logit e: dH/de = -e q (1 - q). */
static double bernoulli_entropy_gradient(double q, double ln_q, double ln_not)
{
    return q > 0 && q < 1 ? -(ln_q - ln_not) * q * (1.0 - q) : 0;
}

/* Entropies of the decisions that the response met, under the policy as it is now. */
static void add_entropy(const policy_view *v, const rollout *r, double c, policy_dz *dz)
{
    size_t f = r->format, row = f * v->S, bin = r->bin;
    algo_entropy_gradient(c, v->format, v->ln_format, v->F, dz->format);
    algo_entropy_gradient(c, v->strategy + row, v->ln_strategy + row, v->S, dz->strategy + row);
    if (r->steps) dz->execution[f] += c * (double)r->steps * bernoulli_entropy_gradient(v->step[f], v->ln_step[f], v->ln_fail[f]);
    if (r->took_stance || r->stated) policy_view_bin(v, bin);
    if (r->took_stance) dz->stance[bin] += c * bernoulli_entropy_gradient(v->commit[bin], v->ln_commit[bin], v->ln_hedge[bin]);
    if (r->stated) algo_entropy_gradient(c, v->level + bin * v->L, v->ln_level + bin * v->L, v->L, dz->confidence + bin * v->L);
}

/* Coefficients of all forks of one rollout; `reference` is NULL when the loss has no divergence. */
static fork_weights loss_of_rollout(const algorithm_spec *a, const policy_view *v, const policy_view *reference, const rollout *r,
                                    double advantage, double weight, algo_counts *counts)
{
    size_t n[FORK_KINDS];
    double c[FORK_KINDS] = {0};
    fork_ln now = forks_under(v, r), then = forks_sampled(r), base = reference ? forks_under(reference, r) : (fork_ln){{0}};
    count_forks(r, n);
    for (int k = 0; k < FORK_KINDS; k++)
        if (n[k]) c[k] = weight * algo_coefficient(a, &(algo_fork){n[k], now.v[k], then.v[k], base.v[k]}, advantage, counts);
    return (fork_weights){.format = c[FORK_FORMAT], .strategy = c[FORK_STRATEGY], .step_right = c[FORK_STEP_RIGHT],
                          .step_wrong = c[FORK_STEP_WRONG], .stance = c[FORK_STANCE], .confidence = c[FORK_CONFIDENCE]};
}

/* One group. Without divergence and entropy bonus a response without advantage has no gradient, and a group of them
 * need not be looked at. */
static void group_gradient(const algorithm_spec *a, const policy *p, const double *weights, const rollout_group *group,
                           const double *weight, const algo_scratch *s, policy_gradient *g, algo_counts *counts)
{
    const policy_view *reference = algo_kl_in(a, ALGO_KL_LOSS) ? s->reference : NULL;
    bool always = reference || a->entropy_bonus != 0, silent = !always;
    for (size_t i = 0; i < group->G && !always; i++) {
        if (group->advantage[i] != 0) silent = false;
        else counts->forks += rollout_forks(&group->rollouts[i]);
    }
    if (silent) return;
    policy_decide(p, weights, group->prompt, s->view);
    if (reference) policy_decide(p, s->reference_weights, group->prompt, s->reference);
    policy_dz_clear(s->dz);
    for (size_t i = 0; i < group->G; i++) {
        const rollout *r = &group->rollouts[i];
        if (group->advantage[i] == 0 && !always) continue;
        rollout_accumulate(p, s->view, r, loss_of_rollout(a, s->view, reference, r, group->advantage[i], weight[i], counts), s->dz);
        if (a->entropy_bonus != 0) add_entropy(s->view, r, weight[i] * a->entropy_bonus, s->dz);
    }
    policy_backward(p, s->view, s->dz, g);
}

void algo_gradient(const algorithm_spec *a, const policy *p, const double *weights, const algo_batch *batch, size_t from, size_t to,
                   const double *weight, const algo_scratch *scratch, policy_gradient *g, algo_counts *counts)
{
    for (size_t k = 0; k < from; k++) weight += batch->groups[k].G;
    for (size_t k = from; k < to; k++) {
        group_gradient(a, p, weights, &batch->groups[k], weight, scratch, g, counts);
        weight += batch->groups[k].G;
    }
}

void algo_step(const optimizer_spec *o, uint64_t t, double *weights, double *state, const policy *p, const policy_gradient *g)
{
    double warm = o->warmup > 0 && t + 1 < (uint64_t)o->warmup ? ((double)t + 1.0) / (double)o->warmup : 1.0;
    ((const algo_optimizer *)o->method.entry)->step(o->method.params, warm * o->lr, t, weights, state, p, g);
}

size_t algo_optimizer_state(const optimizer_spec *o)
{
    return ((const algo_optimizer *)o->method.entry)->state_per_weight;
}
