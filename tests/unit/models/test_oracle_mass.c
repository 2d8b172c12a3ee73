/* Oracles 11 and 12 of docs/model/oracles.md: where the mass goes in one update, and how often a rare mode is missed. */
#include "tests/unit/models/small_world.h"
#include "models/theory.h"

/* One format and six strategies with prompt-only weights: a tabular softmax. Shortcuts (guess 1) are right, abstaining is not. */
static void tabular(small *t, const double *pi, const bool *right, size_t n)
{
    small_make(t);
    small_sizes(t, 1, 1, n);
    t->domains[0].guess = 1;
    for (size_t i = 0; i < n; i++) {
        t->strategies[i].share = per(pi[i]);
        t->strategies[i].kind = right[i] ? STRATEGY_SHORTCUT : STRATEGY_ABSTAIN;
    }
    t->policy_spec.strategy.v[FEATURE_PROMPT] = 1;
    for (int f = 0; f < FEATURES; f++) {
        t->policy_spec.format.v[f] = t->policy_spec.execution.v[f] = 0;
        if (f != FEATURE_PROMPT) t->policy_spec.strategy.v[f] = 0;
    }
    small_build(t);
}

enum { ACTIONS = 6 };
static const double pi[ACTIONS] = {0.2385, 0.0317, 0.1871, 0.2213, 0.0914, 0.23};
static const bool right[ACTIONS] = {true, true, false, false, false, true};

static double mass_right(const double *probability)
{
    double sum = 0;
    for (size_t i = 0; i < ACTIONS; i++) sum += right[i] ? probability[i] : 0;
    return sum;
}

/* Change of the right mass by one real update on the distinct sampled actions, weight pi each, learning rate eta. */
static double real_change(small *t, const bool *sampled, double N, double reward_right, double reward_wrong, double eta)
{
    size_t n = 0;
    for (size_t i = 0; i < ACTIONS; i++) n += sampled[i];
    small_batch b = small_batch_make(1, n);
    small_scratch s;
    small_scratch_init(&s, &t->p);
    algorithm_spec a = small_recipe("reinforce");
    optimizer_spec o = {.method = small_choice(&optimizer_registry, "sgd", NULL), .lr = eta};
    algo_counts counts = {0};
    for (size_t i = 0, k = 0; i < ACTIONS; i++) {
        if (!sampled[i]) continue;
        b.rollouts[k].strategy = (uint16_t)i;
        b.weight[k] = pi[i] / N;
        b.batch.groups[0].reward[k++] = right[i] ? reward_right : reward_wrong;
    }
    memset(t->weights, 0, t->p.n_weights * sizeof *t->weights);
    algo_advantages(&a, &(algo_context){0}, &b.batch);
    algo_gradient(&a, &t->p, t->weights, &b.batch, 0, 1, b.weight, &s.work, &s.g, &counts);
    algo_step(&o, 0, t->weights, NULL, &t->p, &s.g);
    policy_forward(&t->p, t->weights, 0, &s.view);
    double change = mass_right(s.view.strategy) - mass_right(pi);
    small_scratch_free(&s);
    small_batch_free(&b);
    return change;
}

/* To first order in the step: the relative difference falls with eta, for every set of sampled actions. */
static void mass_balance(void **state)
{
    small t;
    tabular(&t, pi, right, ACTIONS);
    const double N = 9, reward_right = 1.37, reward_wrong = -0.613;
    for (unsigned set = 1; set < 1u << ACTIONS; set++) {
        bool sampled[ACTIONS];
        for (size_t i = 0; i < ACTIONS; i++) sampled[i] = set >> i & 1;
        theory_actions actions = {pi, right, sampled, ACTIONS};
        for (double eta = 0.1; eta > 5e-4; eta /= 10) {
            double real = real_change(&t, sampled, N, reward_right, reward_wrong, eta);
            double theory = theory_mass_balance(&actions, N, reward_right, reward_wrong, eta);
            assert_true(fabs(real - theory) < 0.02 * eta * eta);      /* second order: nothing of order eta is left */
            assert_true(fabs(theory) > 1e-5 * eta);
        }
    }
    small_free(&t);
}

/* A rare right mode (tau) among the right mass (mu): groups that succeed, or are mixed, without ever visiting it. Three
 * group sizes, 30,000 groups each, |z| < 4.9: 6 comparisons at 1e-6. */
static void rare_mode_missed(void **state)
{
    enum { GROUPS = 30000 };
    static const size_t sizes[] = {3, 8, 21};
    small t;
    small_scratch s;
    tabular(&t, pi, right, ACTIONS);
    small_scratch_init(&s, &t.p);
    policy_forward(&t.p, t.weights, 0, &s.view);
    double tau = pi[1], mu = mass_right(pi);
    for (size_t j = 0; j < PL_COUNT(sizes); j++) {
        size_t G = sizes[j], success = 0, mixed = 0;
        small_batch b = small_batch_make(1, G);
        for (uint32_t k = 0; k < GROUPS; k++) {
            b.batch.groups[0].batch = k;
            rollout_group_sample(&b.batch.groups[0], &t.p, &s.view, &t.seeds, 0);
            size_t n_right = 0, n_mode = 0;
            for (size_t i = 0; i < G; i++) {
                n_right += b.rollouts[i].correct;
                n_mode += b.rollouts[i].strategy == 1;
            }
            success += n_right > 0 && n_mode == 0;
            mixed += n_right > 0 && n_right < G && n_mode == 0;
        }
        double q = theory_missed_success(tau, mu, G), m = theory_missed_mixed(tau, mu, G);
        assert_true(fabs((double)success / GROUPS - q) < 4.9 * sqrt(q * (1 - q) / GROUPS));
        assert_true(fabs((double)mixed / GROUPS - m) < 4.9 * sqrt(m * (1 - m) / GROUPS));
        small_batch_free(&b);
    }
    small_scratch_free(&s);
    small_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(mass_balance), cmocka_unit_test(rare_mode_missed)};
    return cmocka_run_group_tests_name("oracle mass", tests, NULL, NULL);
}
