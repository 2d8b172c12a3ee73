#include <math.h>

#include "sim/check/shape.h"

/* Told by the share of responses that were cut; without it, by a mean close to a longest length that stays the same. */
static bool seen(const check_view *v, shape_sight *sight)
{
    const check_series *cut = &v->signal[SIGNAL_CLIPPED], *mean = &v->signal[SIGNAL_LENGTH], *most = &v->signal[SIGNAL_LENGTH_MOST];
    const double much = .25, near = .85;
    if (cut->n >= 5) {
        stretch recent = series_recent(cut);
        if (recent.mean < much || recent.mean - 2 * recent.error < much / 2) return false;
        return shape_say(sight, "%.0f%% of the responses end at the cap and count as wrong (%s, last %zu rows; %.0f%% at first)",
                         100 * recent.mean, cut->column, recent.n, 100 * series_early(cut).mean);
    }
    if (mean->n < 5 || most->n < 5) return false;
    stretch recent = series_recent(mean);
    double cap = -INFINITY;
    size_t at_cap = 0, last = most->n < 10 ? most->n : 10;
    for (size_t i = 0; i < most->n; i++) cap = fmax(cap, most->y[i]);
    for (size_t i = most->n - last; i < most->n; i++) at_cap += most->y[i] == cap;
    if (2 * at_cap < last || recent.mean < near * cap) return false;
    return shape_say(sight, "the mean length, %.0f, is %.0f%% of the longest, %.0f, which is the same in %zu of the last %zu rows",
                     recent.mean, 100 * recent.mean / cap, cap, at_cap, last);
}

const shape shape_length_saturation = {{"length_saturation", "Responses pile up at the length cap", NULL, NULL},
                                       "length saturates at the cap",
                                       SHAPE_ALARM,
                                       .where = SIGNAL_CLIPPED,
                                       .seen = seen};
