/* Sixteen lanes of floats, the same at every vector level: PARTS native vectors of WIDTH floats. Private to the kernels
 * of the tabular world, which are compiled once per level.
 *
 * Products and sums are rounded separately, and every sum over lanes has one order, written down here; so the level
 * changes the speed alone. Intrinsics stand where compilers take a plain expression apart; each has the value of the
 * plain expression beside it.
 */
#ifndef PL_MODELS_TABULAR_LANES_H
#define PL_MODELS_TABULAR_LANES_H

#include <stdint.h>
#include <string.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "models/tabular_kernel.h"

#if defined(__AVX512F__)
enum { WIDTH = 16 };
#elif defined(__AVX2__)
enum { WIDTH = 8 };
#else
enum { WIDTH = 4 };
#endif
enum { LANES = TABULAR_LANES, PARTS = LANES / WIDTH };

typedef float vf __attribute__((vector_size(4 * WIDTH)));
typedef int32_t vi __attribute__((vector_size(4 * WIDTH)));
typedef uint32_t vu __attribute__((vector_size(4 * WIDTH)));

#define INLINE static inline __attribute__((always_inline))

static const int32_t lane_number[LANES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

INLINE vf all(float x) { return (vf){0} + x; }
INLINE vi alli(int32_t x) { return (vi){0} + x; }
INLINE vu allu(uint32_t x) { return (vu){0} + x; }
INLINE vf choose(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }

INLINE vf load(const float *from)
{
    vf x;
    memcpy(&x, from, sizeof x);
    return x;
}

INLINE void store(float *to, vf x) { memcpy(to, &x, sizeof x); }

INLINE vi lanes_of(int part)
{
    vi x;
    memcpy(&x, lane_number + part * WIDTH, sizeof x);
    return x;
}

/* a > b ? a : b */
INLINE vf larger(vf a, vf b)
{
#if defined(__AVX512F__)
    return (vf)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
    return (vf)_mm256_max_ps((__m256)a, (__m256)b);
#else
    return choose(a > b, a, b);
#endif
}

/* n + (x >= edge ? step : 0) */
INLINE vi advance(vi n, vf x, vf edge, int32_t step)
{
#if defined(__AVX512F__)
    return (vi)_mm512_mask_add_epi32((__m512i)n, _mm512_cmp_ps_mask((__m512)x, (__m512)edge, _CMP_GE_OQ), (__m512i)n,
                                     (__m512i)alli(step));
#else
    return n + ((x >= edge) & step);
#endif
}

/* How many lanes of a mask are set. */
INLINE int count_set(vi mask)
{
#if defined(__AVX512F__)
    return __builtin_popcount(_mm512_movepi32_mask((__m512i)mask));
#elif defined(__AVX2__)
    return __builtin_popcount((unsigned)_mm256_movemask_ps((__m256)mask));
#else
    return -(mask[0] + mask[1] + mask[2] + mask[3]);
#endif
}

/* from[index], any index. */
INLINE vf gather(const float *from, vi index)
{
#if defined(__AVX512F__)
    return (vf)_mm512_i32gather_ps((__m512i)index, from, 4);
#elif defined(__AVX2__)
    return (vf)_mm256_i32gather_ps(from, (__m256i)index, 4);
#else
    return (vf){from[index[0]], from[index[1]], from[index[2]], from[index[3]]};
#endif
}

/* from[index] with indices below 16: two cycles in registers where gather takes tens. */
INLINE vf pick(const float from[LANES], vi index)
{
#if defined(__AVX512F__)
    return (vf)_mm512_permutexvar_ps((__m512i)index, (__m512)load(from));
#elif defined(__AVX2__)
    const __m256 low = _mm256_permutevar8x32_ps((__m256)load(from), (__m256i)index);
    const __m256 high = _mm256_permutevar8x32_ps((__m256)load(from + WIDTH), (__m256i)index);
    return (vf)_mm256_blendv_ps(low, high, (__m256)((vu)index << 28));
#else
    return gather(from, index);
#endif
}

/* The largest of 16 lanes, in every lane. */
#if defined(__AVX512F__)
#define TURN(x, k) __builtin_shufflevector(x, x, k, k + 1, k + 2, k + 3, k + 4, k + 5, k + 6, k + 7, (k + 8) % 16, (k + 9) % 16, (k + 10) % 16, \
                                           (k + 11) % 16, (k + 12) % 16, (k + 13) % 16, (k + 14) % 16, (k + 15) % 16)
#elif defined(__AVX2__)
#define TURN(x, k) __builtin_shufflevector(x, x, k, k + 1, k + 2, k + 3, (k + 4) % 8, (k + 5) % 8, (k + 6) % 8, (k + 7) % 8)
#else
#define TURN(x, k) __builtin_shufflevector(x, x, k, k + 1, (k + 2) % 4, (k + 3) % 4)
#endif
INLINE vf max_of(const vf part[PARTS])
{
    vf x = part[0];
    for (int p = 1; p < PARTS; p++)
        x = larger(x, part[p]);
#if defined(__AVX512F__)
    x = larger(x, TURN(x, 8));
#endif
#if defined(__AVX2__)
    x = larger(x, TURN(x, 4));
#endif
    x = larger(x, TURN(x, 2));
    return larger(x, TURN(x, 1));
}

/* Running sums over 16 lanes, by doubling distances (Hillis and Steele): x[l] += x[l - 1], then 2, 4 and 8. */
#if defined(__AVX512F__)
#define UP(k, x) __builtin_shufflevector((vf){0}, x, 16 - k, 17 - k, 18 - k, 19 - k, 20 - k, 21 - k, 22 - k, 23 - k, 24 - k, 25 - k, 26 - k, \
                                         27 - k, 28 - k, 29 - k, 30 - k, 31 - k)
INLINE void running_sum(const vf part[PARTS], float out[LANES])
{
    vf x = part[0];
    x += UP(1, x);
    x += UP(2, x);
    x += UP(4, x);
    x += UP(8, x);
    store(out, x);
}
#else
INLINE void running_sum(const vf part[PARTS], float out[LANES])
{
    float x[2 * LANES] = {0};                /* zeros on the left */
    memcpy(x + LANES, part, sizeof *x * LANES);
#pragma GCC unroll 4
    for (int far = 1; far < LANES; far *= 2) {
        vf y[PARTS];
        for (int p = 0; p < PARTS; p++)
            y[p] = load(x + LANES + p * WIDTH) + load(x + LANES + p * WIDTH - far);
        memcpy(x + LANES, y, sizeof y);
    }
    memcpy(out, x + LANES, sizeof *x * LANES);
}
#endif

/* e^x for x from TABULAR_LEAST to 0: 2^n 2^f with n the whole part of x / ln 2, rounded by adding 1.5 * 2^23, and the minimax
 * polynomial
 * of degree 5 for 2^f, |f| <= 1/2; n goes straight into the exponent. The error, 2e-7 (1 + |x| / 3) of the value, is below
 * 2e-7 of the largest term of a softmax. */
INLINE vf expv(vf x)
{
    const vf t = x * all(1.44269504f), shifted = t + all(12582912.0f);
    const vf f = t - (shifted - all(12582912.0f));
    vf y = all(1.32647273e-3f);
    y = y * f + all(9.67151299e-3f);
    y = y * f + all(5.55073358e-2f);
    y = y * f + all(2.40222424e-1f);
    y = y * f + all(6.93147004e-1f);
    y = y * f + all(1.0f);
    return (vf)((vu)y + ((vu)shifted << 23));
}

/* ln x for normal x > 0: m 2^n with m in [sqrt 1/2, sqrt 2), polynomial of Cephes logf in m - 1. */
INLINE vf logv(vf x)
{
    vi bits = (vi)x;
    vf n = __builtin_convertvector((bits >> 23) - 127, vf);
    vf m = (vf)((bits & 0x007FFFFF) | 0x3F800000);
    const vi high = m > all(1.41421356f);
    m = choose(high, m * all(0.5f), m) - all(1.0f);
    n = choose(high, n + all(1.0f), n);
    vf y = all(7.0376836292e-2f);
    y = y * m + all(-1.1514610310e-1f);
    y = y * m + all(1.1676998740e-1f);
    y = y * m + all(-1.2420140846e-1f);
    y = y * m + all(1.4249322787e-1f);
    y = y * m + all(-1.6668057665e-1f);
    y = y * m + all(2.0000714765e-1f);
    y = y * m + all(-2.4999993993e-1f);
    y = y * m + all(3.3333331174e-1f);
    const vf square = m * m;
    y = y * m * square + n * all(-2.12194440e-4f) - square * all(0.5f);
    return m + y + n * all(0.693359375f);
}

INLINE double add_lanes(const vf part[PARTS])
{
    float x[LANES];
    double sum = 0;
    memcpy(x, part, sizeof x);
    for (int l = 0; l < LANES; l++)
        sum += (double)x[l];
    return sum;
}

INLINE vu rotate(vu x, int k) { return (x << k) | (x >> (32 - k)); }

/* Threefry-4x32-20 blocks of the counters (a, b, c, d), lane by lane, as pl_threefry. */
INLINE void threefry(const uint32_t key[4], uint32_t a, vi b, vi c, vi d, vu x[4])
{
    static const int turn[8][2] = {{10, 26}, {11, 21}, {13, 27}, {23, 5}, {6, 20}, {17, 11}, {25, 10}, {18, 20}};
    const uint32_t k[5] = {key[0], key[1], key[2], key[3], 0x1BD11BDAu ^ key[0] ^ key[1] ^ key[2] ^ key[3]};
    vu x0 = allu(a + k[0]), x1 = (vu)b + k[1], x2 = (vu)c + k[2], x3 = (vu)d + k[3];
#pragma GCC unroll 20
    for (int r = 0; r < 20; r += 2) {
        x0 += x1;
        x1 = rotate(x1, turn[r % 8][0]) ^ x0;
        x2 += x3;
        x3 = rotate(x3, turn[r % 8][1]) ^ x2;
        x0 += x3;
        x3 = rotate(x3, turn[r % 8 + 1][0]) ^ x0;
        x2 += x1;
        x1 = rotate(x1, turn[r % 8 + 1][1]) ^ x2;
        if (r % 4 == 2) {
            const uint32_t s = (uint32_t)r / 4 + 1;
            x0 += k[s % 5];
            x1 += k[(s + 1) % 5];
            x2 += k[(s + 2) % 5];
            x3 += k[(s + 3) % 5] + s;
        }
    }
    x[0] = x0;
    x[1] = x1;
    x[2] = x2;
    x[3] = x3;
}

/* As pl_uniformf. */
INLINE vf uniformv(vu x) { return (__builtin_convertvector((vi)(x >> 9), vf) + all(0.5f)) * all(0x1p-23f); }

#endif
