/* Forks that a loss singles out of a minibatch. */
#include "models/algo.h"

size_t algo_picks(const algorithm_spec *a)
{
    size_t responses = (size_t)(a->prompts / a->minibatches) * (size_t)a->group_size;
    return ((const algo_loss *)a->loss.entry)->pick ? responses * FORK_KINDS : 0;
}

pl_stream algo_stream(const pl_seeds *seeds, const rollout_group *group, size_t i)
{
    return pl_stream_make(seeds, PL_FOR_UPDATE, group->batch, group->slot, (uint32_t)i);
}

void algo_decide(const algorithm_spec *a, algo_pick *picks, size_t n, double tokens, const rollout_group *first,
                 const pl_seeds *seeds)
{
    double forks = 0, ln = 0, advantage = 0;
    for (size_t i = 0; i < n * FORK_KINDS; i++) {
        forks += (double)picks[i].n;
        ln += (double)picks[i].n * picks[i].covariance;
        advantage += (double)picks[i].n * picks[i].advantage;
    }
    for (size_t i = 0; i < n * FORK_KINDS; i++)
        picks[i].covariance = (picks[i].covariance - ln / forks) * (picks[i].advantage - advantage / forks);
    pl_stream random = algo_stream(seeds, first, UINT32_MAX);
    ((const algo_loss *)a->loss.entry)->pick(a->loss.params, picks, n * FORK_KINDS, tokens, &random);
}

/* Does fork a come before fork b, the largest covariance first? */
static bool before(const algo_pick *forks, uint32_t a, uint32_t b)
{
    return forks[a].covariance != forks[b].covariance ? forks[a].covariance > forks[b].covariance : a < b;
}

/* Lets the element at place i of a heap, the first in order on top, sink among the first n. */
static void sink(algo_pick *forks, size_t i, size_t n)
{
    uint32_t moving = forks[i].order;
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && before(forks, forks[child + 1].order, forks[child].order)) child++;
        if (!before(forks, forks[child].order, moving)) break;
        forks[i].order = forks[child].order;
    }
    forks[i].order = moving;
}

/* A heap in `order`, which stands in the forks themselves; only as many are taken from it as are asked for. */
void algo_pick_top(algo_pick *forks, size_t n, size_t m)
{
    size_t left = 0;
    for (size_t i = 0; i < n; i++)
        if (forks[i].n > 0) forks[left++].order = (uint32_t)i;
    for (size_t i = left / 2; i-- > 0;) sink(forks, i, left);
    while (left > 0 && m > 0) {
        algo_pick *f = &forks[forks[0].order];
        f->picked = f->n < m ? f->n : m;
        m -= f->picked;
        forks[0].order = forks[--left].order;
        sink(forks, 0, left);
    }
}

void algo_pick_random(algo_pick *forks, size_t n, size_t m, bool (*eligible)(const void *params, const algo_pick *fork),
                      const void *params, pl_stream *random)
{
    size_t left = 0;
    for (size_t i = 0; i < n; i++) left += eligible(params, &forks[i]) ? forks[i].n : 0;
    for (size_t i = 0; i < n && m > 0; i++)
        for (size_t j = 0, all = eligible(params, &forks[i]) ? forks[i].n : 0; j < all; j++, left--) {
            bool taken = pl_uniform(random) * (double)left < (double)m;
            forks[i].picked += taken;
            m -= taken;
        }
}
