/* Lines over training: one panel per column, the arms laid over each other, each as the mean of its replicates with a
 * named band; few runs are drawn thin behind their mean. Most figures are this with a choice of columns.
 */
#ifndef PL_PLOTS_LINES_H
#define PL_PLOTS_LINES_H

#include "plots/curve.h"
#include "plots/panel.h"

/* Keys that figures of lines share. */
typedef struct lines_params {
    const char *x; /* column */
    bool log_x;
    pl_strings columns, arms; /* empty: all that the figure knows and the table has */
    int band;                 /* curve_band */
} lines_params;
/* The five fields; which columns are drawn when none is named differs from figure to figure. */
#define LINES_FIELDS(columns_doc)                                                                                                  \
    {.name = "x",                                                                                                                  \
     .type = PL_STRING,                                                                                                            \
     .offset = offsetof(lines_params, x),                                                                                          \
     .fallback = "step",                                                                                                           \
     .doc = "Column of the horizontal axis: step, epoch, gpu_hours, tokens, time_s."},                                             \
        {.name = "log_x",                                                                                                          \
         .type = PL_BOOL,                                                                                                          \
         .offset = offsetof(lines_params, log_x),                                                                                  \
         .fallback = "false",                                                                                                      \
         .doc = "Logarithmic horizontal axis; points at x = 0 are left out."},                                                     \
        {.name = "columns", .type = PL_STRINGS, .offset = offsetof(lines_params, columns), .fallback = "[]", .doc = columns_doc},  \
        {.name = "arms",                                                                                                           \
         .type = PL_STRINGS,                                                                                                       \
         .offset = offsetof(lines_params, arms),                                                                                   \
         .fallback = "[]",                                                                                                         \
         .doc = "Arms to draw; none: all."},                                                                                       \
    {                                                                                                                              \
        .name = "band", .type = PL_ENUM, .offset = offsetof(lines_params, band), .fallback = "auto", .names = curve_band_names,    \
        .doc = "Around the mean: its 95% interval, the central 90% of runs, none; auto: runs from 20 replicates on, else mean; "   \
               "none for more than 8 arms."                                                                                        \
    }

typedef struct lines_panel {
    const char *column; /* drawn solid */
    const char *second; /* drawn dashed in the same colour, without band; NULL: none */
    const char *title;  /* NULL: the column's name with its unit */
} lines_panel;

typedef struct lines_spec {
    const char *title;       /* of the page; figure_data.title goes before */
    const char *second_note; /* what dashed means, for the note */
    const lines_panel *panels;
    size_t n_panels;
    double low, high;     /* always within the y axis; NaN: as the data are */
    double least, most;   /* never beyond these; +-INFINITY: free */
    double width, height; /* of the page, points; 0: as the style says */
    /* Beneath the lines of a panel; may be NULL. `index`: of the panel. */
    void (*behind)(canvas *c, const figure_data *data, const panel *p, size_t index, pl_strings arms, const void *context);
    /* Lines of text below the panels, each after a marker in the colour of arm `of` (negative: none). */
    const struct lines_statement *(*statements)(canvas *c, const figure_data *data, pl_strings arms, const void *context,
                                                size_t *n);
    const void *context;
} lines_spec;
typedef struct lines_statement {
    const char *text;
    int of;
} lines_statement;

/* Params NULL: defaults. Errors: PL_ERR_USER when the x column is missing, an arm unknown, or nothing is there to draw. */
PL_MUST_USE pl_status lines_draw(canvas *c, const figure_data *data, const lines_params *params, const lines_spec *spec,
                                 pl_diag *diag);
lines_params lines_defaults(void);

/* The columns of the table among `wanted` (or among `known` when that is empty) in the canvas' arena as panels. PL_ERR_USER
 * names a wanted column that is missing. */
PL_MUST_USE pl_status lines_choose(canvas *c, const pl_table *t, pl_strings wanted, const char *const *known, size_t n_known,
                                   lines_panel **panels, size_t *n, pl_diag *diag);
/* Both at once: chooses, and draws `spec` with those panels. */
PL_MUST_USE pl_status lines_of(canvas *c, const figure_data *data, const lines_params *params, const char *const *known,
                               size_t n_known, lines_spec *spec, pl_diag *diag);
/* A number column with at least one finite value. */
bool lines_has(const pl_table *t, const char *column);
/* User error about a column that is missing, text or empty. */
pl_status lines_missing(const pl_table *t, const char *column, pl_arena *arena, pl_diag *diag);

#endif
