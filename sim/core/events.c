/* The pending-event set as a tournament tree.
 *
 * Events sit in slots; above them stands a complete binary tree whose nodes hold the slot with the smaller key of
 * their two children, so node 1 names the next event. When a slot changes, the matches on its way up are played
 * again. The opponents on that way are known from the slot's number alone, so their keys are loaded side by side,
 * and a match is a compare and three conditional moves: no chain of dependent loads as in a heap's descent, and no
 * branch that the processor could mispredict. At 4,096 pending events this takes about half the time of the best
 * heap we tried (tests/bench/bench_hold.c).
 *
 * Most events schedule another one. A pop therefore leaves its event's slot in the tree (the hole); the next push
 * takes that very slot, and the matches are played once for both. A pop that still finds a hole empties it first.
 */
#include "sim/core/events.h"

#include <math.h>
#include <string.h>

#include "sim/base/mem.h"

struct pl_pending {
    uint64_t time_bits, order;     /* the key; all ones: the slot is empty */
    uint64_t payload;
    uint32_t subject;              /* of an empty slot: the next empty one */
    uint16_t kind;
};

_Static_assert(sizeof(struct pl_pending) == 32, "two pending events share a cache line");

#define NONE UINT32_MAX
enum { LEAST_CAPACITY = 2, SEQUENCE_BITS = 48 };
static const size_t LARGEST_CAPACITY = (size_t)1 << 30;

__extension__ typedef unsigned __int128 order_key;

/* A player on its way up the tree. */
typedef struct player {
    uint64_t time_bits, order, slot;
} player;

static inline player player_at(const struct pl_pending *slots, uint32_t slot)
{
    return (player){slots[slot].time_bits, slots[slot].order, slot};
}

static inline bool goes_before(player a, player b)
{
    return ((order_key)a.time_bits << 64 | a.order) < ((order_key)b.time_bits << 64 | b.order);
}

/* `first` ? a : b without a branch. gcc makes a conditional move of the plain expression, clang a branch that is
 * mispredicted every other time, unless it is written with a mask. */
static inline uint64_t pick(bool first, uint64_t a, uint64_t b)
{
#ifdef __clang__
    uint64_t mask = -(uint64_t)first;
    __asm__("" : "+r"(mask));          /* hides where the mask came from */
    return (a & mask) | (b & ~mask);
#else
    return first ? a : b;
#endif
}

static inline player winner_of(player a, player b)
{
    bool first = goes_before(a, b);
    return (player){pick(first, a.time_bits, b.time_bits), pick(first, a.order, b.order), pick(first, a.slot, b.slot)};
}

/* Plays the matches above a slot again. */
static void replay(pl_events *q, uint32_t slot)
{
    const struct pl_pending *slots = q->slots;
    uint32_t *winners = q->winners;
    player best = player_at(slots, slot);
    for (size_t node = q->capacity + slot; node > 1;) {
        best = winner_of(player_at(slots, winners[node ^ 1]), best);
        node >>= 1;
        winners[node] = (uint32_t)best.slot;
    }
}

static void make_empty(pl_events *q, uint32_t slot)
{
    q->slots[slot].time_bits = UINT64_MAX;
    q->slots[slot].order = UINT64_MAX;
    q->slots[slot].subject = q->free;
    q->free = slot;
}

/* Doubles the room (or makes the first): the slots keep their numbers, all matches are played anew. */
static pl_status resize(pl_events *q, size_t capacity)
{
    if (capacity > LARGEST_CAPACITY)
        return PL_ERR_WORLD;
    struct pl_pending *slots = pl_alloc_aligned(capacity * sizeof *slots);
    uint32_t *winners = pl_alloc_aligned(2 * capacity * sizeof *winners);
    if (!slots || !winners) {
        pl_free(slots);
        pl_free(winners);
        return PL_ERR_WORLD;
    }
    if (q->capacity)
        memcpy(slots, q->slots, q->capacity * sizeof *slots);
    pl_free(q->slots);
    pl_free(q->winners);
    size_t old = q->capacity;
    q->slots = slots;
    q->winners = winners;
    q->capacity = capacity;
    for (size_t i = capacity; i-- > old;)
        make_empty(q, (uint32_t)i);
    for (size_t i = 0; i < capacity; i++)
        winners[capacity + i] = (uint32_t)i;
    for (size_t node = capacity; node-- > 1;)
        winners[node] = (uint32_t)winner_of(player_at(slots, winners[2 * node]), player_at(slots, winners[2 * node + 1])).slot;
    return PL_OK;
}

pl_status pl_events_init(pl_events *q, size_t capacity)
{
    *q = (pl_events){.free = NONE, .hole = NONE};
    size_t room = LEAST_CAPACITY;
    while (room < capacity && room <= LARGEST_CAPACITY)
        room *= 2;
    return resize(q, room);
}

void pl_events_free(pl_events *q)
{
    pl_free(q->slots);
    pl_free(q->winners);
    *q = (pl_events){.free = NONE, .hole = NONE};
}

/* The slot that a push fills: the hole if there is one. */
static pl_status take_slot(pl_events *q, uint32_t *slot)
{
    if (q->hole != NONE) {
        *slot = q->hole;
        q->hole = NONE;
        return PL_OK;
    }
    if (q->free == NONE && resize(q, 2 * q->capacity))
        return PL_ERR_WORLD;
    *slot = q->free;
    q->free = q->slots[*slot].subject;
    return PL_OK;
}

pl_status pl_events_add(pl_events *q, double time, uint16_t priority, uint16_t kind, uint32_t subject, uint64_t payload)
{
    uint32_t slot;
    if (!(time >= q->now) || isinf(time))
        return PL_ERR_NUMERIC;
    if (take_slot(q, &slot))
        return PL_ERR_WORLD;
    struct pl_pending *p = &q->slots[slot];
    time += 0.0;                                 /* minus zero becomes zero: its bits would sort last */
    memcpy(&p->time_bits, &time, sizeof time);
    p->order = (uint64_t)priority << SEQUENCE_BITS | q->sequence++;
    p->payload = payload;
    p->subject = subject;
    p->kind = kind;
    q->n++;
    replay(q, slot);
    return PL_OK;
}

static pl_event event_in(const struct pl_pending *p)
{
    pl_event event = {.priority = (uint16_t)(p->order >> SEQUENCE_BITS), .kind = p->kind, .subject = p->subject,
                      .payload = p->payload};
    memcpy(&event.time, &p->time_bits, sizeof event.time);
    return event;
}

bool pl_events_pop(pl_events *q, pl_event *event)
{
    if (q->n == 0)
        return false;
    if (q->hole != NONE) {
        make_empty(q, q->hole);
        replay(q, q->hole);
    }
    q->hole = q->winners[1];
    *event = event_in(&q->slots[q->hole]);
    q->now = event->time;
    q->n--;
    q->popped++;
    return true;
}

bool pl_events_peek(const pl_events *q, pl_event *event)
{
    if (q->n == 0)
        return false;
    uint32_t slot = q->winners[1];
    if (q->hole != NONE) {                       /* the next is the best of those whom the popped one has beaten */
        player best = {UINT64_MAX, UINT64_MAX, q->hole};
        for (size_t node = q->capacity + q->hole; node > 1; node >>= 1)
            best = winner_of(player_at(q->slots, q->winners[node ^ 1]), best);
        slot = (uint32_t)best.slot;
    }
    *event = event_in(&q->slots[slot]);
    return true;
}
