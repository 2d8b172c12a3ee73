/* Incorrect: who is paid, and how often under the law of wrong answers. */
#include "tests/unit/models/small_world.h"

typedef struct incorrect_params { int label; } incorrect_params;

static void pay(const small *t, int label, small_batch *b)
{
    incorrect_params p = {label};
    reward_common common = {.weight = 2.5};
    pl_chosen term = {"incorrect", pl_registry_find(&reward_registry, "incorrect"), &common, &p};
    reward_evaluate(&(pl_choices){&term, 1}, b->batch.groups, &t->w, &t->seeds, (reward_clock){0});
}

static void who_is_paid(void **state)
{
    small t;
    small_make(&t);
    t.spec.answers = (answers_spec){.wrong = 9, .zipf = 1, .correlation = 0.3};
    small_build(&t);
    small_batch b = small_batch_make(1, 4);
    const uint16_t mistake = t.w.mistake[0], other = mistake == 1 ? 2 : 1;
    const uint16_t answers[] = {0, mistake, other, ROLLOUT_NO_ANSWER};
    for (size_t i = 0; i < 4; i++) b.rollouts[i] = (rollout){.answer = answers[i], .correct = i == 0, .extracted = i < 3};
    static const double expected[2][4] = {{0, 2.5, 2.5, 0}, {0, 2.5, 0, 0}};
    for (int label = 0; label < 2; label++) {
        pay(&t, label, &b);
        for (size_t i = 0; i < 4; i++) assert_true(b.batch.groups->reward[i] == expected[label][i]);
    }
    small_batch_free(&b);
    small_free(&t);
}

/* P(the invited mistake | wrong) = sqrt(c) + (1 - sqrt c) share(mistake): 40,000 wrong answers, |z| < 4.9. */
static void how_often(void **state)
{
    enum { N = 40000 };
    small t;
    small_make(&t);
    t.spec.answers = (answers_spec){.wrong = 5, .zipf = 1.2, .correlation = 0.25};
    small_build(&t);
    small_batch b = small_batch_make(1, N);
    pl_stream s = pl_stream_make(&t.seeds, PL_FOR_TEST, 8, 0, 0);
    for (size_t i = 0; i < N; i++) b.rollouts[i] = (rollout){.answer = world_wrong_answer(&t.w, 0, 0, true, &s), .extracted = true};
    pay(&t, 1, &b);
    double paid = 0;
    for (size_t i = 0; i < N; i++) paid += b.batch.groups->reward[i] / 2.5;
    const double q = 0.5 + 0.5 * t.w.wrong[t.w.mistake[0] - 1];
    assert_true(fabs(paid / N - q) < 4.9 * sqrt(q * (1 - q) / N));
    small_batch_free(&b);
    small_free(&t);
}

/* The label is what the base gives most often, whoever invites it: 20,000 base responses to each of 12 prompts. */
static void label_is_the_majority(void **state)
{
    enum { G = 20000, PROMPTS = 12, W = 9 };
    for (int by = INVITED_BY_PROMPT; by <= INVITED_BY_STRATEGY; by++) {
        small t;
        size_t clear = 0, elsewhere = 0;
        small_make(&t);
        small_sizes(&t, 1, 1, 3);
        t.domains[0].prompts = PROMPTS;
        t.domains[0].difficulty.sd = 1;
        t.strategies[0].share = per(0.5);
        t.strategies[1].share = per(0.3);
        t.strategies[2].share = per(0.2);
        t.strategies[0].steps = 2;
        t.strategies[1].ability = per(-1);
        t.strategies[2].kind = STRATEGY_SHORTCUT;
        t.spec.answers = (answers_spec){.wrong = W, .zipf = 0.5, .correlation = 0.4, .invited_by = by};
        small_build(&t);
        small_batch b = small_batch_make(1, G);
        policy_view v;
        assert_int_equal(policy_view_init(&v, &t.p), PL_OK);
        for (uint32_t x = 0; x < PROMPTS; x++) {
            size_t count[W + 1] = {0}, best = 1, next = 0;
            b.batch.groups->prompt = x;
            policy_decide(&t.p, t.weights, x, &v);
            rollout_group_sample(b.batch.groups, &t.p, &v, &t.seeds, 0);
            for (size_t i = 0; i < G; i++)
                if (b.rollouts[i].answer <= W) count[b.rollouts[i].answer]++;
            for (size_t i = 2; i <= W; i++) best = count[i] > count[best] ? i : best;
            for (size_t i = 1; i <= W; i++) next = i != best && count[i] > next ? count[i] : next;
            if (count[best] < next + 5 * sqrt((double)(count[best] + next))) continue; /* too close to call */
            clear++;
            assert_int_equal(t.w.likeliest_mistake[x], best);
            elsewhere += t.w.mistake[x] != best;
        }
        assert_true(clear >= PROMPTS - 3);
        if (by == INVITED_BY_PROMPT) assert_int_equal(elsewhere, 0);
        if (by == INVITED_BY_STRATEGY) assert_true(elsewhere > 3);
        policy_view_free(&v);
        small_batch_free(&b);
        small_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_is_paid), cmocka_unit_test(how_often),
                                       cmocka_unit_test(label_is_the_majority)};
    return cmocka_run_group_tests_name("reward incorrect", tests, NULL, NULL);
}
