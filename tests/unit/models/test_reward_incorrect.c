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
    t.spec.answers = (answers_spec){9, 1, 0.3};
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
    t.spec.answers = (answers_spec){5, 1.2, 0.25};
    small_build(&t);
    small_batch b = small_batch_make(1, N);
    pl_stream s = pl_stream_make(&t.seeds, PL_FOR_TEST, 8, 0, 0);
    for (size_t i = 0; i < N; i++) b.rollouts[i] = (rollout){.answer = world_wrong_answer(&t.w, 0, &s), .extracted = true};
    pay(&t, 1, &b);
    double paid = 0;
    for (size_t i = 0; i < N; i++) paid += b.batch.groups->reward[i] / 2.5;
    const double q = 0.5 + 0.5 * t.w.wrong[t.w.mistake[0] - 1];
    assert_true(fabs(paid / N - q) < 4.9 * sqrt(q * (1 - q) / N));
    small_batch_free(&b);
    small_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(who_is_paid), cmocka_unit_test(how_often)};
    return cmocka_run_group_tests_name("reward incorrect", tests, NULL, NULL);
}
