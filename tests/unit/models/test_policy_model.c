/* What belongs to the pretrained model and its engine: the embedding, and the mismatch of the generators. */
#include "test_world_fixture.h"
#include "models/rollout.h"

typedef struct setting {
    fixture x;
    world w;
    policy p;
    policy_view view, other;
    double *weights;
} setting;

static void open_setting(setting *s) {
    assert_int_equal(world_build(&s->w, &s->x.spec, &s->x.seeds, NULL), PL_OK);
    assert_int_equal(policy_init(&s->p, &s->x.policy_spec, &s->w, NULL), PL_OK);
    assert_int_equal(policy_view_init(&s->view, &s->p), PL_OK);
    assert_int_equal(policy_view_init(&s->other, &s->p), PL_OK);
    s->weights = pl_alloc_array(s->p.n_weights, sizeof *s->weights);
    assert_non_null(s->weights);
    pl_stream stream = test_stream(1);
    for (size_t i = 0; i < s->p.n_weights; i++) s->weights[i] = 0.3 * pl_normal(&stream);
}

static void close_setting(setting *s) {
    pl_free(s->weights);
    policy_view_free(&s->view);
    policy_view_free(&s->other);
    policy_free(&s->p);
    world_free(&s->w);
}

static double product(const policy *p, uint32_t x, uint32_t y) {
    double sum = 0.0;
    for (size_t k = 0; k < p->n_embedding; k++) sum += p->embedding[x * p->n_embedding + k] * p->embedding[y * p->n_embedding + k];
    return sum;
}

/* Mean products of embeddings: 1 with itself, common + template within one, common else. In h dimensions a product of independent
 * parts has variance O(1/h); common factors are seen by every pair, hence the large h. */
static void test_shares_of_the_embedding(void **state) {
    setting s;
    fixture_init(&s.x);
    s.x.policy_spec.transfer.v[FEATURE_EMBEDDING] = 0.7;
    s.x.policy_spec.embedding = (embedding_spec){4096, 0.45, 0.2};
    open_setting(&s);
    double sum[3] = {0}, n[3] = {0};
    for (uint32_t x = 0; x < s.w.n_prompts; x++)
        for (uint32_t y = 0; y <= x; y++) {
            const int kind = x == y ? 0 : s.w.template_[x] == s.w.template_[y] ? 1 : 2;
            sum[kind] += product(&s.p, x, y);
            n[kind] += 1.0;
        }
    assert_true(n[1] > 50.0 && n[2] > 1000.0);
    assert_near(sum[0] / n[0], 1.0, 0.04);
    assert_near(sum[1] / n[1], 0.65, 0.04);
    assert_near(sum[2] / n[2], 0.45, 0.04);                /* sd of the common part's square: .45 sqrt(2/4096) = .01 */
    /* A held-out prompt of a training template shares that template's part; of two domains none does. */
    assert_near(product(&s.p, 0, 41), 0.65, 0.08);
    assert_true(s.w.template_[0] == s.w.template_[41] && s.w.split[41] == SPLIT_HELD_OUT);
    close_setting(&s);
}

/* More prompts leave the vectors of the others as they were; another replicate has others. */
static void test_embedding_belongs_to_the_model(void **state) {
    setting a, b, c;
    setting *const all[] = {&a, &b, &c};
    for (size_t i = 0; i < 3; i++) {
        fixture_init(&all[i]->x);
        all[i]->x.policy_spec.transfer.v[FEATURE_EMBEDDING] = 0.7;
        all[i]->x.policy_spec.embedding = (embedding_spec){5, 0.3, 0.0};   /* templates are blocks: they shift */
    }
    b.x.domains[0].prompts += 7;
    c.x.seeds = pl_seeds_make(2385, 8, NULL, 0);
    for (size_t i = 0; i < 3; i++) open_setting(all[i]);
    for (uint32_t x = 0; x < 41; x++) {
        const uint32_t y = x < 24 ? x : x + 7;
        for (size_t k = 0; k < 5; k++) {
            assert_true(a.p.embedding[x * 5 + k] == b.p.embedding[y * 5 + k]);
            assert_true(a.p.embedding[x * 5 + k] != c.p.embedding[x * 5 + k]);
        }
    }
    for (size_t i = 0; i < 3; i++) close_setting(all[i]);
}

/* The transfer kernel has v^2 e.e', for every decision that has the gain. */
static void test_kernel_of_the_embedding(void **state) {
    setting s;
    fixture_init(&s.x);
    fixture_statements(&s.x);
    for (int f = 0; f < FEATURES; f++)
        s.x.policy_spec.transfer.v[f] = s.x.policy_spec.stance.gains.v[f] = s.x.policy_spec.confidence.gains.v[f] = 0.0;
    s.x.policy_spec.execution.v[FEATURE_GLOBAL] = NAN;
    s.x.policy_spec.sharp = s.x.policy_spec.assert = 0.0;
    s.x.policy_spec.sharp_per_domain = false;
    s.x.policy_spec.transfer.v[FEATURE_EMBEDDING] = 0.7;
    s.x.policy_spec.strategy.v[FEATURE_EMBEDDING] = 1.3;
    s.x.policy_spec.confidence.gains.v[FEATURE_EMBEDDING] = 0.4;
    s.x.policy_spec.embedding = (embedding_spec){6, 0.3, 0.4};
    open_setting(&s);
    assert_int_equal(s.p.n_weights, 6 * (3 + 4 + 1 + 7));
    const uint32_t x = 3, y = 50;
    const double e = product(&s.p, x, y);
    assert_near(policy_kernel(&s.p, DECISION_FORMAT, x, 0, 1, y, 0, 1), 0.49 * e, 1e-14);
    assert_near(policy_kernel(&s.p, DECISION_STRATEGY, x, 0, 2, y, 2, 2), 1.69 * e, 1e-14);
    assert_true(policy_kernel(&s.p, DECISION_STRATEGY, x, 0, 2, y, 2, 1) == 0.0);
    assert_near(policy_kernel(&s.p, DECISION_EXECUTION, x, 0, 0, y, 1, 0), 0.49 * e, 1e-14);
    assert_near(policy_kernel(&s.p, DECISION_CONFIDENCE, x, 0, 2, y, 5, 2), 0.16 * e, 1e-14);
    close_setting(&s);
}

/* Differences of log-probabilities tell the noise up to the constant that the softmax takes away. */
static void test_law_of_the_mismatch(void **state) {
    static const double correlations[] = {0.0, 0.35, 1.0};
    for (size_t r = 0; r < PL_COUNT(correlations); r++) {
        setting s;
        double square = 0.0, between = 0.0, n = 0.0, mean = 0.0, step = 0.0;
        const double sd = 0.15, rho = correlations[r];
        for (uint32_t replicate = 0; replicate < 40; replicate++) {
            fixture_init(&s.x);
            s.x.seeds = pl_seeds_make(31, replicate, NULL, 0);
            s.x.policy_spec.mismatch = (mismatch_spec){sd, rho};
            open_setting(&s);
            double last = 0.0;
            for (uint32_t x = 0; x < s.w.n_prompts; x++) {
                policy_decide(&s.p, s.weights, x, &s.view);
                policy_decide_generator(&s.p, s.weights, x, &s.other);
                /* option 0 against option 1 in format 0: xi_0 - xi_1 + zeta_0 - zeta_1 */
                const double *now = s.other.ln_strategy, *then = s.view.ln_strategy;
                const double d = (now[0] - now[1]) - (then[0] - then[1]);
                const double e = (s.other.ln_step[0] - s.other.ln_fail[0]) - (s.view.ln_step[0] - s.view.ln_fail[0]);
                mean += d;
                square += d * d;
                step += e * e;
                if (x > 0) between += d * last;
                last = d;
                n += 1.0;
            }
            close_setting(&s);
        }
        /* Per replicate the common part is one number: of 40 its square has sd 2 sd^2 rho sqrt(2/40); 4 sd allowed. */
        const double variance = 2.0 * sd * sd, few = rho * sqrt(2.0 / 40.0), many = (1.0 - rho) * sqrt(2.0 / n);
        const double slack = 4.0 * variance * (few + many) + 1e-12;
        assert_near(square / n, variance, slack);
        assert_near(step / n, variance, slack);
        assert_near(between / (n - 40.0), rho * variance, slack + 4.0 * variance * (1.0 - rho) / sqrt(n));
        assert_near(mean / n, 0.0, 4.0 * sd * sqrt(2.0) * (sqrt(rho / 40.0) + sqrt((1.0 - rho) / n)));
    }
}

/* Fixed for the run: the same at every visit and other weights; no other view has it; sampling, and another arm's noise, use other
 * numbers: without noise the same stream gives the same decisions wherever the probabilities agree. */
static void test_mismatch_is_fixed_and_for_generators_only(void **state) {
    setting s, plain;
    fixture_init(&s.x);
    fixture_init(&plain.x);
    fixture_statements(&s.x);
    fixture_statements(&plain.x);
    s.x.policy_spec.mismatch = (mismatch_spec){0.3, 0.5};
    open_setting(&s);
    open_setting(&plain);
    const uint32_t x = 11;
    policy_decide_generator(&s.p, s.weights, x, &s.view);
    const double before = s.view.ln_format[0] - s.view.ln_format[1];
    policy_decide(&s.p, s.weights, x, &s.other);
    policy_decide_generator(&plain.p, s.weights, x, &plain.view);
    for (size_t f = 0; f < 3; f++) assert_true(s.other.ln_format[f] == plain.view.ln_format[f]);
    const double off = before - (s.other.ln_format[0] - s.other.ln_format[1]);
    assert_true(fabs(off) > 1e-3);
    for (size_t b = 0; b < s.p.n_bins; b++) {
        policy_view_bin(&s.view, b);
        policy_view_bin(&s.other, b);
        policy_view_bin(&plain.view, b);
        assert_true(s.view.ln_commit[b] != s.other.ln_commit[b] && s.other.ln_commit[b] == plain.view.ln_commit[b]);
        assert_true(s.view.ln_level[b * 7] != s.other.ln_level[b * 7]);
        assert_true(s.other.ln_level[b * 7 + 6] == plain.view.ln_level[b * 7 + 6]);
    }
    for (size_t i = 0; i < s.p.n_weights; i++) s.weights[i] *= -0.7;
    policy_forward(&s.p, s.weights, x, &s.other);          /* also after a generator's view was made with it */
    policy_decide_generator(&s.p, s.weights, x, &s.view);
    assert_near(s.view.ln_format[0] - s.view.ln_format[1] - (s.other.ln_format[0] - s.other.ln_format[1]), off, 1e-12);
    policy_forward(&s.p, s.weights, x, &s.view);
    for (size_t f = 0; f < 3; f++) assert_true(s.view.ln_format[f] == s.other.ln_format[f]);
    close_setting(&s);
    close_setting(&plain);
}

/* Rollouts carry the probabilities with which they were drawn: on-policy ratios leave 1, and their mean over the generator's own
 * draws is 1 (importance sampling), here over 20,000 responses. */
static void test_ratio_on_policy(void **state) {
    setting s;
    fixture_init(&s.x);
    s.x.policy_spec.mismatch = (mismatch_spec){0.15, 1.0};
    open_setting(&s);
    rollout rollouts[200];
    double values[400], sum = 0.0, square = 0.0, n = 0.0;
    rollout_group g = {.G = 200, .rollouts = rollouts, .reward = values, .advantage = values + 200, .prompt = 5};
    for (uint32_t batch = 0; batch < 100; batch++) {
        g.batch = batch;
        policy_decide_generator(&s.p, s.weights, g.prompt, &s.view);
        rollout_group_sample(&g, &s.p, &s.view, &s.x.seeds, 0);
        policy_decide(&s.p, s.weights, g.prompt, &s.view);
        for (size_t i = 0; i < g.G; i++, n += 1.0) {
            const double ratio = exp(rollout_ln_probability(&s.p, &s.view, &rollouts[i]) - rollout_ln_behaviour(&rollouts[i]));
            sum += ratio;
            square += ratio * ratio;
        }
    }
    const double sd = sqrt(square / n - sum / n * (sum / n));
    assert_true(sd > 0.05);
    assert_near(sum / n, 1.0, 4.0 * sd / sqrt(n));
    close_setting(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares_of_the_embedding), cmocka_unit_test(test_embedding_belongs_to_the_model),
        cmocka_unit_test(test_kernel_of_the_embedding), cmocka_unit_test(test_law_of_the_mismatch),
        cmocka_unit_test(test_mismatch_is_fixed_and_for_generators_only), cmocka_unit_test(test_ratio_on_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
