/* The planning multiplier: format and strategy, nothing else, by the factor; through the real gradient. */
#include "tests/unit/models/small_world.h"

static void multiplies_plans_alone(void **state)
{
    double factor = 2.5;
    algorithm_spec a = small_algorithm("group_mean", "group_std", "policy_gradient", "sequence");
    a.credit = small_choice(&credit_registry, "planning", &factor);
    algo_response r = {.copies = 1, .advantage = -0.31, .tokens = 9};
    for (size_t k = 0; k < FORK_KINDS; k++) r.fork[k].n = k + 1;
    double c[FORK_KINDS];
    algo_counts counts = {0};
    algo_coefficients(&a, &r, NULL, c, &counts);
    for (size_t k = 0; k < FORK_KINDS; k++) assert_true(c[k] == (k == FORK_FORMAT || k == FORK_STRATEGY ? -0.775 : -0.31));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(multiplies_plans_alone)};
    return cmocka_run_group_tests_name("credit planning", tests, NULL, NULL);
}
