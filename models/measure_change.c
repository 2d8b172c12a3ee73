/* Entropy to first order. What an update does to the entropy of a policy is, as long as it is small,
 *
 *   dH = -Cov_pi(ln pi, dz),
 *
 * dz the actual change of the logits (2505.22617 with the logits' change in place of the advantage, which is exact for a tabular
 * softmax only). Here dz is the change of ln pi since the row before (the same up to a constant, which a covariance does not see)
 * and the policy is the one of that row: the column says what the covariance predicts of the entropy's change between the two rows,
 * beside what the change was. Of the decisions format, strategy and execution steps:
 *
 *   H  = H(plan) + sum_plan P(plan) m h_f,      dH = -Cov_P(ln P - m h_f, d ln P) - sum_plan P(plan) m q_f (1 - q_f) e_f de_f
 *
 * with plan = (format, strategy), m its expected steps, h_f the entropy of one of logit e_f and success q_f. The logits of the row
 * before are kept for the first held-out prompts, as many as KEPT doubles hold. */
#include "models/measure.h"

enum { WEIGHT, FIRST_ORDER, ACTUAL, STATE, KEPT = 1 << 20 };

/* Of each prompt: 1 when seen, then ln pi of the plans [F][S] and the logit of a step [F]. */
static size_t each(const measure_setup *setup) {
    return 1 + setup->world->n_formats * (setup->world->n_strategies + 1);
}

/* Held-out prompts follow the training prompts; a tabular world has training prompts alone. */
static size_t first(const measure_setup *setup) {
    return setup->world->n_split[SPLIT_HELD_OUT] ? setup->world->n_train : 0;
}

static size_t followed(const measure_setup *setup) {
    const world *w = setup->world;
    const size_t n = w->n_split[SPLIT_HELD_OUT] ? w->n_split[SPLIT_HELD_OUT] : w->n_train, room = KEPT / each(setup);
    return n < room ? n : room;
}

static pl_status columns(const measure_setup *setup, pl_table *table) {
    pl_status st = measure_column(table, PL_EXACT, "nats", "Change of a response's entropy (format, strategy, execution) since the "
                                  "row before, to first order: minus the covariance of log-probability and logit change",
                                  "entropy_change/first_order");
    if (!st) st = measure_column(table, PL_EXACT, "nats", "Change of a response's entropy (format, strategy, execution) since the "
                                 "row before", "entropy_change/actual");
    return st;
}

static size_t state_size(const measure_setup *setup) { return STATE; }
static size_t kept(const measure_setup *setup) { return followed(setup) * each(setup); }

static double step_entropy(double e) {
    const double a = fabs(e), t = exp(-a);
    return log1p(t) + a * t / (1.0 + t);
}

/* What a plan adds: sums of P, P g, P d, P g d over plans with g = m h - ln P; and of P m q(1-q) e de. */
typedef struct sums { double p, g, d, gd, step, now; } sums;

static void add_plan(sums *s, double ln_before, double ln_now, double steps, double e_before, double e_now) {
    const double p = exp(ln_before), g = steps * step_entropy(e_before) - ln_before, d = ln_now - ln_before;
    const double t = exp(-fabs(e_before)), spread = t / ((1.0 + t) * (1.0 + t));
    s->p += p;
    s->g += p * g;
    s->d += p * d;
    s->gd += p * g * d;
    if (steps > 0.0) s->step += p * steps * spread * e_before * (e_now - e_before);
    s->now += exp(ln_now) * (steps * step_entropy(e_now) - ln_now);
}

static void visit(const measure_setup *setup, double *state, const policy_view *v, const policy_view *base, int split,
                  double weight) {
    const size_t at = v->prompt - first(setup);
    if (split != SPLIT_HELD_OUT || v->prompt < first(setup) || at >= followed(setup)) return;
    double *before = state + STATE + at * each(setup), *ln = before + 1, *logit = ln + v->F * v->S;
    sums s = {0};
    for (size_t f = 0; f < v->F; f++) {
        const double e = v->ln_step[f] - v->ln_fail[f];
        for (size_t i = f * v->S; i < (f + 1) * v->S; i++) {
            const double now = v->ln_format[f] + v->ln_strategy[i];
            const double steps = setup->world->steps[v->prompt * setup->world->path_stride + i];
            if (before[0] > 0.0) add_plan(&s, ln[i], now, steps, logit[f], e);
            ln[i] = now;
        }
        logit[f] = e;
    }
    if (before[0] > 0.0) {
        state[WEIGHT] += weight;
        state[FIRST_ORDER] += weight * (s.gd - s.g * s.d / s.p - s.step);
        state[ACTUAL] += weight * (s.now - s.g);
    }
    before[0] = 1.0;
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    row[0] = measure_mean(state[FIRST_ORDER], state[WEIGHT]);
    row[1] = measure_mean(state[ACTUAL], state[WEIGHT]);
}

const measure measure_change = {
    .entry = {"change", "Change of entropy since the row before, actual and to first order", "2505.22617, section 4.1", NULL},
    .columns = columns, .state = state_size, .kept = kept, .visit = visit, .finish = finish};
