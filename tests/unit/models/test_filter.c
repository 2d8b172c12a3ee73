/* Filters: which groups stay, and oracle 1 for dynamic sampling: the recipe's weight divided by P(mixed group). */
#include "tests/unit/models/population.h"
#include "models/filter.h"
#include "models/theory.h"

static void who_stays(void **state)
{
    double reward[3] = {0};
    rollout_group g = {.G = 3, .reward = reward};
    int64_t rounds = 7;
    for (const pl_entry *const *e = filter_registry.entries; *e; e++) {
        pl_choice choice = {*e, &rounds};
        if (!filter_needs_variance(&choice) && strcmp((*e)->name, "none")) continue;       /* looks at something else */
        bool drops = filter_drops(&choice);
        reward[0] = reward[1] = reward[2] = 0.2385;
        assert_int_equal(filter_keeps(&choice, &g), !drops);
        reward[2] = 0.2385 + 1e-12;
        assert_true(filter_keeps(&choice, &g));
        reward[2] = reward[0];
        reward[1] = -1;
        assert_true(filter_keeps(&choice, &g));
        assert_int_equal(drops, strcmp((*e)->name, "none") != 0);
        assert_int_equal(filter_rounds(&choice), strcmp((*e)->name, "dynamic_sampling") ? 1 : 7);
        g.G = 1;
        assert_int_equal(filter_keeps(&choice, &g), !drops);
        g.G = 3;
    }
    pl_choice none = {0};
    assert_true(filter_keeps(&none, &g) && !filter_drops(&none) && filter_rounds(&none) == 1);
}

/* The band includes its ends, whatever the reward. */
static void pass_rate_band(void **state)
{
    struct { double min, max; int64_t rounds; } band = {0.25, 0.625, 5};
    pl_choice choice = small_choice(&filter_registry, "pass_rate", &band);
    double reward[8] = {0};
    rollout r[8];
    rollout_group g = {.G = 8, .rollouts = r, .reward = reward};
    for (size_t right = 0; right <= 8; right++) {
        for (size_t i = 0; i < 8; i++) r[i] = (rollout){.correct = i < right};
        assert_int_equal(filter_keeps(&choice, &g), right >= 2 && right <= 5);
    }
    assert_true(filter_drops(&choice) && filter_rounds(&choice) == 5 && !filter_needs_variance(&choice));
}

/* Expected update given that the group is kept, through the real filter and the real gradient, over every number of right
 * answers; the closed form divides by 1 - p^G - (1-p)^G. */
static void dynamic_weight(void **state)
{
    static const double ps[] = {0.0317, 0.217, 0.5, 0.834};
    static const size_t Gs[] = {2, 5, 8, 16};
    int64_t rounds = 10;
    pl_choice dynamic = small_choice(&filter_registry, "dynamic_sampling", &rounds);
    for (size_t i = 0; i < PL_COUNT(ps); i++)
        for (size_t j = 0; j < PL_COUNT(Gs); j++)
            for (int recipe = 0; recipe < 2; recipe++) {
                size_t G = Gs[j];
                double p = ps[i], sum = 0, kept = 0;
                small t;
                small_scratch s;
                small_bernoulli(&t, theory_logit(p));
                small_scratch_init(&s, &t.p);
                small_batch b = small_batch_make(1, G);
                policy_forward(&t.p, t.weights, 0, &s.view);
                algorithm_spec a = small_recipe(recipe ? "dr-grpo" : "grpo");
                for (unsigned k = 0; k <= G; k++) {
                    double share = gsl_ran_binomial_pdf(k, p, (unsigned)G);
                    population_group(&t, &b, &s.view, k);
                    if (!filter_keeps(&dynamic, &b.batch.groups[0])) continue;
                    sum += share * population_gradient(&t, &a, &b, &s);
                    kept += share;
                }
                double plain = recipe ? theory_weight_dr_grpo(p, G) : theory_weight_grpo(p, G);
                assert_true(fabs(kept / theory_mixed_group(p, G) - 1) < 1e-11);
                assert_true(fabs(sum / kept / (p * (1 - p)) / theory_weight_dynamic(plain, p, G) - 1) < 1e-10);
                small_batch_free(&b);
                small_scratch_free(&s);
                small_free(&t);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_stays), cmocka_unit_test(pass_rate_band),
                                       cmocka_unit_test(dynamic_weight)};
    return cmocka_run_group_tests_name("filters", tests, NULL, NULL);
}
