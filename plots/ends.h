/* Before and after: the first and the last recorded row of every replicate of an arm, for figures that compare a trained
 * policy with the one it started from. */
#ifndef PL_PLOTS_ENDS_H
#define PL_PLOTS_ENDS_H

#include "plots/curve.h"

typedef enum ends_moment { ENDS_FIRST, ENDS_LAST, ENDS_MOMENTS } ends_moment;

typedef struct ends {
    size_t *row[ENDS_MOMENTS];           /* [n] rows of the table, one per replicate that has any */
    size_t n;
    double step[ENDS_MOMENTS];           /* least first and greatest last step; NaN in a table without steps */
    bool apart;                          /* some replicate has a last row that is not its first */
} ends;

/* Looked at are rows of `arm` ("": all) in which a column of `probe` holds a number. First and last are by `step`, or by place
 * in a table that has none. */
PL_MUST_USE pl_status ends_make(const pl_table *t, const char *arm, pl_strings probe, pl_arena *arena, ends *out);
/* The column at that moment in the replicates that have a number there: values into v ([e->n]); returns how many. */
size_t ends_values(const pl_table *t, const ends *e, ends_moment when, const char *column, double *v);

#endif
