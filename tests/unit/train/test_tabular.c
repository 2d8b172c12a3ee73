/* The tabular world: reading, the quick road against a twin in double precision, against the general road in
 * distribution, and the same bits on every vector level. */
#include "tests/unit/train/scene.h"
#include <stdio.h>
#include <unistd.h>
#include "models/tabular.h"
#include "sim/base/fs.h"
#include "sim/core/simd.h"
#include "sim/core/stats.h"
#include "sim/train/run.h"

enum { PROMPTS = 11, OUTCOMES = 37, MAX_G = 24 };

static const char *group_of(size_t k) { return k < 5 ? "code" : k < 23 ? "text" : "tools"; }

/* The table's numbers: reproducible, all different. */
static void entry(size_t x, size_t k, double *logit, double *p)
{
    pl_seeds seeds = pl_seeds_make(711, 0, NULL, 0);
    pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, (uint32_t)x, (uint32_t)k, 5);
    double u = pl_uniform(&s);
    *logit = 1.3 * pl_normal(&s);
    *p = u * u;
}

static void make_rows(pl_table *t)
{
    const pl_column_spec specs[] = {{"prompt", "", "", PL_LOGGED, false}, {"group", "", "", PL_LOGGED, true}, {"outcome", "", "", PL_LOGGED, false},
                                    {"logit", "", "", PL_LOGGED, false}, {"p", "", "", PL_LOGGED, false}};
    pl_table_init(t);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(pl_table_add_column(t, &specs[i], NULL), PL_OK);
    for (size_t i = 0; i < (size_t)PROMPTS * OUTCOMES; i++) {
        size_t row, x = i / OUTCOMES, k = (i * 5) % OUTCOMES;        /* not in order */
        assert_int_equal(pl_table_add_row(t, &row), PL_OK);
        t->columns[0].v[row] = (double)x;
        assert_int_equal(pl_table_set_text(t, row, 1, group_of(k)), PL_OK);
        t->columns[2].v[row] = (double)k;
        entry(x, k, &t->columns[3].v[row], &t->columns[4].v[row]);
    }
}

/* A scene over the table in a file, with the recipe of the quick road. */
static void table_scene(scene *s, char path[32])
{
    pl_str text;
    scene_make(s);
    pl_str_init(&text);
    pl_str_add(&text, "prompt,group,outcome,logit,p\n");
    for (size_t x = 0; x < PROMPTS; x++)
        for (size_t k = 0; k < OUTCOMES; k++) {
            double logit, p;
            entry(x, k, &logit, &p);
            pl_str_addf(&text, "%zu,%s,%zu,%.17g,%.17g\n", x, group_of(k), k, logit, p);
        }
    snprintf(path, 32, "/tmp/pl-table-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_non_null(pl_str_end(&text));
    assert_int_equal(pl_write_file(path, text.text, text.length, NULL), PL_OK);
    pl_str_free(&text);
    s->spec.world = (world_spec){.table = path, .length_cap = NAN};
    for (int f = 0; f < FEATURES; f++)
        s->spec.policy.transfer.v[f] = f == FEATURE_PROMPT ? .8 : 0;
    s->spec.policy.sharp = 0;
    s->spec.algorithm.group_size = 21;
    s->spec.algorithm.prompts = PROMPTS;
    s->spec.algorithm.minibatches = 1;
    s->spec.algorithm.batch_reduction = ALGO_SUM;
    s->spec.algorithm.aggregation = scene_choice(&aggregation_registry, "response", NULL);
    s->spec.optimizer.lr = 1.2;
}

/* Rollout 16 c + 4 w + j of slot b takes word w of block j of the stream (batch, b, c). */
static double rollout_uniform(const scene *s, pl_purpose purpose, uint32_t batch, size_t b, size_t i)
{
    pl_stream numbers = pl_stream_make(&s->seeds, purpose, batch, (uint32_t)b, (uint32_t)(i / 16));
    double u = 0;
    for (size_t k = 0; k <= i % 4 * 4 + i % 16 / 4; k++)
        u = (double)pl_uniformf(&numbers);
    return u;
}

/* The step in double precision, from the formulas: softmax, inversion of the same uniforms, advantage, and the whole
 * gradient including the part that cancels. Returns draws whose uniform fell within `margin` of an edge. */
static size_t twin_step(const scene *s, double z[PROMPTS][OUTCOMES], uint32_t batch, const uint32_t *prompts, size_t n)
{
    size_t G = (size_t)s->spec.algorithm.group_size, close_calls = 0;
    static double move[PROMPTS][OUTCOMES];
    memset(move, 0, sizeof move);
    for (size_t b = 0; b < n; b++) {
        size_t x = prompts[b], outcome[MAX_G];
        double pi[OUTCOMES], sum = 0, reward[MAX_G], mean = 0, variance = 0, logit, p;
        for (size_t k = 0; k < OUTCOMES; k++)
            sum += pi[k] = exp(z[x][k]);
        for (size_t k = 0; k < OUTCOMES; k++)
            pi[k] /= sum;
        for (size_t i = 0; i < G; i++) {
            double u = rollout_uniform(s, PL_FOR_SAMPLE, batch, b, i), cdf = pi[0];
            size_t k = 0;
            for (; u >= cdf && k < OUTCOMES - 1; cdf += pi[++k])
                close_calls += fabs(u - cdf) < 2e-6;
            entry(x, k, &logit, &p);
            outcome[i] = k;
            reward[i] = rollout_uniform(s, PL_FOR_OUTCOME, batch, b, i) < p;
            mean += reward[i] / (double)G;
        }
        for (size_t i = 0; i < G; i++)
            variance += (reward[i] - mean) * (reward[i] - mean) / (double)G;
        for (size_t i = 0; i < G; i++) {
            double c = (reward[i] - mean) / (sqrt(variance) + 1e-6) / (double)G;
            for (size_t k = 0; k < OUTCOMES; k++)
                move[x][k] += .8 * .8 * 1.2 * c * ((k == outcome[i]) - pi[k]);
        }
    }
    for (size_t i = 0; i < (size_t)PROMPTS * OUTCOMES; i++)
        z[i / OUTCOMES][i % OUTCOMES] += move[i / OUTCOMES][i % OUTCOMES];
    return close_calls;
}

/* Logits agree to single precision while both draw the same outcomes, which they do unless a uniform falls next to an
 * edge of the distribution; n > PROMPTS has prompts twice in a batch. */
static void quick_road_is_its_twin(void **state)
{
    for (size_t n = PROMPTS; n <= 17; n += 6) {
        scene s;
        char path[32];
        pl_table rows;
        tabular t;
        tabular_fast *fast = NULL;
        static double z[PROMPTS][OUTCOMES], weights[PROMPTS * OUTCOMES];
        uint32_t prompts[17];
        double p, norm;
        table_scene(&s, path);
        unlink(path);
        make_rows(&rows);
        s.spec.algorithm.prompts = (int64_t)n;
        assert_int_equal(tabular_init(&t, &rows, "rows", &s.spec.policy, NULL), PL_OK);
        assert_int_equal(tabular_fast_open(&fast, &t, &s.spec.reward, &s.spec.algorithm, &s.spec.optimizer, NULL), PL_OK);
        assert_non_null(fast);
        for (size_t i = 0; i < (size_t)PROMPTS * OUTCOMES; i++)
            entry(i / OUTCOMES, i % OUTCOMES, &z[i / OUTCOMES][i % OUTCOMES], &p);
        for (uint32_t b = 0; b < 12; b++) {
            tabular_step seen;
            for (size_t i = 0; i < n; i++)
                prompts[i] = (uint32_t)((i * 3 + b) % PROMPTS);
            assert_int_equal(twin_step(&s, z, b, prompts, n), 0);
            assert_true(tabular_fast_update(fast, &s.seeds, b, b, prompts, n, 0, NULL, &norm, NULL, &seen));
        }
        tabular_fast_export(fast, weights);
        for (size_t i = 0; i < (size_t)PROMPTS * OUTCOMES; i++) {
            double prior;
            entry(i / OUTCOMES, i % OUTCOMES, &prior, &p);
            assert_true(fabs(prior + .8 * weights[i] - z[i / OUTCOMES][i % OUTCOMES]) < 2e-5);
        }
        tabular_fast_free(fast);
        tabular_free(&t);
        pl_table_free(&rows);
    }
}

/* What the kernel sees in passing is what the measures say of the same state. */
static void statistics_agree_with_measures(void **state)
{
    scene s;
    char path[32];
    pl_table table;
    table_scene(&s, path);
    s.spec.stop.steps = 6;
    s.spec.record.every = 1;
    pl_table_init(&table);
    run r = {.spec = &s.spec, .seeds = &s.seeds, .arm = "a", .table = &table};
    assert_int_equal(run_open(&r), PL_OK);
    assert_non_null(r.learner.fast);
    assert_int_equal(run_loop(&r), PL_OK);
    tabular_step seen;
    double norm;
    assert_true(tabular_fast_update(r.learner.fast, &s.seeds, 6, 6, r.generators.prompts, PROMPTS, 0, NULL, &norm, NULL, &seen));
    assert_true(fabs(seen.entropy - scene_value(&table, "entropy/response", -1)) < 1e-5);
    assert_true(fabs(seen.pass - scene_value(&table, "pass@1", -1)) < 1e-6);
    double code = 0;
    for (size_t k = 0; k < 5; k++)
        code += seen.share[k];
    assert_true(fabs(code - scene_value(&table, "formats/share/code", -1)) < 1e-6);
    run_close(&r);
    pl_table_free(&table);
    unlink(path);
}

/* A recipe of the dense road: shared features, two updates of ten groups, divergence in the loss. */
static void make_dense(scene *s)
{
    s->spec.policy.transfer.v[FEATURE_GLOBAL] = .3;
    s->spec.policy.transfer.v[FEATURE_DOMAIN] = .2;
    s->spec.algorithm.prompts = 10;
    s->spec.algorithm.minibatches = 2;
    s->spec.algorithm.kl = (kl_spec){.weight = .17, .estimator = scene_choice(&kl_registry, "k3", NULL), .in = ALGO_KL_LOSS};
}

static void same_bits(bool dense)
{
    static const char *const levels[] = {"scalar", "avx2", "avx512"};
    scene s;
    char path[32], hash[33] = "";
    size_t done = 0;
    table_scene(&s, path);
    if (dense)
        make_dense(&s);
    s.spec.stop.steps = 60;
    for (size_t i = 0; i < PL_COUNT(levels); i++) {
        pl_table t;
        if (pl_simd_select(levels[i], NULL) != PL_OK)
            continue;                                      /* not on this machine */
        assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
        pl_hash h = pl_table_hash(&t);
        if (done++)
            assert_string_equal(hash, h.hex);
        snprintf(hash, sizeof hash, "%s", h.hex);
        pl_table_free(&t);
    }
    assert_int_equal(pl_simd_select(NULL, NULL), PL_OK);
    assert_true(done >= 1);
    unlink(path);
}

static void every_level_gives_the_same_bits(void **state)
{
    same_bits(false);
    same_bits(true);
}

typedef struct dense_scene {
    scene s;
    tabular t;
    tabular_fast *fast;
    policy_gradient g;
    policy_dz dz;
    algo_batch batch;
    rollout_group groups[16];
    rollout rollouts[16][MAX_G];
    double values[16][2][MAX_G], weight[16 * MAX_G];
} dense_scene;

static void open_dense(dense_scene *d)
{
    char path[32];
    pl_table rows;
    table_scene(&d->s, path);
    unlink(path);
    make_dense(&d->s);
    make_rows(&rows);
    assert_int_equal(tabular_init(&d->t, &rows, "rows", &d->s.spec.policy, NULL), PL_OK);
    pl_table_free(&rows);
    assert_int_equal(tabular_fast_open(&d->fast, &d->t, &d->s.spec.reward, &d->s.spec.algorithm, &d->s.spec.optimizer, NULL), PL_OK);
    assert_non_null(d->fast);
    assert_int_equal(policy_gradient_init(&d->g, &d->t.policy), PL_OK);
    assert_int_equal(policy_dz_init(&d->dz, &d->t.policy), PL_OK);
    d->batch = (algo_batch){.groups = d->groups, .n = 10};
    for (size_t b = 0; b < 10; b++)
        d->groups[b] = (rollout_group){.G = 21, .rollouts = d->rollouts[b], .reward = d->values[b][0], .advantage = d->values[b][1]};
}

static void close_dense(dense_scene *d)
{
    policy_gradient_free(&d->g);
    policy_dz_free(&d->dz);
    tabular_fast_free(d->fast);
    tabular_free(&d->t);
}

/* ln pi of the drawn outcomes under the policy that drew them, from its own formulas. */
static void mark_draws(dense_scene *d, const double *weights)
{
    for (size_t b = 0; b < d->batch.n; b++) {
        policy_forward(&d->t.policy, weights, d->groups[b].prompt, &d->t.view);
        for (size_t i = 0; i < 21; i++) {
            rollout *r = &d->rollouts[b][i];
            size_t k = 0;
            while (d->t.group[k] != r->format || d->t.place[k] != r->strategy)
                k++;
            r->ln_strategy = d->t.view.ln_strategy[k];
        }
    }
}

/* Every update of the dense road is the step that the general road takes from the same weights with the same rollouts; the batch
 * of the third pass has prompts twice. Rounding of a float: 2e-5 of a logit, 1e-4 of the norm. */
static void dense_road_takes_the_general_step(void **state)
{
    static dense_scene d;
    static double before[PROMPTS * OUTCOMES + 2 * OUTCOMES], after[PROMPTS * OUTCOMES + 2 * OUTCOMES], zero[PROMPTS * OUTCOMES + 2 * OUTCOMES],
        drawn_with[PROMPTS * OUTCOMES + 2 * OUTCOMES];
    size_t clipped = 0;
    open_dense(&d);
    assert_int_equal(d.t.policy.n_weights, PL_COUNT(zero));
    d.s.clip[0] = d.s.clip[1] = .01;                       /* so narrow that it binds */
    for (uint32_t step = 0; step < 24; step++) {
        uint32_t prompts[10], batch = step / 2;
        tabular_step seen;
        double norm, expected = 0;
        algo_counts counts = {0}, general = {0};
        for (size_t b = 0; b < 10; b++)
            prompts[b] = (uint32_t)(batch % 4 == 2 ? (b * b + batch) % PROMPTS : (b * 3 + batch) % PROMPTS);
        tabular_fast_export(d.fast, before);
        assert_true(tabular_fast_update(d.fast, &d.s.seeds, batch, step, prompts, 10, step % 2, &d.batch, &norm, &counts, &seen));
        tabular_fast_export(d.fast, after);
        if (step % 2 == 0)
            memcpy(drawn_with, before, sizeof before);
        mark_draws(&d, drawn_with);
        algo_weights(&d.s.spec.algorithm, &d.batch, 1, d.weight);
        policy_gradient_clear(&d.g);
        const algo_scratch work = {.dz = &d.dz, .reference_weights = zero};
        tabular_gradient(&d.t, &d.s.spec.algorithm, before, &d.batch, step % 2 * 5, step % 2 * 5 + 5, d.weight, &work, &d.g, &general);
        for (size_t w = 0; w < PL_COUNT(zero); w++) {
            expected += d.g.g[w] * d.g.g[w];
            if (!(fabs(after[w] - before[w] - 1.2 * d.g.g[w]) < 2e-5))
                fail_msg("step %u, weight %zu moves %g, not %g", step, w, after[w] - before[w], 1.2 * d.g.g[w]);
        }
        assert_true(fabs(norm - sqrt(expected)) < 1e-4 * sqrt(expected));
        assert_int_equal(counts.forks, general.forks);
        assert_int_equal(counts.low + counts.high, general.low + general.high);
        assert_true(fabs(counts.divergence - general.divergence) < 1e-4 * (1 + general.divergence));
        clipped += counts.low + counts.high;
    }
    assert_true(clipped > 0);
    close_dense(&d);
}

/* Final pass rate and entropy over 24 seeds: Welch's t below 5, which happens by chance in fewer than 1 of 10,000 tests of
 * this kind. Two terms of half the weight are the same reward but not the recipe of the quick road. */
static void agree_in_distribution(bool dense)
{
    enum { SEEDS = 24 };
    static const char *const columns[] = {"pass@1", "entropy/response", "formats/share/text", "gradient/norm", "advantage/covariance"};
    enum { COLUMNS = PL_COUNT(columns) };
    double v[2][COLUMNS][SEEDS];
    scene s;
    char path[32];
    table_scene(&s, path);
    if (dense)
        make_dense(&s);
    pl_chosen halves[2] = {s.term, s.term};
    halves[1].key = "again";
    for (int road = 0; road < 2; road++) {
        s.spec.reward = road ? (pl_choices){halves, 2} : (pl_choices){&s.term, 1};
        s.common.weight = road ? .5 : 1;
        for (uint32_t i = 0; i < SEEDS; i++) {
            pl_table t;
            s.seeds = pl_seeds_make(5, i, NULL, 0);
            assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
            for (int c = 0; c < COLUMNS; c++)
                v[road][c][i] = scene_value(&t, columns[c], -1);
            pl_table_free(&t);
        }
    }
    for (int c = 0; c < COLUMNS; c++) {
        double se = sqrt((pl_variance(v[0][c], SEEDS) + pl_variance(v[1][c], SEEDS)) / SEEDS);
        double gap = fabs(pl_mean(v[0][c], SEEDS) - pl_mean(v[1][c], SEEDS));
        if (!(gap < 5 * se))
            fail_msg("%s: gap %g, standard error %g", columns[c], gap, se);
    }
    unlink(path);
}

static void roads_agree_in_distribution(void **state)
{
    agree_in_distribution(false);
    agree_in_distribution(true);
}

/* A batch that is looked at is drawn first and moved afterwards: the same bits as in one go. */
static void looking_changes_nothing(void **state)
{
    static const char *const columns[] = {"pass@1", "entropy/response", "advantage/covariance", "gradient/norm", "kl/base"};
    scene s;
    char path[32];
    pl_table often, once;
    table_scene(&s, path);
    s.spec.stop.steps = 24;
    s.spec.record.every = 1;
    assert_int_equal(scene_run(&s, &often, NULL), PL_OK);
    s.spec.record.every = 24;
    assert_int_equal(scene_run(&s, &once, NULL), PL_OK);
    assert_int_equal(often.n_rows, 25);
    assert_int_equal(once.n_rows, 2);
    for (size_t i = 0; i < PL_COUNT(columns); i++)
        assert_true(scene_value(&often, columns[i], -1) == scene_value(&once, columns[i], -1));
    pl_table_free(&often);
    pl_table_free(&once);
    unlink(path);
}

static void bad_tables_are_refused(void **state)
{
    static const struct { size_t column; double value; const char *word; } slips[] = {
        {0, .5, "prompt is not"}, {0, -1, "prompt is not"}, {2, 1e9, "outcome is not"}, {3, NAN, "logit is"}, {4, 1.01, "p is not"},
        {4, NAN, "p is not"},     {2, 5, "twice"},          {2, 37, "would be needed"}};
    scene s;
    char path[32];
    table_scene(&s, path);
    unlink(path);
    for (size_t i = 0; i < PL_COUNT(slips); i++) {
        pl_table rows;
        tabular t;
        pl_diag diag;
        pl_diag_init(&diag);
        make_rows(&rows);
        rows.columns[slips[i].column].v[3] = slips[i].value;         /* outcome 15, text */
        assert_int_equal(tabular_init(&t, &rows, "bad.csv", &s.spec.policy, &diag), PL_ERR_USER);
        bool named = false;
        for (size_t m = 0; m < diag.count; m++)
            named = named || (strstr(diag.messages[m].what, slips[i].word) && !strcmp(diag.messages[m].place.file, "bad.csv"));
        if (!named)
            fail_msg("slip %zu is not named", i);
        pl_table_free(&rows);
        pl_diag_free(&diag);
    }
    s.spec.world.table = "no/such/file.csv";
    pl_table t;
    assert_int_not_equal(scene_run(&s, &t, NULL), PL_OK);
    assert_int_equal(t.n_rows, 0);
    pl_table_free(&t);
}

static void survives_failing_memory(void **state)
{
    scene s;
    char path[32];
    bool failed = true;
    table_scene(&s, path);
    s.spec.stop.steps = 1;
    for (uint64_t k = 1; failed; k += 1 + k / 16) {        /* reading makes very many: a sample of them */
        pl_table t;
        pl_table_init(&t);
        pl_mem_fail_at(k, false);
        pl_status st = training_run(&s.spec, &s.seeds, "a", 0, &t, NULL, NULL);
        failed = pl_mem_count() >= k;
        pl_mem_fail_at(0, false);
        assert_int_equal(st, failed ? PL_ERR_WORLD : PL_OK);
        pl_table_free(&t);
    }
    unlink(path);
}

/* Asynchronous: groups drawn late by the kernel and applied at the publication, with an event per group or per response, against the
 * general road, over 40 seeds each. Means within 4.5 standard errors of their difference (P < 1e-5 each). */
static void streams_agree_in_distribution(void **state)
{
    enum { SEEDS = 40, VALUES = 4, VARIANTS = 3 };
    static const char *const columns[VALUES] = {"pass@1", "entropy/strategy", "staleness/mean", "time_s"};
    double sum[VARIANTS][VALUES] = {{0}}, squares[VARIANTS][VALUES] = {{0}};
    for (int v = 0; v < VARIANTS; v++)
        for (uint32_t seed = 0; seed < SEEDS; seed++) {
            scene s;
            char path[32];
            table_scene(&s, path);
            mode_params m = {.capacity = 2, .publish_every = 1, .max_staleness = 3, .in_flight = IN_FLIGHT_FINISH};
            s.seeds = pl_seeds_make(91 + (uint64_t)v, seed, NULL, 0);      /* independent: the roads share no numbers anyway */
            s.spec.algorithm.loss = scene_choice(&loss_registry, "policy_gradient", NULL);
            s.spec.algorithm.entropy_bonus = v == 0 ? 1e-12 : 0;           /* which the quick road does not know */
            s.spec.cluster.mode = scene_choice(&mode_registry, "pipeline", &m);
            s.spec.cluster.jitter = .7;
            s.spec.cluster.tokens_per_second = .5;
            s.spec.cluster.weight_sync = 0;
            s.spec.cluster.detail = v == 2 ? DETAIL_ROLLOUT : DETAIL_GROUP;
            s.spec.cluster.batching = BATCHING_GROUP;
            s.spec.record.every = 1;
            pl_table t;
            pl_table_init(&t);
            run r = {.spec = &s.spec, .seeds = &s.seeds, .arm = "base", .table = &t};
            assert_int_equal(run_open(&r), PL_OK);
            assert_true((r.learner.fast != NULL) == (v > 0));
            assert_int_equal(run_loop(&r), PL_OK);
            const ledger *l = &r.stream.ledger;
            double waiting = stream_waiting(&r) + l->groups_trained * 21 - l->trained;
            assert_true(l->generated == l->trained + l->stale + waiting && l->trained == 20 * 11 * 21);
            for (int i = 0; i < VALUES; i++) {
                double x = 0;
                for (size_t row = 1; row < t.n_rows; row++)
                    x += i == 2 ? scene_value(&t, columns[i], (long)row) / 20 : 0;
                x = i == 2 ? x : scene_value(&t, columns[i], -1);
                sum[v][i] += x / SEEDS;
                squares[v][i] += x * x / SEEDS;
            }
            run_close(&r);
            pl_table_free(&t);
            unlink(path);
        }
    for (int v = 1; v < VARIANTS; v++)
        for (int i = 0; i < VALUES; i++) {
            double error = sqrt((squares[0][i] - sum[0][i] * sum[0][i] + squares[v][i] - sum[v][i] * sum[v][i]) / (SEEDS - 1));
            if (!(fabs(sum[v][i] - sum[0][i]) < 4.5 * error))
                fail_msg("%s, variant %d: %g, general road %g, error %g", columns[i], v, sum[v][i], sum[0][i], error);
            assert_true(error < .05 * (1 + fabs(sum[0][i])));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quick_road_is_its_twin),          cmocka_unit_test(statistics_agree_with_measures),
        cmocka_unit_test(every_level_gives_the_same_bits), cmocka_unit_test(roads_agree_in_distribution),
        cmocka_unit_test(looking_changes_nothing),
        cmocka_unit_test(bad_tables_are_refused),          cmocka_unit_test(survives_failing_memory),
        cmocka_unit_test(dense_road_takes_the_general_step),
        cmocka_unit_test(streams_agree_in_distribution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
