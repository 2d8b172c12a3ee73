/* Weight sync: the trainer's weights reach the generators after the time of a transfer. */
#include "sim/train/run.h"

pl_status weight_sync_start(run *r)
{
    return run_after(r, r->spec->cluster.weight_sync, EVENT_SYNCED, PRIORITY_SYNC, 0);
}

/* In mode sync nothing is generated while weights change, so the generators may read the trainer's own array. */
pl_status weight_sync_on_done(run *r, const pl_event *e)
{
    r->generators.weights = r->learner.weights;
    r->generators.version = (uint32_t)r->step;
    return r->mode->on_synced(r);
}
