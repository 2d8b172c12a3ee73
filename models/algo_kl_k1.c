/* k1: the log-ratio itself, unbiased for KL(pi || pi_ref).
 *
 * As a loss its gradient is grad ln pi, whose mean is zero: it holds nothing. Taken from the reward, where the score function
 * multiplies it, it has the gradient of KL(pi || pi_ref). */
#include <math.h>
#include "models/algo.h"

static double value(double l) { return l; }
static double slope(double l) { return 1; }

const algo_kl algo_kl_k1 = {
    .entry = {.name = "k1",
              .doc = "l = ln pi - ln pi_ref: unbiased; as a loss its gradient has zero mean, in the reward it descends "
                     "KL(pi || pi_ref).",
              .source = "Schulman 2020, Approximating KL divergence"},
    .zero_mean = true, .value = value, .slope = slope,
};
