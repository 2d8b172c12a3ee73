/* CISPO: the objective is sg(clip(u)) A ln pi; with wide bounds it is the importance-weighted policy gradient. */
#include "tests/unit/models/loss.h"

typedef struct bounds { double low, high; } bounds;

static double objective(const void *params, double A, double ratio, double held)
{
    const bounds *b = params;
    return fmin(fmax(held, 1 - b->low), 1 + b->high) * A * log(ratio);
}

static void follows_its_objective(void **state)
{
    const bounds b = {0.31, 0.47};
    const double corner[] = {0.69, 1.47};
    size_t bound = loss_against_objective(loss_named("cispo")->coefficient, &b, objective, corner, 2);
    assert_true(bound > 1300 && bound < 1900);           /* P(ln u < ln .69 or > ln 1.47) = .529 of 3000 */
}

/* A fork that `clip` would mask keeps its gradient, whatever the sign of its advantage. */
static void masks_nothing(void **state)
{
    const bounds b = {1, 4};
    bool clipped;
    const algo_loss *cispo = loss_named("cispo");
    assert_true(cispo->coefficient(&b, 0.7, 1.9, &clipped) == 0.7 * 1.9 && !clipped);
    assert_true(cispo->coefficient(&b, -0.7, 0.1, &clipped) == -0.7 * 0.1 && !clipped);
    assert_true(cispo->coefficient(&b, 0.7, 9, &clipped) == 0.7 * 5 && clipped);
    assert_true(cispo->coefficient(&b, -0.7, 9, &clipped) == -0.7 * 5 && clipped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(follows_its_objective), cmocka_unit_test(masks_nothing)};
    return cmocka_run_group_tests_name("loss cispo", tests, NULL, NULL);
}
