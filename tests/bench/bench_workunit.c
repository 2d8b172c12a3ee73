/* Work unit: 1,024 prompts with own logits over 8 formats x 16 strategies, 16 rollouts each, updated every step by
 * group-relative advantages (population deviation + 1e-6), lr 1, summed per prompt -- through the real engine.
 *
 *     bench_workunit [--steps N] [--seeds N] [--level scalar|avx2|avx512] [--dense yes]
 *
 * Every step computes the softmax, mean entropy, outcome shares and the exact pass rate, draws 16,384 rollouts and
 * their success and updates; rows are recorded at the first and the last step. The time of a run includes reading
 * the table; a run of one step is measured too, and the difference is what is reported as the rate.
 *
 * --dense yes: a recipe that no sparse update serves, as in dense_numpy.py. Part of the logits is shared by all prompts (gain .05), a
 * batch makes two updates with the ratio clipped at .2, and the loss holds .05 of the k3 divergence from the base. A step is then a batch.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "sim/core/simd.h"
#include "tests/bench/ceiling.h"
#include "tests/bench/workunit.h"

static void make_spec(setup *s, const char *table, bool dense)
{
    workunit_spec(s, table);
    training_spec *t = &s->spec;
    if (dense) {
        t->policy.transfer.v[FEATURE_GLOBAL] = .05;
        t->algorithm.minibatches = 2;
        t->algorithm.kl = (kl_spec){.weight = .05, .estimator = choice(&kl_registry, "k3", NULL), .in = ALGO_KL_LOSS};
    }
}

typedef struct outcome { double seconds, entropy, pass, share; } outcome;

static pl_status run(setup *s, int64_t steps, uint64_t seed, outcome *out, pl_diag *diag)
{
    pl_seeds seeds = pl_seeds_make(seed, 0, NULL, 0);
    pl_table table;
    pl_table_init(&table);
    s->spec.stop.steps = steps * s->spec.algorithm.minibatches;
    double start = seconds();
    pl_status st = training_run(&s->spec, &seeds, "workunit", 0, &table, NULL, diag);
    out->seconds = seconds() - start;
    const char *const names[] = {"entropy/response", "pass@1", "formats/share/f0"};
    double *const to[] = {&out->entropy, &out->pass, &out->share};
    for (int i = 0; i < 3 && !st; i++) {
        const pl_column *c = pl_table_find(&table, names[i]);
        *to[i] = c ? c->v[table.n_rows - 1] : NAN;
    }
    pl_table_free(&table);
    return st;
}

/* Best of many short passes, so that other programs are outside. */
#define BEST(call, best)                                                   \
    for (int pass_ = 0; pass_ < 200; pass_++) {                            \
        double from_ = seconds();                                          \
        call;                                                              \
        best = fmin(best, seconds() - from_);                              \
    }

/* What the machine can do of the step's ingredients at this vector level, and how far from it the engine is. */
static void print_ceiling(double step)
{
    enum { CELLS = PROMPTS * OUTCOMES, PIECE = 4096 };
    static _Alignas(64) float z[CELLS], p[CELLS];
    static _Alignas(64) uint32_t sum[16];
    static void (*const exps[])(float *, size_t) = {ceiling_exp_scalar, ceiling_exp_avx2, ceiling_exp_avx512};
    static void (*const threefries[])(uint32_t *, size_t) = {ceiling_threefry_scalar, ceiling_threefry_avx2, ceiling_threefry_avx512};
    static void (*const streams[])(float *, const float *, size_t) = {ceiling_stream_scalar, ceiling_stream_avx2, ceiling_stream_avx512};
    double e = 1, n = 1, m = 1;
    pl_simd level = pl_simd_level();
    for (size_t i = 0; i < CELLS; i++)
        z[i] = p[i] = -(float)(i % 977) / 61;
    BEST(exps[level](z, PIECE), e)
    BEST(threefries[level](sum, PIECE), n)
    BEST(streams[level](z, p, CELLS), m)
    e /= PIECE;
    n /= PIECE;
    double floor_ = CELLS * e + 2.0 * PROMPTS * GROUP * n + m;
    printf("ceiling: exp %.3f ns an element, threefry %.3f ns a number, memory %.0f GB/s (1 MiB, a += b); these alone, one after another, would take "
           "%.0f us a step; the engine takes %.0f us: %.0f%% of the ceiling\n", 1e9 * e, 1e9 * n, 3e-9 * CELLS * sizeof(float) / m, 1e6 * floor_,
           1e6 * step, 100 * floor_ / step);
}

static pl_status measure(setup *s, int64_t steps, int64_t n_seeds, pl_diag *diag)
{
    outcome one, all;
    double total = 0, read = 0, sum[3] = {0}, squares[3] = {0};
    for (int64_t seed = 1; seed <= n_seeds; seed++) {
        pl_status st = run(s, 1, (uint64_t)seed, &one, diag);
        if (!st)
            st = run(s, steps, (uint64_t)seed, &all, diag);
        if (st)
            return st;
        read += one.seconds;
        total += all.seconds;
        const double v[3] = {all.entropy, all.pass, all.share};
        for (int i = 0; i < 3; i++) {
            sum[i] += v[i];
            squares[i] += v[i] * v[i];
        }
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double n = (double)n_seeds, rate = n * (double)(steps - 1) / (total - read);
    printf("plateau %s %s: %.1f steps/s  %.2f M rollouts/s  peak RSS %.0f MiB  state after %lld steps:", pl_simd_name(pl_simd_level()),
           s->spec.algorithm.minibatches > 1 ? "dense float32" : "float32", rate,
           rate * PROMPTS * GROUP / 1e6, (double)usage.ru_maxrss / 1024, (long long)steps);
    static const char *const names[] = {"entropy", "pass", "share f0"};
    for (int i = 0; i < 3; i++) {
        double mean = sum[i] / n, sd = n > 1 ? sqrt(fmax(0, squares[i] / n - mean * mean) * n / (n - 1)) : 0;
        printf("  %s %.4f (sd %.4f)", names[i], mean, sd);
    }
    printf("\nwith reading the table and the first step: %.1f steps/s (%.3f s a run, %.3f s of it before the second step)\n",
           n * (double)steps / total, total / n, read / n);
    print_ceiling(1 / rate);
    return PL_OK;
}

int main(int argc, char **argv)
{
    long long steps = 2000, seeds = 1;
    const char *level = NULL;
    bool dense = false;
    for (int i = 1; i < argc; i += 2) {
        bool known = i + 1 < argc;
        if (known && !strcmp(argv[i], "--steps"))
            known = pl_read_integer(argv[i + 1], &steps) && steps > 1;
        else if (known && !strcmp(argv[i], "--seeds"))
            known = pl_read_integer(argv[i + 1], &seeds) && seeds > 0;
        else if (known && !strcmp(argv[i], "--level"))
            level = argv[i + 1];
        else if (known && !strcmp(argv[i], "--dense"))
            dense = !strcmp(argv[i + 1], "yes");
        else
            known = false;
        if (!known) {
            fprintf(stderr, "usage: bench_workunit [--steps N>1] [--seeds N] [--level scalar|avx2|avx512] [--dense yes]\n");
            return 2;
        }
    }
    char path[] = "/tmp/plateau-workunit-XXXXXX";
    int fd = mkstemp(path);
    setup s;
    pl_diag diag;
    pl_diag_init(&diag);
    pl_status st = fd < 0 ? pl_diag_io(&diag, "create", path, errno) : pl_simd_select(level, &diag);
    if (!st)
        st = write_table(path, &diag);
    make_spec(&s, path, dense);
    if (!st)
        st = measure(&s, steps, seeds, &diag);
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    pl_diag_print(&diag, stderr);
    pl_diag_free(&diag);
    return pl_exit_code(st);
}
