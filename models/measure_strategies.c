/* Shares of the strategies, one by one and by kind. */
#include "models/measure.h"

/* State: weights of held-out and training prompts, then the mass of every strategy on each. */
static pl_status columns(const measure_setup *setup, pl_table *table) {
    pl_status st = PL_OK;
    for (size_t s = 0; s < setup->world->n_strategies && !st; s++)
        st = measure_column(table, PL_EXACT, "", "Share of the strategy, held-out prompts", "strategies/share/%s",
                            setup->world->strategies[s]->name);
    for (int k = 0; k < STRATEGY_KINDS && !st; k++)
        st = measure_column(table, PL_EXACT, "", "Share of all strategies of the kind, held-out prompts", "strategies/kind/%s",
                            strategy_kind_names[k]);
    for (int k = 0; k < STRATEGY_KINDS && !st; k++)
        st = measure_column(table, PL_EXACT, "", "Share of all strategies of the kind, training prompts",
                            "strategies/kind_train/%s", strategy_kind_names[k]);
    return st;
}

static size_t state_size(const measure_setup *setup) { return 2 + 2 * setup->world->n_strategies; }

static void visit(const measure_setup *setup, double *state, const policy_view *view, const policy_view *base, int split,
                  double weight) {
    if (split == SPLIT_HELD_OUT_TEMPLATE) return;
    const size_t training = split == SPLIT_TRAIN;
    double *mass = state + 2 + training * view->S;
    state[training] += weight;
    for (size_t f = 0; f < view->F; f++)
        for (size_t s = 0; s < view->S; s++) mass[s] += weight * view->format[f] * view->strategy[f * view->S + s];
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    const size_t S = setup->world->n_strategies;
    double kind[2][STRATEGY_KINDS] = {{0}};
    for (size_t training = 0; training < 2; training++)
        for (size_t s = 0; s < S; s++) kind[training][setup->world->strategies[s]->kind] += state[2 + training * S + s];
    for (size_t s = 0; s < S; s++) *row++ = measure_mean(state[2 + s], state[0]);
    for (size_t training = 0; training < 2; training++)
        for (int k = 0; k < STRATEGY_KINDS; k++) *row++ = measure_mean(kind[training][k], state[training]);
}

const measure measure_strategies = {
    .entry = {"strategies", "Shares of the strategies and of their kinds, exact", NULL, NULL},
    .columns = columns, .state = state_size, .visit = visit, .finish = finish};
