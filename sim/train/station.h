/* Queues: how many are somewhere, and how long they stay; and a station, which serves them.
 *
 * A tally counts whoever is in a place -- in flight, at the reward workers, in the buffer. It integrates their number over
 * time and, separately, adds up the time of each that has left. Little's law ties the two: the integral of the number is
 * the time spent by those who left plus that of those who are still there.
 *
 * A station has `servers` that each serve one customer at a time, first come first served. It knows nothing of events: the
 * owner tells it when somebody arrives and when a service ends, and learns who is served next.
 */
#ifndef PL_TRAIN_STATION_H
#define PL_TRAIN_STATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sim/base/status.h"

typedef struct tally {
    double n;                            /* in it now */
    double integral, last;               /* of the number over time until `last`, s */
    double entered;                      /* sum of the times at which those in it entered, s */
    double stayed, left;                 /* time spent by those who left, s; how many */
    double occupied, most;               /* s with anybody in it; largest number */
} tally;
void tally_enter(tally *t, double now);
void tally_leave(tally *t, double now, double entered);
double tally_integral(tally *t, double now);             /* brings it up to `now` */
/* What Little's law says the integral is. */
static inline double tally_time(const tally *t, double now) { return t->stayed + (t->n * now - t->entered); }

typedef struct customer { uint32_t id; double arrived; } customer;
typedef struct station {
    size_t servers, busy;
    customer *line;                      /* ring of those who wait */
    size_t first, n, capacity;
    tally waiting, inside;               /* without and with those being served */
} station;
void station_init(station *s, size_t servers);
void station_free(station *s);
/* *starts: is the customer served at once? Else waits. Errors: PL_ERR_WORLD. */
PL_MUST_USE pl_status station_arrive(station *s, double now, uint32_t id, bool *starts);
/* A service ends of a customer that arrived at `arrived`; *next is who is served now. False: nobody waits. */
bool station_depart(station *s, double now, double arrived, customer *next);

#endif
