/* Whose prompts the last training batch holds: shares of the domains. What is generated and what is trained on are not the same where groups
 * are dropped for being late, and late are those that take long. */
#include "models/measure.h"

static pl_status columns(const measure_setup *setup, pl_table *table) {
    pl_status st = PL_OK;
    for (size_t d = 0; d < setup->world->n_domains && !st; d++)
        st = measure_column(table, PL_ESTIMATED, "", "Share of the groups of the last training batch that are of the domain",
                            "batch/share/%s", setup->world->domains[d]->name);
    return st;
}

/* Groups by domain. */
static size_t state_size(const measure_setup *setup) { return setup->world->n_domains; }

static void batch(const measure_setup *setup, double *state, const algo_batch *b) {
    for (size_t i = 0; i < b->n; i++) state[setup->world->domain[b->groups[i].prompt]] += 1.0;
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    const size_t n = state_size(setup);
    double groups = 0.0;
    for (size_t d = 0; d < n; d++) groups += state[d];
    for (size_t d = 0; d < n; d++) row[d] = measure_mean(state[d], groups);
}

const measure measure_batch = {
    .entry = {"batch", "Domains of the prompts trained on", NULL, NULL},
    .columns = columns, .state = state_size, .batch = batch, .finish = finish};
