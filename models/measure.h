/* Measures: what a recorded step says about the policy. One file measure_<name>.c per family of columns.
 *
 * At a recorded step the engine visits prompts once and lets every measure look at the same view; then it shows the
 * last training batch; then every measure writes its columns. All column names of the program come from here and
 * from the engine's clock: docs/reference/columns.md and columns.json are generated from them.
 */
#ifndef PL_MODELS_MEASURE_H
#define PL_MODELS_MEASURE_H

#include "models/algo.h"
#include "sim/core/table.h"

typedef struct measure_setup {               /* constant over a run */
    const world *world;
    const policy *policy;
    const int64_t *pass_k;                   /* the k of pass@k */
    size_t n_pass_k;
    size_t group_size;
} measure_setup;

typedef struct measure {
    pl_entry entry;
    /* Adds its columns; names may depend on the set-up (formats/share/<name>). They follow each other in the table. */
    PL_MUST_USE pl_status (*columns)(const measure_setup *setup, pl_table *table);
    /* Doubles of scratch state it wants; zeroed before each recorded step. */
    size_t (*state)(const measure_setup *setup);
    /* One prompt, with the view now and under the base policy; `weight` sums to 1 over the split. Any may be NULL. */
    void (*visit)(const measure_setup *setup, double *state, const policy_view *view, const policy_view *base, int split, double weight);
    void (*batch)(const measure_setup *setup, double *state, const algo_batch *batch);
    /* Writes its values to row[0..]. */
    void (*finish)(const measure_setup *setup, const double *state, double *row);
} measure;
extern const pl_registry measure_registry;    /* generated */

#endif
