/* Supervised: imitates what it is given; importance ratios do not enter. Where that leads: test_expert_iteration.c. */
#include "tests/unit/models/loss.h"

static double objective(const void *params, double A, double ratio, double held) { return A * log(ratio); }

static void follows_its_objective(void **state)
{
    assert_int_equal(loss_against_objective(loss_named("supervised")->coefficient, NULL, objective, NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(follows_its_objective)};
    return cmocka_run_group_tests_name("loss supervised", tests, NULL, NULL);
}
