/* Rewards of the last training batch, as a real run logs them. */
#include "models/algo_set.h"
#include "models/measure.h"

enum { ROLLOUTS, MEAN, STD, GROUP_STD, STATE };

static pl_status columns(const measure_setup *setup, pl_table *table) {
    pl_status st = measure_column(table, PL_ESTIMATED, "", "Mean reward of the last training batch", "reward/mean");
    if (!st) st = measure_column(table, PL_ESTIMATED, "", "Standard deviation of the reward over the last training batch (ddof 0)",
                                 "reward/std");
    if (!st) st = measure_column(table, PL_ESTIMATED, "",
                                 "Standard deviation of the reward within a group (ddof 0), mean over groups", "reward/group_std");
    return st;
}

static size_t state_size(const measure_setup *setup) { return STATE; }

static void batch(const measure_setup *setup, double *state, const algo_batch *b) {
    if (b->n == 0) return;
    for (size_t i = 0; i < b->n; i++) {
        state[ROLLOUTS] += (double)b->groups[i].G;
        state[GROUP_STD] += algo_set_std(&b->groups[i], 1, 0) / (double)b->n;
    }
    state[MEAN] = algo_set_mean(b->groups, b->n);
    state[STD] = algo_set_std(b->groups, b->n, 0);
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    for (int i = MEAN; i < STATE; i++) row[i - MEAN] = state[ROLLOUTS] > 0.0 ? state[i] : NAN;
}

const measure measure_reward = {
    .entry = {"reward", "Mean and spread of the reward in the last training batch", NULL, NULL},
    .columns = columns, .state = state_size, .batch = batch, .finish = finish};
