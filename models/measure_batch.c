/* Whose prompts the last training batch holds: shares of the domains and mean difficulty. What is generated and what is trained on are
 * not the same where groups are dropped for being late, and late are those that take long. */
#include "models/measure.h"

/* State: groups, sum of difficulties, groups by domain. */
enum { GROUPS, DIFFICULTY, DOMAINS };

static pl_status columns(const measure_setup *setup, pl_table *table) {
    pl_status st = measure_column(table, PL_ESTIMATED, "logits", "Mean difficulty of the prompts of the last training batch",
                                  "batch/difficulty");
    for (size_t d = 0; d < setup->world->n_domains && !st; d++)
        st = measure_column(table, PL_ESTIMATED, "", "Share of the groups of the last training batch that are of the domain",
                            "batch/share/%s", setup->world->domains[d]->name);
    return st;
}

static size_t state_size(const measure_setup *setup) { return DOMAINS + setup->world->n_domains; }

static void batch(const measure_setup *setup, double *state, const algo_batch *b) {
    const world *w = setup->world;
    for (size_t i = 0; i < b->n; i++) {
        const uint32_t prompt = b->groups[i].prompt;
        state[GROUPS] += 1.0;
        state[DIFFICULTY] += w->difficulty[prompt];
        state[DOMAINS + w->domain[prompt]] += 1.0;
    }
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    for (size_t i = DIFFICULTY; i < state_size(setup); i++) row[i - DIFFICULTY] = measure_mean(state[i], state[GROUPS]);
}

const measure measure_batch = {
    .entry = {"batch", "Domains and difficulty of the prompts trained on", NULL, NULL},
    .columns = columns, .state = state_size, .batch = batch, .finish = finish};
