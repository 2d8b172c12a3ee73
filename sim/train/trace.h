/* Trace: what each worker of the cluster did, from when to when, as a table of intervals; on request, for one replicate. */
#ifndef PL_TRAIN_TRACE_H
#define PL_TRAIN_TRACE_H

#include "sim/train/training.h"

enum {
    TRACE_TRAINER,
    TRACE_WEIGHTS,
    TRACE_EVALUATION,
    TRACE_REPLICA
}; /* worker: TRACE_REPLICA + k is replica k of the generators */
enum { TRACE_UPDATE, TRACE_LOGPROB, TRACE_SYNC, TRACE_EVALUATE, TRACE_DECODE, TRACE_REPAIR };

/* One replicate, as training_run; `trace` (an initialised table without columns) gets a row per interval: worker and what in
 * words and as the numbers above, begin and end in s, optimiser steps done at the end. Without detail rollout the generators are
 * one worker. Decoding that is still going on ends with the run. */
PL_MUST_USE pl_status training_trace(const training_spec *spec, const pl_seeds *seeds, const char *arm, uint32_t replicate,
                                     pl_table *table, pl_table *trace, pl_diag *diag);

#endif
