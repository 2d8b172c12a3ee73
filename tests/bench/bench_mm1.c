/* M/M/1 through the pending-event set: what the simulation of a queue costs.
 *
 *     bench_mm1 [CUSTOMERS]
 *
 * Customers arrive at rate .9 at one server of rate 1, first come first served. Each is two events, an arrival and
 * a departure; clock, order and random numbers are the engine's. The mean sojourn must be 1 / (1 - .9) = 10: the
 * program fails when it is more than five standard errors (batch means) away.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/core/events.h"
#include "sim/core/rng.h"
#include "sim/core/stats.h"

enum { ROUNDS = 5, BATCHES = 20, RING = 1 << 16, ARRIVAL = 0, DEPARTURE = 1 };
static const double arrival_rate = 0.9, service_rate = 1;

typedef struct queue {
    pl_events events;
    pl_stream stream;
    double *came;                  /* arrival times of those present, first come first served, as a ring */
    uint64_t arrived, served, customers;
    uint64_t batch, batch_end;     /* of the next departure; number of customers served at which it ends */
    double sojourn[BATCHES];       /* sums by batch */
} queue;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static pl_status schedule(queue *q, double rate, uint16_t kind)
{
    return pl_events_push(&q->events, (pl_event){.time = q->events.now + pl_exponential(&q->stream) / rate, .kind = kind});
}

static pl_status arrive(queue *q, double now)
{
    if (q->arrived - q->served == RING)
        return PL_ERR_NUMERIC;
    q->came[q->arrived++ % RING] = now;
    pl_status status = q->arrived < q->customers ? schedule(q, arrival_rate, ARRIVAL) : PL_OK;
    if (!status && q->arrived - q->served == 1)
        status = schedule(q, service_rate, DEPARTURE);
    return status;
}

static pl_status depart(queue *q, double now)
{
    q->sojourn[q->batch] += now - q->came[q->served++ % RING];
    if (q->served == q->batch_end)
        q->batch_end += q->customers / BATCHES, q->batch++;
    return q->served < q->arrived ? schedule(q, service_rate, DEPARTURE) : PL_OK;
}

static pl_status simulate(queue *q, uint64_t customers, uint32_t round)
{
    pl_event event;
    pl_seeds seeds = pl_seeds_make(1, round, NULL, 0);
    q->stream = pl_stream_make(&seeds, PL_FOR_TEST, 0, 0, 0);
    q->customers = customers;
    q->batch_end = customers / BATCHES;
    pl_status status = pl_events_init(&q->events, 2);
    if (!status)
        status = schedule(q, arrival_rate, ARRIVAL);
    while (!status && pl_events_pop(&q->events, &event))
        status = event.kind == ARRIVAL ? arrive(q, event.time) : depart(q, event.time);
    pl_events_free(&q->events);
    return status;
}

int main(int argc, char **argv)
{
    long long customers = 1000000;
    if (argc > 2 || (argc > 1 && !pl_read_integer(argv[1], &customers)) || customers < BATCHES * 1000 || customers > 1000000000) {
        fprintf(stderr, "usage: bench_mm1 [CUSTOMERS]     (at least %d)\n", BATCHES * 1000);
        return 2;
    }
    customers -= customers % BATCHES;
    double times[ROUNDS], means[ROUNDS * BATCHES], *came = pl_alloc_array(RING, sizeof *came);
    pl_status status = came ? PL_OK : PL_ERR_WORLD;
    for (uint32_t r = 0; r < ROUNDS && !status; r++) {
        queue q = {.came = came};
        double start = seconds();
        status = simulate(&q, (uint64_t)customers, r);
        times[r] = seconds() - start;
        for (int b = 0; b < BATCHES; b++)
            means[r * BATCHES + (uint32_t)b] = q.sojourn[b] * BATCHES / (double)customers;
    }
    pl_free(came);
    if (status)
        return pl_exit_code(status);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double median = pl_quantile(times, ROUNDS, 0.5), mean = pl_mean(means, ROUNDS * BATCHES);
    double error = sqrt(pl_variance(means, ROUNDS * BATCHES) / (ROUNDS * BATCHES));
    printf("mm1.customers %lld per_round\n", customers);
    printf("mm1.rate_best %.3f M_customers/s\n", 1e-6 * (double)customers / times[0]);
    printf("mm1.rate_median %.3f M_customers/s\n", 1e-6 * (double)customers / median);
    printf("mm1.mean_sojourn %.4f s\n", mean);
    printf("mm1.mean_sojourn_error %.4f s\n", error);
    printf("mm1.peak_rss %ld KiB\n", usage.ru_maxrss);
    return fabs(mean - 10) > 5 * error;
}
