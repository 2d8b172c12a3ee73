/* Entropies of the decisions, in nats: by decision, of the whole response, and per token as logs report it. */
#include "models/measure.h"

/* State; the marginal strategy distribution [S] follows. */
enum { WEIGHT, FORMAT, STRATEGY, EXECUTION, STANCE, CONFIDENCE, TOKENS, MARGINAL };

static pl_status columns(const measure_setup *setup, pl_table *table) {
    static const struct { const char *name, *unit, *doc; } column[] = {
        {"entropy/format", "nats", "Entropy of the format, given the prompt"},
        {"entropy/strategy", "nats", "Entropy of the strategy, given prompt and format"},
        {"entropy/strategy_marginal", "nats", "Entropy of the strategy over all held-out prompts and formats together"},
        {"entropy/execution", "nats", "Entropy of all execution steps of a response, given format and strategy"},
        {"entropy/response", "nats", "Entropy of a response's path: all its decisions"},
        {"entropy/token", "nats per token", "Expected entropy of the forks over expected length, plus fillers' entropy"},
    };
    pl_status st = PL_OK;
    for (size_t i = 0; i < PL_COUNT(column) && !st; i++)
        st = measure_column(table, PL_EXACT, column[i].unit, column[i].doc, "%s", column[i].name);
    if (!st && setup->policy->has_stance)
        st = measure_column(table, PL_EXACT, "nats", "Entropy of the stance, given the evidence", "entropy/stance");
    if (!st && setup->policy->n_levels)
        st = measure_column(table, PL_EXACT, "nats", "Entropy of the stated confidence, given the evidence", "entropy/confidence");
    return st;
}

static size_t state_size(const measure_setup *setup) { return MARGINAL + setup->world->n_strategies; }

static double entropy(const double *prob, const double *ln, size_t n) {
    double h = 0.0;
    for (size_t i = 0; i < n; i++) h -= prob[i] * ln[i];
    return h;
}

/* What a response says of itself; the evidence is no decision and has no part in it. */
static void visit_statement(double *state, const policy_view *v, double weight) {
    for (size_t b = 0; b < v->B; b++) {
        const double mass = weight * v->evidence[b], commit = v->commit[b];
        if (v->policy->has_stance) state[STANCE] -= mass * (commit * v->ln_commit[b] + (1.0 - commit) * v->ln_hedge[b]);
        if (v->L) state[CONFIDENCE] += mass * commit * entropy(v->level + b * v->L, v->ln_level + b * v->L, v->L);
    }
}

static void visit(const measure_setup *setup, double *state, const policy_view *v, const policy_view *base, int split,
                  double weight) {
    if (split != SPLIT_HELD_OUT) return;
    state[WEIGHT] += weight;
    state[FORMAT] += weight * entropy(v->format, v->ln_format, v->F);
    state[TOKENS] += weight * policy_view_tokens(setup->policy, v);
    for (size_t f = 0; f < v->F; f++) {
        const double *strategy = v->strategy + f * v->S, mass = weight * v->format[f];
        const double step = -(v->step[f] * v->ln_step[f] + (1.0 - v->step[f]) * v->ln_fail[f]);
        state[STRATEGY] += mass * entropy(strategy, v->ln_strategy + f * v->S, v->S);
        for (size_t s = 0; s < v->S; s++) {
            state[MARGINAL + s] += mass * strategy[s];
            state[EXECUTION] += mass * strategy[s] * setup->world->steps[world_path(setup->world, v->prompt, f, s)] * step;
        }
    }
    visit_statement(state, v, weight);
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    const double weight = state[WEIGHT],
                 all = state[FORMAT] + state[STRATEGY] + state[EXECUTION] + state[STANCE] + state[CONFIDENCE];
    double marginal = 0.0;
    for (size_t s = 0; s < setup->world->n_strategies; s++) {
        const double share = measure_mean(state[MARGINAL + s], weight);
        if (!(share <= 0.0)) marginal -= share * log(share);       /* a missing share makes it missing */
    }
    row[0] = measure_mean(state[FORMAT], weight);
    row[1] = measure_mean(state[STRATEGY], weight);
    row[2] = marginal;
    row[3] = measure_mean(state[EXECUTION], weight);
    row[4] = measure_mean(all, weight);
    row[5] = measure_mean(all, state[TOKENS]) + setup->world->spec->filler_entropy;
    row += 6;
    if (setup->policy->has_stance) *row++ = measure_mean(state[STANCE], weight);
    if (setup->policy->n_levels) *row = measure_mean(state[CONFIDENCE], weight);
}

const measure measure_entropy = {
    .entry = {"entropy", "Entropies of every kind of decision, of the response and per token, exact", NULL, NULL},
    .columns = columns, .state = state_size, .visit = visit, .finish = finish};
