/* The clip of PPO, for the losses that are built on it: the gradient of min(u A, clip(u, 1 - low, 1 + high) A) by ln pi.
 *
 *   u A   while no bound binds, else 0
 *
 * A bound binds on one side only: what has already been pushed further than that in the direction of its advantage stops. */
#ifndef PL_MODELS_ALGO_CLIP_H
#define PL_MODELS_ALGO_CLIP_H

#include "models/algo.h"

static inline bool algo_clip_binds(double low, double high, double advantage, double ratio)
{
    return advantage > 0 ? ratio > 1.0 + high : advantage < 0 && ratio < 1.0 - low;
}

static inline double algo_clip_coefficient(double low, double high, double advantage, double ratio, bool *clipped)
{
    *clipped = algo_clip_binds(low, high, advantage, ratio);
    return *clipped ? 0.0 : ratio * advantage;
}

/* The fields `low` and `high` of a struct of parameters. */
#define ALGO_CLIP_FIELDS(type_)                                                                                                   \
    {.name = "clip_low", .type = PL_REAL, .offset = offsetof(type_, low), .fallback = "0.2", .min = 0, .max = 1,                  \
     .unit = "fraction",                                                                                                          \
     .doc = "A fork with negative advantage stops when its probability has fallen below 1 - clip_low of the old one.",            \
     .source = "arXiv 1707.06347, eq. 7"},                                                                                        \
    {.name = "clip_high", .type = PL_REAL, .offset = offsetof(type_, high), .fallback = "0.2", .min = 0, .max = PL_INF,           \
     .unit = "fraction",                                                                                                          \
     .doc = "A fork with positive advantage stops when its probability has risen above 1 + clip_high of the old one; .inf: "      \
            "never.",                                                                                                             \
     .source = "arXiv 1707.06347, eq. 7; higher than clip_low: arXiv 2503.14476, section 3.1"}

#endif
