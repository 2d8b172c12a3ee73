/* Mismatch, stored weights and changing rewards through whole runs. */
#include "tests/unit/train/scene.h"
#include "sim/train/run.h"

static pl_table run_of(const scene *s)
{
    pl_table t;
    assert_int_equal(scene_run(s, &t, NULL), PL_OK);
    return t;
}

static void same(const pl_table *a, const pl_table *b, const char *column, bool expected)
{
    bool equal = true;
    for (long row = 0; row < (long)a->n_rows; row++) {
        const double x = scene_value(a, column, row), y = scene_value(b, column, row);
        equal = equal && (x == y || (isnan(x) && isnan(y)));
    }
    if (equal != expected) fail_msg("%s: %s", column, equal ? "the same" : "different");
}

/* On-policy ratios leave 1, so that a clip binds in the first minibatch already; measures at step 0 are the policy's own. */
static void mismatch_reaches_the_ratio(void **state)
{
    for (int sd = 0; sd < 2; sd++) {
        scene s;
        scene_make(&s);
        s.spec.algorithm.minibatches = 1;
        s.spec.stop.steps = 30;
        s.spec.record.every = 1;
        pl_table plain = run_of(&s);
        s.spec.policy.mismatch = (mismatch_spec){sd ? .4 : 0, .5};
        pl_table noisy = run_of(&s);
        double clipped = 0;
        for (long row = 1; row <= 30; row++) {
            assert_true(scene_value(&plain, "clip/fraction", row) == 0);
            clipped += scene_value(&noisy, "clip/fraction", row) / 30;
        }
        if (sd) assert_true(clipped > .01);
        else assert_true(clipped == 0);
        assert_true(scene_value(&plain, "pass@1", 0) == scene_value(&noisy, "pass@1", 0));
        same(&plain, &noisy, "pass@1", !sd);
        same(&plain, &noisy, "reward/mean", !sd);
        pl_table_free(&plain);
        pl_table_free(&noisy);
    }
}

/* A scale so large that the grid of theta is fine beside an update: fp32 is the exact run to many digits. A scale so small that no
 * sum of these updates reaches half an ulp in bf16: that policy stays the base, while the same in fp32 learns. */
static void what_storage_hides(void **state)
{
    scene s;
    scene_make(&s);
    s.spec.stop.steps = 24;
    s.spec.record.every = 8;
    pl_table exact = run_of(&s);
    s.spec.policy.storage = (storage_spec){STORAGE_FP32, 1, .02};
    pl_table fine = run_of(&s);
    s.spec.policy.storage = (storage_spec){STORAGE_BF16, 1e-6, .02};
    pl_table hidden = run_of(&s);
    s.spec.policy.storage.format = STORAGE_FP32;
    pl_table coarse = run_of(&s);
    const double first = scene_value(&exact, "pass@1", 0), last = scene_value(&exact, "pass@1", -1);
    assert_true(fabs(last - first) > .01);
    assert_true(fabs(scene_value(&fine, "pass@1", -1) - last) < 1e-5);
    for (long row = 0; row < (long)hidden.n_rows; row++)
        if (fabs(scene_value(&hidden, "pass@1", row) - first) > 1e-3) fail_msg("row %ld moved", row);
    assert_true(fabs(scene_value(&coarse, "pass@1", -1) - first) > .01);
    pl_table_free(&exact);
    pl_table_free(&fine);
    pl_table_free(&hidden);
    pl_table_free(&coarse);
}

/* The mean reward of a batch is that of its own step, or pass over the pool: a weight that fades from 1 to 0, of answers that are
 * always right. */
static void rewards_by_the_clock(void **state)
{
    for (int by = REWARD_BY_STEP; by <= REWARD_BY_EPOCH; by++) {
        scene s;
        double at[] = {0, 10}, factor[] = {1, 0};
        scene_make(&s);
        s.spec.world.formats.n = s.spec.world.strategies.n = 1;
        s.formats[0].share = s.strategies[0].share = scene_per(1);
        s.formats[0].extraction = 1;
        s.strategies[0].kind = STRATEGY_SHORTCUT;
        s.strategies[0].steps = 0;
        s.domains[0].guess = s.domains[1].guess = 1;
        s.spec.world.length_cap = NAN;
        s.spec.algorithm.minibatches = 1;
        s.spec.record.every = 1;
        s.spec.stop.steps = 14;
        const double per_step = by == REWARD_BY_EPOCH ? 12.0 / 54 : 1;     /* prompts a batch over the pool */
        if (by == REWARD_BY_EPOCH) at[1] = 2;
        s.common.schedule = (reward_schedule){{at, 2}, {factor, 2}, by};
        pl_table t = run_of(&s);
        for (long row = 1; row <= 14; row++) {
            const double now = (double)(row - 1) * per_step, expected = fmax(0, 1 - now / at[1]);
            assert_true(fabs(scene_value(&t, "reward/mean", row) - expected) < 1e-12);
        }
        pl_table_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(mismatch_reaches_the_ratio), cmocka_unit_test(what_storage_hides),
                                       cmocka_unit_test(rewards_by_the_clock)};
    return cmocka_run_group_tests_name("model in runs", tests, NULL, NULL);
}
