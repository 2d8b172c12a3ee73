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

void algo_set_divide(rollout_group *groups, size_t n, double by)
{
    if (!(by > 0)) return;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < groups[k].G; i++) groups[k].advantage[i] /= by;
}
