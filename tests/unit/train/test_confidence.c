/* What training does to stated confidence, majority votes and evaluation at other temperatures: whole runs. */
#include "tests/unit/train/scene.h"

typedef struct honest { scene s; pl_chosen terms[2]; } honest;

/* One strategy, one format: accuracy can only be learnt by execution and by not hedging, so that confidence is what moves. */
static void honest_make(honest *h, double assert_gain, bool brier, const char *scale)
{
    scene *s = &h->s;
    scene_make(s);
    s->domains[0].prompts = 256;
    s->domains[0].held_out = 128;
    s->domains[0].templates = 16;
    s->domains[0].difficulty.sd = 1.6;
    s->spec.world.domains.n = 1;
    s->spec.world.length_cap = NAN;
    policy_spec *p = &s->spec.policy;
    p->evidence = (evidence_spec){.noise = 1, .clip = 6, .bins = 25, .width = 1};
    p->stance = (stance_spec){.hedge = .1, .gains = {{[FEATURE_GLOBAL] = .3, [FEATURE_CONTEXT] = .3}}};
    p->confidence = (confidence_spec){.levels = 11, .peak = .93, .spread = .08, .tail = .06, .width = .15,
                                      .gains = {{[FEATURE_GLOBAL] = 1, [FEATURE_CONTEXT] = 2}}};
    p->assert = assert_gain;
    h->terms[0] = s->term;
    h->terms[1] = (pl_chosen){"brier", pl_registry_find(&reward_registry, "brier"), &s->common, NULL};
    s->spec.reward = (pl_choices){h->terms, brier ? 2 : 1};
    s->spec.algorithm.scale = scene_choice(&scale_registry, scale, NULL);
    s->spec.algorithm.aggregation = scene_choice(&aggregation_registry, "sequence", NULL);
    s->spec.algorithm.group_size = 16;
    s->spec.algorithm.prompts = 64;
    s->spec.algorithm.minibatches = 1;
    s->spec.optimizer.lr = 1;
    s->spec.stop.steps = 300;
    s->spec.record.every = 300;
}

typedef struct outcome { double accuracy, confidence, ece, auroc; } outcome;

static outcome honest_run(double assert_gain, bool brier, const char *scale, outcome *before)
{
    honest h;
    pl_table t;
    honest_make(&h, assert_gain, brier, scale);
    assert_int_equal(scene_run(&h.s, &t, NULL), PL_OK);
    outcome o[2];
    for (long row = 0; row < 2; row++)
        o[row] = (outcome){scene_value(&t, "pass@1", row), scene_value(&t, "calibration/confidence", row),
                           scene_value(&t, "calibration/ece", row), scene_value(&t, "calibration/auroc", row)};
    *before = o[0];
    pl_table_free(&t);
    print_message("assert %.1f, brier %d, %s: accuracy %.3f -> %.3f, confidence %.3f -> %.3f, ECE %.3f -> %.3f, AUROC %.3f -> %.3f\n",
                  assert_gain, brier, scale, o[0].accuracy, o[1].accuracy, o[0].confidence, o[1].confidence, o[0].ece, o[1].ece,
                  o[0].auroc, o[1].auroc);
    return o[1];
}

/* arXiv 2507.16806: a binary reward drives confidence up where assertiveness is shared, and only there; a proper score
 * repairs calibration at no cost in accuracy, better without division by the group's deviation. */
static void what_rewards_do_to_confidence(void **state)
{
    outcome base, shared, apart, repaired, scaled;
    shared = honest_run(.4, false, "group_std", &base);
    apart = honest_run(0, false, "group_std", &base);
    repaired = honest_run(.4, true, "none", &base);
    scaled = honest_run(.4, true, "group_std", &base);
    assert_true(base.confidence > .87 && base.confidence < .92 && fabs(base.auroc - .5) < 1e-9);
    assert_true(shared.confidence > .96 && fabs(shared.auroc - .5) < .02);
    assert_true(fabs(apart.confidence - base.confidence) < .05);
    assert_true(repaired.ece < base.ece / 5 && repaired.ece < shared.ece / 4 && repaired.auroc > .6);
    assert_true(repaired.accuracy > shared.accuracy - .03);
    assert_true(scaled.ece > 1.5 * repaired.ece);
}

/* Everybody makes the same mistake and nobody is silent: the majority of three is right with probability 3p^2 - 2p^3. */
static void votes_of_three(void **state)
{
    scene s;
    pl_table t;
    scene_make(&s);
    double k[] = {1, 2, 3};
    s.domains[0].held_out = 400;
    s.spec.world.domains.n = 1;
    s.spec.world.length_cap = NAN;
    s.spec.world.strategies.n = 3;
    for (int i = 0; i < 3; i++) {
        s.formats[i].extraction = 1;
        s.strategies[i].share = scene_per(1.0 / 3);
    }
    s.spec.world.answers = (answers_spec){.wrong = 9, .zipf = 1, .correlation = 1};
    s.spec.record = (record_spec){.every = 5, .pass_at = {k, 3}, .samples = 60};
    s.spec.stop.steps = 10;
    assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
    for (long row = 0; row < (long)t.n_rows; row++) {
        const double p = scene_value(&t, "pass@1", row), p2 = 2 * p - scene_value(&t, "pass@2", row);
        const double p3 = scene_value(&t, "pass@3", row) - 3 * p + 3 * p2;
        /* 400 prompts, 20 blocks each: standard error below .5/sqrt(8000) = .0056 */
        assert_true(fabs(scene_value(&t, "sampled/maj@3", row) - (3 * p2 - 2 * p3)) < .028);
        assert_true(fabs(scene_value(&t, "sampled/maj@1", row) - scene_value(&t, "sampled/pass@1", row)) < 1e-12);
        /* Two answers: both right, or one and half a vote. */
        assert_true(fabs(scene_value(&t, "sampled/maj@2", row) - scene_value(&t, "sampled/maj@1", row)) < 1e-12);
    }
    pl_table_free(&t);
}

/* Wrong answers that scatter leave the majority to the right one. */
static void scattered_mistakes_help_the_majority(void **state)
{
    double maj[2];
    for (int together = 0; together < 2; together++) {
        scene s;
        pl_table t;
        scene_make(&s);
        s.spec.world.answers = (answers_spec){.wrong = 64, .zipf = 0, .correlation = together};
        s.spec.record.samples = 64;
        s.spec.stop.steps = 2;
        assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
        maj[together] = scene_value(&t, "sampled/maj@16", 0);
        pl_table_free(&t);
    }
    assert_true(maj[0] > maj[1] + .1);
}

static double sampled_pass(double temperature, bool greedy)
{
    scene s;
    pl_table t;
    scene_make(&s);
    s.spec.record.samples = 200;
    s.spec.record.temperature = temperature;
    s.spec.record.greedy = greedy;
    s.spec.stop.steps = 2;
    assert_int_equal(scene_run(&s, &t, NULL), PL_OK);
    const double exact = scene_value(&t, "pass@1", 0), pass = scene_value(&t, "sampled/pass@1", 0);
    assert_true(greedy || temperature != 1 || fabs(pass - exact) < .03);
    pl_table_free(&t);
    return pass;
}

static void greedy_is_temperature_zero(void **state)
{
    const double greedy = sampled_pass(1, true), cold = sampled_pass(1e-4, false), warm = sampled_pass(1, false);
    assert_true(fabs(greedy - cold) < 1e-12);
    assert_true(fabs(greedy - warm) > .05);
}

/* Hotter rollouts differ, and change what is learnt; the row before training is the same to the bit. */
static void rollout_temperature(void **state)
{
    scene s;
    pl_table hot, one;
    scene_make(&s);
    s.spec.algorithm.minibatches = 1;
    s.spec.stop.steps = 6;
    assert_int_equal(scene_run(&s, &one, NULL), PL_OK);
    s.spec.policy.temperature = 2;
    assert_int_equal(scene_run(&s, &hot, NULL), PL_OK);
    assert_true(scene_value(&hot, "entropy/response", 0) == scene_value(&one, "entropy/response", 0));
    assert_true(scene_value(&hot, "entropy/response", -1) != scene_value(&one, "entropy/response", -1));
    assert_true(scene_value(&hot, "clip/fraction", -1) == 0);  /* the ratio is to the tempered policy: 1 */
    pl_table_free(&hot);
    pl_table_free(&one);
}

static pl_place nowhere(const pl_check *check, const char *path) { return (pl_place){0}; }

/* Errors of a spec: its own check, and that of what is recorded. */
static size_t errors(const scene *s)
{
    pl_diag diag;
    pl_diag_init(&diag);
    const pl_check check = {&diag, nowhere, NULL};
    training_struct.check(&s->spec, &check);
    for (size_t i = 0; i < training_struct.n_fields; i++)
        if (!strcmp(training_struct.fields[i].name, "record"))
            training_struct.fields[i].sub->check(&s->spec.record, &check);
    const size_t n = (size_t)diag.errors;
    pl_diag_free(&diag);
    return n;
}

/* What has no effect, or contradicts itself, is refused. */
static void slips_are_told(void **state)
{
    honest h;
    scene *s = &h.s;
    honest_make(&h, 0, true, "none");
    assert_int_equal(errors(s), 0);
    s->spec.policy.confidence.levels = 0;                  /* brier scores what is not stated */
    assert_int_equal(errors(s), 1);
    honest_make(&h, 0, false, "none");
    s->spec.record.greedy = true;                          /* without samples */
    assert_int_equal(errors(s), 1);
    s->spec.record.samples = 64;
    assert_int_equal(errors(s), 0);
    s->spec.record.temperature = .7;                       /* both */
    assert_int_equal(errors(s), 1);
    s->spec.record.greedy = false;
    assert_int_equal(errors(s), 0);
    s->spec.world.table = "table.csv";                     /* has neither statements nor temperatures */
    assert_int_equal(errors(s), 2);
    s->spec.policy.temperature = 1.3;
    assert_int_equal(errors(s), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_rewards_do_to_confidence), cmocka_unit_test(votes_of_three),
        cmocka_unit_test(scattered_mistakes_help_the_majority), cmocka_unit_test(greedy_is_temperature_zero),
        cmocka_unit_test(rollout_temperature), cmocka_unit_test(slips_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
