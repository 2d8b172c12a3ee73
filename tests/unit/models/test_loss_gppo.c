/* GPPO: the objective is min(u A, clip(u) A) with the bound b replaced by (b / sg(u)) u. */
#include "tests/unit/models/loss.h"

typedef struct bounds { double low, high; } bounds;

static double objective(const void *params, double A, double ratio, double held)
{
    const bounds *b = params;
    double high = (1 + b->high) / held * ratio, low = (1 - b->low) / held * ratio;
    double clipped = held > 1 + b->high ? high : held < 1 - b->low ? low : ratio;
    return held * A <= fmin(fmax(held, 1 - b->low), 1 + b->high) * A ? ratio * A : clipped * A;
}

static void follows_its_objective(void **state)
{
    const bounds b = {0.23, 0.41};
    const double corner[] = {0.77, 1.41};
    size_t bound = loss_against_objective(loss_named("gppo")->coefficient, &b, objective, corner, 2);
    assert_true(bound > 700 && bound < 1200);
}

/* Beyond the bounds: constant in the ratio, never zero; inside and on the other side: as `clip`. */
static void keeps_the_gradient_of_the_bound(void **state)
{
    const bounds b = {0.2, 0.28};
    const algo_loss *gppo = loss_named("gppo"), *clip = loss_named("clip");
    bool x, y;
    assert_true(gppo->coefficient(&b, 0.5, 3, &x) == 0.5 * 1.28 && x);
    assert_true(gppo->coefficient(&b, -0.5, 0.1, &x) == -0.5 * 0.8 && x);
    for (double u = 0.1; u < 4; u *= 1.3)
        for (int sign = -1; sign < 2; sign += 2) {
            double c = clip->coefficient(&b, sign, u, &x), d = gppo->coefficient(&b, sign, u, &y);
            assert_true(x == y && (x || c == d) && d * sign > 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(follows_its_objective), cmocka_unit_test(keeps_the_gradient_of_the_bound)};
    return cmocka_run_group_tests_name("loss gppo", tests, NULL, NULL);
}
