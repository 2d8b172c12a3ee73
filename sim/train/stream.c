/* The stream: groups by ticket from their start to the trainer. */
#include <math.h>
#include <stdlib.h>
#include <gsl/gsl_cdf.h>
#include "models/filter.h"
#include "sim/train/run.h"
#include "sim/train/trace.h"

const mode_params *stream_mode(const run *r)
{
    static const mode_params none = {.publish_every = 1, .max_staleness = NAN, .in_flight = IN_FLIGHT_FINISH};
    const mode_params *m = r->spec->cluster.mode.params;
    return m ? m : &none;
}

static bool redraws(const run *r)
{
    return !r->mode->in_turn && stream_mode(r)->in_flight != IN_FLIGHT_FINISH && stream_mode(r)->in_flight != IN_FLIGHT_RESTART;
}

pl_status stream_open(run *r)
{
    stream *s = &r->stream;
    s->slots_free = (size_t)(r->spec->cluster.generators * r->spec->cluster.slots);
    weight_store_init(&s->store, r->learner.policy->n_weights);
    station_init(&s->reward, (size_t)r->spec->cluster.reward_workers);
    pl_status st = r->learner.fast ? fused_open(r) : PL_OK;
    if (st || r->spec->cluster.detail != DETAIL_ROLLOUT)
        return st;
    s->engine_open = true;
    return engine_open(r);
}

void stream_close(run *r)
{
    stream *s = &r->stream;
    if (s->engine_open)
        engine_close(r);
    if (r->learner.fast)
        fused_close(r);
    pl_free(s->flights);
    pl_free(s->spare);
    pl_free(s->ready);
    swap_log_free(&s->log, &s->store);
    station_free(&s->reward);
    weight_store_free(&s->store);
}

/* In the arena, since groups change places with those of the trainer's batch. */
static flight *make_flight(run *r)
{
    size_t G = (size_t)r->spec->algorithm.group_size;
    flight *f = pl_arena_array(&r->arena, 1, sizeof *f);
    rollout *rollouts = pl_arena_array(&r->arena, G, sizeof *rollouts);
    double *values = pl_arena_array(&r->arena, G, 2 * sizeof *values);
    double *jitter = r->spec->cluster.jitter > 0 ? pl_arena_array(&r->arena, G, sizeof *jitter) : NULL;
    if (!f || !rollouts || !values || (r->spec->cluster.jitter > 0 && !jitter))
        return NULL;
    f->jitter = jitter;
    f->group = (rollout_group){.G = G, .rollouts = rollouts, .reward = values, .advantage = values + G};
    for (size_t i = 0; i < G; i++)
        rollouts[i].tokens = LEARNER_FUSED_TOKENS;         /* on the quick road nobody writes them */
    return f;
}

/* A flight that is not in use; there are as many as were ever alive together. */
static pl_status take_flight(run *r, uint32_t *id)
{
    stream *s = &r->stream;
    if (s->n_spare == 0) {
        flight *f = make_flight(r);
        flight **flights = f ? pl_realloc(s->flights, (s->n + 1) * sizeof *flights) : NULL;
        s->flights = flights ? flights : s->flights;
        uint32_t *spare = flights ? pl_realloc(s->spare, (s->n + 1) * sizeof *spare) : NULL;
        s->spare = spare ? spare : s->spare;
        if (!spare)
            return PL_ERR_WORLD;
        s->flights[s->n] = f;
        s->spare[s->n_spare++] = (uint32_t)s->n++;
    }
    *id = s->spare[--s->n_spare];
    s->flights[*id]->live = true;
    return PL_OK;
}

void stream_leave(run *r, uint32_t id)
{
    r->stream.flights[id]->live = false;
    r->stream.spare[r->stream.n_spare++] = id;
}

double stream_tokens(const run *r, const rollout_group *g)
{
    if (r->learner.fast)
        return LEARNER_FUSED_TOKENS * (double)g->G;
    double sum = 0;
    for (size_t i = 0; i < g->G; i++)
        sum += g->rollouts[i].tokens;
    return sum;
}

double stream_waiting(const run *r)
{
    double sum = 0;
    for (size_t k = 0; k < r->stream.n; k++) {
        const flight *f = r->stream.flights[k];
        bool decoded = f->live && (r->stream.engine_open || f->left == 0);
        for (size_t i = 0; decoded && i < f->next; i++)
            sum += f->group.rollouts[i].tokens;
    }
    for (size_t k = 0; k < r->stream.engine.n; k++)        /* of those, what is still being decoded does not count */
        for (size_t i = 0; i < r->stream.engine.v[k].n; i++) {
            const seat *at = &r->stream.engine.v[k].heap[i];
            sum -= r->stream.flights[at->flight]->group.rollouts[at->response].tokens;
        }
    for (size_t i = 0; i < r->stream.engine.again.n; i++) {
        const places *p = &r->stream.engine.again;
        const place *at = &p->v[(p->first + i) % p->capacity];
        sum -= r->stream.flights[at->flight]->group.rollouts[at->response].tokens;
    }
    return sum;
}

/* --- starting --- */

static double factor(double sd, double u) { return exp(sd * gsl_cdf_ugaussian_Pinv(u) - 0.5 * sd * sd); }

/* Factors on the times of the responses. */
static void draw_jitter(run *r, flight *f)
{
    if (r->learner.fast) {
        fused_jitter(r, f);
        return;
    }
    pl_stream x = pl_stream_make(r->seeds, PL_FOR_CLUSTER, f->group.batch, f->group.slot, 2);
    for (size_t i = 0; i < f->group.G; i++)
        f->jitter[i] = factor(r->spec->cluster.jitter, pl_uniform(&x));
}

/* Draws all responses under the weights of the moment. *longest: tokens, weighted by jitter. */
static pl_status draw_group(run *r, flight *f, double *longest)
{
    const learner_part part = {0, r->stream.current->weights, r->stream.current->version};
    for (; f->next < f->group.G; f->next++) {
        if (!r->learner.ops->draw(&r->learner, &f->group, f->next, &part, 1))
            return PL_ERR_WORLD;
        *longest = fmax(*longest, fmax(1, f->group.rollouts[f->next].tokens) * (f->jitter ? f->jitter[f->next] : 1));
    }
    return PL_OK;
}

static pl_status begin_group(run *r)
{
    stream *s = &r->stream;
    uint32_t id;
    if (take_flight(r, &id))
        return PL_ERR_WORLD;
    flight *f = s->flights[id];
    uint64_t ticket = (uint64_t)s->ledger.started, P = r->generators.n;
    generators_prompts(r, (uint32_t)(ticket / P));
    f->ticket = ticket;
    f->group.batch = (uint32_t)(ticket / P);
    f->group.slot = (uint32_t)(ticket % P);
    f->group.prompt = r->generators.prompts[ticket % P];
    f->started = f->entered = r->events.now;
    f->left = (uint32_t)f->group.G;
    f->next = 0;
    s->ledger.started++;
    if (s->in_flight.n == 0)
        s->busy_since = r->events.now;
    tally_enter(&s->in_flight, r->events.now);
    f->oldest = s->current->version;
    if (f->jitter)
        draw_jitter(r, f);
    pl_status st = r->learner.fast ? fused_begin(r, id) : PL_OK;
    if (st || s->engine_open)
        return st ? st : engine_enter(r, id);
    double longest = 0;
    if (r->learner.fast) {
        f->next = (uint32_t)f->group.G;
        longest = LEARNER_FUSED_TOKENS * (f->jitter ? f->jitter[0] : 1);
    } else {
        st = draw_group(r, f, &longest);
    }
    if (redraws(r) && !r->learner.fast)
        f->weights = snapshot_hold(s->current);
    s->slots_free--;
    double duration = longest / r->spec->cluster.tokens_per_second;
    r->generators.busy += duration;
    pl_event e = {.time = r->events.now + duration, .priority = PRIORITY_GENERATE, .kind = EVENT_GROUP, .subject = id};
    return st ? st : pl_events_push(&r->events, e);
}

pl_status stream_admit(run *r)
{
    stream *s = &r->stream;
    pl_status st = PL_OK;
    while (!st && (s->engine_open ? engine_has_room(r) : s->slots_free > 0) && r->mode->may_start(r)) {
        st = begin_group(r);
        if (!st && s->engine_open)
            st = engine_place(r);
    }
    return st;
}

pl_status stream_start(run *r)
{
    stream *s = &r->stream;
    s->current = weight_store_publish(&s->store, run_sampling_weights(r), (uint32_t)r->step);
    pl_status st = s->current ? failure_schedule(r) : PL_ERR_WORLD;
    return st ? st : stream_admit(r);
}

/* --- finishing --- */

static bool before(const ready *a, const ready *b) { return a->key < b->key; }

static pl_status push_ready(stream *s, ready item)
{
    if (s->n_ready == s->ready_capacity) {
        size_t capacity = s->ready_capacity ? 2 * s->ready_capacity : 64;
        ready *v = pl_realloc(s->ready, capacity * sizeof *v);
        if (!v)
            return PL_ERR_WORLD;
        s->ready = v;
        s->ready_capacity = capacity;
    }
    size_t i = s->n_ready++;
    for (; i > 0 && before(&item, &s->ready[(i - 1) / 2]); i = (i - 1) / 2)
        s->ready[i] = s->ready[(i - 1) / 2];
    s->ready[i] = item;
    return PL_OK;
}

static uint32_t pop_ready(stream *s)
{
    uint32_t first = s->ready[0].flight;
    ready last = s->ready[--s->n_ready];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < s->n_ready; i = child) {
        if (child + 1 < s->n_ready && before(&s->ready[child + 1], &s->ready[child]))
            child++;
        if (!before(&s->ready[child], &last))
            break;
        s->ready[i] = s->ready[child];
    }
    s->ready[i] = last;
    return first;
}

static pl_status arrive(run *r, uint32_t id)
{
    stream *s = &r->stream;
    flight *f = s->flights[id];
    if (!r->learner.fast)
        draw_observe(r, &f->group);
    f->entered = r->events.now;
    tally_enter(&s->buffered, r->events.now);
    uint64_t key = stream_mode(r)->take == TAKE_FINISHED ? s->arrivals++ : f->ticket;
    pl_status st = push_ready(s, (ready){key, id});
    return st ? st : r->mode->on_group(r);
}

static pl_status serve(run *r, uint32_t id)
{
    const cluster_spec *c = &r->spec->cluster;
    const rollout_group *g = &r->stream.flights[id]->group;
    double time = c->reward_time;
    if (c->reward_law == REWARD_EXPONENTIAL) {
        pl_stream chance = pl_stream_make(r->seeds, PL_FOR_CLUSTER, g->batch, g->slot, 1);
        time *= pl_exponential(&chance);
    }
    return run_after(r, time, EVENT_SCORED, PRIORITY_GENERATE, id);
}

/* All responses of a group are decoded. */
static pl_status group_done(run *r, uint32_t id)
{
    stream *s = &r->stream;
    flight *f = s->flights[id];
    if (!r->learner.fast) {
        learner_judge(&r->learner, &f->group, s->current->version);
        r->generators.difficulty += r->learner.world->difficulty[f->group.prompt];
    }
    r->generators.samples += (double)f->group.G;
    r->generators.tokens += stream_tokens(r, &f->group);
    tally_leave(&s->in_flight, r->events.now, f->started);
    if (s->in_flight.n == 0 && !s->engine_open && run_trace(r, TRACE_REPLICA, TRACE_DECODE, s->busy_since, r->events.now))
        return PL_ERR_WORLD;
    f->entered = r->events.now;
    if (s->reward.servers == 0)
        return arrive(r, id);
    bool starts;
    pl_status st = station_arrive(&s->reward, r->events.now, id, &starts);
    return st || !starts ? st : serve(r, id);
}

pl_status stream_on_scored(run *r, const pl_event *e)
{
    customer next;
    bool more = station_depart(&r->stream.reward, r->events.now, r->stream.flights[e->subject]->entered, &next);
    pl_status st = more ? serve(r, next.id) : PL_OK;
    if (!st)
        st = arrive(r, e->subject);
    return st ? st : stream_admit(r);
}

/* Decisions of the group's responses that came after a swap are drawn under the weights of their time. */
static pl_status redraw(run *r, flight *f)
{
    stream *s = &r->stream;
    size_t from = 0;
    while (from < s->log.n && s->log.v[from].at <= f->started)
        from++;
    size_t n = 1 + s->log.n - from;
    if (n > 1) {
        learner_part *parts = learner_parts(&r->learner, n);
        if (!parts)
            return PL_ERR_WORLD;
        parts[0] = (learner_part){0, f->weights->weights, f->weights->version};
        for (size_t k = 1; k < n; k++) {
            const swap_entry *at = &s->log.v[from + k - 1];
            double tokens = (at->at - f->started) * r->spec->cluster.tokens_per_second;
            parts[k] = (learner_part){tokens, at->weights->weights, at->weights->version};
        }
        for (size_t i = 0; i < f->group.G; i++) {
            size_t used = n;
            while (used > 1 && parts[used - 1].from > f->group.rollouts[i].tokens)
                used--;
            if (used > 1 && !r->learner.ops->draw(&r->learner, &f->group, i, parts, used))
                return PL_ERR_WORLD;
        }
    }
    snapshot_release(&s->store, f->weights);
    f->weights = NULL;
    return PL_OK;
}

pl_status stream_on_group(run *r, const pl_event *e)
{
    stream *s = &r->stream;
    flight *f = s->flights[e->subject];
    s->slots_free++;
    pl_status st = f->weights ? redraw(r, f) : PL_OK;
    f->left = 0;
    s->ledger.generated += stream_tokens(r, &f->group);
    if (!st)
        st = group_done(r, e->subject);
    return st ? st : stream_admit(r);
}

pl_status stream_response_done(run *r, uint32_t id, uint32_t response)
{
    flight *f = r->stream.flights[id];
    r->stream.ledger.generated += r->learner.fast ? LEARNER_FUSED_TOKENS : f->group.rollouts[response].tokens;
    return --f->left > 0 ? PL_OK : group_done(r, id);
}

/* --- to the trainer --- */

static bool is_stale(const run *r, const flight *f)
{
    double most = stream_mode(r)->max_staleness;
    return !r->mode->in_turn && !isnan(most) && (double)r->step - (double)f->oldest > most;
}

static void drop(run *r, const rollout_group *g, bool stale)
{
    ledger *l = &r->stream.ledger;
    *(stale ? &l->stale : &l->surplus) += stream_tokens(r, g);
    *(stale ? &l->groups_stale : &l->groups_surplus) += 1;
}

/* A filter that refills rejects as groups come, until so many rounds are seen; one that does not, when the batch is full. */
static bool rejected(const run *r, const rollout_group *g)
{
    const pl_choice *rule = &r->spec->algorithm.filter;
    return filter_rounds(rule) > 1 && !filter_keeps(rule, g);
}

static pl_status fill(run *r, bool *full)
{
    stream *s = &r->stream;
    buffer *b = &r->buffer;
    const pl_choice *rule = &r->spec->algorithm.filter;
    size_t P = b->batch.n, most = (size_t)filter_rounds(rule) * P;
    while (b->admitted.n < P && s->seen < most && s->n_ready > 0) {
        uint32_t id = pop_ready(s);
        flight *f = s->flights[id];
        tally_leave(&s->buffered, r->events.now, f->entered);
        bool stale = is_stale(r, f), held = false;
        s->seen += !stale;
        if (!stale)
            trainer_see(r, &f->group);
        if (stale || rejected(r, &f->group)) {
            drop(r, &f->group, stale);
        } else {
            s->ledger.groups_trained++;
            held = r->learner.fast;
            f->live = false;
            if (held && fused_consume(r, id))
                return PL_ERR_WORLD;
            if (!held)
                buffer_swap(&b->admitted.groups[b->admitted.n], &f->group);
            b->admitted.n++;
        }
        if (!held)
            stream_leave(r, id);
    }
    *full = b->admitted.n == P || s->seen >= most;
    return PL_OK;
}

/* What the filter rejects of a full batch, when it does not refill. */
static void sift(run *r)
{
    buffer *b = &r->buffer;
    const pl_choice *rule = &r->spec->algorithm.filter;
    size_t kept = 0;
    for (size_t k = 0; filter_drops(rule) && k < b->admitted.n; k++) {
        if (filter_keeps(rule, &b->admitted.groups[k])) {
            if (kept != k)
                buffer_swap(&b->admitted.groups[kept], &b->admitted.groups[k]);
            kept++;
        } else {
            drop(r, &b->admitted.groups[k], false);
            r->stream.ledger.groups_trained--;
        }
    }
    if (filter_drops(rule))
        b->admitted.n = kept;
}

/* A batch is trained on in the order in which it was asked for, whatever order it was finished in. */
static int by_ticket(const void *a, const void *b)
{
    const rollout_group *x = a, *y = b;
    if (x->batch != y->batch)
        return x->batch < y->batch ? -1 : 1;
    return x->slot < y->slot ? -1 : x->slot > y->slot;
}

pl_status stream_train(run *r)
{
    stream *s = &r->stream;
    if (s->training || s->publishing)
        return PL_OK;
    bool full;
    pl_status st = fill(r, &full);
    if (st || !full)
        return st ? st : stream_admit(r);                  /* what was dropped makes room */
    if (filter_rounds(&r->spec->algorithm.filter) <= 1)
        sift(r);
    s->ledger.groups_short += (double)(r->buffer.batch.n - r->buffer.admitted.n);
    if (stream_mode(r)->take == TAKE_OLDEST && !r->learner.fast)
        qsort(r->buffer.admitted.groups, r->buffer.admitted.n, sizeof *r->buffer.admitted.groups, by_ticket);
    r->buffer.kept = filter_drops(&r->spec->algorithm.filter) ? (double)r->buffer.admitted.n / (double)s->seen : NAN;
    s->training = true;
    return trainer_start(r);
}

void stream_consumed(run *r)
{
    r->stream.training = false;
    r->stream.batches++;
    r->stream.seen = 0;
    r->buffer.admitted.n = 0;
}

/* The oldest response in flight, detail group. */
static double oldest_start(const run *r)
{
    double oldest = r->events.now;
    for (size_t k = 0; k < r->stream.n; k++) {
        const flight *f = r->stream.flights[k];
        if (f->live && f->weights && f->started < oldest)
            oldest = f->started;
    }
    return oldest;
}

pl_status stream_publish(run *r)
{
    stream *s = &r->stream;
    if (r->learner.fast) {
        s->current->version = (uint32_t)r->step;           /* the kernel's state takes the place of copies */
        s->published++;
        return fused_publish(r) ? PL_OK : run_numeric(r, "lower optimizer.lr", "the update left weights that are not finite");
    }
    snapshot *old = s->current;
    s->current = weight_store_publish(&s->store, run_sampling_weights(r), (uint32_t)r->step);
    if (!s->current)
        return PL_ERR_WORLD;
    snapshot_release(&s->store, old);
    s->published++;
    if (s->engine_open)
        return engine_swap(r);
    if (!redraws(r))
        return PL_OK;
    swap_log_trim(&s->log, &s->store, oldest_start(r));
    return swap_log_add(&s->log, r->events.now, s->current);
}
