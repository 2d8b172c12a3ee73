/* Shares of the formats in responses to held-out prompts. */
#include "models/measure.h"

/* State: weight, then the mass of every format. */
static pl_status columns(const measure_setup *setup, pl_table *table) {
    pl_status st = PL_OK;
    for (size_t f = 0; f < setup->world->n_formats && !st; f++)
        st = measure_column(table, PL_EXACT, "", "Share of the format, held-out prompts", "formats/share/%s",
                            setup->world->formats[f]->name);
    if (!st) st = measure_column(table, PL_EXACT, "", "Largest share of a format, held-out prompts", "formats/max_share");
    return st;
}

static size_t state_size(const measure_setup *setup) { return 1 + setup->world->n_formats; }

static void visit(const measure_setup *setup, double *state, const policy_view *view, const policy_view *base, int split,
                  double weight) {
    if (split != SPLIT_HELD_OUT) return;
    state[0] += weight;
    for (size_t f = 0; f < view->F; f++) state[1 + f] += weight * view->format[f];
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    const size_t n = setup->world->n_formats;
    double max = 0.0;
    for (size_t f = 0; f < n; f++) {
        row[f] = measure_mean(state[1 + f], state[0]);
        max = state[1 + f] > max ? state[1 + f] : max;
    }
    row[n] = measure_mean(max, state[0]);
}

const measure measure_formats = {
    .entry = {"formats", "Shares of the formats, exact", "2504.07912", NULL},
    .columns = columns, .state = state_size, .visit = visit, .finish = finish};
