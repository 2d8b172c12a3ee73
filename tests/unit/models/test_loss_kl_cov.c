/* KL-Cov: importance-weighted, and for the forks singled out u A - price |ln u|; how many and which. */
#include "tests/unit/models/loss.h"

typedef struct params { double fraction, price; } params;

static double plain(const void *p, double A, double ratio, double held) { return ratio * A; }
static double priced(const void *p, double A, double ratio, double held)
{
    return ratio * A - ((const params *)p)->price * fabs(log(ratio));
}

static double picked(const void *p, double A, double ratio, bool *clipped) { return loss_named("kl_cov")->picked(p, A, ratio); }

static void follows_its_objectives(void **state)
{
    const params p = {0, 0.7};
    const double corner = 1;
    assert_int_equal(loss_against_objective(loss_named("kl_cov")->coefficient, &p, plain, NULL, 0), 0);
    assert_int_equal(loss_against_objective(picked, &p, priced, &corner, 1), 0);
    assert_true(loss_named("kl_cov")->picked(&p, 1.3, 1) == 1.3);            /* on policy the price has no slope */
}

static void takes_the_largest(void **state)
{
    const double tokens[] = {10, 3000, 5500};
    const size_t expected[] = {1, 6, 11};
    for (int k = 0; k < 3; k++) {
        params p = {2e-3, 1};
        algo_pick f[40];
        size_t all = 0;
        for (int i = 0; i < 40; i++) f[i] = (algo_pick){.covariance = (i * 17) % 40, .n = 1};
        loss_named("kl_cov")->pick(&p, f, 40, tokens[k], NULL);
        for (int i = 0; i < 40; i++) {
            all += f[i].picked;
            assert_int_equal(f[i].picked, f[i].covariance >= 40 - (double)expected[k]);
        }
        assert_int_equal(all, expected[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(follows_its_objectives), cmocka_unit_test(takes_the_largest)};
    return cmocka_run_group_tests_name("loss kl_cov", tests, NULL, NULL);
}
