/* Do seeds change the same weights? The columns update/mask/<i> of a run tell which weights of a sample, the same in every
 * replicate that shares its world, are changed; this compares them between replicates at their last recorded step.
 *
 *   overlap  of the weights that one replicate changes, the share that another changes too; mean over ordered pairs
 *   chance   what that would be if they had nothing to do with each other: the share of all weights that the other changes
 *
 * (arXiv 2505.11711, section 5: 60.5% against 36.7%.)
 */
#ifndef PL_ANALYSIS_OVERLAP_H
#define PL_ANALYSIS_OVERLAP_H

#include "sim/analysis/statistic.h"

enum { OVERLAP_BITS = 48 }; /* of a column */

typedef struct overlap {
    double shared, chance, ratio; /* NaN: fewer than two replicates, no masks, or nothing changed */
} overlap;
/* `which->only` is not used: it takes several replicates. */
PL_MUST_USE pl_status overlap_of(const selection *which, overlap *out);

/* Names of the statistics, NULL-terminated: overlap.shared, overlap.chance, overlap.ratio. */
extern const char *const overlap_statistics[];
bool is_overlap_statistic(const char *name);

#endif
