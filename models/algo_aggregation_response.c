/* Response: mean over the G responses of the mean over a response's tokens, (1/G) sum_i (1/l_i) sum_d g.
 * A long response counts per token less than a short one: errors that ramble are punished less (arXiv 2503.20783). */
#include "models/algo.h"

static void weights(const void *params, const algo_batch *batch, double reference_tokens, double *weight)
{
    for (size_t k = 0; k < batch->n; k++) {
        const rollout_group *g = &batch->groups[k];
        for (size_t i = 0; i < g->G; i++)
            *weight++ = reference_tokens / ((double)batch->n * (double)g->G * algo_tokens(&g->rollouts[i]));
    }
}

const algo_aggregation algo_aggregation_response = {
    .entry = {.name = "response",
              .doc = "Token mean within each response, then mean over responses (GRPO).",
              .source = "arXiv 2402.03300, eq. 3"},
    .weights = weights,
};
