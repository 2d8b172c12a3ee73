/* Return-conditioned learning: the two policies against an explicit pair with common and label weights; the limits of sharing. */
#include "tests/unit/train/scene.h"
#include "sim/train/run.h"

typedef struct select_params { double above; bool once; } select_params;

static void conditioned_scene(scene *s, select_params *params, double sharing)
{
    scene_make(s);
    s->spec.algorithm.baseline = scene_choice(&baseline_registry, "select", params);
    s->spec.algorithm.scale = scene_choice(&scale_registry, "none", NULL);
    s->spec.algorithm.loss = scene_choice(&loss_registry, "supervised", NULL);
    s->spec.algorithm.aggregation = scene_choice(&aggregation_registry, "sequence", NULL);
    s->spec.algorithm.conditioned = (conditioned_spec){true, sharing};
    s->spec.optimizer.lr = 1.5;
}

static double pass(scene *s)
{
    pl_table t;
    assert_int_equal(scene_run(s, &t, NULL), PL_OK);
    double value = scene_value(&t, "pass@1", -1);
    pl_table_free(&t);
    return value;
}

/* A common vector C and one of each label, H and L, with gains sqrt(sharing) and sqrt(1 - sharing): W = sqrt(sharing) C +
 * sqrt(1 - sharing) H. Gradients by C, H and L follow by the chain rule from those by W and V, which are taken from the engine. */
static void common_and_label_weights(void **state)
{
    scene s;
    select_params params = {.5, false};
    const double sharing = .37;
    pl_table table;
    conditioned_scene(&s, &params, sharing);
    pl_table_init(&table);
    run r = {.spec = &s.spec, .seeds = &s.seeds, .arm = "a", .table = &table};
    assert_int_equal(run_open(&r), PL_OK);
    size_t n = r.learner.policy->n_weights;
    assert_int_equal(run_loop(&r), PL_OK);
    double vs = sqrt(sharing), vl = sqrt(1 - sharing), lr = s.spec.optimizer.lr;
    double *V = r.trainer.conditioned.weights, *W = r.learner.weights;
    double *expect = calloc(2 * n, sizeof *expect), apart = 0, moved = 0;
    /* one more update by hand from the batch that is still in the buffer */
    algo_batch *batch = &r.buffer.admitted;
    algo_counts counts = {0};
    policy_gradient high, low;
    assert_int_equal(policy_gradient_init(&high, r.learner.policy) | policy_gradient_init(&low, r.learner.policy), PL_OK);
    r.learner.ops->gradient(&r.learner, W, batch, 0, 6, r.trainer.weight, &high, &counts);
    for (size_t k = 0; k < 6; k++)
        for (size_t i = 0; i < 6; i++)
            batch->groups[k].advantage[i] = 1 - batch->groups[k].advantage[i];
    r.learner.ops->gradient(&r.learner, V, batch, 0, 6, r.trainer.weight, &low, &counts);
    for (size_t k = 0; k < 6; k++)
        for (size_t i = 0; i < 6; i++)
            batch->groups[k].advantage[i] = 1 - batch->groups[k].advantage[i];
    for (size_t j = 0; j < n; j++) {
        double dC = lr * vs * (high.g[j] + low.g[j]), dH = lr * vl * high.g[j], dL = lr * vl * low.g[j];
        expect[j] = W[j] + vs * dC + vl * dH;
        expect[n + j] = V[j] + vs * dC + vl * dL;
        apart = fmax(apart, fabs(W[j] - V[j]));
    }
    policy_gradient_clear(&r.trainer.gradient);
    r.learner.ops->gradient(&r.learner, W, batch, 0, 6, r.trainer.weight, &r.trainer.gradient, &counts);
    conditioned_learn(&r, 0, 6);
    algo_step(&s.spec.optimizer, 0, r.learner.storage.master, r.trainer.state, r.learner.policy, &r.trainer.gradient);
    for (size_t j = 0; j < n; j++) {
        assert_true(fabs(W[j] - expect[j]) < 1e-12 && fabs(V[j] - expect[n + j]) < 1e-12);
        moved = fmax(moved, fabs(lr * high.g[j]));
    }
    assert_true(apart > .05 && moved > .01);
    policy_gradient_free(&high);
    policy_gradient_free(&low);
    free(expect);
    run_close(&r);
    pl_table_free(&table);
}

/* Nothing shared: imitation of right responses alone, to the last bit. Everything shared: a policy that imitates
 * itself, and drifts only. */
static void limits_of_sharing(void **state)
{
    scene s;
    select_params params = {.5, false};
    conditioned_scene(&s, &params, 0);
    s.spec.stop.steps = 120;
    double apart = pass(&s);
    s.spec.algorithm.conditioned.enabled = false;
    assert_true(apart == pass(&s));
    s.spec.algorithm.conditioned = (conditioned_spec){true, .5};
    double half = pass(&s);
    s.spec.algorithm.conditioned.sharing = 1;
    double together = pass(&s);
    s.spec.optimizer.lr = 0;
    double before = pass(&s);
    if (!(apart > half && half > before + .02 && together - before < (half - before) / 4))
        fail_msg("pass@1 %g at first; %g, %g, %g with sharing 0, .5, 1", before, apart, half, together);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(common_and_label_weights), cmocka_unit_test(limits_of_sharing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
