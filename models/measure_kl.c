/* How far the policy has moved from the pretrained one, of a whole response, exact: KL(pi || base), and the forward divergence
 * KL(base || pi), overall and by domain. The latter goes with what was forgotten (arXiv 2509.04259): see forgetting/<domain>. */
#include "models/measure.h"

/* State; weight and forward divergence of every domain follow. */
enum { WEIGHT, KL, FORWARD, DOMAINS };

static pl_status columns(const measure_setup *setup, pl_table *table) {
    pl_status st = measure_column(table, PL_EXACT, "nats", "KL(policy || base) of a response's path, mean over held-out prompts",
                                  "kl/base");
    if (!st) st = measure_column(table, PL_EXACT, "nats", "KL(base || policy) of a response's path, mean over held-out prompts",
                                 "kl/base_forward");
    for (size_t d = 0; d < setup->world->n_domains && !st; d++)
        st = measure_column(table, PL_EXACT, "nats", "KL(base || policy) of a response's path, held-out prompts of the domain",
                            "kl/base_forward/%s", setup->world->domains[d]->name);
    return st;
}

static size_t state_size(const measure_setup *setup) { return DOMAINS + 2 * setup->world->n_domains; }

static double divergence(const double *prob, const double *ln, const double *ln_base, size_t n) {
    double kl = 0.0;
    for (size_t i = 0; i < n; i++) kl += prob[i] * (ln[i] - ln_base[i]);
    return kl;
}

/* Stance and confidence, given the evidence that the first policy sees. */
static double statement_divergence(const policy_view *v, const policy_view *base) {
    double kl = 0.0;
    for (size_t b = 0; b < v->B; b++) {
        const double commit = v->commit[b];
        double bin = commit * divergence(v->level + b * v->L, v->ln_level + b * v->L, base->ln_level + b * v->L, v->L);
        if (v->policy->has_stance)
            bin += commit * (v->ln_commit[b] - base->ln_commit[b]) + (1.0 - commit) * (v->ln_hedge[b] - base->ln_hedge[b]);
        kl += v->evidence[b] * bin;
    }
    return kl;
}

/* Chain rule: format, then strategy given format, then each step given both, then what is said of it. */
static double path_divergence(const world *w, const policy_view *v, const policy_view *base) {
    double kl = divergence(v->format, v->ln_format, base->ln_format, v->F);
    for (size_t f = 0; f < v->F; f++) {
        const double *strategy = v->strategy + f * v->S;
        const double step = v->step[f] * (v->ln_step[f] - base->ln_step[f]) +
            (1.0 - v->step[f]) * (v->ln_fail[f] - base->ln_fail[f]);
        double steps = 0.0;
        for (size_t s = 0; s < v->S; s++) steps += strategy[s] * w->steps[world_path(w, v->prompt, f, s)];
        kl += v->format[f] * (divergence(strategy, v->ln_strategy + f * v->S, base->ln_strategy + f * v->S, v->S) + steps * step);
    }
    return kl + statement_divergence(v, base);
}

static void visit(const measure_setup *setup, double *state, const policy_view *view, const policy_view *base, int split,
                  double weight) {
    if (split != SPLIT_HELD_OUT) return;
    double *domain = state + DOMAINS + 2 * (size_t)setup->world->domain[view->prompt];
    const double forward = weight * path_divergence(setup->world, base, view);
    state[WEIGHT] += weight;
    state[KL] += weight * path_divergence(setup->world, view, base);
    state[FORWARD] += forward;
    domain[0] += weight;
    domain[1] += forward;
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    *row++ = measure_mean(state[KL], state[WEIGHT]);
    *row++ = measure_mean(state[FORWARD], state[WEIGHT]);
    for (size_t d = 0; d < setup->world->n_domains; d++)
        *row++ = measure_mean(state[DOMAINS + 2 * d + 1], state[DOMAINS + 2 * d]);
}

const measure measure_kl = {
    .entry = {"kl", "KL divergence from the base policy, both ways, exact", "2509.04259", NULL},
    .columns = columns, .state = state_size, .visit = visit, .finish = finish};
