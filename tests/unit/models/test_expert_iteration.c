/* Expert iteration: what is selected, that the update is a mean over it, and what it converges to. */
#include "tests/unit/models/small_world.h"

typedef struct params { double above; bool once; } params;

static void selects(void **state)
{
    const algo_baseline *baseline = (const algo_baseline *)small_choice(&baseline_registry, "select", NULL).entry;
    small_batch b = small_batch_make(1, 6);
    const double reward[] = {0.5, 0.6, 0.9, 0.6, 0.1, 0.6};
    const uint16_t strategy[] = {1, 1, 2, 1, 1, 3};
    const double all[] = {0, 1, 1, 1, 0, 1}, once[] = {0, 1, 1, 0, 0, 1};
    for (size_t i = 0; i < 6; i++) {
        b.batch.groups[0].reward[i] = reward[i];
        b.rollouts[i].strategy = strategy[i];
        b.rollouts[i].tokens = (double)(100 + i);        /* the length is not part of the path */
    }
    params p = {0.5, false};
    baseline->apply(&p, &(algo_context){0}, &b.batch);
    assert_memory_equal(b.batch.groups[0].advantage, all, sizeof all);
    p.once = true;
    baseline->apply(&p, &(algo_context){0}, &b.batch);
    assert_memory_equal(b.batch.groups[0].advantage, once, sizeof once);
    small_batch_free(&b);
}

/* A path is its decisions and what became of them: two that differ in any of these are two. */
static void a_path_is_all_of_it(void **state)
{
    const algo_baseline *baseline = (const algo_baseline *)small_choice(&baseline_registry, "select", NULL).entry;
    const rollout first = {.format = 1, .strategy = 1, .steps = 3, .steps_right = 2, .answer = 4, .level = 5};
    rollout other[7] = {first, first, first, first, first, first, first};
    other[1].format = other[2].strategy = 2;
    other[3].steps_right = 1;
    other[4].answer = 3;
    other[5].hedged = true;
    other[6].level = 2;
    params p = {0.5, true};
    small_batch b = small_batch_make(1, 2);
    for (size_t k = 0; k < 7; k++) {
        b.rollouts[0] = first;
        b.rollouts[1] = other[k];
        b.batch.groups[0].reward[0] = b.batch.groups[0].reward[1] = 1;
        baseline->apply(&p, &(algo_context){0}, &b.batch);
        assert_true(b.batch.groups[0].advantage[0] == 1 && b.batch.groups[0].advantage[1] == (k > 0));
    }
    small_batch_free(&b);
}

/* Two groups, 3 and 1 of 4 right: each right response weighs 1/4. */
static void is_a_mean_over_the_selected(void **state)
{
    small t;
    small_scratch s;
    small_bernoulli(&t, 0.3);
    small_scratch_init(&s, &t.p);
    small_batch b = small_batch_make(2, 4);
    params p = {0.5, false};
    algorithm_spec a = small_algorithm("select", "mean_abs", "supervised", "sequence");
    a.baseline.params = &p;
    a.prompts = 2;
    a.group_size = 4;
    for (size_t i = 0; i < 8; i++)
        b.rollouts[i] = (rollout){.steps = 1, .steps_right = i < 3 || i == 4, .extracted = true, .correct = i < 3 || i == 4,
                                  .tokens = 100};
    small_correctness(&t, &b.batch);
    algo_counts counts = {0};
    algo_advantages(&a, &(algo_context){0}, &b.batch);
    algo_weights(&a, &b.batch, 100, b.weight);
    policy_gradient_clear(&s.g);
    algo_gradient(&a, &t.p, t.weights, &b.batch, 0, 2, b.weight, &s.work, &s.g, &counts);
    assert_true(fabs(s.g.g[0] - (1 - 1 / (1 + exp(-0.3)))) < 1e-12);
    small_scratch_free(&s);
    small_batch_free(&b);
    small_free(&t);
}

/* Real rollouts of the base policy, 4,000 groups of 8, climbed to the end: the base given success. The base has two strategies
 * of share .8 and .2 that succeed with .25 and .75 (guesses): 4/7 and 3/7 given success, within 4 standard errors of the
 * counts; sampling from the current policy instead goes on to the better one. */
static void fixed_base_and_iterated(void **state)
{
    enum { GROUPS = 400, G = 8 };
    for (int iterated = 0; iterated < 2; iterated++) {
        small t;
        small_make(&t);
        t.policy_spec.strategy.v[FEATURE_GLOBAL] = 1;
        t.strategies[0].share = per(0.8);
        t.strategies[1].share = per(0.2);
        t.strategies[0].ability = per(-log(3));           /* M = .25 */
        t.strategies[1].ability = per(log(3));
        small_build(&t);
        small_scratch s;
        small_scratch_init(&s, &t.p);
        small_batch b = small_batch_make(GROUPS, G);
        params p = {0.5, false};
        algorithm_spec a = small_algorithm("select", "mean_abs", "supervised", "sequence");
        a.baseline.params = &p;
        a.prompts = GROUPS;
        a.group_size = G;
        double m[2], share = 0;
        for (size_t k = 0; k < 2; k++) m[k] = t.w.applicability[k];
        for (uint32_t step = 0; step < 60; step++) {
            policy_forward(&t.p, iterated ? t.weights : s.base, 0, &s.view);
            for (size_t k = 0; k < GROUPS; k++) {
                b.batch.groups[k].batch = step;
                rollout_group_sample(&b.batch.groups[k], &t.p, &s.view, &t.seeds, step);
            }
            small_correctness(&t, &b.batch);
            algo_counts counts = {0};
            algo_advantages(&a, &(algo_context){0}, &b.batch);
            algo_weights(&a, &b.batch, 100, b.weight);
            policy_gradient_clear(&s.g);
            algo_gradient(&a, &t.p, t.weights, &b.batch, 0, GROUPS, b.weight, &s.work, &s.g, &counts);
            for (size_t i = 0; i < t.p.n_weights; i++) t.weights[i] += 1.5 * s.g.g[i];
        }
        policy_forward(&t.p, t.weights, 0, &s.view);
        share = s.view.strategy[1];
        double limit = 0.2 * m[1] / (0.2 * m[1] + 0.8 * m[0]);
        if (iterated ? !(share > 0.97) : !(fabs(share - limit) < 0.03)) fail_msg("share %g, limit from the base %g", share, limit);
        small_scratch_free(&s);
        small_batch_free(&b);
        small_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(selects), cmocka_unit_test(a_path_is_all_of_it), cmocka_unit_test(is_a_mean_over_the_selected),
                                       cmocka_unit_test(fixed_base_and_iterated)};
    return cmocka_run_group_tests_name("expert iteration", tests, NULL, NULL);
}
