/* Rollouts: sampled frequencies against the exact view, behaviour log-probabilities, keys of the random numbers. */
#include "test_world_fixture.h"

enum { GROUP = 16 };

typedef struct setting {
    fixture x;
    world w;
    policy p;
    policy_view view;
    double *weights;
    rollout rollouts[GROUP];
    double reward[GROUP], advantage[GROUP];
} setting;

static void open_setting(setting *s, uint32_t number) {
    assert_int_equal(world_build(&s->w, &s->x.spec, &s->x.seeds, NULL), PL_OK);
    assert_int_equal(policy_init(&s->p, &s->x.policy_spec, &s->w, NULL), PL_OK);
    assert_int_equal(policy_view_init(&s->view, &s->p), PL_OK);
    s->weights = random_weights(&s->p, number, 0.4);
}

static void close_setting(setting *s) {
    pl_free(s->weights);
    policy_view_free(&s->view);
    policy_free(&s->p);
    world_free(&s->w);
}

static rollout_group sampled(setting *s, uint32_t prompt, uint32_t batch, uint32_t slot, size_t G) {
    rollout_group group = {.prompt = prompt, .batch = batch, .slot = slot, .G = G, .rollouts = s->rollouts, .reward = s->reward,
                           .advantage = s->advantage};
    policy_forward(&s->p, s->weights, prompt, &s->view);
    rollout_group_sample(&group, &s->p, &s->view, &s->x.seeds, 3);
    return group;
}

static double standard_error(double p, double n) { return sqrt(fmax(p * (1.0 - p), 1e-6) / n); }

/* 64,000 rollouts per prompt and world. Every comparison may be off by 5 standard errors (6e-7 each, 400 of them:
 * a right program fails once in 4,000 choices of seeds; the seeds are fixed). */
static void compare_with_view(setting *s, uint32_t prompt) {
    const double n = 4000.0 * GROUP;
    double right = 0.0, tokens = 0.0, square = 0.0, truncated = 0.0, abstained = 0.0, steps = 0.0, steps_right = 0.0;
    double format[3] = {0}, strategy[12] = {0}, extracted = 0.0, interrupted = 0.0, all_steps = 0.0;
    const double longest = isnan(s->x.spec.length_cap) ? s->x.spec.interrupt.at + s->x.spec.interrupt.answer : s->x.spec.length_cap;
    for (uint32_t slot = 0; slot < 4000; slot++) {
        sampled(s, prompt, 11, slot, GROUP);
        for (int i = 0; i < GROUP; i++) {
            const rollout *r = &s->rollouts[i];
            right += r->correct;
            tokens += r->tokens;
            square += r->tokens * r->tokens;
            truncated += r->truncated;
            interrupted += r->interrupted;
            all_steps += r->steps;
            abstained += r->abstained;
            extracted += r->extracted;
            format[r->format] += 1.0;
            strategy[r->format * 4 + r->strategy] += 1.0;
            if (r->format == 0) {
                steps += r->steps;
                steps_right += r->steps_right;
            }
            assert_false(r->correct && (r->truncated || r->abstained || !r->extracted));
            assert_true(r->tokens == floor(r->tokens) && r->tokens >= 1.0 && r->tokens <= floor(longest));
        }
    }
    double fits = 0.0, readable = 0.0, stopped = 0.0, reached = 0.0;
    for (size_t i = 0; i < 12; i++) {
        const double mass = s->view.format[i / 4] * s->view.strategy[i];
        const size_t at = world_path(&s->w, prompt, i / 4, i % 4);
        fits += mass * s->w.fits[at];
        readable += mass * s->w.fits[at] * s->x.formats[i / 4].extraction;
        if (s->w.interrupted) stopped += mass * s->w.interrupted[at];
        reached += mass * s->w.steps[at];
        assert_near(strategy[i] / n, mass, 5.0 * standard_error(mass, n));
    }
    for (size_t f = 0; f < 3; f++) assert_near(format[f] / n, s->view.format[f], 5.0 * standard_error(s->view.format[f], n));
    assert_near(right / n, s->view.pass, 5.0 * standard_error(s->view.pass, n));
    assert_near(interrupted / n, stopped, 5.0 * standard_error(stopped, n));
    assert_near(all_steps / n, reached, 5.0 * sqrt(9.0 / 4.0 / n));          /* of numbers from 0 to 3 */
    assert_near(truncated / n, 1.0 - fits, 5.0 * standard_error(fits, n));
    assert_near(extracted / n, readable, 5.0 * standard_error(readable, n));
    const double abstain = policy_view_abstain(&s->p, &s->view);
    assert_near(abstained / n, abstain, 5.0 * standard_error(abstain, n));
    const double mean = tokens / n;
    assert_near(mean, policy_view_tokens(&s->p, &s->view), 5.0 * sqrt((square / n - mean * mean) / n));
    if (steps > 0.0) assert_near(steps_right / steps, s->view.step[0], 5.0 * standard_error(s->view.step[0], steps));
}

static void test_sampled_agrees_with_exact(void **state) {
    for (uint32_t k = 0; k < 6; k++) {
        setting s;
        fixture_init(&s.x);
        if (k) fixture_randomise(&s.x, 70 + k);
        if (k == 5) s.x.spec.length_sd = 0.0;
        open_setting(&s, k);
        compare_with_view(&s, k * 11);
        close_setting(&s);
    }
}

/* Lengths that grow with difficulty, and responses that are made to answer: forced answers are right less often, and more often with
 * luck. */
static void test_interrupted_agrees_with_exact(void **state) {
    double pass[3] = {0}, stopped = 0.0;
    for (uint32_t k = 0; k < 9; k++) {
        setting s;
        fixture_init(&s.x);
        if (k >= 3) fixture_randomise(&s.x, 90 + k / 3);
        s.x.spec.length_cap = NAN;
        s.x.spec.length_per_logit = k < 6 ? 0.3 : 0.0;
        s.x.spec.interrupt = (interrupt_spec){.at = 70.6, .answer = 12.9, .luck = (double)(k % 3) / 2};
        if (k >= 6) s.x.spec.length_sd = 0.0;
        open_setting(&s, k / 3);
        compare_with_view(&s, 13);
        pass[k % 3] += s.view.pass;
        for (size_t i = 0; i < 12; i++) stopped += s.w.interrupted[world_path(&s.w, 13, i / 4, i % 4)] / 108;
        close_setting(&s);
    }
    assert_true(stopped > 0.1 && stopped < 0.95);
    assert_true(pass[0] + 0.02 < pass[1] && pass[1] + 0.02 < pass[2]);
}

/* Success by format and strategy, not only on average: on the paths that were taken often enough. */
static void test_success_by_path(void **state) {
    setting s;
    fixture_init(&s.x);
    open_setting(&s, 9);
    double taken[12] = {0}, right[12] = {0};
    for (uint32_t slot = 0; slot < 4000; slot++) {
        sampled(&s, 2, 0, slot, GROUP);
        for (int i = 0; i < GROUP; i++) {
            taken[s.rollouts[i].format * 4 + s.rollouts[i].strategy] += 1.0;
            right[s.rollouts[i].format * 4 + s.rollouts[i].strategy] += s.rollouts[i].correct;
        }
    }
    int compared = 0;
    for (int i = 0; i < 12; i++) {
        if (taken[i] < 400.0) continue;
        assert_near(right[i] / taken[i], s.view.success[i], 5.0 * standard_error(s.view.success[i], taken[i]));
        compared++;
    }
    assert_true(compared >= 9);
    close_setting(&s);
}

/* A rollout depends on (batch, slot, index) alone: not on the size of its group or on what was sampled before. */
static void test_keys(void **state) {
    setting s;
    fixture_init(&s.x);
    open_setting(&s, 2);
    rollout first[GROUP];
    sampled(&s, 4, 5, 6, GROUP);
    memcpy(first, s.rollouts, sizeof first);
    sampled(&s, 9, 5, 7, GROUP);
    memset(s.rollouts, 0, sizeof s.rollouts);
    sampled(&s, 4, 5, 6, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(s.rollouts[i].format, first[i].format);
        assert_int_equal(s.rollouts[i].strategy, first[i].strategy);
        assert_true(s.rollouts[i].tokens == first[i].tokens && s.rollouts[i].version == 3);
    }
    sampled(&s, 4, 6, 6, GROUP);
    int equal = 0;
    for (int i = 0; i < GROUP; i++) equal += s.rollouts[i].tokens == first[i].tokens;
    assert_true(equal < GROUP / 2);
    close_setting(&s);
}

static void test_behaviour_probabilities(void **state) {
    setting s;
    fixture_init(&s.x);
    open_setting(&s, 5);
    for (uint32_t slot = 0; slot < 50; slot++) {
        sampled(&s, 7, 1, slot, GROUP);
        for (int i = 0; i < GROUP; i++) {
            const rollout *r = &s.rollouts[i];
            const double q = s.view.step[r->format];
            const double choice = s.view.format[r->format] * s.view.strategy[r->format * 4 + r->strategy];
            const double probability = choice * pow(q, r->steps_right) * pow(1.0 - q, r->steps - r->steps_right);
            assert_true(rollout_ln_behaviour(r) == rollout_ln_probability(&s.p, &s.view, r));
            assert_near(rollout_ln_behaviour(r), log(probability), 1e-12);
            assert_int_equal(rollout_forks(r), 2 + s.x.strategies[r->strategy].steps);
        }
    }
    close_setting(&s);
}

/* The score has mean zero: sum over all paths of probability x grad ln pi. */
static void test_score_has_mean_zero(void **state) {
    setting s;
    fixture_init(&s.x);
    open_setting(&s, 6);
    policy_dz dz;
    assert_int_equal(policy_dz_init(&dz, &s.p), PL_OK);
    policy_forward(&s.p, s.weights, 13, &s.view);
    for (uint16_t f = 0; f < 3; f++)
        for (uint16_t i = 0; i < 4; i++) {
            const uint16_t m = (uint16_t)s.x.strategies[i].steps;
            double ways = 1.0;                                       /* binomial coefficient (m over right) */
            for (uint16_t right = 0; right <= m; right++) {
                const rollout r = {.format = f, .strategy = i, .steps = m, .steps_right = right};
                const double c = ways * exp(rollout_ln_probability(&s.p, &s.view, &r));
                rollout_accumulate(&s.p, &s.view, &r, (fork_weights){c, c, c, c, c, c}, &dz);
                ways = ways * (m - right) / (right + 1.0);
            }
        }
    for (size_t i = 0; i < dz.n; i++) assert_near(dz.memory[i], 0.0, 1e-14);
    policy_dz_free(&dz);
    close_setting(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sampled_agrees_with_exact), cmocka_unit_test(test_interrupted_agrees_with_exact),
        cmocka_unit_test(test_success_by_path), cmocka_unit_test(test_keys),
        cmocka_unit_test(test_behaviour_probabilities), cmocka_unit_test(test_score_has_mean_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
