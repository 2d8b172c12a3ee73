#include "models/algo_set.h"

#include <math.h>

static size_t count(const rollout_group *groups, size_t n)
{
    size_t total = 0;
    for (size_t k = 0; k < n; k++) total += groups[k].G;
    return total;
}

double algo_set_mean(const rollout_group *groups, size_t n)
{
    double origin = groups[0].reward[0], sum = 0;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < groups[k].G; i++) sum += groups[k].reward[i] - origin;
    return origin + sum / (double)count(groups, n);
}

double algo_set_std(const rollout_group *groups, size_t n, int ddof)
{
    double mean = algo_set_mean(groups, n), sum = 0;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < groups[k].G; i++) {
            double d = groups[k].reward[i] - mean;
            sum += d * d;
        }
    return sqrt(sum / ((double)count(groups, n) - ddof));
}

void algo_moments_add(algo_moments *m, const rollout_group *group)
{
    if (m->n == 0) m->origin = group->reward[0];
    for (size_t i = 0; i < group->G; i++) {
        double d = group->reward[i] - m->origin;
        m->n++;
        m->sum += d;
        m->square += d * d;
    }
}

size_t algo_sets(const algo_context *c) { return c->batch && c->batch->per_domain ? c->policy->world->n_domains : 1; }

bool algo_set_has(const algo_context *c, size_t set, const rollout_group *group)
{
    return algo_sets(c) == 1 || c->policy->world->domain[group->prompt] == set;
}

/* Adds the moments of other rewards, moved to the origin of the first. */
static void join(algo_moments *m, const algo_moments *other)
{
    if (m->n == 0) m->origin = other->origin;
    double shift = other->origin - m->origin;
    m->square += other->square + 2 * shift * other->sum + other->n * shift * shift;
    m->sum += other->sum + other->n * shift;
    m->n += other->n;
}

bool algo_set_stat(const algo_context *c, const algo_batch *batch, size_t set, int ddof, algo_stat *stat)
{
    algo_moments all = {0};
    bool present = false;
    double squares = 0;
    for (size_t k = 0; k < batch->n; k++)
        if (algo_set_has(c, set, &batch->groups[k])) {
            present = true;
            if (!c->generated) algo_moments_add(&all, &batch->groups[k]);
        }
    for (size_t d = 0; present && c->generated && d < c->policy->world->n_domains; d++)
        if ((algo_sets(c) == 1 || d == set) && c->generated[d].n > 0) join(&all, &c->generated[d]);
    if (!present) return false;
    stat->mean = all.origin + all.sum / all.n;
    if (c->generated) {                                    /* of groups that are gone only the sums are left */
        squares = fmax(all.square - all.sum * all.sum / all.n, 0);
    } else {
        for (size_t k = 0; k < batch->n; k++)
            for (size_t i = 0; algo_set_has(c, set, &batch->groups[k]) && i < batch->groups[k].G; i++) {
                double d = batch->groups[k].reward[i] - stat->mean;
                squares += d * d;
            }
    }
    stat->sd = sqrt(squares / (all.n - ddof));
    return true;
}

void algo_set_divide(rollout_group *groups, size_t n, double by)
{
    if (!(by > 0)) return;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < groups[k].G; i++) groups[k].advantage[i] /= by;
}
