/* Streams on the quick road of a tabular world: groups are drawn many at a time by the kernel, as late as possible.
 *
 * Nothing but the trainer asks what a group's outcomes are, and nothing but a publication changes the weights that groups
 * are drawn with. So groups wait to be drawn until the weights are about to change. Updates of this road do not depend on the
 * weights that they move (models/tabular.h), so that they may wait for the publication too; a row of the result table that comes
 * before it is shown the moved weights on loan.
 */
#include <math.h>
#include <string.h>
#include "sim/core/factors.h"
#include "sim/train/run.h"

pl_status fused_open(run *r)
{
    fused *f = &r->stream.fused;
    float *state;
    f->n_state = tabular_fast_state(r->learner.fast, &state);
    f->G = (size_t)r->spec->algorithm.group_size;
    f->loan = pl_alloc_array(f->n_state, sizeof *f->loan);
    f->rows = pl_alloc_array(r->generators.n, sizeof *f->rows);
    f->outcome = pl_alloc_array(r->generators.n * f->G, sizeof *f->outcome);
    f->correct = pl_alloc_array(r->generators.n * f->G, sizeof *f->correct);
    f->jitter = pl_alloc_array(r->generators.n * f->G, sizeof *f->jitter);
    return f->loan && f->rows && f->outcome && f->correct && f->jitter ? PL_OK : PL_ERR_WORLD;
}

void fused_close(run *r)
{
    fused *f = &r->stream.fused;
    for (size_t k = 0; k < f->n_chunks; k++) pl_free(f->chunks[k]);
    pl_free(f->chunks);
    pl_free(f->loan);
    pl_free(f->rows);
    pl_free(f->outcome);
    pl_free(f->correct);
    pl_free(f->jitter);
    pl_free(f->undrawn.v);
    pl_free(f->consumed.v);
}

/* With an event per group all that counts is the largest factor, whose law is that of one with a uniform number to the power
 * 1/G. Those of a batch are drawn together. */
void fused_jitter(run *r, flight *f)
{
    fused *s = &r->stream.fused;
    size_t each = r->stream.engine_open ? s->G : 1;
    if (s->jittered != f->group.batch + 1) {
        const pl_stream x = pl_stream_make(r->seeds, PL_FOR_CLUSTER, 0, 0, 0);
        pl_factors draw = {.a = f->group.batch, .c = 2, .n = r->generators.n, .each = each, .sd = r->spec->cluster.jitter,
                           .power = each > 1 ? 1 : 1 / (double)s->G, .out = s->jitter};
        memcpy(draw.key, x.key, sizeof draw.key);
        pl_factors_draw(&draw);
        s->jittered = f->group.batch + 1;
    }
    memcpy(f->jitter, s->jitter + f->group.slot * each, each * sizeof *f->jitter);
}

static pl_status add(fused_list *list, uint32_t id)
{
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 256;
        uint32_t *v = pl_realloc(list->v, capacity * sizeof *v);
        if (!v) return PL_ERR_WORLD;
        list->v = v;
        list->capacity = capacity;
    }
    list->v[list->n++] = id;
    return PL_OK;
}

/* The outcomes of a flight, and behind them whether each is right. */
static uint16_t *drawn(const fused *f, uint32_t id)
{
    size_t each = f->G + (f->G + 1) / 2;
    return f->chunks[id / FUSED_CHUNK] + (size_t)(id % FUSED_CHUNK) * each;
}

pl_status fused_begin(run *r, uint32_t id)
{
    fused *f = &r->stream.fused;
    if (id / FUSED_CHUNK >= f->n_chunks) {
        size_t each = f->G + (f->G + 1) / 2;
        uint16_t **chunks = pl_realloc(f->chunks, (f->n_chunks + 1) * sizeof *chunks);
        f->chunks = chunks ? chunks : f->chunks;
        uint16_t *chunk = chunks ? pl_alloc_array(FUSED_CHUNK * each, sizeof *chunk) : NULL;
        if (!chunk) return PL_ERR_WORLD;
        f->chunks[f->n_chunks++] = chunk;
    }
    return add(&f->undrawn, id);
}

/* Groups that were started one after the other stand in consecutive slots, as far as their batch goes. */
static void draw_all(run *r)
{
    fused *f = &r->stream.fused;
    for (size_t from = 0, to; from < f->undrawn.n; from = to) {
        const rollout_group *first = &r->stream.flights[f->undrawn.v[from]]->group;
        uint32_t batch = first->batch, slot = first->slot;
        for (to = from; to < f->undrawn.n && to - from < r->generators.n; to++) {
            const rollout_group *g = &r->stream.flights[f->undrawn.v[to]]->group;
            if (g->batch != batch || g->slot != slot + (to - from)) break;
            f->rows[to - from] = g->prompt;
        }
        tabular_fast_draw(r->learner.fast, r->seeds, batch, slot, f->rows, to - from, f->outcome, f->correct);
        for (size_t k = from; k < to; k++) {
            uint16_t *at = drawn(f, f->undrawn.v[k]);
            memcpy(at, f->outcome + (k - from) * f->G, f->G * sizeof *at);
            memcpy(at + f->G, f->correct + (k - from) * f->G, f->G);
        }
    }
    f->undrawn.n = 0;
}

pl_status fused_consume(run *r, uint32_t id) { return add(&r->stream.fused.consumed, id); }

enum { AHEAD = 4 };                      /* groups whose rows are fetched before their turn */

/* Applies what was trained on; `free` also gives the flights back. */
static void apply(run *r, bool free)
{
    fused *f = &r->stream.fused;
    for (size_t k = 0; k < f->trained; k++) {
        uint32_t id = f->consumed.v[k];
        const uint16_t *at = drawn(f, id);
        if (k + AHEAD < f->trained) {
            const uint32_t later = f->consumed.v[k + AHEAD];
            tabular_fast_prefetch(r->learner.fast, r->stream.flights[later]->group.prompt);
            __builtin_prefetch(drawn(f, later));
        }
        tabular_fast_apply(r->learner.fast, r->stream.flights[id]->group.prompt, at, (const uint8_t *)(at + f->G));
        if (free) stream_leave(r, id);
    }
    if (!free) return;
    memmove(f->consumed.v, f->consumed.v + f->trained, (f->consumed.n - f->trained) * sizeof *f->consumed.v);
    f->consumed.n -= f->trained;
    f->trained = 0;
}

/* What a row looks at: the batch, and the weights after it. */
static void show(run *r, const algo_batch *batch)
{
    fused *f = &r->stream.fused;
    float *state;
    size_t n = tabular_fast_state(r->learner.fast, &state), first = f->trained - batch->n;
    for (size_t b = 0; b < batch->n; b++) {
        uint32_t id = f->consumed.v[first + b];
        const rollout_group *from = &r->stream.flights[id]->group;
        rollout_group *to = &batch->groups[b];
        to->prompt = from->prompt;
        to->rollouts[0].version = r->stream.flights[id]->oldest;
        const uint16_t *at = drawn(f, id);
        tabular_fast_show(r->learner.fast, b, at, (const uint8_t *)(at + f->G), (algo_batch *)batch, &r->trainer.norm);
    }
    memcpy(f->loan, state, n * sizeof *state);
    apply(r, false);
    tabular_fast_export(r->learner.fast, r->learner.weights);
    memcpy(state, f->loan, n * sizeof *state);
}

/* The batch's groups are the next `n` consumed ones. */
bool fused_update(run *r, const algo_batch *batch)
{
    fused *f = &r->stream.fused;
    double sum = 0, oldest = 0;
    for (size_t k = 0; k < batch->n; k++) {
        double age = (double)(r->step - r->stream.flights[f->consumed.v[f->trained + k]]->oldest);
        sum += age;
        oldest = age > oldest ? age : oldest;
    }
    r->trainer.staleness = sum / (double)batch->n;
    r->trainer.staleness_max = oldest;
    f->trained += batch->n;
    draw_all(r);
    if (run_due(r, r->step + 1)) show(r, batch);
    return true;
}

/* False: the state is no longer finite. */
bool fused_publish(run *r)
{
    draw_all(r);
    apply(r, true);
    return r->step % 64 != 0 || tabular_fast_finite(r->learner.fast);
}
