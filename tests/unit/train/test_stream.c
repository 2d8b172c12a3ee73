/* Generation that need not wait for training: nothing is lost or counted twice, queues obey Little's law, coarse and fine
 * events agree, the bound on staleness holds, lengths set the time of a step as theory says. */
#include "tests/unit/train/scene.h"
#include <stdio.h>
#include "models/filter.h"
#include "models/theory.h"
#include "sim/train/run.h"

static const char *const all_modes[] = {"sync", "off_policy_k", "one_step_off", "pipeline", "async"};

static mode_params defaults(void)
{
    return (mode_params){.staleness = 1, .lag = 3, .capacity = 1, .publish_every = 1, .max_staleness = NAN};
}

static void choose(scene *s, const char *mode, mode_params *params)
{
    s->spec.cluster.mode = scene_choice(&mode_registry, mode, params);
}

static run run_of(const scene *s, pl_table *t, pl_diag *diag)
{
    pl_table_init(t);
    return (run){.spec = &s->spec, .seeds = &s->seeds, .arm = "base", .table = t, .diag = diag};
}

static bool close_to(double a, double b) { return fabs(a - b) <= 1e-9 * (1 + fabs(a) + fabs(b)); }

static void obeys_little(tally *t, double now) { assert_true(close_to(tally_integral(t, now), tally_time(t, now))); }

/* Everything that was started is somewhere, groups and tokens alike. */
static void check_ledger(run *r)
{
    stream *s = &r->stream;
    const ledger *l = &s->ledger;
    double live = 0, admitted = 0;
    for (size_t i = 0; i < s->n; i++)
        live += s->flights[i]->live;
    assert_true(live == s->in_flight.n + s->reward.inside.n + s->buffered.n);
    assert_true(s->buffered.n == (double)s->n_ready);
    assert_true(l->started == live + l->groups_trained + l->groups_stale + l->groups_surplus);
    size_t from = r->buffer.admitted.n ? algo_minibatch(&r->spec->algorithm, r->buffer.admitted.n, r->trainer.minibatch) : 0;
    algo_batch rest = {.groups = r->buffer.admitted.groups + from, .n = r->buffer.admitted.n - from};
    admitted = trainer_tokens(r, &rest);
    assert_true(l->generated == l->trained + l->stale + l->surplus + l->lost + stream_waiting(r) + admitted);
    assert_true(l->generated > 0 && l->trained > 0);
    obeys_little(&s->in_flight, r->events.now);
    obeys_little(&s->buffered, r->events.now);
    obeys_little(&s->reward.inside, r->events.now);
    obeys_little(&s->reward.waiting, r->events.now);
    double spent = 0;
    for (int p = 0; p < PHASES; p++)
        spent += r->spent[p];
    if (l->failures == 0)
        if (!close_to(spent, r->events.now))               /* the trainer's time has no gap */
            fail_msg("mode %s, detail %d: %.17g s of %.17g", r->mode->entry.name, r->spec->cluster.detail, spent, r->events.now);
}

static void random_cluster(scene *s, mode_params *m, pl_stream *x)
{
    static const char *const filters[] = {"none", "zero_variance", "dynamic_sampling"};
    scene_make(s);
    cluster_spec *c = &s->spec.cluster;
    const char *mode = all_modes[pl_below(x, 5)];
    bool bounded = pl_below(x, 2);
    *m = defaults();
    m->staleness = 3 * pl_uniform(x);
    m->lag = 1 + pl_below(x, 3);
    m->capacity = .2 + 2 * pl_uniform(x);
    m->publish_every = 1 + pl_below(x, 3);
    m->max_staleness = bounded ? (double)(2 * m->publish_every + pl_below(x, 4)) : NAN;
    m->in_flight = (int)pl_below(x, 4);
    m->take = (int)pl_below(x, 2);
    c->detail = pl_below(x, 3) || !strcmp(mode, "sync") ? DETAIL_ROLLOUT : DETAIL_GROUP;
    if (c->detail == DETAIL_GROUP)
        m->in_flight = pl_below(x, 2) ? IN_FLIGHT_SWAP : IN_FLIGHT_FINISH;
    choose(s, mode, strcmp(mode, "sync") && strcmp(mode, "one_step_off") ? m : NULL);
    c->generators = 1 + pl_below(x, 5);
    c->slots = 1 + pl_below(x, 6);
    if (c->detail == DETAIL_ROLLOUT) {
        c->saturation = pl_below(x, 2) ? 3 + 20 * pl_uniform(x) : NAN;
        c->sharpness = 1 + 3 * pl_uniform(x);
        c->prefill = 4000;
        c->batching = pl_below(x, 3) == 0 ? BATCHING_GROUP : BATCHING_CONTINUOUS;
        if (c->batching == BATCHING_CONTINUOUS && pl_below(x, 2)) {
            c->failure_hours = .1;
            c->repair = 9;
            c->checkpoint_every = 3;
            c->checkpoint = 1.1;
        }
    }
    c->reward_workers = pl_below(x, 3);
    c->reward_time = c->reward_workers ? 2 * pl_uniform(x) : 0;
    c->reward_law = (int)pl_below(x, 2);
    c->logprob_passes = pl_below(x, 3);
    s->spec.algorithm.filter = scene_choice(&filter_registry, filters[pl_below(x, 2)], NULL);
    s->spec.record.every = 1 + pl_below(x, 5);
    s->seeds = pl_seeds_make(pl_u64(x), 0, NULL, 0);
}

static void nothing_is_lost(void **state)
{
    pl_seeds seeds = pl_seeds_make(611, 0, NULL, 0);
    double failures = 0, lost = 0, stale = 0, surplus = 0, swapped = 0;
    for (uint32_t i = 0; i < 120; i++) {
        scene s;
        mode_params m;
        pl_table t;
        pl_diag diag;
        pl_stream x = pl_stream_make(&seeds, PL_FOR_TEST, i, 5, 0);
        random_cluster(&s, &m, &x);
        pl_diag_init(&diag);
        run r = run_of(&s, &t, &diag);
        assert_int_equal(run_open(&r), PL_OK);
        pl_status st = run_loop(&r);
        if (st)
            fail_msg("scene %u, mode %s: %s", (unsigned)i, r.mode->entry.name, diag.errors ? diag.messages[0].what : "");
        check_ledger(&r);
        const ledger *l = &r.stream.ledger;
        failures += l->failures;
        lost += l->lost;
        stale += l->stale;
        surplus += l->surplus;
        swapped += r.stream.store.most > 1;
        assert_true(r.stream.store.most <= r.stream.n * r.learner.spec->algorithm.group_size + 2);
        run_close(&r);
        pl_table_free(&t);
        pl_diag_free(&diag);
    }
    printf("failures %g, lost %g, stale %g, surplus %g, swapped %g\n", failures, lost, stale, surplus, swapped);
    assert_true(failures > 20 && lost > 0 && stale > 0 && surplus > 0 && swapped > 20);      /* all of it was met */
}

/* Whose difficulty is counted: in turn everything that is generated is trained on; what is dropped makes the difference. Responses of
 * hard prompts are made ten times as long a logit, so that they are the ones that come too late. */
static void difficulty_is_that_of_the_prompts(void **state)
{
    for (int k = 0; k < 3; k++) {
        scene s;
        pl_table t;
        mode_params m = defaults();
        scene_make(&s);
        s.spec.stop.steps = 60;
        s.spec.world.length_cap = NAN;
        s.spec.world.length_per_logit = k == 2 ? 2.3 : 0;
        m.max_staleness = 2;
        m.capacity = NAN;
        m.in_flight = IN_FLIGHT_FINISH;
        s.spec.cluster.detail = k ? DETAIL_ROLLOUT : DETAIL_GROUP;
        s.spec.cluster.generators = k ? 6 : 1;
        s.spec.cluster.slots = 4;
        if (k) choose(&s, "pipeline", &m);
        pl_table_init(&t);
        assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
        double generated = scene_value(&t, "difficulty/generated", -1), trained = scene_value(&t, "difficulty/trained", -1);
        assert_true(isnan(scene_value(&t, "difficulty/trained", 0)));
        if (k == 0) assert_true(fabs(generated - trained) < 1e-12);
        if (k == 1) assert_true(fabs(generated - trained) < .15);
        if (k == 2) assert_true(trained < generated - .3);
        pl_table_free(&t);
    }
}

/* In turn: Little's law of groups in slots and of finished ones that wait for their batch; slot-seconds, which are added up from
 * durations, are the integral of the number in slots; and a batch whose schedule is found at once has the very same. */
static void littles_law_in_turn(void **state)
{
    pl_seeds seeds = pl_seeds_make(613, 0, NULL, 0);
    for (uint32_t i = 0; i < 20; i++) {
        scene s;
        pl_table t;
        double busy[2];
        pl_stream x = pl_stream_make(&seeds, PL_FOR_TEST, i, 0, 0);
        scene_make(&s);
        s.spec.cluster.generators = 1 + pl_below(&x, 3);
        s.spec.cluster.slots = 1 + pl_below(&x, 4);
        s.spec.cluster.evaluation = pl_uniform(&x);
        s.spec.stop.steps = 5 + pl_below(&x, 20);
        s.seeds = pl_seeds_make(pl_u64(&x), 0, NULL, 0);
        for (int batch = 0; batch < 2; batch++) {
            s.spec.cluster.detail = batch ? DETAIL_BATCH : DETAIL_GROUP;
            run r = run_of(&s, &t, NULL);
            assert_int_equal(run_open(&r), PL_OK);
            assert_int_equal(run_loop(&r), PL_OK);
            generators *g = &r.generators;
            busy[batch] = g->busy;
            if (!batch) {
                assert_true(g->decoded.left >= (double)g->n && g->decoded.left == g->waiting.left && g->decoded.n == 0);
                assert_true(g->decoded.most == (double)g->slots && g->waiting.stayed > 0);
                obeys_little(&g->decoded, r.events.now);
                obeys_little(&g->waiting, r.events.now);
                assert_true(close_to(tally_integral(&g->decoded, r.events.now), g->busy));
            }
            run_close(&r);
            pl_table_free(&t);
        }
        assert_true(busy[0] == busy[1]);
    }
}

static void repeats_to_the_byte(void **state)
{
    pl_seeds seeds = pl_seeds_make(612, 0, NULL, 0);
    for (uint32_t i = 0; i < 12; i++) {
        scene s;
        mode_params m;
        pl_table a, b;
        pl_stream x = pl_stream_make(&seeds, PL_FOR_TEST, i, 6, 0);
        random_cluster(&s, &m, &x);
        assert_int_equal(scene_run(&s, &a, NULL), PL_OK);
        assert_int_equal(scene_run(&s, &b, NULL), PL_OK);
        assert_string_equal(pl_table_hash(&a).hex, pl_table_hash(&b).hex);
        pl_table_free(&a);
        pl_table_free(&b);
    }
}

/* Columns of a row that hang on what was learnt and when, the same by both details to rounding. */
static void same_course(const char *mode, const pl_table *a, const pl_table *b, double tolerance)
{
    static const char *const columns[] = {"time_s", "pass@1", "entropy/strategy", "staleness/mean", "tokens", "tokens/trained",
                                          "utilization/trainer", "anatomy/wait", "publish_lag/mean"};
    assert_int_equal(a->n_rows, b->n_rows);
    for (size_t c = 0; c < PL_COUNT(columns); c++)
        for (size_t row = 1; row < a->n_rows; row++) {
            double x = scene_value(a, columns[c], (long)row), y = scene_value(b, columns[c], (long)row);
            if (!(fabs(x - y) <= tolerance * (1 + fabs(x))))
                fail_msg("mode %s: %s, row %zu: %.17g and %.17g", mode, columns[c], row, x, y);
        }
}

/* A seat is a seat: an event per response finds the ends of groups that an event per group, or per batch, does. */
static void details_agree(void **state)
{
    static const char *const modes[] = {"sync", "off_policy_k", "one_step_off", "pipeline", "async"};
    for (size_t k = 0; k < PL_COUNT(modes); k++)
        for (int in_flight = IN_FLIGHT_SWAP; in_flight <= IN_FLIGHT_FINISH; in_flight += IN_FLIGHT_FINISH - IN_FLIGHT_SWAP) {
            scene s;
            pl_table coarse, fine;
            mode_params m = defaults();
            m.in_flight = in_flight;
            m.staleness = 1.5;
            scene_make(&s);
            choose(&s, modes[k], k == 0 || k == 2 ? NULL : &m);
            s.spec.cluster.weight_sync = 0;                /* replicas stand still while weights arrive; groups do not */
            s.spec.record.every = 1;
            assert_int_equal(scene_run(&s, &coarse, NULL), PL_OK);
            s.spec.cluster.detail = DETAIL_ROLLOUT;
            s.spec.cluster.batching = BATCHING_GROUP;
            assert_int_equal(scene_run(&s, &fine, NULL), PL_OK);
            same_course(modes[k], &coarse, &fine, 1e-9);
            pl_table_free(&coarse);
            pl_table_free(&fine);
        }
}

/* Continuous batching gives a seat on as soon as its response ends: the same responses, sooner. In mode sync what is learnt does not
 * depend on the clock. */
static void continuous_batching_is_faster_and_teaches_the_same(void **state)
{
    scene s;
    pl_table whole, single;
    scene_make(&s);
    assert_int_equal(scene_run(&s, &whole, NULL), PL_OK);
    s.spec.cluster.detail = DETAIL_ROLLOUT;
    assert_int_equal(scene_run(&s, &single, NULL), PL_OK);
    assert_int_equal(whole.n_rows, single.n_rows);
    for (long row = 0; row < (long)whole.n_rows; row++) {
        assert_true(scene_value(&whole, "pass@1", row) == scene_value(&single, "pass@1", row));
        assert_true(row == 0 || scene_value(&whole, "tokens/trained", row) == scene_value(&single, "tokens/trained", row));
    }
    assert_true(scene_value(&single, "time_s", -1) < .9 * scene_value(&whole, "time_s", -1));
    pl_table_free(&whole);
    pl_table_free(&single);
}

static void constant_lengths(scene *s, double tokens)
{
    s->spec.world.length_cap = NAN;
    s->spec.world.length_sd = 0;
    for (int f = 0; f < 3; f++)
        s->formats[f].tokens = 1;
    for (int k = 0; k < 4; k++) {
        s->strategies[k].tokens = tokens;
        s->strategies[k].tokens_per_step = 0;
    }
}

/* Where groups are finished in the order in which they were started, none is trained on that began more than eta publications
 * before. (One that takes very long may be overtaken, and is older then.) */
static void staleness_is_bounded(void **state)
{
    static const double bounds[] = {0, 1, 2, 4};
    double seen = -1;
    for (size_t k = 0; k < PL_COUNT(bounds); k++) {
        scene s;
        pl_table t;
        mode_params m = defaults();
        m.staleness = bounds[k];
        scene_make(&s);
        choose(&s, "async", &m);
        constant_lengths(&s, 100);
        s.spec.algorithm.minibatches = 1;
        s.spec.cluster.generators = 40;                    /* much faster than the trainer */
        s.spec.record.every = 1;
        s.spec.stop.steps = 30;
        assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
        double most = 0;
        for (size_t row = 1; row < t.n_rows; row++)
            most = fmax(most, scene_value(&t, "staleness/max", (long)row));
        assert_true(most <= bounds[k]);
        assert_true(most > seen);                          /* and the bound is used */
        seen = most;
        pl_table_free(&t);
    }
}

/* A filter that does not refill leaves batches short; what it rejects is not asked for anew. Else groups would pile up in the buffer and
 * data grow older from batch to batch. k batches of one update are at most k - 1 old. */
static void rejects_do_not_pile_up(void **state)
{
    static const char *const filters[] = {"zero_variance", "dynamic_sampling"};
    for (size_t f = 0; f < PL_COUNT(filters); f++)
        for (size_t k = 0; k < PL_COUNT(all_modes); k++) {
            if (!strcmp(all_modes[k], "pipeline"))
                continue;                                  /* counts what waits, not what was started */
            scene s;
            pl_table t;
            mode_params m = defaults();
            int64_t max_rounds = 2;                        /* the parameters of dynamic sampling */
            scene_make(&s);
            choose(&s, all_modes[k], strcmp(all_modes[k], "sync") && strcmp(all_modes[k], "one_step_off") ? &m : NULL);
            constant_lengths(&s, 100);
            s.spec.algorithm.filter = scene_choice(&filter_registry, filters[f], f ? &max_rounds : NULL);
            s.spec.algorithm.minibatches = 1;
            s.spec.cluster.detail = DETAIL_ROLLOUT;
            s.spec.cluster.generators = 40;
            s.spec.record.every = 1;
            s.spec.stop.steps = 90;
            pl_diag diag;
            pl_diag_init(&diag);
            if (scene_run(&s, &t, &diag))
                fail_msg("mode %s, filter %s: %s", all_modes[k], filters[f], diag.messages[0].what);
            pl_diag_free(&diag);
            double most = 0, bound = !strcmp(all_modes[k], "sync") ? 0 : !strcmp(all_modes[k], "off_policy_k") ? 2 : 1;
            for (size_t row = 1; row < t.n_rows; row++)
                most = fmax(most, scene_value(&t, "staleness/max", (long)row));
            assert_true(scene_value(&t, "tokens/surplus", -1) > 0);
            if (most != bound)
                fail_msg("mode %s, filter %s: %g updates old, not %g", all_modes[k], filters[f], most, bound);
            pl_table_free(&t);
        }
}

/* Sync, a seat for everybody, log-normal lengths, no cap: a step waits for the longest of P G responses. */
static void a_step_lasts_as_long_as_the_longest(void **state)
{
    scene s;
    pl_table t;
    scene_make(&s);
    constant_lengths(&s, 2000);
    s.spec.world.length_sd = .8;
    s.spec.algorithm.minibatches = 1;
    s.spec.cluster.generators = 12;
    s.spec.cluster.slots = 1;
    s.spec.cluster.detail = DETAIL_ROLLOUT;
    s.spec.stop.steps = 1500;
    s.spec.record.every = 1;
    assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
    double sum = 0, squares = 0, n = (double)t.n_rows - 1;
    for (size_t row = 1; row < t.n_rows; row++) {
        double wait = scene_value(&t, "anatomy/wait", (long)row) * 37 / 2000;
        sum += wait;
        squares += wait * wait;
    }
    double mean = sum / n, error = sqrt((squares / n - mean * mean) / n);
    assert_true(fabs(mean - theory_longest(72, .8)) < 4 * error);
    assert_true(error < .08);
    pl_table_free(&t);
}

/* One response after the other on one seat whose speed is known: the clock can be said in advance. */
static void load_slows_as_stated(void **state)
{
    scene s;
    pl_table t;
    scene_make(&s);
    constant_lengths(&s, 740);
    s.spec.algorithm.minibatches = 1;
    s.spec.cluster.generators = 4;                         /* 72 responses, 18 on each at once */
    s.spec.cluster.slots = 40;
    s.spec.cluster.detail = DETAIL_ROLLOUT;
    s.spec.cluster.saturation = 12;
    s.spec.cluster.sharpness = 2;
    s.spec.stop.steps = 3;
    s.spec.record.every = 1;
    assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
    double speed = 37 / sqrt(1 + 18.0 * 18 / 144);
    for (int row = 1; row <= 3; row++) {
        assert_true(close_to(scene_value(&t, "anatomy/wait", row), 740 / speed));
        assert_true(close_to(scene_value(&t, "anatomy/update", row), 1.7 + 72 * 740 / 2900.0));
        assert_true(close_to(scene_value(&t, "utilization/generators", row) * scene_value(&t, "anatomy/step", row) * 160,
                             12 * 740 / speed));           /* 72 responses are 12 slots */
    }
    pl_table_free(&t);
}

/* Work that always fails before it is saved ends with the reason, not never. */
static void hopeless_failures_end(void **state)
{
    scene s;
    pl_table t;
    pl_diag diag;
    scene_make(&s);
    s.spec.cluster.detail = DETAIL_ROLLOUT;
    s.spec.cluster.failure_hours = .002;
    s.spec.cluster.repair = 1;
    s.spec.stop.steps = 1000;
    pl_diag_init(&diag);
    assert_int_equal(scene_run(&s, &t, &diag), PL_ERR_NUMERIC);
    assert_int_equal(diag.errors, 1);
    assert_non_null(strstr(diag.messages[0].what, "failures and no step in between"));
    pl_table_free(&t);
    pl_diag_free(&diag);
}

/* Nothing is ever fresh enough: likewise. (A scenario that says so is refused.) */
static void hopeless_staleness_ends(void **state)
{
    scene s;
    pl_table t;
    pl_diag diag;
    mode_params m = defaults();
    m.publish_every = 3;
    m.max_staleness = 1;
    scene_make(&s);
    choose(&s, "async", &m);
    pl_diag_init(&diag);
    assert_int_equal(scene_run(&s, &t, &diag), PL_ERR_NUMERIC);
    assert_non_null(strstr(diag.messages[0].what, "dropped as stale"));
    pl_table_free(&t);
    pl_diag_free(&diag);
}

/* Every allocation of an asynchronous run in turn. */
static void survives_failing_memory(void **state)
{
    uint64_t k = 1;
    for (bool failed = true; failed; k++) {
        scene s;
        pl_table t;
        pl_diag diag;
        mode_params m = defaults();
        scene_make(&s);
        choose(&s, "async", &m);
        s.spec.cluster.detail = DETAIL_ROLLOUT;
        s.spec.cluster.reward_workers = 1;
        s.spec.cluster.reward_time = 3;
        s.spec.algorithm.prompts = 4;
        s.spec.stop.steps = 4;
        pl_table_init(&t);
        pl_diag_init(&diag);
        pl_mem_fail_at(k, false);
        pl_status st = training_run(&s.spec, &s.seeds, "base", 0, &t, NULL, &diag);
        failed = pl_mem_count() >= k;
        pl_mem_fail_at(0, false);
        assert_true(st == PL_OK || st == PL_ERR_WORLD);
        assert_true(failed || st == PL_OK);
        assert_true(st == PL_OK || diag.errors > 0 || diag.lost);
        pl_table_free(&t);
        pl_diag_free(&diag);
    }
    assert_true(k > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(difficulty_is_that_of_the_prompts),
        cmocka_unit_test(littles_law_in_turn),
        cmocka_unit_test(repeats_to_the_byte),
        cmocka_unit_test(details_agree),
        cmocka_unit_test(continuous_batching_is_faster_and_teaches_the_same),
        cmocka_unit_test(staleness_is_bounded),
        cmocka_unit_test(rejects_do_not_pile_up),
        cmocka_unit_test(a_step_lasts_as_long_as_the_longest),
        cmocka_unit_test(load_slows_as_stated),
        cmocka_unit_test(hopeless_failures_end),
        cmocka_unit_test(hopeless_staleness_ends),
        cmocka_unit_test(survives_failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
