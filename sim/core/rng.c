/* Random streams over Random123's Threefry-4x32-20. */
#include "sim/core/rng.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <Random123/threefry.h>
#include <gsl/gsl_cdf.h>

#include "sim/base/mem.h"

void pl_threefry(const uint32_t key[4], const uint32_t counter[4], uint32_t out[4])
{
    threefry4x32_ctr_t c = {{counter[0], counter[1], counter[2], counter[3]}};
    threefry4x32_key_t k = {{key[0], key[1], key[2], key[3]}};
    c = threefry4x32_R(20, c, k);
    memcpy(out, c.v, sizeof c.v);
}

pl_seeds pl_seeds_make(uint64_t seed, uint32_t replicate, const pl_purpose *shared, int n_shared)
{
    pl_seeds seeds = {.seed = seed};
    for (size_t i = 0; i < sizeof seeds.replicate / sizeof *seeds.replicate; i++)
        seeds.replicate[i] = replicate;
    for (int i = 0; i < n_shared; i++)
        seeds.replicate[shared[i]] = 0;
    return seeds;
}

pl_stream pl_stream_make(const pl_seeds *seeds, pl_purpose purpose, uint32_t a, uint32_t b, uint32_t c)
{
    return (pl_stream){
        .key = {(uint32_t)seeds->seed, (uint32_t)(seeds->seed >> 32), (uint32_t)purpose, seeds->replicate[purpose]},
        .counter = {a, b, c, 0},
    };
}

/* Four blocks side by side, for the counters c, c+1, c+2, c+3 in the last place: about as fast as a single one. The
 * same function as pl_threefry; vectors of 16 bytes are in every level. x0..x3 hold one word of each block. */
typedef uint32_t lanes __attribute__((vector_size(16)));

#define MIX(a, b, rotation) (a += b, b = (b << (rotation) | b >> (32 - (rotation))) ^ a)
#define ROUNDS(r0, r1, r2, r3, r4, r5, r6, r7) \
    (MIX(x0, x1, r0), MIX(x2, x3, r1), MIX(x0, x3, r2), MIX(x2, x1, r3), \
     MIX(x0, x1, r4), MIX(x2, x3, r5), MIX(x0, x3, r6), MIX(x2, x1, r7))
#define ADD_KEY(turn) \
    (x0 += k[(turn) % 5], x1 += k[((turn) + 1) % 5], x2 += k[((turn) + 2) % 5], x3 += k[((turn) + 3) % 5] + (turn))

static void four_blocks(const uint32_t key[4], const uint32_t counter[4], uint32_t out[16])
{
    const uint32_t k[5] = {key[0], key[1], key[2], key[3], 0x1BD11BDAu ^ key[0] ^ key[1] ^ key[2] ^ key[3]};
    const lanes zero = {0, 0, 0, 0};
    lanes x0 = zero + counter[0], x1 = zero + counter[1], x2 = zero + counter[2];
    lanes x3 = (lanes){0, 1, 2, 3} + counter[3];
    ADD_KEY(0u);
    ROUNDS(10, 26, 11, 21, 13, 27, 23, 5), ADD_KEY(1u);
    ROUNDS(6, 20, 17, 11, 25, 10, 18, 20), ADD_KEY(2u);
    ROUNDS(10, 26, 11, 21, 13, 27, 23, 5), ADD_KEY(3u);
    ROUNDS(6, 20, 17, 11, 25, 10, 18, 20), ADD_KEY(4u);
    ROUNDS(10, 26, 11, 21, 13, 27, 23, 5), ADD_KEY(5u);
    for (int block = 0; block < 4; block++) {
        out[4 * block] = x0[block];
        out[4 * block + 1] = x1[block];
        out[4 * block + 2] = x2[block];
        out[4 * block + 3] = x3[block];
    }
}

/* Most streams give a few numbers for one decision, some give millions: the first block comes alone, the later ones
 * by four. What the numbers are does not depend on it. */
static void draw_ahead(pl_stream *s)
{
    bool first = s->counter[3] == 0;
    if (first)
        pl_threefry(s->key, s->counter, s->numbers + 12);
    else
        four_blocks(s->key, s->counter, s->numbers);
    s->counter[3] += first ? 1 : 4;
    s->left = first ? 4 : 16;
}

uint32_t pl_u32(pl_stream *s)
{
    if (s->left == 0)
        draw_ahead(s);
    return s->numbers[16 - s->left--];
}

static inline uint64_t next64(pl_stream *s)
{
    if (s->left >= 2) {
        const uint32_t *next = s->numbers + 16 - s->left;
        s->left -= 2;
        return (uint64_t)next[1] << 32 | next[0];
    }
    uint64_t low = pl_u32(s);
    uint64_t high = pl_u32(s);
    return high << 32 | low;
}

uint64_t pl_u64(pl_stream *s)
{
    return next64(s);
}

/* 52 bits and a half: the sum is exact in a double, so that no value rounds to 1. */
static inline double next_uniform(pl_stream *s)
{
    return ((double)(next64(s) >> 12) + 0.5) * 0x1p-52;
}

double pl_uniform(pl_stream *s)
{
    return next_uniform(s);
}

float pl_uniformf(pl_stream *s)
{
    return ((float)(pl_u32(s) >> 9) + 0.5f) * 0x1p-23f;
}

double pl_normal(pl_stream *s)
{
    return gsl_cdf_ugaussian_Pinv(pl_uniform(s));
}

double pl_exponential(pl_stream *s)
{
    return -log(next_uniform(s));
}

/* Multiplication instead of division; draws from the incomplete last stretch are thrown away (Lemire, 1805.10941). */
uint32_t pl_below(pl_stream *s, uint32_t n)
{
    uint64_t product = (uint64_t)pl_u32(s) * n;
    if ((uint32_t)product < n) {
        uint32_t incomplete = (0u - n) % n;
        while ((uint32_t)product < incomplete)
            product = (uint64_t)pl_u32(s) * n;
    }
    return (uint32_t)(product >> 32);
}

/* Rounding may leave the sum a little below u: the last possible option takes what is left over. */
size_t pl_categorical(pl_stream *s, const double *p, size_t n)
{
    double u = pl_uniform(s), sum = 0;
    size_t last = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(p[i] > 0))
            continue;
        sum += p[i];
        last = i;
        if (u < sum)
            break;
    }
    return last;
}

void pl_shuffle(pl_stream *s, uint32_t *v, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = pl_below(s, (uint32_t)i);
        uint32_t held = v[i - 1];
        v[i - 1] = v[j];
        v[j] = held;
    }
}

static void gsl_seed(void *state, unsigned long seed)
{
    pl_seeds seeds = pl_seeds_make(seed, 0, NULL, 0);
    *(pl_stream *)state = pl_stream_make(&seeds, PL_FOR_ANALYSIS, 0, 0, 0);
}

static unsigned long gsl_next(void *state)
{
    return pl_u32(state);
}

static double gsl_next_double(void *state)
{
    return pl_uniform(state);
}

static const gsl_rng_type threefry_type = {
    .name = "threefry4x32-20", .max = UINT32_MAX, .min = 0, .size = sizeof(pl_stream),
    .set = gsl_seed, .get = gsl_next, .get_double = gsl_next_double,
};

const gsl_rng_type *const pl_gsl_type = &threefry_type;

/* Put together by hand, because gsl_rng_alloc would not take our memory; gsl_rng_free frees both parts. */
gsl_rng *pl_gsl_make(pl_stream stream)
{
    gsl_rng *rng = pl_alloc(sizeof *rng);
    pl_stream *state = pl_alloc(sizeof *state);
    if (!rng || !state) {
        pl_free(rng);
        pl_free(state);
        return NULL;
    }
    *state = stream;
    rng->type = &threefry_type;
    rng->state = state;
    return rng;
}
