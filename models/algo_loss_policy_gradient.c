/* Policy gradient: coefficient A, the on-policy case (the ratio of current to behaviour probability is 1). */
#include "models/algo.h"

static double coefficient(const void *params, double advantage, double ratio, bool *clipped)
{
    return advantage;
}

const algo_loss algo_loss_policy_gradient = {
    .entry = {.name = "policy_gradient", .doc = "A grad ln pi: strictly on-policy, one update per rollout batch.",
              .source = "Williams 1992, doi 10.1007/BF00992696"},
    .ratio = ALGO_RATIO_NONE, .coefficient = coefficient,
};
