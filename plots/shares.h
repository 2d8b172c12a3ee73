/* Shares that sum to one over training, stacked: one panel per arm, one area per column with a common prefix. A bar at the
 * left edge is what training started from, with its shares as numbers; ticks above are epochs.
 */
#ifndef PL_PLOTS_SHARES_H
#define PL_PLOTS_SHARES_H

#include "plots/lines.h"

typedef struct shares_params {
    const char *x, *prefix;              /* column of the horizontal axis; what the names of the stacked columns begin with */
    pl_strings arms;                     /* empty: all */
} shares_params;
#define SHARES_FIELDS(default_prefix)                                                                                              \
    {.name = "x",                                                                                                                  \
     .type = PL_STRING,                                                                                                            \
     .offset = offsetof(shares_params, x),                                                                                         \
     .fallback = "step",                                                                                                           \
     .doc = "Column of the horizontal axis: step, epoch, gpu_hours, tokens, time_s."},                                             \
        {.name = "prefix",                                                                                                         \
         .type = PL_STRING,                                                                                                        \
         .offset = offsetof(shares_params, prefix),                                                                                \
         .fallback = default_prefix,                                                                                               \
         .doc = "The columns whose names begin so are stacked."},                                                                  \
    {                                                                                                                              \
        .name = "arms", .type = PL_STRINGS, .offset = offsetof(shares_params, arms), .fallback = "[]",                             \
        .doc = "Arms to draw, a panel each; none: all."                                                                            \
    }

typedef struct shares_spec {
    const char *title;
    bool collapse; /* name what wins in each arm and mark when it exceeds .9, with the interval over replicates */
} shares_spec;

bool shares_apply(const figure_data *data, const char *prefix);
/* Columns that are zero throughout are left out. Rows that lack one of the others are not drawn. Errors: PL_ERR_USER when no column
 * has the prefix, the x column is missing or an arm unknown. */
PL_MUST_USE pl_status shares_draw(canvas *c, const figure_data *data, const shares_params *params, const shares_spec *spec,
                                  pl_diag *diag);

/* How a run ends: which share is the largest in the end, and the x at which one first exceeds .9 (between recorded rows by a
 * straight line; NaN: never). runs[k] is share k at the same n places. */
typedef struct shares_end { size_t winner; double collapse; } shares_end;
shares_end shares_end_of(point *const *runs, size_t n_shares, size_t n);

#endif
