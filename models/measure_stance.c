/* Shares of the stances, exact. The rest abstained or was cut off before it could take one. Only for a policy with a stance. */
#include "models/measure.h"

enum { WEIGHT, COMMIT, HEDGE, STATE };

static pl_status columns(const measure_setup *setup, pl_table *table) {
    if (!setup->policy->has_stance) return PL_OK;
    pl_status st = measure_column(table, PL_EXACT, "", "Share of responses that commit to their answer, held-out prompts",
                                  "stance/commit");
    if (!st) st = measure_column(table, PL_EXACT, "", "Share of responses that hedge, held-out prompts", "stance/hedge");
    return st;
}

static size_t state_size(const measure_setup *setup) { return STATE; }

static void visit(const measure_setup *setup, double *state, const policy_view *v, const policy_view *base, int split,
                  double weight) {
    if (split != SPLIT_HELD_OUT) return;
    state[WEIGHT] += weight;
    for (size_t b = 0; b < v->B; b++) {
        state[COMMIT] += weight * v->evidence[b] * v->commit[b];
        state[HEDGE] += weight * v->evidence[b] * (1.0 - v->commit[b]);
    }
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    if (!setup->policy->has_stance) return;
    row[0] = measure_mean(state[COMMIT], state[WEIGHT]);
    row[1] = measure_mean(state[HEDGE], state[WEIGHT]);
}

const measure measure_stance = {
    .entry = {"stance", "Shares of committing and hedging, exact", NULL, NULL},
    .columns = columns, .state = state_size, .visit = visit, .finish = finish};
