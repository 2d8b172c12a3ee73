/* How weights are stored: theta = theta0 + s_w W.
 *
 * The policy's weights W start at 0 and are real numbers. Those of a network are numbers of 16 or 32 bits round pretrained values
 * theta0, whose effect the prior holds. With storage the optimiser moves a master copy of theta in fp32; the forward pass, of
 * trainer and generators alike, reads that copy, or its bf16 view (8 bits of precision, rounded to nearest, ties to even). In bf16
 * an update of less than half a unit in the last place of theta0 stays invisible until enough of the same sign have added up.
 *
 *   master theta = fp32(theta0 + s_w W),   the forward pass uses W' = (view(theta) - theta0) / s_w
 *
 * theta0 ~ Normal(0, sd^2), rounded to bf16 as models are published, drawn once from the `model` stream: W' = 0 at step 0. A
 * learning rate eta of W is a learning rate s_w eta of theta.
 */
#ifndef PL_MODELS_STORAGE_H
#define PL_MODELS_STORAGE_H

#include "models/policy.h"

typedef struct storage {
    const policy *policy;
    bool rounds;                             /* false: format `exact` */
    double *master;                          /* [n_weights] W of the optimiser; what the caller reads when nothing is rounded */
    double *initial;                         /* [n_weights] theta0; NULL when nothing is rounded */
    uint8_t *visited;                        /* [n_weights] had a gradient that is not 0; NULL when nothing is rounded */
} storage;

/* `weights`: the array [n_weights], all 0, that the forward pass reads; with format `exact` it is the master too. */
PL_MUST_USE pl_status storage_init(storage *s, const policy *p, double *weights);
void storage_free(storage *s);
/* Before an update: marks the weights that have a gradient. */
void storage_visit(storage *s, const policy_gradient *g);
/* After an update of the master: rounds it, and writes what the forward pass reads to `weights`. */
void storage_write(storage *s, double *weights);

float storage_bf16(float x);                 /* nearest bf16, ties to even */

#endif
