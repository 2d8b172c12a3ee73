/* Diversity: both bonuses on a group worked out by hand, sums that hold for every partition, and a mean whatever G. */
#include "tests/unit/models/small_world.h"

typedef struct diversity_params {
    int cluster, bonus;
    bool only_right;
} diversity_params;
enum { STRATEGY, FORMAT, PATH, ANSWER };

static const reward_term *diversity(void) { return (const reward_term *)pl_registry_find(&reward_registry, "diversity"); }

static void pay(diversity_params p, rollout *r, size_t n, double *reward)
{
    rollout_group g = {.G = n, .rollouts = r, .reward = reward};
    for (size_t i = 0; i < n; i++) reward[i] = 0;
    diversity()->add(&p, 3, &g, NULL, NULL, 0);
    for (size_t i = 0; i < n; i++) reward[i] /= 3;
}

static void by_hand(void **state)
{
    rollout r[5] = {{.strategy = 1, .format = 0, .answer = 0, .correct = true},
                    {.strategy = 1, .format = 1, .answer = 4},
                    {.strategy = 1, .format = 0, .answer = 4},
                    {.strategy = 2, .format = 1, .answer = ROLLOUT_NO_ANSWER},
                    {.strategy = 0, .format = 1, .answer = 0, .correct = true}};
    static const double size[4][5] = {{3, 3, 3, 1, 1}, {2, 3, 2, 3, 3}, {2, 1, 2, 1, 1}, {2, 2, 2, 1, 2}};
    double reward[5];
    for (int c = 0; c < 4; c++)
        for (int bonus = 0; bonus < 2; bonus++)
            for (int right = 0; right < 2; right++) {
                pay((diversity_params){c, bonus, right}, r, 5, reward);
                for (size_t i = 0; i < 5; i++) {
                    const double full = bonus ? 1 / size[c][i] : 1 - (size[c][i] - 1) / 4;
                    assert_true(fabs(reward[i] - (right && !r[i].correct ? 0 : full)) < 1e-15);
                }
            }
}

/* Whatever the partition: 1/n_same sums to the number of clusters. Whatever G: the mean novelty of independent responses is
 * 1 - sum of squared shares (4,000 groups, |z| < 4.9 with the sample's own deviation). */
static void sums(void **state)
{
    static const double share[3] = {0.6, 0.3, 0.1};
    const pl_seeds seeds = pl_seeds_make(5, 0, NULL, 0);
    pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, 1, 0, 0);
    for (size_t n = 2; n <= 16; n += 7) {
        double mean = 0, square = 0;
        for (int k = 0; k < 4000; k++) {
            rollout r[16];
            double reward[16], clusters = 0, sum = 0, novelty = 0;
            bool seen[3] = {false};
            for (size_t i = 0; i < n; i++) {
                r[i] = (rollout){.strategy = (uint16_t)pl_categorical(&s, share, 3)};
                clusters += !seen[r[i].strategy];
                seen[r[i].strategy] = true;
            }
            pay((diversity_params){STRATEGY, 1, false}, r, n, reward);
            for (size_t i = 0; i < n; i++) sum += reward[i];
            assert_true(fabs(sum - clusters) < 1e-12);
            pay((diversity_params){STRATEGY, 0, false}, r, n, reward);
            for (size_t i = 0; i < n; i++) novelty += reward[i] / (double)n;
            mean += novelty / 4000;
            square += novelty * novelty / 4000;
        }
        assert_true(fabs(mean - (1 - 0.36 - 0.09 - 0.01)) < 4.9 * sqrt((square - mean * mean) / 4000));
    }
}

static void constant(void **state)
{
    small t;
    small_make(&t);
    small_sizes(&t, 1, 2, 1);
    const diversity_params p[] = {{STRATEGY, 0, false}, {FORMAT, 0, false}, {PATH, 0, false}, {ANSWER, 0, false},
                                  {STRATEGY, 0, true}};
    for (size_t i = 0; i < PL_COUNT(p); i++) assert_int_equal(diversity()->constant(&p[i], &t.spec), i == 0);
    rollout one = {.strategy = 1};
    double reward;
    pay(p[0], &one, 1, &reward);
    assert_true(reward == 0);                              /* alone, it is like nobody and unlike nobody */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand), cmocka_unit_test(sums), cmocka_unit_test(constant)};
    return cmocka_run_group_tests_name("reward diversity", tests, NULL, NULL);
}
