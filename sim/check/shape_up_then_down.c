#include <math.h>

#include "sim/check/shape.h"

/* The highest window of a tenth of the run stands well above the last one, and above the first. Being the highest of about ten, it
 * must stand out by more than a single comparison would ask. */
static bool seen(const check_view *v, shape_sight *sight)
{
    const check_series *s = v->fitted;
    if (s->n < 6) return false;
    const double least_share = .25, least = .03, stands_out = 4 + 30. / (double)s->n; /* of few points the noise is hardly known */
    size_t width = s->n < 15 ? 1 : s->n / 10 > 3 ? s->n / 10 : 3, peak = 0;
    stretch top = {-INFINITY, 0, 0}, early = series_stretch(s, 0, width), late = series_stretch(s, s->n - width, s->n);
    for (size_t i = 0; i + width <= s->n; i++) {
        double mean = pl_mean(s->y + i, width);
        if (mean > top.mean) top.mean = mean, peak = i;
    }
    double unit = v->forecast ? v->forecast->unit : 1, floor = .01 * unit / sqrt((double)width);
    double error = sqrt(2) * fmax(late.error, floor), fall = top.mean - late.mean, rise = top.mean - early.mean;
    if (peak + 2 * width > s->n || fall < stands_out * error || rise < stands_out * error) return false;
    if (fall < least * unit || rise < least * unit || fall < least_share * rise) return false;
    return shape_say(sight, "%s rose from %.3f to %.3f around %s %s and fell to %.3f: %.1f standard errors below its best",
                     s->column, early.mean, top.mean, v->run->x_column, check_number(s->x[peak + width / 2], 0).text, late.mean,
                     fall / error);
}

const shape shape_up_then_down = {{"up_then_down", "Rises, then loses what it had gained", NULL, NULL},
                                  "up, then down",
                                  SHAPE_COURSE,
                                  .rank = 0,
                                  .wrong = true,
                                  .seen = seen};
