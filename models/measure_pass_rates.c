/* Where the gradient comes from: advantages by the pass rate of their group in the last training batch. With group_std the mean
 * |advantage| of a group with m of G right is 2 sqrt(m (G-m))/G, so that prompts near one half weigh most and those that are all
 * right or all wrong nothing; other scales weigh otherwise (docs/model/oracles.md). The pass rate is that of the
 * group's own responses, as a real run sees it; bins are fifths, closed on the left, 1 in the last. */
#include "models/measure.h"

enum { BINS = 5, GROUPS = 0, RESPONSES = BINS, SIZE = 2 * BINS, STATE = 3 * BINS };

static pl_status columns(const measure_setup *setup, pl_table *table) {
    static const struct { const char *name, *doc; } column[] = {
        {"groups", "Share of the groups with a pass rate in the bin [i/5, (i+1)/5), 1 in the last; last training batch"},
        {"size", "Mean size of the advantage in groups of the bin"},
        {"share", "Part of the sum of all sizes of advantages that groups of the bin have"},
    };
    pl_status st = PL_OK;
    for (size_t b = 0; b < BINS; b++)
        for (size_t i = 0; i < PL_COUNT(column) && !st; i++)
            st = measure_column(table, PL_ESTIMATED, "", column[i].doc, "advantage/pass_rate/%zu/%s", b, column[i].name);
    return st;
}

static size_t state_size(const measure_setup *setup) { return STATE; }

static void batch(const measure_setup *setup, double *state, const algo_batch *b) {
    for (size_t i = 0; i < b->n; i++) {
        const rollout_group *g = &b->groups[i];
        size_t right = 0;
        double size = 0.0;
        for (size_t j = 0; j < g->G; j++) {
            right += g->rollouts[j].correct;
            size += fabs(g->advantage[j]);
        }
        const size_t bin = right == g->G ? BINS - 1 : BINS * right / g->G;
        state[GROUPS + bin] += 1.0;
        state[RESPONSES + bin] += (double)g->G;
        state[SIZE + bin] += size;
    }
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    double groups = 0.0, size = 0.0;
    for (size_t b = 0; b < BINS; b++) {
        groups += state[GROUPS + b];
        size += state[SIZE + b];
    }
    for (size_t b = 0; b < BINS; b++) {
        *row++ = measure_mean(state[GROUPS + b], groups);
        *row++ = measure_mean(state[SIZE + b], state[RESPONSES + b]);
        *row++ = measure_mean(state[SIZE + b], size);
    }
}

const measure measure_pass_rates = {
    .entry = {"pass_rates", "Size and share of the advantages by the pass rate of their group", "2503.20783, section 3", NULL},
    .columns = columns, .state = state_size, .batch = batch, .finish = finish};
