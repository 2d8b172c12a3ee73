/* Choosing the vector level. */
#include "sim/core/simd.h"

#include <stdlib.h>
#include <string.h>

static const char *const level_names[] = {"scalar", "avx2", "avx512"};
enum { N_LEVELS = sizeof level_names / sizeof *level_names };

static pl_simd level_in_force = PL_SIMD_SCALAR;

pl_simd pl_simd_best(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512bw"))
        return PL_SIMD_AVX512;
    if (__builtin_cpu_supports("avx2"))
        return PL_SIMD_AVX2;
#endif
    return PL_SIMD_SCALAR;
}

pl_status pl_simd_select(const char *name, pl_diag *diag)
{
    if (!name)
        name = getenv("PLATEAU_SIMD");
    pl_simd best = pl_simd_best();
    if (!name || !*name) {
        level_in_force = best;
        return PL_OK;
    }
    int level = 0;
    while (level < N_LEVELS && strcmp(level_names[level], name) != 0)
        level++;
    if (level == N_LEVELS) {
        pl_diag_add(diag, PL_ERROR, (pl_place){0}, "write scalar, avx2 or avx512", "unknown vector level '%s'", name);
        return PL_ERR_USER;
    }
    if (level > (int)best) {
        pl_diag_add(diag, PL_ERROR, (pl_place){0}, "leave it out: the best level is found by itself",
                    "this machine has no '%s'; its best vector level is %s", name, level_names[best]);
        return PL_ERR_USER;
    }
    level_in_force = (pl_simd)level;
    return PL_OK;
}

pl_simd pl_simd_level(void)
{
    return level_in_force;
}

const char *pl_simd_name(pl_simd level)
{
    return level_names[level];
}
