/* The policy: step 0 is the prior, gradients against finite differences, the transfer kernel against real updates. */
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

static void test_layout(void **state) {
    setting s;
    fixture_init(&s.x);
    open_setting(&s);
    /* rows: global 1, domain 2, band 4, training templates 8, training prompts 41, context 3 */
    assert_int_equal(s.p.n_weights, (1 + 2 + 4 + 8 + 41) * 3 + (1 + 2 + 4 + 8 + 41 + 3) * (4 + 1) + 2);
    assert_int_equal(s.p.n_rows, 56 + 59 + 59 + 2);
    close_setting(&s);
    s.x.policy_spec.transfer.v[FEATURE_PROMPT] = 0.0;
    s.x.policy_spec.execution.v[FEATURE_DOMAIN] = 0.0;
    s.x.policy_spec.sharp_per_domain = false;
    open_setting(&s);
    assert_int_equal(s.p.n_weights, 15 * 3 + 18 * 4 + 16 + 1);
    close_setting(&s);
}

static void test_step_0_is_the_prior(void **state) {
    setting s;
    fixture_init(&s.x);
    open_setting(&s);
    double *weights = pl_alloc_array(s.p.n_weights, sizeof *weights);
    for (uint32_t x = 0; x < s.w.n_prompts; x++) {
        policy_forward(&s.p, weights, x, &s.view);
        double pass = 0.0;
        for (size_t f = 0; f < 3; f++) {
            assert_near(s.view.format[f], s.x.formats[f].share.all, 1e-14);
            const double q = 1.0 / (1.0 + exp(-s.w.execution[x * 3 + f]));
            assert_near(s.view.step[f], q, 1e-15);
            assert_near(exp(s.view.ln_fail[f]), 1.0 - q, 1e-15);
            for (size_t i = 0; i < 4; i++) {
                assert_near(s.view.ln_strategy[f * 4 + i], s.w.ln_prior_strategy[(x * 3 + f) * 4 + i], 1e-14);
                const double executed = pow(q, (double)s.x.strategies[i].steps) * s.w.fits[f * 4 + i];
                const double right = s.x.formats[f].extraction * s.w.applicability[x * 4 + i] * executed;
                assert_near(s.view.success[f * 4 + i], right, 1e-14);
                pass += s.view.format[f] * s.view.strategy[f * 4 + i] * right;
            }
        }
        assert_near(s.view.pass, pass, 1e-14);
    }
    pl_free(weights);
    close_setting(&s);
}

static void test_normalised_everywhere(void **state) {
    for (uint32_t k = 0; k < 40; k++) {
        setting s;
        fixture_init(&s.x);
        fixture_randomise(&s.x, k);
        open_setting(&s);
        double *weights = random_weights(&s.p, 100 + k, k % 4 == 3 ? 300.0 : 2.0);       /* extreme logits too */
        for (uint32_t x = 0; x < s.w.n_prompts; x++) {
            policy_forward(&s.p, weights, x, &s.view);
            double sum = 0.0;
            for (size_t f = 0; f < 3; f++) {
                double row = 0.0;
                for (size_t i = 0; i < 4; i++) row += s.view.strategy[f * 4 + i];
                assert_near(row, 1.0, 1e-14);
                assert_near(exp(s.view.ln_step[f]) + exp(s.view.ln_fail[f]), 1.0, 1e-14);
                assert_true(isfinite(s.view.ln_step[f]) && isfinite(s.view.ln_format[f]));
                sum += s.view.format[f];
            }
            assert_near(sum, 1.0, 1e-14);
            assert_true(s.view.pass >= 0.0 && s.view.pass <= 1.0 + 1e-14);
        }
        pl_free(weights);
        close_setting(&s);
    }
}

/* The short cut for strategy logits that are the same in every format gives the same bits as the long way. */
static void test_shared_strategies_are_exact(void **state) {
    setting s;
    fixture_init(&s.x);
    s.x.strategies[1].format_factor = same(1.0);
    s.x.policy_spec.strategy.v[FEATURE_CONTEXT] = 0.0;
    open_setting(&s);
    assert_true(s.p.shared_strategy);
    double *weights = random_weights(&s.p, 3, 1.0), expected[12];
    for (uint32_t x = 0; x < s.w.n_prompts; x++) {
        s.p.shared_strategy = false;
        policy_forward(&s.p, weights, x, &s.view);
        memcpy(expected, s.view.ln_strategy, sizeof expected);
        s.p.shared_strategy = true;
        policy_forward(&s.p, weights, x, &s.view);
        assert_memory_equal(s.view.ln_strategy, expected, sizeof expected);
    }
    pl_free(weights);
    close_setting(&s);
}

/* A random response to prompt x under the view, without the sampling code. */
static rollout random_rollout(const setting *s, pl_stream *stream) {
    rollout r = {.format = (uint16_t)pl_below(stream, 3), .strategy = (uint16_t)pl_below(stream, 4)};
    r.steps = (uint16_t)s->x.strategies[r.strategy].steps;
    r.steps_right = r.steps ? (uint16_t)pl_below(stream, r.steps + 1u) : 0;
    return r;
}

static const fork_weights ones = {1.0, 1.0, 1.0, 1.0, 1.0, 1.0};

/* d ln pi(response) / d weight for every weight: backward against central differences. */
static void test_gradient_against_finite_differences(void **state) {
    for (uint32_t k = 0; k < 12; k++) {
        setting s;
        fixture_init(&s.x);
        fixture_randomise(&s.x, 40 + k);
        open_setting(&s);
        pl_stream stream = test_stream(500 + k);
        double *weights = random_weights(&s.p, k, 0.7);
        const uint32_t x = pl_below(&stream, (uint32_t)s.w.n_prompts);
        const rollout r = random_rollout(&s, &stream);
        policy_forward(&s.p, weights, x, &s.view);
        rollout_accumulate(&s.p, &s.view, &r, ones, &s.dz);
        policy_backward(&s.p, &s.view, &s.dz, &s.g);
        const double h = 1e-5;
        for (size_t i = 0; i < s.p.n_weights; i++) {
            const double old = weights[i];
            weights[i] = old + h;
            policy_forward(&s.p, weights, x, &s.view);
            const double up = rollout_ln_probability(&s.p, &s.view, &r);
            weights[i] = old - h;
            policy_forward(&s.p, weights, x, &s.view);
            const double down = rollout_ln_probability(&s.p, &s.view, &r);
            weights[i] = old;
            assert_near(s.g.g[i], (up - down) / (2.0 * h), 1e-6 * (1.0 + fabs(s.g.g[i])) * 0.1);
        }
        pl_free(weights);
        close_setting(&s);
    }
}

/* Clearing touches every row that was touched, and only rows with a gradient are touched. */
static void test_sparse_gradient(void **state) {
    setting s;
    fixture_init(&s.x);
    open_setting(&s);
    double *weights = random_weights(&s.p, 1, 0.5);
    const rollout r = {.format = 1, .strategy = 0, .steps = 2, .steps_right = 1};
    policy_forward(&s.p, weights, 5, &s.view);
    for (int twice = 0; twice < 2; twice++) {
        rollout_accumulate(&s.p, &s.view, &r, (fork_weights){.format = 0.3, .step_right = 0.7, .step_wrong = 0.7}, &s.dz);
        policy_backward(&s.p, &s.view, &s.dz, &s.g);
    }
    assert_int_equal(s.g.n_touched, 5 + 6 + 1);             /* format tables, execution tables, tied; no strategy */
    policy_gradient_clear(&s.g);
    for (size_t i = 0; i < s.p.n_weights; i++) assert_true(s.g.g[i] == 0.0 && s.g.mark[i] == 0);
    policy_dz_clear(&s.dz);
    for (size_t i = 0; i < s.dz.n; i++) assert_true(s.dz.memory[i] == 0.0);
    pl_free(weights);
    close_setting(&s);
}

/* Held-out prompts: no prompt row; held-out templates: no template row either. */
static void test_what_reaches_held_out_prompts(void **state) {
    setting s;
    fixture_init(&s.x);
    s.x.policy_spec.sharp = 0.0;
    s.x.policy_spec.sharp_per_domain = false;
    open_setting(&s);
    const uint32_t train = 0, held = 41, variant = 62;      /* all of domain "math" */
    const double *v = s.x.policy_spec.transfer.v;
    double k = policy_kernel(&s.p, DECISION_FORMAT, train, 0, 2, train, 0, 2);
    double all = 0.0;
    for (int f = 0; f < FEATURE_CONTEXT; f++) all += v[f] * v[f];
    assert_near(k, all, 1e-14);
    assert_true(policy_kernel(&s.p, DECISION_FORMAT, train, 0, 2, train, 0, 1) == 0.0);
    const double band_held = s.w.band[train] == s.w.band[held] ? v[FEATURE_BAND] * v[FEATURE_BAND] : 0.0;
    const double template_held = s.w.template_[train] == s.w.template_[held] ? v[FEATURE_TEMPLATE] * v[FEATURE_TEMPLATE] : 0.0;
    assert_true(template_held > 0.0);
    assert_near(policy_kernel(&s.p, DECISION_STRATEGY, train, 1, 3, held, 1, 3),
                v[0] * v[0] + v[1] * v[1] + band_held + template_held + v[FEATURE_CONTEXT] * v[FEATURE_CONTEXT], 1e-14);
    const double band_variant = s.w.band[train] == s.w.band[variant] ? v[FEATURE_BAND] * v[FEATURE_BAND] : 0.0;
    assert_near(policy_kernel(&s.p, DECISION_STRATEGY, train, 1, 3, variant, 0, 3), v[0] * v[0] + v[1] * v[1] + band_variant,
                1e-14);
    assert_near(policy_kernel(&s.p, DECISION_FORMAT, variant, 0, 0, variant, 0, 0), v[0] * v[0] + v[1] * v[1] + v[2] * v[2], 1e-14);
    assert_near(policy_kernel(&s.p, DECISION_EXECUTION, train, 0, 0, train, 2, 0), all - 1.0 + 0.16, 1e-14);
    close_setting(&s);
}

/* Oracle 7. One SGD step from a response to prompt x moves the logits of x2 by exactly eta K dz; and the entropy of
 * x2's decisions changes by -Cov(ln pi, dz) to first order: halving eta divides the remainder by four. */
static void one_update(setting *s, uint32_t number, decision d) {
    pl_stream stream = test_stream(900 + number);
    double *weights = random_weights(&s->p, number, 0.5), *moved = random_weights(&s->p, number, 0.5);
    const uint32_t x = pl_below(&stream, (uint32_t)s->w.n_train), x2 = pl_below(&stream, (uint32_t)s->w.n_prompts);
    const rollout r = random_rollout(s, &stream);
    const size_t n = d == DECISION_FORMAT ? 3 : 4, context = r.format, context2 = pl_below(&stream, 3);
    const double c = pl_normal(&stream);
    const fork_weights forks = d == DECISION_FORMAT ? (fork_weights){.format = c} : (fork_weights){.strategy = c};
    double remainder[2];
    policy_forward(&s->p, weights, x, &s->view);
    rollout_accumulate(&s->p, &s->view, &r, forks, &s->dz);
    policy_backward(&s->p, &s->view, &s->dz, &s->g);
    const double *dz = d == DECISION_FORMAT ? s->dz.format : s->dz.strategy + context * 4;
    for (int half = 0; half < 2; half++) {
        const double eta = half ? 0.005 : 0.01;
        double prob[4], ln[4], change[4], mean = 0.0, mean_ln = 0.0, covariance = 0.0, h = 0.0, h2 = 0.0, offset = 0.0;
        policy_forward(&s->p, weights, x2, &s->view);
        memcpy(prob, d == DECISION_FORMAT ? s->view.format : s->view.strategy + context2 * 4, n * sizeof *prob);
        memcpy(ln, d == DECISION_FORMAT ? s->view.ln_format : s->view.ln_strategy + context2 * 4, n * sizeof *ln);
        for (size_t j = 0; j < n; j++) {
            change[j] = 0.0;
            for (size_t i = 0; i < n; i++) change[j] += eta * policy_kernel(&s->p, d, x, context, i, x2, context2, j) * dz[i];
            mean += prob[j] * change[j];
            mean_ln += prob[j] * ln[j];
            h -= prob[j] * ln[j];
        }
        for (size_t i = 0; i < s->p.n_weights; i++) moved[i] = weights[i] + eta * s->g.g[i];
        policy_forward(&s->p, moved, x2, &s->view);
        const double *ln2 = d == DECISION_FORMAT ? s->view.ln_format : s->view.ln_strategy + context2 * 4;
        for (size_t j = 0; j < n; j++) {
            offset = j ? offset : ln2[0] - ln[0] - change[0];
            assert_near(ln2[j] - ln[j] - change[j], offset, 1e-12);      /* log-probabilities: up to one constant */
            covariance += prob[j] * (ln[j] - mean_ln) * (change[j] - mean);
            h2 -= exp(ln2[j]) * ln2[j];
        }
        remainder[half] = h2 - h + covariance;
        assert_true(fabs(remainder[half]) <= 1e-3);
    }
    if (fabs(remainder[0]) > 1e-9) assert_near(remainder[1] / remainder[0], 0.25, 0.02);
    policy_gradient_clear(&s->g);
    policy_dz_clear(&s->dz);
    pl_free(weights);
    pl_free(moved);
}

static void test_kernel_is_what_an_update_does(void **state) {
    for (uint32_t k = 0; k < 20; k++) {
        setting s;
        fixture_init(&s.x);
        fixture_randomise(&s.x, 200 + k);
        open_setting(&s);
        one_update(&s, 2 * k, DECISION_FORMAT);
        one_update(&s, 2 * k + 1, DECISION_STRATEGY);
        close_setting(&s);
    }
}

static void test_checks(void **state) {
    pl_diag diag;
    pl_diag_init(&diag);
    fixture x;
    fixture_init(&x);
    x.policy_spec.sharp = 0.0;
    const pl_check check = {&diag, fixture_place, NULL};
    policy_struct.check(&x.policy_spec, &check);
    assert_int_equal(diag.errors, 1);
    x.policy_spec.sharp = 0.1;
    policy_struct.check(&x.policy_spec, &check);
    assert_int_equal(diag.errors, 1);
    pl_diag_free(&diag);
}

static const pl_struct *part_of(const pl_struct *whole, const char *name) {
    for (size_t i = 0; i < whole->n_fields; i++)
        if (!strcmp(whole->fields[i].name, name)) return whole->fields[i].sub;
    fail_msg("no part %s", name);
    return NULL;
}

static double *number_of(const pl_struct *type, void *self, const char *name) {
    for (size_t i = 0; i < type->n_fields; i++)
        if (!strcmp(type->fields[i].name, name)) return (double *)((char *)self + type->fields[i].offset);
    fail_msg("no number %s", name);
    return NULL;
}

/* Gives every number of a struct its default, as the binder does. */
static void to_defaults(const pl_struct *type, void *self) {
    for (size_t i = 0; i < type->n_fields; i++) {
        const pl_field *f = &type->fields[i];
        void *member = (char *)self + f->offset;
        if (f->type == PL_STRUCT) to_defaults(f->sub, member);
        if (f->type == PL_REAL) *(double *)member = strcmp(f->fallback, "null") ? strtod(f->fallback, NULL) : NAN;
        if (f->type == PL_INT) *(int64_t *)member = strtoll(f->fallback, NULL, 10);
    }
}

/* What only a statement reads is refused where nothing is stated. */
static void test_statement_keys_need_a_statement(void **state) {
    pl_diag diag;
    pl_diag_init(&diag);
    const pl_check check = {&diag, fixture_place, NULL};
    const pl_struct *confidence = part_of(&policy_struct, "confidence"), *stance = part_of(&policy_struct, "stance");
    policy_spec p = {0};
    to_defaults(&policy_struct, &p);
    policy_struct.check(&p, &check);
    confidence->check(&p.confidence, &check);
    stance->check(&p.stance, &check);
    assert_int_equal(diag.errors, 0);
    *number_of(part_of(&policy_struct, "evidence"), &p.evidence, "noise") = 2.385;
    policy_struct.check(&p, &check);
    assert_int_equal(diag.errors, 1);
    *number_of(confidence, &p.confidence, "peak") = 0.617;
    confidence->check(&p.confidence, &check);
    assert_int_equal(diag.errors, 2);
    p.stance.gains.v[FEATURE_DOMAIN] = 0.83;
    stance->check(&p.stance, &check);
    assert_int_equal(diag.errors, 3);
    p.stance.hedge = 0.07;
    p.confidence.levels = 7;
    policy_struct.check(&p, &check);
    confidence->check(&p.confidence, &check);
    stance->check(&p.stance, &check);
    assert_int_equal(diag.errors, 3);
    pl_diag_free(&diag);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout), cmocka_unit_test(test_step_0_is_the_prior), cmocka_unit_test(test_normalised_everywhere),
        cmocka_unit_test(test_shared_strategies_are_exact), cmocka_unit_test(test_gradient_against_finite_differences),
        cmocka_unit_test(test_sparse_gradient), cmocka_unit_test(test_what_reaches_held_out_prompts),
        cmocka_unit_test(test_kernel_is_what_an_update_does), cmocka_unit_test(test_checks),
        cmocka_unit_test(test_statement_keys_need_a_statement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
