/* Supervised: imitates what it is given. Fed with the right responses of a fixed policy, climbing it leads to that policy
 * given success, pi_j ~ base_j p_j; importance ratios do not enter. */
#include "tests/unit/models/loss.h"

static double objective(const void *params, double A, double ratio, double held) { return A * log(ratio); }

static void follows_its_objective(void **state)
{
    assert_int_equal(loss_against_objective(loss_named("supervised")->coefficient, NULL, objective, NULL, 0), 0);
}

static void imitates_the_base_given_success(void **state)
{
    static const double base[] = {0.2385, 0.5, 0.2615}, p[] = {0.9, 0.1, 0.4};
    double z[3] = {0}, sum = 0, right = 0;
    bool clipped;
    for (int step = 0; step < 20000; step++) {
        double pi[3], total = 0, c[3], all = 0;
        for (int j = 0; j < 3; j++) total += pi[j] = exp(z[j]);
        for (int j = 0; j < 3; j++) {
            c[j] = base[j] * p[j] * loss_named("supervised")->coefficient(NULL, 1, pi[j] / total / base[j], &clipped);
            all += c[j];
        }
        for (int j = 0; j < 3; j++) z[j] += 0.5 * (c[j] - all * pi[j] / total);
    }
    for (int j = 0; j < 3; j++) {
        sum += exp(z[j]);
        right += base[j] * p[j];
    }
    for (int j = 0; j < 3; j++) assert_true(fabs(exp(z[j]) / sum - base[j] * p[j] / right) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(follows_its_objective), cmocka_unit_test(imitates_the_base_given_success)};
    return cmocka_run_group_tests_name("loss supervised", tests, NULL, NULL);
}
