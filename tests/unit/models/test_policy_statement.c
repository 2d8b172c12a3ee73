/* Stance and confidence: prior, gradients of every decision in every weight, the ordinal kernel, evidence, temperature. */
#include "test_world_fixture.h"

typedef struct setting {
    fixture x;
    world w;
    policy p;
    policy_view view;
    policy_dz dz;
    policy_gradient g;
} setting;

static void open_setting(setting *s) {
    assert_int_equal(world_build(&s->w, &s->x.spec, &s->x.seeds, NULL), PL_OK);
    assert_int_equal(policy_init(&s->p, &s->x.policy_spec, &s->w, NULL), PL_OK);
    assert_int_equal(policy_view_init(&s->view, &s->p), PL_OK);
    assert_int_equal(policy_dz_init(&s->dz, &s->p), PL_OK);
    assert_int_equal(policy_gradient_init(&s->g, &s->p), PL_OK);
}

static void close_setting(setting *s) {
    policy_gradient_free(&s->g);
    policy_dz_free(&s->dz);
    policy_view_free(&s->view);
    policy_free(&s->p);
    world_free(&s->w);
}

/* Which parts a policy has: both, stance alone, confidence alone. */
static void start(setting *s, uint32_t number, int parts) {
    fixture_init(&s->x);
    fixture_randomise(&s->x, number);
    fixture_statements(&s->x);
    if (parts == 1) s->x.policy_spec.confidence.levels = 0;
    if (parts == 2) s->x.policy_spec.stance.hedge = 0.0;
    open_setting(s);
}

/* A policy without them has the weights it had before there were any. */
static void test_absent(void **state) {
    setting s;
    fixture_init(&s.x);
    open_setting(&s);
    const size_t n = s.p.n_weights;
    assert_int_equal(s.p.n_bins, 0);
    close_setting(&s);
    fixture_statements(&s.x);
    open_setting(&s);
    /* keys 1 + 2 + 4 + 8 + 41 and 13 bins, width 1 and 7; the assertiveness */
    assert_int_equal(s.p.n_weights, n + 69 * (1 + 7) + 1);
    close_setting(&s);
}

static void test_prior(void **state) {
    setting s;
    start(&s, 12, 0);
    double *weights = random_weights(&s.p, 1, 0.0), sum = 0.0, bump[7];
    for (int c = 0; c < 7; c++) sum += bump[c] = exp(-0.5 * pow((c / 6.0 - 0.9) / 0.1, 2));
    policy_forward(&s.p, weights, 3, &s.view);
    for (size_t b = 0; b < 13; b++) {
        assert_near(s.view.commit[b], 0.82, 1e-15);
        assert_near(exp(s.view.ln_hedge[b]), 0.18, 1e-15);
        for (int c = 0; c < 7; c++) assert_near(s.view.level[b * 7 + (size_t)c], 0.92 * bump[c] / sum + 0.08 / 7.0, 1e-14);
    }
    assert_near(s.p.phi_level[0], -4.59511985013459, 1e-13);         /* logit .01 */
    assert_near(s.p.phi_level[4], log(2.0), 1e-14);
    pl_free(weights);
    close_setting(&s);
}

static rollout random_rollout(const setting *s, pl_stream *stream) {
    rollout r = {.format = (uint16_t)pl_below(stream, 3), .strategy = (uint16_t)pl_below(stream, 3)};
    r.steps = (uint16_t)s->w.strategies[r.strategy]->steps;
    r.steps_right = r.steps ? (uint16_t)pl_below(stream, r.steps + 1u) : 0;
    r.bin = (uint16_t)pl_below(stream, (uint32_t)s->p.n_bins);
    r.took_stance = s->p.has_stance;
    r.hedged = r.took_stance && pl_below(stream, 3) == 0;
    r.stated = s->p.n_levels > 0 && !r.hedged;
    if (r.stated) r.level = (uint16_t)pl_below(stream, (uint32_t)s->p.n_levels);
    return r;
}

/* d ln pi(response) / d weight for every weight, also at another temperature: backward against central differences. */
static void test_gradient_against_finite_differences(void **state) {
    for (uint32_t k = 0; k < 9; k++) {
        setting s;
        start(&s, 40 + k, (int)(k % 3));
        s.p.temperature = k < 6 ? 1.0 : 0.6;
        pl_stream stream = test_stream(500 + k);
        double *weights = random_weights(&s.p, k, 0.7);
        const uint32_t x = pl_below(&stream, (uint32_t)s.w.n_prompts);
        for (int twice = 0; twice < 2; twice++) {
            const rollout r = random_rollout(&s, &stream);
            policy_dz_clear(&s.dz);
            policy_gradient_clear(&s.g);
            policy_decide(&s.p, weights, x, &s.view);
            rollout_accumulate(&s.p, &s.view, &r, (fork_weights){1, 1, 1, 1, 1, 1}, &s.dz);
            policy_backward(&s.p, &s.view, &s.dz, &s.g);
            const double h = 1e-5;
            for (size_t i = 0; i < s.p.n_weights; i++) {
                const double old = weights[i];
                weights[i] = old + h;
                policy_decide(&s.p, weights, x, &s.view);
                const double up = rollout_ln_probability(&s.p, &s.view, &r);
                weights[i] = old - h;
                policy_decide(&s.p, weights, x, &s.view);
                const double down = rollout_ln_probability(&s.p, &s.view, &r);
                weights[i] = old;
                assert_near(s.g.g[i], (up - down) / (2.0 * h), 2e-7 * (1.0 + fabs(s.g.g[i])));
            }
        }
        pl_free(weights);
        close_setting(&s);
    }
}

/* One update of one option: every logit of every bin moves by the kernel, which is stated without the square roots. */
static void check_kernel(setting *s, decision d, uint32_t x, uint32_t x2, size_t bin, size_t j, const double *weights) {
    const size_t B = s->p.n_bins, n = d == DECISION_STANCE ? 1 : s->p.n_levels;
    double *moved = random_weights(&s->p, 1, 0.0);
    policy_dz_clear(&s->dz);
    policy_gradient_clear(&s->g);
    (d == DECISION_STANCE ? s->dz.stance : s->dz.confidence)[bin * n + j] = 0.37;
    policy_forward(&s->p, weights, x, &s->view);
    policy_backward(&s->p, &s->view, &s->dz, &s->g);
    for (size_t i = 0; i < s->p.n_weights; i++) moved[i] = weights[i] + s->g.g[i];
    policy_view after;
    assert_int_equal(policy_view_init(&after, &s->p), PL_OK);
    policy_forward(&s->p, moved, x2, &after);
    policy_forward(&s->p, weights, x2, &s->view);
    for (size_t b = 0; b < B; b++) {
        double offset = 0.0;
        for (size_t c = 0; c < n; c++) {
            const double k = 0.37 * policy_kernel(&s->p, d, x, bin, j, x2, b, c);
            if (d == DECISION_STANCE) {
                const double logit = after.ln_commit[b] - after.ln_hedge[b] - s->view.ln_commit[b] + s->view.ln_hedge[b];
                assert_near(logit, k, 1e-12);
                continue;
            }
            const double change = after.ln_level[b * n + c] - s->view.ln_level[b * n + c] - k;
            offset = c ? offset : change;
            assert_near(change, offset, 1e-12);
        }
    }
    policy_view_free(&after);
    pl_free(moved);
}

static void test_ordinal_kernel(void **state) {
    for (uint32_t k = 0; k < 12; k++) {
        setting s;
        start(&s, 200 + k, 0);
        pl_stream stream = test_stream(k);
        double *weights = random_weights(&s.p, k, 0.5);
        const uint32_t x = pl_below(&stream, 41), x2 = k % 2 ? x : pl_below(&stream, (uint32_t)s.w.n_prompts);
        const size_t bin = pl_below(&stream, 13);
        check_kernel(&s, DECISION_STANCE, x, x2, bin, 0, weights);
        check_kernel(&s, DECISION_CONFIDENCE, x, x2, bin, pl_below(&stream, 7), weights);
        pl_free(weights);
        close_setting(&s);
    }
    setting s;
    start(&s, 5, 0);
    /* Same held-out prompt, neighbouring bins and levels: global .8, domain .2, band .3, template .15, context 1.1. */
    const double shared = 0.64 + 0.04 + 0.09 + 0.0225 + 1.21 * exp(-0.5 * pow(10.0 / 12.0 / 1.1, 2));
    const double level = exp(-0.5 * pow(1.0 / 6.0 / 0.2, 2));
    assert_near(policy_kernel(&s.p, DECISION_CONFIDENCE, 41, 4, 3, 41, 5, 4), level * shared + 0.23 * 0.23 * 0.0 * log(2.0), 1e-14);
    assert_near(policy_kernel(&s.p, DECISION_CONFIDENCE, 41, 4, 5, 41, 5, 4),
                level * shared + 0.23 * 0.23 * log(5.0) * log(2.0), 1e-14);
    close_setting(&s);
}

/* Kernels that neighbours hardly leave any rank to: the square root holds there too, and width 0 is the identity. */
static void test_extreme_widths(void **state) {
    const double widths[] = {0.0, 0.7, 30.0};
    for (int k = 0; k < 3; k++) {
        setting s;
        fixture_init(&s.x);
        fixture_statements(&s.x);
        s.x.policy_spec.confidence.levels = 41;
        s.x.policy_spec.confidence.width = widths[k];
        s.x.policy_spec.evidence.width = widths[k];
        open_setting(&s);
        for (size_t i = 0; i < 41; i++)
            for (size_t j = 0; j < 41; j++) {
                double sum = 0.0;
                for (size_t l = 0; l < 41; l++) sum += s.p.root_level[i * 41 + l] * s.p.root_level[l * 41 + j];
                const double d = (double)i / 40.0 - (double)j / 40.0;
                assert_near(sum, widths[k] > 0.0 ? exp(-0.5 * d * d / (widths[k] * widths[k])) : (double)(i == j), 2e-13);
            }
        close_setting(&s);
    }
}

static void test_evidence(void **state) {
    setting s;
    start(&s, 8, 0);
    double *weights = random_weights(&s.p, 4, 0.5), law[13], evidence = 0.0, right = 0.0, pass = 0.0;
    policy_forward(&s.p, weights, 7, &s.view);
    /* By hand at u = .3: edges half-way between centres -5, -4.1667, ... 5. */
    policy_evidence_law(&s.p, 0.3, law);
    const double edge = -5.0 + 5.5 * 10.0 / 12.0;
    assert_near(law[6], 0.5 * (erf((edge + 10.0 / 12.0 - 0.3) / 0.8 / sqrt(2.0)) - erf((edge - 0.3) / 0.8 / sqrt(2.0))), 1e-15);
    assert_int_equal(policy_evidence_bin(&s.p, 0.3, 0.0), 6);
    assert_int_equal(policy_evidence_bin(&s.p, 0.3, 0.2), 7);
    assert_int_equal(policy_evidence_bin(&s.p, -PL_INF, 3.0), 0);
    assert_int_equal(policy_evidence_bin(&s.p, PL_INF, -3.0), 12);
    policy_evidence_law(&s.p, -PL_INF, law);
    assert_true(law[0] == 1.0 && law[12] == 0.0);
    policy_evidence_law(&s.p, PL_INF, law);
    assert_true(law[0] == 0.0 && law[12] == 1.0);
    for (size_t b = 0; b < 13; b++) {
        evidence += s.view.evidence[b];
        right += s.view.evidence_right[b];
        pass += s.view.evidence_right[b] * s.view.commit[b];
    }
    double mass = 0.0, all = 0.0;
    for (size_t i = 0; i < 12; i++) {
        if (i % 4 != 3) mass += s.view.format[i / 4] * s.view.strategy[i] * s.w.fits[i];
        all += s.view.format[i / 4] * s.view.strategy[i] * s.view.success[i];
    }
    assert_near(evidence, mass, 1e-13);
    assert_near(right, all, 1e-13);
    assert_near(s.view.pass, pass, 1e-13);
    pl_free(weights);
    close_setting(&s);
}

/* z / T for every decision; T -> 0 tends to greedy. */
static void test_temperature(void **state) {
    setting s;
    start(&s, 31, 0);
    double *weights = random_weights(&s.p, 2, 0.6), ln[12], step[3], level[91];
    policy_forward(&s.p, weights, 9, &s.view);
    memcpy(ln, s.view.ln_strategy, sizeof ln);
    memcpy(level, s.view.ln_level, sizeof level);
    for (size_t f = 0; f < 3; f++) step[f] = s.view.ln_step[f] - s.view.ln_fail[f];
    policy_forward_at(&s.p, weights, 9, 0.4, &s.view);
    for (size_t i = 0; i < 12; i++)
        assert_near(s.view.ln_strategy[i] - s.view.ln_strategy[i / 4 * 4], (ln[i] - ln[i / 4 * 4]) / 0.4, 1e-11);
    for (size_t f = 0; f < 3; f++) assert_near(s.view.ln_step[f] - s.view.ln_fail[f], step[f] / 0.4, 1e-11);
    for (size_t i = 0; i < 91; i++)
        assert_near(s.view.ln_level[i] - s.view.ln_level[i / 7 * 7], (level[i] - level[i / 7 * 7]) / 0.4, 1e-11);
    policy_forward_at(&s.p, weights, 9, 1e-4, &s.view);
    const double cold = s.view.pass;
    policy_forward_at(&s.p, weights, 9, 0.0, &s.view);
    assert_near(s.view.pass, cold, 1e-12);
    double ones = 0.0;
    for (size_t f = 0; f < 3; f++) ones += s.view.format[f];
    assert_true(ones == 1.0 && (s.view.step[0] == 0.0 || s.view.step[0] == 1.0));
    pl_free(weights);
    close_setting(&s);
}

static void test_checks(void **state) {
    pl_diag diag;
    pl_diag_init(&diag);
    const pl_check check = {&diag, fixture_place, NULL};
    fixture x;
    fixture_init(&x);
    x.policy_spec.assert = 0.4;
    policy_struct.check(&x.policy_spec, &check);
    assert_int_equal(diag.errors, 1);
    fixture_statements(&x);
    policy_struct.check(&x.policy_spec, &check);
    assert_int_equal(diag.errors, 1);
    pl_diag_free(&diag);
}

/* What is asked for the pass rate alone agrees with the whole view to the bit, and bins can be filled from it afterwards. */
static void test_pass_alone(void **state) {
    for (int parts = 0; parts < 3; parts++) {
        setting s;
        policy_view pass;
        start(&s, 71 + (uint32_t)parts, parts);
        assert_int_equal(policy_view_init(&pass, &s.p), PL_OK);
        double *weights = random_weights(&s.p, 9, 0.8);
        for (uint32_t x = 0; x < s.w.n_prompts; x += 5) {
            policy_forward_at(&s.p, weights, x, 0.7, &s.view);
            policy_forward_pass(&s.p, weights, x, 0.7, &pass);
            assert_true(pass.pass == s.view.pass);
            assert_memory_equal(pass.committed, s.view.committed, pass.F * pass.S * sizeof *pass.committed);
            for (size_t b = 0; b < pass.B; b++) policy_view_bin(&pass, b);
            assert_memory_equal(pass.commit, s.view.commit, pass.B * sizeof *pass.commit);
            assert_memory_equal(pass.level, s.view.level, pass.B * pass.L * sizeof *pass.level);
            assert_memory_equal(pass.ln_level, s.view.ln_level, pass.B * pass.L * sizeof *pass.ln_level);
        }
        pl_free(weights);
        policy_view_free(&pass);
        close_setting(&s);
    }
}

/* Every allocation may fail: clean error, nothing leaks. */
static void test_out_of_memory(void **state) {
    setting s;
    fixture_init(&s.x);
    fixture_statements(&s.x);
    assert_int_equal(world_build(&s.w, &s.x.spec, &s.x.seeds, NULL), PL_OK);
    pl_diag diag;
    pl_diag_init(&diag);
    int failures = 0;
    for (uint64_t k = 1;; k++, failures++) {
        pl_mem_fail_at(k, true);
        const pl_status st = policy_init(&s.p, &s.x.policy_spec, &s.w, &diag);
        pl_mem_fail_at(0, false);
        if (st == PL_OK) break;
        assert_int_equal(st, PL_ERR_WORLD);
    }
    assert_true(failures >= 2);
    policy_free(&s.p);
    pl_diag_free(&diag);
    world_free(&s.w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_absent), cmocka_unit_test(test_prior), cmocka_unit_test(test_gradient_against_finite_differences),
        cmocka_unit_test(test_ordinal_kernel), cmocka_unit_test(test_extreme_widths), cmocka_unit_test(test_evidence),
        cmocka_unit_test(test_temperature), cmocka_unit_test(test_pass_alone), cmocka_unit_test(test_checks),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
