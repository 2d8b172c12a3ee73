/* Stations: the closed forms of M/M/c, and Little's law; the same queue that the reward workers stand behind. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include "sim/core/events.h"
#include "sim/core/rng.h"
#include "sim/train/station.h"

/* Probability that a customer waits, Erlang C: docs/model/clock-and-chance.md. */
static double erlang_c(int c, double a)
{
    double b = 1;
    for (int k = 1; k <= c; k++) b = a * b / (k + a * b);
    double rho = a / c;
    return b / (1 - rho + rho * b);
}

enum { ARRIVAL, DEPARTURE, BATCHES = 20, CUSTOMERS = 20000 };
typedef struct mmc {
    pl_events events;
    pl_stream chance;
    station station;
    double arrived[1 << 16];
} mmc;

static void start_service(mmc *m, uint32_t id)
{
    assert_int_equal(
        pl_events_push(&m->events,
                       (pl_event){.time = m->events.now + pl_exponential(&m->chance), .kind = DEPARTURE, .subject = id}),
        PL_OK);
}

/* Mean waiting time of a batch of customers at c servers of rate 1; arrivals at rate `lambda`. */
static double mean_wait(mmc *m, double lambda)
{
    double stayed = m->station.waiting.stayed;
    pl_event e;
    for (uint32_t n = 0; n < CUSTOMERS;) {
        assert_true(pl_events_pop(&m->events, &e));
        if (e.kind == ARRIVAL) {
            bool starts;
            uint32_t id = e.subject % (1 << 16);
            m->arrived[id] = e.time;
            assert_int_equal(station_arrive(&m->station, e.time, id, &starts), PL_OK);
            if (starts) start_service(m, id);
            n++;
            pl_event next = {.time = e.time + pl_exponential(&m->chance) / lambda, .kind = ARRIVAL, .subject = e.subject + 1};
            assert_int_equal(pl_events_push(&m->events, next), PL_OK);
        } else {
            customer next;
            if (station_depart(&m->station, e.time, m->arrived[e.subject], &next)) start_service(m, next.id);
        }
    }
    return (m->station.waiting.stayed - stayed) / CUSTOMERS;
}

/* C/(c mu - lambda), within 4.5 standard errors of 20 batch means (t with 19 degrees: P < .0003 each). */
static void waits_as_erlang_says(void **state)
{
    static const struct {
        int c;
        double lambda;
    } cases[] = {{1, .7}, {3, 2.1}, {8, 6.9}};
    for (size_t i = 0; i < 3; i++) {
        static mmc m;
        pl_seeds seeds = pl_seeds_make(7, (uint32_t)i, NULL, 0);
        m = (mmc){.chance = pl_stream_make(&seeds, PL_FOR_TEST, 0, 0, 0)};
        station_init(&m.station, (size_t)cases[i].c);
        assert_int_equal(pl_events_init(&m.events, 16), PL_OK);
        assert_int_equal(pl_events_push(&m.events, (pl_event){.kind = ARRIVAL}), PL_OK);
        mean_wait(&m, cases[i].lambda); /* to forget the empty beginning */
        double sum = 0, squares = 0;
        for (int b = 0; b < BATCHES; b++) {
            double w = mean_wait(&m, cases[i].lambda);
            sum += w;
            squares += w * w;
        }
        double mean = sum / BATCHES, error = sqrt((squares / BATCHES - mean * mean) / (BATCHES - 1));
        double expected = erlang_c(cases[i].c, cases[i].lambda) / (cases[i].c - cases[i].lambda);
        assert_true(fabs(mean - expected) < 4.5 * error);
        assert_true(error < .06 * expected);
        double now = m.events.now; /* Little, at any moment */
        assert_true(fabs(tally_integral(&m.station.inside, now) / tally_time(&m.station.inside, now) - 1) < 1e-9);
        assert_true(fabs(tally_integral(&m.station.waiting, now) / tally_time(&m.station.waiting, now) - 1) < 1e-9);
        assert_true(m.station.inside.n == (double)(m.station.busy + m.station.n));
        pl_events_free(&m.events);
        station_free(&m.station);
    }
}

/* First come first served, whatever the order in which services end, past the end of the ring. */
static void serves_in_order(void **state)
{
    station s;
    bool starts;
    customer next;
    station_init(&s, 2);
    for (uint32_t id = 0; id < 45; id++) {
        assert_int_equal(station_arrive(&s, id, id, &starts), PL_OK);
        assert_true(starts == (id < 2));
        if (id >= 20 && id < 30) {
            assert_true(station_depart(&s, id, 0, &next));
            assert_int_equal(next.id, id - 18);
            assert_true(next.arrived == id - 18);
        }
    }
    for (uint32_t id = 12; id < 45; id++) {
        assert_true(station_depart(&s, 50, 0, &next));
        assert_int_equal(next.id, id);
    }
    assert_false(station_depart(&s, 51, 0, &next));
    assert_int_equal(s.busy, 1);
    station_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(waits_as_erlang_says), cmocka_unit_test(serves_in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
