/* Mode sync: generate a batch, train on it, publish the weights; nothing overlaps. */
#include "sim/train/run.h"

static pl_status on_group(run *r)
{
    return buffer_ready(&r->buffer) ? trainer_start(r) : PL_OK;
}

static pl_status on_synced(run *r)
{
    r->generators.batch++;
    return generators_start(r);
}

const run_mode run_mode_sync = {.name = "sync", .on_group = on_group, .on_consumed = weight_sync_start, .on_synced = on_synced};
