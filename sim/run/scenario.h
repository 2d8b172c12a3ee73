/* The whole scenario: one training set-up, its arms, how often it is repeated, what is drawn and what is claimed.
 *
 * Everything of the training stands at the top level of the file (world, policy, reward, ...). `arms` are named sets of
 * overrides; they stay a tree here, because an arm is not a struct of its own: it is the scenario once more with some
 * keys laid over it (plan.h).
 */
#ifndef PL_RUN_SCENARIO_H
#define PL_RUN_SCENARIO_H

#include "sim/analysis/hypothesis.h"
#include "sim/train/training.h"

typedef struct about_spec {
    const char *finding, *claim, *source, *published, *headline, *page;
    pl_strings misses;
} about_spec;

/* How often every arm is run, and which random streams all replicates share. */
typedef struct replicates_spec {
    int64_t count;
    pl_strings share; /* "world", "order", "sample" */
} replicates_spec;

typedef struct scenario {
    about_spec about;
    int64_t seed;
    replicates_spec replicates;
    training_spec training;
    const struct pl_node *arms; /* map name -> overrides; NULL or empty: the one arm "base" */
    fits_spec fits;
    pl_choices figures; /* empty: every figure that applies to the columns */
    pl_map hypotheses;
} scenario;
extern const pl_struct scenario_struct;

/* Seeds of one replicate, with the shared streams shared. */
pl_seeds scenario_seeds(const scenario *s, uint32_t replicate);

#endif
