/* Failures: every GPU fails after an exponential time, and whatever it was part of with it. */
#include <math.h>
#include "sim/train/run.h"
#include "sim/train/trace.h"

static pl_stream chance(const run *r)
{
    return pl_stream_make(r->seeds, PL_FOR_CLUSTER, (uint32_t)r->stream.ledger.failures, 0, 0);
}

pl_status failure_schedule(run *r)
{
    const cluster_spec *c = &r->spec->cluster;
    if (!(c->failure_hours > 0)) return PL_OK;
    pl_stream s = chance(r);
    return run_after(r, pl_exponential(&s) * 3600 * c->failure_hours / c->gpus, EVENT_FAILURE, PRIORITY_FAILURE, 0);
}

/* Which GPU is drawn uniformly; colocated, one that trains also generates. */
pl_status failure_on(run *r, const pl_event *e)
{
    const cluster_spec *c = &r->spec->cluster;
    pl_stream s = chance(r);
    pl_exponential(&s);
    double train = cluster_trainer_share(c), where = pl_uniform(&s);
    bool colocated = c->placement == PLACEMENT_COLOCATED, trains = colocated || where < train;
    double victim = colocated ? where : (where - train) / (1 - train);
    r->stream.ledger.failures++;
    unsigned worker =
        trains ? TRACE_TRAINER : TRACE_REPLICA + (unsigned)fmin(floor(victim * (double)c->generators), (double)c->generators - 1);
    if (run_trace(r, worker, TRACE_REPAIR, r->events.now, r->events.now + c->repair)) return PL_ERR_WORLD;
    pl_status st = trains ? trainer_time_fail(r) : PL_OK;
    if (!st && (colocated || !trains))
        st = engine_fail(r, (uint32_t)fmin(floor(victim * (double)c->generators), (double)c->generators - 1));
    return st ? st : failure_schedule(r);
}
