/* The buffer between generators and trainer. */
#include "sim/train/run.h"

pl_status buffer_init(buffer *b, pl_arena *arena, size_t groups, size_t group_size)
{
    rollout_group *g = pl_arena_array(arena, groups, sizeof *g);
    rollout *rollouts = pl_arena_array(arena, groups * group_size, sizeof *rollouts);
    double *values = pl_arena_array(arena, groups * group_size, 2 * sizeof *values);
    if (!g || !rollouts || !values)
        return PL_ERR_WORLD;
    for (size_t k = 0; k < groups; k++) {
        g[k].G = group_size;
        g[k].rollouts = rollouts + k * group_size;
        g[k].reward = values + 2 * k * group_size;
        g[k].advantage = g[k].reward + group_size;
    }
    *b = (buffer){.batch = {.groups = g, .n = groups}};
    return PL_OK;
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
