/* Oracle 1 for every preset of scenarios/base/algorithms: its population weight w(p), E[update] = w(p) grad p, by sampling through
 * the real road from rollout to gradient, against its closed form over a grid of p and G. A preset without a closed form here
 * fails: a new one needs its line. The policy has one decision, a strategy that is right for sure and one that is wrong for sure. */
#include "tests/unit/models/small_world.h"
#include "models/filter.h"
#include "models/theory.h"
#include "sim/base/fs.h"
#include "sim/conf/bind.h"

#define FOLDER "scenarios/base/algorithms/"
enum { BATCHES = 30, GROUPS = 200, LARGEST = 16, WARM = 60, PRESETS = 64 };

typedef struct law { const char *name; double (*weight)(double p, size_t G); } law;

static double grpo_mixed(double p, size_t G) { return theory_weight_dynamic(theory_weight_grpo(p, G), p, G); }
static double maxrl(double p, size_t G) { return theory_weight_maxrl(p, G - 1); }
static double weighted(double p, size_t G) { return 1.1; }
static double pass_at_4(double p, size_t G) { return theory_weight_pass_normalised(p, G, 4); }
static double hicra(double p, size_t G) { return theory_weight_grpo(p, G) * theory_factor_hicra(p, 0.2); }

static const law laws[] = {
    {"cispo", theory_weight_grpo},          {"clip-cov", theory_weight_grpo},        {"dapo", grpo_mixed},
    {"dr-grpo", theory_weight_dr_grpo},     {"ei-fixed", theory_weight_log},         {"ei-iterated", theory_weight_log},
    {"gppo", theory_weight_grpo},           {"grpo", theory_weight_grpo},            {"gspo", theory_weight_grpo},
    {"hicra", hicra},                       {"kl-cov", theory_weight_grpo},          {"magistral", theory_weight_mixed_rms},
    {"maxrl", maxrl},                       {"minimax-m1", grpo_mixed},              {"nsr", theory_weight_reinforce},
    {"pass-at-k", pass_at_4},               {"ppo", theory_weight_grpo_limit},       {"psr", theory_weight_reinforce},
    {"reinforce", theory_weight_reinforce}, {"reinforce++", theory_weight_grpo_limit},
    /* under its own label, with a wrong response's label apart */
    {"return-conditioned", theory_weight_reinforce},
    {"rloo", theory_weight_reinforce},      {"scalerl", theory_weight_mixed_rms},    {"weighted-reinforce", weighted},
};

typedef struct preset { const law *law; algorithm_spec spec; } preset;

static void read_presets(preset *presets, size_t *n, pl_arena *arena)
{
    char **names;
    size_t n_names;
    *n = 0;
    assert_int_equal(pl_list_dir(FOLDER, &names, &n_names, NULL), PL_OK);
    assert_true(n_names <= PRESETS && n_names == PL_COUNT(laws));
    for (size_t i = 0; i < n_names; i++) {
        char path[256], *text;
        size_t length;
        pl_node *root;
        preset *p = &presets[(*n)++];
        snprintf(path, sizeof path, FOLDER "%s", names[i]);
        assert_int_equal(pl_read_file(path, 1 << 16, &text, &length, NULL), PL_OK);
        pl_diag diag;
        pl_diag_init(&diag);
        assert_int_equal(pl_yaml_parse(text, length, path, arena, &diag, &root), PL_OK);
        if (pl_conf_bind(root, &algorithm_struct, &p->spec, arena, &diag)) fail_msg("%s: %s", path, diag.messages[0].what);
        pl_diag_free(&diag);
        p->law = NULL;
        for (size_t k = 0; k < PL_COUNT(laws); k++)
            if (strlen(laws[k].name) == strcspn(names[i], ".") && !strncmp(laws[k].name, names[i], strlen(laws[k].name)))
                p->law = &laws[k];
        if (!p->law) fail_msg("no closed form of the population weight of '%s'", names[i]);
        pl_free(text);
        const pl_struct *loss = p->spec.loss.entry->params;      /* Clip-Cov leaves out at least one fork: no more than that here */
        for (size_t k = 0; loss && k < loss->n_fields; k++)
            if (!strcmp(loss->fields[k].name, "cov_fraction"))
                *(double *)((char *)p->spec.loss.params + loss->fields[k].offset) = 0;
    }
    pl_free_names(names, n_names);
}

/* One strategy always right, with share p; one always wrong. */
static void open_world(small *t, double p)
{
    small_make(t);
    t->strategies[0].ability = per(60);
    t->strategies[1].ability = per(-60);
    t->strategies[0].share = per(p);
    t->strategies[1].share = per(1 - p);
    t->policy_spec.strategy.v[FEATURE_PROMPT] = 1;
    small_build(t);
}

/* The weight from one batch: the gradient of the right strategy's logit over p(1-p). Groups that the filter drops are gone. */
static double weight_of(const small *t, const preset *p, const small_batch *b, small_scratch *s, double *state, algo_pick *picks,
                        double pass)
{
    static rollout_group kept[GROUPS];
    static double weight[GROUPS * LARGEST];
    algorithm_spec a = p->spec;
    algo_batch batch = {kept, 0};
    algo_counts counts = {0};
    a.group_size = (int64_t)b->batch.groups[0].G;
    a.prompts = GROUPS;
    for (size_t k = 0; k < b->batch.n; k++)
        if (filter_keeps(&a.filter, &b->batch.groups[k])) kept[batch.n++] = b->batch.groups[k];
    if (batch.n == 0) return 0;
    const algo_context c = {.batch = &a.batch, .policy = &t->p, .state = state};
    algo_advantages(&a, &c, &batch);
    algo_weights(&a, &batch, 100, weight);
    s->work.picks = picks;
    policy_gradient_clear(&s->g);
    algo_gradient(&a, &t->p, t->weights, &batch, 0, batch.n, weight, &s->work, &s->g, &counts);
    assert_int_equal(counts.low + counts.high, 0);
    assert_true(counts.n == 0 || fabs(algo_effective_samples(&counts) - 1) < 1e-12);
    return s->g.g[0] / (pass * (1 - pass));
}

static void sample(small *t, small_batch *b, small_scratch *s, uint32_t number)
{
    policy_forward(&t->p, t->weights, 0, &s->view);
    for (size_t g = 0; g < GROUPS; g++) {
        b->batch.groups[g].batch = number;
        rollout_group_sample(&b->batch.groups[g], &t->p, &s->view, &t->seeds, 0);
    }
    small_correctness(t, &b->batch);
}

typedef struct tally { double sum, square; } tally;

static void judge(const preset *p, const tally *t, double pass, size_t G, size_t *seen)
{
    double mean = t->sum / BATCHES, variance = (t->square - BATCHES * mean * mean) / (BATCHES - 1);
    double error = sqrt(fmax(variance, 0) / BATCHES);
    double w = p->law->weight(pass, G);
    /* Denominators that are estimated from a batch of n responses bias the mean by order 1/n, and so does one fork left out. */
    double bias = w * 3 / (GROUPS * (double)G * fmin(pass, 1 - pass));
    if (!(fabs(mean - w) < 6 * error + bias + 1e-9 * w))
        fail_msg("%s p %g G %zu: sampled %g +- %g, closed form %g", p->law->name, pass, G, mean, error, w);
    *seen += fabs(mean - 1.1 * w) > 3 * error + bias;
}

/* 12 places for every preset, |t_29| < 6: 24 * 12 * 1.6e-6 = 5e-4 for a false alarm. A weight 10% off must be seen in most. */
static void population_weights(void **state)
{
    static const double grid_p[] = {0.0317, 0.217, 0.5, 0.834};
    static const size_t grid_G[] = {5, 8, LARGEST};
    static preset presets[PRESETS];
    size_t n, seen = 0, all = 0;
    pl_arena arena;
    pl_arena_init(&arena);
    read_presets(presets, &n, &arena);
    algo_pick *picks = pl_alloc_array(GROUPS * LARGEST * FORK_KINDS, sizeof *picks);
    assert_non_null(picks);
    for (size_t i = 0; i < PL_COUNT(grid_p); i++)
        for (size_t j = 0; j < PL_COUNT(grid_G); j++) {
            small t;
            small_scratch s;
            tally tallies[PRESETS];
            double critic[PRESETS][8] = {{0}};
            memset(tallies, 0, sizeof tallies);
            open_world(&t, grid_p[i]);
            small_scratch_init(&s, &t.p);
            small_batch b = small_batch_make(GROUPS, grid_G[j]);
            for (uint32_t k = 0; k < WARM + BATCHES; k++) {
                sample(&t, &b, &s, k);
                for (size_t r = 0; r < n; r++) {
                    assert_true(algo_baseline_state(&presets[r].spec, &t.p) <= PL_COUNT(critic[r]));
                    /* only a critic has to learn first */
                    if (k < WARM && !algo_baseline_state(&presets[r].spec, &t.p)) continue;
                    double w = weight_of(&t, &presets[r], &b, &s, critic[r], picks, grid_p[i]);
                    tallies[r].sum += k < WARM ? 0 : w;
                    tallies[r].square += k < WARM ? 0 : w * w;
                }
            }
            for (size_t r = 0; r < n; r++, all++) judge(&presets[r], &tallies[r], grid_p[i], grid_G[j], &seen);
            small_batch_free(&b);
            small_scratch_free(&s);
            small_free(&t);
        }
    if (!(seen > all * 2 / 3)) fail_msg("a weight 10%% off is seen in %zu of %zu places only", seen, all);
    pl_free(picks);
    pl_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(population_weights)};
    return cmocka_run_group_tests_name("presets", tests, NULL, NULL);
}
