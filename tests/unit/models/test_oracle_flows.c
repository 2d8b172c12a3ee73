/* Oracle 3 of docs/model/oracles.md: the real expected update, integrated in small steps, follows the closed flows.
 *
 * The expected update of a one-logit policy is exact: every number k of right answers in a group, weighted by its binomial
 * probability through the aggregation weights of one batch. Only the step size separates it from the flow (Euler). */
#include "tests/unit/models/small_world.h"
#include "models/theory.h"
#include <gsl/gsl_randist.h>

typedef enum shape { BERNOULLI, SOFTMAX } shape;        /* one logit; two options of a softmax, one of them right */

/* Batch of G + 1 groups, the k-th with k right answers. */
static small_batch all_outcomes(shape of, size_t G)
{
    small_batch b = small_batch_make(G + 1, G);
    for (size_t k = 0; k <= G; k++)
        for (size_t i = 0; i < G; i++) {
            rollout *r = &b.batch.groups[k].rollouts[i];
            *r = (rollout){.extracted = true, .correct = i < k, .tokens = 100};
            if (of == SOFTMAX) r->strategy = i >= k;
            else r->steps_right = (uint16_t)(r->steps = 1) * (i < k);
        }
    return b;
}

static void open_policy(small *t, shape of, double x0)
{
    if (of == BERNOULLI) {
        small_bernoulli(t, x0);
        return;
    }
    small_make(t);
    t->strategies[0].share = per(theory_sigmoid(x0));
    t->strategies[1].share = per(theory_sigmoid(-x0));
    t->policy_spec.strategy.v[FEATURE_PROMPT] = 1;
    small_build(t);
}

static double pass(shape of, const policy_view *v) { return of == SOFTMAX ? v->strategy[0] : v->step[0]; }

static void state_probabilities(shape of, const policy_view *v, rollout *r)
{
    if (of == SOFTMAX) r->ln_strategy = v->ln_strategy[r->strategy];
    r->ln_step_right = v->ln_step[0];
    r->ln_step_wrong = v->ln_fail[0];
}

/* Logit after steps of size `lr` up to `time` from x0. */
static double integrate(shape of, const char *recipe, size_t G, double x0, double time, size_t steps)
{
    small t;
    small_scratch s;
    open_policy(&t, of, x0);
    small_scratch_init(&s, &t.p);
    small_batch b = all_outcomes(of, G);
    algorithm_spec a = small_recipe(recipe);
    optimizer_spec o = {.method = small_choice(&optimizer_registry, "sgd", NULL), .lr = time / (double)steps};
    small_correctness(&t, &b.batch);
    algo_advantages(&a, &(algo_context){0}, &b.batch);
    for (size_t step = 0; step < steps; step++) {
        policy_forward(&t.p, t.weights, 0, &s.view);
        algo_counts counts = {0};
        algo_weights(&a, &b.batch, 100, b.weight);
        for (size_t k = 0; k <= G; k++) {
            double share = (double)(G + 1) * gsl_ran_binomial_pdf((unsigned)k, pass(of, &s.view), (unsigned)G);
            for (size_t i = 0; i < G; i++) {
                b.weight[k * G + i] *= share;
                state_probabilities(of, &s.view, &b.batch.groups[k].rollouts[i]);
            }
        }
        policy_gradient_clear(&s.g);
        algo_gradient(&a, &t.p, t.weights, &b.batch, 0, b.batch.n, b.weight, &s.work, &s.g, &counts);
        algo_step(&o, step, t.weights, NULL, &t.p, &s.g);
    }
    double x = x0 + (of == SOFTMAX ? t.weights[0] - t.weights[1] : t.weights[0]);
    small_batch_free(&b);
    small_scratch_free(&s);
    small_free(&t);
    return x;
}

/* Error halves with the step (first order), and is small at the smaller one. */
static void follows(shape of, const char *recipe, size_t G, double (*flow)(double, double), double factor, double x0, double time)
{
    double exact = flow(x0, factor * time);
    double coarse = integrate(of, recipe, G, x0, time, 400) - exact;
    double fine = integrate(of, recipe, G, x0, time, 800) - exact;
    assert_true(fabs(fine) < 0.01 * fabs(exact - x0));
    assert_true(fabs(coarse / fine - 2) < 0.1);
}

static void reinforce_flow(void **state)
{
    follows(BERNOULLI, "reinforce", 1, theory_flow_reinforce, 1, -2.385, 21.7);
    follows(BERNOULLI, "reinforce", 4, theory_flow_reinforce, 1, -0.713, 9.31);
    follows(BERNOULLI, "rloo", 5, theory_flow_reinforce, 1, -2.385, 21.7);
}

/* Dr. GRPO is REINFORCE at (G-1)/G of the speed. */
static void dr_grpo_flow(void **state)
{
    follows(BERNOULLI, "dr-grpo", 4, theory_flow_reinforce, 0.75, -2.385, 21.7);
}

/* MaxRL without a baseline has the order G: from p > .2 on, 64 responses are as good as infinitely many. */
static void maxrl_flow(void **state)
{
    follows(BERNOULLI, "maxrl-none", 64, theory_flow_maxrl, 1, -1.217, 5.31);
    follows(BERNOULLI, "maxrl", 65, theory_flow_maxrl, 1, -1.217, 5.31);
}

/* Both logits of two options move, the one up and the other down: twice as fast. */
static void softmax_is_twice_as_fast(void **state)
{
    follows(SOFTMAX, "reinforce", 4, theory_flow_reinforce, 2, -0.713, 4.655);
    follows(SOFTMAX, "dr-grpo", 4, theory_flow_reinforce, 1.5, -2.385, 10.85);
    follows(SOFTMAX, "maxrl-none", 64, theory_flow_maxrl, 2, -1.217, 2.655);
}

/* GRPO approaches its ideal flow as G grows, with an error of order 1/G while p G is large. */
static void grpo_flow(void **state)
{
    double exact = theory_flow_grpo(-1.217, 5.31);
    double e32 = integrate(BERNOULLI, "grpo", 32, -1.217, 5.31, 600) - exact;
    double e128 = integrate(BERNOULLI, "grpo", 128, -1.217, 5.31, 600) - exact;
    assert_true(fabs(e128) < 0.008 * (exact + 1.217));
    assert_true(fabs(e32) > 3 * fabs(e128));
}

/* At finite G a rare success grows by sqrt(G-1): the lead over REINFORCE at equal step, which no group-std removes. */
static void rare_success_grows(void **state)
{
    double p0 = 1e-5, x0 = theory_logit(p0), time = 700;
    double gain8 = integrate(BERNOULLI, "grpo", 8, x0, time, 700) - x0;
    double gain16 = integrate(BERNOULLI, "grpo", 16, x0, time, 700) - x0;
    double plain = integrate(BERNOULLI, "rloo", 8, x0, time, 700) - x0;
    assert_true(fabs(gain8 / plain / sqrt(7) - 1) < 0.02);
    assert_true(fabs(gain16 / plain / sqrt(15) - 1) < 0.03);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reinforce_flow), cmocka_unit_test(dr_grpo_flow),
                                       cmocka_unit_test(maxrl_flow), cmocka_unit_test(softmax_is_twice_as_fast),
                                       cmocka_unit_test(grpo_flow), cmocka_unit_test(rare_success_grows)};
    return cmocka_run_group_tests_name("oracle flows", tests, NULL, NULL);
}
