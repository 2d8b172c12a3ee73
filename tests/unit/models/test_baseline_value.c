/* The critic: its step is the gradient of the mean squared error, by finite differences; advantages are taken before it; it
 * converges to the least squares fit; and to the pass rate itself when every prompt has its own weight. */
#include "tests/unit/models/small_world.h"

enum { N = 12, G = 5 };

static double value_of(const policy *p, const double *C, uint32_t x)
{
    const world *w = p->world;
    const size_t key[] = {0, w->domain[x], w->band[x], w->template_[x], x};
    double v = 0;
    size_t start = 0;
    for (size_t i = 0; i < p->n_tables; i++)
        if (p->tables[i].decision == DECISION_STRATEGY && p->tables[i].feature <= FEATURE_PROMPT) {
            v += p->tables[i].gain * C[start + key[p->tables[i].feature]];
            start += p->tables[i].n_keys;
        }
    return v;
}

static double loss(const policy *p, const double *C, const small_batch *b)
{
    double sum = 0;
    for (size_t k = 0; k < N; k++)
        for (size_t i = 0; i < G; i++) {
            double d = b->batch.groups[k].reward[i] - value_of(p, C, b->batch.groups[k].prompt);
            sum += d * d / 2 / (N * G);
        }
    return sum;
}

static void step_is_a_gradient(void **state)
{
    small t;
    small_rich(&t, 4, false);
    small_batch b = small_batch_make(N, G);
    const algo_baseline *baseline = (const algo_baseline *)small_choice(&baseline_registry, "value", NULL).entry;
    size_t n = baseline->state(NULL, &t.p) / 2;
    double *C = pl_alloc_array(2 * n, sizeof *C), *before = pl_alloc_array(n, sizeof *before), lr = 0.37;
    assert_true(C && before && n > 8);
    pl_stream s = pl_stream_make(&t.seeds, PL_FOR_TEST, 3, 0, 0);
    for (size_t j = 0; j < n; j++) C[j] = pl_normal(&s);
    memcpy(before, C, n * sizeof *C);
    for (size_t k = 0; k < N; k++) {
        b.batch.groups[k].prompt = (uint32_t)(k % t.w.n_train);                  /* some prompts come twice */
        for (size_t i = 0; i < G; i++) b.batch.groups[k].reward[i] = pl_normal(&s);
    }
    baseline->apply(&lr, &(algo_context){.policy = &t.p, .state = C}, &b.batch);
    for (size_t k = 0; k < N; k++)
        for (size_t i = 0; i < G; i++) {
            const rollout_group *g = &b.batch.groups[k];
            assert_true(fabs(g->advantage[i] - (g->reward[i] - value_of(&t.p, before, g->prompt))) < 1e-12);
        }
    double largest = 0;
    for (size_t j = 0; j < n; j++) {
        double at = before[j], h = 1e-5;
        before[j] = at + h;
        double up = loss(&t.p, before, &b);
        before[j] = at - h;
        double down = loss(&t.p, before, &b);
        before[j] = at;
        assert_true(fabs((C[j] - at) - lr * (down - up) / (2 * h)) < 1e-9);
        largest = fmax(largest, fabs(C[j] - at));
    }
    assert_true(largest > 0.01);
    for (int step = 0; step < 40000; step++) baseline->apply(&lr, &(algo_context){.policy = &t.p, .state = C}, &b.batch);
    for (uint32_t x = 0; x < t.w.n_train && x < N; x++) {                        /* own weights: the mean reward of the prompt */
        double sum = 0, count = 0;
        for (size_t k = 0; k < N; k++)
            for (size_t i = 0; i < G && b.batch.groups[k].prompt == x; i++, count++) sum += b.batch.groups[k].reward[i];
        assert_true(fabs(value_of(&t.p, C, x) - sum / count) < 1e-6);
    }
    pl_free(C);
    pl_free(before);
    small_batch_free(&b);
    small_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(step_is_a_gradient)};
    return cmocka_run_group_tests_name("baseline value", tests, NULL, NULL);
}
