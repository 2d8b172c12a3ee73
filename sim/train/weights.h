/* Versions of the weights: what generators decode with while the trainer goes on.
 *
 * A snapshot is a copy of the trainer's weights, counted by who still needs it: the generators hold the one that is in force,
 * and every response in flight holds the one it began with as long as decisions of it may still have to be drawn. A copy
 * that nobody holds is used again for the next publication, so that there are as many as versions in flight.
 *
 * A swap log says when weights changed under responses that went on: at which reading of a clock (seconds, or tokens decoded by
 * a replica) which version came into force.
 */
#ifndef PL_TRAIN_WEIGHTS_H
#define PL_TRAIN_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>
#include "sim/base/status.h"

typedef struct snapshot {
    struct snapshot *next;               /* in the list of live or of spare ones */
    double *weights;
    uint32_t version;                    /* optimiser steps in it */
    uint32_t refs;
} snapshot;

typedef struct weight_store {
    snapshot *live, *spare;
    size_t n_weights, n_live, most;      /* numbers in a snapshot; snapshots held now, and at most so far */
} weight_store;

void weight_store_init(weight_store *w, size_t n_weights);
void weight_store_free(weight_store *w);
/* A copy of `weights`, held once by the caller. NULL: out of memory. */
snapshot *weight_store_publish(weight_store *w, const double *weights, uint32_t version);
static inline snapshot *snapshot_hold(snapshot *s) { return s->refs++, s; }
void snapshot_release(weight_store *w, snapshot *s);     /* NULL allowed */

typedef struct swap_entry { double at; snapshot *weights; } swap_entry;
typedef struct swap_log { swap_entry *v; size_t n, capacity; } swap_log;    /* in the order of `at` */
PL_MUST_USE pl_status swap_log_add(swap_log *log, double at, snapshot *weights);      /* holds it */
/* Forgets what lies before `oldest`: no response in flight began earlier. */
void swap_log_trim(swap_log *log, weight_store *store, double oldest);
void swap_log_free(swap_log *log, weight_store *store);

#endif
