/* Curricula: which prompts are sampled next. One file curriculum_<name>.c per curriculum; registry `curriculum`. */
#ifndef PL_MODELS_CURRICULUM_H
#define PL_MODELS_CURRICULUM_H

#include "models/policy.h"

enum { MAJORITY_ANY, MAJORITY_RIGHT, MAJORITY_WRONG };
typedef struct pool_spec {                    /* which training prompts belong to the pool at all */
    pl_strings domains;                       /* empty: all */
    double min_pass_rate, max_pass_rate;      /* base pass rate on the prompt, inclusive */
    int64_t samples;                          /* 0: exact; k: right answers out of k base rollouts (pass@k = 0 is max 0) */
    int majority;                             /* MAJORITY_ANY ...: is the base's likeliest answer right? exact */
    int64_t limit;                            /* keep at most so many, drawn at random; 0 = all */
} pool_spec;

typedef struct curriculum_state curriculum_state;     /* of the entry in force */
typedef struct curriculum {
    pl_entry entry;
    PL_MUST_USE pl_status (*init)(curriculum_state **state, const void *params, const policy *p, const uint32_t *pool,
                                  size_t n_pool, const pl_seeds *seeds, pl_diag *diag);      /* p: its base tells pass rates */
    void (*free)(curriculum_state *state);               /* NULL is fine */
    /* The prompts of batch `batch` (0-based), n of them; n is the same in every call. A pure function of (init's
     * arguments, batch, n); batches in increasing order are fast. `epoch` is the number of passes over the pool so far. */
    void (*next)(curriculum_state *state, uint32_t batch, double epoch, uint32_t *prompts, size_t n);
    /* Checks params against the world (names of domains); `path` as in curriculum_check. May be NULL. */
    void (*check)(const void *params, const char *path, const world_spec *w, const pl_check *check);
} curriculum;

typedef struct curriculum_spec { pl_choice order; pool_spec pool; } curriculum_spec;
extern const pl_struct curriculum_struct;
extern const pl_registry curriculum_registry;  /* generated */

/* Checks of the names of domains against the world. `path`: key of the struct ("curriculum"). */
void curriculum_check(const curriculum_spec *spec, const char *path, const world_spec *w, const pl_check *check);

/* The same for one list of names, reported as "<path>.<key>": each is known, and named once. */
void curriculum_check_domains(const pl_strings *names, const char *path, const char *key, const world_spec *w,
                              const pl_check *check);

/* The pool of a replicate: prompt numbers in increasing order. PL_ERR_USER (with the counts by pass rate) when empty. */
PL_MUST_USE pl_status curriculum_pool(const pool_spec *spec, const policy *p, const pl_seeds *seeds, pl_arena *arena,
                                      uint32_t **pool, size_t *n, pl_diag *diag);

#endif
