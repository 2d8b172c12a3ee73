#include "sim/core/factors.h"
#include "sim/core/simd.h"

void pl_factors_draw(const pl_factors *f)
{
    static void (*const levels[])(const pl_factors *) = {
        [PL_SIMD_SCALAR] = pl_factors_scalar, [PL_SIMD_AVX2] = pl_factors_avx2, [PL_SIMD_AVX512] = pl_factors_avx512};
    levels[pl_simd_level()](f);
}
