/* Oracle 10 of docs/model/oracles.md: the estimator of pass@k is unbiased, and what pass@k weighs a prompt by is its slope. */
#include "tests/unit/models/small_world.h"
#include "models/theory.h"
#include "sim/core/stats.h"
#include <gsl/gsl_randist.h>

static const double ps[] = {0.0031, 0.0317, 0.217, 0.5, 0.834, 0.9931};

/* E over Bin(n, p) of 1 - C(n-c, k)/C(n, k) is 1 - (1-p)^k for every n >= k, exactly; with c/n plugged in for p it would be off by
 * .02 at n 16, k 8, p .217. */
static void estimator_is_unbiased(void **state)
{
    static const unsigned ns[] = {1, 7, 16, 61};
    for (size_t i = 0; i < PL_COUNT(ps); i++)
        for (size_t j = 0; j < PL_COUNT(ns); j++)
            for (unsigned k = 1; k <= ns[j]; k++) {
                double mean = 0;
                for (unsigned c = 0; c <= ns[j]; c++) mean += gsl_ran_binomial_pdf(c, ps[i], ns[j]) * pl_pass_at_k(ns[j], c, k);
                assert_true(fabs(mean - (1 - pow(1 - ps[i], k))) < 1e-12);
            }
}

static void weight_is_the_slope(void **state)
{
    for (size_t i = 0; i < PL_COUNT(ps); i++)
        for (size_t k = 1; k < 40; k += 3) {
            double h = 1e-5, up = 1 - pow(1 - ps[i] - h, (double)k), down = 1 - pow(1 - ps[i] + h, (double)k);
            assert_true(fabs(theory_weight_pass_at_k(ps[i], k) - (up - down) / (2 * h)) < 1e-5);
        }
}

/* Sampled from real rollouts: 3,000 groups of 12 on one prompt, mean of the estimate against the view's pass rate, |z| < 4.9. */
static void estimate_from_rollouts(void **state)
{
    enum { GROUPS = 3000, G = 12 };
    small t;
    small_scratch s;
    small_bernoulli(&t, theory_logit(0.1385));
    small_scratch_init(&s, &t.p);
    small_batch b = small_batch_make(1, G);
    policy_forward(&t.p, t.weights, 0, &s.view);
    for (size_t k = 1; k <= G; k += 4) {
        double sum = 0, square = 0, exact = 1 - pow(1 - s.view.pass, (double)k);
        for (uint32_t i = 0; i < GROUPS; i++) {
            size_t right = 0;
            b.batch.groups[0].batch = i;
            rollout_group_sample(&b.batch.groups[0], &t.p, &s.view, &t.seeds, 0);
            for (size_t j = 0; j < G; j++) right += b.rollouts[j].correct;
            double estimate = pl_pass_at_k(G, right, k);
            sum += estimate;
            square += estimate * estimate;
        }
        double mean = sum / GROUPS, error = sqrt((square / GROUPS - mean * mean) / GROUPS);
        assert_true(fabs(mean - exact) < 4.9 * error);
    }
    small_batch_free(&b);
    small_scratch_free(&s);
    small_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(estimator_is_unbiased), cmocka_unit_test(weight_is_the_slope),
        cmocka_unit_test(estimate_from_rollouts),
    };
    return cmocka_run_group_tests_name("oracle pass@k", tests, NULL, NULL);
}
