/* Oracle 1 and 2 of docs/model/oracles.md: what the estimators weigh a prompt by, through the real road from rollout to
 * gradient: exactly, by going through every outcome of a group, and by sampling. */
#include "tests/unit/models/population.h"
#include "models/theory.h"

typedef struct recipe { const char *name; double (*weight)(double p, size_t G); } recipe;
static double maxrl_with_baseline(double p, size_t G) { return theory_weight_maxrl(p, G - 1); }
static const recipe recipes[] = {{"grpo", theory_weight_grpo},           {"dr-grpo", theory_weight_dr_grpo},
                                 {"rloo", theory_weight_reinforce},      {"reinforce", theory_weight_reinforce},
                                 {"maxrl", maxrl_with_baseline},         {"maxrl-none", theory_weight_maxrl}};
static const double grid_p[] = {0.0317, 0.217, 0.5, 0.834};
static const size_t grid_G[] = {2, 5, 8, 16};

/* Quoted values, G = 8 and 16. */
static void table_of_grpo(void **state)
{
    static const double p[] = {0.001, 0.01, 0.1, 0.5}, w8[] = {2.6420, 2.6089, 2.3277, 1.8557},
                        w16[] = {3.8585, 3.7330, 2.8478, 1.9341};
    for (size_t i = 0; i < 4; i++) {
        assert_true(fabs(theory_weight_grpo(p[i], 8) - w8[i]) < 5.001e-5);
        assert_true(fabs(theory_weight_grpo(p[i], 16) - w16[i]) < 5.001e-5);
    }
}

static void weights_exactly(void **state)
{
    for (size_t i = 0; i < PL_COUNT(grid_p); i++) {
        small t;
        double p = grid_p[i];
        small_bernoulli(&t, theory_logit(p));
        for (size_t j = 0; j < PL_COUNT(grid_G); j++)
            for (size_t r = 0; r < PL_COUNT(recipes); r++) {
                algorithm_spec a = small_recipe(recipes[r].name);
                double w = population_weight(&t, &a, grid_G[j]);
                assert_true(fabs(w / recipes[r].weight(p, grid_G[j]) - 1) < 1e-11);
            }
        small_free(&t);
    }
}

/* Sampled: mean of 40 batches of 250 groups against the closed form in units of its standard error. 96 comparisons at
 * |t_39| < 5.2 leave 96 * 6.6e-6 = 6e-4 for a false alarm. A second pass with a weight 7% off must be seen. */
static void weights_by_sampling(void **state)
{
    enum { BATCHES = 40, GROUPS = 250 };
    size_t seen = 0, comparisons = 0;
    for (size_t i = 0; i < PL_COUNT(grid_p); i++) {
        small t;
        small_scratch s;
        double p = grid_p[i];
        small_bernoulli(&t, theory_logit(p));
        small_scratch_init(&s, &t.p);
        for (size_t j = 0; j < PL_COUNT(grid_G); j++) {
            small_batch b = small_batch_make(GROUPS, grid_G[j]);
            double sum[PL_COUNT(recipes)] = {0}, square[PL_COUNT(recipes)] = {0};
            for (uint32_t k = 0; k < BATCHES; k++) {
                for (size_t g = 0; g < GROUPS; g++) {
                    b.batch.groups[g].batch = k;
                    policy_forward(&t.p, t.weights, 0, &s.view);
                    rollout_group_sample(&b.batch.groups[g], &t.p, &s.view, &t.seeds, 0);
                }
                small_correctness(&t, &b.batch);
                for (size_t r = 0; r < PL_COUNT(recipes); r++) {
                    algorithm_spec a = small_recipe(recipes[r].name);
                    double w = population_gradient(&t, &a, &b, &s) / (p * (1 - p));
                    sum[r] += w;
                    square[r] += w * w;
                }
            }
            for (size_t r = 0; r < PL_COUNT(recipes); r++) {
                /* what varies is the number of groups without a success: too few of them for a standard error */
                if (!strcmp(recipes[r].name, "maxrl-none") && BATCHES * GROUPS * pow(1 - p, (double)grid_G[j]) < 50) continue;
                double mean = sum[r] / BATCHES, variance = (square[r] - BATCHES * mean * mean) / (BATCHES - 1);
                double error = sqrt(variance / BATCHES), w = recipes[r].weight(p, grid_G[j]);
                if (!(fabs(mean - w) < 5.2 * error))
                    fail_msg("%s p %g G %zu: sampled %g +- %g, closed form %g", recipes[r].name, p, grid_G[j], mean, error, w);
                seen += fabs(mean - 1.07 * w) > 3.0 * error;
                comparisons++;
            }
            small_batch_free(&b);
        }
        small_scratch_free(&s);
        small_free(&t);
    }
    assert_true(seen > comparisons / 2);                 /* the test has the power to tell 7% apart */
}

/* GRPO with m of G right: two advantages, and silence when m is 0 or G. */
static void advantages_of_grpo(void **state)
{
    enum { G = 11 };
    small t;
    small_bernoulli(&t, 0.3);
    small_batch b = small_batch_make(1, G);
    algorithm_spec a = small_recipe("grpo");
    for (size_t m = 0; m <= G; m++) {
        for (size_t i = 0; i < G; i++) b.rollouts[i].correct = (i * 7) % G < m;
        small_correctness(&t, &b.batch);
        algo_advantages(&a, &(algo_context){0}, &b.batch);
        for (size_t i = 0; i < G; i++) {
            double advantage = b.batch.groups[0].advantage[i];
            if (m == 0 || m == G) assert_true(advantage == 0);
            else if (b.rollouts[i].correct) assert_true(fabs(advantage - theory_grpo_advantage_right(m, G)) < 1e-13);
            else assert_true(fabs(advantage - theory_grpo_advantage_wrong(m, G)) < 1e-13);
        }
    }
    small_batch_free(&b);
    small_free(&t);
}

/* Share of groups with a gradient, sampled: 20,000 groups, |z| < 4.9 (1e-6 each). */
static void groups_with_gradient(void **state)
{
    enum { GROUPS = 20000, G = 6 };
    static const double ps[] = {0.013, 0.31, 0.872};
    for (size_t i = 0; i < PL_COUNT(ps); i++) {
        small t;
        small_scratch s;
        small_bernoulli(&t, theory_logit(ps[i]));
        small_scratch_init(&s, &t.p);
        small_batch b = small_batch_make(1, G);
        algorithm_spec a = small_recipe("grpo");
        size_t mixed = 0;
        policy_forward(&t.p, t.weights, 0, &s.view);
        for (uint32_t k = 0; k < GROUPS; k++) {
            b.batch.groups[0].batch = k;
            rollout_group_sample(&b.batch.groups[0], &t.p, &s.view, &t.seeds, 0);
            small_correctness(&t, &b.batch);
            algo_advantages(&a, &(algo_context){0}, &b.batch);
            mixed += b.batch.groups[0].advantage[0] != 0;
        }
        double q = theory_mixed_group(ps[i], G);
        assert_true(fabs((double)mixed / GROUPS - q) < 4.9 * sqrt(q * (1 - q) / GROUPS));
        small_batch_free(&b);
        small_scratch_free(&s);
        small_free(&t);
    }
}

/* Rewards +1 and -1 without baseline: the right responses alone (PSR) and the wrong ones alone (NSR) teach the same on
 * average, each half of what both do (arXiv 2506.01347). */
static void right_and_wrong_teach_alike(void **state)
{
    enum { G = 9 };
    small t;
    double p = 0.2385;
    small_bernoulli(&t, theory_logit(p));
    small_scratch s;
    small_scratch_init(&s, &t.p);
    small_batch b = small_batch_make(1, G);
    algorithm_spec a = small_recipe("reinforce");
    double part[3] = {0};                                /* wrong only, right only, both */
    for (unsigned k = 0; k <= G; k++)
        for (int which = 0; which < 3; which++) {
            for (size_t i = 0; i < G; i++) {
                bool right = i < k;
                b.rollouts[i] = (rollout){.steps = 1, .steps_right = right, .correct = right, .tokens = 100};
                b.batch.groups[0].reward[i] = which == 2 || right == which ? (right ? 1 : -1) : 0;
            }
            part[which] += gsl_ran_binomial_pdf(k, p, G) * population_gradient(&t, &a, &b, &s);
        }
    assert_true(fabs(part[2] / (2 * p * (1 - p)) - 1) < 1e-12);
    assert_true(fabs(part[0] / (0.5 * part[2]) - 1) < 1e-12);
    assert_true(fabs(part[1] / (0.5 * part[2]) - 1) < 1e-12);
    small_batch_free(&b);
    small_scratch_free(&s);
    small_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_of_grpo), cmocka_unit_test(weights_exactly), cmocka_unit_test(weights_by_sampling),
        cmocka_unit_test(advantages_of_grpo), cmocka_unit_test(groups_with_gradient), cmocka_unit_test(right_and_wrong_teach_alike),
    };
    return cmocka_run_group_tests_name("oracle weights", tests, NULL, NULL);
}
