/* What a quantity is called on an axis: a column's name in words with its unit. Names that are not of this program (a log's own)
 * stay as they are. */
#ifndef PL_PLOTS_NAMES_H
#define PL_PLOTS_NAMES_H

#include "plots/canvas.h"

/* "compute [GPU-hours]" for gpu_hours in GPU-hours, "entropy of the strategy [nats]", "accuracy, everyday"; in the canvas' arena.
 * The unit is left out when "" or when the words say it. */
const char *names_quantity(canvas *c, const char *name, const char *unit);

#endif
