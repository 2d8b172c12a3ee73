/* Log-normal factors of mean 1, many at once.
 *
 * The numbers are those of the streams (rng.h) with counters (a, b + k, c), k = 0 .. n-1, `each` uniforms of each stream:
 *
 *   x[k, i] = exp(sd z - sd^2/2),   z = Phi^-1(u[k, i]^power),   u[k, i] the i-th pl_uniform of stream k
 *
 * With power 1/G a factor has the law of the largest of G. The inverse of the normal distribution is algorithm AS 241 (Wichura
 * 1988), logarithm and exponential are polynomials; relative error below 1e-12. Compiled once per vector level; all give the same
 * bits.
 */
#ifndef PL_CORE_FACTORS_H
#define PL_CORE_FACTORS_H

#include <stddef.h>
#include <stdint.h>

typedef struct pl_factors {
    uint32_t key[4], a, b, c;
    size_t n, each;
    double sd, power; /* sd 0 .. 10; power above 0, at most 1 */
    double *out;      /* [n][each] */
} pl_factors;

void pl_factors_draw(const pl_factors *f); /* at the level of pl_simd_level() */
void pl_factors_scalar(const pl_factors *f);
void pl_factors_avx2(const pl_factors *f);
void pl_factors_avx512(const pl_factors *f);

#endif
