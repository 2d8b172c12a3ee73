/* State of the quick roads of the tabular world, private to models/tabular_fast.c (opening, the sparse update) and
 * models/tabular_dense.c. */
#ifndef PL_MODELS_TABULAR_FAST_H
#define PL_MODELS_TABULAR_FAST_H

#include "models/tabular.h"

/* What the dense road needs besides: n slots in a batch, rows of V * 16 floats. */
typedef struct tabular_dense {
    const algorithm_spec *algorithm;
    void (*push)(tabular_push *p);
    double gains;                        /* sum of v^2 over the features that all prompts share */
    float *shared, *sum;                 /* [row] their part of the logits; their gradient / v */
    float *pi;                           /* [n] rows */
    float *coefficient, *ln_then;        /* [n][G]; ln pi when drawn */
    double *ln_base_sum;                 /* [prompts] ln of the sum of e^z of the base policy */
} tabular_dense;

struct tabular_fast {
    const tabular *table;
    void (*kernel)(tabular_kernel *k);
    tabular_kernel args;
    const policy_table *own;             /* the prompts' own logits */
    double gain, lr, reward;             /* v; of the optimiser; of a right answer */
    double weight;                       /* of a rollout, by the aggregation */
    double *right, *wrong;               /* [G + 1] coefficients of grad ln pi, by the number of right rollouts */
    double *advantage_right, *advantage_wrong;   /* [G + 1] */
    uint16_t *outcome;                   /* [P][G] for batches that are looked at or hold a prompt twice */
    uint8_t *correct;
    uint16_t *place;                     /* [K] tabular_fast_place of each outcome */
    uint32_t *shown;                     /* [P] prompts of a batch that is looked at */
    uint8_t *seen;                       /* [prompts] marks while looking for a prompt that comes twice */
    double *share, *dz;                  /* [K] */
    bool is_dense;
    tabular_dense dense;
    pl_arena arena;
};

static inline size_t tabular_fast_place(const tabular_fast *f, size_t k)
{
    return k % f->args.V * TABULAR_LANES + k / f->args.V;
}

/* Right rollouts of slot b. */
static inline size_t tabular_fast_right(const tabular_fast *f, size_t b)
{
    size_t n = 0;
    for (size_t i = 0; i < f->args.G; i++)
        n += f->correct[b * f->args.G + i];
    return n;
}

/* PL_ERR_WORLD when memory runs out. */
PL_MUST_USE pl_status tabular_dense_init(tabular_fast *f, const algorithm_spec *a);

/* One minibatch: draws the batch when it is the first. `k` is ready for the whole batch. *norm is set when it is not NULL. */
void tabular_dense_update(tabular_fast *f, tabular_kernel *k, size_t minibatch, algo_counts *counts, double *norm);

#endif
