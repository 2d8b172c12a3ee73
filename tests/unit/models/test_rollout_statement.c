/* Sampled stances, confidences and answers against the exact view. */
#include "test_world_fixture.h"

enum { GROUP = 16, GROUPS = 4000 };

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

static void sample(setting *s, uint32_t prompt, uint32_t slot) {
    rollout_group group = {.prompt = prompt, .batch = 5, .slot = slot, .G = GROUP, .rollouts = s->rollouts, .reward = s->reward,
                           .advantage = s->advantage};
    policy_decide(&s->p, s->weights, prompt, &s->view);
    rollout_group_sample(&group, &s->p, &s->view, &s->x.seeds, 3);
}

static double standard_error(double p, double n) { return sqrt(fmax(p * (1.0 - p), 1e-6) / n); }

typedef struct tally { double hedged, stated, level[7], right[7], correct, answers, wrong[8], abstained; } tally;

/* What must hold of every rollout, and the counts. */
static void look(const setting *s, const rollout *r, tally *t) {
    assert_true(r->correct == (r->answer == 0));
    assert_false(r->hedged && (r->correct || r->stated || r->confidence != 0.0 || r->answer != ROLLOUT_NO_ANSWER));
    assert_false((r->took_stance || r->stated) && (r->truncated || r->abstained));
    assert_true(r->took_stance == (s->p.has_stance && !r->truncated && !r->abstained));
    assert_int_equal(rollout_forks(r), 2u + r->steps + r->took_stance + r->stated);
    assert_near(rollout_ln_behaviour(r), rollout_ln_probability(&s->p, &s->view, r), 1e-12);
    t->hedged += r->hedged;
    t->abstained += r->abstained;
    t->correct += r->correct;
    t->answers += r->answer != ROLLOUT_NO_ANSWER;
    if (r->answer != ROLLOUT_NO_ANSWER) {
        assert_true(r->answer <= 7);
        t->wrong[r->answer] += 1.0;
    }
    if (!r->stated) return;
    assert_true(r->confidence == s->p.level[r->level]);
    t->stated += 1.0;
    t->level[r->level] += 1.0;
    t->right[r->level] += r->correct;
}

/* 64,000 rollouts per setting; every comparison may be off by 5 standard errors (6e-7 each, 26 of them, 5 settings). */
static void compare(setting *s, uint32_t prompt) {
    const double n = (double)GROUP * GROUPS;
    tally t = {0};
    for (uint32_t slot = 0; slot < GROUPS; slot++) {
        sample(s, prompt, slot);
        for (int i = 0; i < GROUP; i++) look(s, &s->rollouts[i], &t);
    }
    policy_forward(&s->p, s->weights, prompt, &s->view);
    const policy_view *v = &s->view;
    double hedged = 0.0;
    for (size_t b = 0; b < v->B; b++) hedged += v->evidence[b] * (1.0 - v->commit[b]);
    assert_near(t.hedged / n, hedged, 5.0 * standard_error(hedged, n));
    assert_near(t.correct / n, v->pass, 5.0 * standard_error(v->pass, n));
    const double silent = policy_view_abstain(&s->p, v), answers = policy_view_answers(&s->p, v);
    assert_near((t.hedged + t.abstained) / n, silent, 5.0 * standard_error(silent, n));
    assert_near(t.answers / n, answers, 5.0 * standard_error(answers, n));
    for (size_t c = 0; c < v->L; c++) {
        double stated = 0.0, right = 0.0;
        for (size_t b = 0; b < v->B; b++) {
            stated += v->evidence[b] * v->commit[b] * v->level[b * v->L + c];
            right += v->evidence_right[b] * v->commit[b] * v->level[b * v->L + c];
        }
        assert_near(t.level[c] / n, stated, 5.0 * standard_error(stated, n));
        assert_near(t.right[c] / n, right, 5.0 * standard_error(right, n));
    }
    /* Wrong answers by their exact law; where every wrong response is misled, the mistake with probability sqrt(rho), else any
     * by its share. */
    const double invited = sqrt(s->x.spec.answers.correlation), wrong = t.answers - t.correct;
    double q[7];
    assert_near(policy_view_wrong(&s->p, v, q), answers - v->pass, 1e-12);
    for (size_t a = 1; a <= 7; a++) {
        const double share = (1.0 - invited) * s->w.wrong[a - 1] + invited * (a == s->w.mistake[prompt]);
        if (s->x.spec.answers.invited_by == INVITED_BY_PROMPT) assert_near(q[a - 1] / (answers - v->pass), share, 1e-12);
        assert_near(t.wrong[a] / n, q[a - 1], 5.0 * standard_error(q[a - 1], n));
        assert_near(t.wrong[a] / wrong, q[a - 1] / (answers - v->pass), 5.0 * standard_error(share, wrong));
    }
}

static void test_sampled_agrees_with_exact(void **state) {
    for (uint32_t k = 0; k < 5; k++) {
        setting s;
        fixture_init(&s.x);
        if (k) fixture_randomise(&s.x, 80 + k);
        fixture_statements(&s.x);
        s.x.policy_spec.assert *= k;
        s.x.spec.answers.invited_by = (int)((k + 2) % 3);
        if (k == 2) s.x.policy_spec.stance.hedge = 0.0;
        if (k == 3) s.x.policy_spec.confidence.levels = 0;
        if (k == 4) s.x.policy_spec.temperature = 1.7;
        open_setting(&s, k);
        compare(&s, k * 9);
        close_setting(&s);
    }
}

/* Group 9 of prompt 4 under the base policy. */
static void base_group(bool statements, rollout *out) {
    setting s;
    fixture_init(&s.x);
    if (statements) fixture_statements(&s.x);
    open_setting(&s, 1);
    memset(s.weights, 0, s.p.n_weights * sizeof *s.weights);
    sample(&s, 4, 9);
    memcpy(out, s.rollouts, sizeof s.rollouts);
    close_setting(&s);
}

/* What a response was before it says something of itself stays the same when the policy learns to: common random numbers. */
static void test_statements_leave_the_rest(void **state) {
    rollout without[GROUP], with[GROUP];
    base_group(false, without);
    base_group(true, with);
    int hedged = 0;
    for (int i = 0; i < GROUP; i++) {
        const rollout *a = &without[i], *b = &with[i];
        hedged += b->hedged;
        assert_true(a->format == b->format && a->strategy == b->strategy && a->steps_right == b->steps_right);
        assert_true(a->tokens == b->tokens && a->extracted == b->extracted && (a->correct == b->correct || b->hedged));
        assert_true(a->answer == b->answer || b->hedged);
        assert_false(a->took_stance || a->stated || a->hedged);
    }
    assert_true(hedged > 0 && hedged < GROUP);
}

/* Over worlds wrong answers have Zipf shares, and two to one prompt agree as the correlation says: for the indicator of answer
 * a with share q, P(both a) = q^2 + rho q(1-q). 160,000 pairs of prompts that are independent; 5 standard errors. */
static void test_correlation_of_answers(void **state) {
    enum { PROMPTS = 4000, WORLDS = 40 };
    setting s;
    double one[3] = {0}, both[3] = {0}, n = 0.0;
    fixture_init(&s.x);
    s.x.domains[0].prompts = PROMPTS;
    for (uint32_t k = 0; k < WORLDS; k++) {
        const pl_seeds seeds = pl_seeds_make(90 + k, 0, NULL, 0);
        assert_int_equal(world_build(&s.w, &s.x.spec, &seeds, NULL), PL_OK);
        pl_stream stream = test_stream(77 + k);
        for (uint32_t x = 0; x < PROMPTS; x++, n += 1.0) {
            const uint16_t a = world_wrong_answer(&s.w, x, 0, true, &stream), b = world_wrong_answer(&s.w, x, 0, true, &stream);
            for (uint16_t i = 0; i < 3; i++) {
                one[i] += a == i + 1;
                both[i] += a == i + 1 && b == i + 1;
            }
        }
        world_free(&s.w);
    }
    double sum = 0.0;
    for (int i = 1; i <= 7; i++) sum += pow(i, -1.2);
    for (int i = 0; i < 3; i++) {
        const double q = pow(i + 1, -1.2) / sum, pair = q * q + 0.25 * q * (1.0 - q);
        assert_near(one[i] / n, q, 5.0 * standard_error(q, n));
        assert_near(both[i] / n, pair, 5.0 * standard_error(pair, n));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sampled_agrees_with_exact), cmocka_unit_test(test_statements_leave_the_rest),
        cmocka_unit_test(test_correlation_of_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
