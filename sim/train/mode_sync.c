/* Mode sync: generate a batch, train on it, publish the weights; nothing overlaps. */
#include "sim/train/run.h"

static pl_status next_batch(run *r)
{
    r->generators.batch++;
    return generators_start(r);
}

static pl_status on_group(run *r)
{
    if (!buffer_ready(&r->buffer))
        return PL_OK;
    return buffer_admit(&r->buffer, &r->spec->algorithm) ? trainer_start(r) : next_batch(r);
}

const run_mode run_mode_sync = {.name = "sync", .on_group = on_group, .on_consumed = weight_sync_start, .on_synced = next_batch};
