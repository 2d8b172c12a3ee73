/* Measures: what a recorded step says about the policy. One file measure_<name>.c per family of columns.
 *
 * At a recorded step the engine visits prompts once and lets every measure look at the same view; then it shows the
 * last training batch; then every measure writes its columns. All column names of the program come from here and
 * from the engine's clock: docs/reference/columns.md and columns.json are generated from them.
 *
 * The held-out split is meant unless a name says otherwise. A measure that has nothing to look at (no held-out
 * prompts, no batch yet at step 0, one group only) is missing, NaN; it never falls back on something else.
 */
#ifndef PL_MODELS_MEASURE_H
#define PL_MODELS_MEASURE_H

#include "models/algo.h"
#include "models/storage.h"
#include "sim/core/table.h"

typedef struct measure_setup {               /* constant over a run */
    const world *world;
    const policy *policy;
    const int64_t *pass_k;                   /* the k of pass@k */
    size_t n_pass_k;
    size_t group_size;
    pl_reals majority_at;                    /* the k of exact maj@k */
} measure_setup;

/* The trainer's weights. Of a table t weight (key, option) is number t->offset + key * t->width + option; the table of the
 * embedding has a key per dimension. */
typedef struct measure_weights {
    const policy *policy;                    /* layout; of a tabular world not the setup's */
    const double *weights;                   /* [n_weights] as the forward pass reads them: 0 where the stored one is unchanged */
    const storage *storage;                  /* master, pretrained values, visited marks; `rounds`: is anything stored? */
} measure_weights;

typedef struct measure {
    pl_entry entry;
    /* Adds its columns; names may depend on the set-up (formats/share/<name>). They follow each other in the table. */
    PL_MUST_USE pl_status (*columns)(const measure_setup *setup, pl_table *table);
    /* Doubles of scratch state it wants; zeroed before each recorded step. */
    size_t (*state)(const measure_setup *setup);
    /* Doubles that follow the scratch and last over the run, 0 at first: to compare a row with the one before. May be NULL. */
    size_t (*kept)(const measure_setup *setup);
    /* One prompt, with the view now and under the base policy; `weight` sums to 1 over the split. Any may be NULL. Of a training
     * prompt's views the statement is not filled, but for `committed`: policy_forward_pass. */
    void (*visit)(const measure_setup *setup, double *state, const policy_view *view, const policy_view *base, int split,
                  double weight);
    void (*batch)(const measure_setup *setup, double *state, const algo_batch *batch);
    void (*weights)(const measure_setup *setup, double *state, const measure_weights *weights);
    /* Writes its values to row[0..]. */
    void (*finish)(const measure_setup *setup, const double *state, double *row);
} measure;
extern const pl_registry measure_registry;    /* generated */

/* All measures together: what the engine calls. */
typedef struct measures {
    const measure_setup *setup;
    size_t n, n_columns, n_state;            /* measures; columns and doubles of state of all */
    size_t *column, *state_at, *scratch;     /* [n] first column and first double of each; doubles that are forgotten */
    double *state;                           /* [n_state] */
} measures;

/* Adds the columns of all measures in the registry's order. User error when two have the same name (a domain called
 * "committed"), world error when memory runs out. */
PL_MUST_USE pl_status measures_columns(const measure_setup *setup, pl_table *table);
PL_MUST_USE pl_status measures_init(measures *m, const measure_setup *setup);
void measures_free(measures *m);
void measures_begin(measures *m);            /* forgets what was seen */
void measures_visit(measures *m, const policy_view *view, const policy_view *base, int split, double weight);
void measures_batch(measures *m, const algo_batch *batch);
void measures_weights(measures *m, const measure_weights *weights);
void measures_finish(measures *m, double *row);      /* row[n_columns] */

/* For the files measure_<name>.c. Adds a column named by a format. */
PL_MUST_USE pl_status measure_column(pl_table *table, pl_origin origin, const char *unit, const char *doc, const char *fmt,
                                     ...) PL_PRINTF(5, 6);
/* P(the response takes strategy s in format f and is right). */
static inline double measure_right(const policy_view *v, size_t f, size_t s) {
    const size_t i = f * v->S + s;
    return v->format[f] * v->strategy[i] * v->success[i] * (v->B ? v->committed[i] : 1.0);
}
/* sum/weight, NaN when nothing was weighed. */
static inline double measure_mean(double sum, double weight) { return weight > 0.0 ? sum / weight : NAN; }

#endif
