/* Advantages, losses and aggregations: declared invariants of every registry entry on random rewards, slow twins, and
 * recipes that contradict themselves. */
#include "tests/unit/models/small_world.h"
#include "models/filter.h"

enum { N = 6, G = 7 };

static pl_stream stream(uint32_t a)
{
    pl_seeds seeds = pl_seeds_make(4177, 0, NULL, 0);
    return pl_stream_make(&seeds, PL_FOR_TEST, a, 0, 0);
}

static void random_rewards(small_batch *b, uint32_t a)
{
    pl_stream s = stream(a);
    for (size_t k = 0; k < b->batch.n; k++)
        for (size_t i = 0; i < b->batch.groups[k].G; i++) {
            b->batch.groups[k].reward[i] = 2.385 * pl_normal(&s) - 0.31;
            b->batch.groups[k].rollouts[i].tokens = 1 + floor(731 * pl_uniform(&s));
        }
}

static void baselines_sum_to_zero(void **state)
{
    small t;
    small_rich(&t, 4, false);
    small_batch b = small_batch_make(N, G);
    for (const pl_entry *const *e = baseline_registry.entries; *e; e++) {
        const algo_baseline *baseline = (const algo_baseline *)*e;
        void *params = small_defaults(*e);
        size_t n_state = baseline->state ? baseline->state(params, &t.p) : 0;
        double *state_ = pl_alloc_array(n_state + 1, sizeof *state_);
        const algo_context context = {.policy = &t.p, .state = state_};
        assert_non_null(state_);
        for (uint32_t trial = 0; trial < 50; trial++) {
            random_rewards(&b, trial);
            b.batch.groups[trial % N].reward[0] = 0.3;
            for (size_t i = 1; i < G; i++) b.batch.groups[trial % N].reward[i] = 0.3;      /* a group of equal rewards */
            baseline->apply(params, &context, &b.batch);
            double worst = 0, equal = 0, batch = 0;
            for (size_t k = 0; k < N; k++) {
                double sum = 0;
                for (size_t i = 0; i < G; i++) sum += b.batch.groups[k].advantage[i];
                worst = fmax(worst, fabs(sum));
                batch += sum;
            }
            for (size_t i = 0; i < G; i++) equal = fmax(equal, fabs(b.batch.groups[trial % N].advantage[i]));
            assert_int_equal(baseline->zero_sum, worst < 1e-12);
            if (baseline->zero_sum) assert_true(equal == 0);
            if (baseline->scope == ALGO_SCOPE_BATCH) assert_true(fabs(batch) < 1e-12);
        }
        pl_free(state_);
        pl_free(params);
    }
    small_free(&t);
    small_batch_free(&b);
}

/* Rewards times a constant, eps 0, after the mean baseline. */
static void scales_are_free_of_units(void **state)
{
    small_batch b = small_batch_make(N, G), c = small_batch_make(N, G);
    const algo_baseline *baseline = (const algo_baseline *)pl_registry_find(&baseline_registry, "group_mean");
    for (const pl_entry *const *e = scale_registry.entries; *e; e++) {
        const algo_scale *scale = (const algo_scale *)*e;
        for (uint32_t trial = 0; trial < 50; trial++) {
            random_rewards(&b, trial);
            for (size_t k = 0; k < N; k++)
                for (size_t i = 0; i < G; i++) c.batch.groups[k].reward[i] = 17.3 * b.batch.groups[k].reward[i];
            double worst = 0;
            for (int ddof = 0; ddof < 2; ddof++) {
                baseline->apply(NULL, &(algo_context){0}, &b.batch);
                baseline->apply(NULL, &(algo_context){0}, &c.batch);
                scale->apply(NULL, &(algo_context){0}, 0, ddof, &b.batch);
                scale->apply(NULL, &(algo_context){0}, 0, ddof, &c.batch);
                for (size_t k = 0; k < N; k++)
                    for (size_t i = 0; i < G; i++)
                        worst = fmax(worst, fabs(b.batch.groups[k].advantage[i] - c.batch.groups[k].advantage[i]));
            }
            assert_int_equal(scale->scale_free, worst < 1e-12);
        }
    }
    small_batch_free(&b);
    small_batch_free(&c);
}

/* What a scale says of itself: what it looks at, and whether equal rewards leave it nothing to divide by. */
static void scales_say_what_they_look_at(void **state)
{
    small_batch b = small_batch_make(N, G);
    for (const pl_entry *const *e = scale_registry.entries; *e; e++) {
        const algo_scale *scale = (const algo_scale *)*e;
        double alone = 0, with_rewards = 0, equal = 0;
        for (int what = 0; what < 3; what++) {            /* as they are; other rewards; equal rewards */
            random_rewards(&b, 30);
            for (size_t i = 0; i < N * G; i++) {
                double *reward = &b.batch.groups[i / G].reward[i % G];
                *reward = what == 2 ? 0.3 : what == 1 ? 1 + *reward * *reward : fabs(*reward);
                b.batch.groups[i / G].advantage[i % G] = (double)(i % 5) - 1;
            }
            scale->apply(NULL, &(algo_context){0}, 0, 0, &b.batch);
            *(what == 0 ? &alone : what == 1 ? &with_rewards : &equal) = b.batch.groups[2].advantage[3];
        }
        const double before = (double)((2 * G + 3) % 5) - 1;
        bool none = scale->scope == ALGO_SCOPE_NONE;
        assert_true(before != 0 && none == (alone == before && with_rewards == before && equal == before));
        assert_int_equal(scale->of_advantages || none, alone == with_rewards);
        assert_int_equal(scale->vanishes || none, equal == before);
    }
    small_batch_free(&b);
}

/* With its parameters at their defaults. */
static void losses_say_what_they_need(void **state)
{
    for (const pl_entry *const *e = loss_registry.entries; *e; e++) {
        const algo_loss *loss = (const algo_loss *)*e;
        pl_stream s = stream(77);
        bool uses = false;
        void *params = small_defaults(*e);
        for (int trial = 0; trial < 200; trial++) {
            double advantage = pl_normal(&s), r = exp(0.3 * pl_normal(&s));
            bool clipped = false;
            uses |= loss->coefficient(params, advantage, r, &clipped) != loss->coefficient(params, advantage, 1, &clipped);
            clipped = false;
            double on_policy = loss->coefficient(params, advantage, 1, &clipped);
            assert_true(on_policy == advantage && !clipped);     /* on-policy, every loss is the policy gradient */
        }
        assert_int_equal(loss->ratio != ALGO_RATIO_NONE, uses);
        assert_true(!loss->pick == !loss->picked && !(loss->supervised && uses));
        pl_free(params);
    }
}

/* Every credit keeps sign and zero, and speaks of every fork that there is. */
static void credits_keep_signs(void **state)
{
    for (const pl_entry *const *e = credit_registry.entries; *e; e++) {
        const algo_credit *credit = (const algo_credit *)*e;
        void *params = small_defaults(*e);
        pl_stream s = stream(78);
        for (int trial = 0; trial < 300 && credit->spread; trial++) {
            algo_response r = {.copies = 1, .tokens = 30, .advantage = trial % 7 ? pl_normal(&s) : 0};
            double a[FORK_KINDS];
            for (size_t k = 0; k < FORK_KINDS; k++) {
                r.fork[k].n = k < 2 ? 1 : (size_t)pl_below(&s, 4);
                a[k] = NAN;
            }
            pl_stream random = stream(79), again = stream(79);
            credit->spread(params, &r, &random, a);
            for (size_t k = 0; k < FORK_KINDS; k++)
                if (r.fork[k].n) assert_true(r.advantage == 0 ? a[k] == 0 : a[k] * r.advantage >= 0);
            if (!credit->random) assert_memory_equal(&random, &again, sizeof random);
        }
        pl_free(params);
    }
}

/* Clip against the derivative of min(r A, clip(r) A) by ln r, away from the corners. */
static void clip_is_a_derivative(void **state)
{
    small_clip p = {0.213, 0.287};
    const algo_loss *loss = (const algo_loss *)pl_registry_find(&loss_registry, "clip");
    pl_stream s = stream(3);
    size_t n_clipped = 0;
    for (int trial = 0; trial < 2000; trial++) {
        double A = pl_normal(&s), ln = 0.5 * pl_normal(&s), h = 1e-6, value[2];
        if (fabs(exp(ln) - 1 + p.low) < 1e-4 || fabs(exp(ln) - 1 - p.high) < 1e-4) continue;
        for (int k = 0; k < 2; k++) {
            double r = exp(ln + (k ? h : -h)), bound = fmin(fmax(r, 1 - p.low), 1 + p.high);
            value[k] = fmin(r * A, bound * A);
        }
        bool clipped = false;
        double c = loss->coefficient(&p, A, exp(ln), &clipped);
        n_clipped += clipped;
        assert_true(fabs(c - (value[1] - value[0]) / (2 * h)) < 1e-8);
        assert_true(clipped == (c == 0));
    }
    assert_true(n_clipped > 300 && n_clipped < 1500);
}

/* Advantages of two recipes, written out slowly. */
static void advantages_slowly(void **state)
{
    small_batch b = small_batch_make(N, G);
    algorithm_spec grpo = small_recipe("grpo"), rloo = small_recipe("rloo");
    grpo.epsilon = 0.0137;
    grpo.ddof = 1;
    random_rewards(&b, 5);
    for (size_t k = 0; k < N; k++) {
        const double *r = b.batch.groups[k].reward;
        double mean = 0, variance = 0;
        for (size_t i = 0; i < G; i++) mean += r[i] / G;
        for (size_t i = 0; i < G; i++) variance += (r[i] - mean) * (r[i] - mean) / (G - 1);
        algo_advantages(&grpo, &(algo_context){0}, &b.batch);
        for (size_t i = 0; i < G; i++)
            assert_true(fabs(b.batch.groups[k].advantage[i] - (r[i] - mean) / (sqrt(variance) + 0.0137)) < 1e-13);
        algo_advantages(&rloo, &(algo_context){0}, &b.batch);
        for (size_t i = 0; i < G; i++) {
            double others = 0;
            for (size_t j = 0; j < G; j++) others += j == i ? 0 : r[j] / (G - 1);
            assert_true(fabs(b.batch.groups[k].advantage[i] - (r[i] - others)) < 1e-13);
        }
    }
    small_batch_free(&b);
}

/* Whitening and the mean over what teaches: after either scale, the batch has the stated moment. */
static void batch_moments(void **state)
{
    small_batch b = small_batch_make(N, G);
    const algo_baseline *baseline = (const algo_baseline *)pl_registry_find(&baseline_registry, "none");
    const algo_scale *rms = (const algo_scale *)pl_registry_find(&scale_registry, "batch_rms");
    const algo_scale *abs_ = (const algo_scale *)pl_registry_find(&scale_registry, "mean_abs");
    random_rewards(&b, 8);
    double square = 0, sum = 0;
    baseline->apply(NULL, &(algo_context){0}, &b.batch);
    rms->apply(NULL, &(algo_context){0}, 0, 0, &b.batch);
    for (size_t i = 0; i < N * G; i++) square += b.batch.groups[i / G].advantage[i % G] * b.batch.groups[i / G].advantage[i % G];
    assert_true(fabs(square / (N * G) - 1) < 1e-12);
    baseline->apply(NULL, &(algo_context){0}, &b.batch);
    abs_->apply(NULL, &(algo_context){0}, 0, 0, &b.batch);
    for (size_t i = 0; i < N * G; i++) sum += fabs(b.batch.groups[i / G].advantage[i % G]);
    assert_true(fabs(sum / (N * G) - 1) < 1e-12);
    small_batch_free(&b);
}

static double slow_weight(const char *name, const algo_batch *b, size_t k, size_t i, double l_ref, double l_max)
{
    double all = 0, group = 0, l = b->groups[k].rollouts[i].tokens, n = (double)b->n;
    for (size_t q = 0; q < b->n; q++)
        for (size_t j = 0; j < G; j++) {
            all += b->groups[q].rollouts[j].tokens;
            if (q == k) group += b->groups[q].rollouts[j].tokens;
        }
    if (!strcmp(name, "response")) return l_ref / l / (n * G);
    if (!strcmp(name, "token")) return l_ref / all;
    if (!strcmp(name, "prompt")) return l_ref / group / n;
    if (!strcmp(name, "constant")) return l_ref / l_max / (n * G);
    return 1 / (n * G);
}

/* Definitions; sum is n times mean; and all agree where all responses have the reference length. */
static void aggregations_slowly(void **state)
{
    small_batch b = small_batch_make(N, G);
    small_constant l_max = {413};
    for (const pl_entry *const *e = aggregation_registry.entries; *e; e++) {
        algorithm_spec a = small_algorithm("group_mean", "none", "clip", (*e)->name);
        random_rewards(&b, 11);
        a.aggregation.params = &l_max;
        algo_weights(&a, &b.batch, 238.5, b.weight);
        for (size_t k = 0; k < N; k++)
            for (size_t i = 0; i < G; i++)
                assert_true(fabs(b.weight[k * G + i] / slow_weight((*e)->name, &b.batch, k, i, 238.5, 413) - 1) < 1e-13);
        double first = b.weight[0];
        a.batch_reduction = ALGO_SUM;
        algo_weights(&a, &b.batch, 238.5, b.weight);
        assert_true(fabs(b.weight[0] / first - N) < 1e-12);
        a.batch_reduction = ALGO_MEAN;
        l_max.max_tokens = NAN;
        for (size_t i = 0; i < N * G; i++) b.rollouts[i].tokens = 238.5;
        algo_weights(&a, &b.batch, 238.5, b.weight);
        for (size_t i = 0; i < N * G; i++) assert_true(fabs(b.weight[i] * N * G - 1) < 1e-12);
        l_max.max_tokens = 413;
    }
    small_batch_free(&b);
}

/* Each of three minibatches is weighted as if it were a batch of its own. */
static void minibatches_by_themselves(void **state)
{
    small_batch b = small_batch_make(N, G);
    small_constant l_max = {413};
    double own[2 * G];
    for (const pl_entry *const *e = aggregation_registry.entries; *e; e++)
        for (int reduction = ALGO_MEAN; reduction <= ALGO_SUM; reduction++) {
            algorithm_spec a = small_algorithm("group_mean", "none", "clip", (*e)->name);
            random_rewards(&b, 12);
            a.aggregation.params = &l_max;
            a.batch_reduction = reduction;
            a.minibatches = 3;
            algo_weights(&a, &b.batch, 238.5, b.weight);
            a.minibatches = 1;
            for (size_t m = 0; m < 3; m++) {
                algo_batch part = {b.batch.groups + 2 * m, 2};
                algo_weights(&a, &part, 238.5, own);
                assert_memory_equal(own, b.weight + 2 * m * G, sizeof own);
            }
        }
    small_batch_free(&b);
}

static pl_place place(const pl_check *check, const char *path)
{
    snprintf((char *)(uintptr_t)check->context, 64, "%s", path);
    return (pl_place){"scenario.yaml", 3, 5};
}

/* Number of errors of a recipe; `key` gets where the last one points. */
static size_t errors(const algorithm_spec *a, char *key)
{
    pl_diag diag;
    pl_diag_init(&diag);
    key[0] = 0;
    pl_check check = {&diag, place, key};
    algorithm_struct.check(a, &check);
    size_t n = diag.errors;
    pl_diag_free(&diag);
    return n;
}

static void contradictions_are_refused(void **state)
{
    char key[64];
    static const char *const good[] = {"grpo", "dr-grpo", "rloo", "reinforce"};
    for (size_t i = 0; i < 4; i++) {
        algorithm_spec a = small_recipe(good[i]);
        a.prompts = 64;
        assert_int_equal(errors(&a, key), 0);
    }
    algorithm_spec a = small_recipe("dr-grpo");
    a.prompts = 64;
    a.minibatches = 7;
    assert_int_equal(errors(&a, key), 1);
    assert_string_equal(key, "minibatches");
    a = small_recipe("dr-grpo");
    a.group_size = 1;
    assert_int_equal(errors(&a, key), 1);
    assert_string_equal(key, "baseline");
    a = small_recipe("grpo");
    a.group_size = 1;
    assert_int_equal(errors(&a, key), 2);
    a = small_recipe("rloo");
    a.prompts = 64;
    a.minibatches = 2;
    assert_int_equal(errors(&a, key), 1);
    assert_string_equal(key, "loss");
    a = small_algorithm("batch_mean", "group_std", "clip", "token");
    assert_int_equal(errors(&a, key), 1);
    assert_string_equal(key, "scale");
    a = small_algorithm("none", "batch_std", "clip", "token");
    assert_int_equal(errors(&a, key), 1);
    a = small_algorithm("batch_mean", "batch_std", "clip", "token");
    assert_int_equal(errors(&a, key), 0);
    a = small_recipe("dr-grpo");
    a.kl.estimator = small_choice(&kl_registry, "none", NULL);
    a.kl.weight = 0.04;
    assert_int_equal(errors(&a, key), 1);
    assert_string_equal(key, "kl.weight");
    a.kl.estimator = small_choice(&kl_registry, "k1", NULL);
    assert_int_equal(errors(&a, key), 0);                /* a warning: it holds nothing */
    assert_string_equal(key, "kl.estimator");
    a.kl.in = ALGO_KL_REWARD;
    assert_int_equal(errors(&a, key), 0);
    assert_string_equal(key, "");
    a = small_recipe("reinforce");
    a.group_size = 1;
    assert_int_equal(errors(&a, key), 0);
    a.filter = small_choice(&filter_registry, "zero_variance", NULL);
    assert_int_equal(errors(&a, key), 1);
    assert_string_equal(key, "filter");
}

/* Root mean square of advantages that do not sum to zero, over n - ddof. */
static void batch_rms_slowly(void **state)
{
    small_batch b = small_batch_make(N, G);
    const algo_scale *rms = (const algo_scale *)small_choice(&scale_registry, "batch_rms", NULL).entry;
    for (int ddof = 0; ddof < 2; ddof++) {
        double square = 0, before[N * G];
        for (size_t i = 0; i < N * G; i++) {
            before[i] = b.batch.groups[i / G].advantage[i % G] = 0.3 + sin((double)(7 * i));
            square += before[i] * before[i];
        }
        rms->apply(NULL, &(algo_context){0}, 0.25, ddof, &b.batch);
        const double by = sqrt(square / (N * G - ddof)) + 0.25;
        for (size_t i = 0; i < N * G; i++) assert_true(fabs(b.batch.groups[i / G].advantage[i % G] - before[i] / by) < 1e-14);
    }
    small_batch_free(&b);
}

/* A response without advantage has no coefficient that a bound could change: it is no fork at a bound. */
static void nothing_binds_without_advantage(void **state)
{
    static const char *const bounded[] = {"cispo", "truncated", "clip", "gppo", "gspo"};
    const double cap = 2;
    const double b[] = {0.2, 0.2};
    for (size_t i = 0; i < PL_COUNT(bounded); i++)
        for (int sign = -1; sign < 2; sign++) {
            algorithm_spec a = small_algorithm("group_mean", "group_std", bounded[i], "token");
            a.loss.params = i == 1 ? (void *)&cap : (void *)b;
            algo_response r = {.copies = 2, .advantage = sign, .tokens = 1,
                               .fork = {{.n = 1, .ln_now = -1, .ln_then = -1 - log(9)}}};
            double c[FORK_KINDS];
            algo_counts counts = {0};
            algo_coefficients(&a, &r, NULL, c, &counts);
            const bool two_sided = i < 2;                    /* a weight is bounded whatever the sign */
            assert_int_equal(counts.high, sign > 0 ? 2 : 0);
            assert_int_equal(counts.low, sign < 0 && two_sided ? 2 : 0);
            assert_true(sign != 0 || c[0] == 0);
        }
}

/* (sum w)^2 / (n sum w^2) over the forks of all copies, w relative to who sampled, whatever the anchor of the loss. */
static void effective_samples_as_defined(void **state)
{
    for (int anchor = ALGO_BEHAVIOUR; anchor <= ALGO_PROXIMAL; anchor++) {
        algorithm_spec a = small_algorithm("group_mean", "group_std", "clip", "token");
        a.decoupled = (decoupled_spec){anchor, NAN};
        algo_counts counts = {0};
        double n = 0, sum = 0, square = 0, c[FORK_KINDS];
        for (size_t k = 1; k < 5; k++) {
            const double ln[2] = {0.31 * (double)k - 0.9, 0.4 - 0.2 * (double)k};
            algo_response r = {.copies = k, .advantage = 0.4, .tokens = 50,
                               .fork = {{.n = 1, .ln_now = ln[0] - 1, .ln_then = -1, .ln_proximal = -1.2},
                                        {.n = 3, .ln_now = ln[1] - 2, .ln_then = -2, .ln_proximal = -1.7}}};
            algo_coefficients(&a, &r, NULL, c, &counts);
            for (size_t f = 0; f < 2; f++) {
                const double forks = (double)k * (f ? 3 : 1), w = exp(ln[f]);
                n += forks;
                sum += forks * w;
                square += forks * w * w;
            }
        }
        assert_true(fabs(algo_effective_samples(&counts) - sum * sum / (n * square)) < 1e-14);
        assert_true(algo_effective_samples(&counts) < 0.97);
    }
    assert_true(isnan(algo_effective_samples(&(algo_counts){0})));
}

static void registries(void **state)
{
    const pl_registry *all[] = {&baseline_registry, &scale_registry,     &loss_registry, &aggregation_registry,
                                &kl_registry,       &optimizer_registry, &filter_registry};
    const size_t least[] = {4, 3, 2, 5, 4, 2, 3};
    for (size_t k = 0; k < PL_COUNT(all); k++) {
        assert_true(pl_registry_count(all[k]) >= least[k]);
        for (const pl_entry *const *e = all[k]->entries; *e; e++) {
            assert_ptr_equal(pl_registry_find(all[k], (*e)->name), *e);
            assert_true(strlen((*e)->doc) > 10 && (*e)->source);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(baselines_sum_to_zero),
        cmocka_unit_test(scales_are_free_of_units),
        cmocka_unit_test(scales_say_what_they_look_at),
        cmocka_unit_test(losses_say_what_they_need),
        cmocka_unit_test(credits_keep_signs),
        cmocka_unit_test(clip_is_a_derivative),
        cmocka_unit_test(advantages_slowly),
        cmocka_unit_test(batch_moments),
        cmocka_unit_test(aggregations_slowly),
        cmocka_unit_test(minibatches_by_themselves),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(nothing_binds_without_advantage),
        cmocka_unit_test(effective_samples_as_defined), cmocka_unit_test(batch_rms_slowly),
        cmocka_unit_test(registries),
    };
    return cmocka_run_group_tests_name("algo", tests, NULL, NULL);
}
