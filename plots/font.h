/* The font of the figures: DejaVu Sans, loaded from its file by FreeType.
 *
 * Asking the system's font configuration costs more than drawing a figure and may answer differently on every
 * machine, so the file is opened directly: $PLATEAU_FONT, else the first of a list of known places. When none is
 * there, the system's sans-serif font is used instead and a note in the diagnostics says so.
 */
#ifndef PL_PLOTS_FONT_H
#define PL_PLOTS_FONT_H

#include <cairo.h>
#include "sim/base/diag.h"

/* A new reference; release with cairo_font_face_destroy. Errors: PL_ERR_USER when $PLATEAU_FONT names a file that is no font. */
PL_MUST_USE pl_status font_open(cairo_font_face_t **face, pl_diag *diag);

#endif
