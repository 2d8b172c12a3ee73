/* Weights of positive and negative advantages: PSR, NSR and their weighted sum, through the real update, exactly over all groups:
 * rewards of 1 and 0 less one half, times 2, are +1 and -1, and each half alone has a population weight of 1, half of what
 * REINFORCE has with rewards of +1 and -1 (arXiv 2506.01347). */
#include "tests/unit/models/small_world.h"
#include <gsl/gsl_randist.h>

static double weight(double p, size_t G, double positive, double negative)
{
    small t;
    small_scratch s;
    small_bernoulli(&t, log(p / (1 - p)));
    small_scratch_init(&s, &t.p);
    small_batch b = small_batch_make(1, G);
    double half = 0.5, sum = 0;
    algorithm_spec a = small_algorithm("constant", "none", "clip", "sequence");
    a.baseline.params = &half;
    a.positive_weight = positive;
    a.negative_weight = negative;
    policy_forward(&t.p, t.weights, 0, &s.view);
    for (unsigned k = 0; k <= G; k++) {
        algo_counts counts = {0};
        for (size_t i = 0; i < G; i++)
            b.rollouts[i] = (rollout){.steps = 1, .steps_right = i < k, .extracted = true, .correct = i < k, .tokens = 100,
                                      .ln_step_right = s.view.ln_step[0], .ln_step_wrong = s.view.ln_fail[0]};
        small_correctness(&t, &b.batch);
        algo_advantages(&a, &(algo_context){0}, &b.batch);
        algo_weights(&a, &b.batch, 100, b.weight);
        policy_gradient_clear(&s.g);
        algo_gradient(&a, &t.p, t.weights, &b.batch, 0, 1, b.weight, &s.work, &s.g, &counts);
        sum += gsl_ran_binomial_pdf(k, p, (unsigned)G) * s.g.g[0];
    }
    small_scratch_free(&s);
    small_batch_free(&b);
    small_free(&t);
    return sum / (p * (1 - p));
}

static void halves(void **state)
{
    for (size_t G = 1; G < 9; G += 3)
        for (double p = 0.07; p < 1; p += 0.2385) {
            assert_true(fabs(weight(p, G, 2, 0) - 1) < 1e-11);               /* PSR */
            assert_true(fabs(weight(p, G, 0, 2) - 1) < 1e-11);               /* NSR */
            assert_true(fabs(weight(p, G, 0.2, 2) - 1.1) < 1e-11);           /* weighted, lambda .1 */
            assert_true(fabs(weight(p, G, 1, 1) - 1) < 1e-11);               /* both */
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(halves)};
    return cmocka_run_group_tests_name("signs", tests, NULL, NULL);
}
