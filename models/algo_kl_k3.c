/* k3: pi_ref/pi - 1 - ln(pi_ref/pi), unbiased for KL(pi || pi_ref) and never negative.
 *
 * As a loss: E_pi[(1 - pi_ref/pi) grad ln pi] = grad KL(pi_ref || pi), the forward divergence. It does not let an option of the
 * reference die: a losing one stays at beta pi_ref / (beta + its disadvantage) (docs/model/oracles.md, 5). */
#include <math.h>
#include "models/algo.h"

static double value(double l) { return expm1(-l) + l; }
static double slope(double l) { return -expm1(-l); }

const algo_kl algo_kl_k3 = {
    .entry = {.name = "k3", .doc = "e^-l - 1 + l: unbiased, never negative; as a loss it descends KL(pi_ref || pi).",
              .source = "Schulman 2020, Approximating KL divergence; arXiv 2402.03300, eq. 4"},
    .value = value, .slope = slope,
};
