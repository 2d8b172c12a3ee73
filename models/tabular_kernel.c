/* One step of the tabular world: softmax, statistics, sampling by inversion, success, advantage, scattered update.
 *
 * Compiled once per vector level. Vectors are 16 floats wide at every level and every sum has one order, written
 * down here; products and sums are rounded separately. So the level changes the speed alone. Nothing branches on
 * data except the skipping of groups without advantage.
 */
#include "models/tabular_kernel.h"

#include <string.h>

#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Wpsabi"     /* vectors are passed between inlined functions only */
#endif

typedef float vf __attribute__((vector_size(64)));
typedef int32_t vi __attribute__((vector_size(64)));
typedef uint32_t vu __attribute__((vector_size(64)));

#define INLINE static inline __attribute__((always_inline))
#define JOIN2(a, b) a##_##b
#define JOIN(a, b) JOIN2(a, b)

static const vi lane_number = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

INLINE vf all(float x) { return (vf){0} + x; }
INLINE vu allu(uint32_t x) { return (vu){0} + x; }
INLINE vf choose(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }

/* Elements move `k` lanes up, zeros (or, for the maximum, the vector itself) follow. */
#define UP1(a, b) __builtin_shufflevector(a, b, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30)
#define UP2(a, b) __builtin_shufflevector(a, b, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29)
#define UP4(a, b) __builtin_shufflevector(a, b, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27)
#define UP8(a, b) __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23)

INLINE vf larger(vf a, vf b) { return choose(a > b, a, b); }

/* The largest of all lanes, in every lane. */
INLINE vf spread_max(vf x)
{
    x = larger(x, UP8(x, x));
    x = larger(x, UP4(x, x));
    x = larger(x, UP2(x, x));
    return larger(x, UP1(x, x));
}

/* Running sums over the lanes. */
INLINE vf running_sum(vf x)
{
    const vf zero = {0};
    x += UP1(zero, x);
    x += UP2(zero, x);
    x += UP4(zero, x);
    return x + UP8(zero, x);
}

/* e^x for x <= 0, exactly 0 below -87: 2^n e^r with |r| <= ln 2 / 2, ln 2 in two parts, Taylor's polynomial of degree 6 with
 * its last coefficients refitted (Cephes expf); relative error below 2e-7. n is rounded by adding 1.5 * 2^23. */
INLINE vf exp16(vf x)
{
    const vi in_range = x > all(-87.0f);
    const vf shifted = choose(in_range, x, all(0.0f)) * all(1.44269504f) + all(12582912.0f);
    const vf n = shifted - all(12582912.0f);
    vf r = choose(in_range, x, all(0.0f)) - n * all(0.693359375f);
    r = r - n * all(-2.12194440e-4f);
    vf y = all(1.9875691500e-4f);
    y = y * r + all(1.3981999507e-3f);
    y = y * r + all(8.3334519073e-3f);
    y = y * r + all(4.1665795894e-2f);
    y = y * r + all(1.6666665459e-1f);
    y = y * r + all(5.0000001201e-1f);
    y = y * (r * r) + r + all(1.0f);
    const vf scale = (vf)(((vu)shifted << 23) + allu(0x3F800000u));
    return (vf)((vi)(y * scale) & in_range);
}

/* ln x for normal x > 0: m 2^n with m in [sqrt 1/2, sqrt 2), polynomial of Cephes logf in m - 1. */
INLINE vf log16(vf x)
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

INLINE vu rotate(vu x, int k) { return (x << k) | (x >> (32 - k)); }

/* First word of the Threefry-4x32-20 block with counter (a, b, first + lane, 0): the first number of 16 streams. */
INLINE vu first_words(const uint32_t key[4], uint32_t a, uint32_t b, uint32_t first)
{
    static const int turn[8][2] = {{10, 26}, {11, 21}, {13, 27}, {23, 5}, {6, 20}, {17, 11}, {25, 10}, {18, 20}};
    const uint32_t k[5] = {key[0], key[1], key[2], key[3], 0x1BD11BDAu ^ key[0] ^ key[1] ^ key[2] ^ key[3]};
    vu x0 = allu(a + k[0]), x1 = allu(b + k[1]), x2 = (vu)lane_number + (first + k[2]), x3 = allu(k[3]);
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
    return x0;
}

/* As pl_uniformf. */
INLINE vf uniform16(vu x) { return (__builtin_convertvector((vi)(x >> 9), vf) + all(0.5f)) * all(0x1p-23f); }

INLINE vf gather(const float *from, vi index)
{
    int32_t i[TABULAR_LANES];
    float out[TABULAR_LANES];
    vf result;
    memcpy(i, &index, sizeof i);
    for (int l = 0; l < TABULAR_LANES; l++)
        out[l] = from[i[l]];
    memcpy(&result, out, sizeof result);
    return result;
}

typedef struct row_state {               /* of the prompt at hand */
    vf sum[TABULAR_MAX_VECTORS];         /* running sums of e^(z - max) down the vectors, unused ones above V at infinity */
    float before[TABULAR_LANES];         /* sum of all lanes to the left */
    float upto[TABULAR_LANES];           /* and this one */
} row_state;

typedef struct totals { vf pass, surprise; } totals;        /* sums over prompts, by lane; surprise: E[z - max] */

/* Softmax of a row and its statistics; returns the sum Z of e^(z - max). */
INLINE float softmax(const vf *z, const vf *success, size_t V, row_state *s, vf *share, totals *t)
{
    vf e[TABULAR_MAX_VECTORS], max = z[0], sum = {0}, pass = {0}, surprise = {0};
    for (size_t v = 1; v < V; v++)
        max = larger(max, z[v]);
    max = spread_max(max);
    for (size_t v = 0; v < V; v++) {
        vf x = z[v] - max;
        e[v] = exp16(x);
        sum += e[v];
        s->sum[v] = sum;
        pass += e[v] * success[v];
        surprise += e[v] * choose(x > all(-87.0f), x, all(0.0f));
    }
    vf upto = running_sum(sum), before = UP1((vf){0}, upto);
    memcpy(s->upto, &upto, sizeof upto);
    memcpy(s->before, &before, sizeof before);
    float Z = s->upto[TABULAR_LANES - 1];
    vf scale = all(1.0f / Z);
    for (size_t v = 0; v < V; v++)
        share[v] += e[v] * scale;
    t->pass += pass * scale;
    t->surprise += surprise * scale;
    return Z;
}

/* Outcomes by inversion, 16 rollouts at once: the lane by counting, the vector by bisection. Rounding of the sums may
 * point one beyond the last outcome, hence the bound. */
INLINE vi invert(const row_state *s, vf target, size_t V, size_t K, vi *place)
{
    vi lane = {0}, v = {0};
    for (int l = 0; l < TABULAR_LANES - 1; l++)
        lane -= target >= all(s->upto[l]);
    vf rest = target - gather(s->before, lane);
    size_t half = 1;
    while (2 * half < V)
        half *= 2;
    for (; V > 1 && half > 0; half /= 2) {
        vi probe = v + (int32_t)half;
        v -= (rest >= gather((const float *)s->sum, (probe - 1) * TABULAR_LANES + lane)) * (int32_t)half;
    }
    vi k = lane * (int32_t)V + v;
    vi beyond = k >= (int32_t)K;
    k = (beyond & (int32_t)(K - 1)) | (~beyond & k);
    lane = (beyond & (int32_t)((K - 1) / V)) | (~beyond & lane);
    v = (beyond & (int32_t)((K - 1) % V)) | (~beyond & v);
    *place = v * TABULAR_LANES + lane;
    return k;
}

/* Draws the group of slot b; returns the number of right rollouts. */
INLINE int draw(tabular_kernel *a, const row_state *s, const float *success, float Z, size_t b, size_t V, int32_t *place, int32_t *right)
{
    vi count = {0};
    for (size_t i = 0; i < a->G; i += TABULAR_LANES) {
        vi where;
        vf target = uniform16(first_words(a->sample_key, a->batch, (uint32_t)b, (uint32_t)i)) * all(Z);
        vi k = invert(s, target, V, a->K, &where);
        vf luck = uniform16(first_words(a->outcome_key, a->batch, (uint32_t)b, (uint32_t)i));
        vi good = (luck < gather(success, where)) & (lane_number < (int32_t)(a->G - i));
        count -= good;
        memcpy(place + i, &where, sizeof where);
        memcpy(right + i, &good, sizeof good);
        for (size_t l = 0; a->outcome && l < TABULAR_LANES && i + l < a->G; l++) {
            a->outcome[b * a->G + i + l] = (uint16_t)k[l];
            a->correct[b * a->G + i + l] = good[l] != 0;
        }
    }
    int total = 0;
    for (int l = 0; l < TABULAR_LANES; l++)
        total += count[l];
    return total;
}

INLINE double add_lanes(vf x)
{
    double sum = 0;
    for (int l = 0; l < TABULAR_LANES; l++)
        sum += (double)x[l];
    return sum;
}

INLINE void rows(tabular_kernel *a, const size_t V)
{
    row_state s;
    int32_t place[TABULAR_MAX_GROUP], right[TABULAR_MAX_GROUP];
    vf *share = (vf *)a->share;
    for (size_t v = 0; v < TABULAR_MAX_VECTORS; v++)
        s.sum[v] = all(3e38f);
    for (size_t first = 0; first < a->n; first += TABULAR_LANES) {
        totals t = {{0}, {0}};
        vf sums = all(1.0f);                 /* Z of 16 prompts; ln 1 = 0 where there is none */
        for (size_t b = first; b < first + TABULAR_LANES && b < a->n; b++) {
            float *z = a->z + (size_t)a->rows[b] * V * TABULAR_LANES;
            const float *success = a->success + (size_t)a->rows[b] * V * TABULAR_LANES;
            float Z = softmax((const vf *)z, (const vf *)success, V, &s, share, &t);
            sums[b - first] = Z;
            int n = draw(a, &s, success, Z, b, V, place, right);
            float up = a->right[n], down = a->wrong[n];
            if (!a->update || (up == 0 && down == 0))
                continue;
            for (size_t i = 0; i < a->G; i++)
                z[place[i]] += right[i] ? up : down;
        }
        a->pass += add_lanes(t.pass);
        a->entropy += add_lanes(log16(sums)) - add_lanes(t.surprise);
    }
}

void JOIN(tabular_kernel, KERNEL_LEVEL)(tabular_kernel *a)
{
    if (a->V == 8)                           /* 128 outcomes: the loops over vectors unroll */
        rows(a, 8);
    else
        rows(a, a->V);
}
