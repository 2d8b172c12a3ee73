/* Random streams: counter-based, keyed by what the number is for (Threefry-4x32, 20 rounds, Salmon et al. 2011).
 *
 * A number is a pure function of (seed, replicate, purpose, a, b, c, index): no state is shared, so results do
 * not depend on threads, on the order of events, or on how many numbers somebody else drew. Arms use the same
 * streams (common random numbers): the arm is not part of the key.
 *
 * The key holds seed and (replicate, purpose); the counter holds (a, b, c) -- for a rollout: step, slot in the
 * batch, rollout in the group -- and the block index.
 */
#ifndef PL_CORE_RNG_H
#define PL_CORE_RNG_H

#include <stdint.h>
#include <gsl/gsl_rng.h>

typedef enum pl_purpose {      /* append only: the value is part of every key */
    PL_FOR_WORLD = 1,          /* prompts, templates, applicability */
    PL_FOR_ORDER,              /* which prompts when */
    PL_FOR_SAMPLE,             /* decisions of a rollout */
    PL_FOR_OUTCOME,            /* correctness, extraction, length noise of a rollout */
    PL_FOR_REWARD,             /* random terms of a reward */
    PL_FOR_CLUSTER,            /* durations, failures */
    PL_FOR_EVALUATION,         /* sampled evaluation */
    PL_FOR_POOL,               /* base rollouts that select the training pool */
    PL_FOR_ANALYSIS,           /* bootstrap */
    PL_FOR_TEST,
    PL_FOR_ANSWER,             /* which wrong answer a rollout gives */
    PL_FOR_MODEL,              /* what the pretrained model is made of: embedding, stored weights, the engine that serves it */
    PL_FOR_UPDATE              /* forks that an update chooses at random */
} pl_purpose;

typedef struct pl_stream {
    uint32_t key[4], counter[4];   /* the next block's */
    uint32_t numbers[16];          /* drawn ahead: one block at first, then four at a time */
    unsigned left;                 /* how many of them are not yet handed out: the last ones */
} pl_stream;

typedef struct pl_seeds {      /* of one replicate; shared purposes use replicate 0 */
    uint64_t seed;
    uint32_t replicate[16];    /* by purpose */
} pl_seeds;

pl_seeds pl_seeds_make(uint64_t seed, uint32_t replicate, const pl_purpose *shared, int n_shared);
pl_stream pl_stream_make(const pl_seeds *seeds, pl_purpose purpose, uint32_t a, uint32_t b, uint32_t c);

uint32_t pl_u32(pl_stream *s);
uint64_t pl_u64(pl_stream *s);
double pl_uniform(pl_stream *s);                       /* (0, 1), never 0 or 1: ((u64 >> 12) + 0.5) * 2^-52 */
float pl_uniformf(pl_stream *s);                       /* (0, 1), never 0 or 1: ((u32 >> 9) + 0.5) * 2^-23, exact in a float */
double pl_normal(pl_stream *s);                        /* by inversion of one uniform */
double pl_exponential(pl_stream *s);                   /* mean 1, by inversion */
uint32_t pl_below(pl_stream *s, uint32_t n);           /* 0..n-1 without bias; n >= 1 */
size_t pl_categorical(pl_stream *s, const double *p, size_t n);   /* p sums to about 1 */
void pl_shuffle(pl_stream *s, uint32_t *v, size_t n);                /* n < 2^32 */

/* One Threefry-4x32-20 block, for kernels that draw many at once: out[4] from key[4], counter[4]. */
void pl_threefry(const uint32_t key[4], const uint32_t counter[4], uint32_t out[4]);

/* The same streams as a GSL generator, for GSL's distributions: 32-bit output, the state is a pl_stream. */
extern const gsl_rng_type *const pl_gsl_type;
gsl_rng *pl_gsl_make(pl_stream stream);                /* NULL when memory runs out; gsl_rng_free */

#endif
