/* Selections: the record of a prompt, and which records each rule passes over. */
#include "tests/unit/models/small_world.h"
#include "models/selection.h"

static bool skips(const char *name, void *params, selection_record record, uint32_t batch)
{
    pl_choice choice = small_choice(&selection_registry, name, params);
    return selection_skip(&choice, &record, batch);
}

/* Against sums worked out anew over all groups. */
static void records(void **state)
{
    enum { G = 5, GROUPS = 7 };
    const pl_seeds seeds = pl_seeds_make(3, 0, NULL, 0);
    pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, 0, 0, 0);
    selection_record record = {0};
    double right = 0;
    for (uint32_t k = 0; k < GROUPS; k++) {
        rollout r[G];
        double reward[G], mean = 0, variance = 0, share = 0;
        rollout_group g = {.G = G, .rollouts = r, .reward = reward, .batch = 10 + 3 * k};
        for (size_t i = 0; i < G; i++) {
            r[i] = (rollout){.correct = pl_below(&s, 2)};
            reward[i] = k == 3 ? 0.1 : 0.3 + pl_normal(&s);
            mean += reward[i] / G;
            share += r[i].correct / (double)G;
            right += r[i].correct;
        }
        for (size_t i = 0; i < G; i++) variance += (reward[i] - mean) * (reward[i] - mean) / G;
        selection_observe(&record, &g);
        assert_true(fabs(record.last_sd - sqrt(variance)) < 1e-12 && fabs(record.last_share - share) < 1e-15);
        assert_true(k != 3 || record.last_sd == 0);        /* equal rewards: exactly */
        assert_int_equal(record.last_batch, 10 + 3 * k);
    }
    assert_true(record.visits == GROUPS && record.responses == G * GROUPS && record.right == right);
}

/* A prompt that was never visited is skipped by no rule; nor is any by none. */
static void the_unknown_is_drawn(void **state)
{
    double params[8] = {0};
    const selection_record solved = {.visits = 1, .responses = 8, .right = 8, .last_share = 1};
    for (const pl_entry *const *e = selection_registry.entries; *e; e++) {
        pl_choice choice = {*e, params};
        assert_false(selection_skip(&choice, &(selection_record){0}, 5));
        assert_int_equal(selection_skips(&choice), strcmp((*e)->name, "none") != 0);
    }
    pl_choice none = {0};
    assert_false(selection_skips(&none) || selection_skip(&none, &solved, 5) || skips("none", NULL, solved, 5));
}

static void no_positive_resampling(void **state)
{
    double at = 0.9;
    for (int right = 0; right <= 20; right++) {
        const selection_record r = {.visits = 2, .responses = 20, .right = right, .last_share = 1};
        assert_int_equal(skips("no_positive_resampling", &at, r, 1), right >= 18);
        assert_int_equal(skips("no_positive_resampling", &at, r, 1000000), right >= 18);           /* for ever */
    }
}

typedef struct waiting { double limit; int64_t again; } waiting;

/* Below the deviation a prompt waits, to the batch exactly; with 0 for ever. */
static void variance(void **state)
{
    waiting p = {0.25, 10};
    const selection_record flat = {.visits = 3, .last_sd = 0.2499, .last_batch = 100, .last_share = 0.5};
    const selection_record rich = {.visits = 3, .last_sd = 0.25, .last_batch = 100, .last_share = 0};
    assert_false(skips("variance", &p, rich, 101));
    assert_true(skips("variance", &p, flat, 101) && skips("variance", &p, flat, 109));
    assert_false(skips("variance", &p, flat, 110));
    p.again = 0;
    assert_true(skips("variance", &p, flat, UINT32_MAX));
}

/* Never solved, or solved too often, of the last group; looked at again after a while. */
static void boundary(void **state)
{
    waiting p = {0.5, 7};
    for (int right = 0; right <= 8; right++) {
        const selection_record r = {.visits = 1, .responses = 8, .right = right, .last_share = right / 8.0, .last_batch = 40};
        const bool outside = right == 0 || right > 4;
        assert_int_equal(skips("boundary", &p, r, 46), outside);
        assert_false(skips("boundary", &p, r, 47));
        p.again = 0;
        assert_int_equal(skips("boundary", &p, r, 4000000000u), outside);
        p.again = 7;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(records), cmocka_unit_test(the_unknown_is_drawn),
                                       cmocka_unit_test(no_positive_resampling), cmocka_unit_test(variance),
                                       cmocka_unit_test(boundary)};
    return cmocka_run_group_tests_name("selection", tests, NULL, NULL);
}
