/* Ceilings of the machine for the ingredients of the tabular step, per vector level; see ceiling_kernel.c. */
#ifndef PL_TESTS_BENCH_CEILING_H
#define PL_TESTS_BENCH_CEILING_H

#include <stddef.h>
#include <stdint.h>

#define CEILINGS(level)                                         \
    void ceiling_exp_##level(float *x, size_t n);               \
    void ceiling_threefry_##level(uint32_t *sum, size_t n);     \
    void ceiling_stream_##level(float *a, const float *b, size_t n);
CEILINGS(scalar)
CEILINGS(avx2)
CEILINGS(avx512)
#undef CEILINGS

#endif
