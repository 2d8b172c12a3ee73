/* Pass@k advantages against a count over all subsets; they sum to zero; and their population weight, (1 - k/G)(1-p)^(k-1) without
 * normalisation: the gradient of pass@k, k(1-p)^(k-1), times a constant. */
#include "tests/unit/models/small_world.h"
#include "models/theory.h"
#include <gsl/gsl_randist.h>

typedef struct params { int64_t k; bool normalised; } params;
enum { G = 7 };

/* Of all subsets of k, and of those with response i: share with a right one. */
static void slowly(const double *reward, int k, double *all, double *with)
{
    double n = 0, good = 0, n_with[G] = {0}, good_with[G] = {0};
    for (unsigned set = 0; set < 1u << G; set++) {
        int size = 0;
        bool passes = false;
        for (int i = 0; i < G; i++)
            if (set >> i & 1) {
                size++;
                passes = passes || reward[i] > 0;
            }
        if (size != k) continue;
        n++;
        good += passes;
        for (int i = 0; i < G; i++)
            if (set >> i & 1) {
                n_with[i]++;
                good_with[i] += passes;
            }
    }
    *all = good / n;
    for (int i = 0; i < G; i++) with[i] = good_with[i] / n_with[i];
}

static void counts_subsets(void **state)
{
    const algo_baseline *baseline = (const algo_baseline *)small_choice(&baseline_registry, "pass_at_k", NULL).entry;
    small_batch b = small_batch_make(1, G);
    for (int k = 1; k <= G; k++)
        for (int right = 0; right <= G; right++)
            for (int normalised = 0; normalised < 2; normalised++) {
                params p = {k, normalised};
                double all, with[G], sum = 0, *reward = b.batch.groups[0].reward, *A = b.batch.groups[0].advantage;
                for (int i = 0; i < G; i++) reward[i] = (i * 3) % G < right ? 0.7 : 0;
                baseline->apply(&p, &(algo_context){0}, &b.batch);
                slowly(reward, k, &all, with);
                double by = normalised ? sqrt(all * (1 - all)) : 1;
                for (int i = 0; i < G; i++) {
                    if (!(fabs(A[i] - (by > 0 ? (with[i] - all) / by : 0)) < 1e-12)) fail_msg("k %d right %d: %g", k, right, A[i]);
                    sum += A[i];
                }
                assert_true(fabs(sum) < 1e-12);
                if (right == 0 || right == G) assert_true(A[0] == 0);
            }
    small_batch_free(&b);
}

static void population_weight(void **state)
{
    for (int k = 1; k < G; k += 2)
        for (double p = 0.031; p < 1; p += 0.2385) {
            params subsets = {k, false};
            algorithm_spec a = small_algorithm("pass_at_k", "none", "policy_gradient", "sequence");
            a.baseline.params = &subsets;
            small t;
            small_scratch s;
            small_bernoulli(&t, log(p / (1 - p)));
            small_scratch_init(&s, &t.p);
            small_batch b = small_batch_make(1, G);
            policy_forward(&t.p, t.weights, 0, &s.view);
            double sum = 0;
            for (unsigned m = 0; m <= G; m++) {
                algo_counts counts = {0};
                for (size_t i = 0; i < G; i++)
                    b.rollouts[i] = (rollout){.steps = 1, .steps_right = i < m, .extracted = true, .correct = i < m, .tokens = 100,
                                              .ln_step_right = s.view.ln_step[0], .ln_step_wrong = s.view.ln_fail[0]};
                small_correctness(&t, &b.batch);
                algo_advantages(&a, &(algo_context){0}, &b.batch);
                algo_weights(&a, &b.batch, 100, b.weight);
                policy_gradient_clear(&s.g);
                algo_gradient(&a, &t.p, t.weights, &b.batch, 0, 1, b.weight, &s.work, &s.g, &counts);
                sum += gsl_ran_binomial_pdf(m, p, G) * s.g.g[0] / (p * (1 - p));
            }
            assert_true(fabs(sum - theory_weight_pass_baseline(p, G, (size_t)k)) < 1e-12);
            assert_true(fabs(sum - (1 - (double)k / G) / k * theory_weight_pass_at_k(p, (size_t)k)) < 1e-12);
            small_scratch_free(&s);
            small_batch_free(&b);
            small_free(&t);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_subsets), cmocka_unit_test(population_weight)};
    return cmocka_run_group_tests_name("baseline pass_at_k", tests, NULL, NULL);
}
