/* The pending-event set against the slowest possible one: a list that is searched. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/core/events.h"
#include "sim/core/rng.h"

enum { MOST = 700 };

typedef struct listed { pl_event event; uint64_t sequence; } listed;

/* The twin: position of the next event by time, then priority, then order of insertion. */
static size_t next_in(const listed *list, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++) {
        const pl_event *a = &list[i].event, *b = &list[best].event;
        if (a->time < b->time || (a->time == b->time && (a->priority < b->priority
            || (a->priority == b->priority && list[i].sequence < list[best].sequence))))
            best = i;
    }
    return best;
}

static void check_equal(pl_event a, pl_event b)
{
    assert_true(a.time == b.time);
    assert_int_equal(a.priority, b.priority);
    assert_int_equal(a.kind, b.kind);
    assert_int_equal(a.subject, b.subject);
    assert_true(a.payload == b.payload);
}

/* One random history: `tie` is the number of distinct delays (0: continuous), `push` the chance of a push in 100. */
static void history(uint32_t which, uint32_t tie, uint32_t push)
{
    static listed list[MOST];
    size_t n = 0;
    uint64_t sequence = 0, popped = 0;
    pl_seeds seeds = pl_seeds_make(1009, which, NULL, 0);
    pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, tie, push, 0);
    pl_events q;
    assert_int_equal(pl_events_init(&q, which), PL_OK);
    for (int i = 0; i < 20000; i++) {
        pl_event seen, event;
        if (pl_below(&s, 100) < push && n < MOST) {
            event = (pl_event){.time = q.now + (tie ? 0.37 * pl_below(&s, tie) : pl_exponential(&s)), .kind = (uint16_t)pl_u32(&s),
                               .priority = (uint16_t)(pl_below(&s, 3) * 32767), .subject = pl_u32(&s), .payload = pl_u64(&s)};
            assert_int_equal(pl_events_push(&q, event), PL_OK);
            list[n++] = (listed){event, sequence++};
        } else if (n > 0) {
            size_t best = next_in(list, n);
            if (pl_below(&s, 2)) {
                assert_true(pl_events_peek(&q, &seen));
                check_equal(seen, list[best].event);
            }
            assert_true(pl_events_pop(&q, &event));
            check_equal(event, list[best].event);
            assert_true(q.now == event.time);
            memmove(list + best, list + best + 1, (n - best - 1) * sizeof *list);
            n--;
            popped++;
        } else {
            assert_false(pl_events_pop(&q, &event));
            assert_false(pl_events_peek(&q, &event));
        }
        assert_int_equal(q.n, n);
    }
    assert_true(q.popped == popped);
    pl_events_free(&q);
}

static void any_history_comes_out_in_order(void **state)
{
    static const uint32_t ties[] = {0, 1, 2, 10}, pushes[] = {30, 50, 55, 80};
    for (uint32_t i = 0; i < 4; i++)
        for (uint32_t j = 0; j < 4; j++)
            history(7 * i + j, ties[i], pushes[j]);
}

static void ties_are_broken_by_priority_then_insertion(void **state)
{
    pl_events q;
    assert_int_equal(pl_events_init(&q, 0), PL_OK);
    static const uint16_t priorities[] = {2, 0, 65535, 0, 1, 2, 0};
    static const uint32_t expected[] = {1, 3, 6, 4, 0, 5, 2};
    for (uint32_t i = 0; i < 7; i++)
        assert_int_equal(pl_events_push(&q, (pl_event){.time = 2.385, .priority = priorities[i], .subject = i}), PL_OK);
    for (uint32_t i = 0; i < 7; i++) {
        pl_event e;
        assert_true(pl_events_pop(&q, &e));
        assert_int_equal(e.subject, expected[i]);
    }
    pl_events_free(&q);
}

static void impossible_times_are_refused(void **state)
{
    pl_events q;
    pl_event e;
    assert_int_equal(pl_events_init(&q, 4), PL_OK);
    assert_int_equal(pl_events_push(&q, (pl_event){.time = -0.0, .subject = 1}), PL_OK);
    assert_int_equal(pl_events_push(&q, (pl_event){.time = 0.25, .subject = 2}), PL_OK);
    assert_true(pl_events_pop(&q, &e) && e.subject == 1 && !signbit(e.time));
    assert_true(pl_events_pop(&q, &e) && e.subject == 2);
    static const double bad[] = {0.2499, -1, NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(pl_events_push(&q, (pl_event){.time = bad[i]}), PL_ERR_NUMERIC);
    assert_int_equal(q.n, 0);
    assert_int_equal(pl_events_push(&q, (pl_event){.time = 0.25}), PL_OK);
    assert_int_equal(pl_events_push(&q, (pl_event){.time = 1.7976931348623157e308}), PL_OK);
    assert_true(pl_events_pop(&q, &e) && pl_events_pop(&q, &e));
    assert_false(pl_events_pop(&q, &e));
    pl_events_free(&q);
}

/* When growth fails the queue stays what it was and can go on. */
static void growth_may_fail(void **state)
{
    for (uint64_t k = 1; k <= 2; k++) {
        pl_events q;
        pl_mem_fail_at(k, false);
        assert_int_equal(pl_events_init(&q, 3), PL_ERR_WORLD);
        pl_mem_fail_at(0, false);
        pl_events_free(&q);
        assert_int_equal(pl_events_init(&q, 3), PL_OK);
        size_t room = q.capacity;
        for (size_t i = 0; i < room; i++)
            assert_int_equal(pl_events_push(&q, (pl_event){.time = (double)(i * 7 % 16)}), PL_OK);
        pl_mem_fail_at(k, false);
        assert_int_equal(pl_events_push(&q, (pl_event){.time = 3}), PL_ERR_WORLD);
        pl_mem_fail_at(0, false);
        assert_int_equal(q.n, room);
        assert_int_equal(pl_events_push(&q, (pl_event){.time = 3.5}), PL_OK);
        pl_event e;
        double last = 0;
        for (size_t i = 0; i <= room; i++) {
            assert_true(pl_events_pop(&q, &e) && e.time >= last);
            last = e.time;
        }
        assert_false(pl_events_pop(&q, &e));
        pl_events_free(&q);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_history_comes_out_in_order), cmocka_unit_test(ties_are_broken_by_priority_then_insertion),
        cmocka_unit_test(impossible_times_are_refused),   cmocka_unit_test(growth_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
