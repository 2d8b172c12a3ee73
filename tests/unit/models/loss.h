/* For the tests of one loss: its coefficient against the derivative of the published objective by ln of the ratio. */
#ifndef PL_TESTS_LOSS_H
#define PL_TESTS_LOSS_H

#include "tests/unit/models/small_world.h"

/* What the source maximises for one fork; `held` is the ratio's value without gradient. */
typedef double loss_objective(const void *params, double advantage, double ratio, double held);

typedef double loss_coefficient(const void *params, double advantage, double ratio, bool *clipped);

/* Random advantages and ratios, away from the `corners` of the objective; returns how often a bound bound, of 3000. */
static inline size_t loss_against_objective(loss_coefficient *coefficient, const void *params, loss_objective *objective,
                                            const double *corner, size_t n_corners)
{
    pl_seeds seeds = pl_seeds_make(5303, 0, NULL, 0);
    pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, 0, 0, 0);
    size_t bound = 0;
    for (int trial = 0; trial < 3000; trial++) {
        double A = pl_normal(&s), ln = 0.6 * pl_normal(&s), h = 1e-6, value[2], ratio = exp(ln);
        bool near = false, clipped = false;
        for (size_t k = 0; k < n_corners; k++) near = near || fabs(ratio - corner[k]) < 1e-4;
        if (near) continue;
        for (int k = 0; k < 2; k++) value[k] = objective(params, A, exp(ln + (k ? h : -h)), ratio);
        double c = coefficient(params, A, ratio, &clipped), slope = (value[1] - value[0]) / (2 * h);
        if (!(fabs(c - slope) < 1e-8 * (1 + fabs(slope)))) fail_msg("A %g ratio %g: coefficient %g, slope %g", A, ratio, c, slope);
        bound += clipped;
    }
    return bound;
}

static inline const algo_loss *loss_named(const char *name)
{
    return (const algo_loss *)small_choice(&loss_registry, name, NULL).entry;
}

#endif
