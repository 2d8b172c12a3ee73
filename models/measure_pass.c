/* Pass rates: the probability that at least one of k responses is right, averaged over prompts. */
#include "models/measure.h"

/* State: weight and sum of pass@1 of every split, then the sums of pass@k on held-out and on training prompts. */
enum { WEIGHT = 0, PASS = SPLITS, PASS_K = 2 * SPLITS };

static pl_status columns(const measure_setup *setup, pl_table *table) {
    pl_status st = measure_column(table, PL_EXACT, "", "Probability that a response is right, held-out prompts", "pass@1");
    for (size_t i = 0; i < setup->n_pass_k && !st; i++)
        if (setup->pass_k[i] != 1)
            st = measure_column(table, PL_EXACT, "", "Probability that at least one of k responses is right, held-out prompts: "
                                "mean of 1-(1-p)^k",
                                "pass@%lld", (long long)setup->pass_k[i]);
    if (!st) st = measure_column(table, PL_EXACT, "", "Probability that a response is right, training prompts", "pass@1/train");
    for (size_t i = 0; i < setup->n_pass_k && !st; i++)
        if (setup->pass_k[i] != 1)
            st = measure_column(table, PL_EXACT, "", "Probability that at least one of k responses is right, training prompts",
                                "pass@%lld/train", (long long)setup->pass_k[i]);
    if (!st) st = measure_column(table, PL_EXACT, "", "Probability that a response is right, prompts of held-out templates",
                                 "pass@1/template_held_out");
    return st;
}

static size_t state_size(const measure_setup *setup) { return PASS_K + 2 * setup->n_pass_k; }

static void visit(const measure_setup *setup, double *state, const policy_view *view, const policy_view *base, int split,
                  double weight) {
    state[WEIGHT + split] += weight;
    state[PASS + split] += weight * view->pass;
    if (split != SPLIT_HELD_OUT && split != SPLIT_TRAIN) return;
    double *sum = state + PASS_K + (split == SPLIT_TRAIN ? setup->n_pass_k : 0);
    /* Rounding may leave a certain success a little above 1. */
    const double ln_fail = log1p(-fmin(view->pass, 1.0));
    for (size_t i = 0; i < setup->n_pass_k; i++) sum[i] -= weight * expm1((double)setup->pass_k[i] * ln_fail);
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    *row++ = measure_mean(state[PASS + SPLIT_HELD_OUT], state[WEIGHT + SPLIT_HELD_OUT]);
    for (size_t i = 0; i < setup->n_pass_k; i++)
        if (setup->pass_k[i] != 1) *row++ = measure_mean(state[PASS_K + i], state[WEIGHT + SPLIT_HELD_OUT]);
    *row++ = measure_mean(state[PASS + SPLIT_TRAIN], state[WEIGHT + SPLIT_TRAIN]);
    for (size_t i = 0; i < setup->n_pass_k; i++)
        if (setup->pass_k[i] != 1) *row++ = measure_mean(state[PASS_K + setup->n_pass_k + i], state[WEIGHT + SPLIT_TRAIN]);
    *row = measure_mean(state[PASS + SPLIT_HELD_OUT_TEMPLATE], state[WEIGHT + SPLIT_HELD_OUT_TEMPLATE]);
}

const measure measure_pass = {
    .entry = {"pass", "pass@1 and pass@k, exact", "2107.03374, eq. 1", NULL},
    .columns = columns, .state = state_size, .visit = visit, .finish = finish};
