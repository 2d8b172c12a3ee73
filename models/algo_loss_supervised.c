/* Supervised: coefficient A, whoever sampled. The responses are data to be imitated, in proportion to their advantage: fine-tuning
 * on right responses (expert iteration), any number of updates, from any policy. */
#include "models/algo.h"

static double coefficient(const void *params, double advantage, double ratio, bool *clipped) { return advantage; }

const algo_loss algo_loss_supervised = {
    .entry = {.name = "supervised", .doc = "A grad ln pi, whoever sampled: the responses are data to imitate.",
              .source = "arXiv 2403.04642, section 3"},
    .ratio = ALGO_RATIO_NONE, .supervised = true, .coefficient = coefficient,
};
