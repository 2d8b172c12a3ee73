#include <math.h>

#include "sim/check/shape.h"

/* Not "no significant change" but the opposite: the change is known to be small. */
static bool seen(const check_view *v, shape_sight *sight)
{
    const check_series *s = v->fitted;
    const double margin = .05;
    if (s->n < 6 || (v->forecast && (v->forecast->rose || v->forecast->fell))) return false;
    double unit = v->forecast ? v->forecast->unit : 1;
    stretch first = series_stretch(s, 0, s->n / 3), last = series_stretch(s, s->n - s->n / 3, s->n);
    double error = fmax(hypot(first.error, last.error), .004 * unit), change = last.mean - first.mean;
    if (fabs(change) + 2 * error > margin * unit || (fabs(change) > 3 * error && fabs(change) > .4 * margin * unit)) return false;
    return shape_say(sight, "%s: the last third lies %+.3f from the first (95%% interval %+.3f to %+.3f): at most %.3g either way",
                     s->column, change, change - 2 * error, change + 2 * error, margin * unit);
}

const shape shape_flat = {
    {"flat", "Nothing is learned: the change is known to be small", NULL, NULL}, "flat", SHAPE_COURSE, .rank = 2, .seen = seen};
