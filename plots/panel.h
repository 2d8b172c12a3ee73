/* Panels: a page divided into one or more coordinate systems, each with its frame, and the small print below.
 *
 * Axes left and bottom only, a light horizontal grid, ticks outwards. A page of one panel names its y axis beside it;
 * small multiples have the quantity and its unit as their title and save that room. Room for line-end labels is kept
 * to the right of the last panel of every row.
 */
#ifndef PL_PLOTS_PANEL_H
#define PL_PLOTS_PANEL_H

#include "plots/canvas.h"
#include "plots/scale.h"
#include "plots/style.h"

typedef struct panel {
    box cell, plot;                      /* of the page; the area within the axes */
    scale x, y;
    const char *title;                   /* NULL: none */
    const char *x_label, *y_label;       /* NULL: none */
    double zero;                         /* place of x = 0 left of a logarithmic axis; NaN: the axis has none */
    bool last_of_row;                    /* line-end labels stand right of it */
    bool bare;                           /* x axis without numbers: another panel stands beneath */
} panel;

typedef struct layout {
    size_t n, columns, rows;
    double width, height;                /* of one cell, points */
    double label_room;                   /* right of each row */
    double below;                        /* between the panels and the small print, for the figure's own text and a legend */
    double legend;                       /* the lower part of it that a legend takes */
    bool title;
} layout;

/* Cell sizes and the number of columns for n panels at the canvas' width class. */
layout layout_for(const canvas *c, size_t n, double label_room, double below, bool title);
/* Makes the cells fill a page of this size, points. */
void layout_resize(layout *l, double width, double height);
/* More than a dozen lines have their names in columns below the panels, and the page grows by that; see layout_legend. Before
 * layout_begin. */
bool layout_add_legend(layout *l, canvas *c, const char *const *texts, size_t n);
/* Upper edge of the room below the panels. */
double layout_below(const canvas *c, const layout *l);
/* Begins the page. Returns the panels in the canvas' arena with cell and plot set, or NULL (canvas is broken). */
panel *layout_begin(canvas *c, const layout *l, const figure_data *data, const char *title);
/* Small print: `note` lower left (may be ""), provenance lower right: scenario hash, seed, n. */
void layout_notes(canvas *c, const layout *l, const figure_data *data, const char *note);

/* Line `line` (from 0) of the figure's own text below the panels, LAYOUT_LINE points each, after a marker of that pen; pen.alpha 0:
 * without marker. */
enum { LAYOUT_LINE = 10 };
void layout_statement(canvas *c, const layout *l, size_t line, canvas_pen pen, marker_shape shape, const char *text);

/* Grid, axes, ticks, title and labels; x and y scales must have been made (x from plot.x0 to plot.x1, y from plot.y1
 * to plot.y0). */
void panel_frame(canvas *c, const panel *p);
/* Its x axis with its name alone. */
void panel_x_axis(canvas *c, const panel *p);
int panel_y_intervals(const panel *p);       /* about so many fit between the ticks of its y axis: for scale_make */
canvas_pen panel_pen(size_t series, bool dashes);
/* Colours come round again after STYLE_COLOURS series: from then on a line also carries marks. 0: none; else 1 + marker_shape. */
int panel_mark(size_t series);
unsigned panel_readable(unsigned colour);    /* the colour, darkened as far as letters on white need */
/* Vertical lines from y = top to bottom where an epoch ends, in a panel whose x is the step; says whether there are any. NaN: none.
 */
bool panel_epochs(canvas *c, const panel *p, double steps_per_epoch, double top, double bottom, canvas_pen pen);
extern const canvas_pen panel_epoch_dots;    /* dotted grey */
/* Line-end labels right of the panel: n texts with their colours and the places (x, y) where their lines end (y NaN: not
 * drawn); a hair line leads from there to a label that stands apart. A legend in their
 * place (line beside each text) when there are more than eight or they do not fit at their lines. */
typedef struct end_label { const char *text; double x, y; canvas_pen pen; int mark; } end_label;   /* mark: as panel_mark */
void panel_end_labels(canvas *c, const panel *p, const end_label *labels, size_t n);
/* The legend that layout_add_legend has made room for. */
void layout_legend(canvas *c, const layout *l, const end_label *labels, size_t n);
/* Room that these texts need as line-end labels. Needs no page. */
double panel_label_room(canvas *c, const char *const *texts, size_t n);

#endif
