/* The plan: what a scenario file comes to once everything it extends, --set and the arms are laid together.
 *
 * Every arm is bound as a whole scenario of its own: the file's tree, with the arm's overrides merged key by key, presets
 * beneath. Errors of all arms are reported together, each once. A plan also knows its own resolved text: the scenario with every
 * key written out and each arm as what it changes, which gives the same plan when it is loaded. The hash of that
 * text (without comments) is the scenario's identity.
 *
 * A world read from a table file depends on a second file. In the resolved text it is tables/<hash of its content>.csv, a copy in
 * the run directory, so that the directory stands for itself and the identity covers the content.
 */
#ifndef PL_RUN_PLAN_H
#define PL_RUN_PLAN_H

#include "sim/base/hash.h"
#include "sim/conf/bind.h"
#include "sim/run/scenario.h"

typedef struct plan_arm {
    const char *name;
    scenario scenario;
    const pl_node *tree;                 /* what it was bound from */
    const char *table_path, *table_name; /* the world's table: where it is, what the run directory calls it; NULL: none */
} plan_arm;

typedef struct plan {
    pl_arena arena;
    const char *path, *name; /* of the scenario file; its name without folder and ending */
    scenario base;           /* without any arm's overrides */
    const pl_node *tree;     /* what it was bound from */
    plan_arm *arms;
    const char **arm_names;
    size_t n_arms;
    size_t replicates;
    pl_table columns;       /* of all arms, without rows */
    double steps_per_epoch; /* of the base; NaN: not known before the run */
    const char *resolved;   /* YAML with units and origins as comments */
    pl_hash hash;
} plan;

typedef struct plan_options {
    const char *const *set; /* assignments key=value, in order */
    size_t n_set;
    int64_t seed, replicates; /* negative: as the scenario says */
} plan_options;

/* Errors: PL_ERR_USER with everything that is wrong in diag; PL_ERR_WORLD. Free the plan in either case. */
PL_MUST_USE pl_status plan_load(plan *p, const char *path, const plan_options *options, const pl_search *search, pl_diag *diag);
void plan_free(plan *p);

#endif
