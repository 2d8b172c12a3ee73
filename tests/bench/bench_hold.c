/* The hold model: the standing load of a pending-event set.
 *
 *     bench_hold [PENDING [HOLDS]]
 *
 * PENDING events wait; a hold takes the next one and schedules it again an exponential time later (mean 1). Three
 * times PENDING holds bring the set to its standing distribution, then HOLDS are timed, random numbers included.
 * The best of five rounds is reported beside their median, because other programs disturb the clock one way only.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "sim/base/str.h"
#include "sim/core/events.h"
#include "sim/core/rng.h"
#include "sim/core/stats.h"

enum { ROUNDS = 5 };

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static pl_status hold(pl_events *q, pl_stream *s, long long times)
{
    pl_event event;
    for (long long i = 0; i < times && pl_events_pop(q, &event); i++) {
        event.time += pl_exponential(s);
        pl_status status = pl_events_push(q, event);
        if (status)
            return status;
    }
    return PL_OK;
}

static pl_status measure(long long pending, long long holds, double *times, double *end)
{
    pl_events q;
    pl_seeds seeds = pl_seeds_make(1, 0, NULL, 0);
    pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, 0, 0, 0);
    pl_status status = pl_events_init(&q, (size_t)pending);
    for (long long i = 0; i < pending && !status; i++)
        status = pl_events_push(&q, (pl_event){.time = pl_exponential(&s), .subject = (uint32_t)i});
    if (!status)
        status = hold(&q, &s, 3 * pending);
    for (int r = 0; r < ROUNDS && !status; r++) {
        double start = seconds();
        status = hold(&q, &s, holds);
        times[r] = (seconds() - start) / (double)holds;
    }
    *end = q.now;
    pl_events_free(&q);
    return status;
}

int main(int argc, char **argv)
{
    long long pending = 4096, holds = 2000000;
    double times[ROUNDS], end;
    if (argc > 3 || (argc > 1 && !pl_read_integer(argv[1], &pending)) || (argc > 2 && !pl_read_integer(argv[2], &holds))
        || pending < 1 || pending > 1 << 24 || holds < 1) {
        fprintf(stderr, "usage: bench_hold [PENDING [HOLDS]]\n");
        return 2;
    }
    pl_status status = measure(pending, holds, times, &end);
    if (status)
        return pl_exit_code(status);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double median = pl_quantile(times, ROUNDS, 0.5);
    printf("hold.pending %lld events\n", pending);
    printf("hold.time_best %.1f ns\n", times[0] * 1e9);
    printf("hold.time_median %.1f ns\n", median * 1e9);
    printf("hold.rate %.3f M/s\n", 1e-6 / times[0]);
    printf("hold.clock %.3f mean_increments\n", end);
    printf("hold.peak_rss %ld KiB\n", usage.ru_maxrss);
    return 0;
}
