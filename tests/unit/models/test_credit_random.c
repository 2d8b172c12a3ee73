/* The random multiplier: as many decisions as plan, every decision as often as the others, and the same in every look at the same
 * response. 6,000 draws of 2 among 7 forks; |z| < 4.9 for five kinds (5e-6). */
#include "tests/unit/models/small_world.h"

static void as_many_at_random(void **state)
{
    enum { DRAWS = 6000 };
    double factor = 3;
    const algo_credit *credit = (const algo_credit *)small_choice(&credit_registry, "random", NULL).entry;
    pl_seeds seeds = pl_seeds_make(55, 0, NULL, 0);
    pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, 0, 0, 0);
    algo_response r = {.copies = 1, .advantage = -0.5, .tokens = 9,
                       .fork = {{.n = 1}, {.n = 1}, {.n = 3}, {.n = 1}, {.n = 0}, {.n = 1}}};
    double sum[FORK_KINDS] = {0};
    for (int d = 0; d < DRAWS; d++) {
        double a[FORK_KINDS], drawn = 0;
        credit->spread(&factor, &r, &s, a);
        for (size_t k = 0; k < FORK_KINDS; k++) {
            double n = (double)r.fork[k].n, here = n > 0 ? (a[k] / -0.5 - 1) / 2 * n : 0;
            assert_true(fabs(here - round(here)) < 1e-12);
            drawn += here;
            sum[k] += here;
        }
        assert_true(fabs(drawn - 2) < 1e-12);
    }
    for (size_t k = 0; k < FORK_KINDS; k++) {
        double n = (double)r.fork[k].n, p = 2.0 / 7;
        assert_true(fabs(sum[k] - DRAWS * n * p) <= 4.9 * sqrt(DRAWS * n * p * (1 - p)));
    }
}

static void one_fork_is_always_drawn(void **state)
{
    double factor = 3;
    algorithm_spec a = small_algorithm("group_mean", "none", "policy_gradient", "sequence");
    a.credit = small_choice(&credit_registry, "random", &factor);
    assert_true(algo_coefficient(&a, &(algo_fork){.n = 1}, 1, 0.5, &(algo_counts){0}) == 1.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_many_at_random), cmocka_unit_test(one_fork_is_always_drawn)};
    return cmocka_run_group_tests_name("credit random", tests, NULL, NULL);
}
