/* Clip-Cov: which forks are left out and how many; and what leaving them out does to entropy. */
#include "tests/unit/models/loss.h"

typedef struct params { double low, high, fraction, from, to; } params;

static double objective(const void *p, double A, double ratio, double held)
{
    const params *b = p;
    return fmin(ratio * A, fmin(fmax(ratio, 1 - b->low), 1 + b->high) * A);
}

static void follows_its_objective(void **state)
{
    const params b = {0.21, 0.43, 0, 0, 0};
    const double corner[] = {0.79, 1.43};
    size_t bound = loss_against_objective(loss_named("clip_cov")->coefficient, &b, objective, corner, 2);
    assert_true(bound > 700 && bound < 1200);
}

/* A fraction of the tokens, at least one; only between the bounds, and not what the clip has stopped already. */
static void leaves_out_so_many(void **state)
{
    enum { N = 30 };
    const algo_loss *loss = loss_named("clip_cov");
    pl_seeds seeds = pl_seeds_make(91, 0, NULL, 0);
    pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, 0, 0, 0);
    const double tokens[] = {2000, 25000, 30000, 1e6};
    const size_t expected[] = {1, 5, 6, 10};             /* ten forks are eligible */
    for (int k = 0; k < 4; k++) {
        params p = {0.2, 0.2, 2e-4, 1, 5};
        algo_pick f[N];
        size_t all = 0;
        for (int i = 0; i < N; i++) f[i] = (algo_pick){.covariance = i < 10 ? 2 : i < 20 ? 0.5 : 7, .n = 1};
        f[25] = (algo_pick){.covariance = 2, .n = 4, .bound = true};
        loss->pick(&p, f, N, tokens[k], &s);
        for (int i = 0; i < N; i++) {
            all += f[i].picked;
            assert_true(i < 10 || f[i].picked == 0);
        }
        assert_int_equal(all, expected[k]);
        assert_true(loss->picked(&p, 1.3, 0.7) == 0);
    }
}

/* One update of a policy that is right with probability .9: the one wrong step of a group carries nearly all of the
 * covariance, and is left out when it lies between the bounds. */
static void covariances_as_defined(void **state)
{
    enum { G = 10 };
    small t;
    small_scratch s;
    small_bernoulli(&t, log(9));                         /* sigma(ln 9) = .9 */
    small_scratch_init(&s, &t.p);
    small_batch b = small_batch_make(1, G);
    policy_forward(&t.p, t.weights, 0, &s.view);
    for (size_t i = 0; i < G; i++)
        b.rollouts[i] = (rollout){.steps = 1, .steps_right = i < 9, .correct = i < 9, .extracted = true, .tokens = 100,
                                  .ln_step_right = s.view.ln_step[0], .ln_step_wrong = s.view.ln_fail[0]};
    small_correctness(&t, &b.batch);
    params p = {0.2, 0.2, 1e-9, 1, 9};
    algorithm_spec a = small_algorithm("group_mean", "group_std", "clip_cov", "sequence");
    a.group_size = G;
    a.loss.params = &p;
    algo_advantages(&a, &(algo_context){0}, &b.batch);
    algo_weights(&a, &b.batch, 100, b.weight);
    algo_counts counts = {0};
    policy_gradient_clear(&s.g);
    algo_gradient(&a, &t.p, t.weights, &b.batch, 0, 1, b.weight, &s.work, &s.g, &counts);
    /* Forks: formats and strategies have probability 1; of the steps nine are right, one is wrong. Only the wrong one, of
     * covariance (ln .1 - mean)(-3 - 0) with mean = (9 ln .9 + ln .1)/30, exceeds 1: its coefficient is gone. */
    double mean = (9 * log(0.9) + log(0.1)) / 30, covariance = (log(0.1) - mean) * -3;
    assert_true(covariance > 6 && covariance < 7);
    assert_int_equal(counts.picked, 1);
    assert_true(fabs(s.g.g[0] - 9 * (1.0 / 3) * 0.1 / G) < 1e-12);
    p.to = 6;                                            /* now it is out of bounds and stays */
    policy_gradient_clear(&s.g);
    algo_gradient(&a, &t.p, t.weights, &b.batch, 0, 1, b.weight, &s.work, &s.g, &counts);
    assert_int_equal(counts.picked, 1);
    assert_true(fabs(s.g.g[0] - (9 * (1.0 / 3) * 0.1 + 3 * 0.9) / G) < 1e-12);
    small_batch_free(&b);
    small_scratch_free(&s);
    small_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(follows_its_objective), cmocka_unit_test(leaves_out_so_many),
                                       cmocka_unit_test(covariances_as_defined)};
    return cmocka_run_group_tests_name("loss clip_cov", tests, NULL, NULL);
}
