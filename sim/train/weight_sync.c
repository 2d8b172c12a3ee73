/* Weight sync: the trainer's weights reach the generators after the time of a transfer, during which replicas stand still. */
#include "sim/train/run.h"
#include "sim/train/trace.h"

pl_status weight_sync_start(run *r)
{
    const cluster_spec *c = &r->spec->cluster;
    double time = cluster_sync_time(c, r->scale);
    r->spent[PHASE_WAIT] += r->events.now - r->trainer.idle_since; /* since it used up its batch */
    r->spent[PHASE_SYNC] += time;
    if (c->placement == PLACEMENT_COLOCATED && c->switching > 0) {
        r->spent[PHASE_OTHER] += c->switching;
        time += c->switching;
    }
    r->stream.publishing = true;
    if (r->streams && r->stream.engine_open) engine_pause(r, time);
    pl_status st = run_trace(r, TRACE_WEIGHTS, TRACE_SYNC, r->events.now, r->events.now + time);
    return st ? st : run_after(r, time, EVENT_SYNCED, PRIORITY_SYNC, 0);
}

/* Where nothing is generated while weights change, the generators may read the trainer's own array. */
pl_status weight_sync_on_done(run *r, const pl_event *e)
{
    clock_lag(r);
    r->stream.publishing = false;
    r->trainer.idle_since = r->events.now;
    r->generators.weights = run_sampling_weights(r);
    r->generators.version = (uint32_t)r->step;
    pl_status st = r->streams ? stream_publish(r) : PL_OK;
    return st ? st : r->mode->on_synced(r);
}
