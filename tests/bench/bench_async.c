/* Event unit: generators, buffer, trainer and weight sync around the work unit, asynchronously.
 *
 *     bench_async [group|rollout] [STEPS] [SEEDS]
 *
 * 128 slots decode groups of 16 rollouts whose times are log-normal (median 1 s, deviation .6 of the logarithm); a group ends with
 * its longest. The trainer takes 1,024 groups in the order in which they were finished, drops what is more than 4 updates old,
 * takes .5 s for the update and .05 s for the weights, and generation goes on meanwhile. With `rollout` the end of every rollout is
 * an event, with `group` that of every group. Prints the rate, and means and deviations over seeds of what is learnt.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "sim/core/simd.h"
#include "sim/train/mode.h"
#include "tests/bench/workunit.h"

enum { VALUES = 4 };
static const char *const names[VALUES] = {"entropy", "pass", "mean staleness", "dropped"};

static pl_status run(const setup *s, uint64_t seed, double *seconds_, double *value, pl_diag *diag)
{
    static const char *const columns[VALUES] = {"entropy/response", "pass@1", "staleness/mean", "tokens/stale"};
    pl_seeds seeds = pl_seeds_make(seed, 0, NULL, 0);
    pl_table table;
    pl_table_init(&table);
    double start = seconds();
    pl_status st = training_run(&s->spec, &seeds, "async", 0, &table, NULL, diag);
    *seconds_ = seconds() - start;
    for (int i = 0; i < VALUES && !st; i++) {
        const pl_column *c = pl_table_find(&table, columns[i]);
        double sum = 0;
        for (size_t row = 1; row < table.n_rows; row++) sum += c->v[row];
        value[i] = i == 2 ? sum / (double)(table.n_rows - 1) : c->v[table.n_rows - 1] / (i == 3 ? GROUP : 1);
    }
    pl_table_free(&table);
    return st;
}

static pl_status measure(setup *s, long long steps, long long n_seeds, pl_diag *diag)
{
    double total = 0, read = 0, sum[VALUES] = {0}, squares[VALUES] = {0}, once, value[VALUES];
    pl_status st = PL_OK;
    for (long long seed = 1; seed <= n_seeds && !st; seed++) {
        s->spec.stop.steps = 1;
        st = run(s, (uint64_t)seed, &once, value, diag);
        read += once;
        s->spec.stop.steps = steps;
        if (!st) st = run(s, (uint64_t)seed, &once, value, diag);
        total += once;
        for (int i = 0; i < VALUES; i++) {
            sum[i] += value[i];
            squares[i] += value[i] * value[i];
        }
    }
    if (st) return st;
    double n = (double)n_seeds, rate = n * (double)(steps - 1) / (total - read);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("plateau async (%s): %.1f train steps/s  %.2f M rollouts/s  peak RSS %.0f MiB  after %lld steps:",
           s->spec.cluster.detail == DETAIL_GROUP ? "group" : "rollout", rate, rate * PROMPTS * GROUP / 1e6,
           (double)usage.ru_maxrss / 1024, steps);
    for (int i = 0; i < VALUES; i++) {
        double mean = sum[i] / n, sd = n > 1 ? sqrt(fmax(0, squares[i] / n - mean * mean) * n / (n - 1)) : 0;
        printf("  %s %.4f (sd %.4f)", names[i], mean, sd);
    }
    printf("\n");
    return PL_OK;
}

static void make_spec(setup *s, const char *table, mode_params *mode, bool single)
{
    workunit_spec(s, table);
    *mode = (mode_params){
        .capacity = NAN, .publish_every = 1, .max_staleness = 4, .in_flight = IN_FLIGHT_FINISH, .take = TAKE_FINISHED};
    s->spec.algorithm.loss = choice(&loss_registry, "policy_gradient", NULL);
    s->spec.cluster = (cluster_spec){.mode = choice(&mode_registry, "pipeline", mode),
                                     .generators = 128,
                                     .slots = 1,
                                     .tokens_per_second = exp(-.18),
                                     .jitter = .6,
                                     .trainer_tokens_per_second = 1e18,
                                     .trainer_overhead = .5,
                                     .weight_sync = .05,
                                     .gpus = 8,
                                     .detail = single ? DETAIL_ROLLOUT : DETAIL_GROUP,
                                     .batching = BATCHING_GROUP};
}

int main(int argc, char **argv)
{
    long long steps = 200, seeds = 3;
    bool single = argc > 1 && !strcmp(argv[1], "rollout");
    if (argc > 4 || (argc > 1 && !single && strcmp(argv[1], "group")) ||
        (argc > 2 && (!pl_read_integer(argv[2], &steps) || steps < 2)) ||
        (argc > 3 && (!pl_read_integer(argv[3], &seeds) || seeds < 1))) {
        fprintf(stderr, "usage: bench_async [group|rollout] [STEPS>1] [SEEDS]\n");
        return 2;
    }
    char path[] = "/tmp/plateau-async-XXXXXX";
    int fd = mkstemp(path);
    setup s;
    mode_params mode;
    pl_diag diag;
    pl_diag_init(&diag);
    pl_status st = fd < 0 ? pl_diag_io(&diag, "create", path, errno) : pl_simd_select(NULL, &diag);
    if (!st) st = write_table(path, &diag);
    make_spec(&s, path, &mode, single);
    if (!st) st = measure(&s, steps, seeds, &diag);
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    pl_diag_print(&diag, stderr);
    pl_diag_free(&diag);
    return pl_exit_code(st);
}
