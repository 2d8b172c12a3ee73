/* From advantages to a gradient: ratios, coefficients of forks, forks that the loss singles out. */
#include "models/algo.h"

#include <math.h>

/* Forks of a rollout as they were sampled. */
static algo_response describe(const rollout *r, double advantage)
{
    const size_t n[FORK_KINDS] = {1, 1, r->steps_right, (size_t)(r->steps - r->steps_right), r->took_stance, r->stated};
    const double ln[FORK_KINDS] = {r->ln_format,     r->ln_strategy, r->ln_step_right,
                                   r->ln_step_wrong, r->ln_stance,   r->ln_confidence};
    algo_response out = {.copies = 1, .advantage = advantage, .tokens = algo_tokens(r)};
    for (size_t k = 0; k < FORK_KINDS; k++)
        out.fork[k] = (algo_fork){.n = n[k], .ln_then = ln[k]};
    return out;
}

typedef struct fork_ln { double v[FORK_KINDS]; } fork_ln;

static fork_ln forks_under(const policy_view *v, const rollout *r)
{
    size_t f = r->format;
    return (fork_ln){{v->ln_format[f], v->ln_strategy[f * v->S + r->strategy], v->ln_step[f], v->ln_fail[f],
                      r->took_stance ? rollout_ln_stance(v, r) : 0, r->stated ? rollout_ln_confidence(v, r) : 0}};
}

/* What a group's forks are looked at under; NULL: not needed. */
typedef struct views { const policy_view *now, *proximal, *reference; } views;

static algo_response look(const views *v, const rollout *r, double advantage)
{
    algo_response out = describe(r, advantage);
    fork_ln now = forks_under(v->now, r), proximal, reference;
    if (v->proximal) proximal = forks_under(v->proximal, r);
    if (v->reference) reference = forks_under(v->reference, r);
    for (size_t k = 0; k < FORK_KINDS; k++) {
        out.fork[k].ln_now = now.v[k];
        if (v->proximal) out.fork[k].ln_proximal = proximal.v[k];
        if (v->reference) out.fork[k].ln_reference = reference.v[k];
    }
    return out;
}

double algo_divergence(const algo_kl *kl, const policy_view *reference, const rollout *r)
{
    algo_response then = describe(r, 0);
    fork_ln base = forks_under(reference, r);
    double sum = 0;
    for (size_t k = 0; k < FORK_KINDS; k++)
        if (then.fork[k].n) sum += (double)then.fork[k].n * kl->value(then.fork[k].ln_then - base.v[k]);
    return sum;
}

/* ---- Coefficients ---- */

static const algo_loss *loss_of(const algorithm_spec *a) { return (const algo_loss *)a->loss.entry; }

static void share_out(const algorithm_spec *a, const algo_response *r, pl_stream *random, double advantage[FORK_KINDS])
{
    const algo_credit *credit = (const algo_credit *)a->credit.entry;
    if (credit && credit->spread) {
        credit->spread(a->credit.params, r, random, advantage);
        return;
    }
    for (size_t k = 0; k < FORK_KINDS; k++) advantage[k] = r->advantage;
}

/* Of a fork, or of the whole response: ln of what the loss takes as ratio, and ln of the correction from the proximal to the
 * behaviour policy. */
typedef struct ratios { double ln_ratio, ln_correction; } ratios;

static ratios ratios_of(const algo_fork *f, bool decoupled)
{
    return decoupled ? (ratios){f->ln_now - f->ln_proximal, f->ln_proximal - f->ln_then} : (ratios){f->ln_now - f->ln_then, 0};
}

static ratios ratios_of_response(const algo_response *r, bool decoupled)
{
    ratios all = {0, 0};
    for (size_t k = 0; k < FORK_KINDS; k++) {
        if (!r->fork[k].n) continue;
        ratios one = ratios_of(&r->fork[k], decoupled);
        all.ln_ratio += (double)r->fork[k].n * one.ln_ratio / r->tokens;
        all.ln_correction += (double)r->fork[k].n * one.ln_correction / r->tokens;
    }
    return all;
}

/* What the loss says of the forks of a kind, as a mean over them. */
static double loss_of_fork(const algorithm_spec *a, const algo_fork *f, size_t copies, double advantage, double ratio,
                           algo_counts *counts)
{
    const algo_loss *loss = loss_of(a);
    bool clipped = false;
    double c = loss->coefficient(a->loss.params, advantage, ratio, &clipped);
    if (clipped && advantage != 0) *(advantage > 0 ? &counts->high : &counts->low) += copies * f->n;
    if (f->picked) {
        double share = (double)f->picked / (double)f->n;
        c = (1.0 - share) * c + share * loss->picked(a->loss.params, advantage, ratio);
        counts->picked += copies * f->picked;
    }
    return c;
}

/* e^x; on-policy it is asked for e^0 only. */
static double ratio_of(double ln) { return ln == 0 ? 1.0 : exp(ln); }

/* Everything of one kind of forks; `whole` is the ratio of the response, for a loss that looks at that. */
static double coefficient_of(const algorithm_spec *a, const algo_fork *f, size_t copies, double advantage, ratios own, double whole,
                             algo_counts *counts)
{
    const algo_loss *loss = loss_of(a);
    const algo_kl *kl = algo_kl_in(a, ALGO_KL_LOSS);
    const bool decoupled = algo_is_decoupled(a);
    const double forks = (double)(copies * f->n), weight = ratio_of(f->ln_now - f->ln_then);
    double ratio = 1.0;
    if (loss->ratio == ALGO_RATIO_RESPONSE) ratio = whole;
    else if (loss->ratio == ALGO_RATIO_FORK) ratio = decoupled ? ratio_of(own.ln_ratio) : weight;
    counts->forks += copies * f->n;
    counts->n += forks;
    counts->sum += forks * weight;
    counts->square += forks * weight * weight;
    double c = loss_of_fork(a, f, copies, advantage, ratio, counts);
    if (decoupled) c *= fmin(ratio_of(own.ln_correction), a->decoupled.cap);
    if (kl) {
        double l = f->ln_now - f->ln_reference;
        counts->divergence += forks * kl->value(l);
        c -= a->kl.weight * (a->kl.importance_ratio && loss->ratio != ALGO_RATIO_NONE ? weight : 1.0) * kl->slope(l);
    }
    return c;
}

void algo_coefficients(const algorithm_spec *a, const algo_response *r, pl_stream *random, double coefficient[FORK_KINDS],
                       algo_counts *counts)
{
    const bool decoupled = algo_is_decoupled(a), whole = loss_of(a)->ratio == ALGO_RATIO_RESPONSE;
    const ratios response = whole ? ratios_of_response(r, decoupled) : (ratios){0, 0};
    const double common = ratio_of(response.ln_ratio);
    double advantage[FORK_KINDS];
    share_out(a, r, random, advantage);
    for (size_t k = 0; k < FORK_KINDS; k++) {
        const algo_fork *f = &r->fork[k];
        const ratios own = whole ? response : ratios_of(f, decoupled);
        coefficient[k] = f->n ? coefficient_of(a, f, r->copies, advantage[k], own, common, counts) : 0;
    }
}

double algo_coefficient(const algorithm_spec *a, const algo_fork *fork, size_t copies, double advantage, algo_counts *counts)
{
    const ratios own = ratios_of(fork, algo_is_decoupled(a));
    const algo_credit *credit = (const algo_credit *)a->credit.entry;
    if (credit && credit->spread) {
        algo_response r = {.copies = copies, .advantage = advantage, .tokens = 1, .fork[FORK_STRATEGY] = *fork};
        double shared[FORK_KINDS];
        pl_stream unused = {{0}, {0}, {0}, 0};             /* with one fork a credit that draws has nothing to choose from */
        share_out(a, &r, &unused, shared);
        advantage = shared[FORK_STRATEGY];
    }
    const double whole = loss_of(a)->ratio == ALGO_RATIO_RESPONSE ? ratio_of(own.ln_ratio) : 1.0;
    return coefficient_of(a, fork, copies, advantage, own, whole, counts);
}

double algo_effective_samples(const algo_counts *counts)
{
    return counts->n > 0 ? counts->sum * counts->sum / (counts->n * counts->square) : NAN;
}

/* `covariance` holds ln pi until all are known. */
void algo_note(const algorithm_spec *a, const algo_response *r, pl_stream *random, algo_pick *picks)
{
    const bool decoupled = algo_is_decoupled(a);
    double advantage[FORK_KINDS];
    share_out(a, r, random, advantage);
    for (size_t k = 0; k < FORK_KINDS; k++) {
        const algo_fork *f = &r->fork[k];
        picks[k] = (algo_pick){.n = f->n};
        if (!f->n) continue;
        picks[k].covariance = f->ln_now;
        picks[k].advantage = advantage[k];
        picks[k].ratio = exp(ratios_of(f, decoupled).ln_ratio);
        loss_of(a)->coefficient(a->loss.params, advantage[k], picks[k].ratio, &picks[k].bound);
    }
}

/* ---- The gradient ---- */

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

/* Sets up what a group is looked at under. */
static views open_views(const algorithm_spec *a, const policy *p, const double *weights, uint32_t prompt, const algo_scratch *s)
{
    views v = {.now = s->view};
    policy_decide(p, weights, prompt, s->view);
    if (algo_kl_in(a, ALGO_KL_LOSS)) {
        policy_decide(p, s->reference_weights, prompt, s->reference);
        v.reference = s->reference;
    }
    if (algo_is_decoupled(a)) {
        policy_decide(p, s->proximal_weights, prompt, s->proximal);
        v.proximal = s->proximal;
    }
    return v;
}

/* First pass of a loss that singles out forks: all of the minibatch, before any coefficient is known. */
static void pick(const algorithm_spec *a, const policy *p, const double *weights, const algo_batch *batch, size_t from, size_t to,
                 const algo_scratch *s)
{
    double tokens = 0;
    size_t n = 0;
    for (size_t k = from; k < to; k++) {
        const rollout_group *group = &batch->groups[k];
        views v = open_views(a, p, weights, group->prompt, s);
        for (size_t i = 0; i < group->G; i++, n++) {
            algo_response r = look(&v, &group->rollouts[i], group->advantage[i]);
            pl_stream random = algo_stream(s->seeds, group, i);
            algo_note(a, &r, &random, s->picks + n * FORK_KINDS);
            tokens += r.tokens;
        }
    }
    algo_decide(a, s->picks, n, tokens, &batch->groups[from], s->seeds);
}

static void rollout_gradient(const algorithm_spec *a, const policy *p, const views *v, const rollout_group *group, size_t i,
                             double weight, const algo_pick *picks, const algo_scratch *s, algo_counts *counts)
{
    const rollout *r = &group->rollouts[i];
    const algo_credit *credit = (const algo_credit *)a->credit.entry;
    algo_response response = look(v, r, group->advantage[i]);
    pl_stream random = {{0}, {0}, {0}, 0};
    double c[FORK_KINDS];
    for (size_t k = 0; picks && k < FORK_KINDS; k++) response.fork[k].picked = picks[k].picked;
    if (credit && credit->random) random = algo_stream(s->seeds, group, i);
    algo_coefficients(a, &response, &random, c, counts);
    for (size_t k = 0; k < FORK_KINDS; k++) c[k] *= weight;
    rollout_accumulate(p, v->now, r,
                       (fork_weights){.format = c[FORK_FORMAT], .strategy = c[FORK_STRATEGY], .step_right = c[FORK_STEP_RIGHT],
                                      .step_wrong = c[FORK_STEP_WRONG], .stance = c[FORK_STANCE], .confidence = c[FORK_CONFIDENCE]},
                       s->dz);
}

/* One group. Without divergence and entropy bonus a response without advantage has no gradient, and a group of them
 * need not be looked at. */
static void group_gradient(const algorithm_spec *a, const policy *p, const double *weights, const rollout_group *group,
                           const double *weight, const algo_pick *picks, const algo_scratch *s, policy_gradient *g,
                           algo_counts *counts)
{
    bool always = algo_kl_in(a, ALGO_KL_LOSS) || a->entropy_bonus != 0 || picks, silent = !always;
    for (size_t i = 0; i < group->G && !always; i++) {
        if (group->advantage[i] != 0) silent = false;
        else counts->forks += rollout_forks(&group->rollouts[i]);
    }
    if (silent) return;
    views v = open_views(a, p, weights, group->prompt, s);
    policy_dz_clear(s->dz);
    for (size_t i = 0; i < group->G; i++) {
        if (group->advantage[i] == 0 && !always) continue;
        rollout_gradient(a, p, &v, group, i, weight[i], picks ? picks + i * FORK_KINDS : NULL, s, counts);
        if (a->entropy_bonus != 0) add_entropy(s->view, &group->rollouts[i], weight[i] * a->entropy_bonus, s->dz);
    }
    policy_backward(p, s->view, s->dz, g);
}

void algo_gradient(const algorithm_spec *a, const policy *p, const double *weights, const algo_batch *batch, size_t from, size_t to,
                   const double *weight, const algo_scratch *scratch, policy_gradient *g, algo_counts *counts)
{
    const algo_pick *picks = loss_of(a)->pick && to > from ? scratch->picks : NULL;
    if (picks) pick(a, p, weights, batch, from, to, scratch);
    for (size_t k = 0; k < from; k++) weight += batch->groups[k].G;
    for (size_t k = from; k < to; k++) {
        group_gradient(a, p, weights, &batch->groups[k], weight, picks, scratch, g, counts);
        weight += batch->groups[k].G;
        if (picks) picks += batch->groups[k].G * FORK_KINDS;
    }
}
