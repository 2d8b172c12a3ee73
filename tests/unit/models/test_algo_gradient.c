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

/* Both losses with every aggregation, off-policy: the rollouts come from weights some way off. Returns clipped forks. */
static uint64_t compare(small *t, const char *loss, const char *aggregation, small_batch *b, small_scratch *s)
{
    algorithm_spec a = small_algorithm("group_mean", "group_std", loss, aggregation);
    bool clip = !strcmp(loss, "clip");
    algo_counts counts = {0};
    small_correctness(t, &b->batch);
    algo_advantages(&a, &(algo_context){0}, &b->batch);
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
    static const char *const losses[] = {"policy_gradient", "clip"};
    for (size_t l = 0; l < PL_COUNT(losses); l++)
        for (const pl_entry *const *form = aggregation_registry.entries; *form; form++) {
            sample(&t, behaviour, &b, 1, &s.view);
            clipped += compare(&t, losses[l], (*form)->name, &b, &s);
        }
    assert_true(clipped > 20);                           /* the clip was exercised */
    pl_free(behaviour);
    small_batch_free(&b);
    small_scratch_free(&s);
    small_free(&t);
}

/* ---- Every loss of the registry: its coefficients, held fixed, times ln pi are the objective that it climbs ---- */

enum { D = 6 };                                          /* kinds of forks; those of this test have no stance and confidence */
typedef struct slow_forks { double n[D], ln[D]; } slow_forks;

static slow_forks forks_now(const policy_view *v, const rollout *r)
{
    return (slow_forks){{1, 1, r->steps_right, r->steps - r->steps_right},
                        {v->ln_format[r->format], v->ln_strategy[r->format * v->S + r->strategy], log(v->step[r->format]),
                         log1p(-v->step[r->format])}};
}

static slow_forks forks_then(const rollout *r)
{
    return (slow_forks){{0}, {r->ln_format, r->ln_strategy, r->ln_step_right, r->ln_step_wrong}};
}

/* Coefficients of every fork at the weights, [N G][D], anchored at `anchor` when not NULL. */
static void slow_coefficients(const small *t, const algorithm_spec *a, const double *anchor, const small_batch *b, policy_view *v,
                              double (*c)[D])
{
    const algo_loss *loss = (const algo_loss *)a->loss.entry;
    algo_pick picks[N * G * D];
    double forks = 0, mean_ln = 0, mean_advantage = 0, tokens = 0, ratio[N * G][D], correction[N * G][D];
    for (size_t i = 0; i < N * G; i++) {
        const rollout *r = &b->rollouts[i];
        const rollout_group *g = &b->batch.groups[i / G];
        policy_forward(&t->p, t->weights, g->prompt, v);
        slow_forks now = forks_now(v, r), then = forks_then(r), base = then;
        if (anchor) {
            policy_forward(&t->p, anchor, g->prompt, v);
            base = forks_now(v, r);
        }
        double whole = 0, whole_correction = 0;
        for (int d = 0; d < D; d++) {
            whole += now.n[d] * (now.ln[d] - base.ln[d]) / r->tokens;
            whole_correction += now.n[d] * (base.ln[d] - then.ln[d]) / r->tokens;
        }
        for (int d = 0; d < D; d++) {
            bool response = loss->ratio == ALGO_RATIO_RESPONSE;
            ratio[i][d] = exp(response ? whole : now.ln[d] - base.ln[d]);
            correction[i][d] = anchor ? fmin(exp(response ? whole_correction : base.ln[d] - then.ln[d]), a->decoupled.cap) : 1;
            picks[i * D + (size_t)d] = (algo_pick){.covariance = now.ln[d], .n = (size_t)now.n[d], .ratio = ratio[i][d],
                                                   .advantage = g->advantage[i % G]};
            if (now.n[d] > 0)
                loss->coefficient(a->loss.params, g->advantage[i % G], loss->ratio ? ratio[i][d] : 1,
                                  &picks[i * D + (size_t)d].bound);
            forks += now.n[d];
            mean_ln += now.n[d] * now.ln[d];
            mean_advantage += now.n[d] * g->advantage[i % G];
        }
        tokens += r->tokens;
    }
    for (size_t i = 0; i < N * G * D; i++)
        picks[i].covariance = (picks[i].covariance - mean_ln / forks) * (picks[i].advantage - mean_advantage / forks);
    pl_stream random = pl_stream_make(&(pl_seeds){.seed = 9}, PL_FOR_UPDATE, b->batch.groups[0].batch, b->batch.groups[0].slot,
                                      UINT32_MAX);
    if (loss->pick) loss->pick(a->loss.params, picks, N * G * D, tokens, &random);
    for (size_t i = 0; i < N * G * D; i++) {
        const algo_pick *p = &picks[i];
        bool clipped;
        double all = loss->coefficient(a->loss.params, p->advantage, loss->ratio ? p->ratio : 1, &clipped);
        double of_picked = p->picked ? loss->picked(a->loss.params, p->advantage, p->ratio) : 0;
        double share = p->n ? (double)p->picked / (double)p->n : 0;
        c[i / D][i % D] = correction[i / D][i % D] * ((1 - share) * all + share * of_picked);
    }
}

static double fixed_objective(const small *t, const small_batch *b, policy_view *v, double (*c)[D])
{
    double sum = 0;
    for (size_t i = 0; i < N * G; i++) {
        policy_forward(&t->p, t->weights, b->batch.groups[i / G].prompt, v);
        slow_forks now = forks_now(v, &b->rollouts[i]);
        for (int d = 0; d < D; d++)
            if (now.n[d] > 0) sum += b->weight[i] * c[i][d] * now.n[d] * now.ln[d];
    }
    return sum;
}

static void compare_fixed(small *t, const algorithm_spec *a, const double *anchor, small_batch *b, small_scratch *s)
{
    algo_counts counts = {0};
    double c[N * G][D];
    small_correctness(t, &b->batch);
    algo_advantages(a, &(algo_context){0}, &b->batch);
    algo_weights(a, &b->batch, 120, b->weight);
    slow_coefficients(t, a, anchor, b, &s->view, c);
    s->work.proximal_weights = anchor;
    policy_gradient_clear(&s->g);
    algo_gradient(a, &t->p, t->weights, &b->batch, 0, N, b->weight, &s->work, &s->g, &counts);
    double largest = 0, h = 1e-5;
    for (size_t i = 0; i < t->p.n_weights; i++) {
        double at = t->weights[i];
        t->weights[i] = at + h;
        double up = fixed_objective(t, b, &s->view, c);
        t->weights[i] = at - h;
        double down = fixed_objective(t, b, &s->view, c);
        t->weights[i] = at;
        if (!(fabs(s->g.g[i] - (up - down) / (2 * h)) < 1e-8))
            fail_msg("%s weight %zu: %g, finite difference %g", a->loss.entry->name, i, s->g.g[i], (up - down) / (2 * h));
        largest = fmax(largest, fabs(s->g.g[i]));
    }
    assert_true(largest > 0.01);
}

/* Off-policy, relative to the behaviour policy and to a proximal one whose correction is capped. */
static void every_loss(void **state)
{
    small t;
    small_scratch s;
    small_rich(&t, PROMPTS, false);
    small_scratch_init(&s, &t.p);
    small_batch b = small_batch_make(N, G);
    double *behaviour = pl_alloc_array(t.p.n_weights, 2 * sizeof *behaviour), *proximal = behaviour + t.p.n_weights;
    assert_non_null(behaviour);
    pl_stream r = pl_stream_make(&t.seeds, PL_FOR_TEST, 4, 0, 0);
    for (size_t i = 0; i < t.p.n_weights; i++) behaviour[i] = t.weights[i] + 0.3 * pl_normal(&r);
    for (size_t i = 0; i < t.p.n_weights; i++) proximal[i] = t.weights[i] + 0.1 * pl_normal(&r);
    for (const pl_entry *const *loss = loss_registry.entries; *loss; loss++) {
        void *params = small_defaults(*loss);
        algorithm_spec a = small_algorithm("group_mean", "group_std", "clip", "response");
        a.prompts = N;
        a.group_size = G;
        a.loss = (pl_choice){*loss, params};
        sample(&t, behaviour, &b, 1, &s.view);
        compare_fixed(&t, &a, NULL, &b, &s);
        if (((const algo_loss *)*loss)->ratio != ALGO_RATIO_NONE) {
            a.decoupled = (decoupled_spec){ALGO_PROXIMAL, 1.1};
            compare_fixed(&t, &a, proximal, &b, &s);
        }
        pl_free(params);
    }
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
        bool right = true;
        world_ending ending;
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
        tokens[i] = world_length(&t->w, x, f[i], s[i], pl_normal(&outcome), &ending);
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
        algo_advantages(&a, &(algo_context){0}, &b.batch);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(every_loss),
                                       cmocka_unit_test(step_against_twin)};
    return cmocka_run_group_tests_name("algo gradient", tests, NULL, NULL);
}
