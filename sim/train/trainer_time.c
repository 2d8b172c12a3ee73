/* How long the trainer takes, apart from what it does: passes for log-probabilities, updates, checkpoints, repairs. */
#include "sim/train/run.h"
#include "sim/train/trace.h"

/* Before the first update of a batch: the change from generation, and the log-probability passes over all of it. */
static double before_batch(run *r)
{
    const cluster_spec *c = &r->spec->cluster;
    double pass = 0;
    if (c->logprob_passes > 0)
        pass = c->logprob_overhead + (double)c->logprob_passes * trainer_tokens(r, &r->buffer.admitted) / (3 * r->trainer_rate);
    if (c->placement == PLACEMENT_COLOCATED) pass *= c->colocation;
    r->spent[PHASE_LOGPROB] += pass;
    if (c->placement != PLACEMENT_COLOCATED) return pass;
    r->spent[PHASE_OTHER] += c->switching;
    return pass + c->switching;
}

static double after_update(run *r)
{
    const cluster_spec *c = &r->spec->cluster;
    trainer *t = &r->trainer;
    if (c->checkpoint_every == 0 || (r->step + 1) % (uint64_t)c->checkpoint_every != 0) return 0;
    r->spent[PHASE_OTHER] += c->checkpoint;
    t->saves = true;
    return c->checkpoint;
}

pl_status trainer_time_begin(run *r, double tokens)
{
    const cluster_spec *c = &r->spec->cluster;
    trainer *t = &r->trainer;
    double update = c->trainer_overhead + tokens / r->trainer_rate;
    if (c->placement == PLACEMENT_COLOCATED) update *= c->colocation;
    if (t->minibatch == 0) r->spent[PHASE_WAIT] += r->events.now - t->idle_since;
    r->spent[PHASE_UPDATE] += update;
    double duration = update;
    if (t->minibatch == 0) duration += before_batch(r);
    t->pass = duration - update;
    duration += after_update(r);
    t->busy += duration;
    double delay = duration;
    if (t->blocked_until > r->events.now) { /* it failed while it had nothing to do */
        delay += t->blocked_until - r->events.now;
        r->spent[PHASE_OTHER] += t->blocked_until - r->events.now;
    }
    t->duration = duration;
    t->ends = r->events.now + delay;
    t->working = true;
    return pl_events_push(
        &r->events,
        (pl_event){.time = r->events.now + delay, .priority = PRIORITY_TRAIN, .kind = EVENT_UPDATE, .payload = ++t->stamp});
}

/* False: the update was interrupted by a failure, and this event is not its end any more. */
bool trainer_time_ends(run *r, const pl_event *e)
{
    trainer *t = &r->trainer;
    if (e->payload != t->stamp) return false;
    t->working = false;
    t->unsaved = t->saves ? 0 : t->unsaved + t->duration;
    t->saves = false;
    return true;
}

/* The machines of the trainer stand still for the repair; then the updates since the checkpoint are made again from the same
 * batches, which gives the same weights, and the one that was interrupted after them. */
pl_status trainer_time_fail(run *r)
{
    trainer *t = &r->trainer;
    double repair = r->spec->cluster.repair, now = r->events.now;
    if (!t->working) {
        t->blocked_until = (t->blocked_until > now ? t->blocked_until : now) + repair + t->unsaved;
        return PL_OK;
    }
    double ends = now + repair + t->unsaved + t->duration;
    if (ends < t->ends) /* it is still being repaired */
        return PL_OK;
    r->spent[PHASE_OTHER] += ends - t->ends;
    t->ends = ends;
    return pl_events_push(&r->events,
                          (pl_event){.time = ends, .priority = PRIORITY_TRAIN, .kind = EVENT_UPDATE, .payload = ++t->stamp});
}
