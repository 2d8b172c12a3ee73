/* Filters: which groups of a rollout batch are trained on. One file filter_<name>.c per filter; registry `filter`.
 *
 * A filter looks at the rewards of a group, before any divergence is taken from them. Dropped groups are in neither the
 * sums nor the denominators of baselines over the batch, aggregation and reduction; what it cost to generate them stays spent.
 * A filter that refills draws further prompts in rounds of `prompts` groups until so many are kept; groups kept beyond that
 * number are dropped too, last asked for first. Every round is a batch of its own for the curriculum and the random streams.
 */
#ifndef PL_MODELS_FILTER_H
#define PL_MODELS_FILTER_H

#include "models/rollout.h"

typedef struct filter {
    pl_entry entry;
    bool (*keep)(const void *params, const rollout_group *group);     /* NULL: every group stays */
    int64_t (*rounds)(const void *params);                            /* at most so many, refilling; NULL: one */
    bool needs_variance;                                              /* keeps only groups whose rewards differ */
} filter;
extern const pl_registry filter_registry;     /* generated */

/* NULL entry: as filter none. */
bool filter_drops(const pl_choice *choice);                           /* can it drop groups at all? */
bool filter_keeps(const pl_choice *choice, const rollout_group *group);
int64_t filter_rounds(const pl_choice *choice);
bool filter_needs_variance(const pl_choice *choice);

/* Do the rewards of the group differ? */
bool filter_has_variance(const rollout_group *group);

#endif
