/* Keys of the schedules that fall from 1 to a floor over a number of updates, x = min(1, t/T) of the way at update t. */
#ifndef PL_MODELS_ALGO_DECAY_H
#define PL_MODELS_ALGO_DECAY_H

#include <math.h>
#include "models/algo.h"

typedef struct decay_params {
    int64_t steps;                       /* T */
    double floor;
} decay_params;

static inline double decay_way(const decay_params *d, double t) { return fmin(1.0, t / (double)d->steps); }

#define DECAY_FIELDS                                                                                                              \
    {.name = "decay_steps", .type = PL_INT, .offset = offsetof(decay_params, steps), .fallback = "1000", .min = 1, .max = 1e9,    \
     .unit = "steps", .doc = "Updates after the warm-up over which the learning rate falls."},                                    \
    {.name = "floor", .type = PL_REAL, .offset = offsetof(decay_params, floor), .fallback = "0", .min = 0, .max = 1,              \
     .unit = "fraction", .doc = "Share of lr at the end, kept from then on."}

#endif
