/* Every algorithm on the general road: the shared base model, one preset after another, generation and update together.
 *
 * usage: bench_algorithms [STEPS]. A line per preset: rollouts a second of processor time (all that were generated, whatever the
 * filter kept), best of three runs, and how it compares with GRPO. Exits with 1 when one is slower than a third of GRPO. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/base/fs.h"
#include "sim/base/str.h"
#include "sim/run/plan.h"

enum { ROUNDS = 3 };

/* Processor time, so that what else the machine does is not in the comparison. */
static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Time of a run, and how many rollouts it generated. */
static pl_status timed(const training_spec *spec, double *time, double *rollouts, pl_diag *diag)
{
    pl_seeds seeds = pl_seeds_make(1, 0, NULL, 0);
    pl_table table;
    pl_table_init(&table);
    double start = seconds();
    pl_status st = training_run(spec, &seeds, "bench", 0, &table, NULL, diag);
    *time = seconds() - start;
    const pl_column *samples = st ? NULL : pl_table_find(&table, "samples");
    *rollouts = samples ? samples->v[table.n_rows - 1] : NAN;
    pl_table_free(&table);
    return st;
}

/* Rollouts a second between the first step, which pays for building the world, and the last. */
static pl_status rate_of(const char *preset, int64_t steps, double *rate, pl_diag *diag)
{
    char set[128];
    snprintf(set, sizeof set, "algorithm.preset=%s", preset);
    const char *const sets[] = {set, "record.every=1000000", "replicates=1"};
    const char *const folders[] = {"scenarios"};
    const plan_options options = {.set = sets, .n_set = 3, .seed = -1, .replicates = -1};
    const pl_search search = {folders, 1};
    plan p;
    pl_status st = plan_load(&p, "scenarios/base/math-7b.yaml", &options, &search, diag);
    *rate = 0;
    for (int round = 0; round < ROUNDS && !st; round++) {
        training_spec spec = p.base.training;
        double first, all, few, many;
        spec.stop = (stop_spec){.steps = 1};
        st = timed(&spec, &first, &few, diag);
        spec.stop.steps = steps;
        if (!st)
            st = timed(&spec, &all, &many, diag);
        *rate = st ? NAN : fmax(*rate, (many - few) / (all - first));
    }
    plan_free(&p);
    return st;
}

int main(int argc, char **argv)
{
    long long steps = 400;
    if (argc > 2 || (argc > 1 && (!pl_read_integer(argv[1], &steps) || steps < 2))) {
        fprintf(stderr, "usage: bench_algorithms [STEPS>1]\n");
        return 2;
    }
    char **names;
    size_t n;
    double grpo = NAN, rate;
    bool slow = false;
    pl_diag diag;
    pl_diag_init(&diag);
    pl_status st = pl_list_dir("scenarios/base/algorithms", &names, &n, &diag);
    if (!st)
        st = rate_of("grpo", steps, &grpo, &diag);
    for (size_t i = 0; i < n && !st; i++) {
        names[i][strlen(names[i]) - strlen(".yaml")] = '\0';
        st = rate_of(names[i], steps, &rate, &diag);
        if (st)
            break;
        printf("%-20s %8.3f M rollouts/s  %4.2f of grpo%s\n", names[i], 1e-6 * rate, rate / grpo, rate < grpo / 3 ? "  TOO SLOW" : "");
        slow = slow || rate < grpo / 3;
    }
    pl_diag_print(&diag, stderr);
    pl_diag_free(&diag);
    return st ? pl_exit_code(st) : slow;
}
