/* Pending-event set and clock: what happens next, in the total order (time, priority, sequence).
 *
 * The order is packed in one 128-bit key (bits of the non-negative time, then 16 bits of priority, then 48 bits
 * of sequence), so that ties in time are broken by priority and then by insertion, the same on every machine. A
 * tournament tree without data-dependent branches finds the smallest key. Smaller priority goes first.
 */
#ifndef PL_CORE_EVENTS_H
#define PL_CORE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sim/base/status.h"

typedef struct pl_event {
    double time;               /* s; finite, not negative, not before the clock */
    uint16_t priority;
    uint16_t kind;             /* the owner's dispatch code */
    uint32_t subject;          /* who: replica, slot... */
    uint64_t payload;
} pl_event;

typedef struct pl_events {
    struct pl_pending *slots;  /* `capacity` of them, a power of two */
    uint32_t *winners;         /* the tournament: 2 * capacity slot numbers, the smallest key at 1 */
    size_t n, capacity;        /* events pending; room without growing */
    uint32_t free;             /* list of empty slots */
    uint32_t hole;             /* slot of the event popped last, if its place in the tree is not yet filled */
    uint64_t sequence;         /* of the next push */
    double now;                /* time of the last popped event */
    uint64_t popped;           /* events popped so far */
} pl_events;

PL_MUST_USE pl_status pl_events_init(pl_events *q, size_t capacity);   /* grows when needed */
void pl_events_free(pl_events *q);
/* PL_ERR_NUMERIC: the time is NaN, infinite or past. */
PL_MUST_USE static inline pl_status pl_events_push(pl_events *q, pl_event event);
/* The same by fields; pl_events_push is a shell around it, so that they travel in registers. */
PL_MUST_USE pl_status pl_events_add(pl_events *q, double time, uint16_t priority, uint16_t kind, uint32_t subject,
                                    uint64_t payload);
bool pl_events_pop(pl_events *q, pl_event *event);                     /* false: empty; advances the clock */
bool pl_events_peek(const pl_events *q, pl_event *event);

static inline pl_status pl_events_push(pl_events *q, pl_event event)
{
    return pl_events_add(q, event.time, event.priority, event.kind, event.subject, event.payload);
}

#endif
