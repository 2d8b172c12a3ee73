/* The step of the tabular world over 16 lanes of floats; one function per vector level, all with the same bits.
 *
 * A row holds the V * 16 logits of a prompt; outcome k is lane k / V of vector k mod V, so that running sums go down the
 * vectors of each lane and the cumulative distribution is in the order of the outcomes. Unused places hold the logit
 * TABULAR_UNUSED and probability of success 0.
 */
#ifndef PL_MODELS_TABULAR_KERNEL_H
#define PL_MODELS_TABULAR_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TABULAR_LANES = 16, TABULAR_MAX_VECTORS = 64, TABULAR_MAX_GROUP = 256 };
#define TABULAR_UNUSED (-1e30f)
#define TABULAR_LEAST (-86.0f)              /* z - max below it counts as it */

typedef struct tabular_kernel {
    float *z;                            /* [prompts][V][16] logits; aligned to 64 bytes */
    const float *success;                /* the same shape */
    const uint32_t *rows;                /* [n] prompt of each slot of the batch */
    size_t n, V, K, G;
    uint32_t sample_key[4], outcome_key[4];   /* of the streams PL_FOR_SAMPLE and PL_FOR_OUTCOME */
    uint32_t batch, slot;                /* slot: of the first row, in its batch */
    const float *right, *wrong;          /* [G + 1] what a right and a wrong rollout add to the logit of their outcome, by
                                          * the number of right ones in the group */
    bool update;                         /* false: only draw (a prompt comes twice, or the draws are looked at) */
    const float *shared;                 /* [V][16] added to the logits of every prompt, or NULL */
    float *pi;                           /* out [n][V][16] probabilities, or NULL */
    uint16_t *outcome;                   /* [n][G] drawn outcomes, or NULL */
    uint8_t *correct;                    /* [n][G], when `outcome` is not NULL */
    float *share;                        /* out [V][16]: sum over the batch of each outcome's probability; aligned */
    double entropy, pass;                /* out: sums over the batch */
    bool blind;                          /* nobody asks for share, entropy and pass: they stay as they are */
} tabular_kernel;

void tabular_kernel_scalar(tabular_kernel *k);
void tabular_kernel_avx2(tabular_kernel *k);
void tabular_kernel_avx512(tabular_kernel *k);

/* A dense update, sum of c (e_k - pi) for every prompt of a minibatch; the probabilities are those before any of it. */
typedef struct tabular_push {
    float *z;                            /* as above */
    const float *pi;                     /* [n][V][16] */
    const uint32_t *rows;                /* [n] */
    const uint16_t *outcome;             /* [n][G] */
    const float *coefficient;            /* [n][G] */
    size_t n, V, G;
    float move;                          /* v^2 lr of the prompt's own logits */
    float *sum;                          /* in and out [V][16]: the update summed over prompts */
} tabular_push;

void tabular_push_scalar(tabular_push *p);
void tabular_push_avx2(tabular_push *p);
void tabular_push_avx512(tabular_push *p);

/* One prompt on the general road, in double precision; arrays in the order of the outcomes. */
enum { TABULAR_MAX_PARTS = 8 };       /* one per feature, and the tied weight */
typedef struct tabular_part { const double *w; double gain; } tabular_part;

typedef struct tabular_row {
    const double *prior;                 /* [K] */
    tabular_part part[TABULAR_MAX_PARTS];   /* rows of weights, [K] each: z = prior + sum gain w */
    size_t n_parts, K, room;             /* room: K up to the next multiple of 8 */
    double *z, *pi;                      /* out [room]: logits and probabilities; beyond K the caller puts -1e300 into z */
    double max, sum;                     /* out: largest logit, sum of e^(z - max) */
    uint32_t sample_key[4], outcome_key[4], batch, slot, first;
    double draw[TABULAR_LANES], luck[TABULAR_LANES];   /* out: uniforms of 16 rollouts from `first` on */
} tabular_row;

void tabular_softmax_scalar(tabular_row *r);
void tabular_softmax_avx2(tabular_row *r);
void tabular_softmax_avx512(tabular_row *r);

/* draw and luck: the second pl_uniform of its stream PL_FOR_SAMPLE, the first of PL_FOR_OUTCOME. */
void tabular_numbers_scalar(tabular_row *r);
void tabular_numbers_avx2(tabular_row *r);
void tabular_numbers_avx512(tabular_row *r);

#endif
