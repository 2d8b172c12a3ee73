/* The difficulty curriculum: its order, its bands, its ramp, and what it refuses. */
#include "tests/unit/models/small_world.h"
#include "models/curriculum.h"

enum { BANDS, RAMP };
enum { PASS_RATE, DIFFICULTY };
enum { EASIEST, HARDEST };
typedef struct difficulty_params {
    int shape, by, first;
    int64_t bands;
    double passes, epochs, start;
} difficulty_params;

enum { POOL = 48 };

static const curriculum *find(void) { return (const curriculum *)pl_registry_find(&curriculum_registry, "difficulty"); }

/* One strategy whose success falls with the prompt's difficulty; applicability noise makes pass rate and difficulty disagree. */
static void world_of(small *t, uint32_t *pool)
{
    small_make(t);
    small_sizes(t, 1, 1, 2);
    t->domains[0].prompts = POOL;
    t->domains[0].difficulty = (difficulty_spec){.mean = 0.2385, .sd = 1.7};
    t->spec.prompt_sd = 0.9;
    t->policy_spec.transfer.v[FEATURE_GLOBAL] = 1;
    small_build(t);
    for (uint32_t x = 0; x < POOL; x++) pool[x] = x;
}

static double pass_rate(const small *t, uint32_t x)
{
    const double *works = t->w.applicability + x * 2;
    return 0.5 * works[0] + 0.5 * works[1];
}

/* Larger is later. */
static double key(const small *t, const difficulty_params *c, uint32_t x)
{
    double harder = c->by == PASS_RATE ? -pass_rate(t, x) : t->w.difficulty[x];
    return c->first == HARDEST ? -harder : harder;
}

static curriculum_state *open(const small *t, const difficulty_params *c, const uint32_t *pool)
{
    curriculum_state *s;
    assert_int_equal(find()->init(&s, c, &t->p, pool, POOL, &t->seeds, NULL), PL_OK);
    return s;
}

/* Each band is dealt for its passes, every prompt of it equally often, all of them before anything later in the order. */
static void bands_in_turn(void **state)
{
    small t;
    uint32_t pool[POOL], dealt[6 * POOL];
    world_of(&t, pool);
    for (int by = PASS_RATE; by <= DIFFICULTY; by++)
        for (int first = EASIEST; first <= HARDEST; first++) {
            difficulty_params c = {BANDS, by, first, 5, 2, 1, 0.1};          /* 48 prompts: bands of 9 or 10, 96 dealt in all */
            curriculum_state *s = open(&t, &c, pool);
            for (uint32_t k = 0; k < 6 * POOL / 8; k++) find()->next(s, k, 0, dealt + k * 8, 8);
            size_t at = 0;
            double before = -PL_INF;
            for (size_t band = 0; band < 5; band++) {
                size_t n = (band + 1) * POOL / 5 - band * POOL / 5, seen[POOL] = {0};
                double least = PL_INF, most = -PL_INF;
                for (size_t i = 0; i < 2 * n; i++, at++) {
                    double k = key(&t, &c, dealt[at]);
                    seen[dealt[at]]++;
                    least = fmin(least, k);
                    most = fmax(most, k);
                }
                for (size_t x = 0; x < POOL; x++) assert_true(seen[x] == 0 || seen[x] == 2);
                assert_true(least > before);
                before = most;
            }
            assert_int_equal(at, 2 * POOL);
            for (size_t pass = 0; pass < 4; pass++) {    /* then the whole pool, once per pass */
                size_t seen[POOL] = {0};
                for (size_t i = 0; i < POOL; i++, at++) seen[dealt[at]]++;
                for (size_t x = 0; x < POOL; x++) assert_int_equal(seen[x], 1);
            }
            find()->free(s);
        }
    small_free(&t);
}

/* The window holds ceil(n c(t)) prompts from the start of the order and is drawn evenly: over 400 seeds the rank of the t-th
 * prompt has the mean of a uniform one, |z| < 4.9 at 7 places (7e-6 for a false alarm). */
static void ramp_grows(void **state)
{
    enum { SEEDS = 400 };
    static const uint64_t places[] = {0, 3, 20, 48, 77, 95, 143};
    small t;
    uint32_t pool[POOL], rank[POOL];
    world_of(&t, pool);
    difficulty_params c = {RAMP, PASS_RATE, EASIEST, 4, 1, 3, 0.2385};
    for (uint32_t x = 0; x < POOL; x++) {
        rank[x] = 0;
        for (uint32_t y = 0; y < POOL; y++) rank[x] += key(&t, &c, y) < key(&t, &c, x);
    }
    double sum[PL_COUNT(places)] = {0};
    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        uint32_t dealt[144];
        t.seeds = pl_seeds_make(70000 + seed, 0, NULL, 0);
        curriculum_state *s = open(&t, &c, pool);
        for (uint32_t k = 0; k < 12; k++) find()->next(s, k, 0, dealt + k * 12, 12);
        for (uint64_t i = 0; i < 144; i++) {
            double share = 0.2385 + (1 - 0.2385) * (double)i / 144;
            assert_true(rank[dealt[i]] < ceil(share * POOL));
        }
        for (size_t k = 0; k < PL_COUNT(places); k++) sum[k] += rank[dealt[places[k]]];
        find()->free(s);
    }
    for (size_t k = 0; k < PL_COUNT(places); k++) {
        double window = ceil((0.2385 + (1 - 0.2385) * (double)places[k] / 144) * POOL), sd = sqrt((window * window - 1) / 12);
        assert_true(fabs(sum[k] / SEEDS - (window - 1) / 2) < 4.9 * sd / sqrt(SEEDS));
    }
    small_free(&t);
}

/* Any batch may be asked for, in any order. */
static void batches_are_pure(void **state)
{
    small t;
    uint32_t pool[POOL], a[7], b[7];
    world_of(&t, pool);
    for (int shape = BANDS; shape <= RAMP; shape++) {
        difficulty_params c = {shape, DIFFICULTY, EASIEST, 3, 1.5, 2, 0.3};
        curriculum_state *s = open(&t, &c, pool), *u = open(&t, &c, pool);
        for (uint32_t k = 0; k < 25; k++) {
            find()->next(s, k, 0, a, 7);
            find()->next(u, 24 - k, 0, b, 7);
            find()->next(u, k, 0, b, 7);
            assert_memory_equal(a, b, sizeof a);
        }
        find()->free(s);
        find()->free(u);
    }
    small_free(&t);
}

static pl_place place(const pl_check *check, const char *path) { return (pl_place){"scenario.yaml", 3, 5}; }

static void refusals(void **state)
{
    small t;
    uint32_t pool[POOL];
    curriculum_state *s;
    pl_diag diag;
    pl_diag_init(&diag);
    world_of(&t, pool);
    difficulty_params c = {BANDS, DIFFICULTY, EASIEST, POOL + 1, 1, 1, 0.1};
    assert_int_equal(find()->init(&s, &c, &t.p, pool, POOL, &t.seeds, &diag), PL_ERR_USER);
    assert_int_equal(diag.errors, 1);
    assert_non_null(strstr(diag.messages[0].what, "49"));
    pl_check check = {&diag, place, NULL};
    find()->check(&c, "curriculum", &t.spec, &check);
    assert_int_equal(diag.errors, 1);
    t.spec.table = "rows.csv";
    find()->check(&c, "curriculum", &t.spec, &check);
    assert_int_equal(diag.errors, 2);
    c.by = PASS_RATE;
    find()->check(&c, "curriculum", &t.spec, &check);
    assert_int_equal(diag.errors, 2);
    pl_diag_free(&diag);
    for (int shape = BANDS; shape <= RAMP; shape++) {    /* every allocation fails once */
        pl_status st = PL_ERR_WORLD;
        c = (difficulty_params){shape, PASS_RATE, EASIEST, 3, 1, 1, 0.1};
        for (uint64_t k = 1; st != PL_OK; k++) {
            assert_true(k < 30);
            pl_mem_fail_at(k, false);
            st = find()->init(&s, &c, &t.p, pool, POOL, &t.seeds, NULL);
            pl_mem_fail_at(0, false);
            assert_true(st == PL_OK || (st == PL_ERR_WORLD && !s));
        }
        find()->free(s);
    }
    small_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bands_in_turn), cmocka_unit_test(ramp_grows), cmocka_unit_test(batches_are_pure), cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests_name("difficulty curriculum", tests, NULL, NULL);
}
