#include <math.h>

#include "sim/check/shape.h"

static bool seen(const check_view *v, shape_sight *sight)
{
    const check_forecast *f = v->forecast;
    const double share = .1, least = .02, unsure = .25;
    if (!f || !f->rose) return false;
    const belief *b = &f->belief;
    if (b->left.value > share && b->rest.value > least * f->unit) return false;
    return shape_say(sight, "%s%.3f is left to gain, %.1f%% of the rise (90%% interval %.1f%% to %.1f%%)",
                     b->left.high > unsure ? "most likely, but not surely: " : "", b->rest.value, 100 * b->left.value,
                     100 * b->left.low, 100 * b->left.high);
}

const shape shape_at_plateau = {{"at_plateau", "A sigmoid that has levelled off: less than a tenth of the rise, or .02, is left",
                                 "arXiv 2510.13786, eq. 1", NULL},
                                "at its plateau",
                                SHAPE_COURSE,
                                .rank = 3,
                                .seen = seen};
