/* Forgetting: what the base could do and the policy no longer can, by domain; and generalisation: how much of the gain on
 * training prompts is also there on others. Both are differences to the base on the same prompts, so that a split or a domain
 * that happens to be harder does not count. A gain that is missing on held-out templates is template matching (2603.23004). */
#include "models/measure.h"

/* State: weight and gain of every split, then weight and loss of every domain. */
enum { DOMAINS = 2 * SPLITS };

static pl_status columns(const measure_setup *setup, pl_table *table) {
    pl_status st = PL_OK;
    for (size_t d = 0; d < setup->world->n_domains && !st; d++)
        st = measure_column(table, PL_EXACT, "", "pass@1 of the base minus that of the policy, held-out prompts of the domain",
                            "forgetting/%s", setup->world->domains[d]->name);
    if (!st) st = measure_column(table, PL_EXACT, "", "Gain of pass@1 over the base on training prompts minus that on held-out "
                                 "prompts", "gap/held_out");
    if (!st) st = measure_column(table, PL_EXACT, "", "Gain of pass@1 over the base on training prompts minus that on prompts of "
                                 "held-out templates", "gap/template_held_out");
    return st;
}

static size_t state_size(const measure_setup *setup) { return DOMAINS + 2 * setup->world->n_domains; }

static void visit(const measure_setup *setup, double *state, const policy_view *view, const policy_view *base, int split,
                  double weight) {
    const double gain = weight * (view->pass - base->pass);
    state[2 * split] += weight;
    state[2 * split + 1] += gain;
    if (split != SPLIT_HELD_OUT) return;
    double *domain = state + DOMAINS + 2 * (size_t)setup->world->domain[view->prompt];
    domain[0] += weight;
    domain[1] -= gain;
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    double gain[SPLITS];
    for (int i = 0; i < SPLITS; i++) gain[i] = measure_mean(state[2 * i + 1], state[2 * i]);
    for (size_t d = 0; d < setup->world->n_domains; d++)
        *row++ = measure_mean(state[DOMAINS + 2 * d + 1], state[DOMAINS + 2 * d]);
    *row++ = gain[SPLIT_TRAIN] - gain[SPLIT_HELD_OUT];
    *row = gain[SPLIT_TRAIN] - gain[SPLIT_HELD_OUT_TEMPLATE];
}

const measure measure_forgetting = {
    .entry = {"forgetting", "Loss by domain, and what of the gain is missing on unseen prompts, exact", "2509.04259; 2603.23004",
              NULL},
    .columns = columns, .state = state_size, .visit = visit, .finish = finish};
