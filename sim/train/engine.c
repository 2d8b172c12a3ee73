/* The engine: replicas that batch continuously, on clocks that count tokens. */
#include <math.h>
#include <string.h>
#include "sim/train/run.h"
#include "sim/train/trace.h"

enum { SEATS_AT_MOST = 1000000 };
static const uint32_t NOBODY = UINT32_MAX; /* no enum: its values are ints */

/* Of two times or clocks, none of which is NaN: a comparison where fmax is a call. */
static inline double later(double a, double b) { return a > b ? a : b; }

/* --- responses that wait --- */

static pl_status add_place(places *p, place at)
{
    if (p->n == p->capacity) {
        size_t capacity = p->capacity ? 2 * p->capacity : 64;
        place *v = pl_alloc_array(capacity, sizeof *v);
        if (!v) return PL_ERR_WORLD;
        for (size_t i = 0; i < p->n; i++) v[i] = p->v[(p->first + i) % p->capacity];
        pl_free(p->v);
        *p = (places){.v = v, .n = p->n, .capacity = capacity};
    }
    p->v[(p->first + p->n++) % p->capacity] = at;
    return PL_OK;
}

static place first_place(const places *p) { return p->v[p->first]; }

static void drop_first(places *p)
{
    p->first = (p->first + 1) % p->capacity;
    p->n--;
}

/* --- replicas by load: lists of equal load, so that the least loaded is found at once --- */

static void unlink_replica(engine *e, uint32_t k)
{
    replica *v = &e->v[k];
    if (v->before != NOBODY)
        e->v[v->before].after = v->after;
    else
        e->by_load[v->held] = v->after;
    if (v->after != NOBODY) e->v[v->after].before = v->before;
    while (e->least < e->seats && e->by_load[e->least] == NOBODY) e->least++;
}

static void link_replica(engine *e, uint32_t k)
{
    replica *v = &e->v[k];
    v->before = NOBODY;
    v->after = e->by_load[v->held];
    if (v->after != NOBODY) e->v[v->after].before = k;
    e->by_load[v->held] = k;
    e->least = v->held < e->least ? v->held : e->least;
}

static void load(engine *e, uint32_t k, size_t held)
{
    if (!e->v[k].down) unlink_replica(e, k);
    e->v[k].held = held;
    if (!e->v[k].down) link_replica(e, k);
}

static void touch(engine *e, uint32_t k)
{
    if (!e->v[k].dirty) e->dirty[e->n_dirty++] = k;
    e->v[k].dirty = true;
}

pl_status engine_open(run *r)
{
    engine *e = &r->stream.engine;
    const cluster_spec *c = &r->spec->cluster;
    e->n = (size_t)c->generators;
    e->seats = (size_t)c->slots * (size_t)r->spec->algorithm.group_size;
    if (e->seats > SEATS_AT_MOST)
        return run_numeric(r, "fewer cluster.slots, or detail: group",
                           "a replica would decode %zu responses at the same "
                           "time",
                           e->seats);
    e->v = pl_alloc_array(e->n, sizeof *e->v);
    e->dirty = pl_alloc_array(e->n, sizeof *e->dirty);
    e->by_load = pl_alloc_array(e->seats + 1, sizeof *e->by_load);
    e->speed = pl_alloc_array(e->seats + 1, sizeof *e->speed);
    if (!e->v || !e->dirty || !e->by_load || !e->speed) return PL_ERR_WORLD;
    for (size_t i = 0; i <= e->seats; i++) {
        e->by_load[i] = NOBODY;
        e->speed[i] = cluster_speed(c, (double)i);
    }
    e->least = e->seats;
    for (size_t k = e->n; k-- > 0;) link_replica(e, (uint32_t)k);
    return PL_OK;
}

void engine_close(run *r)
{
    engine *e = &r->stream.engine;
    for (size_t k = 0; e->v && k < e->n; k++) {
        for (size_t i = 0; i < e->v[k].n; i++) snapshot_release(&r->stream.store, e->v[k].heap[i].weights);
        swap_log_free(&e->v[k].log, &r->stream.store);
        pl_free(e->v[k].heap);
    }
    pl_free(e->v);
    pl_free(e->dirty);
    pl_free(e->by_load);
    pl_free(e->speed);
    pl_free(e->line.v);
    pl_free(e->again.v);
}

/* --- a replica's clock --- */

static void advance(run *r, replica *v)
{
    double from = later(v->at, v->frozen), span = r->events.now - from;
    if (span > 0 && v->n > 0) {
        v->clock += r->stream.engine.speed[v->n] * span;
        r->generators.busy += (double)v->n * span / (double)r->spec->algorithm.group_size;
    }
    v->at = r->events.now;
}

void engine_advance(run *r)
{
    for (size_t k = 0; k < r->stream.engine.n; k++) advance(r, &r->stream.engine.v[k]);
}

pl_status engine_flush(run *r)
{
    engine *e = &r->stream.engine;
    pl_status st = PL_OK;
    while (!st && e->n_dirty > 0) {
        uint32_t k = e->dirty[--e->n_dirty];
        replica *v = &e->v[k];
        v->dirty = false;
        v->stamp++;
        if (v->n == 0 || v->down) continue;
        double left = later(v->heap[0].end - v->clock, 0), time = later(r->events.now, v->frozen) + left / e->speed[v->n];
        st = pl_events_push(
            &r->events,
            (pl_event){.time = time, .priority = PRIORITY_GENERATE, .kind = EVENT_RESPONSE, .subject = k, .payload = v->stamp});
    }
    return st;
}

static bool sooner(const seat *a, const seat *b) { return a->end < b->end || (a->end == b->end && a->order < b->order); }

static pl_status add_seat(replica *v, seat s)
{
    if (v->n == v->capacity) {
        size_t capacity = v->capacity ? 2 * v->capacity : 16;
        seat *heap = pl_realloc(v->heap, capacity * sizeof *heap);
        if (!heap) return PL_ERR_WORLD;
        v->heap = heap;
        v->capacity = capacity;
    }
    size_t i = v->n++;
    for (; i > 0 && sooner(&s, &v->heap[(i - 1) / 2]); i = (i - 1) / 2) v->heap[i] = v->heap[(i - 1) / 2];
    v->heap[i] = s;
    return PL_OK;
}

static void sink(replica *v, size_t i)
{
    seat s = v->heap[i];
    for (size_t child; (child = 2 * i + 1) < v->n; i = child) {
        if (child + 1 < v->n && sooner(&v->heap[child + 1], &v->heap[child])) child++;
        if (!sooner(&v->heap[child], &s)) break;
        v->heap[i] = v->heap[child];
    }
    v->heap[i] = s;
}

static seat pop_seat(replica *v)
{
    seat first = v->heap[0];
    v->heap[0] = v->heap[--v->n];
    if (v->n > 1) sink(v, 0);
    return first;
}

/* --- giving responses to replicas --- */

static bool by_group(const run *r) { return r->spec->cluster.batching == BATCHING_GROUP; }

static size_t seats_asked(const run *r) { return by_group(r) ? (size_t)r->spec->algorithm.group_size : 1; }

bool engine_has_room(const run *r)
{
    const engine *e = &r->stream.engine;
    return e->line.n == 0 && e->again.n == 0 && e->least + seats_asked(r) <= e->seats;
}

pl_status engine_enter(run *r, uint32_t id)
{
    pl_status st = PL_OK;
    for (uint32_t i = 0; i < r->stream.flights[id]->group.G && !st; i++) st = add_place(&r->stream.engine.line, (place){id, i});
    return st;
}

/* A response begins on replica k, under the weights of the moment. */
static pl_status begin(run *r, uint32_t k, place at)
{
    stream *s = &r->stream;
    replica *v = &s->engine.v[k];
    flight *f = s->flights[at.flight];
    const learner_part part = {0, s->current->weights, s->current->version};
    if (!r->learner.fast && !r->learner.ops->draw(&r->learner, &f->group, at.response, &part, 1)) return PL_ERR_WORLD;
    f->next = at.response + 1 > f->next ? at.response + 1 : f->next;
    advance(r, v);
    int in_flight = stream_mode(r)->in_flight;
    double tokens = r->learner.fast ? LEARNER_FUSED_TOKENS : later(1, f->group.rollouts[at.response].tokens);
    double ticks = f->jitter ? tokens * f->jitter[at.response] : tokens;
    bool keeps = !r->learner.fast && !r->mode->in_turn && (in_flight == IN_FLIGHT_SWAP || in_flight == IN_FLIGHT_RECOMPUTE);
    seat taken = {.end = v->clock + ticks,
                  .begin = v->clock,
                  .rate = tokens / ticks,
                  .order = s->engine.order++,
                  .weights = keeps ? snapshot_hold(s->current) : NULL,
                  .flight = at.flight,
                  .response = at.response};
    touch(&s->engine, k);
    if (v->n == 0) v->busy_since = r->events.now;
    pl_status st = add_seat(v, taken);
    if (st) snapshot_release(&s->store, taken.weights);
    return st;
}

pl_status engine_place(run *r)
{
    engine *e = &r->stream.engine;
    size_t asked = seats_asked(r);
    pl_status st = PL_OK;
    while (!st && e->line.n + e->again.n > 0 && e->least + asked <= e->seats) {
        places *from = e->again.n > 0 ? &e->again : &e->line;
        uint32_t k = e->by_load[e->least];
        load(e, k, e->v[k].held + asked);
        for (size_t i = 0; i < asked && !st; i++) {
            place at = first_place(from);
            r->stream.flights[at.flight]->replica = k;
            drop_first(from);
            st = begin(r, k, at);
        }
    }
    return st;
}

/* --- ends --- */

/* Decisions that came after swaps are drawn under the weights of their time. */
static pl_status redraw(run *r, replica *v, const seat *s)
{
    size_t from = v->log.n;
    while (from > 0 && v->log.v[from - 1].at > s->begin) from--;
    size_t n = 1 + v->log.n - from;
    if (!s->weights || n == 1) return PL_OK;
    learner_part *parts = learner_parts(&r->learner, n);
    if (!parts) return PL_ERR_WORLD;
    parts[0] = (learner_part){0, s->weights->weights, s->weights->version};
    for (size_t k = 1; k < n; k++) {
        const swap_entry *at = &v->log.v[from + k - 1];
        parts[k] = (learner_part){(at->at - s->begin) * s->rate, at->weights->weights, at->weights->version};
    }
    bool drawn = r->learner.ops->draw(&r->learner, &r->stream.flights[s->flight]->group, s->response, parts, n);
    return drawn ? PL_OK : PL_ERR_WORLD;
}

static void free_seats(run *r, uint32_t k, uint32_t id)
{
    engine *e = &r->stream.engine;
    if (!by_group(r))
        load(e, k, e->v[k].held - 1);
    else if (r->stream.flights[id]->left == 1)
        load(e, k, e->v[k].held - r->stream.flights[id]->group.G);
}

pl_status engine_on_response(run *r, const pl_event *event)
{
    uint32_t k = event->subject;
    replica *v = &r->stream.engine.v[k];
    if (event->payload != v->stamp) return PL_OK;
    advance(r, v);
    v->clock = later(v->clock, v->heap[0].end); /* rounding */
    touch(&r->stream.engine, k);
    pl_status st = PL_OK;
    while (!st && v->n > 0 && v->heap[0].end <= v->clock) {
        seat s = pop_seat(v);
        st = redraw(r, v, &s);
        snapshot_release(&r->stream.store, s.weights);
        free_seats(r, k, s.flight);
        if (!st) st = stream_response_done(r, s.flight, s.response);
    }
    if (!st && v->n == 0) st = run_trace(r, TRACE_REPLICA + k, TRACE_DECODE, v->busy_since, r->events.now);
    if (!st) st = engine_place(r);
    return st ? st : stream_admit(r);
}

/* --- swaps and pauses --- */

/* Work on a response that is thrown away. */
static void lose(run *r, const replica *v, const seat *s)
{
    double tokens = floor((v->clock - s->begin) * s->rate);
    r->stream.ledger.generated += tokens;
    r->stream.ledger.lost += tokens;
    r->stream.ledger.restarts++;
}

static pl_status restart(run *r, replica *v)
{
    const learner_part part = {0, r->stream.current->weights, r->stream.current->version};
    for (size_t i = 0; i < v->n; i++) {
        seat *s = &v->heap[i];
        rollout_group *g = &r->stream.flights[s->flight]->group;
        lose(r, v, s);
        if (!r->learner.fast && !r->learner.ops->draw(&r->learner, g, s->response, &part, 1)) return PL_ERR_WORLD;
        s->begin = v->clock;
        s->end = v->clock + later(1, g->rollouts[s->response].tokens) / s->rate;
    }
    for (size_t i = v->n / 2; i-- > 0;) sink(v, i);
    return PL_OK;
}

pl_status engine_swap(run *r)
{
    stream *s = &r->stream;
    const mode_params *m = stream_mode(r);
    pl_status st = PL_OK;
    for (uint32_t k = 0; k < s->engine.n && !st && !r->mode->in_turn; k++) {
        replica *v = &s->engine.v[k];
        double oldest = v->clock, cached = 0;
        if (v->n == 0 || m->in_flight == IN_FLIGHT_FINISH) continue;
        advance(r, v);
        touch(&s->engine, k);
        if (m->in_flight == IN_FLIGHT_RESTART) {
            st = restart(r, v);
            continue;
        }
        for (size_t i = 0; i < v->n; i++) {
            oldest = v->heap[i].begin < oldest ? v->heap[i].begin : oldest;
            cached += v->clock - v->heap[i].begin;
        }
        swap_log_trim(&v->log, &s->store, oldest);
        st = swap_log_add(&v->log, v->clock, s->current);
        if (m->in_flight == IN_FLIGHT_RECOMPUTE && r->spec->cluster.prefill > 0)
            v->frozen = later(v->frozen, r->events.now) + cached / r->spec->cluster.prefill;
    }
    return st;
}

void engine_pause(run *r, double seconds)
{
    engine *e = &r->stream.engine;
    for (uint32_t k = 0; k < e->n; k++) {
        advance(r, &e->v[k]);
        e->v[k].frozen = later(e->v[k].frozen, r->events.now + seconds);
        touch(e, k);
    }
}

/* --- failures --- */

pl_status engine_fail(run *r, uint32_t k)
{
    engine *e = &r->stream.engine;
    replica *v = &e->v[k];
    if (v->down) return PL_OK;
    advance(r, v);
    unlink_replica(e, k);
    v->down = true;
    v->held = 0;
    touch(e, k);
    pl_status st = v->n > 0 ? run_trace(r, TRACE_REPLICA + k, TRACE_DECODE, v->busy_since, r->events.now) : PL_OK;
    while (v->n > 0 && !st) {
        seat s = pop_seat(v);
        lose(r, v, &s);
        snapshot_release(&r->stream.store, s.weights);
        st = add_place(&e->again, (place){s.flight, s.response});
    }
    if (!st) st = run_after(r, r->spec->cluster.repair, EVENT_REPAIRED, PRIORITY_GENERATE, k);
    return st ? st : engine_place(r);
}

pl_status engine_on_repaired(run *r, const pl_event *event)
{
    engine *e = &r->stream.engine;
    e->v[event->subject].down = false;
    e->v[event->subject].at = r->events.now;
    link_replica(e, event->subject);
    pl_status st = engine_place(r);
    return st ? st : stream_admit(r);
}
