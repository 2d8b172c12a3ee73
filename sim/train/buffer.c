/* The buffer between generators and trainer. */
#include "models/filter.h"
#include "sim/train/run.h"

static rollout_group *make_groups(pl_arena *arena, size_t groups, size_t group_size)
{
    rollout_group *g = pl_arena_array(arena, groups, sizeof *g);
    rollout *rollouts = pl_arena_array(arena, groups * group_size, sizeof *rollouts);
    double *values = pl_arena_array(arena, groups * group_size, 2 * sizeof *values);
    if (!g || !rollouts || !values)
        return NULL;
    for (size_t k = 0; k < groups; k++) {
        g[k].G = group_size;
        g[k].rollouts = rollouts + k * group_size;
        g[k].reward = values + 2 * k * group_size;
        g[k].advantage = g[k].reward + group_size;
    }
    return g;
}

pl_status buffer_init(buffer *b, pl_arena *arena, const algorithm_spec *a)
{
    size_t n = (size_t)a->prompts, G = (size_t)a->group_size;
    *b = (buffer){.batch = {.groups = make_groups(arena, n, G), .n = n}, .kept = NAN};
    if (!b->batch.groups)
        return PL_ERR_WORLD;
    b->admitted.groups = filter_drops(&a->filter) ? make_groups(arena, n, G) : b->batch.groups;
    return b->admitted.groups ? PL_OK : PL_ERR_WORLD;
}

rollout_group *buffer_open(buffer *b, uint32_t batch, uint32_t slot, uint32_t prompt)
{
    rollout_group *g = &b->batch.groups[slot];
    g->batch = batch;
    g->slot = slot;
    g->prompt = prompt;
    return g;
}

void buffer_complete(buffer *b)
{
    b->complete++;
}

/* A group changes places with an unused one, so that the next round does not overwrite it. */
void buffer_swap(rollout_group *a, rollout_group *b)
{
    rollout_group c = *a;
    *a = *b;
    *b = c;
}

bool buffer_admit(buffer *b, const algorithm_spec *a)
{
    size_t P = b->batch.n;
    if (!filter_drops(&a->filter)) {
        b->admitted.n = P;
        return true;
    }
    if (b->rounds == 0)
        b->admitted.n = 0;
    for (size_t k = 0; k < P && b->admitted.n < P; k++)
        if (filter_keeps(&a->filter, &b->batch.groups[k]))
            buffer_swap(&b->batch.groups[k], &b->admitted.groups[b->admitted.n++]);
    b->rounds++;
    b->kept = (double)b->admitted.n / ((double)P * (double)b->rounds);
    if (b->admitted.n < P && b->rounds < filter_rounds(&a->filter))
        return false;
    b->rounds = 0;
    return true;
}
