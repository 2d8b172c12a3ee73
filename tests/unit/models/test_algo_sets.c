/* The sets that baselines and scales over the batch look at: per domain or all, kept groups or all that were generated. */
#include "tests/unit/models/small_world.h"

enum { ALL = 9, KEPT = 6, G = 4 };

static void fill(const small *t, small_batch *b, uint32_t trial)
{
    pl_stream s = pl_stream_make(&t->seeds, PL_FOR_TEST, 7, trial, 0);
    for (size_t k = 0; k < ALL; k++) {
        b->batch.groups[k].prompt = pl_below(&s, (uint32_t)t->w.n_train);
        for (size_t i = 0; i < G; i++) b->batch.groups[k].reward[i] = 3 + pl_normal(&s);
    }
}

/* The first KEPT groups are trained on. Against sums written out. */
static void against_slow_sums(void **state)
{
    small t;
    small_rich(&t, 4, false);
    small_batch b = small_batch_make(ALL, G);
    const algo_baseline *mean = (const algo_baseline *)small_choice(&baseline_registry, "batch_mean", NULL).entry;
    const algo_scale *sd = (const algo_scale *)small_choice(&scale_registry, "batch_std", NULL).entry;
    size_t both_domains = 0;
    for (uint32_t trial = 0; trial < 60; trial++) {
        batch_spec spec = {trial % 2, trial / 2 % 2};
        algo_moments generated[2];
        memset(generated, 0, sizeof generated);
        fill(&t, &b, trial);
        for (size_t k = 0; k < ALL; k++) algo_moments_add(&generated[t.w.domain[b.batch.groups[k].prompt]], &b.batch.groups[k]);
        algo_batch kept = {b.batch.groups, KEPT};
        const algo_context c = {.batch = &spec, .generated = spec.generated ? generated : NULL, .policy = &t.p};
        mean->apply(NULL, &c, &kept);
        sd->apply(NULL, &c, 0, 1, &kept);
        both_domains += generated[0].n > 0 && generated[1].n > 0;
        for (size_t k = 0; k < KEPT; k++) {
            double n = 0, sum = 0, squares = 0;
            for (int pass = 0; pass < 2; pass++)
                for (size_t j = 0; j < (spec.generated ? ALL : KEPT); j++) {
                    const rollout_group *g = &b.batch.groups[j];
                    if (spec.per_domain && t.w.domain[g->prompt] != t.w.domain[b.batch.groups[k].prompt]) continue;
                    for (size_t i = 0; i < G; i++) {
                        if (pass == 0) {
                            n++;
                            sum += g->reward[i];
                        } else {
                            squares += (g->reward[i] - sum / n) * (g->reward[i] - sum / n);
                        }
                    }
                }
            for (size_t i = 0; i < G; i++) {
                double A = (b.batch.groups[k].reward[i] - sum / n) / sqrt(squares / (n - 1));
                double found = b.batch.groups[k].advantage[i];
                if (!(fabs(found - A) < 1e-10)) fail_msg("trial %u: %g, slowly %g", trial, found, A);
            }
        }
    }
    assert_true(both_domains > 30);
    small_batch_free(&b);
    small_free(&t);
}

/* Advantages of each domain have the moment by themselves. */
static void moments_per_domain(void **state)
{
    small t;
    small_rich(&t, 4, false);
    small_batch b = small_batch_make(ALL, G);
    const algo_baseline *none = (const algo_baseline *)small_choice(&baseline_registry, "none", NULL).entry;
    const char *const names[] = {"mean_abs", "batch_rms"};
    batch_spec spec = {true, false};
    const algo_context c = {.batch = &spec, .policy = &t.p};
    fill(&t, &b, 1000);
    for (int which = 0; which < 2; which++) {
        none->apply(NULL, &c, &b.batch);
        ((const algo_scale *)small_choice(&scale_registry, names[which], NULL).entry)->apply(NULL, &c, 0, 0, &b.batch);
        double sum[2] = {0}, n[2] = {0};
        for (size_t k = 0; k < ALL; k++)
            for (size_t i = 0; i < G; i++) {
                size_t d = t.w.domain[b.batch.groups[k].prompt];
                double A = b.batch.groups[k].advantage[i];
                sum[d] += which ? A * A : fabs(A);
                n[d]++;
            }
        assert_true(n[0] > 0 && n[1] > 0 && fabs(sum[0] / n[0] - 1) < 1e-12 && fabs(sum[1] / n[1] - 1) < 1e-12);
    }
    small_batch_free(&b);
    small_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(against_slow_sums), cmocka_unit_test(moments_per_domain)};
    return cmocka_run_group_tests_name("algo sets", tests, NULL, NULL);
}
