/* k2: half the squared log-ratio, always positive, biased in value.
 *
 * As a loss: E_pi[l grad ln pi] = grad KL(pi || pi_ref), the reverse divergence, exactly. It lets a mode go that the reward
 * disowns: the pull towards a rare option is proportional to its probability. */
#include <math.h>
#include "models/algo.h"

static double value(double l) { return 0.5 * l * l; }
static double slope(double l) { return l; }

const algo_kl algo_kl_k2 = {
    .entry = {.name = "k2", .doc = "l^2 / 2: as a loss it descends KL(pi || pi_ref).",
              .source = "Schulman 2020, Approximating KL divergence"},
    .value = value, .slope = slope,
};
