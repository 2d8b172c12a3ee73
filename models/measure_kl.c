/* How far the policy has moved from the pretrained one: KL(pi || base) of a whole response, exact. */
#include "models/measure.h"

enum { WEIGHT, KL, STATE };

static pl_status columns(const measure_setup *setup, pl_table *table) {
    return measure_column(table, PL_EXACT, "nats", "KL(policy || base) of a response's path, mean over held-out prompts",
                          "kl/base");
}

static size_t state_size(const measure_setup *setup) { return STATE; }

static double divergence(const double *prob, const double *ln, const double *ln_base, size_t n) {
    double kl = 0.0;
    for (size_t i = 0; i < n; i++) kl += prob[i] * (ln[i] - ln_base[i]);
    return kl;
}

/* Stance and confidence, given the evidence that the policy sees now. */
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
        for (size_t s = 0; s < v->S; s++) steps += strategy[s] * (double)w->strategies[s]->steps;
        kl += v->format[f] * (divergence(strategy, v->ln_strategy + f * v->S, base->ln_strategy + f * v->S, v->S) + steps * step);
    }
    return kl + statement_divergence(v, base);
}

static void visit(const measure_setup *setup, double *state, const policy_view *view, const policy_view *base, int split,
                  double weight) {
    if (split != SPLIT_HELD_OUT) return;
    state[WEIGHT] += weight;
    state[KL] += weight * path_divergence(setup->world, view, base);
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    row[0] = measure_mean(state[KL], state[WEIGHT]);
}

const measure measure_kl = {
    .entry = {"kl", "KL divergence from the base policy, exact", NULL, NULL},
    .columns = columns, .state = state_size, .visit = visit, .finish = finish};
