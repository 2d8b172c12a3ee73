/* Images as PNG: 8-bit RGB, resolution, text chunks; no clock time, so that the same pixels give the same bytes.
 *
 * The encoder is set for speed: each row is stored as its difference from the row above (filter Up), which leaves
 * a figure mostly zeros, and those compress well at the lowest level.
 */
#ifndef PL_PLOTS_PNG_H
#define PL_PLOTS_PNG_H

#include "plots/canvas.h"

typedef struct png_note { const char *key, *text; } png_note;     /* key: Latin-1, at most 79 bytes */

/* Appends the file to `out`. The canvas must be a finished FIGURE_PNG. Errors: PL_ERR_WORLD. */
PL_MUST_USE pl_status png_encode(const canvas *c, const png_note *notes, size_t n_notes, pl_str *out, pl_diag *diag);

#endif
