/* Pass@k advantages against a count over all subsets; they sum to zero; and their population weight, (1 - k/G)(1-p)^(k-1) without
 * normalisation: the gradient of pass@k, k(1-p)^(k-1), times a constant. */
#include "tests/unit/models/population.h"
#include "models/theory.h"

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

static void weight_is_that_of_pass_at_k(void **state)
{
    for (int k = 1; k < G; k += 2)
        for (double p = 0.031; p < 1; p += 0.2385) {
            params subsets = {k, false};
            algorithm_spec a = small_algorithm("pass_at_k", "none", "policy_gradient", "sequence");
            a.baseline.params = &subsets;
            small t;
            small_bernoulli(&t, log(p / (1 - p)));
            const double w = population_weight(&t, &a, G);
            assert_true(fabs(w - theory_weight_pass_baseline(p, G, (size_t)k)) < 1e-12);
            assert_true(fabs(w - (1 - (double)k / G) / k * theory_weight_pass_at_k(p, (size_t)k)) < 1e-12);
            small_free(&t);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_subsets), cmocka_unit_test(weight_is_that_of_pass_at_k)};
    return cmocka_run_group_tests_name("baseline pass_at_k", tests, NULL, NULL);
}
