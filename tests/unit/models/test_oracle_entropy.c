/* Oracle 7 for whole updates of every loss: the entropy of every decision of every prompt changes by -Cov(ln pi, dz), dz the
 * change of its logits through the kernel, to first order: half the learning rate leaves a quarter of the remainder. With features
 * that prompts share, dz of a prompt is mostly not its own doing, and the law of a table without sharing, -eta Cov(ln pi, pi A),
 * fails. */
#include "tests/unit/models/small_world.h"

enum { N = 12, G = 6, PROMPTS = 4 };

static double entropy(const double *p, const double *ln, size_t n)
{
    double h = 0;
    for (size_t j = 0; j < n; j++) h -= p[j] * ln[j];
    return h;
}

/* Cov_pi(ln pi, dz); log-probabilities after and before differ by dz and a constant, which a covariance does not see. */
static double covariance(const double *p, const double *ln, const double *ln_after, size_t n)
{
    double mean = 0, mean_ln = 0, sum = 0;
    for (size_t j = 0; j < n; j++) {
        mean += p[j] * (ln_after[j] - ln[j]);
        mean_ln += p[j] * ln[j];
    }
    for (size_t j = 0; j < n; j++) sum += p[j] * (ln[j] - mean_ln) * (ln_after[j] - ln[j] - mean);
    return sum;
}

typedef struct sums { double change, remainder; } sums;

/* Absolute changes and remainders over all decisions of all prompts, after a step of eta along the gradient. */
static sums step(const small *t, const policy_gradient *g, double eta, policy_view *before, policy_view *after, double *moved)
{
    sums s = {0, 0};
    for (size_t i = 0; i < t->p.n_weights; i++) moved[i] = t->weights[i] + eta * g->g[i];
    for (uint32_t x = 0; x < t->w.n_prompts; x++) {
        policy_forward(&t->p, t->weights, x, before);
        policy_forward(&t->p, moved, x, after);
        for (size_t d = 0; d <= before->F; d++) {         /* the format, then the strategy of each format */
            size_t n = d ? before->S : before->F, at = d ? (d - 1) * before->S : 0;
            const double *p = (d ? before->strategy : before->format) + at;
            const double *ln = (d ? before->ln_strategy : before->ln_format) + at;
            const double *q = (d ? after->strategy : after->format) + at;
            const double *ln_after = (d ? after->ln_strategy : after->ln_format) + at;
            double change = entropy(q, ln_after, n) - entropy(p, ln, n);
            s.change += fabs(change);
            s.remainder += fabs(change + covariance(p, ln, ln_after, n));
        }
    }
    return s;
}

static void entropy_to_first_order(void **state)
{
    small t;
    small_scratch s;
    policy_view after;
    small_rich(&t, PROMPTS, false);
    small_scratch_init(&s, &t.p);
    assert_int_equal(policy_view_init(&after, &t.p), PL_OK);
    small_batch b = small_batch_make(N, G);
    double *moved = pl_alloc_array(t.p.n_weights, sizeof *moved);
    assert_non_null(moved);
    for (size_t k = 0; k < N; k++) {
        b.batch.groups[k].prompt = (uint32_t)(k % t.w.n_train);
        policy_forward(&t.p, t.weights, b.batch.groups[k].prompt, &s.view);
        rollout_group_sample(&b.batch.groups[k], &t.p, &s.view, &t.seeds, 0);
    }
    small_correctness(&t, &b.batch);
    for (const pl_entry *const *loss = loss_registry.entries; *loss; loss++) {
        void *params = small_defaults(*loss);
        algorithm_spec a = small_algorithm("group_mean", "group_std", "clip", "response");
        algo_counts counts = {0};
        a.prompts = N;
        a.group_size = G;
        a.loss = (pl_choice){*loss, params};
        algo_advantages(&a, &(algo_context){0}, &b.batch);
        algo_weights(&a, &b.batch, 100, b.weight);
        policy_gradient_clear(&s.g);
        algo_gradient(&a, &t.p, t.weights, &b.batch, 0, N, b.weight, &s.work, &s.g, &counts);
        sums whole = step(&t, &s.g, 0.02, &s.view, &after, moved), half = step(&t, &s.g, 0.01, &s.view, &after, moved);
        if (!(whole.change > 1e-3 && whole.remainder < 0.1 * whole.change && fabs(half.remainder / whole.remainder - 0.25) < 0.02))
            fail_msg("%s: entropies change by %g in all, remainder %g, half the step %g", (*loss)->name, whole.change,
                     whole.remainder, half.remainder);
        pl_free(params);
    }
    pl_free(moved);
    policy_view_free(&after);
    small_batch_free(&b);
    small_scratch_free(&s);
    small_free(&t);
}

/* Two prompts and three strategies with a weight for each strategy: per prompt, or one for both. */
static void choices(small *t, bool shared)
{
    static const char *const domains[] = {"a", "b"};
    static double share[3][2] = {{0.62, 0.1}, {0.3, 0.3}, {0.08, 0.6}};
    small_make(t);
    small_sizes(t, 2, 1, 3);
    for (size_t j = 0; j < 3; j++)
        t->strategies[j].share = (pl_per){.all = NAN, .names = (const char **)(uintptr_t)domains, .v = share[j], .n = 2};
    t->policy_spec.strategy.v[shared ? FEATURE_GLOBAL : FEATURE_PROMPT] = 1;
    small_build(t);
    assert_true(t->w.domain[0] == 0 && t->w.domain[1] == 1);
}

/* Expected policy gradient: every strategy of both prompts is a response, weighted by its probability. */
static void expected_gradient(const small *t, const double advantage[2][3], small_scratch *s)
{
    small_batch b = small_batch_make(6, 1);
    algorithm_spec a = small_algorithm("none", "none", "policy_gradient", "sequence");
    algo_counts counts = {0};
    for (uint32_t i = 0; i < 6; i++) {
        b.batch.groups[i].prompt = i / 3;
        policy_forward(&t->p, t->weights, i / 3, &s->view);
        b.rollouts[i] = (rollout){.strategy = (uint16_t)(i % 3), .tokens = 100, .ln_strategy = s->view.ln_strategy[i % 3]};
        b.weight[i] = s->view.strategy[i % 3];
        b.batch.groups[i].reward[0] = advantage[i / 3][i % 3];
    }
    algo_advantages(&a, &(algo_context){0}, &b.batch);
    policy_gradient_clear(&s->g);
    algo_gradient(&a, &t->p, t->weights, &b.batch, 0, 6, b.weight, &s->work, &s->g, &counts);
    small_batch_free(&b);
}

/* -eta Cov_pi(ln pi, pi (A - mean A)). */
static double law_of_a_table(const double *pi, const double *ln, const double *A, double eta)
{
    double mean = 0, m1 = 0, m2 = 0, sum = 0;
    for (int j = 0; j < 3; j++) mean += pi[j] * A[j];
    for (int j = 0; j < 3; j++) {
        m1 += pi[j] * ln[j];
        m2 += pi[j] * pi[j] * (A[j] - mean);
    }
    for (int j = 0; j < 3; j++) sum += pi[j] * (ln[j] - m1) * (pi[j] * (A[j] - mean) - m2);
    return -eta * sum;
}

/* The expected update of a prompt with a table of its own obeys the published law; with another prompt's update beside it, through
 * a weight that both use, it does not, while the covariance with the actual change of the logits holds for both. */
static void law_of_a_table_needs_a_table(void **state)
{
    static const double A[2][3] = {{0.9, -0.4, 0.2}, {-1, 0.2, 0.7}};
    const double eta = 1e-4;
    for (int shared = 0; shared < 2; shared++) {
        small t;
        small_scratch s;
        policy_view after;
        choices(&t, shared);
        small_scratch_init(&s, &t.p);
        assert_int_equal(policy_view_init(&after, &t.p), PL_OK);
        expected_gradient(&t, A, &s);
        double *moved = pl_alloc_array(t.p.n_weights, sizeof *moved);
        assert_non_null(moved);
        for (size_t i = 0; i < t.p.n_weights; i++) moved[i] = t.weights[i] + eta * s.g.g[i];
        policy_forward(&t.p, t.weights, 0, &s.view);
        policy_forward(&t.p, moved, 0, &after);
        const double *pi = s.view.strategy, *ln = s.view.ln_strategy;
        double change = entropy(after.strategy, after.ln_strategy, 3) - entropy(pi, ln, 3), law = law_of_a_table(pi, ln, A[0], eta);
        assert_true(fabs(change + covariance(pi, ln, after.ln_strategy, 3)) < 1e-3 * fabs(change));
        if (shared) assert_true(fabs(change - law) > 0.3 * fabs(law));
        else assert_true(fabs(change - law) < 1e-3 * fabs(law));
        pl_free(moved);
        policy_view_free(&after);
        small_scratch_free(&s);
        small_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(entropy_to_first_order), cmocka_unit_test(law_of_a_table_needs_a_table)};
    return cmocka_run_group_tests_name("oracle entropy", tests, NULL, NULL);
}
