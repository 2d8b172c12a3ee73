/* No scale: the advantage keeps the units of the reward (Dr. GRPO, RLOO, REINFORCE). */
#include "models/algo.h"

static void apply(const void *params, const algo_context *c, double epsilon, int ddof, algo_batch *batch) { }

const algo_scale algo_scale_none = {
    .entry = {.name = "none", .doc = "Advantages are not scaled.", .source = "arXiv 2503.20783, section 3.2"},
    .scope = ALGO_SCOPE_NONE, .scale_free = false, .apply = apply,
};
