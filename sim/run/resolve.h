/* The resolved text of a plan, and its hash. See plan.h. */
#ifndef PL_RUN_RESOLVE_H
#define PL_RUN_RESOLVE_H

#include "sim/run/plan.h"

/* Fills p->resolved and p->hash from the bound arms and the trees they were bound from. */
PL_MUST_USE pl_status plan_resolve(plan *p, pl_diag *diag);

#endif
