/* Fits as figures read them (figure_data.fits), and how an estimate is written. */
#ifndef PL_PLOTS_ESTIMATES_H
#define PL_PLOTS_ESTIMATES_H

#include "plots/canvas.h"

/* The row (arm, name); all NaN when `fits` is NULL, lacks it or is not such a table. */
pl_estimate estimates_find(const pl_table *fits, const char *arm, const char *name);
/* "A = 0.612 [0.590, 0.630]", without the brackets when an end is missing; in the canvas' arena, "" when memory is out. */
const char *estimates_text(canvas *c, const char *name, const pl_estimate *e);

/* "R² = 0.953"; a fit that is not exact is not said to have 1.000. */
enum { ESTIMATES_R2 = 32 };
void estimates_r2(double r2, char text[ESTIMATES_R2]);

#endif
