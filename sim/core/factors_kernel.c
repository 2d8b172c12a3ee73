/* Sixteen numbers at a time through every stage. Loops over them are plain, for compilers to put into vectors: no number depends on
 * another, so that the level changes the speed alone. */
#include "sim/core/factors.h"

#include <math.h>
#include <string.h>
#include <gsl/gsl_cdf.h>

enum { MANY = 16 };

#define INLINE static inline __attribute__((always_inline))

INLINE uint64_t bits_of(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

INLINE double double_of(uint64_t u)
{
    double x;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* A whole number below 2^52 as a double: it becomes the mantissa of 2^52 + it. */
INLINE double whole(uint64_t u) { return double_of(u | 0x4330000000000000u) - 0x1p52; }

INLINE double polynomial(const double *c, int n, double x)
{
    double y = c[n - 1];
    for (int i = n - 2; i >= 0; i--) y = y * x + c[i];
    return y;
}

/* ln x for normal x: x = 2^e m with m from sqrt(1/2) to sqrt 2, ln m = 2 artanh((m - 1)/(m + 1)). */
INLINE double ln(double x)
{
    static const double odd[] = {1.0,      1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9,  1.0 / 11,
                                 1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21, 1.0 / 23};
    const uint64_t half = 0x3fe6a09e667f3bcdu, k = (bits_of(x) - half + (1024ull << 52)) >> 52;
    const double m = double_of(bits_of(x) - ((k - 1024u) << 52)), e = whole(k) - 1024.0, s = (m - 1.0) / (m + 1.0);
    return e * 6.93147180369123816490e-01 + (2.0 * s * polynomial(odd, 12, s * s) + e * 1.90821492927058770002e-10);
}

/* e^x for |x| up to 700: 2^n e^r, |r| <= ln 2 / 2, Taylor's polynomial of degree 13. */
INLINE double power_of_e(double x)
{
    static const double inverse[] = {
        1,          1,           1.0 / 2,      1.0 / 6,       1.0 / 24,       1.0 / 120,       1.0 / 720,
        1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};
    const double shifted = x * 1.4426950408889634 + 6755399441055744.0, n = shifted - 6755399441055744.0;
    const double r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
    return double_of(bits_of(polynomial(inverse, 14, r)) + (bits_of(shifted) << 52));
}

/* AS 241 near the middle, q = p - 1/2, |q| <= .425; and in the tails, r = sqrt(-ln min(p, 1 - p)) up to 5. */
INLINE double middle(double q)
{
    static const double a[] = {3.3871328727963666080e0,  1.3314166789178437745e+2, 1.9715909503065514427e+3,
                               1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                               3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static const double b[] = {1.0,
                               4.2313330701600911252e+1,
                               6.8718700749205790830e+2,
                               5.3941960214247511077e+3,
                               2.1213794301586595867e+4,
                               3.9307895800092710610e+4,
                               2.8729085735721942674e+4,
                               5.2264952788528545610e+3};
    const double r = .180625 - q * q;
    return q * (polynomial(a, 8, r) / polynomial(b, 8, r));
}

INLINE double tail(double r)
{
    static const double c[] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                               3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                               2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[] = {1.0,
                               2.05319162663775882187e0,
                               1.67638483018380384940e0,
                               6.89767334985100004550e-1,
                               1.48103976427480074590e-1,
                               1.51986665636164571966e-2,
                               5.47593808499534494600e-4,
                               1.05075007164441684324e-9};
    return polynomial(c, 8, r - 1.6) / polynomial(d, 8, r - 1.6);
}

INLINE void factors(const double u[MANY], double power, double sd, double out[MANY])
{
    double p[MANY], r[MANY], z[MANY];
    for (int l = 0; l < MANY; l++) p[l] = power == 1 ? u[l] : power_of_e(ln(u[l]) * power);
    for (int l = 0; l < MANY; l++) r[l] = -ln(p[l] < .5 ? p[l] : p[l] < 1 ? 1.0 - p[l] : 0x1p-54);
    for (int l = 0; l < MANY; l++) r[l] = sqrt(r[l]);
    for (int l = 0; l < MANY; l++) {
        const double q = p[l] - .5, inside = middle(q), outside = tail(r[l]), both = q < 0 ? -outside : outside;
        z[l] = q * q <= .425 * .425 ? inside : both;
    }
    for (int l = 0; l < MANY; l++)
        if (r[l] > 5) z[l] = p[l] < 1 ? gsl_cdf_ugaussian_Pinv(p[l]) : 8.3; /* one number in 10^11 */
    for (int l = 0; l < MANY; l++) out[l] = power_of_e(sd * z[l] - .5 * sd * sd);
}

/* Threefry-4x32-20, as pl_threefry. */
INLINE void blocks(const pl_factors *f, const uint32_t b[MANY], const uint32_t last[MANY], uint32_t x[4][MANY])
{
    static const int turn[8][2] = {{10, 26}, {11, 21}, {13, 27}, {23, 5}, {6, 20}, {17, 11}, {25, 10}, {18, 20}};
    const uint32_t k[5] = {f->key[0], f->key[1], f->key[2], f->key[3], 0x1BD11BDAu ^ f->key[0] ^ f->key[1] ^ f->key[2] ^ f->key[3]};
    for (int l = 0; l < MANY; l++) {
        uint32_t x0 = f->a + k[0], x1 = b[l] + k[1], x2 = f->c + k[2], x3 = last[l] + k[3];
#pragma GCC unroll 20
        for (int t = 0; t < 20; t++) {
            const int left = turn[t % 8][0], right = turn[t % 8][1];
            uint32_t *odd = t % 2 ? &x3 : &x1, *other = t % 2 ? &x1 : &x3;
            x0 += *odd;
            *odd = (*odd << left | *odd >> (32 - left)) ^ x0;
            x2 += *other;
            *other = (*other << right | *other >> (32 - right)) ^ x2;
            if (t % 4 == 3) {
                const uint32_t s = (uint32_t)t / 4 + 1;
                x0 += k[s % 5];
                x1 += k[(s + 1) % 5];
                x2 += k[(s + 2) % 5];
                x3 += k[(s + 3) % 5] + s;
            }
        }
        x[0][l] = x0;
        x[1][l] = x1;
        x[2][l] = x2;
        x[3][l] = x3;
    }
}

INLINE void uniforms(const uint32_t low[MANY], const uint32_t high[MANY], double u[MANY])
{
    for (int l = 0; l < MANY; l++) u[l] = (whole(((uint64_t)high[l] << 32 | low[l]) >> 12) + .5) * 0x1p-52;
}

#define JOIN2(a, b) a##_##b
#define JOIN(a, b) JOIN2(a, b)

void JOIN(pl_factors, KERNEL_LEVEL)(const pl_factors *f)
{
    const size_t per = (f->each + 1) / 2, all = f->n * per; /* blocks, of two uniforms */
    for (size_t from = 0; from < all; from += MANY) {
        uint32_t b[MANY], last[MANY], x[4][MANY];
        double u[MANY], y[2][MANY] = {{0}};
        for (size_t l = 0; l < MANY; l++) {
            b[l] = f->b + (uint32_t)((from + l) / per);
            last[l] = (uint32_t)((from + l) % per);
        }
        blocks(f, b, last, x);
        uniforms(x[0], x[1], u);
        factors(u, f->power, f->sd, y[0]);
        if (f->each > 1) {
            uniforms(x[2], x[3], u);
            factors(u, f->power, f->sd, y[1]);
        }
        for (size_t l = 0; l < MANY && from + l < all; l++)
            for (size_t w = 0; w < 2 && 2 * last[l] + w < f->each; w++) f->out[(b[l] - f->b) * f->each + 2 * last[l] + w] = y[w][l];
    }
}
