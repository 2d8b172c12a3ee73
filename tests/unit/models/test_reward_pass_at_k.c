/* Pass@k as a reward: against a slow walk through all subsets, the unbiased estimator, and the law of total probability. */
#include "tests/unit/models/small_world.h"
#include "sim/core/stats.h"

typedef struct pass_at_k_params { int64_t k; } pass_at_k_params;
enum { G = 7 };

static void pay(size_t right, int64_t k, double reward[G])
{
    rollout r[G];
    pass_at_k_params p = {k};
    rollout_group g = {.G = G, .rollouts = r, .reward = reward};
    for (size_t i = 0; i < G; i++) {
        r[i] = (rollout){.correct = i < right};
        reward[i] = 0;
    }
    const reward_term *term = (const reward_term *)pl_registry_find(&reward_registry, "pass_at_k");
    term->add(&p, 1, &g, NULL, NULL, 0);
}

/* Every subset of k of the group as a bit pattern; a response gets the mean of those that it is in. */
static double slow(size_t right, size_t k, size_t member)
{
    double paid = 0, n = 0;
    for (unsigned set = 0; set < 1u << G; set++) {
        size_t size = 0, good = 0;
        for (size_t i = 0; i < G; i++) {
            size += set >> i & 1u;
            good += (set >> i & 1u) && i < right;
        }
        if (size != k || !(set >> member & 1u)) continue;
        n += 1;
        paid += good > 0;
    }
    return paid / n;
}

static void all_subsets(void **state)
{
    for (size_t right = 0; right <= G; right++)
        for (size_t k = 1; k <= G; k++) {
            double reward[G], mean = 0;
            pay(right, (int64_t)k, reward);
            for (size_t i = 0; i < G; i++) {
                assert_true(fabs(reward[i] - slow(right, k, i)) < 1e-14);
                mean += reward[i] / G;
            }
            assert_true(fabs(mean - pl_pass_at_k(G, right, k)) < 1e-14);
        }
}

/* k = 1 is correctness; a k beyond the group is the whole group; then all are paid as soon as one is right. */
static void ends(void **state)
{
    double reward[G];
    pay(3, 1, reward);
    for (size_t i = 0; i < G; i++) assert_true(reward[i] == (i < 3));
    pay(1, 50, reward);
    for (size_t i = 0; i < G; i++) assert_true(reward[i] == 1);
    pay(0, 50, reward);
    for (size_t i = 0; i < G; i++) assert_true(reward[i] == 0);
}

/* With the mean as baseline, through the real one: A+ = C(W,k)/C(G,k), and all sum to zero. */
static void advantages(void **state)
{
    algorithm_spec a = small_algorithm("group_mean", "none", "policy_gradient", "sequence");
    small_batch b = small_batch_make(1, G);
    for (size_t right = 1; right < G; right++) {
        double sum = 0;
        pay(right, 3, b.batch.groups->reward);
        algo_advantages(&a, &(algo_context){0}, &b.batch);
        for (size_t i = 0; i < G; i++) sum += b.batch.groups->advantage[i];
        assert_true(fabs(sum) < 1e-14);
        assert_true(fabs(b.batch.groups->advantage[0] - (1 - pl_pass_at_k(G, right, 3))) < 1e-14);
    }
    small_batch_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_subsets), cmocka_unit_test(ends), cmocka_unit_test(advantages)};
    return cmocka_run_group_tests_name("reward pass_at_k", tests, NULL, NULL);
}
