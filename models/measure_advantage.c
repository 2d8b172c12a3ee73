/* Advantages of the last training batch: extremes, and their covariance with the log-probability of the response,
 * which drives the entropy (2505.22617). */
#include "models/measure.h"

enum { ROLLOUTS, MAX, MIN, COVARIANCE, STATE };

static pl_status columns(const measure_setup *setup, pl_table *table) {
    pl_status st = measure_column(table, PL_ESTIMATED, "", "Largest advantage of the last training batch", "advantage/max");
    if (!st) st = measure_column(table, PL_ESTIMATED, "", "Smallest advantage of the last training batch", "advantage/min");
    if (!st) st = measure_column(table, PL_ESTIMATED, "nats",
                                 "Covariance of advantage and log-probability of the response when it was sampled (ddof 0)",
                                 "advantage/covariance");
    return st;
}

static size_t state_size(const measure_setup *setup) { return STATE; }

static void batch(const measure_setup *setup, double *state, const algo_batch *b) {
    double n = 0.0, ln = 0.0, advantage = 0.0, product = 0.0, max = -PL_INF, min = PL_INF;
    for (size_t i = 0; i < b->n; i++)
        for (size_t j = 0; j < b->groups[i].G; j++) {
            const double a = b->groups[i].advantage[j];
            n += 1.0;
            ln += rollout_ln_behaviour(&b->groups[i].rollouts[j]);
            advantage += a;
            max = a > max ? a : max;
            min = a < min ? a : min;
        }
    if (n == 0.0) return;
    for (size_t i = 0; i < b->n; i++)
        for (size_t j = 0; j < b->groups[i].G; j++)
            product += (b->groups[i].advantage[j] - advantage / n) * (rollout_ln_behaviour(&b->groups[i].rollouts[j]) - ln / n);
    state[ROLLOUTS] = n;
    state[MAX] = max;
    state[MIN] = min;
    state[COVARIANCE] = product / n;
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    for (int i = MAX; i < STATE; i++) row[i - MAX] = state[ROLLOUTS] > 0.0 ? state[i] : NAN;
}

const measure measure_advantage = {
    .entry = {"advantage", "Extremes of the advantage, covariance with log-probability", "2505.22617", NULL},
    .columns = columns, .state = state_size, .batch = batch, .finish = finish};
