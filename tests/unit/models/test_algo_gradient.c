/* The gradient of a batch against finite differences of the scalar objective it climbs, over all weights; and the whole
 * rollout-update step against a slow twin that reads like the formulas of docs/model/updates.md. */
#include "tests/unit/models/small_world.h"

enum { N = 6, G = 5, PROMPTS = 4 };

static void sample(const small *t, const double *weights, small_batch *b, uint32_t batch, policy_view *view)
{
    for (size_t k = 0; k < b->batch.n; k++) {
        rollout_group *g = &b->batch.groups[k];
        g->batch = batch;
        g->prompt = (uint32_t)((k * 5 + batch) % t->w.n_train);
        policy_forward(&t->p, weights, g->prompt, view);
        rollout_group_sample(g, &t->p, view, &t->seeds, batch);
    }
}

/* What one fork adds to the objective: A ln pi, or min(r A, clip(r) A). */
static double objective_of_fork(bool clip, double advantage, double ln_now, double ln_then)
{
    if (!clip) return advantage * ln_now;
    double r = exp(ln_now - ln_then);
    return fmin(r * advantage, fmin(fmax(r, 0.8), 1.2) * advantage);
}

static double objective(const small *t, bool clip, const double *weights, const small_batch *b, policy_view *v)
{
    double sum = 0;
    for (size_t k = 0; k < b->batch.n; k++) {
        const rollout_group *g = &b->batch.groups[k];
        policy_forward(&t->p, weights, g->prompt, v);
        for (size_t i = 0; i < g->G; i++) {
            const rollout *r = &g->rollouts[i];
            double A = g->advantage[i], one = 0;
            one += objective_of_fork(clip, A, v->ln_format[r->format], r->ln_format);
            one += objective_of_fork(clip, A, v->ln_strategy[r->format * v->S + r->strategy], r->ln_strategy);
            for (unsigned step = 0; step < r->steps; step++)
                one += step < r->steps_right ? objective_of_fork(clip, A, log(v->step[r->format]), r->ln_step_right)
                                             : objective_of_fork(clip, A, log1p(-v->step[r->format]), r->ln_step_wrong);
            sum += b->weight[k * g->G + i] * one;
        }
    }
    return sum;
}

/* Every loss with every aggregation, off-policy: the rollouts come from weights some way off. Returns clipped forks. */
static uint64_t compare(small *t, const char *loss, const char *aggregation, small_batch *b, small_scratch *s)
{
    algorithm_spec a = small_algorithm("group_mean", "group_std", loss, aggregation);
    bool clip = !strcmp(loss, "clip");
    algo_counts counts = {0};
    small_correctness(t, &b->batch);
    algo_advantages(&a, &b->batch);
    algo_weights(&a, &b->batch, 120, b->weight);
    policy_gradient_clear(&s->g);
    algo_gradient(&a, &t->p, t->weights, &b->batch, 0, 2, b->weight, &s->work, &s->g, &counts);      /* in two parts */
    algo_gradient(&a, &t->p, t->weights, &b->batch, 2, N, b->weight, &s->work, &s->g, &counts);
    uint64_t forks = 0;
    for (size_t i = 0; i < N * G; i++) forks += rollout_forks(&b->rollouts[i]);
    assert_int_equal(counts.forks, forks);
    double largest = 0, h = 1e-5;
    for (size_t i = 0; i < t->p.n_weights; i++) {
        double at = t->weights[i];
        t->weights[i] = at + h;
        double up = objective(t, clip, t->weights, b, &s->view);
        t->weights[i] = at - h;
        double down = objective(t, clip, t->weights, b, &s->view);
        t->weights[i] = at;
        if (!(fabs(s->g.g[i] - (up - down) / (2 * h)) < 1e-8))
            fail_msg("%s %s weight %zu: %g, finite difference %g", loss, aggregation, i, s->g.g[i], (up - down) / (2 * h));
        largest = fmax(largest, fabs(s->g.g[i]));
    }
    assert_true(largest > 0.01);
    return counts.low + counts.high;
}

static void gradients(void **state)
{
    small t;
    small_scratch s;
    small_rich(&t, PROMPTS, false);
    small_scratch_init(&s, &t.p);
    small_batch b = small_batch_make(N, G);
    double *behaviour = pl_alloc_array(t.p.n_weights, sizeof *behaviour);
    assert_non_null(behaviour);
    pl_stream r = pl_stream_make(&t.seeds, PL_FOR_TEST, 2, 0, 0);
    for (size_t i = 0; i < t.p.n_weights; i++) behaviour[i] = t.weights[i] + 0.3 * pl_normal(&r);
    uint64_t clipped = 0;
    for (const pl_entry *const *loss = loss_registry.entries; *loss; loss++)
        for (const pl_entry *const *form = aggregation_registry.entries; *form; form++) {
            sample(&t, behaviour, &b, 1, &s.view);
            clipped += compare(&t, (*loss)->name, (*form)->name, &b, &s);
        }
    assert_true(clipped > 20);                           /* the clip was exercised */
    pl_free(behaviour);
    small_batch_free(&b);
    small_scratch_free(&s);
    small_free(&t);
}

/* ---- The slow twin ---- */

/* How much prompt x in format f uses row k of a table: a component of its embedding, else whether the key is its own. */
static double twin_use(const small *t, const policy_table *table, size_t k, uint32_t x, size_t f)
{
    const world *w = &t->w;
    const size_t key[FEATURES] = {0, w->domain[x], w->band[x], w->template_[x], x, SIZE_MAX, f};
    return table->feature == FEATURE_EMBEDDING ? t->p.embedding[x * 3 + k] : key[table->feature] == k;
}

/* Logit of option j: prior plus every feature's gain times its weight, straight from the definition. */
static double twin_logit(const small *t, const double *W, decision d, uint32_t x, size_t f, size_t j)
{
    const world *w = &t->w;
    double z = d == DECISION_FORMAT ? w->ln_prior_format[w->domain[x] * 3 + j]
             : d == DECISION_STRATEGY ? w->ln_prior_strategy[(x * 3 + f) * 4 + j] : w->execution[x * 3 + f];
    for (size_t i = 0; i < t->p.n_tables; i++) {
        const policy_table *table = &t->p.tables[i];
        for (size_t k = 0; table->decision == d && k < table->n_keys; k++)
            z += table->gain * twin_use(t, table, k, x, f) * W[table->offset + k * table->width + j];
    }
    if (d == DECISION_FORMAT) z += 0.3 * W[t->p.sharp_offset + w->domain[x]] * t->p.sharp_format[w->domain[x] * 3 + j];
    if (d == DECISION_STRATEGY) z += 0.3 * W[t->p.sharp_offset + w->domain[x]] * t->p.sharp_strategy[(x * 3 + f) * 4 + j];
    return z;
}

static void twin_probabilities(const small *t, const double *W, decision d, uint32_t x, size_t f, size_t n, double *pi)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++) sum += pi[j] = exp(twin_logit(t, W, d, x, f, j));
    for (size_t j = 0; j < n; j++) pi[j] /= sum;
}

/* W += lr c d(ln pi of the chosen option)/dW for one fork: through each logit, through each feature. */
static void twin_fork(const small *t, const double *pi, size_t n, size_t chosen, decision d, uint32_t x, size_t f, double c,
                      double *dW)
{
    const world *w = &t->w;
    for (size_t j = 0; j < n; j++) {
        double dz = c * ((j == chosen) - pi[j]);
        for (size_t i = 0; i < t->p.n_tables; i++) {
            const policy_table *table = &t->p.tables[i];
            for (size_t k = 0; table->decision == d && k < table->n_keys; k++)
                dW[table->offset + k * table->width + j] += table->gain * twin_use(t, table, k, x, f) * dz;
        }
        double phi = d == DECISION_FORMAT     ? t->p.sharp_format[w->domain[x] * 3 + j]
                     : d == DECISION_STRATEGY ? t->p.sharp_strategy[(x * 3 + f) * 4 + j]
                                              : 0;
        dW[t->p.sharp_offset + w->domain[x]] += 0.3 * phi * dz;
    }
}

static size_t twin_draw(pl_stream *s, const double *pi, size_t n)
{
    double u = pl_uniform(s);
    size_t j = 0;
    while (j + 1 < n && u >= pi[j]) u -= pi[j++];
    return j;
}

/* One on-policy GRPO step (eps .01, token mean per response, l_ref 120) on one group: samples, pays, adds to dW. */
static void twin_group(const small *t, const double *W, uint32_t batch, uint32_t slot, uint32_t x, double *dW)
{
    size_t f[G], s[G];
    bool step[G][3];
    double r[G], tokens[G], mean = 0, variance = 0;
    for (uint32_t i = 0; i < G; i++) {
        pl_stream decide = pl_stream_make(&t->seeds, PL_FOR_SAMPLE, batch, slot, i);
        pl_stream outcome = pl_stream_make(&t->seeds, PL_FOR_OUTCOME, batch, slot, i);
        double format[3], strategy[4];
        bool right = true, truncated;
        twin_probabilities(t, W, DECISION_FORMAT, x, 0, 3, format);
        f[i] = twin_draw(&decide, format, 3);
        twin_probabilities(t, W, DECISION_STRATEGY, x, f[i], 4, strategy);
        s[i] = twin_draw(&decide, strategy, 4);
        double e = twin_logit(t, W, DECISION_EXECUTION, x, f[i], 0);
        for (int k = 0; k < t->strategies[s[i]].steps; k++) {
            step[i][k] = pl_uniform(&decide) < 1 / (1 + exp(-e));
            right &= step[i][k];
        }
        right &= pl_uniform(&outcome) < t->w.applicability[x * 4 + s[i]];
        right &= pl_uniform(&outcome) < 0.9;
        tokens[i] = world_length(&t->w, f[i], s[i], pl_normal(&outcome), &truncated);
        r[i] = right ? 1 : 0;
        mean += r[i] / G;
    }
    for (size_t i = 0; i < G; i++) variance += (r[i] - mean) * (r[i] - mean) / G;
    for (size_t i = 0; i < G; i++) {
        double c = (r[i] - mean) / (sqrt(variance) + 0.01) * 120 / tokens[i] / G / N, pi[4];
        twin_probabilities(t, W, DECISION_FORMAT, x, 0, 3, pi);
        twin_fork(t, pi, 3, f[i], DECISION_FORMAT, x, 0, c, dW);
        twin_probabilities(t, W, DECISION_STRATEGY, x, f[i], 4, pi);
        twin_fork(t, pi, 4, s[i], DECISION_STRATEGY, x, f[i], c, dW);
        double q = 1 / (1 + exp(-twin_logit(t, W, DECISION_EXECUTION, x, f[i], 0)));
        for (int k = 0; k < t->strategies[s[i]].steps; k++)
            twin_fork(t, &q, 1, step[i][k] ? 0 : 1, DECISION_EXECUTION, x, f[i], c, dW);
    }
}

/* Twenty steps of both from the same numbers: the same weights up to rounding. */
static void step_against_twin(void **state)
{
    enum { STEPS = 20 };
    small t;
    small_scratch s;
    small_rich(&t, PROMPTS, false);
    small_scratch_init(&s, &t.p);
    small_batch b = small_batch_make(N, G);
    size_t n = t.p.n_weights;
    double *twin = pl_alloc_array(n, sizeof *twin), *dW = pl_alloc_array(n, sizeof *dW), moved = 0;
    assert_true(twin && dW);
    memcpy(twin, t.weights, n * sizeof *twin);
    algorithm_spec a = small_recipe("grpo");
    a.epsilon = 0.01;
    optimizer_spec o = {.method = small_choice(&optimizer_registry, "sgd", NULL), .lr = 0.5};
    for (uint32_t step = 0; step < STEPS; step++) {
        algo_counts counts = {0};
        sample(&t, t.weights, &b, step, &s.view);
        small_correctness(&t, &b.batch);
        algo_advantages(&a, &b.batch);
        algo_weights(&a, &b.batch, 120, b.weight);
        policy_gradient_clear(&s.g);
        algo_gradient(&a, &t.p, t.weights, &b.batch, 0, N, b.weight, &s.work, &s.g, &counts);
        algo_step(&o, step, t.weights, NULL, &t.p, &s.g);
        memset(dW, 0, n * sizeof *dW);
        for (uint32_t k = 0; k < N; k++) twin_group(&t, twin, step, k, b.batch.groups[k].prompt, dW);
        for (size_t i = 0; i < n; i++) twin[i] += 0.5 * dW[i];
        for (size_t i = 0; i < n; i++) {
            assert_true(fabs(twin[i] - t.weights[i]) < 1e-11);
            moved = fmax(moved, fabs(dW[i]));
        }
    }
    assert_true(moved > 0.1);
    pl_free(twin);
    pl_free(dW);
    small_batch_free(&b);
    small_scratch_free(&s);
    small_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(step_against_twin)};
    return cmocka_run_group_tests_name("algo gradient", tests, NULL, NULL);
}
