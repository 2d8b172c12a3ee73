/* Shares of the formats in responses to held-out and to training prompts. */
#include "models/measure.h"

/* State: weights of held-out and training prompts, then the mass of every format on each. */
static pl_status columns(const measure_setup *setup, pl_table *table) {
    pl_status st = PL_OK;
    const size_t n = setup->world->n_formats;
    for (size_t f = 0; f < n && !st; f++)
        st = measure_column(table, PL_EXACT, "", "Share of the format, held-out prompts", "formats/share/%s",
                            setup->world->formats[f]->name);
    if (!st) st = measure_column(table, PL_EXACT, "", "Largest share of a format, held-out prompts", "formats/max_share");
    for (size_t f = 0; f < n && !st; f++)
        st = measure_column(table, PL_EXACT, "", "Share of the format, training prompts", "formats/share_train/%s",
                            setup->world->formats[f]->name);
    if (!st) st = measure_column(table, PL_EXACT, "", "Largest share of a format, training prompts", "formats/max_share_train");
    return st;
}

static size_t state_size(const measure_setup *setup) { return 2 + 2 * setup->world->n_formats; }

static void visit(const measure_setup *setup, double *state, const policy_view *view, const policy_view *base, int split,
                  double weight) {
    if (split == SPLIT_HELD_OUT_TEMPLATE) return;
    const size_t training = split == SPLIT_TRAIN;
    double *mass = state + 2 + training * view->F;
    state[training] += weight;
    for (size_t f = 0; f < view->F; f++) mass[f] += weight * view->format[f];
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    const size_t n = setup->world->n_formats;
    for (size_t training = 0; training < 2; training++) {
        const double *mass = state + 2 + training * n;
        double max = 0.0;
        for (size_t f = 0; f < n; f++) {
            *row++ = measure_mean(mass[f], state[training]);
            max = mass[f] > max ? mass[f] : max;
        }
        *row++ = measure_mean(max, state[training]);
    }
}

const measure measure_formats = {
    .entry = {"formats", "Shares of the formats, exact", "2504.07912", NULL},
    .columns = columns, .state = state_size, .visit = visit, .finish = finish};
