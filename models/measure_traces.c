/* Traces: how many responses, and how many of the right answers, come from a strategy that really solves the prompt, and how
 * long these are. A small model can reach the accuracy of a large one with shortcuts; then the share of genuine traces falls,
 * and the length with it (2504.01698). */
#include "models/measure.h"

enum { WEIGHT, GENUINE, RIGHT, GENUINE_RIGHT, TOKENS, GENUINE_TOKENS, STATE };

static pl_status columns(const measure_setup *setup, pl_table *table) {
    static const struct { const char *name, *unit, *doc; } column[] = {
        {"traces/genuine", "", "Share of responses that use a genuine strategy, held-out prompts"},
        {"traces/genuine_right", "", "Share of the right answers that a genuine strategy found, held-out prompts"},
        {"traces/genuine_length", "tokens", "Expected length of a response that uses a genuine strategy, held-out prompts"},
        {"traces/other_length", "tokens", "Expected length of a response that uses none, held-out prompts"},
    };
    pl_status st = PL_OK;
    for (size_t i = 0; i < PL_COUNT(column) && !st; i++)
        st = measure_column(table, PL_EXACT, column[i].unit, column[i].doc, "%s", column[i].name);
    return st;
}

static size_t state_size(const measure_setup *setup) { return STATE; }

static void visit(const measure_setup *setup, double *state, const policy_view *v, const policy_view *base, int split,
                  double weight) {
    if (split != SPLIT_HELD_OUT) return;
    state[WEIGHT] += weight;
    for (size_t s = 0; s < v->S; s++) {
        const double genuine = strategy_is_genuine(setup->world->strategies[s]->kind) ? weight : 0.0;
        for (size_t f = 0; f < v->F; f++) {
            const size_t i = f * v->S + s;
            const double mass = v->format[f] * v->strategy[i], right = measure_right(v, f, s);
            const double tokens = mass * setup->world->length[world_path(setup->world, v->prompt, f, s)];
            state[GENUINE] += genuine * mass;
            state[RIGHT] += weight * right;
            state[GENUINE_RIGHT] += genuine * right;
            state[TOKENS] += weight * tokens;
            state[GENUINE_TOKENS] += genuine * tokens;
        }
    }
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    row[0] = measure_mean(state[GENUINE], state[WEIGHT]);
    row[1] = measure_mean(state[GENUINE_RIGHT], state[RIGHT]);
    row[2] = measure_mean(state[GENUINE_TOKENS], state[GENUINE]);
    row[3] = NAN;
    for (size_t s = 0; s < setup->world->n_strategies; s++)    /* a difference of roundings is not a length */
        if (!strategy_is_genuine(setup->world->strategies[s]->kind))
            row[3] = measure_mean(state[TOKENS] - state[GENUINE_TOKENS], state[WEIGHT] - state[GENUINE]);
}

const measure measure_traces = {
    .entry = {"traces", "Share and length of genuine traces, exact", "2504.01698", NULL},
    .columns = columns, .state = state_size, .visit = visit, .finish = finish};
