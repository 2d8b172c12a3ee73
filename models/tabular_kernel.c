/* One step of the tabular world: softmax, statistics, sampling by inversion, success, advantage, scattered update.
 *
 * Compiled once per vector level. Numbers come in sixteens of lanes at every level -- one native vector, two or four
 * -- and every sum has one order, written down here; products and sums are rounded separately. So the level changes the
 * speed alone. Nothing branches on data except the skipping of groups without advantage.
 */
#include "models/tabular_kernel.h"

#include <string.h>
#if defined(__AVX2__)
#include <immintrin.h>                       /* for gathers only: compilers take index vectors apart otherwise */
#endif

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
#define JOIN2(a, b) a##_##b
#define JOIN(a, b) JOIN2(a, b)

static const int32_t lane_number[LANES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

INLINE vf all(float x) { return (vf){0} + x; }
INLINE vu allu(uint32_t x) { return (vu){0} + x; }
INLINE vf choose(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }
INLINE vf larger(vf a, vf b) { return choose(a > b, a, b); }

INLINE vf load(const float *from)
{
    vf x;
    memcpy(&x, from, sizeof x);
    return x;
}

INLINE vi lanes_of(int part)
{
    vi x;
    memcpy(&x, lane_number + part * WIDTH, sizeof x);
    return x;
}

/* The largest of 16 lanes. */
INLINE float max_of(const vf part[PARTS])
{
    vf best = part[0];
    float x[WIDTH];
    for (int p = 1; p < PARTS; p++)
        best = larger(best, part[p]);
    memcpy(x, &best, sizeof x);
#pragma GCC unroll 4
    for (int half = WIDTH / 2; half > 0; half /= 2)
#pragma GCC unroll 8
        for (int l = 0; l < half; l++)
            x[l] = x[l] > x[l + half] ? x[l] : x[l + half];
    return x[0];
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
    memcpy(out, &x, sizeof x);
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

/* e^x for x <= 0, exactly 0 below -87: 2^n e^r with |r| <= ln 2 / 2, ln 2 in two parts, Taylor's polynomial of degree 6 with
 * its last coefficients refitted (Cephes expf); relative error below 2e-7. n is rounded by adding 1.5 * 2^23. */
INLINE vf expv(vf x)
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

INLINE vu rotate(vu x, int k) { return (x << k) | (x >> (32 - k)); }

/* First word of the Threefry-4x32-20 block with counter (a, b, c, 0): the first numbers of the streams (a, b, c). */
INLINE vu first_words(const uint32_t key[4], uint32_t a, uint32_t b, vi c)
{
    static const int turn[8][2] = {{10, 26}, {11, 21}, {13, 27}, {23, 5}, {6, 20}, {17, 11}, {25, 10}, {18, 20}};
    const uint32_t k[5] = {key[0], key[1], key[2], key[3], 0x1BD11BDAu ^ key[0] ^ key[1] ^ key[2] ^ key[3]};
    vu x0 = allu(a + k[0]), x1 = allu(b + k[1]), x2 = (vu)c + k[2], x3 = allu(k[3]);
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
INLINE vf uniformv(vu x) { return (__builtin_convertvector((vi)(x >> 9), vf) + all(0.5f)) * all(0x1p-23f); }

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

typedef struct row_state {               /* of the prompt at hand */
    vf e[TABULAR_MAX_VECTORS * PARTS];   /* e^(z - max) */
    vf sum[TABULAR_MAX_VECTORS * PARTS]; /* running sums of it down the vectors; beyond V: huge */
    float upto[LANES], before[LANES];    /* sum of all lanes to the left with and without this one */
} row_state;

typedef struct totals { vf pass[PARTS], surprise[PARTS]; } totals;   /* over prompts, by lane; surprise: E[z - max] */

/* Softmax of a row and its statistics; returns the sum Z of e^(z - max). */
INLINE float softmax(const float *z, const float *success, size_t V, row_state *s, vf *share, totals *t)
{
    vf best[PARTS], sums[PARTS], pass[PARTS], surprise[PARTS];
    for (int p = 0; p < PARTS; p++) {
        best[p] = load(z + p * WIDTH);
#pragma GCC unroll 8
        for (size_t v = 1; v < V; v++)
            best[p] = larger(best[p], load(z + (v * PARTS + (size_t)p) * WIDTH));
    }
    vf max = all(max_of(best));
    for (int p = 0; p < PARTS; p++) {
        vf sum = {0};
        pass[p] = surprise[p] = sum;
#pragma GCC unroll 8
        for (size_t v = 0; v < V; v++) {
            size_t i = v * PARTS + (size_t)p;
            vf x = load(z + i * WIDTH) - max, e = expv(x);
            sum += e;
            s->e[i] = e;
            s->sum[i] = sum;
            pass[p] += e * load(success + i * WIDTH);
            surprise[p] += e * larger(x, all(-87.0f));
        }
        sums[p] = sum;
    }
    running_sum(sums, s->upto);
    s->before[0] = 0;
    memcpy(s->before + 1, s->upto, sizeof *s->upto * (LANES - 1));
    float Z = s->upto[LANES - 1];
    vf scale = all(1.0f / Z);
    for (size_t i = 0; i < V * PARTS; i++)
        share[i] += s->e[i] * scale;
    for (int p = 0; p < PARTS; p++) {
        t->pass[p] += pass[p] * scale;
        t->surprise[p] += surprise[p] * scale;
    }
    return Z;
}

/* Outcomes by inversion: the lane by counting, the vector in it by bisection. Rounding of the sums may point one
 * beyond the last outcome, hence the bound. */
INLINE vi invert(const row_state *s, vf target, size_t V, size_t K)
{
    vi lane = {0}, v = {0};
#pragma GCC unroll 16
    for (int l = 0; l < LANES - 1; l++)
        lane -= target >= all(s->upto[l]);
    vf rest = target - gather(s->before, lane);
    int32_t half = 1;
    while (2 * (size_t)half < V)
        half *= 2;
    for (; V > 1 && half > 0; half /= 2)
        v += (rest >= gather((const float *)s->sum, (v + (half - 1)) * LANES + lane)) & half;
    vi k = lane * (int32_t)V + v, last = (vi){0} + (int32_t)(K - 1), beyond = k > last;
    return (beyond & last) | (~beyond & k);
}

/* Draws the group of slot b; returns the number of right rollouts. */
INLINE int draw(tabular_kernel *a, const row_state *s, const float *success, float Z, size_t b, size_t V, int32_t *place, int32_t *right)
{
    int32_t count[WIDTH];
    vi total = {0};
    for (size_t i = 0; i < a->G; i += WIDTH) {
        vi c = lanes_of(0) + (int32_t)i, rollout = c < (int32_t)a->G;
        vf target = uniformv(first_words(a->sample_key, a->batch, (uint32_t)b, c)) * all(Z);
        vf luck = uniformv(first_words(a->outcome_key, a->batch, (uint32_t)b, c));
        vi k = invert(s, target, V, a->K), where = k % (int32_t)V * LANES + k / (int32_t)V;
        vi good = (luck < gather(success, where)) & rollout;
        total -= good;
        memcpy(place + i, &where, sizeof where);
        memcpy(right + i, &good, sizeof good);
        for (size_t l = 0; a->outcome && l < WIDTH && i + l < a->G; l++) {
            a->outcome[b * a->G + i + l] = (uint16_t)k[l];
            a->correct[b * a->G + i + l] = good[l] != 0;
        }
    }
    memcpy(count, &total, sizeof count);
    int n = 0;
    for (int l = 0; l < WIDTH; l++)
        n += count[l];
    return n;
}

/* Adds every rollout's step to the logit of its outcome, in the order of the rollouts. Steps are chosen by mask: a
 * branch on success would be mispredicted every other time. */
INLINE void move(float *z, size_t G, const int32_t *place, const int32_t *right, float up, float down)
{
    float step[TABULAR_MAX_GROUP];
    for (size_t i = 0; i < G; i += WIDTH) {
        vi good;
        memcpy(&good, right + i, sizeof good);
        vf chosen = choose(good, all(up), all(down));
        memcpy(step + i, &chosen, sizeof chosen);
    }
    for (size_t i = 0; i < G; i++)
        z[place[i]] += step[i];
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

/* Sum of the logarithms of 16 numbers. */
INLINE double add_logs(const float x[LANES])
{
    vf part[PARTS];
    for (int p = 0; p < PARTS; p++)
        part[p] = logv(load(x + p * WIDTH));
    return add_lanes(part);
}

INLINE void rows(tabular_kernel *a, const size_t V)
{
    row_state s;
    int32_t place[TABULAR_MAX_GROUP], right[TABULAR_MAX_GROUP];
    for (size_t i = 0; i < (size_t)TABULAR_MAX_VECTORS * PARTS; i++)
        s.sum[i] = all(3e38f);
    for (size_t first = 0; first < a->n; first += LANES) {
        totals t;
        float sums[LANES];                   /* Z of 16 prompts; ln 1 = 0 where there is none */
        memset(&t, 0, sizeof t);
        for (int l = 0; l < LANES; l++)
            sums[l] = 1;
        for (size_t b = first; b < first + LANES && b < a->n; b++) {
            float *z = a->z + (size_t)a->rows[b] * V * LANES;
            const float *success = a->success + (size_t)a->rows[b] * V * LANES;
            float Z = softmax(z, success, V, &s, (vf *)a->share, &t);
            sums[b - first] = Z;
            int n = draw(a, &s, success, Z, b, V, place, right);
            float up = a->right[n], down = a->wrong[n];
            if (!a->update || (up == 0 && down == 0))
                continue;
            move(z, a->G, place, right, up, down);
        }
        a->pass += add_lanes(t.pass);
        a->entropy += add_logs(sums) - add_lanes(t.surprise);
    }
}

void JOIN(tabular_kernel, KERNEL_LEVEL)(tabular_kernel *a)
{
    if (a->V == 8)                           /* 128 outcomes: the loops over vectors unroll */
        rows(a, 8);
    else
        rows(a, a->V);
}
