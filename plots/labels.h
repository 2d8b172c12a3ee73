/* Labels at the ends of lines: each wants to stand at the height of its line, none may touch another.
 *
 * The places are those with the least sum of squared shifts under the order of the wishes (isotonic regression by
 * pooling adjacent violators), then moved into the range.
 */
#ifndef PL_PLOTS_LABELS_H
#define PL_PLOTS_LABELS_H

#include <stdbool.h>
#include <stddef.h>

enum { LABELS_MOST = 64 };

/* y[n]: wished centres in, places out, at least `height` apart and within [low, high] by half a height. Labels with
 * equal wishes keep their order. Returns false, and leaves y as it was, when n labels do not fit or n > LABELS_MOST. */
bool labels_spread(double *y, size_t n, double height, double low, double high);

#endif
