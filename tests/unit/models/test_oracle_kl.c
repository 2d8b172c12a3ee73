/* Oracles 5 and 8 of docs/model/oracles.md: what the estimators of a divergence do as losses and in the reward, through the
 * real gradient, exactly: every option is one group, weighted by its probability. */
#include "tests/unit/models/small_world.h"
#include "models/theory.h"

enum { MAX = 5 };

/* One decision: n strategies without steps, the base policy `ref`, a weight per strategy. */
static void choice_world(small *t, const double *ref, size_t n)
{
    small_make(t);
    small_sizes(t, 1, 1, n);
    for (size_t j = 0; j < n; j++) t->strategies[j].share = per(ref[j]);
    t->policy_spec.strategy.v[FEATURE_PROMPT] = 1;
    small_build(t);
}

static void softmax(const double *z, size_t n, double *pi)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++) sum += pi[j] = exp(z[j]);
    for (size_t j = 0; j < n; j++) pi[j] /= sum;
}

static algorithm_spec recipe(const char *loss, const char *estimator, algo_kl_place place, double beta)
{
    algorithm_spec a = small_algorithm("none", "none", loss, "sequence");
    a.group_size = 1;
    a.kl = (kl_spec){.weight = beta, .estimator = small_choice(&kl_registry, estimator, NULL), .in = (int)place,
                     .importance_ratio = true};
    return a;
}

/* Expected gradient by the weights: option j was sampled with probability mu[j] and paid reward[j]. */
static void expected_gradient(const small *t, const algorithm_spec *a, const double *mu, const double *reward, small_scratch *s,
                              double *gradient)
{
    size_t n = t->w.n_strategies;
    small_batch b = small_batch_make(n, 1);
    algo_counts counts = {0};
    policy_forward(&t->p, s->base, 0, &s->reference);
    const algo_kl *kl = algo_kl_in(a, ALGO_KL_REWARD);
    for (size_t j = 0; j < n; j++) {
        b.rollouts[j] = (rollout){.strategy = (uint16_t)j, .tokens = 100, .ln_strategy = log(mu[j])};
        b.batch.groups[j].reward[0] = reward[j] - (kl ? a->kl.weight * algo_divergence(kl, &s->reference, &b.rollouts[j]) : 0);
        b.weight[j] = mu[j];
    }
    algo_advantages(a, &(algo_context){0}, &b.batch);
    policy_gradient_clear(&s->g);
    algo_gradient(a, &t->p, t->weights, &b.batch, 0, n, b.weight, &s->work, &s->g, &counts);
    for (size_t j = 0; j < n; j++) gradient[j] = s->g.g[j];
    small_batch_free(&b);
}

static const double z_pi[] = {0.5, -0.2, 1}, z_ref[] = {0, 0.3, -0.4}, nothing[MAX] = {0};

static void quoted_numbers(void **state)
{
    static const double reverse[] = {-0.0998, -0.2074, 0.3072}, forward[] = {-0.0132, -0.2891, 0.3022};
    double pi[3], ref[3], g[3];
    softmax(z_pi, 3, pi);
    softmax(z_ref, 3, ref);
    assert_true(fabs(theory_kl(pi, ref, 3) - 0.2733) < 5.001e-5);
    assert_true(fabs(theory_kl(ref, pi, 3) - 0.2878) < 5.001e-5);
    theory_kl_reverse_gradient(pi, ref, 3, g);
    for (size_t j = 0; j < 3; j++) assert_true(fabs(g[j] - reverse[j]) < 5.001e-5);
    theory_kl_forward_gradient(pi, ref, 3, g);
    for (size_t j = 0; j < 3; j++) assert_true(fabs(g[j] - forward[j]) < 5.001e-5);
}

/* A world at pi, and what each estimator should do there. mu is the policy that sampled. */
static void check_gradients(const double *mu, bool on_policy)
{
    static const struct { const char *name; algo_kl_place place; int what; } cases[] = {     /* 0 nothing, 1 reverse, 2 forward */
        {"k1", ALGO_KL_LOSS, 0}, {"k2", ALGO_KL_LOSS, 1}, {"k3", ALGO_KL_LOSS, 2}, {"k1", ALGO_KL_REWARD, 1}};
    small t;
    small_scratch s;
    double pi[3], ref[3], g[3], want[3] = {0}, beta = 0.713;
    softmax(z_pi, 3, pi);
    softmax(z_ref, 3, ref);
    choice_world(&t, ref, 3);
    small_scratch_init(&s, &t.p);
    for (size_t j = 0; j < 3; j++) t.weights[j] = z_pi[j] - z_ref[j];
    for (size_t i = 0; i < PL_COUNT(cases); i++) {
        /* In the reward the ratio of the loss must carry the response too: bounds that never bind. */
        static small_clip open = {1, PL_INF};
        algorithm_spec a = recipe("clip", cases[i].name, cases[i].place, beta);
        a.loss.params = &open;
        if (cases[i].place == ALGO_KL_REWARD && !on_policy) continue;      /* the estimate is of the policy that sampled */
        expected_gradient(&t, &a, mu, nothing, &s, g);
        if (cases[i].what == 0) want[0] = want[1] = want[2] = 0;
        if (cases[i].what == 1) theory_kl_reverse_gradient(pi, ref, 3, want);
        if (cases[i].what == 2) theory_kl_forward_gradient(pi, ref, 3, want);
        for (size_t j = 0; j < 3; j++)
            if (!(fabs(g[j] + beta * want[j]) < 1e-14))
                fail_msg("%s in %s, option %zu: %.6f, closed form %.6f", cases[i].name, cases[i].place ? "reward" : "loss", j,
                         -g[j] / beta, want[j]);
    }
    small_scratch_free(&s);
    small_free(&t);
}

static void estimators_on_policy(void **state)
{
    double pi[3];
    softmax(z_pi, 3, pi);
    check_gradients(pi, true);
}

static void estimators_off_policy(void **state)
{
    static const double z[] = {-0.713, 0.4, 0.1385};
    double mu[3];
    softmax(z, 3, mu);
    check_gradients(mu, false);
}

/* Without the ratio the off-policy gradient is that of another mixture: sum_j mu_j k'(l_j) grad ln pi_j. */
static void without_the_ratio(void **state)
{
    static const double z[] = {-0.713, 0.4, 0.1385};
    small t;
    small_scratch s;
    double pi[3], ref[3], mu[3], g[3], c[3], sum = 0;
    softmax(z_pi, 3, pi);
    softmax(z_ref, 3, ref);
    softmax(z, 3, mu);
    choice_world(&t, ref, 3);
    small_scratch_init(&s, &t.p);
    for (size_t j = 0; j < 3; j++) t.weights[j] = z_pi[j] - z_ref[j];
    algorithm_spec a = recipe("clip", "k3", ALGO_KL_LOSS, 1);
    a.kl.importance_ratio = false;
    expected_gradient(&t, &a, mu, nothing, &s, g);
    for (size_t j = 0; j < 3; j++) sum += c[j] = mu[j] * (1 - ref[j] / pi[j]);
    for (size_t j = 0; j < 3; j++) assert_true(fabs(g[j] + c[j] - sum * pi[j]) < 1e-14);
    small_scratch_free(&s);
    small_free(&t);
}

/* Values: k1 and k3 are unbiased, k3 and k2 never negative. */
static void values(void **state)
{
    double pi[3], ref[3], mean[3] = {0};
    softmax(z_pi, 3, pi);
    softmax(z_ref, 3, ref);
    for (int k = 0; k < 3; k++) {
        static const char *const names[] = {"k1", "k2", "k3"};
        const algo_kl *kl = (const algo_kl *)pl_registry_find(&kl_registry, names[k]);
        for (size_t j = 0; j < 3; j++) mean[k] += pi[j] * kl->value(log(pi[j] / ref[j]));
        for (double l = -3; l <= 3; l += 0.37) {
            double h = 1e-5;
            assert_true(k == 0 || kl->value(l) >= 0);
            assert_true(fabs(kl->slope(l) - (kl->value(l + h) - kl->value(l - h)) / (2 * h)) < 1e-8);
        }
        assert_int_equal(kl->zero_mean, k == 0);
    }
    assert_true(fabs(mean[0] - theory_kl(pi, ref, 3)) < 1e-14);
    assert_true(fabs(mean[2] - theory_kl(pi, ref, 3)) < 1e-14);
    assert_true(fabs(mean[1] - theory_kl(pi, ref, 3)) > 1e-3);
}

/* Climbs the expected gradient until it stands still; returns the policy. */
static void climb(const double *ref, const double *reward, size_t n, const algorithm_spec *a, double *pi)
{
    small t;
    small_scratch s;
    choice_world(&t, ref, n);
    small_scratch_init(&s, &t.p);
    double largest = 1;
    for (int step = 0; step < 40000 && largest > 1e-13; step++) {
        double g[MAX];
        policy_forward(&t.p, t.weights, 0, &s.view);
        for (size_t j = 0; j < n; j++) pi[j] = s.view.strategy[j];
        expected_gradient(&t, a, pi, reward, &s, g);
        largest = 0;
        for (size_t j = 0; j < n; j++) {
            t.weights[j] += 2.5 / fmax(1, 2 * a->kl.weight) * g[j];      /* the divergence bends by beta */
            largest = fmax(largest, fabs(g[j]));
        }
    }
    assert_true(largest <= 1e-13);
    small_scratch_free(&s);
    small_free(&t);
}

static const double five_ref[] = {0.2385, 0.0715, 0.43, 0.21, 0.05}, five_reward[] = {1, 1, 0.317, 0, 0.62};

/* Reverse divergence, by k2 in the loss and by k1 in the reward: pi ~ ref e^(R/beta), whatever beta; equally rewarded options
 * (0 and 1) keep the ratio they have in the reference. */
static void reverse_optimum(void **state)
{
    static const double betas[] = {0.31, 1.17};
    for (size_t i = 0; i < 2; i++)
        for (int way = 0; way < 2; way++) {
            double pi[MAX], want[MAX];
            algorithm_spec a = recipe("policy_gradient", way ? "k1" : "k2", way ? ALGO_KL_REWARD : ALGO_KL_LOSS, betas[i]);
            climb(five_ref, five_reward, MAX, &a, pi);
            theory_kl_optimum(five_ref, five_reward, MAX, betas[i], want);
            for (size_t j = 0; j < MAX; j++) assert_true(fabs(pi[j] - want[j]) < 1e-10);
            assert_true(fabs(pi[0] / pi[1] / (five_ref[0] / five_ref[1]) - 1) < 1e-10);
        }
}

/* Forward divergence, by k3: a losing option has a floor, beta ref / (beta + its disadvantage). */
static void forward_floor(void **state)
{
    static const double betas[] = {0.04, 0.31};
    for (size_t i = 0; i < 2; i++) {
        double pi[MAX], want[MAX], other[MAX], beta = betas[i], value = 0;
        algorithm_spec a = recipe("policy_gradient", "k3", ALGO_KL_LOSS, beta);
        climb(five_ref, five_reward, MAX, &a, pi);
        assert_true(fabs(theory_kl_forward_optimum(five_ref, five_reward, MAX, beta, want) - 0) > 0.1);
        for (size_t j = 0; j < MAX; j++) value += pi[j] * five_reward[j];
        for (size_t j = 0; j < MAX; j++) {
            assert_true(fabs(pi[j] - want[j]) < 1e-9);
            assert_true(fabs(pi[j] - beta * five_ref[j] / (beta + value - five_reward[j])) < 1e-9);
        }
        /* The reverse divergence at the same weight lets the loser go much further. */
        theory_kl_optimum(five_ref, five_reward, MAX, beta, other);
        assert_true(pi[3] > 1.2 * other[3]);
    }
}

/* Formats: success p_i with reward 0/1 inside a format, so that a format weighs w_i (1 + p_i (e^(1/beta) - 1)). */
static void format_weights(void **state)
{
    static const double share[] = {0.63, 0.37}, p[] = {0.2385, 0.517};
    double ref[4], reward[] = {1, 0, 1, 0}, pi[4], weight[2], beta = 0.47;
    for (int f = 0; f < 2; f++) {
        ref[2 * f] = share[f] * p[f];
        ref[2 * f + 1] = share[f] * (1 - p[f]);
        weight[f] = share[f] * (1 + p[f] * expm1(1 / beta));
    }
    algorithm_spec a = recipe("policy_gradient", "k2", ALGO_KL_LOSS, beta);
    climb(ref, reward, 4, &a, pi);
    assert_true(fabs((pi[0] + pi[1]) - weight[0] / (weight[0] + weight[1])) < 1e-10);
}

/* Oracle 6. Success amplification: rounds of climbing GRPO's advantages, taken at the success of the round before, held by the
 * reverse divergence, through the real expected update; the quoted numbers and their limit. */
static void success_amplification(void **state)
{
    static const struct { double p_ref, beta, first[3], limit; } cases[] = {
        {0.2, 1, {0.751369, 0.715282, 0.695128}, 0.67956176}, {0.2, 5, {0.291554, 0.279430, 0.280560}, 0.28045997}};
    for (size_t i = 0; i < 2; i++) {
        double eps = 1e-3, p = cases[i].p_ref, ref[2] = {cases[i].p_ref, 1 - cases[i].p_ref}, limit = p;
        algorithm_spec a = recipe("policy_gradient", "k2", ALGO_KL_LOSS, cases[i].beta);
        for (int round = 0; round < 3; round++) {
            double sd = sqrt(p * (1 - p) + eps), advantage[] = {(1 - p) / sd, -p / sd}, pi[MAX];
            climb(ref, advantage, 2, &a, pi);
            assert_true(fabs(pi[0] - theory_amplified(p, ref[0], cases[i].beta, eps)) < 1e-9);
            assert_true(fabs(pi[0] - cases[i].first[round]) < 5.001e-7);
            p = pi[0];
        }
        for (int round = 0; round < 400; round++) limit = theory_amplified(limit, ref[0], cases[i].beta, eps);
        assert_true(fabs(limit - cases[i].limit) < 5.001e-9 && limit > ref[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quoted_numbers), cmocka_unit_test(estimators_on_policy), cmocka_unit_test(estimators_off_policy),
        cmocka_unit_test(without_the_ratio), cmocka_unit_test(values), cmocka_unit_test(reverse_optimum),
        cmocka_unit_test(forward_floor), cmocka_unit_test(format_weights),
        cmocka_unit_test(success_amplification),
    };
    return cmocka_run_group_tests_name("oracle divergence", tests, NULL, NULL);
}
