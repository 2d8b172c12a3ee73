/* Token: mean over all tokens of the minibatch, sum_i sum_d g / sum_i l_i. Every token counts the same, so a prompt
 * that gets long responses weighs more. */
#include "models/algo.h"

static void weights(const void *params, const algo_batch *batch, double reference_tokens, double *weight)
{
    double tokens = 0;
    size_t n = 0;
    for (size_t k = 0; k < batch->n; k++)
        for (size_t i = 0; i < batch->groups[k].G; i++, n++) tokens += algo_tokens(&batch->groups[k].rollouts[i]);
    for (size_t i = 0; i < n; i++) weight[i] = reference_tokens / tokens;
}

const algo_aggregation algo_aggregation_token = {
    .entry = {.name = "token", .doc = "Mean over all tokens of the minibatch (DAPO).", .source = "arXiv 2503.14476, section 3.3"},
    .weights = weights,
};
