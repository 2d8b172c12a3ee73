/* The event loop of one replicate: builds the processes, lets them act in the order of their events, tears down. */
#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include "models/filter.h"
#include "sim/core/pool.h"
#include "sim/train/run.h"
#include "sim/train/trace.h"

pl_status run_after(run *r, double delay, uint16_t kind, uint16_t priority, uint32_t subject)
{
    return pl_events_push(&r->events,
                          (pl_event){.time = r->events.now + delay, .priority = priority, .kind = kind, .subject = subject});
}

pl_status run_numeric(run *r, const char *remedy, const char *fmt, ...)
{
    char what[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    pl_diag_add(r->diag, PL_ERROR, (pl_place){0}, remedy, "arm '%s', replicate %u (seed %llu), step %llu, time %.6g s: %s", r->arm,
                (unsigned)r->replicate, (unsigned long long)r->seeds->seed, (unsigned long long)r->step, r->events.now, what);
    return PL_ERR_NUMERIC;
}

const double *run_sampling_weights(const run *r)
{
    return r->spec->algorithm.sampler == ALGO_SAMPLER_BASE ? r->learner.base : r->learner.weights;
}

double run_gpu_hours(const run *r) { return r->spec->cluster.gpus * r->events.now / 3600.0; }

size_t run_minibatch(const run *r) { return (size_t)(r->spec->algorithm.prompts / r->spec->algorithm.minibatches); }

static double epoch_at(const run *r, uint64_t step) { return (double)step * (double)run_minibatch(r) / (double)r->n_pool; }

double run_epoch(const run *r) { return epoch_at(r, r->step); }

bool run_ends(const run *r, uint64_t step)
{
    const stop_spec *s = &r->spec->stop;
    return (s->steps > 0 && step >= (uint64_t)s->steps) || (s->epochs > 0 && epoch_at(r, step) >= s->epochs) ||
           (s->gpu_hours > 0 && run_gpu_hours(r) >= s->gpu_hours);
}

bool run_due(const run *r, uint64_t step) { return step % (uint64_t)r->spec->record.every == 0 || run_ends(r, step); }

/* Steps that the limits allow as far as they are known before the run; 0: only GPU-hours limit it. */
static uint64_t expected_steps(const run *r)
{
    const stop_spec *s = &r->spec->stop;
    double by_epoch = ceil(s->epochs * (double)r->n_pool / (double)run_minibatch(r)), n = (double)s->steps;
    if (s->epochs > 0 && (n == 0 || by_epoch < n))
        n = by_epoch;
    return (uint64_t)n;
}

static const run_mode *mode_of(const training_spec *spec)
{
    const pl_entry *chosen = spec->cluster.mode.entry;
    return chosen ? (const run_mode *)chosen : (const run_mode *)pl_registry_find(&mode_registry, "sync");
}

bool run_streams(const training_spec *spec)
{
    return spec->cluster.detail == DETAIL_ROLLOUT || strcmp(mode_of(spec)->entry.name, "sync") != 0;
}

static pl_status on_evaluated(run *r, const pl_event *e)
{
    r->trainer.idle_since = r->step == 0 ? r->events.now : r->trainer.idle_since;
    return r->step == 0 ? generators_start(r) : trainer_continue(r);
}

/* An update has ended, unless a failure came between. */
static pl_status on_update(run *r, const pl_event *e)
{
    trainer *t = &r->trainer;
    if (!trainer_time_ends(r, e))
        return PL_OK;
    double begin = r->events.now - t->duration;
    pl_status st = run_trace(r, TRACE_TRAINER, TRACE_LOGPROB, begin, begin + t->pass);
    if (!st)
        st = run_trace(r, TRACE_TRAINER, TRACE_UPDATE, begin + t->pass, r->events.now);
    return st ? st : trainer_on_update(r, e);
}

static pl_status on_group(run *r, const pl_event *e) { return r->streams ? stream_on_group(r, e) : generators_on_group(r, e); }

static pl_status (*const handlers[EVENT_KINDS])(run *r, const pl_event *e) = {
    [EVENT_GROUP] = on_group, [EVENT_BATCH] = generators_on_batch, [EVENT_UPDATE] = on_update,
    [EVENT_SYNCED] = weight_sync_on_done, [EVENT_EVALUATED] = on_evaluated, [EVENT_RESPONSE] = engine_on_response,
    [EVENT_SCORED] = stream_on_scored,    [EVENT_FAILURE] = failure_on,     [EVENT_REPAIRED] = engine_on_repaired,
};

/* A step takes an event per group, or per response, in as many rounds as the filter may ask for, and a handful more; events that
 * a change of load has overtaken, as many again; and a group in flight or a failure may cost some without a step. */
static uint64_t event_budget(const run *r)
{
    const algorithm_spec *a = &r->spec->algorithm;
    const cluster_spec *c = &r->spec->cluster;
    uint64_t each = c->detail == DETAIL_ROLLOUT ? (uint64_t)a->group_size : 1, seats = (uint64_t)(c->generators * c->slots);
    uint64_t lag = r->streams ? 1 + (uint64_t)stream_mode(r)->lag : 1, step = (uint64_t)a->prompts * each * lag;
    uint64_t budget = (4 * step + 64) * (uint64_t)filter_rounds(&a->filter);
    return r->streams ? 4 * budget + 4 * (seats * each + (uint64_t)c->generators) + 10000 : budget;
}

/* Why nothing comes of all these events. */
static pl_status stuck(run *r, bool empty)
{
    const ledger *l = &r->stream.ledger;
    if (l->failures > 10)
        return run_numeric(r, "a longer cluster.failure_hours, checkpoints more often, or shorter steps",
                           "%.0f failures and no step in between: what fails is lost before it is finished", l->failures);
    if (r->streams && l->groups_stale > 10 * (l->groups_trained + 1))
        return run_numeric(r, "a larger max_staleness, or fewer groups in flight",
                           "%.0f groups were dropped as stale and %.0f trained on", l->groups_stale, l->groups_trained);
    return run_numeric(r, "report this as a bug of the engine", empty ? "nothing is left to happen" : "the processes wait for "
                                                                                                      "each other");
}

/* Many more events than a step can take, without one, mean that the processes wait for each other in a circle: better an error
 * with its place than a program that never ends. */
pl_status run_loop(run *r)
{
    uint64_t budget = event_budget(r);
    pl_event e;
    pl_status st = evaluation_start(r);
    while (!st && !r->done) {
        if (pl_interrupted())
            return PL_ERR_INTERRUPTED;
        bool empty = !pl_events_pop(&r->events, &e);
        if (empty || ++r->events_since_step > budget)
            return stuck(r, empty);
        st = handlers[e.kind](r, &e);
        if (!st && r->stream.engine.n_dirty > 0)
            st = engine_flush(r);
    }
    return st;
}

/* Rows are written by the number of the column: a table that came with columns must have exactly ours, in our order. */
static pl_status columns_open(run *r)
{
    pl_table *t = r->table, ours;
    if (t->n_columns == 0)
        return evaluation_columns(r->spec, &r->evaluation.setup, t, r->diag);
    pl_table_init(&ours);
    pl_status st = evaluation_columns(r->spec, &r->evaluation.setup, &ours, r->diag);
    for (size_t c = 0; c < ours.n_columns && !st; c++) {
        const pl_column_spec *own = &ours.columns[c].spec, *given = c < t->n_columns ? &t->columns[c].spec : NULL;
        if (given && given->text == own->text && !strcmp(given->name, own->name))
            continue;
        pl_diag_add(r->diag, PL_ERROR, (pl_place){0},
                    "give an empty table, or one that training_columns filled for the same settings",
                    "arm '%s': the result table has %s%s%s as column %zu, not '%s'", r->arm, given ? "'" : "",
                    given ? given->name : "nothing", given ? "'" : "", c + 1, own->name);
        st = PL_ERR_USER;
    }
    if (!st && t->n_columns > ours.n_columns) {
        pl_diag_add(r->diag, PL_ERROR, (pl_place){0},
                    "give an empty table, or one that training_columns filled for the same settings",
                    "arm '%s': the result table has %zu columns, not %zu", r->arm, t->n_columns, ours.n_columns);
        st = PL_ERR_USER;
    }
    pl_table_free(&ours);
    return st;
}

pl_status run_open(run *r)
{
    pl_arena_init(&r->arena);
    const training_spec *s = r->spec;
    pl_status st = learner_open(&r->learner, s, r->seeds, r->diag);
    if (st)
        return st;
    r->has_learner = true;
    st = curriculum_pool(&s->curriculum.pool, r->learner.policy, r->seeds, &r->arena, &r->pool, &r->n_pool, r->diag);
    r->curriculum = (const curriculum *)s->curriculum.order.entry;
    if (!st) {
        r->learner.epochs_per_step = epoch_at(r, 1);
        st = draw_init(r);
    }
    if (!st)
        st = r->curriculum->init(&r->order, s->curriculum.order.params, r->learner.policy, r->pool, r->n_pool, r->seeds, r->diag);
    if (st)
        return st;
    r->mode = mode_of(s);
    r->streams = run_streams(s);
    r->scale = s->world.table ? 1 : s->world.scale;
    r->trainer_rate = cluster_trainer_rate(&s->cluster, r->scale);
    st = pl_events_init(&r->events, 64);
    r->has_events = !st;
    if (!st)
        st = buffer_init(&r->buffer, &r->arena, &s->algorithm);
    if (!st)
        st = generators_init(r);
    if (!st && r->streams)
        st = stream_open(r);
    if (!st)
        st = trainer_init(r);
    if (!st)
        st = evaluation_init(r);
    if (!st)
        st = columns_open(r);
    return st;
}

void run_close(run *r)
{
    stream_close(r);
    evaluation_free(&r->evaluation);
    trainer_free(&r->trainer);
    if (r->has_events)
        pl_events_free(&r->events);
    if (r->order)
        r->curriculum->free(r->order);
    if (r->has_learner)
        learner_close(&r->learner);
    pl_arena_free(&r->arena);
}

pl_status training_run(const training_spec *spec, const pl_seeds *seeds, const char *arm, uint32_t replicate, pl_table *table,
                       training_progress *progress, pl_diag *diag)
{
    run r = {.spec = spec, .seeds = seeds, .arm = arm, .replicate = replicate, .table = table, .progress = progress, .diag = diag};
    size_t told = diag ? diag->errors : 0;
    pl_status st = run_open(&r);
    if (!st) {
        r.expected = expected_steps(&r);
        if (progress)
            atomic_fetch_add_explicit(&progress->steps_total, r.expected, memory_order_relaxed);
        st = run_loop(&r);
    }
    if (st == PL_ERR_WORLD && diag && diag->errors == told && !diag->lost)
        st = pl_diag_nomem(diag, "training");
    run_close(&r);
    return st;
}

pl_status training_columns(const training_spec *spec, pl_table *table, pl_diag *diag)
{
    pl_seeds seeds = pl_seeds_make(0, 0, NULL, 0);
    learner l;
    pl_status st = learner_open(&l, spec, &seeds, diag);
    if (st)
        return st;
    int64_t *pass_k = pl_alloc_array(spec->record.pass_at.n, sizeof *pass_k);
    if (pass_k) {
        for (size_t i = 0; i < spec->record.pass_at.n; i++)
            pass_k[i] = (int64_t)spec->record.pass_at.v[i];
        measure_setup setup = {.world = l.world, .policy = l.display, .pass_k = pass_k, .n_pass_k = spec->record.pass_at.n,
                               .majority_at = spec->record.majority_at,
                               .group_size = (size_t)spec->algorithm.group_size};
        st = evaluation_columns(spec, &setup, table, diag);
    } else {
        st = pl_diag_nomem(diag, "listing the columns");
    }
    pl_free(pass_k);
    learner_close(&l);
    return st;
}
