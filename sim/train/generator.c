/* Generators: groups of rollouts occupy slots and take time.
 *
 * A group keeps its slot until its longest response is decoded; the next waiting group then takes the slot. With
 * detail `group` every end of a group is an event. With detail `batch` the same schedule is computed at once by list
 * scheduling: the waiting group goes to the slot that is free first. Both add the same numbers in the same order, so
 * that times agree to the last bit: the end of a group is the end of the one before it in the slot plus its duration,
 * and slot-seconds are added in the order of dispatch.
 */
#include "sim/train/run.h"
#include "sim/train/trace.h"

pl_status generators_init(run *r)
{
    generators *g = &r->generators;
    const cluster_spec *c = &r->spec->cluster;
    g->n = (size_t)r->spec->algorithm.prompts;
    g->slots_all = (size_t)c->generators * (size_t)c->slots;
    g->slots = g->slots_all < g->n ? g->slots_all : g->n;
    g->weights = run_sampling_weights(r);
    g->prompts = pl_arena_array(&r->arena, g->n, sizeof *g->prompts);
    g->free_at = pl_arena_array(&r->arena, g->slots, sizeof *g->free_at);
    g->started = pl_arena_array(&r->arena, g->n, sizeof *g->started);
    return g->prompts && g->free_at && g->started ? PL_OK : PL_ERR_WORLD;
}

/* Generates group k of the batch; returns its duration, s. */
static double decode(run *r, size_t k)
{
    generators *g = &r->generators;
    double longest = LEARNER_FUSED_TOKENS;
    if (!r->learner.fast) {
        rollout_group *group = buffer_open(&r->buffer, g->batch, (uint32_t)k, g->prompts[k]);
        r->learner.ops->sample(&r->learner, g->weights, g->version, group);
        for (size_t i = 0; i < group->G; i++)
            if (group->rollouts[i].tokens > longest)
                longest = group->rollouts[i].tokens;
    }
    double duration = longest / r->spec->cluster.tokens_per_second;
    g->busy += duration;
    return duration;
}

static void count(run *r, size_t k)
{
    generators *g = &r->generators;
    size_t G = (size_t)r->spec->algorithm.group_size;
    g->samples += (double)G;
    if (r->learner.fast) {
        g->tokens += (double)G * LEARNER_FUSED_TOKENS;
    } else {
        for (size_t i = 0; i < G; i++)
            g->tokens += r->buffer.batch.groups[k].rollouts[i].tokens;
        draw_observe(r, &r->buffer.batch.groups[k]);
    }
    buffer_complete(&r->buffer);
    if (!buffer_ready(&r->buffer))
        return;
    g->decoding += r->events.now - g->began;
    for (size_t i = 0; i < g->n && !r->learner.fast; i++)  /* in one order, whatever the detail */
        g->difficulty += r->learner.world->difficulty[r->buffer.batch.groups[i].prompt];
}

static pl_status dispatch(run *r, uint32_t slot)
{
    size_t k = r->generators.next++;
    r->generators.started[k] = r->events.now;
    tally_enter(&r->generators.decoded, r->events.now);
    pl_event e = {.priority = PRIORITY_GENERATE, .kind = EVENT_GROUP, .subject = slot, .payload = k};
    e.time = r->events.now + decode(r, k);
    return pl_events_push(&r->events, e);
}

/* The earliest free slot takes the next group: replaces the root of the heap by a later time. */
static void replace_first(double *heap, size_t n, double time)
{
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && heap[child + 1] < heap[child])
            child++;
        if (!(heap[child] < time))
            break;
        heap[i] = heap[child];
    }
    heap[i] = time;
}

static pl_status dispatch_all(run *r)
{
    generators *g = &r->generators;
    double end = r->events.now;
    for (size_t s = 0; s < g->slots; s++)
        g->free_at[s] = r->events.now;
    for (; g->next < g->n; g->next++) {
        double duration = decode(r, g->next), done = g->free_at[0] + duration;
        if (g->slots < g->n)                               /* else every group has a slot of its own */
            replace_first(g->free_at, g->slots, done);
        end = done > end ? done : end;
    }
    return pl_events_push(&r->events, (pl_event){.time = end, .priority = PRIORITY_GENERATE, .kind = EVENT_BATCH});
}

void generators_prompts(run *r, uint32_t batch)
{
    generators *g = &r->generators;
    if (g->drawn == batch + 1)
        return;
    draw_prompts(r, batch, (double)batch * (double)g->n / (double)r->n_pool, g->prompts, g->n);
    g->drawn = batch + 1;
}

pl_status generators_start(run *r)
{
    generators *g = &r->generators;
    if (r->streams)
        return stream_start(r);
    generators_prompts(r, g->batch);
    g->began = r->events.now;
    r->buffer.complete = 0;
    g->next = 0;
    if (r->spec->cluster.detail == DETAIL_BATCH)
        return dispatch_all(r);
    pl_status st = PL_OK;
    for (uint32_t s = 0; s < g->slots && !st; s++)
        st = dispatch(r, s);
    return st;
}

/* Group k leaves its slot, and waits for the rest of the batch. */
static void move_on(generators *g, size_t k, double now)
{
    tally_leave(&g->decoded, now, g->started[k]);
    tally_enter(&g->waiting, now);
    g->started[k] = now;
    const bool all = g->waiting.n == (double)g->n;
    for (size_t i = 0; all && i < g->n; i++)
        tally_leave(&g->waiting, now, g->started[i]);
}

pl_status generators_on_group(run *r, const pl_event *e)
{
    generators *g = &r->generators;
    move_on(g, (size_t)e->payload, r->events.now);
    count(r, (size_t)e->payload);
    if (buffer_ready(&r->buffer) && run_trace(r, TRACE_REPLICA, TRACE_DECODE, g->began, r->events.now))
        return PL_ERR_WORLD;
    if (g->next < g->n) {
        pl_status st = dispatch(r, e->subject);
        if (st)
            return st;
    }
    return r->mode->on_group(r);
}

pl_status generators_on_batch(run *r, const pl_event *e)
{
    for (size_t k = 0; k < r->generators.n; k++)
        count(r, k);
    pl_status st = run_trace(r, TRACE_REPLICA, TRACE_DECODE, r->generators.began, r->events.now);
    return st ? st : r->mode->on_group(r);
}
