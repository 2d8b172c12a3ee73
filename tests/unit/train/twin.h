/* A slow, readable twin of the step from rollouts to weights, written from the formulas of docs/model/updates.md alone: every
 * decision has an explicit dense vector of features per option, logits are inner products, gradients are sums of vectors. It
 * shares with the engine only the world's constants and the random streams, so that both draw the same responses. */
#ifndef PL_TESTS_TWIN_H
#define PL_TESTS_TWIN_H

#include "sim/train/training.h"

typedef enum twin_aggregation { TWIN_TOKEN, TWIN_RESPONSE, TWIN_PROMPT, TWIN_SEQUENCE } twin_aggregation;

typedef enum twin_loss { TWIN_CLIP, TWIN_CISPO, TWIN_GPPO, TWIN_TRUNCATED, TWIN_GSPO, TWIN_SUPERVISED, TWIN_LOSSES } twin_loss;
typedef enum twin_credit { TWIN_EVEN, TWIN_PLANNING, TWIN_HICRA, TWIN_CREDITS } twin_credit;

typedef struct twin {
    const world *w;
    const policy_spec *policy;
    const pl_seeds *seeds;
    size_t n;                            /* weights */
    double *weights, *gradient, *mean, *feature;      /* [n] */
    double *start, *zero;                /* [n] weights at the start of the batch; of the base */
    /* recipe */
    size_t G, P, minibatches;
    bool leave_one_out, scaled;
    double lr, epsilon, low, high, reference_tokens, reward;
    twin_aggregation aggregation;
    twin_loss loss;
    twin_credit credit;
    bool proximal, base;                 /* ratios relative to the start of the batch; the base samples */
    double credit_by, cap, positive, negative;
} twin;

void twin_init(twin *t);                 /* w, policy and recipe are set; allocates */
void twin_free(twin *t);
void twin_batch(twin *t, uint32_t batch, const uint32_t *prompts);      /* draws P groups and makes all updates */

#endif
