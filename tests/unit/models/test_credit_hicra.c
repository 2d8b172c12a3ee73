/* HICRA: its definition, and its population weight: over all groups, the expected coefficient of a right plan's score is that of
 * the mean baseline times 1 + alpha (1 - 2p), up to the own reward in the mean. */
#include "tests/unit/models/small_world.h"
#include "models/theory.h"
#include <gsl/gsl_randist.h>

static void as_defined(void **state)
{
    double alpha = 0.3;
    algorithm_spec a = small_algorithm("group_mean", "none", "policy_gradient", "sequence");
    a.credit = small_choice(&credit_registry, "hicra", &alpha);
    for (int sign = -1; sign < 2; sign += 2) {
        algo_response r = {.copies = 1, .advantage = sign * 0.7, .tokens = 9};
        for (size_t k = 0; k < FORK_KINDS; k++) r.fork[k].n = 1;
        double c[FORK_KINDS];
        algo_counts counts = {0};
        algo_coefficients(&a, &r, NULL, c, &counts);
        for (size_t k = 0; k < FORK_KINDS; k++)
            assert_true(fabs(c[k] - (k <= FORK_STRATEGY ? sign * 0.7 * (1 + sign * alpha) : sign * 0.7)) < 1e-15);
    }
}

/* Two strategies, one always right: the plan is the whole response. By going through every group, with a known baseline p in
 * place of the group's mean the factor is exactly 1 + alpha (1 - 2p); with the mean of G it approaches it. */
static void population_factor(void **state)
{
    double alpha = 0.4;
    algorithm_spec a = small_algorithm("group_mean", "none", "policy_gradient", "sequence");
    a.credit = small_choice(&credit_registry, "hicra", &alpha);
    for (int i = 1; i < 10; i++) {
        double p = 0.1 * i, sum = 0;
        enum { G = 400 };
        for (unsigned k = 0; k <= G; k++) {
            double mean = (double)k / G;
            double up = algo_coefficient(&a, &(algo_fork){.n = 1}, 1, 1 - mean, &(algo_counts){0});
            double down = algo_coefficient(&a, &(algo_fork){.n = 1}, 1, -mean, &(algo_counts){0});
            /* scores of the strategy's logit: 1 - p when right, -p when wrong */
            sum += gsl_ran_binomial_pdf(k, p, G) * (k * up * (1 - p) - (G - k) * down * p) / G;
        }
        /* the mean baseline's (G-1)/G, and what is left of order 1/G */
        assert_true(fabs(sum / (p * (1 - p) * theory_factor_hicra(p, alpha)) - 1) < 3.0 / G);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_defined), cmocka_unit_test(population_factor)};
    return cmocka_run_group_tests_name("credit hicra", tests, NULL, NULL);
}
