/* Hypotheses: a claim about the result table as a statistical comparison over replicates, with a verdict.
 *
 * Paired over replicates (arms share random numbers), 95% t interval; statistics of pooled replicates (fits) use the
 * jackknife over replicates. Effect: supported when the interval lies beyond the margin, refuted when beyond it on
 * the other side. Control: supported when the interval lies within +- a stated share (default 1/3) of the treated
 * arms' effect. Otherwise inconclusive.
 */
#ifndef PL_ANALYSIS_HYPOTHESIS_H
#define PL_ANALYSIS_HYPOTHESIS_H

#include "sim/analysis/fit.h"
#include "sim/base/field.h"

typedef enum verdict { VERDICT_SUPPORTED, VERDICT_REFUTED, VERDICT_INCONCLUSIVE } verdict;
extern const char *const verdict_names[];

typedef struct hypothesis_spec hypothesis_spec;         /* fields in hypothesis.c's table; see docs/reference */
extern const pl_struct hypothesis_struct;               /* element of the list `hypotheses` */
extern const pl_struct fits_struct;                     /* key `fits`: x and y columns, drop, prefix of the sigmoid and the entropy law */
typedef struct fits_spec {
    const char *sigmoid_x, *sigmoid_y, *entropy_x, *entropy_y;   /* columns */
    double drop, prefix;                                 /* leading fraction left out; fraction used for extrapolation */
} fits_spec;

typedef struct hypothesis_result {
    const char *name, *role;                             /* "effect" | "control" */
    verdict verdict;
    pl_estimate effect;                                  /* level .95 */
    double margin;
    size_t n;                                            /* replicates used */
    const char *reason;                                  /* in words: what was compared and why the verdict */
} hypothesis_result;

/* `list` is a pl_map of hypothesis_spec. Checks names of columns and arms against the table's columns and the arms
 * (unreachable hypotheses: unknown column or arm, step beyond the end) before a run. */
void hypotheses_check(const pl_map *list, const pl_table *columns, const char *const *arms, size_t n_arms, double last_step, double steps_per_epoch, const pl_check *check);
PL_MUST_USE pl_status hypotheses_judge(const pl_map *list, const fits_spec *fits, const pl_table *table, double steps_per_epoch, pl_arena *arena, hypothesis_result *out, pl_diag *diag);

#endif
