/* Singling out forks: the top by covariance, and a random draw without replacement, against slow ones. */
#include "tests/unit/models/small_world.h"

enum { N = 40 };

static size_t fill(algo_pick *f, pl_stream *s)
{
    size_t all = 0;
    for (size_t i = 0; i < N; i++) {
        f[i] = (algo_pick){.covariance = floor(4 * pl_normal(s)) / 2, .n = (size_t)pl_below(s, 4)};      /* with equals */
        all += f[i].n;
    }
    return all;
}

static void top(void **state)
{
    pl_seeds seeds = pl_seeds_make(88, 0, NULL, 0);
    for (uint32_t trial = 0; trial < 200; trial++) {
        pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, trial, 0, 0);
        algo_pick f[N];
        size_t all = fill(f, &s), m = (size_t)pl_below(&s, (uint32_t)all + 5), slow[N] = {0}, left = m;
        algo_pick_top(f, N, m);
        while (left > 0) {                               /* the best fork that is not yet full, one unit at a time */
            size_t best = N;
            for (size_t i = 0; i < N; i++)
                if (slow[i] < f[i].n && (best == N || f[i].covariance > f[best].covariance)) best = i;
            if (best == N) break;
            slow[best]++;
            left--;
        }
        for (size_t i = 0; i < N; i++) assert_int_equal(f[i].picked, slow[i]);
    }
}

static bool positive(const void *params, const algo_pick *f) { return f->covariance > *(const double *)params; }

/* Exactly m, only eligible ones, and each as often as the others: 4,000 draws, |z| < 4.9 for 40 shares (4e-5). */
static void at_random(void **state)
{
    enum { DRAWS = 4000, M = 9 };
    pl_seeds seeds = pl_seeds_make(89, 0, NULL, 0);
    pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, 0, 0, 0);
    algo_pick f[N];
    double above = 0;
    size_t sum[N] = {0}, eligible = 0;
    fill(f, &s);
    for (size_t i = 0; i < N; i++) eligible += positive(&above, &f[i]) ? f[i].n : 0;
    assert_true(eligible > 2 * M);
    for (int d = 0; d < DRAWS; d++) {
        size_t picked = 0;
        for (size_t i = 0; i < N; i++) f[i].picked = 0;
        algo_pick_random(f, N, M, positive, &above, &s);
        for (size_t i = 0; i < N; i++) {
            assert_true(f[i].picked <= f[i].n && (positive(&above, &f[i]) || f[i].picked == 0));
            sum[i] += f[i].picked;
            picked += f[i].picked;
        }
        assert_int_equal(picked, M);
    }
    for (size_t i = 0; i < N; i++)
        if (positive(&above, &f[i]) && f[i].n > 0) {
            double share = (double)M / (double)eligible, n = (double)f[i].n, mean = DRAWS * n * share;
            assert_true(fabs((double)sum[i] - mean) < 4.9 * sqrt(DRAWS * n * share * (1 - share)));
        }
    for (size_t i = 0; i < N; i++) f[i].picked = 0;
    algo_pick_random(f, N, 1000, positive, &above, &s);
    for (size_t i = 0; i < N; i++) assert_int_equal(f[i].picked, positive(&above, &f[i]) ? f[i].n : 0);
}

/* (ln pi - mean)(A - mean), means over forks, of which an entry may hold several or none; advantages that do not sum to zero. */
static void covariance_of_forks(void **state)
{
    enum { RESPONSES = 5, ENTRIES = RESPONSES * FORK_KINDS };
    algo_pick picks[ENTRIES];
    double ln[ENTRIES], A[ENTRIES], params[2] = {0, 1}, n = 0, mean_ln = 0, mean_A = 0;
    algorithm_spec a = small_algorithm("none", "none", "kl_cov", "token");
    a.loss.params = params;
    pl_seeds seeds = pl_seeds_make(77, 0, NULL, 0);
    pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, 0, 0, 0);
    rollout_group first = {.batch = 3};
    for (size_t i = 0; i < ENTRIES; i++) {
        const double forks = pl_below(&s, 4);
        ln[i] = forks > 0 ? -3 * pl_uniform(&s) : 0;
        A[i] = forks > 0 ? 0.7 + pl_normal(&s) : 0;
        picks[i] = (algo_pick){.n = (size_t)forks, .covariance = ln[i], .advantage = A[i], .ratio = 1};
        n += forks;
        mean_ln += forks * ln[i];
        mean_A += forks * A[i];
    }
    algo_decide(&a, picks, RESPONSES, 1000, &first, &seeds);
    assert_true(fabs(mean_A / n) > 0.2);
    size_t picked = 0;
    for (size_t i = 0; i < ENTRIES; i++) {
        if (picks[i].n) assert_true(fabs(picks[i].covariance - (ln[i] - mean_ln / n) * (A[i] - mean_A / n)) < 1e-13);
        picked += picks[i].picked;
    }
    assert_int_equal(picked, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(top), cmocka_unit_test(at_random), cmocka_unit_test(covariance_of_forks)};
    return cmocka_run_group_tests_name("algo pick", tests, NULL, NULL);
}
