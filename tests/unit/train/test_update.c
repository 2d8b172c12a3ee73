/* Updates through whole runs: minibatches and the clip, filters and what they cost, the divergence, the optimiser. */
#include "tests/unit/train/scene.h"
#include "models/filter.h"
#include "models/theory.h"
#include "sim/train/run.h"

/* One minibatch: ratios are 1 and no bound binds, however narrow. Several: they leave 1, and both bounds bind. */
static void clip_needs_minibatches(void **state)
{
    for (int64_t minibatches = 1; minibatches <= 6; minibatches += 5) {
        scene s;
        pl_table t;
        double low = 0, high = 0;
        scene_make(&s);
        s.clip[0] = s.clip[1] = minibatches == 1 ? 0 : .05;
        s.spec.algorithm.minibatches = minibatches;
        s.spec.optimizer.lr = 3;
        s.spec.stop.steps = 48;
        s.spec.record.every = 1;
        assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
        for (long row = 1; row < (long)t.n_rows; row++) {
            double l = scene_value(&t, "clip/low", row), h = scene_value(&t, "clip/high", row);
            assert_true(fabs(l + h - scene_value(&t, "clip/fraction", row)) < 1e-15);
            if ((row - 1) % minibatches == 0) assert_true(l == 0 && h == 0);         /* the first of a batch is on-policy */
            low += l;
            high += h;
        }
        if (minibatches == 1)
            assert_true(low == 0 && high == 0);
        else
            assert_true(low > .1 && high > .1);
        pl_table_free(&t);
    }
}

/* A world where every response is right with probability about p, on every prompt: one format, one shortcut. */
static void coin_scene(scene *s, double p)
{
    scene_make(s);
    s->spec.world.formats.n = 1;
    s->formats[0].share = scene_per(1);
    s->formats[0].extraction = 1;
    s->spec.world.strategies.n = 1;
    s->strategies[0].kind = STRATEGY_SHORTCUT;
    s->strategies[0].share = scene_per(1);
    s->strategies[0].steps = 0;
    s->spec.world.length_cap = NAN;
    for (int d = 0; d < 2; d++)
        s->domains[d].guess = p;
    s->spec.optimizer.lr = 0;
    s->spec.algorithm.minibatches = 1;
    s->spec.record.every = 1;
}

/* Groups kept, over 400 batches, against 1 - p^G - (1-p)^G: |z| < 4.9; and every response generated is counted, kept or not. */
static void zero_variance_keeps_the_mixed(void **state)
{
    enum { BATCHES = 400 };
    scene s;
    pl_table t;
    double p = .2385, kept = 0, q = theory_mixed_group(p, 6);
    coin_scene(&s, p);
    s.spec.algorithm.filter = scene_choice(&filter_registry, "zero_variance", NULL);
    s.spec.stop.steps = BATCHES;
    assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
    for (long row = 1; row <= BATCHES; row++)
        kept += scene_value(&t, "filter/kept", row);
    assert_true(fabs(kept / BATCHES - q) < 4.9 * sqrt(q * (1 - q) / (12 * BATCHES)));
    assert_true(scene_value(&t, "samples", -1) == 12.0 * 6 * BATCHES);
    assert_true(isnan(scene_value(&t, "filter/kept", 0)));
    pl_table_free(&t);
}

/* Rounds until 12 groups are kept: each needs 1/q draws on average, in rounds of 12, and the surplus of the last is dropped. The
 * expected number of rounds is the sum over r of P(fewer than 12 kept of 12 r), computed here; the sample mean is within 4.9
 * standard errors. */
static void dynamic_sampling_pays_for_its_draws(void **state)
{
    enum { BATCHES = 300, P = 12, MOST = 60 };
    scene s;
    pl_table t;
    int64_t rounds = MOST;
    double p = .07, q = theory_mixed_group(p, 6), expected = 0, square = 0, sum = 0;
    for (int r = 0; r < MOST; r++) {                     /* P(rounds > r) by the binomial distribution of groups kept */
        double fewer = 0, term = pow(1 - q, P * r);
        for (int k = 0; k < P && k <= P * r; k++) {
            fewer += term;
            term *= q / (1 - q) * (P * r - k) / (k + 1);
        }
        expected += fewer;
        square += (2 * r + 1) * fewer;
    }
    coin_scene(&s, p);
    s.spec.algorithm.filter = scene_choice(&filter_registry, "dynamic_sampling", &rounds);
    s.spec.stop.steps = BATCHES;
    assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
    for (long row = 1; row <= BATCHES; row++) {
        double drawn = (scene_value(&t, "samples", row) - scene_value(&t, "samples", row - 1)) / (6 * P);
        assert_true(drawn == floor(drawn) && drawn >= 1);
        assert_true(fabs(scene_value(&t, "filter/kept", row) - 1 / drawn) < 1e-15);         /* always full */
        sum += drawn;
    }
    assert_true(expected > 2);
    assert_true(fabs(sum / BATCHES - expected) < 4.9 * sqrt((square - expected * expected) / BATCHES));
    assert_true(scene_value(&t, "tokens", -1) >= scene_value(&t, "samples", -1));
    pl_table_free(&t);
}

/* The first group that differs comes after several empty updates, and yet it moves Adam as a first update does: every weight by
 * lr, whatever its gradient. */
static void empty_updates_are_not_counted(void **state)
{
    enum { DENSE = 1 };
    struct { double beta1, beta2, epsilon, weight_decay; int second_moment; } adam = {.9, .999, 1e-300, 0, DENSE};
    scene s;
    pl_table t;
    scene_make(&s);
    s.spec.algorithm.prompts = s.spec.algorithm.minibatches = 1;
    s.spec.algorithm.group_size = 2;
    s.spec.algorithm.filter = scene_choice(&filter_registry, "zero_variance", NULL);
    s.spec.optimizer = (optimizer_spec){.method = scene_choice(&optimizer_registry, "adamw", &adam), .lr = .0237};
    s.spec.record.every = 1;
    int64_t first = 0;
    for (int tries = 0; first < 3; tries++) {            /* seeds until the first two or more groups are dropped */
        assert_true(tries < 60);
        s.seeds = pl_seeds_make(4000 + (uint64_t)tries, 2, NULL, 0);
        s.spec.stop.steps = 6;
        assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
        for (first = 1; first < 6 && !(scene_value(&t, "filter/kept", (long)first) > 0);) first++;
        if (!(scene_value(&t, "filter/kept", (long)first) > 0)) first = 0;
        pl_table_free(&t);
    }
    s.spec.stop.steps = first;
    pl_table_init(&t);
    run r = {.spec = &s.spec, .seeds = &s.seeds, .arm = "a", .table = &t};
    assert_int_equal(run_open(&r), PL_OK);
    assert_int_equal(run_loop(&r), PL_OK);
    size_t moved = 0;
    for (size_t i = 0; i < r.learner.policy->n_weights; i++) {
        if (r.learner.weights[i] == 0) continue;
        assert_true(fabs(fabs(r.learner.weights[i]) / .0237 - 1) < 1e-12);
        moved++;
    }
    assert_true(moved > 10);
    run_close(&r);
    pl_table_free(&t);
}

/* What is reported of a divergence in the reward is its mean over the responses of the batch, whose rewards are as they were paid. */
static void divergence_in_the_reward(void **state)
{
    scene s;
    pl_table t;
    scene_make(&s);
    s.spec.algorithm.kl = (kl_spec){.weight = .1, .estimator = scene_choice(&kl_registry, "k3", NULL), .in = ALGO_KL_REWARD,
                                    .importance_ratio = true};
    s.spec.stop.steps = 20;
    pl_table_init(&t);
    run r = {.spec = &s.spec, .seeds = &s.seeds, .arm = "a", .table = &t};
    assert_int_equal(run_open(&r), PL_OK);
    assert_int_equal(run_loop(&r), PL_OK);
    const algo_batch *b = &r.buffer.admitted;
    double sum = 0, divergence[6];
    size_t n = 0;
    for (size_t k = 0; k < b->n; k++) {
        r.learner.ops->divergence(&r.learner, (const algo_kl *)s.spec.algorithm.kl.estimator.entry, &b->groups[k], divergence);
        for (size_t i = 0; i < b->groups[k].G; i++, n++) {
            sum += divergence[i];
            assert_true(b->groups[k].reward[i] == b->groups[k].rollouts[i].correct);
        }
    }
    assert_true(n == 72 && sum > .1);
    assert_true(fabs(r.trainer.kl - sum / (double)n) < 1e-12 && scene_value(&t, "kl/estimated", -1) == r.trainer.kl);
    run_close(&r);
    pl_table_free(&t);
}

/* A policy that is always right: the limit of rounds is reached, nothing is learnt, and the run ends. */
static void nothing_to_learn_ends(void **state)
{
    scene s;
    pl_table t;
    int64_t rounds = 3;
    for (int dynamic = 0; dynamic < 2; dynamic++) {
        coin_scene(&s, 1);
        s.spec.optimizer.lr = 1;
        s.spec.algorithm.minibatches = 4;
        s.spec.algorithm.filter = scene_choice(&filter_registry, dynamic ? "dynamic_sampling" : "zero_variance", &rounds);
        s.spec.stop.steps = 20;
        assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
        assert_int_equal(t.n_rows, 21);
        assert_true(scene_value(&t, "samples", -1) == 5.0 * 12 * 6 * (dynamic ? 3 : 1));
        assert_true(scene_value(&t, "filter/kept", -1) == 0);
        assert_true(scene_value(&t, "gradient/norm", -1) == 0);
        assert_true(scene_value(&t, "kl/base", -1) == 0);
        pl_table_free(&t);
    }
}

/* Without their silent groups the means are over fewer prompts: under `response` and one minibatch the update is that of the
 * whole batch times P over the groups kept, to rounding. */
static void denominators_shrink(void **state)
{
    scene s;
    run r[2];
    pl_table t[2];
    double kept = 0, worst = 0, largest = 0;
    scene_make(&s);
    s.spec.algorithm.minibatches = 1;
    s.spec.algorithm.reference_tokens = 80;
    s.spec.algorithm.aggregation = scene_choice(&aggregation_registry, "response", NULL);
    s.spec.stop.steps = 1;
    for (int i = 0; i < 2; i++) {
        s.spec.algorithm.filter = scene_choice(&filter_registry, i ? "zero_variance" : "none", NULL);
        pl_table_init(&t[i]);
        r[i] = (run){.spec = &s.spec, .seeds = &s.seeds, .arm = "a", .table = &t[i]};
        assert_int_equal(run_open(&r[i]), PL_OK);
        assert_int_equal(run_loop(&r[i]), PL_OK);
        kept = r[i].buffer.kept;
    }
    assert_true(kept > .2 && kept < .95);
    for (size_t j = 0; j < r[0].learner.policy->n_weights; j++) {
        worst = fmax(worst, fabs(r[1].learner.weights[j] * kept - r[0].learner.weights[j]));
        largest = fmax(largest, fabs(r[0].learner.weights[j]));
    }
    assert_true(largest > 1e-3 && worst < 1e-13 * largest);
    for (int i = 0; i < 2; i++) {
        run_close(&r[i]);
        pl_table_free(&t[i]);
    }
}

/* All additions at once: the same table with an event per group and with one per batch, and twice the same bytes. */
static void details_agree(void **state)
{
    int64_t rounds = 6;
    struct { double beta1, beta2, epsilon, weight_decay; int second_moment; } adamw = {.9, .99, 1e-8, .01, 0};
    char hash[3][33];
    for (int i = 0; i < 3; i++) {
        scene s;
        pl_table t;
        scene_make(&s);
        s.spec.algorithm.filter = scene_choice(&filter_registry, "dynamic_sampling", &rounds);
        s.spec.algorithm.kl = (kl_spec){.05, scene_choice(&kl_registry, "k3", NULL), ALGO_KL_LOSS, true};
        s.spec.algorithm.entropy_bonus = .01;
        s.spec.algorithm.minibatches = 3;
        s.spec.optimizer = (optimizer_spec){.method = scene_choice(&optimizer_registry, "adamw", &adamw), .lr = .05, .warmup = 4};
        s.spec.cluster.detail = i == 1;
        assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
        assert_true(scene_value(&t, "kl/estimated", -1) > 0);
        pl_hash h = pl_table_hash(&t);
        memcpy(hash[i], h.hex, 33);
        pl_table_free(&t);
    }
    assert_string_equal(hash[0], hash[1]);
    assert_string_equal(hash[0], hash[2]);
}

/* The divergence holds the policy: in the loss by k2 and k3 and in the reward by k1, the exact divergence ends far lower than
 * without; k1 in the loss does not hold it. The rewards that measures see are those of the environment. */
static void divergence_holds(void **state)
{
    static const struct { const char *name; int in; bool holds; } ways[] = {
        {"k2", ALGO_KL_LOSS, true}, {"k3", ALGO_KL_LOSS, true}, {"k1", ALGO_KL_REWARD, true}, {"k1", ALGO_KL_LOSS, false}};
    double free_kl = 0;
    for (int i = -1; i < (int)PL_COUNT(ways); i++) {
        scene s;
        pl_table t;
        scene_make(&s);
        s.spec.algorithm.prompts = 24;
        s.spec.algorithm.scale = scene_choice(&scale_registry, "none", NULL);
        s.spec.algorithm.aggregation = scene_choice(&aggregation_registry, "sequence", NULL);
        s.spec.stop.steps = 200;
        s.spec.optimizer.lr = 1;
        s.spec.record.every = 20;
        if (i >= 0)
            s.spec.algorithm.kl = (kl_spec){.5, scene_choice(&kl_registry, ways[i].name, NULL), ways[i].in, true};
        assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
        double kl = scene_value(&t, "kl/base", -1);
        if (i < 0)
            free_kl = kl;
        else if (ways[i].holds != (kl < .35 * free_kl))
            fail_msg("%s in %s: %g nats, without %g", ways[i].name, ways[i].in ? "reward" : "loss", kl, free_kl);
        double reward = scene_value(&t, "reward/mean", -1) * 24 * 6;
        assert_true(fabs(reward - round(reward)) < 1e-9);
        pl_table_free(&t);
    }
    assert_true(free_kl > .3);
}

/* The bonus keeps entropy, the malus takes it. */
static void bonus_keeps_entropy(void **state)
{
    double h[3];
    for (int i = 0; i < 3; i++) {
        scene s;
        pl_table t;
        scene_make(&s);
        s.spec.stop.steps = 60;
        s.spec.algorithm.entropy_bonus = .3 * (i - 1);
        assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
        h[i] = scene_value(&t, "entropy/response", -1);
        pl_table_free(&t);
    }
    assert_true(h[0] < h[1] - .1 && h[2] > h[1] + .1);
}

static void survives_failing_memory(void **state)
{
    scene s;
    bool failed = true;
    int64_t rounds = 2;
    scene_make(&s);
    s.spec.algorithm.filter = scene_choice(&filter_registry, "dynamic_sampling", &rounds);
    s.spec.algorithm.kl = (kl_spec){.05, scene_choice(&kl_registry, "k1", NULL), ALGO_KL_REWARD, true};
    s.spec.stop.steps = 2;
    for (uint64_t k = 1; failed; k++) {
        pl_table t;
        pl_table_init(&t);
        pl_mem_fail_at(k, false);
        pl_status st = training_run(&s.spec, &s.seeds, "a", 0, &t, NULL, NULL);
        failed = pl_mem_count() >= k;
        pl_mem_fail_at(0, false);
        assert_int_equal(st, failed ? PL_ERR_WORLD : PL_OK);
        pl_table_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clip_needs_minibatches),  cmocka_unit_test(zero_variance_keeps_the_mixed),
        cmocka_unit_test(dynamic_sampling_pays_for_its_draws),
        cmocka_unit_test(empty_updates_are_not_counted),
        cmocka_unit_test(divergence_in_the_reward), cmocka_unit_test(nothing_to_learn_ends),   cmocka_unit_test(denominators_shrink),
        cmocka_unit_test(details_agree),           cmocka_unit_test(divergence_holds),
        cmocka_unit_test(bonus_keeps_entropy),     cmocka_unit_test(survives_failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
