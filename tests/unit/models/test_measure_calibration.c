/* Exact calibration, stances, entropies and divergence of what a response says, against enumeration of bins and levels and
 * against samples. */
#include "models/measure.h"
#include "sim/core/calibration.h"
#include "test_world_fixture.h"

enum { L = 7, B = 13, GROUP = 16 };
static const int64_t ks[] = {1};

typedef struct setting {
    fixture x;
    world w;
    policy p;
    policy_view view, base;
    double *weights, *zero, *row;
    measure_setup setup;
    measures m;
    pl_table table;
} setting;

static void open_setting(setting *s, uint32_t number) {
    assert_int_equal(world_build(&s->w, &s->x.spec, &s->x.seeds, NULL), PL_OK);
    assert_int_equal(policy_init(&s->p, &s->x.policy_spec, &s->w, NULL), PL_OK);
    assert_int_equal(policy_view_init(&s->view, &s->p), PL_OK);
    assert_int_equal(policy_view_init(&s->base, &s->p), PL_OK);
    s->weights = random_weights(&s->p, number, 0.5);
    s->zero = random_weights(&s->p, number, 0.0);
    s->setup = (measure_setup){.world = &s->w, .policy = &s->p, .pass_k = ks, .n_pass_k = 1, .group_size = GROUP};
    assert_int_equal(measures_init(&s->m, &s->setup), PL_OK);
    pl_table_init(&s->table);
    assert_int_equal(measures_columns(&s->setup, &s->table), PL_OK);
    s->row = pl_alloc_array(s->m.n_columns, sizeof *s->row);
    assert_non_null(s->row);
    measures_begin(&s->m);
    for (uint32_t x = 0; x < s->w.n_prompts; x++) {
        policy_forward(&s->p, s->weights, x, &s->view);
        policy_forward(&s->p, s->zero, x, &s->base);
        measures_visit(&s->m, &s->view, &s->base, s->w.split[x], 1.0 / (double)s->w.n_split[s->w.split[x]]);
    }
    measures_finish(&s->m, s->row);
}

static void close_setting(setting *s) {
    pl_free(s->row);
    pl_table_free(&s->table);
    measures_free(&s->m);
    pl_free(s->zero);
    pl_free(s->weights);
    policy_view_free(&s->base);
    policy_view_free(&s->view);
    policy_free(&s->p);
    world_free(&s->w);
}

static double value(const setting *s, const char *name) {
    const size_t i = pl_table_index(&s->table, name);
    if (i == (size_t)-1) fail_msg("no column %s", name);
    return s->row[i];
}

/* Every path, bin, stance and level of the prompts of a split: masses by level, and entropies and divergence of the two forks. */
typedef struct brute { double right[L], wrong[L], hedge, commit, stance, confidence, kl; } brute;

static void enumerate(setting *s, uint32_t x, double weight, brute *sum) {
    double law[B];
    policy_forward(&s->p, s->weights, x, &s->view);
    policy_forward(&s->p, s->zero, x, &s->base);
    const policy_view *v = &s->view, *base = &s->base;
    for (size_t i = 0; i < 12; i++) {
        if (i % 4 == 3 || !(s->w.fits[i] > 0.0)) continue;   /* abstains, or is always cut off */
        const double path = weight * v->format[i / 4] * v->strategy[i] * s->w.fits[i], q = v->success[i] / s->w.fits[i];
        policy_evidence_law(&s->p, log(q) - log1p(-q), law);
        for (size_t b = 0; b < B; b++) {
            const double mass = path * law[b], commit = v->commit[b];
            sum->hedge += mass * (1.0 - commit);
            sum->commit += mass * commit;
            sum->stance -= mass * (commit * log(commit) + (1.0 - commit) * log(1.0 - commit));
            sum->kl += mass * commit * log(commit / base->commit[b]);
            sum->kl += mass * (1.0 - commit) * log((1.0 - commit) / (1.0 - base->commit[b]));
            for (size_t c = 0; c < L; c++) {
                const double level = v->level[b * L + c];
                sum->right[c] += mass * commit * level * q;
                sum->wrong[c] += mass * commit * level * (1.0 - q);
                sum->confidence -= mass * commit * level * log(level);
                sum->kl += mass * commit * level * log(level / base->level[b * L + c]);
            }
        }
    }
}

static void compare(setting *s, const brute *sum, const char *prefix) {
    static const char *const names[] = {"ece", "brier", "auroc", "confidence", "accuracy"};
    pl_calibration c;
    pl_calibration_sorted(s->p.level, sum->right, sum->wrong, L, &c);
    const double expected[] = {c.ece, c.brier, c.auroc, c.confidence, c.accuracy};
    for (int i = 0; i < 5; i++) {
        char name[64];
        snprintf(name, sizeof name, "calibration/%s%s", prefix, names[i]);
        assert_near(value(s, name), expected[i], 1e-12);
    }
    if (*prefix) return;
    double count = 0.0;
    for (int b = 0; b < 10; b++) {
        char name[64];
        snprintf(name, sizeof name, "calibration/bin/%d/count", b);
        assert_near(value(s, name), c.bins[b].mass, 1e-12);
        count += value(s, name);
        snprintf(name, sizeof name, "calibration/bin/%d/accuracy", b);
        if (c.bins[b].mass > 0.0) assert_near(value(s, name), c.bins[b].accuracy, 1e-12);
    }
    assert_near(count, 1.0, 1e-12);
}

static void test_against_enumeration(void **state) {
    for (uint32_t k = 0; k < 4; k++) {
        setting s;
        fixture_init(&s.x);
        if (k) fixture_randomise(&s.x, 310 + k);
        fixture_statements(&s.x);
        open_setting(&s, k);
        brute held = {0}, variant = {0};
        for (uint32_t x = 41; x < s.w.n_prompts; x++) {
            const bool out = s.w.split[x] == SPLIT_HELD_OUT_TEMPLATE;
            enumerate(&s, x, 1.0 / (double)s.w.n_split[s.w.split[x]], out ? &variant : &held);
        }
        compare(&s, &held, "");
        compare(&s, &variant, "template_held_out/");
        assert_near(value(&s, "stance/hedge"), held.hedge, 1e-12);
        assert_near(value(&s, "stance/commit"), held.commit, 1e-12);
        assert_near(value(&s, "entropy/stance"), held.stance, 1e-12);
        assert_near(value(&s, "entropy/confidence"), held.confidence, 1e-12);
        const double path = value(&s, "entropy/format") + value(&s, "entropy/strategy") + value(&s, "entropy/execution");
        assert_near(value(&s, "entropy/response"), path + held.stance + held.confidence, 1e-12);
        /* What neither hedges nor abstains commits, or was cut off. */
        const double committed = value(&s, "stance/commit") + value(&s, "length/truncated");
        assert_near(value(&s, "accuracy/committed"), value(&s, "pass@1") / committed, 1e-12);
        close_setting(&s);
    }
}

/* The divergence of the two forks is what the divergence of the path gains by them, with the same weights before them. */
static void test_divergence(void **state) {
    setting s;
    fixture_init(&s.x);
    fixture_statements(&s.x);
    open_setting(&s, 9);
    brute held = {0};
    for (uint32_t x = 41; x < 62; x++) enumerate(&s, x, 1.0 / 21.0, &held);
    const double all = value(&s, "kl/base");
    double before = 0.0;
    for (uint32_t x = 41; x < 62; x++) {
        policy_forward(&s.p, s.weights, x, &s.view);
        policy_forward(&s.p, s.zero, x, &s.base);
        const policy_view *v = &s.view, *base = &s.base;
        for (size_t f = 0; f < 3; f++) {
            before += v->format[f] * (v->ln_format[f] - base->ln_format[f]) / 21.0;
            for (size_t i = 4 * f; i < 4 * f + 4; i++) {
                const double q = v->step[f], steps = (double)s.w.strategies[i % 4]->steps;
                const double step = q * (v->ln_step[f] - base->ln_step[f]) + (1.0 - q) * (v->ln_fail[f] - base->ln_fail[f]);
                before += v->format[f] * v->strategy[i] * (v->ln_strategy[i] - base->ln_strategy[i] + steps * step) / 21.0;
            }
        }
    }
    assert_near(all - before, held.kl, 1e-11);
    assert_true(held.kl > 0.01);
    close_setting(&s);
}

/* As a real run would measure it: 400 groups of 16 on each held-out prompt. Mean confidence and accuracy within 5 standard errors;
 * Brier and AUROC within .01, which is 5 of theirs at 100,000 stated confidences. */
static void test_against_samples(void **state) {
    enum { SLOTS = 400, N = 21 * SLOTS * GROUP };
    setting s;
    fixture_init(&s.x);
    fixture_statements(&s.x);
    open_setting(&s, 3);
    double *confidence = pl_alloc_array(N, 2 * sizeof *confidence), *right = confidence + N;
    double reward[GROUP], advantage[GROUP];
    rollout rollouts[GROUP];
    size_t n = 0;
    for (uint32_t x = 41; x < 62; x++) {
        policy_decide(&s.p, s.weights, x, &s.view);
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            rollout_group g = {.prompt = x, .batch = x, .slot = slot, .G = GROUP, .rollouts = rollouts, .reward = reward,
                               .advantage = advantage};
            rollout_group_sample(&g, &s.p, &s.view, &s.x.seeds, 0);
            for (int i = 0; i < GROUP; i++) {
                if (!rollouts[i].stated) continue;
                confidence[n] = rollouts[i].confidence;
                right[n++] = rollouts[i].correct;
            }
        }
    }
    pl_calibration c;
    assert_int_equal(pl_calibration_samples(confidence, right, n, &c), PL_OK);
    assert_true(n > 60000);
    assert_near(c.confidence, value(&s, "calibration/confidence"), 5.0 * 0.5 / sqrt((double)n));
    assert_near(c.accuracy, value(&s, "calibration/accuracy"), 5.0 * 0.5 / sqrt((double)n));
    assert_near(c.brier, value(&s, "calibration/brier"), 0.01);
    assert_near(c.auroc, value(&s, "calibration/auroc"), 0.01);
    assert_near(c.ece, value(&s, "calibration/ece"), 0.01);
    pl_free(confidence);
    close_setting(&s);
}

/* A policy that says nothing of itself has none of these columns. */
static void test_absent(void **state) {
    setting s;
    fixture_init(&s.x);
    open_setting(&s, 1);
    assert_true(pl_table_index(&s.table, "calibration/ece") == (size_t)-1);
    assert_true(pl_table_index(&s.table, "stance/hedge") == (size_t)-1);
    assert_true(pl_table_index(&s.table, "entropy/confidence") == (size_t)-1);
    close_setting(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_enumeration), cmocka_unit_test(test_divergence), cmocka_unit_test(test_against_samples),
        cmocka_unit_test(test_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
