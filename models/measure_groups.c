/* Groups of the last training batch: how many teach nothing, and how much batch means vary beyond independent draws. */
#include "models/algo_set.h"
#include "models/measure.h"

enum { GROUPS, ZERO_VARIANCE, ALL_RIGHT, ALL_WRONG, OVER_DISPERSION, STATE };

static pl_status columns(const measure_setup *setup, pl_table *table) {
    pl_status st = measure_column(table, PL_ESTIMATED, "", "Share of groups with equal rewards in the last training batch",
                                  "groups/zero_variance");
    if (!st) st = measure_column(table, PL_ESTIMATED, "", "Share of groups with right answers only", "groups/all_right");
    if (!st) st = measure_column(table, PL_ESTIMATED, "", "Share of groups without a right answer", "groups/all_wrong");
    if (!st) st = measure_column(table, PL_ESTIMATED, "",
                                 "Variance of the batch's mean reward over that of independent rollouts: 1+(G-1)*ICC",
                                 "groups/over_dispersion");
    return st;
}

static size_t state_size(const measure_setup *setup) { return STATE; }

/* ICC(1) = (B-W)/(B+(G-1)W) with mean squares B between and W within groups, so 1+(G-1)ICC = G B/(B+(G-1)W). Missing
 * when all rewards are equal, for which the means must come out exact: 0/0 and not the ratio of two roundings. */
static double over_dispersion(const algo_batch *b) {
    const size_t n = b->n, G = n ? b->groups[0].G : 0;
    double between = 0.0, within = 0.0;
    if (n < 2 || G < 2) return NAN;
    const double mean = algo_set_mean(b->groups, n);
    for (size_t i = 0; i < n; i++) {
        const double group = algo_set_mean(&b->groups[i], 1);
        for (size_t j = 0; j < G; j++) within += (b->groups[i].reward[j] - group) * (b->groups[i].reward[j] - group);
        between += (double)G * (group - mean) * (group - mean);
    }
    between /= (double)(n - 1);
    within /= (double)(n * (G - 1));
    return measure_mean((double)G * between, between + (double)(G - 1) * within);
}

static void batch(const measure_setup *setup, double *state, const algo_batch *b) {
    for (size_t i = 0; i < b->n; i++) {
        const rollout_group *group = &b->groups[i];
        size_t right = 0, equal = 0;
        for (size_t j = 0; j < group->G; j++) {
            right += group->rollouts[j].correct;
            equal += group->reward[j] == group->reward[0];
        }
        state[ZERO_VARIANCE] += equal == group->G;
        state[ALL_RIGHT] += right == group->G;
        state[ALL_WRONG] += right == 0;
    }
    state[GROUPS] = (double)b->n;
    state[OVER_DISPERSION] = over_dispersion(b);
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    for (int i = ZERO_VARIANCE; i <= ALL_WRONG; i++) row[i - ZERO_VARIANCE] = measure_mean(state[i], state[GROUPS]);
    row[OVER_DISPERSION - ZERO_VARIANCE] = state[GROUPS] > 0.0 ? state[OVER_DISPERSION] : NAN;
}

const measure measure_groups = {
    .entry = {"groups", "Groups without a gradient and over-dispersion in the last training batch", NULL, NULL},
    .columns = columns, .state = state_size, .batch = batch, .finish = finish};
