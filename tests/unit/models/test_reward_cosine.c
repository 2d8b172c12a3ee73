/* Cosine length reward: its values at the ends and in the middle, its slope, and what exceeding costs. */
#include "tests/unit/models/small_world.h"

typedef struct cosine_params { double max, right_short, right_long, wrong_short, wrong_long, exceed; } cosine_params;

static double pay(cosine_params p, rollout r)
{
    double reward[2] = {0.25, 0.25};
    rollout both[2] = {r, r};
    rollout_group g = {.G = 2, .rollouts = both, .reward = reward};
    const reward_term *term = (const reward_term *)pl_registry_find(&reward_registry, "cosine");
    term->add(&p, 0.5, &g, NULL, NULL, 0);
    assert_true(reward[0] == reward[1]);
    return (reward[0] - 0.25) / 0.5;
}

static void values(void **state)
{
    const cosine_params p = {1000, 2, 1, -10, 0, -11};
    const rollout right = {.correct = true, .extracted = true}, wrong = {.extracted = true, .answer = 3};
    static const double at[] = {0, 250, 500, 750, 999.999};
    static const double share[] = {1, 0.85355339059327378, 0.5, 0.14644660940672624, 0};   /* (1 + cos)/2 */
    for (size_t i = 0; i < PL_COUNT(at); i++) {
        rollout r = right, f = wrong;
        r.tokens = f.tokens = at[i];
        assert_true(fabs(pay(p, r) - (1 + share[i])) < 1e-8);
        assert_true(fabs(pay(p, f) + 10 * share[i]) < 1e-7);
    }
    rollout full = right, cut = wrong;
    full.tokens = 1000;
    cut.tokens = 400;
    cut.truncated = true;                                  /* the cap may be below max */
    assert_true(pay(p, full) == -11 && pay(p, cut) == -11);
}

/* With r_0 > r_L shorter is better, with r_0 < r_L longer is, strictly, everywhere below max. */
static void monotone(void **state)
{
    const cosine_params p = {777, 2, 1, -10, 0, -10};
    double last[2] = {INFINITY, -INFINITY};
    for (int tokens = 1; tokens < 777; tokens++) {
        const double right = pay(p, (rollout){.correct = true, .tokens = tokens}), wrong = pay(p, (rollout){.tokens = tokens});
        assert_true(right < last[0] && wrong > last[1]);
        last[0] = right;
        last[1] = wrong;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values), cmocka_unit_test(monotone)};
    return cmocka_run_group_tests_name("reward cosine", tests, NULL, NULL);
}
