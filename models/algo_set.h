/* Mean and deviation of the rewards of a set of rollouts: one group, or all groups of a batch.
 *
 * Deviations are taken from the first reward of the set, so that a set of equal rewards has exactly this mean and
 * exactly zero deviation, whatever the number (0.3 * 7 / 7 is not 0.3 in binary). Order of summation is fixed. */
#ifndef PL_MODELS_ALGO_SET_H
#define PL_MODELS_ALGO_SET_H

#include "models/algo.h"

double algo_set_mean(const rollout_group *groups, size_t n);
/* Square root of the squared deviations from the mean over (rollouts - ddof). */
double algo_set_std(const rollout_group *groups, size_t n, int ddof);
/* The sets that scope BATCH means, by number; most of them may be empty. */
size_t algo_sets(const algo_context *c);
bool algo_set_has(const algo_context *c, size_t set, const rollout_group *group);
/* Mean and deviation of a set; false when the batch has no group in it. */
typedef struct algo_stat { double mean, sd; } algo_stat;
bool algo_set_stat(const algo_context *c, const algo_batch *batch, size_t set, int ddof, algo_stat *stat);

/* advantage /= by; a set without deviation and eps 0 (by = 0) is left alone: its advantages are 0. */
void algo_set_divide(rollout_group *groups, size_t n, double by);

#endif
