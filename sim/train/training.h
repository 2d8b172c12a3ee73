/* Training: one replicate of one arm, from world to result table, as discrete events.
 * docs/model/training.md, docs/model/clock-and-chance.md.
 *
 * A pure function of (spec, seeds): the table does not depend on threads, on the vector level or on the wall clock.
 */
#ifndef PL_TRAIN_TRAINING_H
#define PL_TRAIN_TRAINING_H

#include "models/algo.h"
#include "models/curriculum.h"
#include "models/reward.h"
#include "sim/core/table.h"
#include "sim/train/cluster.h"

typedef struct stop_spec { int64_t steps; double epochs, gpu_hours; } stop_spec;      /* whichever comes first; 0 = no limit */
typedef struct record_spec {
    int64_t every;                       /* steps between recorded rows; step 0 and the last are always recorded */
    pl_reals pass_at;                    /* the k of pass@k */
    pl_reals majority_at;                /* the k of exact maj@k */
    int64_t samples;                     /* per prompt, of the sampled evaluation; 0: exact measures only */
    double temperature;                  /* of the sampled evaluation; 0 (unset) means 1 */
    bool greedy;                         /* instead: the likeliest option of every decision */
} record_spec;

typedef struct training_spec {
    world_spec world;
    policy_spec policy;
    pl_choices reward;
    algorithm_spec algorithm;
    optimizer_spec optimizer;
    curriculum_spec curriculum;
    cluster_spec cluster;
    stop_spec stop;
    record_spec record;
    const char *directory;               /* of the scenario file: relative data paths are looked for there; not a key */
} training_spec;
extern const pl_struct training_struct;  /* keys world, policy, reward, algorithm, optimizer, curriculum, cluster, stop, record */

typedef struct training_progress {       /* written by the run, read by a progress bar; relaxed atomics */
    _Atomic uint64_t steps, steps_total; /* optimiser steps; total as far as known */
} training_progress;

/* Appends one row per recorded step to `table` (an initialised table without columns gets them): arm, replicate,
 * step, then clock and measure columns. Errors: PL_ERR_NUMERIC with replicate, step and time in the message (rows until then stay);
 * PL_ERR_INTERRUPTED when pl_interrupted(); PL_ERR_WORLD. */
PL_MUST_USE pl_status training_run(const training_spec *spec, const pl_seeds *seeds, const char *arm, uint32_t replicate,
                                   pl_table *table, training_progress *progress, pl_diag *diag);

/* The columns such a run would write, without running: for --dry-run, checks of hypotheses, and the reference. */
PL_MUST_USE pl_status training_columns(const training_spec *spec, pl_table *table, pl_diag *diag);

#endif
