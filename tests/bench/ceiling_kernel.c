/* The main ingredients of the tabular step by themselves, as fast as this vector level runs them: the machine's ceiling. */
#include "models/tabular_lanes.h"
#include "tests/bench/ceiling.h"

#define JOIN2(a, b) a##_##b
#define JOIN(a, b) JOIN2(a, b)

/* x = e^x - 1 for n numbers up to 0, n a multiple of 16. */
void JOIN(ceiling_exp, KERNEL_LEVEL)(float *x, size_t n)
{
    for (size_t i = 0; i < n; i += LANES)
        for (int p = 0; p < PARTS; p++)
            store(x + i + p * WIDTH, expv(load(x + i + p * WIDTH)) - all(1.0f));
}

/* n numbers, a multiple of 64, added up lane by lane. */
void JOIN(ceiling_threefry, KERNEL_LEVEL)(uint32_t *sum, size_t n)
{
    const uint32_t key[4] = {sum[0], 2, 3, 4};
    vu total = allu(0);
    for (size_t i = 0; i < n; i += 4 * (size_t)WIDTH) {
        vu x[4];
        threefry(key, 7, lanes_of(0) >> 2, alli((int32_t)i), lanes_of(0) & 3, x);
        total += (x[0] ^ x[1]) + (x[2] ^ x[3]);
    }
    memcpy(sum, &total, sizeof total);
}

/* a += b: what a step must at least do to memory. */
void JOIN(ceiling_stream, KERNEL_LEVEL)(float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i += WIDTH)
        store(a + i, load(a + i) + load(b + i));
}
