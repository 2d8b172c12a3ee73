/* Figures: one file fig_<name>.c per figure exports `const figure fig_<name>`; the registry `figure` collects them.
 * A figure takes a result table, wherever it came from, and draws on a canvas. */
#ifndef PL_PLOTS_FIGURE_H
#define PL_PLOTS_FIGURE_H

#include "sim/base/field.h"
#include "sim/core/stats.h"
#include "sim/core/table.h"

/* Fits and verdicts travel to figures as tables, too: rows (arm, name, value, low, high, level). A sigmoid is told by
 * "sigmoid.A", "sigmoid.B", "sigmoid.C_mid", "sigmoid.R0", and may add "sigmoid.r2", "sigmoid.identified" (0 or 1) and
 * "sigmoid.x_first", "sigmoid.x_last": the ends of the points used;
 * "sigmoid.prefix.A" ... "R0", "sigmoid.prefix.x_last" and "sigmoid.predicted_x.<i>", "sigmoid.predicted.<i>" (i = 0, 1, ...): the
 * fit to a prefix and its curve beyond, with intervals. An entropy law is told by "entropy_law.a", "entropy_law.b", and may add
 * "entropy_law.ceiling", "entropy_law.r2". A change point of a column over steps by "change_point.<column>". */
typedef struct figure_data {
    const pl_table *table;               /* metrics */
    const pl_table *fits;                /* may be NULL */
    const char *sigmoid_x,
        *sigmoid_y; /* columns that the sigmoid in `fits` was fitted to; NULL: not known, or the figure's parameters say */
    const char *entropy_x, *entropy_y;   /* likewise of the entropy law */
    const char *before;                  /* what the first row of an arm is, where that is no step of training: the name of a base model;
                                            NULL: a step */
    const char *title;                   /* NULL: the figure's own */
    const char *scenario_hash;           /* hex; "" when the data are not a scenario's */
    uint64_t seed;
    size_t replicates;
    double steps_per_epoch;              /* NaN: unknown */
    pl_map marks;                        /* later: interventions */
} figure_data;

typedef enum figure_format { FIGURE_PNG, FIGURE_SVG, FIGURE_PDF } figure_format;
typedef enum figure_width { FIGURE_SINGLE, FIGURE_DOUBLE, FIGURE_SLIDE } figure_width;

struct canvas;
typedef struct figure {
    pl_entry entry;
    bool (*applies)(const figure_data *data);       /* are the columns there? */
    PL_MUST_USE pl_status (*draw)(struct canvas *canvas, const figure_data *data, const void *params, pl_diag *diag);
} figure;
extern const pl_registry figure_registry;           /* generated */

/* Draws and writes dir/<name>.<ext> atomically; *path (in `arena`) tells where. PNG carries text chunks: program,
 * version, scenario hash, seed, figure, hash of the table; no clock time. Same table, same bytes. */
PL_MUST_USE pl_status figure_write(const figure *fig, const figure_data *data, const void *params, const char *dir,
                                   figure_format format, figure_width width, pl_arena *arena, const char **path, pl_diag *diag);

#endif
