/* Scores of stated confidence, ternary, length and majority rewards; what they demand of the policy. */
#include "tests/unit/models/small_world.h"
#include "models/theory.h"

typedef struct bound_params { double bound; } bound_params;
typedef struct ternary_params { double penalty; } ternary_params;
typedef struct length_params { double max, buffer; } length_params;

enum { G = 7 };

/* Right at .7; wrong at .7; right at 1; wrong at 1; hedged; abstained; cut off. */
static const rollout examples[G] = {
    {.correct = true, .extracted = true, .stated = true, .confidence = .7, .tokens = 900},
    {.extracted = true, .stated = true, .confidence = .7, .answer = 3, .tokens = 1000},
    {.correct = true, .extracted = true, .stated = true, .confidence = 1, .tokens = 1001},
    {.extracted = true, .stated = true, .confidence = 1, .answer = 3, .tokens = 1150},
    {.extracted = true, .took_stance = true, .hedged = true, .answer = ROLLOUT_NO_ANSWER, .tokens = 1399},
    {.extracted = true, .abstained = true, .answer = ROLLOUT_NO_ANSWER, .tokens = 1400},
    {.truncated = true, .answer = ROLLOUT_NO_ANSWER, .tokens = 2385},
};

static void pays(const char *name, void *params, double weight, const rollout *rollouts, const double *expected)
{
    small t;
    small_make(&t);
    small_build(&t);
    small_batch b = small_batch_make(1, G);
    memcpy(b.rollouts, rollouts, G * sizeof *b.rollouts);
    reward_common common = {.weight = weight};
    pl_chosen term = {name, pl_registry_find(&reward_registry, name), &common, params};
    pl_choices terms = {&term, 1};
    assert_non_null(term.entry);
    reward_evaluate(&terms, b.batch.groups, &t.w, &t.seeds, (reward_clock){0});
    for (size_t i = 0; i < G; i++)
        if (!(fabs(b.batch.groups[0].reward[i] - weight * expected[i]) < 1e-14))
            fail_msg("%s: rollout %zu gets %g", name, i, b.batch.groups[0].reward[i]);
    small_batch_free(&b);
    small_free(&t);
}

static void scores(void **state)
{
    bound_params bound = {-3.7};
    ternary_params penalty = {.31};
    length_params length = {1400, 400};
    pays("brier", NULL, 1.7, examples, (double[]){-.09, -.49, 0, -1, 0, 0, 0});
    pays("log_score", &bound, .6, examples, (double[]){log(.7), log1p(-.7), 0, -3.7, 0, 0, 0});
    pays("ternary", &penalty, 2, examples, (double[]){1, -.31, 1, -.31, 0, 0, -.31});
    pays("length", &length, 1, examples, (double[]){0, 0, -.0025, -.375, -.9975, -1, -1});
    length.buffer = 0;
    pays("length", &length, 1, examples, (double[]){0, 0, 0, 0, 0, 0, -1});
}

/* Oracle 9. Correctness and Brier together, paid by the real terms for a right and a wrong response that state q: on average p -
 * (q-p)^2 - p(1-p), largest at q = p, where it is p^2. */
static void expected_rlcr(void **state)
{
    small t;
    small_make(&t);
    small_build(&t);
    small_batch b = small_batch_make(1, 2);
    reward_common one = {.weight = 1};
    pl_chosen v[] = {{"correctness", pl_registry_find(&reward_registry, "correctness"), &one, NULL},
                     {"brier", pl_registry_find(&reward_registry, "brier"), &one, NULL}};
    pl_choices terms = {v, 2};
    for (double p = 0.05; p < 1; p += 0.15) {
        double best = -INFINITY, at = NAN;
        for (int level = 0; level <= 20; level++) {
            double q = 0.05 * level;
            for (size_t i = 0; i < 2; i++)
                b.rollouts[i] = (rollout){.correct = i == 0, .extracted = true, .stated = true, .confidence = q,
                                          .answer = (uint16_t)i, .tokens = 10};
            reward_evaluate(&terms, b.batch.groups, &t.w, &t.seeds, (reward_clock){0});
            double mean = p * b.batch.groups[0].reward[0] + (1 - p) * b.batch.groups[0].reward[1];
            assert_true(fabs(mean - theory_rlcr(p, q)) < 1e-14);
            if (mean > best) {
                best = mean;
                at = q;
            }
        }
        assert_true(fabs(at - p) < 1e-12 && fabs(best - p * p) < 1e-12);
    }
    small_batch_free(&b);
    small_free(&t);
}

/* Both scores are proper: over the levels, the expected reward is largest at the probability itself. */
static void proper(void **state)
{
    static const char *const names[] = {"brier", "log_score"};
    bound_params bound = {-4.6};
    for (size_t k = 0; k < 2; k++) {
        const reward_term *term = (const reward_term *)pl_registry_find(&reward_registry, names[k]);
        assert_true(term->needs_confidence);
        for (int p = 1; p <= 9; p++) {
            double best = -PL_INF;
            int at = 0;
            for (int c = 0; c <= 10; c++) {
                rollout r[2] = {{.correct = true, .confidence = c / 10.0}, {.confidence = c / 10.0}};
                double reward[2] = {0};
                rollout_group group = {.G = 2, .rollouts = r, .reward = reward};
                term->add(&bound, 1, &group, NULL, NULL, 0);
                const double mean = p / 10.0 * reward[0] + (1 - p / 10.0) * reward[1];
                if (mean > best) {
                    best = mean;
                    at = c;
                }
            }
            assert_int_equal(at, p);
        }
    }
}

static void majority(void **state)
{
    rollout r[G] = {{.answer = 4}, {.answer = 0}, {.answer = ROLLOUT_NO_ANSWER}, {.answer = 4}, {.answer = 0},
                    {.answer = ROLLOUT_NO_ANSWER}, {.answer = ROLLOUT_NO_ANSWER}};
    pays("majority_vote", NULL, .4, r, (double[]){1, 0, 0, 1, 0, 0, 0});      /* of equals, the one given first */
    r[2].answer = 0;
    pays("majority_vote", NULL, .4, r, (double[]){0, 1, 1, 0, 1, 0, 0});
    for (size_t i = 0; i < G; i++) r[i].answer = ROLLOUT_NO_ANSWER;
    pays("majority_vote", NULL, .4, r, (double[]){0, 0, 0, 0, 0, 0, 0});
}

static pl_place nowhere(const pl_check *check, const char *path) { return (pl_place){0}; }

static void demands(void **state)
{
    pl_diag diag;
    pl_diag_init(&diag);
    const pl_check check = {&diag, nowhere, NULL};
    pl_chosen v[] = {{.key = "brier", .entry = pl_registry_find(&reward_registry, "brier")},
                     {.key = "correctness", .entry = pl_registry_find(&reward_registry, "correctness")},
                     {.key = "score", .entry = pl_registry_find(&reward_registry, "log_score")}};
    const pl_choices terms = {v, 3};
    policy_spec p = {.confidence = {.levels = 11}};
    reward_check_policy(&terms, "reward", &p, &check);
    assert_int_equal(diag.errors, 0);
    p.confidence.levels = 0;
    reward_check_policy(&terms, "reward", &p, &check);
    assert_int_equal(diag.errors, 2);
    const pl_entry *length = pl_registry_find(&reward_registry, "length");
    length->params->check(&(length_params){300, 400}, &check);
    assert_int_equal(diag.errors, 3);
    length->params->check(&(length_params){400, 400}, &check);
    assert_int_equal(diag.errors, 3);
    pl_diag_free(&diag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores), cmocka_unit_test(expected_rlcr), cmocka_unit_test(proper), cmocka_unit_test(majority),
        cmocka_unit_test(demands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
