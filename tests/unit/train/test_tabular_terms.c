/* The gradient of the tabular world's general road against that of the policy it is: one decision over the outcomes. Every
 * estimator of the divergence, entropy bonus, clip, weights off and on the behaviour's. */
#include "tests/unit/train/scene.h"
#include "models/tabular.h"

enum { PROMPTS = 5, K = 13, N = 7, G = 6 };

static const char *group_of(size_t k) { return k < 4 ? "code" : k < 11 ? "text" : "tools"; }

static void open_table(tabular *t, const policy_spec *spec, pl_stream *s)
{
    static const char *const names[] = {"prompt", "group", "outcome", "logit", "p"};
    pl_table rows;
    pl_table_init(&rows);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(pl_table_add_column(&rows, &(pl_column_spec){names[i], "", "", PL_LOGGED, i == 1}, NULL), PL_OK);
    for (size_t i = 0; i < (size_t)PROMPTS * K; i++) {
        size_t row;
        assert_int_equal(pl_table_add_row(&rows, &row), PL_OK);
        assert_int_equal(pl_table_set_text(&rows, row, 1, group_of(i % K)), PL_OK);
        rows.columns[0].v[row] = (double)(i / K);
        rows.columns[2].v[row] = (double)(i % K);
        rows.columns[3].v[row] = 1.3 * pl_normal(s);
        rows.columns[4].v[row] = pl_uniform(s);
    }
    assert_int_equal(tabular_init(t, &rows, "rows", spec, NULL), PL_OK);
    pl_table_free(&rows);
}

typedef struct bench {
    tabular t;
    pl_stream s;
    double *weights[3];                                  /* now, when sampled, the reference */
    rollout_group groups[N];
    rollout rollouts[2][N * G];                          /* as outcomes; as groups and places */
    double reward[N * G], advantage[N * G], weight[N * G];
} bench;

static void bench_open(bench *b)
{
    scene s;
    scene_make(&s);
    pl_seeds seeds = pl_seeds_make(3107, 0, NULL, 0);
    b->s = pl_stream_make(&seeds, PL_FOR_TEST, 0, 0, 0);
    open_table(&b->t, &s.spec.policy, &b->s);
    for (int i = 0; i < 3; i++) {
        b->weights[i] = pl_alloc_array(b->t.policy.n_weights, sizeof *b->weights[i]);
        assert_non_null(b->weights[i]);
        for (size_t j = 0; j < b->t.policy.n_weights; j++)
            b->weights[i][j] = (i == 1 ? b->weights[0][j] : 0) + .3 * pl_normal(&b->s);
    }
    for (size_t k = 0; k < N; k++) {
        b->groups[k] = (rollout_group){.prompt = (uint32_t)(k % PROMPTS), .slot = (uint32_t)k, .G = G, .reward = b->reward + k * G,
                                       .rollouts = b->rollouts[1] + k * G, .advantage = b->advantage + k * G};
        tabular_sample(&b->t, b->weights[1], &seeds, 0, &b->groups[k]);
        for (size_t i = k * G; i < (k + 1) * G; i++) {
            const rollout *r = &b->rollouts[1][i];
            size_t outcome = 0;
            while (b->t.group[outcome] != r->format || b->t.place[outcome] != r->strategy)
                outcome++;
            b->rollouts[0][i] = *r;
            b->rollouts[0][i].format = 0;
            b->rollouts[0][i].strategy = (uint16_t)outcome;
        }
        for (size_t i = k * G; i < (k + 1) * G; i++) {
            b->advantage[i] = k == 3 ? 0 : pl_normal(&b->s);         /* one silent group */
            b->weight[i] = pl_uniform(&b->s);
        }
    }
}

static void compare(bench *b, const algorithm_spec *a)
{
    const policy *p = &b->t.policy;
    policy_gradient g[2];
    policy_view view, reference;
    policy_dz dz;
    algo_counts counts[2] = {{0}, {0}};
    double norm = 0;
    assert_int_equal(policy_view_init(&view, p) | policy_view_init(&reference, p) | policy_dz_init(&dz, p), PL_OK);
    assert_int_equal(policy_gradient_init(&g[0], p) | policy_gradient_init(&g[1], p), PL_OK);
    algo_batch batch = {b->groups, N};
    const algo_scratch again = {.dz = &dz, .reference_weights = b->weights[2]};
    tabular_gradient(&b->t, a, b->weights[0], &batch, 0, 2, b->weight, &again, &g[1], &counts[1]);
    tabular_gradient(&b->t, a, b->weights[0], &batch, 2, N, b->weight, &again, &g[1], &counts[1]);
    for (size_t k = 0; k < N; k++)
        b->groups[k].rollouts = b->rollouts[0] + k * G;
    algo_scratch scratch = {.view = &view, .dz = &dz, .reference = &reference, .reference_weights = b->weights[2]};
    algo_gradient(a, p, b->weights[0], &batch, 0, N, b->weight, &scratch, &g[0], &counts[0]);
    for (size_t k = 0; k < N; k++)
        b->groups[k].rollouts = b->rollouts[1] + k * G;
    for (size_t j = 0; j < p->n_weights; j++) {
        if (!(fabs(g[0].g[j] - g[1].g[j]) < 1e-12))
            fail_msg("weight %zu: %.17g as a policy, %.17g as a table", j, g[0].g[j], g[1].g[j]);
        norm += g[0].g[j] * g[0].g[j];
    }
    assert_true(norm > 1e-4);
    assert_int_equal(counts[0].forks, 2 * counts[1].forks);         /* the format of the policy has one option */
    assert_true(counts[0].low == counts[1].low && counts[0].high == counts[1].high);
    if (algo_kl_in(a, ALGO_KL_LOSS))
        assert_true(fabs(counts[0].divergence - counts[1].divergence) < 1e-10 && counts[0].divergence != 0);
    policy_gradient_free(&g[0]);
    policy_gradient_free(&g[1]);
    policy_view_free(&view);
    policy_view_free(&reference);
    policy_dz_free(&dz);
}

/* And the divergence of each response, for the reward. */
static void compare_divergence(bench *b, const algo_kl *kl)
{
    policy_view reference;
    double own[G];
    assert_int_equal(policy_view_init(&reference, &b->t.policy), PL_OK);
    for (size_t k = 0; k < N; k++) {
        tabular_divergence(&b->t, kl, b->weights[2], &b->groups[k], own);
        policy_forward(&b->t.policy, b->weights[2], b->groups[k].prompt, &reference);
        for (size_t i = 0; i < G; i++)
            assert_true(fabs(own[i] - algo_divergence(kl, &reference, &b->rollouts[0][k * G + i])) < 1e-12);
    }
    policy_view_free(&reference);
}

static void a_table_is_a_policy(void **state)
{
    static bench b;
    scene s;
    scene_make(&s);
    bench_open(&b);
    algorithm_spec *a = &s.spec.algorithm;
    compare(&b, a);
    a->loss = scene_choice(&loss_registry, "policy_gradient", NULL);
    compare(&b, a);
    a->entropy_bonus = .317;
    compare(&b, a);
    for (const pl_entry *const *e = kl_registry.entries; *e; e++) {
        const algo_kl *kl = (const algo_kl *)*e;
        if (!kl->value)
            continue;
        for (int i = 0; i < 4; i++) {
            a->loss = i % 2 ? scene_choice(&loss_registry, "clip", s.clip) : scene_choice(&loss_registry, "policy_gradient", NULL);
            a->kl = (kl_spec){.weight = .2385, .estimator = {*e, NULL}, .in = ALGO_KL_LOSS, .importance_ratio = i / 2};
            compare(&b, a);
            b.advantage[3 * G + 1] = i;                  /* no longer silent */
        }
        compare_divergence(&b, kl);
    }
    for (int i = 0; i < 3; i++)
        pl_free(b.weights[i]);
    tabular_free(&b.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_table_is_a_policy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
