/* Response lengths in tokens, after rounding and cap. */
#include "models/measure.h"

enum { WEIGHT, TOKENS, TRUNCATED, INTERRUPTED, BATCH_ROLLOUTS, BATCH_TOKENS, STATE };

static pl_status columns(const measure_setup *setup, pl_table *table) {
    pl_status st = measure_column(table, PL_EXACT, "tokens", "Expected length of a response, held-out prompts", "length/mean");
    if (!st) st = measure_column(table, PL_ESTIMATED, "tokens", "Mean length of a response in the last training batch",
                                 "length/train");
    if (!st) st = measure_column(table, PL_EXACT, "", "Probability that a response is truncated, held-out prompts",
                                 "length/truncated");
    if (!st && setup->world->interrupted)
        st = measure_column(table, PL_EXACT, "", "Probability that a response is interrupted, held-out prompts",
                            "length/interrupted");
    return st;
}

static size_t state_size(const measure_setup *setup) { return STATE; }

static void visit(const measure_setup *setup, double *state, const policy_view *v, const policy_view *base, int split,
                  double weight) {
    if (split != SPLIT_HELD_OUT) return;
    const world *w = setup->world;
    double mass = 0.0, interrupted = 0.0;
    for (size_t f = 0; f < v->F; f++)
        for (size_t s = 0; s < v->S; s++) {
            const double path = v->format[f] * v->strategy[f * v->S + s];
            mass += path * (1.0 - w->fits[world_path(w, v->prompt, f, s)]);
            if (w->interrupted) interrupted += path * w->interrupted[world_path(w, v->prompt, f, s)];
        }
    state[INTERRUPTED] += weight * interrupted;
    state[WEIGHT] += weight;
    state[TOKENS] += weight * policy_view_tokens(setup->policy, v);
    state[TRUNCATED] += weight * mass;
}

static void batch(const measure_setup *setup, double *state, const algo_batch *b) {
    for (size_t i = 0; i < b->n; i++)
        for (size_t j = 0; j < b->groups[i].G; j++) {
            state[BATCH_ROLLOUTS] += 1.0;
            state[BATCH_TOKENS] += b->groups[i].rollouts[j].tokens;
        }
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    row[0] = measure_mean(state[TOKENS], state[WEIGHT]);
    row[1] = measure_mean(state[BATCH_TOKENS], state[BATCH_ROLLOUTS]);
    row[2] = measure_mean(state[TRUNCATED], state[WEIGHT]);
    if (setup->world->interrupted) row[3] = measure_mean(state[INTERRUPTED], state[WEIGHT]);
}

const measure measure_length = {
    .entry = {"length", "Lengths and truncation", NULL, NULL},
    .columns = columns, .state = state_size, .visit = visit, .batch = batch, .finish = finish};
