/* Accuracy by domain, and among the answers that commit. */
#include "models/measure.h"

/* State: weight and sum of (held-out, training) by domain; then held-out right and committed mass. */
static size_t slot(const measure_setup *setup, int training, size_t domain) {
    return 2 * ((size_t)training * setup->world->n_domains + domain);
}

static pl_status columns(const measure_setup *setup, pl_table *table) {
    pl_status st = PL_OK;
    for (size_t d = 0; d < setup->world->n_domains && !st; d++)
        st = measure_column(table, PL_EXACT, "", "Probability that a response is right, held-out prompts of the domain",
                            "accuracy/%s", setup->world->domains[d]->name);
    for (size_t d = 0; d < setup->world->n_domains && !st; d++)
        st = measure_column(table, PL_EXACT, "", "Probability that a response is right, training prompts of the domain",
                            "accuracy/train/%s", setup->world->domains[d]->name);
    if (!st) st = measure_column(table, PL_EXACT, "", "Right answers among those that do not abstain, held-out prompts",
                                 "accuracy/committed");
    return st;
}

static size_t state_size(const measure_setup *setup) { return 4 * setup->world->n_domains + 2; }

static void visit(const measure_setup *setup, double *state, const policy_view *view, const policy_view *base, int split,
                  double weight) {
    if (split == SPLIT_HELD_OUT_TEMPLATE) return;
    double *domain = state + slot(setup, split == SPLIT_TRAIN, setup->world->domain[view->prompt]);
    domain[0] += weight;
    domain[1] += weight * view->pass;
    if (split != SPLIT_HELD_OUT) return;
    double *total = state + slot(setup, 2, 0);
    total[0] += weight * (1.0 - policy_view_abstain(setup->policy, view));
    total[1] += weight * view->pass;
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    const size_t n = 2 * setup->world->n_domains + 1;
    for (size_t i = 0; i < n; i++) row[i] = measure_mean(state[2 * i + 1], state[2 * i]);
}

const measure measure_accuracy = {
    .entry = {"accuracy", "Accuracy by domain and among committed answers, exact", NULL, NULL},
    .columns = columns, .state = state_size, .visit = visit, .finish = finish};
