/* Measures: against brute-force enumeration of all paths, closed forms, and what is missing when nothing was seen. */
#include "measure_setting.h"

/* Sums over every path of every held-out prompt: -P ln P, P ln(P/P_base), P tokens, P of being right. */
typedef struct brute { double entropy, kl, tokens, right, right_37, truncated, committed, marginal[4], format[3]; } brute;

static void enumerate(const setting *s, uint32_t x, double weight, brute *b) {
    double pass = 0.0;
    for (uint16_t f = 0; f < 3; f++)
        for (uint16_t i = 0; i < 4; i++) {
            const uint16_t m = (uint16_t)s->w.strategies[i]->steps;
            double ways = 1.0;
            for (uint16_t right = 0; right <= m; right++) {
                const rollout r = {.format = f, .strategy = i, .steps = m, .steps_right = right};
                const double ln = rollout_ln_probability(&s->p, &s->view, &r), mass = weight * ways * exp(ln);
                b->entropy -= mass * ln;
                b->kl += mass * (ln - rollout_ln_probability(&s->p, &s->base, &r));
                b->tokens += mass * s->w.length[f * 4 + i];
                b->truncated += mass * (1.0 - s->w.fits[f * 4 + i]);
                b->marginal[i] += mass;
                b->format[f] += mass;
                b->committed += mass * (1.0 - (i == 3) * s->w.fits[f * 4 + i]);
                const double readable = s->x.formats[f].extraction * s->w.fits[f * 4 + i];
                if (right == m) pass += ways * exp(ln) * readable * s->w.applicability[x * 4 + i];
                ways = ways * (m - right) / (right + 1.0);
            }
        }
    b->right += weight * pass;
    b->right_37 += weight * (1.0 - pow(1.0 - pass, 37));
}

static void test_against_enumeration(void **state) {
    for (uint32_t k = 0; k < 8; k++) {
        setting s;
        fixture_init(&s.x);
        if (k) fixture_randomise(&s.x, 300 + k);
        open_setting(&s, k);
        visit_all(&s, s.weights);
        measures_finish(&s.m, s.row);
        brute b = {0};
        for (uint32_t x = 41; x < 62; x++) {
            policy_forward(&s.p, s.weights, x, &s.view);
            policy_forward(&s.p, s.zero, x, &s.base);
            enumerate(&s, x, 1.0 / 21.0, &b);
        }
        double marginal = 0.0, max = 0.0;
        for (int i = 0; i < 4; i++) marginal -= b.marginal[i] * log(b.marginal[i]);
        for (int f = 0; f < 3; f++) max = b.format[f] > max ? b.format[f] : max;
        assert_near(value(&s, "entropy/response"), b.entropy, 1e-12);
        assert_near(value(&s, "entropy/format") + value(&s, "entropy/strategy") + value(&s, "entropy/execution"), b.entropy, 1e-12);
        assert_near(value(&s, "entropy/strategy_marginal"), marginal, 1e-12);
        assert_true(value(&s, "entropy/strategy_marginal") >= value(&s, "entropy/strategy") - 1e-12);      /* concavity */
        assert_near(value(&s, "entropy/token"), b.entropy / b.tokens + 0.31, 1e-12);
        assert_near(value(&s, "kl/base"), b.kl, 1e-11);
        assert_true(value(&s, "kl/base") > 0.0);
        assert_near(value(&s, "length/mean"), b.tokens, 1e-9);
        assert_near(value(&s, "length/truncated"), b.truncated, 1e-12);
        assert_near(value(&s, "pass@1"), b.right, 1e-12);
        assert_near(value(&s, "pass@37"), b.right_37, 1e-12);
        assert_near(value(&s, "accuracy/committed"), b.right / b.committed, 1e-12);
        assert_near((12.0 * value(&s, "accuracy/math") + 9.0 * value(&s, "accuracy/logic")) / 21.0, b.right, 1e-12);
        assert_near((24.0 * value(&s, "accuracy/train/math") + 17.0 * value(&s, "accuracy/train/logic")) / 41.0,
                    value(&s, "pass@1/train"), 1e-12);
        assert_near(value(&s, "formats/share/code"), b.format[0], 1e-12);
        assert_near(value(&s, "formats/max_share"), max, 1e-12);
        brute training = {0};
        for (uint32_t x = 0; x < 41; x++) {
            policy_forward(&s.p, s.weights, x, &s.view);
            policy_forward(&s.p, s.zero, x, &s.base);
            enumerate(&s, x, 1.0 / 41.0, &training);
        }
        max = fmax(fmax(training.format[0], training.format[1]), training.format[2]);
        assert_near(value(&s, "formats/share_train/code"), training.format[0], 1e-12);
        assert_near(value(&s, "formats/max_share_train"), max, 1e-12);
        assert_true(k == 0 || fabs(training.format[0] - b.format[0]) > 1e-6);      /* the two splits are not the same thing */
        assert_near(value(&s, "strategies/share/rare"), b.marginal[1], 1e-12);
        assert_near(value(&s, "strategies/kind/genuine"), b.marginal[0] + b.marginal[1], 1e-12);
        assert_near(value(&s, "strategies/kind/shortcut") + value(&s, "strategies/kind/abstain"), b.marginal[2] + b.marginal[3],
                    1e-12);
        assert_near(value(&s, "strategies/kind_train/genuine") + value(&s, "strategies/kind_train/shortcut") +
                    value(&s, "strategies/kind_train/abstain"), 1.0, 1e-12);
        close_setting(&s);
    }
}

/* At step 0 the policy is the base: no divergence, to the last bit; a record can be taken again and gives the same. */
static void test_step_0(void **state) {
    setting s;
    fixture_init(&s.x);
    open_setting(&s, 1);
    visit_all(&s, s.zero);
    measures_finish(&s.m, s.row);
    assert_true(value(&s, "kl/base") == 0.0);
    assert_near(value(&s, "formats/share/text"), 0.52, 1e-14);
    const double token = value(&s, "entropy/token"), pass = value(&s, "pass@4");
    measures_begin(&s.m);
    visit_all(&s, s.zero);
    measures_finish(&s.m, s.row);
    assert_true(value(&s, "entropy/token") == token && value(&s, "pass@4") == pass);
    assert_true(value(&s, "support/both") > 0.0 && value(&s, "support/base_only") == 0.0 && value(&s, "support/new") == 0.0);
    assert_true(isnan(value(&s, "reward/mean")) && isnan(value(&s, "advantage/max")) && isnan(value(&s, "length/train")) &&
                isnan(value(&s, "groups/over_dispersion")) && isnan(value(&s, "groups/all_wrong")));
    close_setting(&s);
}

/* Nothing seen: everything is missing. */
static void test_missing(void **state) {
    setting s;
    fixture_init(&s.x);
    open_setting(&s, 1);
    measures_finish(&s.m, s.row);
    for (size_t i = 0; i < s.m.n_columns; i++)
        if (!isnan(s.row[i])) fail_msg("%s is %g although nothing was seen", s.table.columns[i].spec.name, s.row[i]);
    close_setting(&s);
}

/* Rewards with known statistics: group 0 all right, group 1 all wrong, the rest mixed. */
static void fill_batch(setting *s, algo_batch *batch) {
    pl_stream stream = test_stream(77);
    for (uint32_t g = 0; g < PROMPTS; g++) {
        s->groups[g] = (rollout_group){.prompt = g, .batch = 1, .slot = g, .G = GROUP, .rollouts = s->rollouts[g],
                                       .reward = s->reward + g * GROUP, .advantage = s->advantage[g]};
        policy_forward(&s->p, s->weights, g, &s->view);
        rollout_group_sample(&s->groups[g], &s->p, &s->view, &s->x.seeds, 0);
        for (int i = 0; i < GROUP; i++) {
            s->rollouts[g][i].correct = g == 0 || (g > 1 && pl_below(&stream, 3) == 0) || (g > 1 && i == 0);
            if (g > 1 && i == 1) s->rollouts[g][i].correct = false;
            s->reward[g * GROUP + (size_t)i] = 2.0 * s->rollouts[g][i].correct + (g == 2 ? 0.25 * i : 0.0);
            s->advantage[g][i] = pl_normal(&stream);
        }
    }
    *batch = (algo_batch){s->groups, PROMPTS};
}

static void test_batch(void **state) {
    setting s;
    fixture_init(&s.x);
    open_setting(&s, 4);
    algo_batch batch;
    fill_batch(&s, &batch);
    measures_batch(&s.m, &batch);
    measures_finish(&s.m, s.row);
    double std = 0.0, tokens = 0.0, max = -1e9, min = 1e9, product = 0.0, a_mean = 0.0, ln_mean = 0.0;
    const double n = PROMPTS * GROUP;
    for (int g = 0; g < PROMPTS; g++) {
        std += sqrt(pl_variance(s.reward + g * GROUP, GROUP) * (GROUP - 1) / GROUP) / PROMPTS;
        for (int i = 0; i < GROUP; i++) {
            const double a = s.advantage[g][i], ln = rollout_ln_behaviour(&s.rollouts[g][i]);
            tokens += s.rollouts[g][i].tokens / n;
            max = a > max ? a : max;
            min = a < min ? a : min;
            product += a * ln / n;
            a_mean += a / n;
            ln_mean += ln / n;
        }
    }
    assert_near(value(&s, "reward/mean"), pl_mean(s.reward, PROMPTS * GROUP), 1e-13);
    assert_near(value(&s, "reward/std"), sqrt(pl_variance(s.reward, PROMPTS * GROUP) * (n - 1.0) / n), 1e-13);
    assert_near(value(&s, "reward/group_std"), std, 1e-13);
    assert_near(value(&s, "groups/zero_variance"), 2.0 / PROMPTS, 1e-15);
    assert_near(value(&s, "groups/all_right"), 1.0 / PROMPTS, 1e-15);
    assert_near(value(&s, "groups/all_wrong"), 1.0 / PROMPTS, 1e-15);
    assert_near(value(&s, "groups/over_dispersion"), 1.0 + (GROUP - 1) * pl_icc(s.reward, PROMPTS, GROUP), 1e-12);
    assert_near(value(&s, "length/train"), tokens, 1e-10);
    for (size_t d = 0; d < s.p.world->n_domains; d++) {
        char name[64];
        double of = 0.0;
        for (int g = 0; g < PROMPTS; g++) of += (s.p.world->domain[g] == d) / (double)PROMPTS;
        snprintf(name, sizeof name, "batch/share/%s", s.p.world->domains[d]->name);
        assert_near(value(&s, name), of, 1e-15);
        if (d == 0) assert_true(of > 0.0);
    }
    assert_true(value(&s, "advantage/max") == max && value(&s, "advantage/min") == min);
    assert_near(value(&s, "advantage/covariance"), product - a_mean * ln_mean, 1e-12);
    close_setting(&s);
}

/* Equal rewards that no binary fraction is: no spread at all, and over-dispersion is missing rather than rounding over rounding. */
static void test_equal_rewards(void **state) {
    setting s;
    fixture_init(&s.x);
    open_setting(&s, 4);
    algo_batch batch;
    fill_batch(&s, &batch);
    batch.n = 5;
    for (uint32_t g = 0; g < 5; g++) {
        s.groups[g].G = 7;
        for (int i = 0; i < 7; i++) s.groups[g].reward[i] = 0.3;
    }
    measures_batch(&s.m, &batch);
    measures_finish(&s.m, s.row);
    assert_true(value(&s, "reward/mean") == 0.3 && value(&s, "reward/std") == 0.0 && value(&s, "reward/group_std") == 0.0);
    assert_true(value(&s, "groups/zero_variance") == 1.0 && isnan(value(&s, "groups/over_dispersion")));
    close_setting(&s);
}

static void test_columns(void **state) {
    setting s;
    fixture_init(&s.x);
    open_setting(&s, 4);
    for (size_t i = 0; i < s.table.n_columns; i++) {
        const pl_column_spec *c = &s.table.columns[i].spec;
        assert_true(strlen(c->doc) > 10 && (c->origin == PL_EXACT || c->origin == PL_ESTIMATED));
    }
    assert_int_equal(pl_table_index(&s.table, "pass@1"), pl_table_index(&s.table, "pass@4") - 1);
    close_setting(&s);
    s.x.domains[1].name = "committed";
    assert_int_equal(world_build(&s.w, &s.x.spec, &s.x.seeds, NULL), PL_OK);
    assert_int_equal(policy_init(&s.p, &s.x.policy_spec, &s.w, NULL), PL_OK);
    s.setup = setting_setup(&s);
    assert_int_equal(measures_init(&s.m, &s.setup), PL_ERR_USER);
    policy_free(&s.p);
    world_free(&s.w);
}

static void test_failing_allocations(void **state) {
    setting s;
    fixture_init(&s.x);
    open_setting(&s, 4);
    uint64_t failures = 0;
    for (uint64_t k = 1; ; k++) {
        measures m;
        pl_mem_fail_at(k, false);
        const pl_status st = measures_init(&m, &s.setup);
        pl_mem_fail_at(0, false);
        measures_free(&m);
        if (!st) break;
        assert_int_equal(st, PL_ERR_WORLD);
        failures++;
    }
    assert_true(failures > 30);
    close_setting(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_enumeration), cmocka_unit_test(test_step_0), cmocka_unit_test(test_missing),
        cmocka_unit_test(test_batch), cmocka_unit_test(test_equal_rewards), cmocka_unit_test(test_columns),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
