/* Vector levels: which instruction set the kernels use. One source per kernel is compiled once per level with
 * fixed-width vectors (16 floats), the same order of operations and no fused multiply-add, so the level changes
 * the speed and nothing else. PLATEAU_SIMD=scalar|avx2|avx512 (or --simd) forces a level; one that the machine
 * lacks is an error of the user. */
#ifndef PL_CORE_SIMD_H
#define PL_CORE_SIMD_H

#include "sim/base/diag.h"

typedef enum pl_simd { PL_SIMD_SCALAR, PL_SIMD_AVX2, PL_SIMD_AVX512 } pl_simd;
pl_simd pl_simd_best(void);                                           /* what the machine has */
PL_MUST_USE pl_status pl_simd_select(const char *name, pl_diag *diag);  /* NULL: from the environment, else best */
pl_simd pl_simd_level(void);                                          /* in force (set before threads start) */
const char *pl_simd_name(pl_simd level);

#endif
