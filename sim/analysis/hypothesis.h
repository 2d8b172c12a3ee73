/* Hypotheses: a claim about the result table as a statistical comparison over replicates, with a verdict.
 *
 * A claim is a number (a measure of one arm, or of two arms compared) and what it should be. The number comes with a 95%
 * interval: Student t over replicates, paired when two arms are compared because arms share random numbers; or, for
 * statistics of the mean curve of all replicates (fits), the jackknife over replicates.
 *
 *   effect    `greater_than`, `less_than`, `relation`: supported when the interval lies beyond the threshold, refuted
 *             when it lies on the other side of it.
 *   equality  `within`: supported when the interval lies within +- the margin, refuted when wholly outside.
 *   control   `gone_against`: the same number for the treated arm(s) is the effect. Supported when the control's interval lies
 * within +- `share` of it, refuted when wholly outside. There must be something to remove: while the effect's own interval contains
 * 0 the verdict is inconclusive. share_of_replicates: the comparison is made in each replicate alone; the number is the share of
 * replicates in which it holds, with a Wilson interval, and has to exceed the one stated.
 *
 * Everything else is inconclusive. One replicate has no interval, so it supports nothing.
 */
#ifndef PL_ANALYSIS_HYPOTHESIS_H
#define PL_ANALYSIS_HYPOTHESIS_H

#include "sim/analysis/fit.h"
#include "sim/base/field.h"

typedef enum verdict { VERDICT_SUPPORTED, VERDICT_REFUTED, VERDICT_INCONCLUSIVE } verdict;
extern const char *const verdict_names[];

typedef struct hypothesis_spec { /* NULL, NaN, empty list: not written */
    const char *name;
    int role;               /* 0 effect, 1 control */
    const char *measure;    /* column, or a statistic of a fit (statistic.h) */
    const char *at, *from;  /* moments */
    double crosses, covers; /* the number is a time (steps) */
    bool change_point;      /* likewise: of the kink of a line with one */
    int prediction;         /* 0 none, 1 error, 2 covered: of the time by the sigmoid of the prefix */
    const char *before;     /* the number is by how many steps this crosses later */
    double before_crosses;
    const char *arm;
    pl_strings arms; /* two */
    int as;          /* 0 difference, 1 ratio */
    bool absolute;
    double greater_than, less_than, within;
    int relation; /* 0 none, 1 greater, 2 less */
    double margin;
    pl_strings gone_against;
    double share;
    double share_of_replicates;
    int over; /* 0 auto, 1 replicates, 2 pooled */
} hypothesis_spec;
extern const pl_struct hypothesis_struct; /* element of the list `hypotheses` */
extern const pl_struct fits_struct;       /* key `fits`: x and y columns, drop, prefix of the sigmoid and the entropy law */
typedef struct fits_spec {
    const char *sigmoid_x, *sigmoid_y, *entropy_x, *entropy_y; /* columns */
    double drop, prefix;                                       /* leading fraction left out; fraction used for extrapolation */
    pl_strings change_points;                                  /* columns whose kink is looked for */
    bool grid;                                                 /* the sigmoid by the procedure of the source, too */
} fits_spec;

typedef struct hypothesis_result {
    const char *name, *role; /* "effect" | "control" */
    verdict verdict;
    pl_estimate effect; /* level .95 */
    double margin;      /* the threshold: what the interval was held against */
    size_t n;           /* replicates used */
    const char *reason; /* in words: what was compared and why the verdict */
} hypothesis_result;

/* `list` is a pl_map of hypothesis_spec. Checks names of columns and arms against the table's columns and the arms
 * (unreachable hypotheses: unknown column or arm, step beyond the end, an epoch of unknown length) before a run, and
 * warns when there are fewer than two replicates. check->place gets paths within the list: "0.measure". */
void hypotheses_check(const pl_map *list, const pl_table *columns, const char *const *arms, size_t n_arms, double last_step,
                      double steps_per_epoch, size_t replicates, const pl_check *check);
/* `epoch X` is counted in each arm's own epochs by the column `epoch`; steps_per_epoch is for a table without it.
 * Results, one per hypothesis; their words are in `arena`. A value that cannot be had (a fit to too few points, no rows)
 * makes a verdict inconclusive, with the reason; errors are PL_ERR_WORLD only. */
PL_MUST_USE pl_status hypotheses_judge(const pl_map *list, const fits_spec *fits, const pl_table *table, double steps_per_epoch,
                                       pl_arena *arena, hypothesis_result *out, pl_diag *diag);

#endif
