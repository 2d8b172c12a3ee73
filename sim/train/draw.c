/* Which prompts a batch asks for: what the curriculum proposes, but for those that the selection passes over. */
#include "sim/train/run.h"

/* So many times the size of the pool is passed over for a batch before it is filled with whatever is proposed. */
#define SEARCHES 2

pl_status draw_init(run *r)
{
    drawing *d = &r->draw;
    *d = (drawing){0};
    if (!selection_skips(&r->spec->algorithm.selection))
        return PL_OK;
    d->n = (size_t)r->spec->algorithm.prompts;
    d->records = pl_arena_array(&r->arena, r->learner.world->n_prompts, sizeof *d->records);
    d->proposed = pl_arena_array(&r->arena, d->n, sizeof *d->proposed);
    return d->records && d->proposed ? PL_OK : PL_ERR_WORLD;
}

/* The curriculum is asked by batches of its own, which go on wherever the last search stopped. */
static uint32_t propose(run *r, double epoch)
{
    drawing *d = &r->draw;
    if (d->left == 0) {
        r->curriculum->next(r->order, d->batch++, epoch, d->proposed, d->n);
        d->left = d->n;
    }
    return d->proposed[d->n - d->left--];
}

void draw_prompts(run *r, uint32_t batch, double epoch, uint32_t *prompts, size_t n)
{
    drawing *d = &r->draw;
    if (!d->records) {
        r->curriculum->next(r->order, batch, epoch, prompts, n);
        return;
    }
    size_t patience = SEARCHES * r->n_pool;
    for (size_t k = 0; k < n; k++) {
        prompts[k] = propose(r, epoch);
        for (; patience > 0 && selection_skip(&r->spec->algorithm.selection, &d->records[prompts[k]], batch); patience--)
            prompts[k] = propose(r, epoch);
    }
}

void draw_observe(run *r, const rollout_group *group)
{
    if (r->draw.records)
        selection_observe(&r->draw.records[group->prompt], group);
}

double draw_open(const run *r, uint32_t batch)
{
    size_t open = 0;
    if (!r->draw.records)
        return NAN;
    for (size_t i = 0; i < r->n_pool; i++)
        open += !selection_skip(&r->spec->algorithm.selection, &r->draw.records[r->pool[i]], batch);
    return (double)open / (double)r->n_pool;
}
