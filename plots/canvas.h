/* The canvas: a page in points (1/72 inch, y downwards) on which figures draw with a few simple calls.
 *
 * Every call goes to Cairo (PNG, SVG or PDF) and, when `recording`, also into a list that tests read: which text
 * stands where, through which points a line runs, in which colour. Figures know the canvas only.
 *
 * The drawing calls return nothing: after a failure the canvas is `broken`, further calls do nothing, and
 * canvas_finish reports it. Points that are not finite interrupt a line.
 */
#ifndef PL_PLOTS_CANVAS_H
#define PL_PLOTS_CANVAS_H

#include <cairo.h>
#include "plots/figure.h"
#include "sim/base/str.h"

typedef struct point { double x, y; } point;
typedef struct box { double x0, y0, x1, y1; } box;                    /* x0 < x1, y0 < y1 (upper edge first) */
typedef struct canvas_pen {
    unsigned colour;                                                  /* 0xRRGGBB */
    double alpha, width;
    const double *dash;                                               /* 4 lengths, 0 ends; NULL: solid */
} canvas_pen;
typedef enum marker_shape {
    MARKER_DISC,
    MARKER_SQUARE,
    MARKER_UP,
    MARKER_DIAMOND,
    MARKER_DOWN,
    MARKER_CROSS,
    MARKER_PLUS,
    MARKER_RING,
    MARKER_SHAPES
} marker_shape;

typedef enum canvas_call { CANVAS_POLYLINE, CANVAS_BAND, CANVAS_TEXT, CANVAS_MARKER, CANVAS_RECT } canvas_call;
typedef struct canvas_record {
    canvas_call call;
    canvas_pen pen;
    point *points;                       /* polyline; band: the upper edge, then the lower one backwards; marker: its centre */
    size_t n;
    const char *text;
    box box;                             /* of a text as it stands on the page; of a rect */
    int shape;
} canvas_record;

typedef struct canvas {
    figure_format format;
    figure_width width_class;
    double width, height, zoom, scale;   /* page in points; of the whole page; device units per point */
    cairo_surface_t *surface;
    cairo_t *cr;
    cairo_font_face_t *face;
    pl_str out;                          /* bytes of SVG and PDF */
    bool broken, recording;
    canvas_record *records;
    size_t n_records, record_capacity;
    pl_arena arena;                      /* of the records, and for figures: lives as long as the canvas */
} canvas;

/* No page yet: the figure begins it when it knows its size. */
PL_MUST_USE pl_status canvas_init(canvas *c, figure_format format, figure_width width, bool recording, pl_diag *diag);
void canvas_free(canvas *c);
void canvas_begin(canvas *c, double width, double height);
/* Flushes; PL_ERR_WORLD with a message if anything failed since canvas_init. */
PL_MUST_USE pl_status canvas_finish(canvas *c, pl_diag *diag);

void canvas_polyline(canvas *c, const point *p, size_t n, canvas_pen pen);
void canvas_line(canvas *c, double x0, double y0, double x1, double y1, canvas_pen pen);
/* The area between (x, low) and (x, high), all three in points of the page. */
void canvas_band(canvas *c, const double *x, const double *low, const double *high, size_t n, canvas_pen pen);
void canvas_rect(canvas *c, box where, canvas_pen pen);                      /* filled */
void canvas_marker(canvas *c, double x, double y, double diameter, marker_shape shape, bool filled, canvas_pen pen);

/* Where a text hangs: `h` 0 left, .5 middle, 1 right of (x, y); `v` 0 top, .5 middle of the figures' height, 1 baseline. */
typedef struct text_place { double x, y, size, h, v; bool upright; unsigned colour; } text_place;
void canvas_text(canvas *c, text_place place, const char *text);
double canvas_text_width(canvas *c, double size, const char *text);
/* `text`, shortened with an ellipsis to fit `width`; in the canvas' arena. "" when memory is out. The tail variant keeps the
 * end, which says more in the name of a column ("run - eval/pass@1"). */
const char *canvas_fit(canvas *c, double size, const char *text, double width);
const char *canvas_fit_tail(canvas *c, double size, const char *text, double width);

void canvas_clip(canvas *c, box where);
void canvas_unclip(canvas *c);
/* The nearest place at which a thin line is sharp in the image. */
double canvas_snap(const canvas *c, double v);

#endif
