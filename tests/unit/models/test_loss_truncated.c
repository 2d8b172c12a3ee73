/* Truncated importance sampling: the objective is sg(min(u, cap)) A ln pi; without cap it corrects the policy that sampled. */
#include "tests/unit/models/loss.h"

static double objective(const void *params, double A, double ratio, double held)
{
    return fmin(held, *(const double *)params) * A * log(ratio);
}

static void follows_its_objective(void **state)
{
    const double cap = 1.37;
    size_t bound = loss_against_objective(loss_named("truncated")->coefficient, &cap, objective, &cap, 1);
    assert_true(bound > 800 && bound < 1000);            /* P(ln u > ln 1.37) = .300 of 3000 */
}

/* Expectation over the policy that sampled: without cap that of the policy now; with one, short of what it cuts off. */
static void expectation_over_the_sampler(void **state)
{
    static const double now[] = {0.62, 0.3, 0.08}, then[] = {0.2385, 0.5, 0.2615}, reward[] = {0.7, -0.2, 0.4};
    for (int capped = 0; capped < 2; capped++) {
        double cap = capped ? 2 : INFINITY, mean = 0, exact = 0;
        bool clipped;
        for (int j = 0; j < 3; j++) {
            mean += then[j] * loss_named("truncated")->coefficient(&cap, reward[j], now[j] / then[j], &clipped);
            exact += now[j] * reward[j];
        }
        double lost = capped ? (now[0] - 2 * then[0]) * reward[0] : 0;
        assert_true(fabs(mean - (exact - lost)) < 1e-14);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(follows_its_objective), cmocka_unit_test(expectation_over_the_sampler)};
    return cmocka_run_group_tests_name("loss truncated", tests, NULL, NULL);
}
