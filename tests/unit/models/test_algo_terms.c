/* Gradients of what is added to the loss, for every kind of fork, over all weights against finite differences: divergence by
 * every estimator, with and without ratio, and entropy bonus; and the clip: nothing on-policy, an exact mask off it. */
#include "tests/unit/models/small_world.h"

enum { N = 5, G = 6, PROMPTS = 3, FORKS = 8 };

typedef struct scene { small t; small_scratch s; small_batch b; double *behaviour; } scene;

static void scene_open(scene *x, double distance)
{
    small_rich(&x->t, PROMPTS, true);
    small_scratch_init(&x->s, &x->t.p);
    x->b = small_batch_make(N, G);
    x->behaviour = pl_alloc_array(x->t.p.n_weights, sizeof *x->behaviour);
    assert_non_null(x->behaviour);
    pl_stream r = pl_stream_make(&x->t.seeds, PL_FOR_TEST, 2, 0, 0);
    for (size_t i = 0; i < x->t.p.n_weights; i++) {
        x->behaviour[i] = x->t.weights[i] + distance * pl_normal(&r);
        x->s.base[i] = 0.4 * pl_normal(&r);              /* a reference that is neither of both */
    }
    for (size_t k = 0; k < N; k++) {
        rollout_group *g = &x->b.batch.groups[k];
        g->prompt = (uint32_t)((k * 5) % x->t.w.n_train);
        policy_forward(&x->t.p, x->behaviour, g->prompt, &x->s.view);
        rollout_group_sample(g, &x->t.p, &x->s.view, &x->t.seeds, 0);
    }
}

static void scene_close(scene *x)
{
    pl_free(x->behaviour);
    small_batch_free(&x->b);
    small_scratch_free(&x->s);
    small_free(&x->t);
}

/* Log-probabilities of all forks of a response, one by one. */
static size_t forks(const policy_view *v, const rollout *r, double ln[FORKS])
{
    size_t n = 0;
    ln[n++] = v->ln_format[r->format];
    ln[n++] = v->ln_strategy[r->format * v->S + r->strategy];
    for (unsigned step = 0; step < r->steps; step++)
        ln[n++] = step < r->steps_right ? v->ln_step[r->format] : v->ln_fail[r->format];
    if (r->took_stance) ln[n++] = rollout_ln_stance(v, r);
    if (r->stated) ln[n++] = rollout_ln_confidence(v, r);
    assert_true(n == rollout_forks(r) && n <= FORKS);
    return n;
}

static double entropy_of(const double *pi, size_t n)
{
    double h = 0;
    for (size_t j = 0; j < n; j++) h -= pi[j] * log(pi[j]);
    return h;
}

static double entropy_of_path(const policy_view *v, const rollout *r)
{
    double q[2] = {v->step[r->format], 1 - v->step[r->format]};
    double h = entropy_of(v->format, v->F) + entropy_of(v->strategy + r->format * v->S, v->S) + r->steps * entropy_of(q, 2);
    if (r->took_stance || r->stated) policy_view_bin(v, r->bin);
    if (r->took_stance) {
        double c[2] = {v->commit[r->bin], 1 - v->commit[r->bin]};
        h += entropy_of(c, 2);
    }
    if (r->stated) h += entropy_of(v->level + r->bin * v->L, v->L);
    return h;
}

/* Sum over responses of weight times (alpha H - beta sum of ratio * value), the ratio frozen at `at`. */
static double objective(scene *x, const algorithm_spec *a, const double *at, const double *weights)
{
    const algo_kl *kl = algo_kl_in(a, ALGO_KL_LOSS);
    double sum = 0, now[FORKS], frozen[FORKS], then[FORKS], base[FORKS];
    for (size_t k = 0; k < N; k++) {
        const rollout_group *g = &x->b.batch.groups[k];
        for (size_t i = 0; i < G; i++) {
            const rollout *r = &g->rollouts[i];
            double one = 0;
            policy_forward(&x->t.p, x->s.base, g->prompt, &x->s.view);
            forks(&x->s.view, r, base);
            policy_forward(&x->t.p, x->behaviour, g->prompt, &x->s.view);
            forks(&x->s.view, r, then);
            policy_forward(&x->t.p, at, g->prompt, &x->s.view);
            forks(&x->s.view, r, frozen);
            policy_forward(&x->t.p, weights, g->prompt, &x->s.view);
            size_t n = forks(&x->s.view, r, now);
            for (size_t d = 0; kl && d < n; d++)
                one -= a->kl.weight * (a->kl.importance_ratio ? exp(frozen[d] - then[d]) : 1) * kl->value(now[d] - base[d]);
            one += a->entropy_bonus * entropy_of_path(&x->s.view, r);
            sum += x->b.weight[k * G + i] * one;
        }
    }
    return sum;
}

static void compare(scene *x, const algorithm_spec *a)
{
    algo_counts counts = {0};
    size_t n = x->t.p.n_weights;
    double largest = 0, h = 1e-5, *at = pl_alloc_array(n, sizeof *at);
    assert_non_null(at);
    memcpy(at, x->t.weights, n * sizeof *at);
    for (size_t k = 0; k < N; k++)                       /* silent groups: the added terms act there too */
        for (size_t i = 0; i < G; i++) x->b.batch.groups[k].advantage[i] = 0;
    algo_weights(a, &x->b.batch, 120, x->b.weight);
    policy_gradient_clear(&x->s.g);
    algo_gradient(a, &x->t.p, x->t.weights, &x->b.batch, 0, N, x->b.weight, &x->s.work, &x->s.g, &counts);
    for (size_t i = 0; i < n; i++) {
        x->t.weights[i] = at[i] + h;
        double up = objective(x, a, at, x->t.weights);
        x->t.weights[i] = at[i] - h;
        double down = objective(x, a, at, x->t.weights);
        x->t.weights[i] = at[i];
        if (!(fabs(x->s.g.g[i] - (up - down) / (2 * h)) < 1e-8))
            fail_msg("weight %zu: %g, finite difference %g", i, x->s.g.g[i], (up - down) / (2 * h));
        largest = fmax(largest, fabs(x->s.g.g[i]));
    }
    assert_true(largest > 0.01);
    pl_free(at);
}

static void divergence(void **state)
{
    scene x;
    scene_open(&x, 0.3);
    size_t stated = 0, hedged = 0;
    for (size_t i = 0; i < N * G; i++) {
        stated += x.b.rollouts[i].stated;
        hedged += x.b.rollouts[i].hedged;
    }
    assert_true(stated > 5 && hedged > 1);
    for (const pl_entry *const *e = kl_registry.entries; *e; e++)
        for (int ratio = 0; ratio < 2; ratio++) {
            algorithm_spec a = small_algorithm("group_mean", "group_std", "clip", "token");
            a.kl = (kl_spec){.weight = 0.717, .estimator = {*e, NULL}, .importance_ratio = ratio};
            if (((const algo_kl *)*e)->value) compare(&x, &a);
        }
    scene_close(&x);
}

static void entropy(void **state)
{
    scene x;
    scene_open(&x, 0.3);
    algorithm_spec a = small_algorithm("group_mean", "group_std", "policy_gradient", "response");
    a.entropy_bonus = 0.831;
    compare(&x, &a);
    a.entropy_bonus = -0.2385;
    a.kl = (kl_spec){.weight = 0.717, .estimator = small_choice(&kl_registry, "k3", NULL)};
    compare(&x, &a);
    scene_close(&x);
}

/* All together is the sum of the parts. */
static void parts_add_up(void **state)
{
    scene x;
    scene_open(&x, 0.2);
    size_t n = x.t.p.n_weights;
    double *sum = pl_alloc_array(n, sizeof *sum);
    assert_non_null(sum);
    small_correctness(&x.t, &x.b.batch);
    for (int part = 0; part < 4; part++) {
        algorithm_spec a = small_algorithm("group_mean", "group_std", "clip", "token");
        algo_counts counts = {0};
        a.kl.estimator = small_choice(&kl_registry, "k2", NULL);
        a.kl.weight = part == 1 || part == 3 ? 0.3 : 0;
        a.entropy_bonus = part == 2 || part == 3 ? 0.11 : 0;
        algo_advantages(&a, &(algo_context){0}, &x.b.batch);
        for (size_t i = 0; i < N * G && (part == 1 || part == 2); i++) x.b.batch.groups[i / G].advantage[i % G] = 0;
        algo_weights(&a, &x.b.batch, 120, x.b.weight);
        policy_gradient_clear(&x.s.g);
        algo_gradient(&a, &x.t.p, x.t.weights, &x.b.batch, 0, N, x.b.weight, &x.s.work, &x.s.g, &counts);
        for (size_t i = 0; i < n; i++) sum[i] += part == 3 ? -x.s.g.g[i] : x.s.g.g[i];
    }
    for (size_t i = 0; i < n; i++) assert_true(fabs(sum[i]) < 1e-14);
    pl_free(sum);
    scene_close(&x);
}

/* Every response alone: the gradient is what the forks inside the bounds give, and a fork outside gives exactly nothing. */
static void clip_masks(void **state)
{
    static const double low = 0.1317, high = 0.2385;
    scene x;
    scene_open(&x, 0.25);
    small_clip bounds = {low, high}, open = {1, PL_INF};
    uint64_t seen_low = 0, seen_high = 0, total = 0;
    small_batch one = small_batch_make(1, 1);
    for (size_t i = 0; i < 2 * N * G; i++) {
        const rollout_group *g = &x.b.batch.groups[i / 2 / G];
        double advantage = i % 2 ? 1.317 : -0.731, now[FORKS], then[FORKS];
        algorithm_spec a = small_algorithm("none", "none", "clip", "sequence");
        one.rollouts[0] = g->rollouts[i / 2 % G];
        one.batch.groups[0].prompt = g->prompt;
        one.batch.groups[0].advantage[0] = advantage;
        one.weight[0] = 1;
        algo_counts counts = {0};
        a.loss.params = &bounds;
        policy_gradient_clear(&x.s.g);
        algo_gradient(&a, &x.t.p, x.t.weights, &one.batch, 0, 1, one.weight, &x.s.work, &x.s.g, &counts);
        policy_forward(&x.t.p, x.behaviour, g->prompt, &x.s.view);
        size_t n = forks(&x.s.view, one.rollouts, then), out = 0;
        policy_forward(&x.t.p, x.t.weights, g->prompt, &x.s.view);
        forks(&x.s.view, one.rollouts, now);
        for (size_t d = 0; d < n; d++) out += advantage > 0 ? exp(now[d] - then[d]) > 1 + high : exp(now[d] - then[d]) < 1 - low;
        assert_int_equal(counts.forks, n);
        assert_int_equal(advantage > 0 ? counts.high : counts.low, out);
        assert_int_equal(advantage > 0 ? counts.low : counts.high, 0);
        double norm = 0;
        for (size_t j = 0; j < x.t.p.n_weights; j++) norm += x.s.g.g[j] * x.s.g.g[j];
        if (out == n) assert_true(norm == 0);
        else assert_true(norm > 0);
        if (out == 0) {                                  /* nothing bound: as without bounds, to the bit */
            double with = 0;
            counts = (algo_counts){0};
            a.loss.params = &open;
            for (size_t j = 0; j < x.t.p.n_weights; j++) with += x.s.g.g[j];
            policy_gradient_clear(&x.s.g);
            algo_gradient(&a, &x.t.p, x.t.weights, &one.batch, 0, 1, one.weight, &x.s.work, &x.s.g, &counts);
            for (size_t j = 0; j < x.t.p.n_weights; j++) with -= x.s.g.g[j];
            assert_true(fabs(with) < 1e-13 && counts.low + counts.high == 0);
        }
        seen_low += counts.low;
        seen_high += counts.high;
        total += n;
    }
    if (!(seen_low > 10 && seen_high > 10 && seen_low + seen_high < total / 2))
        fail_msg("of %zu forks %zu were clipped below and %zu above", (size_t)total, (size_t)seen_low, (size_t)seen_high);
    small_batch_free(&one);
    scene_close(&x);
}

/* On-policy no bound ever binds, however narrow. */
static void clip_rests_on_policy(void **state)
{
    scene x;
    scene_open(&x, 0);
    small_clip bounds = {0, 0};
    algo_counts counts = {0};
    algorithm_spec a = small_algorithm("group_mean", "group_std", "clip", "token");
    a.loss.params = &bounds;
    small_correctness(&x.t, &x.b.batch);
    algo_advantages(&a, &(algo_context){0}, &x.b.batch);
    algo_weights(&a, &x.b.batch, 120, x.b.weight);
    algo_gradient(&a, &x.t.p, x.t.weights, &x.b.batch, 0, N, x.b.weight, &x.s.work, &x.s.g, &counts);
    assert_true(counts.forks > N * G && counts.low + counts.high == 0);
    scene_close(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(divergence), cmocka_unit_test(entropy), cmocka_unit_test(parts_add_up),
        cmocka_unit_test(clip_masks), cmocka_unit_test(clip_rests_on_policy),
    };
    return cmocka_run_group_tests_name("algo terms", tests, NULL, NULL);
}
