/* What the files of the policy share: rows of its tables, and the softmax. Not for other files. */
#ifndef PL_MODELS_POLICY_INTERNAL_H
#define PL_MODELS_POLICY_INTERNAL_H

#include "models/policy.h"

#define NO_ROW SIZE_MAX

/* z += the table features of decision d; those of FEATURE_CONTEXT only when `context` is not NO_ROW. */
void policy_add_tables(const policy *p, const double *weights, decision d, uint32_t x, size_t context, double *z);
/* The same backwards: g += gain * dz for all tables of decision d, one context. */
void policy_backward_tables(const policy *p, decision d, uint32_t x, size_t context, double scale, const double *dz,
                            policy_gradient *g);
/* g[row] += gain * dz, remembering the row. */
void policy_add_row(policy_gradient *g, size_t row, size_t width, double gain, const double *dz);
/* ln holds logits and becomes their log-probabilities at the temperature, prob the probabilities. */
void policy_softmax(double *ln, double *prob, size_t n, double temperature);
/* Probability of a Bernoulli decision of the logit at the temperature, and the logs of it and of the opposite. */
void policy_bernoulli(double logit, double temperature, double *prob, double *ln_yes, double *ln_no);

/* policy_statement.c: stance and confidence. */
PL_MUST_USE pl_status policy_statement_init(policy *p);              /* priors and kernels; allocates from p->arena */
void policy_statement_expect(const policy *p, policy_view *v);       /* everything expected over the evidence */
void policy_statement_commit(const policy *p, policy_view *v);       /* committed alone: the same numbers */
void policy_statement_backward(const policy *p, const policy_view *v, const policy_dz *dz, policy_gradient *g);
double policy_statement_kernel(const policy *p, decision d, uint32_t x, size_t context, size_t j, uint32_t x2, size_t context2,
                               size_t j2);
/* Row of table t that prompt x in context c uses; NO_ROW for held-out prompts in tables of training keys, and for the embedding,
 * of which it uses all. */
size_t policy_row(const policy *p, const policy_table *t, uint32_t x, size_t context);
/* sum_i v_i^2 over the rows that (x, context) and (x2, context2) share in decision d, and v^2 times the product of embeddings; the
 * context's table is left out when `context` is NO_ROW. */
double policy_shared_rows(const policy *p, decision d, uint32_t x, size_t context, uint32_t x2, size_t context2);

/* policy_model.c: what the pretrained model and its engine are made of. */
PL_MUST_USE pl_status policy_model_init(policy *p);                  /* embedding, mismatch; allocates from p->arena */

#endif
