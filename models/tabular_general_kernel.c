/* Softmax of one prompt in double precision and the numbers of its rollouts, compiled once per vector level: eight lanes of
 * doubles, sixteen of counters, the same order of sums at every level. */
#include "models/tabular_lanes.h"

enum { DOUBLES = 8, HALF = WIDTH / 2, PIECES = DOUBLES / HALF };

typedef double vd __attribute__((vector_size(8 * HALF)));
typedef int64_t vl __attribute__((vector_size(8 * HALF)));

INLINE vd alld(double x) { return (vd){0} + x; }
INLINE vd chosen(vl mask, vd a, vd b) { return (vd)((mask & (vl)a) | (~mask & (vl)b)); }
INLINE vd largest(vd a, vd b) { return chosen(a > b, a, b); }

INLINE vd loadd(const double *from)
{
    vd x;
    memcpy(&x, from, sizeof x);
    return x;
}

/* e^x for x from -700 to 0: 2^n e^r with |r| <= ln 2 / 2, ln 2 in two parts, Taylor's polynomial of degree 13; within two units of
 * the last place. n is rounded by adding 1.5 * 2^52 and goes straight into the exponent. */
INLINE vd expd(vd x)
{
    static const double inverse[] = {
        1 / 6227020800.0, 1 / 479001600.0, 1 / 39916800.0, 1 / 3628800.0, 1 / 362880.0, 1 / 40320.0, 1 / 5040.0,
        1 / 720.0,        1 / 120.0,       1 / 24.0,       1 / 6.0,       .5,           1,           1};
    const vd shifted = x * alld(1.4426950408889634) + alld(6755399441055744.0), n = shifted - alld(6755399441055744.0);
    const vd r = (x - n * alld(6.93147180369123816490e-01)) - n * alld(1.90821492927058770002e-10);
    vd y = alld(inverse[0]);
#pragma GCC unroll 13
    for (size_t i = 1; i < sizeof inverse / sizeof *inverse; i++)
        y = y * r + alld(inverse[i]);
    return (vd)((vl)y + ((vl)shifted << 52));
}

/* The eight lanes added in pairs of distance 4, 2, 1. */
INLINE double sum_of(const vd piece[PIECES])
{
    double x[DOUBLES];
    memcpy(x, piece, sizeof x);
    for (int far = DOUBLES / 2; far > 0; far /= 2)
        for (int l = 0; l < far; l++)
            x[l] += x[l + far];
    return x[0];
}

INLINE double max_of_all(const double *z, size_t n)
{
    vd best[PIECES];
    double x[DOUBLES];
    memcpy(best, z, sizeof best);
    for (size_t i = DOUBLES; i < n; i += DOUBLES)
        for (int p = 0; p < PIECES; p++)
            best[p] = largest(best[p], loadd(z + i + (size_t)(p * HALF)));
    memcpy(x, best, sizeof x);
    for (int l = 1; l < DOUBLES; l++)
        x[0] = x[l] > x[0] ? x[l] : x[0];
    return x[0];
}

static void softmax(tabular_row *r)
{
    double *restrict z = r->z, *restrict pi = r->pi;
    memcpy(z, r->prior, r->K * sizeof *z);
    for (size_t i = 0; i < r->n_parts; i++) {
        const double *restrict part = r->part[i].w;
        const double gain = r->part[i].gain;
        for (size_t k = 0; k < r->K; k++)
            z[k] += gain * part[k];
    }
    r->max = max_of_all(z, r->room);
    vd sum[PIECES] = {{0}};
    for (size_t i = 0; i < r->room; i += DOUBLES)
        for (int p = 0; p < PIECES; p++) {
            const vd e = expd(largest(loadd(z + i + (size_t)(p * HALF)) - alld(r->max), alld(-700.0)));
            memcpy(pi + i + (size_t)(p * HALF), &e, sizeof e);
            sum[p] += e;
        }
    r->sum = sum_of(sum);
    const double scale = 1.0 / r->sum;
    for (size_t k = 0; k < r->room; k++)
        pi[k] *= scale;
}

static double uniform(uint32_t low, uint32_t high) { return ((double)(((uint64_t)high << 32 | low) >> 12) + 0.5) * 0x1p-52; }

/* The numbers that rollout.c would draw: the second pl_uniform of the decisions (the first chooses the only format) and
 * the first of the outcome. */
static void numbers(tabular_row *r)
{
    for (int part = 0; part < PARTS; part++) {
        const vi slot = alli((int32_t)r->slot), rollout = lanes_of(part) + (int32_t)r->first;
        vu sample[4], outcome[4];
        uint32_t word[4][WIDTH];
        threefry(r->sample_key, r->batch, slot, rollout, alli(0), sample);
        threefry(r->outcome_key, r->batch, slot, rollout, alli(0), outcome);
        memcpy(word[0], &sample[2], sizeof word[0]);
        memcpy(word[1], &sample[3], sizeof word[1]);
        memcpy(word[2], &outcome[0], sizeof word[2]);
        memcpy(word[3], &outcome[1], sizeof word[3]);
        for (int l = 0; l < WIDTH; l++) {
            r->draw[part * WIDTH + l] = uniform(word[0][l], word[1][l]);
            r->luck[part * WIDTH + l] = uniform(word[2][l], word[3][l]);
        }
    }
}

#define JOIN2(a, b) a##_##b
#define JOIN(a, b) JOIN2(a, b)

void JOIN(tabular_softmax, KERNEL_LEVEL)(tabular_row *r) { softmax(r); }
void JOIN(tabular_numbers, KERNEL_LEVEL)(tabular_row *r) { numbers(r); }
