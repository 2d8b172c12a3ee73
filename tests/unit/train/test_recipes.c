/* Recipes in whole runs: who samples, the proximal anchor, forks singled out, columns of ratios; and memory that runs out. */
#include "tests/unit/train/scene.h"
#include "models/filter.h"
#include "sim/train/run.h"

typedef struct select_params { double above; bool once; } select_params;

/* Rollouts of the last batch have the probabilities of the base policy, or have not. */
static void base_samples(void **state)
{
    for (int base = 0; base < 2; base++) {
        scene s;
        select_params params = {.5, false};
        pl_table table;
        pl_table_init(&table);
        scene_make(&s);
        s.spec.algorithm.baseline = scene_choice(&baseline_registry, "select", &params);
        s.spec.algorithm.scale = scene_choice(&scale_registry, "mean_abs", NULL);
        s.spec.algorithm.loss = scene_choice(&loss_registry, "supervised", NULL);
        s.spec.algorithm.sampler = base ? ALGO_SAMPLER_BASE : ALGO_SAMPLER_CURRENT;
        run r = {.spec = &s.spec, .seeds = &s.seeds, .arm = "a", .table = &table};
        assert_int_equal(run_open(&r), PL_OK);
        assert_int_equal(run_loop(&r), PL_OK);
        size_t same = 0, all = 0;
        double moved = 0;
        for (size_t k = 0; k < r.buffer.admitted.n; k++) {
            const rollout_group *g = &r.buffer.admitted.groups[k];
            r.learner.ops->view(&r.learner, NULL, g->prompt, false, &r.learner.view);
            for (size_t i = 0; i < g->G; i++, all++) {
                const rollout *o = &g->rollouts[i];
                same += o->ln_strategy == r.learner.view.ln_strategy[o->format * r.learner.view.S + o->strategy];
            }
        }
        for (size_t i = 0; i < r.learner.policy->n_weights; i++)
            moved = fmax(moved, fabs(r.learner.weights[i]));
        assert_true(moved > .01 && all == 72);
        assert_true(base ? same == all : same < all / 4);
        run_close(&r);
        pl_table_free(&table);
    }
}

static double last(scene *s, const char *column)
{
    pl_table t;
    assert_int_equal(scene_run(s, &t, NULL), PL_OK);
    double value = scene_value(&t, column, -1);
    pl_table_free(&t);
    return value;
}

/* Effective sample size: 1 in the first minibatch, below it in the second; with the base as sampler, well below. */
static void effective_samples(void **state)
{
    scene s;
    scene_make(&s);
    s.spec.optimizer.lr = 2;
    s.spec.algorithm.minibatches = 1;
    assert_true(fabs(last(&s, "ratio/effective") - 1) < 1e-12);
    s.spec.algorithm.minibatches = 3;
    s.spec.stop.steps = 21;
    double on = last(&s, "ratio/effective");
    assert_true(on < 1 - 1e-6 && on > .5);
    s.spec.algorithm.sampler = ALGO_SAMPLER_BASE;
    double off = last(&s, "ratio/effective");
    assert_true(off < on - .05);
}

/* From the base everything is stale: a behaviour anchor masks what has moved beyond the clip, a proximal one does not. */
static void proximal_anchor_unmasks(void **state)
{
    scene s;
    scene_make(&s);
    s.spec.algorithm.sampler = ALGO_SAMPLER_BASE;
    s.spec.stop.steps = 40;
    double naive = last(&s, "clip/fraction");
    s.spec.algorithm.decoupled.anchor = ALGO_PROXIMAL;
    double decoupled = last(&s, "clip/fraction");
    if (!(naive > .05 && decoupled < naive / 3))
        fail_msg("clipped: %g against the behaviour, %g against the proximal policy", naive, decoupled);
    s.spec.algorithm.minibatches = 1;                    /* the proximal policy is the one that is updated: nothing can clip */
    assert_true(last(&s, "clip/fraction") == 0);
}

/* A fraction of the tokens, in forks: .01 of about 12 * 6 / 2 responses. */
static void singles_out_a_fraction(void **state)
{
    scene s;
    scene_make(&s);
    double params[2] = {.01, 1};
    s.spec.algorithm.loss = scene_choice(&loss_registry, "kl_cov", params);
    double ten = last(&s, "clip/picked");
    params[0] = .001;
    double one = last(&s, "clip/picked");
    assert_true(ten > 5 * one && one > 0 && ten <= 1);
}

/* batch.generated: what was kept is compared with the mean of everything that was generated for the batch, dropped groups too. */
static void generated_groups_count(void **state)
{
    scene s;
    pl_table table;
    pl_table_init(&table);
    scene_make(&s);
    algorithm_spec *a = &s.spec.algorithm;
    a->baseline = scene_choice(&baseline_registry, "batch_mean", NULL);
    a->scale = scene_choice(&scale_registry, "none", NULL);
    a->filter = scene_choice(&filter_registry, "zero_variance", NULL);
    a->batch.generated = true;
    run r = {.spec = &s.spec, .seeds = &s.seeds, .arm = "a", .table = &table};
    assert_int_equal(run_open(&r), PL_OK);
    assert_int_equal(run_loop(&r), PL_OK);
    const algo_batch *kept = &r.buffer.admitted;
    double sum = 0, n = 0, dropped = 0;
    for (size_t k = 0; k < kept->n; k++)
        for (size_t i = 0; i < 6; i++, n++)
            sum += kept->groups[k].reward[i];
    for (size_t k = 0; k < 12; k++) {                    /* what the filter left behind, beside groups of earlier batches */
        const rollout_group *g = &r.buffer.batch.groups[k];
        for (size_t i = 0; g->batch == r.generators.batch && i < 6; i++, n++, dropped++)
            sum += g->reward[i];
    }
    assert_true(n == 72 && dropped > 0 && kept->n > 0);
    for (size_t k = 0; k < kept->n; k++)
        for (size_t i = 0; i < 6; i++)
            assert_true(fabs(kept->groups[k].advantage[i] - (kept->groups[k].reward[i] - sum / n)) < 1e-12);
    run_close(&r);
    pl_table_free(&table);
}

/* Every allocation of a run fails in turn; an error each time, nothing left behind. */
static void fail_in_turn(scene *s)
{
    bool failed = true;
    s->spec.stop.steps = 2;
    for (uint64_t k = 1; failed; k++) {
        pl_table t;
        pl_table_init(&t);
        pl_mem_fail_at(k, false);
        pl_status st = training_run(&s->spec, &s->seeds, "a", 0, &t, NULL, NULL);
        failed = pl_mem_count() >= k;
        pl_mem_fail_at(0, false);
        assert_int_equal(st, failed ? PL_ERR_WORLD : PL_OK);
        pl_table_free(&t);
    }
}

static void survives_failing_memory(void **state)
{
    scene s;
    double params[2] = {.01, 1}, lr = .5;
    select_params select = {.5, false};
    scene_make(&s);
    s.spec.algorithm.loss = scene_choice(&loss_registry, "kl_cov", params);
    s.spec.algorithm.decoupled.anchor = ALGO_PROXIMAL;
    fail_in_turn(&s);
    scene_make(&s);
    s.spec.algorithm.baseline = scene_choice(&baseline_registry, "value", &lr);
    s.spec.algorithm.scale = scene_choice(&scale_registry, "none", NULL);
    fail_in_turn(&s);
    scene_make(&s);
    s.spec.algorithm.baseline = scene_choice(&baseline_registry, "select", &select);
    s.spec.algorithm.scale = scene_choice(&scale_registry, "none", NULL);
    s.spec.algorithm.loss = scene_choice(&loss_registry, "supervised", NULL);
    s.spec.algorithm.conditioned = (conditioned_spec){true, .3};
    fail_in_turn(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base_samples), cmocka_unit_test(effective_samples), cmocka_unit_test(proximal_anchor_unmasks),
        cmocka_unit_test(singles_out_a_fraction), cmocka_unit_test(generated_groups_count),
        cmocka_unit_test(survives_failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
