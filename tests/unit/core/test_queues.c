/* Queues with known answers, simulated through the event set (oracle 13).
 *
 * M/M/c: customers come at rate lambda, c servers work at rate mu each. With a = lambda/mu, rho = a/c and Erlang's C
 * the probability of waiting, the mean wait is C / (c mu - lambda), and the wait of those who wait is exponential
 * with that rate. Standard errors are from batch means; a check fails for a right simulation with probability below
 * 1e-4 (t with 39 degrees of freedom), and seeds are fixed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>
#include <gsl/gsl_cdf.h>

#include "sim/base/mem.h"
#include "sim/core/events.h"
#include "sim/core/rng.h"
#include "sim/core/stats.h"

enum { BATCHES = 40, ARRIVAL = 0, DEPARTURE = 1 };

typedef struct queue {
    double lambda, mu;
    uint32_t servers, busy;
    size_t customers;
    double *came, *wait;              /* by customer */
    size_t arrived, begun;
    pl_events events;
    pl_stream arrivals, services;
} queue;

/* Customer number `begun` goes to a free server. */
static void begin_service(queue *q)
{
    q->wait[q->begun] = q->events.now - q->came[q->begun];
    q->begun++;
    q->busy++;
    double end = q->events.now + pl_exponential(&q->services) / q->mu;
    assert_int_equal(pl_events_push(&q->events, (pl_event){.time = end, .kind = DEPARTURE}), PL_OK);
}

static void next_arrival(queue *q)
{
    double time = q->events.now + pl_exponential(&q->arrivals) / q->lambda;
    assert_int_equal(pl_events_push(&q->events, (pl_event){.time = time, .kind = ARRIVAL}), PL_OK);
}

/* The waits of `customers` customers in order of arrival; the caller frees q->came and q->wait. */
static void simulate(queue *q, uint32_t stream)
{
    pl_event event;
    pl_seeds seeds = pl_seeds_make(60221, 0, NULL, 0);
    q->arrivals = pl_stream_make(&seeds, PL_FOR_TEST, stream, 0, 0);
    q->services = pl_stream_make(&seeds, PL_FOR_TEST, stream, 1, 0);
    q->came = pl_alloc_array(q->customers, sizeof *q->came);
    q->wait = pl_alloc_array(q->customers, sizeof *q->wait);
    assert_true(q->came && q->wait);
    assert_int_equal(pl_events_init(&q->events, q->servers + 1), PL_OK);
    next_arrival(q);
    while (q->begun < q->customers && pl_events_pop(&q->events, &event)) {
        if (event.kind == ARRIVAL) {
            q->came[q->arrived++] = event.time;
            if (q->arrived < q->customers)
                next_arrival(q);
        } else {
            q->busy--;
        }
        if (q->busy < q->servers && q->begun < q->arrived)
            begin_service(q);
    }
    pl_events_free(&q->events);
}

static double erlang_c(uint32_t servers, double load)
{
    double b = 1;                     /* Erlang's B by its recursion */
    for (uint32_t k = 1; k <= servers; k++)
        b = load * b / (k + load * b);
    double rho = load / servers;
    return b / (1 - rho + rho * b);
}

/* Is the mean of value(wait) over batches what it should be? The first batch is dropped as warm-up. */
static void check_mean(const queue *q, double (*value)(double wait, double parameter), double parameter, double expected)
{
    double means[BATCHES];
    size_t length = q->customers / (BATCHES + 1);
    for (size_t b = 0; b < BATCHES; b++) {
        double sum = 0;
        for (size_t i = 0; i < length; i++)
            sum += value(q->wait[(b + 1) * length + i], parameter);
        means[b] = sum / (double)length;
    }
    double error = sqrt(pl_variance(means, BATCHES) / BATCHES);
    assert_true(error < 0.08 * expected);                        /* the check has power */
    assert_true(fabs(pl_mean(means, BATCHES) - expected) < gsl_cdf_tdist_Qinv(5e-5, BATCHES - 1) * error);
}

static double itself(double wait, double parameter)
{
    return wait;
}

static double exceeds(double wait, double parameter)
{
    return wait > parameter;
}

static void check_queue(double lambda, double mu, uint32_t servers, uint32_t stream)
{
    queue q = {.lambda = lambda, .mu = mu, .servers = servers, .customers = 410000};
    simulate(&q, stream);
    double waits = erlang_c(servers, lambda / mu), rate = servers * mu - lambda;
    check_mean(&q, itself, 0, waits / rate);
    check_mean(&q, exceeds, 0, waits);
    check_mean(&q, exceeds, 1 / rate, waits * exp(-1));
    pl_free(q.came);
    pl_free(q.wait);
}

static void one_server(void **state)
{
    assert_true(fabs(erlang_c(1, 0.7) - 0.7) < 1e-15);
    check_queue(0.7, 1, 1, 1);
    check_queue(2.04, 2.55, 1, 2);
}

static void several_servers(void **state)
{
    assert_true(fabs(erlang_c(2, 1.5) - 9.0 / 14) < 1e-14);      /* 2 rho^2 / (1 + rho) at rho = 3/4 */
    check_queue(2.1, 1, 3, 3);
    check_queue(6.8, 0.85, 10, 4);
    check_queue(54, 1, 64, 5);
}

/* Mean of the largest of k log-normal lengths, in units of their mean: the integral of 1 - F(x)^k. */
static double largest_of(double k, double sigma)
{
    double sum = 0, step = 0.001, mean = exp(sigma * sigma / 2);
    for (double x = step / 2; x < 400; x += step)
        sum += step * -expm1(k * log1p(-gsl_cdf_lognormal_Q(x, 0, sigma)));
    return sum / mean;
}

/* A batch of k rollouts that start together is done when the slowest is: the straggler floor of synchronous training. */
static void the_slowest_of_a_batch(void **state)
{
    enum { K = 512, REPEATS = 1500 };
    double sigma = 0.8, mean = exp(sigma * sigma / 2);
    static double ends[REPEATS];
    assert_true(fabs(largest_of(512, 0.8) - 8.69) < 0.005);
    assert_true(fabs(largest_of(8192, 0.8) - 15.7) < 0.05);
    for (uint32_t r = 0; r < REPEATS; r++) {
        pl_events q;
        pl_event event;
        pl_seeds seeds = pl_seeds_make(60222, r, NULL, 0);
        assert_int_equal(pl_events_init(&q, 0), PL_OK);
        for (uint32_t i = 0; i < K; i++) {
            pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, i, 0, 0);
            assert_int_equal(pl_events_push(&q, (pl_event){.time = exp(sigma * pl_normal(&s)) / mean}), PL_OK);
        }
        while (pl_events_pop(&q, &event))
            ends[r] = q.now;
        pl_events_free(&q);
    }
    double error = sqrt(pl_variance(ends, REPEATS) / REPEATS);
    assert_true(fabs(pl_mean(ends, REPEATS) - largest_of(K, sigma)) < gsl_cdf_tdist_Qinv(5e-5, REPEATS - 1) * error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_server), cmocka_unit_test(several_servers),
                                       cmocka_unit_test(the_slowest_of_a_batch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
