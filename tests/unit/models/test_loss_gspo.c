/* GSPO: the objective of a response is min(s A, clip(s) A), s the geometric mean of its token ratios; all forks stop together. */
#include "tests/unit/models/loss.h"

typedef struct bounds { double low, high; } bounds;

static double objective(const void *params, double A, double ratio, double held)
{
    const bounds *b = params;
    return fmin(ratio * A, fmin(fmax(ratio, 1 - b->low), 1 + b->high) * A);
}

static void follows_its_objective(void **state)
{
    const bounds b = {0.21, 0.43};
    const double corner[] = {0.79, 1.43};
    size_t bound = loss_against_objective(loss_named("gspo")->coefficient, &b, objective, corner, 2);
    assert_true(bound > 700 && bound < 1200);
}

/* Two forks whose ratios are 1.4 and 1/1.1, 500 tokens: s = (1.4/1.1)^(1/500) for both. */
static void one_ratio_for_all(void **state)
{
    bounds b = {3e-4, 4e-4};
    algorithm_spec a = small_algorithm("group_mean", "group_std", "gspo", "response");
    a.loss.params = &b;
    algo_response r = {.copies = 3, .advantage = 0.8, .tokens = 500, .fork = {{.n = 1, .ln_now = -1, .ln_then = -1 - log(1.4)},
                       {.n = 1, .ln_now = -2, .ln_then = -2 + log(1.1)}}};
    double c[FORK_KINDS], s = pow(1.4 / 1.1, 1.0 / 500);
    algo_counts counts = {0};
    algo_coefficients(&a, &r, NULL, c, &counts);
    assert_true(s - 1 > 4e-4 && c[0] == 0 && c[1] == 0 && counts.high == 6 && counts.forks == 6);
    b.high = 5e-4;
    counts = (algo_counts){0};
    algo_coefficients(&a, &r, NULL, c, &counts);
    assert_true(fabs(c[0] - 0.8 * s) < 1e-14 && c[1] == c[0] && counts.high == 0);
    r.advantage = -0.8;                                   /* s > 1: the lower bound is not in reach */
    algo_coefficients(&a, &r, NULL, c, &counts);
    assert_true(fabs(c[0] + 0.8 * s) < 1e-14 && counts.low == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(follows_its_objective), cmocka_unit_test(one_ratio_for_all)};
    return cmocka_run_group_tests_name("loss gspo", tests, NULL, NULL);
}
