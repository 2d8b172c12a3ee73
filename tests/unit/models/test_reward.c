/* Reward terms: what they pay, that they add up, and that coins depend on nothing they should not. */
#include "tests/unit/models/small_world.h"

typedef struct format_params { const char *format; } format_params;
typedef struct random_params { double probability; } random_params;

static pl_chosen term(const char *key, const char *name, reward_common *common, void *params)
{
    return (pl_chosen){.key = key, .entry = pl_registry_find(&reward_registry, name), .common = common, .params = params};
}

static void formats(small *t)
{
    small_make(t);
    small_sizes(t, 1, 3, 2);
    small_build(t);
}

static void terms_add_up(void **state)
{
    enum { G = 4 };
    small t;
    formats(&t);
    small_batch b = small_batch_make(1, G);
    for (size_t i = 0; i < G; i++)
        b.rollouts[i] = (rollout){.format = (uint16_t)(i % 3), .correct = i == 1 || i == 3, .extracted = i != 0};
    reward_common w[] = {{.weight = 2.385}, {.weight = -0.713}, {.weight = 0.0931}};
    format_params style = {"b"}, any = {NULL};
    pl_chosen v[] = {term("correctness", "correctness", &w[0], NULL), term("style", "format", &w[1], &style),
                     term("format", "format", &w[2], &any)};
    pl_choices terms = {v, 3};
    reward_evaluate(&terms, b.batch.groups, &t.w, &t.seeds, (reward_clock){0});
    const double expected[G] = {0, 2.385 - 0.713 + 0.0931, 0.0931, 2.385 + 0.0931};
    for (size_t i = 0; i < G; i++) assert_true(fabs(b.batch.groups[0].reward[i] - expected[i]) < 1e-15);
    small_batch_free(&b);
    small_free(&t);
}

/* A coin per rollout: right share (40,000 draws, |z| < 4.9), independent of the response and of terms beside it. */
static void coins(void **state)
{
    enum { G = 8, GROUPS = 5000 };
    small t;
    formats(&t);
    small_batch b = small_batch_make(1, G);
    reward_common one = {.weight = 1};
    random_params p = {0.2385};
    pl_chosen v[] = {term("correctness", "correctness", &one, NULL), term("coin", "random", &one, &p),
                     term("other", "random", &one, &p)};
    pl_choices both = {v, 2}, alone = {v + 1, 1}, other = {v + 2, 1};
    double sum = 0, agree = 0;
    for (uint32_t k = 0; k < GROUPS; k++) {
        double first[G];
        rollout_group *g = b.batch.groups;
        g->batch = k;
        g->slot = k * 7 % 11;
        reward_evaluate(&alone, g, &t.w, &t.seeds, (reward_clock){0});
        for (size_t i = 0; i < G; i++) first[i] = g->reward[i];
        for (size_t i = 0; i < G; i++) b.rollouts[i] = (rollout){.correct = (k + i) % 3 == 0, .tokens = (double)k};
        reward_evaluate(&both, g, &t.w, &t.seeds, (reward_clock){0});
        for (size_t i = 0; i < G; i++) assert_true(g->reward[i] == first[i] + b.rollouts[i].correct);
        reward_evaluate(&other, g, &t.w, &t.seeds, (reward_clock){0});
        for (size_t i = 0; i < G; i++) {
            sum += first[i];
            agree += g->reward[i] == first[i];
        }
    }
    const double n = G * GROUPS, q = 0.2385, same = q * q + (1 - q) * (1 - q);
    assert_true(fabs(sum / n - q) < 4.9 * sqrt(q * (1 - q) / n));
    assert_true(fabs(agree / n - same) < 4.9 * sqrt(same * (1 - same) / n));       /* two coins are independent */
    small_batch_free(&b);
    small_free(&t);
}

static pl_place nowhere(const pl_check *check, const char *path)
{
    return (pl_place){.file = "scenario.yaml", .line = 7, .column = !strcmp(path, "reward.style.format") ? 3 : 1};
}

static void checks(void **state)
{
    small t;
    formats(&t);
    pl_diag diag;
    reward_common one = {.weight = 1};
    format_params wrong = {"nosuch"}, fine = {"c"};
    pl_check check = {&diag, nowhere, NULL};
    pl_chosen v[] = {term("style", "format", &one, &wrong), term("fine", "format", &one, &fine)};
    pl_diag_init(&diag);
    reward_check(&(pl_choices){v, 2}, "reward", &t.spec, &check);
    assert_int_equal(diag.errors, 1);
    assert_non_null(strstr(diag.messages[0].what, "'nosuch'"));
    assert_int_equal(diag.messages[0].place.column, 3);
    reward_check(&(pl_choices){NULL, 0}, "reward", &t.spec, &check);
    assert_int_equal(diag.errors, 2);
    pl_diag_free(&diag);
    small_free(&t);
}

/* Of every entry: documented, and found by its name. */
static void registry(void **state)
{
    for (const pl_entry *const *e = reward_registry.entries; *e; e++) {
        assert_true(strlen((*e)->name) > 0 && strlen((*e)->doc) > 10);
        assert_non_null(((const reward_term *)*e)->add);
        assert_ptr_equal(pl_registry_find(&reward_registry, (*e)->name), *e);
    }
    assert_true(pl_registry_count(&reward_registry) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(terms_add_up), cmocka_unit_test(coins), cmocka_unit_test(checks),
                                       cmocka_unit_test(registry)};
    return cmocka_run_group_tests_name("reward", tests, NULL, NULL);
}
