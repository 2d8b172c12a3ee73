/* Stochastic gradient ascent: W += lr g. The only optimiser for which the transfer kernel of the policy holds as
 * written (docs/model/updates.md); it touches nothing but the rows that the batch touched. */
#include "models/algo.h"

static void step(const void *params, double lr, uint64_t t, double *weights, double *state, const policy *p,
                 const policy_gradient *g)
{
    for (size_t k = 0; k < g->n_touched; k++)
        for (size_t j = g->touched[k], end = j + g->width[k]; j < end; j++) weights[j] += lr * g->g[j];
}

const algo_optimizer algo_optimizer_sgd = {
    .entry = {.name = "sgd",
              .doc = "Plain stochastic gradient ascent, W += lr g.",
              .source = "Robbins and Monro 1951, doi 10.1214/aoms/1177729586"},
    .state_per_weight = 0,
    .step = step,
};
