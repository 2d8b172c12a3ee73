/* Weights of positive and negative advantages: PSR, NSR and their weighted sum, through the real update, exactly over all groups:
 * rewards of 1 and 0 less one half, times 2, are +1 and -1, and each half alone has a population weight of 1, half of what
 * REINFORCE has with rewards of +1 and -1 (arXiv 2506.01347). */
#include "tests/unit/models/population.h"

static double weight(double p, size_t G, double positive, double negative)
{
    small t;
    double half = 0.5;
    small_bernoulli(&t, log(p / (1 - p)));
    algorithm_spec a = small_algorithm("constant", "none", "clip", "sequence");
    a.baseline.params = &half;
    a.positive_weight = positive;
    a.negative_weight = negative;
    const double w = population_weight(&t, &a, G);
    small_free(&t);
    return w;
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

/* On average right and wrong ones teach alike, so that a mean does not tell which of them did. */
static void which_is_which(void **state)
{
    double half = 0.5;
    small_batch b = small_batch_make(1, 3);
    algorithm_spec a = small_algorithm("constant", "none", "clip", "sequence");
    a.baseline.params = &half;
    a.positive_weight = 0.25;
    a.negative_weight = 3;
    const double reward[] = {1, 0, 0.5}, expected[] = {0.125, -1.5, 0};
    for (size_t i = 0; i < 3; i++) b.batch.groups[0].reward[i] = reward[i];
    algo_advantages(&a, &(algo_context){0}, &b.batch);
    for (size_t i = 0; i < 3; i++) assert_true(b.batch.groups[0].advantage[i] == expected[i]);
    small_batch_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(halves), cmocka_unit_test(which_is_which)};
    return cmocka_run_group_tests_name("signs", tests, NULL, NULL);
}
