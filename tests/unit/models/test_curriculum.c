/* Curricula and the training pool: who comes when, and who at all. */
#include "tests/unit/models/small_world.h"
#include "models/curriculum.h"

typedef struct sequential_params { pl_strings domain_order; pl_reals passes; } sequential_params;

/* Three domains of 30, 12 and 7 prompts, success by a shortcut of guess rate .05, .4, 1. */
static void domains(small *t)
{
    static const int64_t prompts[] = {30, 12, 7};
    static const double guess[] = {0.05, 0.4, 1};
    small_make(t);
    small_sizes(t, 3, 1, 1);
    t->strategies[0].kind = STRATEGY_SHORTCUT;
    for (size_t d = 0; d < 3; d++) {
        t->domains[d].prompts = prompts[d];
        t->domains[d].guess = guess[d];
    }
    t->policy_spec.transfer.v[FEATURE_GLOBAL] = 1;
    small_build(t);
}

static const curriculum *find(const char *name) { return (const curriculum *)pl_registry_find(&curriculum_registry, name); }

static uint32_t *everyone(const small *t)
{
    static uint32_t pool[64];
    for (uint32_t x = 0; x < t->w.n_train; x++) pool[x] = x;
    return pool;
}

/* Deals `n` prompts in batches of `size`. */
static void deal(curriculum_state *s, const curriculum *c, size_t size, size_t n, uint32_t *out)
{
    for (uint32_t k = 0; k < n / size; k++) c->next(s, k, 0, out + k * size, size);
}

static void uniform_once_per_epoch(void **state)
{
    enum { EPOCHS = 12, POOL = 49, BATCH = 7 };
    small t;
    domains(&t);
    const curriculum *c = find("uniform");
    curriculum_state *s = NULL;
    uint32_t x[EPOCHS * POOL], again[BATCH], first[POOL] = {0};
    assert_int_equal(c->init(&s, NULL, &t.p, everyone(&t), POOL, &t.seeds, NULL), PL_OK);
    deal(s, c, BATCH, EPOCHS * POOL, x);
    size_t same = 0;
    for (size_t e = 0; e < EPOCHS; e++) {
        bool seen[POOL] = {false};
        for (size_t i = 0; i < POOL; i++) {
            assert_false(seen[x[e * POOL + i]]);
            seen[x[e * POOL + i]] = true;
            first[i] = e == 0 ? x[i] : first[i];
            same += e > 0 && x[e * POOL + i] == first[i];
        }
    }
    assert_true(same < 30);                              /* expected 11 of 539 by chance, sd 3.3 */
    c->next(s, 3, 0, again, BATCH);                      /* an earlier batch again: the same prompts */
    assert_memory_equal(again, x + 3 * BATCH, sizeof again);
    c->free(s);
    small_free(&t);
}

/* Domain weights .5, .3, .2 against shares 30/49, 12/49, 7/49 by number: 40,000 prompts, |z| < 4.9; within a domain every
 * prompt comes equally often to within one. */
static void uniform_by_weight(void **state)
{
    enum { NUMBER = 40000, BATCH = 16 };
    static const double share[] = {0.5, 0.3, 0.2};
    static uint32_t x[NUMBER], again[BATCH];
    small t;
    domains(&t);
    for (size_t d = 0; d < 3; d++) t.domains[d].weight = 7 * share[d];
    const curriculum *c = find("uniform");
    curriculum_state *s = NULL;
    assert_int_equal(c->init(&s, NULL, &t.p, everyone(&t), 49, &t.seeds, NULL), PL_OK);
    deal(s, c, BATCH, NUMBER, x);
    double by_domain[3] = {0}, by_prompt[49] = {0};
    for (size_t i = 0; i < NUMBER; i++) {
        by_domain[t.w.domain[x[i]]]++;
        by_prompt[x[i]]++;
    }
    for (size_t d = 0; d < 3; d++)
        assert_true(fabs(by_domain[d] / NUMBER - share[d]) < 4.9 * sqrt(share[d] * (1 - share[d]) / NUMBER));
    for (size_t p = 0; p < 49; p++) {
        double fair = by_domain[t.w.domain[p]] / (double)t.domains[t.w.domain[p]].prompts;
        assert_true(fabs(by_prompt[p] - fair) < 1);
    }
    c->next(s, 311, 0, again, BATCH);
    assert_memory_equal(again, x + 311 * BATCH, sizeof again);
    c->free(s);
    small_free(&t);
}

/* c for 2 passes, a for half a pass, b for 1; then from the start. */
static void sequential_in_turn(void **state)
{
    static const char *names[] = {"c", "a", "b"};
    double passes[] = {2, 0.5, 1};
    const size_t block[] = {14, 15, 12}, domain[] = {2, 0, 1};
    sequential_params p = {{names, 3}, {passes, 3}};
    small t;
    domains(&t);
    const curriculum *c = find("sequential");
    curriculum_state *s = NULL;
    uint32_t x[41 * 4], seen[49] = {0};
    assert_int_equal(c->init(&s, &p, &t.p, everyone(&t), 49, &t.seeds, NULL), PL_OK);
    deal(s, c, 4, 41 * 4, x);
    for (size_t i = 0, k = 0, left = block[0]; i < 41 * 4; i++) {
        assert_int_equal(t.w.domain[x[i]], domain[k]);
        if (i < 82) seen[x[i]]++;
        if (--left == 0) left = block[k = (k + 1) % 3];
    }
    for (size_t i = 0; i < 49; i++)                      /* two cycles: 4, 1 and 2 whole passes */
        assert_int_equal(seen[i], t.w.domain[i] == 2 ? 4 : t.w.domain[i] == 0 ? 1 : 2);
    c->free(s);
    small_free(&t);
}

static size_t sequential_errors(const small *t, const char **names, size_t n, double *passes, size_t n_passes)
{
    sequential_params p = {{names, n}, {passes, n_passes}};
    curriculum_state *s = NULL;
    pl_diag diag;
    pl_diag_init(&diag);
    pl_status st = find("sequential")->init(&s, &p, &t->p, everyone(t), 49, &t->seeds, &diag);
    size_t errors = diag.errors;
    assert_int_equal(st, errors ? PL_ERR_USER : PL_OK);
    if (st) assert_null(s);
    find("sequential")->free(s);
    pl_diag_free(&diag);
    return errors;
}

static void sequential_refuses(void **state)
{
    const char *all[] = {"b", "a", "c"}, *few[] = {"b", "a"}, *twice[] = {"b", "b", "a"}, *unknown[] = {"b", "nosuch", "a"};
    double passes[] = {1, 2, 3};
    small t;
    domains(&t);
    assert_int_equal(sequential_errors(&t, all, 3, passes, 3), 0);
    assert_int_equal(sequential_errors(&t, NULL, 0, passes, 1), 0);
    assert_int_equal(sequential_errors(&t, few, 2, passes, 1), 1);
    assert_int_equal(sequential_errors(&t, twice, 3, passes, 1), 1);
    assert_int_equal(sequential_errors(&t, unknown, 3, passes, 1), 1);
    assert_int_equal(sequential_errors(&t, NULL, 0, passes, 2), 1);
    small_free(&t);
}

static pl_status pool_of(const small *t, pool_spec spec, pl_arena *arena, uint32_t **pool, size_t *n, pl_diag *diag)
{
    return curriculum_pool(&spec, &t->p, &t->seeds, arena, pool, n, diag);
}

/* With one wrong answer the majority is wrong where P(right) < P(wrong). The
 * two parts make up the whole, and bounds of the pass rate hold beside them. */
static void pool_by_majority(void **state)
{
    small t;
    pl_arena arena;
    uint32_t *pool;
    size_t n, total = 0;
    pl_diag diag;
    small_rich(&t, 40, false);
    pl_arena_init(&arena);
    policy_view v;
    assert_int_equal(policy_view_init(&v, &t.p), PL_OK);
    memset(t.weights, 0, t.p.n_weights * sizeof *t.weights);
    for (int majority = MAJORITY_RIGHT; majority <= MAJORITY_WRONG; majority++) {
        assert_int_equal(pool_of(&t, (pool_spec){.max_pass_rate = 1, .majority = majority}, &arena, &pool, &n, NULL), PL_OK);
        assert_true(n > 5);
        total += n;
        for (size_t i = 0; i < n; i++) {
            policy_forward(&t.p, t.weights, pool[i], &v);
            const double wrong = policy_view_answers(&t.p, &v) - v.pass;
            assert_true(majority == MAJORITY_RIGHT ? v.pass > wrong : v.pass < wrong);
        }
    }
    assert_int_equal(total, t.w.n_train);
    pl_diag_init(&diag);
    pool_spec none = {.min_pass_rate = 0.8, .max_pass_rate = 1, .majority = MAJORITY_WRONG};
    assert_int_equal(pool_of(&t, none, &arena, &pool, &n, &diag), PL_ERR_USER);
    assert_non_null(strstr(diag.messages[0].what, "a majority that is wrong"));
    pl_diag_free(&diag);
    policy_view_free(&v);
    pl_arena_free(&arena);
    small_free(&t);
}

static void pool_by_pass_rate(void **state)
{
    small t;
    pl_arena arena;
    uint32_t *pool;
    size_t n;
    static const char *ac[] = {"a", "c"};
    domains(&t);
    pl_arena_init(&arena);
    assert_int_equal(pool_of(&t, (pool_spec){.max_pass_rate = 1}, &arena, &pool, &n, NULL), PL_OK);
    assert_int_equal(n, 49);
    assert_int_equal(pool_of(&t, (pool_spec){.min_pass_rate = 0.4, .max_pass_rate = 1}, &arena, &pool, &n, NULL), PL_OK);
    assert_int_equal(n, 19);                             /* bounds are inclusive */
    assert_int_equal(pool_of(&t, (pool_spec){.min_pass_rate = 0.05, .max_pass_rate = 0.4}, &arena, &pool, &n, NULL), PL_OK);
    assert_int_equal(n, 42);
    assert_int_equal(pool_of(&t, (pool_spec){.domains = {ac, 2}, .max_pass_rate = 1, .limit = 20}, &arena, &pool, &n, NULL), PL_OK);
    assert_int_equal(n, 20);
    for (size_t i = 0; i < n; i++) {
        assert_true(t.w.domain[pool[i]] != 1);
        assert_true(i == 0 || pool[i] > pool[i - 1]);
    }
    pl_arena_free(&arena);
    small_free(&t);
}

/* pass@8 = 0 by samples, over 400 worlds of streams: prompts of rate .05 stay with probability .95^8; |z| < 4.9. */
static void pool_by_samples(void **state)
{
    small t;
    double kept[3] = {0};
    const double q = pow(0.95, 8), r = pow(0.6, 8);
    domains(&t);
    for (uint32_t k = 0; k < 400; k++) {
        pl_arena arena;
        uint32_t *pool;
        size_t n;
        t.seeds = pl_seeds_make(91, k, NULL, 0);
        pl_arena_init(&arena);
        assert_int_equal(pool_of(&t, (pool_spec){.samples = 8}, &arena, &pool, &n, NULL), PL_OK);
        for (size_t i = 0; i < n; i++) kept[t.w.domain[pool[i]]]++;
        pl_arena_free(&arena);
    }
    assert_true(fabs(kept[0] / 12000 - q) < 4.9 * sqrt(q * (1 - q) / 12000));
    assert_true(fabs(kept[1] / 4800 - r) < 4.9 * sqrt(r * (1 - r) / 4800));
    assert_true(kept[2] == 0);
    small_free(&t);
}

static void empty_pool_is_explained(void **state)
{
    small t;
    pl_arena arena;
    pl_diag diag;
    uint32_t *pool;
    size_t n;
    domains(&t);
    pl_arena_init(&arena);
    pl_diag_init(&diag);
    assert_int_equal(pool_of(&t, (pool_spec){.min_pass_rate = 0.5, .max_pass_rate = 0.9}, &arena, &pool, &n, &diag), PL_ERR_USER);
    assert_int_equal(diag.errors, 1);
    assert_non_null(strstr(diag.messages[0].what, "of 49 considered"));
    assert_non_null(strstr(diag.messages[0].what, "to .1: 30, to .5: 12, to .9: 0, below 1: 0, 1: 7"));
    static const char *unknown[] = {"nosuch"};
    assert_int_equal(pool_of(&t, (pool_spec){.domains = {unknown, 1}, .max_pass_rate = 1}, &arena, &pool, &n, &diag), PL_ERR_USER);
    assert_int_equal(diag.errors, 2);
    pl_diag_free(&diag);
    pl_arena_free(&arena);
    small_free(&t);
}

/* Every allocation fails once: a clean error, nothing leaked (asan), and success when none does. */
static void failing_allocations(void **state)
{
    static const double one[] = {1};
    sequential_params p = {{NULL, 0}, {(double *)(uintptr_t)one, 1}};
    small t;
    domains(&t);
    for (int weighted = 0; weighted < 2; weighted++) {
        t.domains[0].weight = weighted ? 0.7 : NAN;
        for (int which = 0; which < 3; which++) {
            pl_status st = PL_ERR_WORLD;
            for (uint64_t k = 1; st != PL_OK; k++) {
                pl_arena arena;
                uint32_t *pool;
                size_t n;
                curriculum_state *s = NULL;
                const curriculum *c = find(which ? "sequential" : "uniform");
                assert_true(k < 50);
                pl_arena_init(&arena);
                pl_mem_fail_at(k, false);
                st = which < 2 ? c->init(&s, &p, &t.p, everyone(&t), 49, &t.seeds, NULL)
                               : pool_of(&t, (pool_spec){.max_pass_rate = 1}, &arena, &pool, &n, NULL);
                pl_mem_fail_at(0, false);
                assert_true(st == PL_OK || st == PL_ERR_WORLD);
                assert_true(k > 1 || st == PL_ERR_WORLD);
                if (which < 2) c->free(s);
                pl_arena_free(&arena);
            }
        }
    }
    small_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform_once_per_epoch), cmocka_unit_test(uniform_by_weight), cmocka_unit_test(sequential_in_turn),
        cmocka_unit_test(sequential_refuses), cmocka_unit_test(pool_by_pass_rate), cmocka_unit_test(pool_by_majority), cmocka_unit_test(pool_by_samples),
        cmocka_unit_test(empty_pool_is_explained), cmocka_unit_test(failing_allocations),
    };
    return cmocka_run_group_tests_name("curriculum", tests, NULL, NULL);
}
