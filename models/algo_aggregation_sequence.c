/* Sequence: plain mean over responses of the sum over their forks: the estimator of the policy gradient theorem,
 * without any length in it (RLOO, REINFORCE). */
#include "models/algo.h"

static void weights(const void *params, const algo_batch *batch, double reference_tokens, double *weight)
{
    for (size_t k = 0; k < batch->n; k++)
        for (size_t i = 0, G = batch->groups[k].G; i < G; i++) *weight++ = 1.0 / ((double)batch->n * (double)G);
}

static bool without_lengths(const void *params) { return true; }

const algo_aggregation algo_aggregation_sequence = {
    .entry = {.name = "sequence", .doc = "Mean over responses of the sum over forks: no length in it (RLOO, REINFORCE).",
              .source = "arXiv 2402.14740"},
    .weights = weights, .without_lengths = without_lengths,
};
