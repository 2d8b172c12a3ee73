/* Prompt: token mean within each group, then mean over prompts: every prompt weighs the same, every token of it too. */
#include "models/algo.h"

static void weights(const void *params, const algo_batch *batch, double reference_tokens, double *weight)
{
    for (size_t k = 0; k < batch->n; k++) {
        const rollout_group *g = &batch->groups[k];
        double tokens = 0;
        for (size_t i = 0; i < g->G; i++) tokens += algo_tokens(&g->rollouts[i]);
        for (size_t i = 0; i < g->G; i++) *weight++ = reference_tokens / ((double)batch->n * tokens);
    }
}

const algo_aggregation algo_aggregation_prompt = {
    .entry = {.name = "prompt",
              .doc = "Token mean within each prompt's group, then mean over prompts.",
              .source = "arXiv 2510.13786"},
    .weights = weights,
};
