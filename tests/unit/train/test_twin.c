/* The engine against its slow twin: the same weights after twenty updates, over random recipes. */
#include "tests/unit/train/scene.h"
#include "sim/train/run.h"
#include "tests/unit/train/twin.c"

static const char *const aggregations[] = {"token", "response", "prompt", "sequence"};

/* Loss, credit, anchor, sampler and weights of signs; `bounds` holds the parameters of whichever loss. */
static void random_update(scene *s, twin *t, pl_stream *r)
{
    static const char *const losses[] = {"clip", "cispo", "gppo", "truncated", "gspo", "supervised"};
    static const char *const credits[] = {"response", "planning", "hicra"};
    static double by, cap;
    algorithm_spec *a = &s->spec.algorithm;
    t->loss = (twin_loss)pl_below(r, TWIN_LOSSES);
    t->credit = (twin_credit)pl_below(r, TWIN_CREDITS);
    t->proximal = t->loss != TWIN_SUPERVISED && pl_below(r, 2);
    t->base = pl_below(r, 3) == 0;
    by = t->credit_by = t->credit == TWIN_HICRA ? pl_uniform(r) : .5 + 2 * pl_uniform(r);
    t->low = s->clip[0] = .05 + .2 * pl_uniform(r);
    t->high = s->clip[1] = .05 + .3 * pl_uniform(r);
    if (t->loss == TWIN_GSPO) {
        t->low = s->clip[0] = t->low / 100;
        t->high = s->clip[1] = t->high / 100;
    }
    cap = 1 + t->high;
    a->loss = scene_choice(&loss_registry, losses[t->loss], t->loss == TWIN_TRUNCATED ? &cap : s->clip);
    a->credit = scene_choice(&credit_registry, credits[t->credit], &by);
    a->sampler = t->base ? ALGO_SAMPLER_BASE : ALGO_SAMPLER_CURRENT;
    t->cap = t->proximal && pl_below(r, 2) ? 1.05 : INFINITY;
    a->decoupled = (decoupled_spec){t->proximal ? ALGO_PROXIMAL : ALGO_BEHAVIOUR, isinf(t->cap) ? NAN : t->cap};
    t->positive = a->positive_weight = pl_below(r, 2) ? 1 : 2 * pl_uniform(r);
    t->negative = a->negative_weight = pl_below(r, 2) ? 1 : 2 * pl_uniform(r);
}

/* A random recipe in both languages. */
static void random_recipe(scene *s, twin *t, pl_stream *r)
{
    algorithm_spec *a = &s->spec.algorithm;
    a->group_size = 2 + pl_below(r, 6);
    a->minibatches = 1 + pl_below(r, 3);
    a->prompts = a->minibatches * (1 + pl_below(r, 3));
    a->reference_tokens = 60 + 40 * pl_uniform(r);
    t->leave_one_out = pl_below(r, 2);
    t->scaled = pl_below(r, 2);
    t->aggregation = (twin_aggregation)pl_below(r, 4);
    a->baseline = scene_choice(&baseline_registry, t->leave_one_out ? "leave_one_out" : "group_mean", NULL);
    a->scale = scene_choice(&scale_registry, t->scaled ? "group_std" : "none", NULL);
    a->aggregation = scene_choice(&aggregation_registry, aggregations[t->aggregation], NULL);
    random_update(s, t, r);
    s->common.weight = .5 + pl_uniform(r);
    s->spec.optimizer.lr = .4 + 2 * pl_uniform(r);
    s->spec.world.length_cap = 250 + pl_below(r, 200);
    s->spec.policy.sharp = pl_below(r, 2) ? .1 * pl_uniform(r) : 0;
    s->spec.policy.sharp_per_domain = pl_below(r, 2);
    for (int f = 0; f < FEATURES; f++) {
        s->spec.policy.transfer.v[f] = pl_below(r, 3) ? pl_uniform(r) : 0;
        s->spec.policy.execution.v[f] = pl_below(r, 3) ? NAN : .5 * pl_uniform(r);
    }
    s->seeds = pl_seeds_make(pl_u64(r), pl_below(r, 9), NULL, 0);
    t->G = (size_t)a->group_size;
    t->P = (size_t)a->prompts;
    t->minibatches = (size_t)a->minibatches;
    t->lr = s->spec.optimizer.lr;
    t->epsilon = a->epsilon;
    t->reference_tokens = a->reference_tokens;
    t->reward = s->common.weight;
    t->seeds = &s->seeds;
    t->policy = &s->spec.policy;
}

static void check_scene(scene *s, twin *t)
{
    pl_table table;
    pl_table_init(&table);
    int64_t batches = 20 / s->spec.algorithm.minibatches;
    s->spec.stop.steps = batches * s->spec.algorithm.minibatches;
    run r = {.spec = &s->spec, .seeds = &s->seeds, .arm = "twin", .table = &table};
    assert_int_equal(run_open(&r), PL_OK);
    t->w = r.learner.world;
    twin_init(t);
    assert_int_equal(t->n, r.learner.policy->n_weights);
    for (uint32_t b = 0; b < batches; b++) {
        uint32_t prompts[16];
        r.curriculum->next(r.order, b, 0, prompts, t->P);
        twin_batch(t, b, prompts);
    }
    assert_int_equal(run_loop(&r), PL_OK);
    double largest = 0, worst = 0;
    for (size_t i = 0; i < t->n; i++) {
        largest = fmax(largest, fabs(t->weights[i]));
        worst = fmax(worst, fabs(t->weights[i] - r.learner.weights[i]));
    }
    if (!(worst <= 1e-9 * largest))
        fail_msg("weights differ by %g, the largest is %g", worst, largest);
    assert_true(largest > 1e-3 || t->n == 0);
    twin_free(t);
    run_close(&r);
    pl_table_free(&table);
}

static void weights_agree(void **state)
{
    pl_seeds seeds = pl_seeds_make(40127, 0, NULL, 0);
    for (uint32_t i = 0; i < 60; i++) {
        scene s;
        twin t = {0};
        pl_stream r = pl_stream_make(&seeds, PL_FOR_TEST, i, 0, 0);
        scene_make(&s);
        random_recipe(&s, &t, &r);
        check_scene(&s, &t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(weights_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
