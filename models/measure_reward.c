/* Rewards of the last training batch, as a real run logs them. */
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

static void mean_and_square(const double *v, size_t n, double *mean, double *square) {
    *mean = *square = 0.0;
    for (size_t i = 0; i < n; i++) *mean += v[i] / (double)n;
    for (size_t i = 0; i < n; i++) *square += (v[i] - *mean) * (v[i] - *mean);
}

static void batch(const measure_setup *setup, double *state, const algo_batch *b) {
    double n = 0.0, sum = 0.0, within = 0.0, between = 0.0, std = 0.0;
    for (size_t i = 0; i < b->n; i++)
        for (size_t j = 0; j < b->groups[i].G; j++) {
            sum += b->groups[i].reward[j];
            n += 1.0;
        }
    if (n == 0.0) return;
    for (size_t i = 0; i < b->n; i++) {
        const size_t G = b->groups[i].G;
        double mean, square;
        mean_and_square(b->groups[i].reward, G, &mean, &square);
        std += sqrt(square / (double)G);
        within += square;
        between += (double)G * (mean - sum / n) * (mean - sum / n);
    }
    state[ROLLOUTS] = n;
    state[MEAN] = sum / n;
    state[STD] = sqrt((within + between) / n);
    state[GROUP_STD] = std / (double)b->n;
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    for (int i = MEAN; i < STATE; i++) row[i - MEAN] = state[ROLLOUTS] > 0.0 ? state[i] : NAN;
}

const measure measure_reward = {{"reward", "Mean and spread of the reward in the last training batch", NULL, NULL},
    columns, state_size, NULL, batch, finish};
