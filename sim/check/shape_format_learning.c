#include "sim/check/shape.h"

/* A rise of a few steps is the form of the answer being learned, not the task. */
static bool seen(const check_view *v, shape_sight *sight)
{
    const check_forecast *f = v->forecast;
    const double steep = 8, few = 4, least = .05;
    if (!f || !f->rose || f->belief.change < least * f->unit) return false;
    const belief *b = &f->belief;
    bool early = v->run->steps && b->C_mid.value <= few && b->C_mid.high <= 2 * few;
    if (!early && !(b->B.value >= steep)) return false;
    return shape_say(sight, "half of the rise is done after %.2g %s (90%% interval %.2g to %.2g), with exponent B = %.1f",
                     b->C_mid.value, v->run->steps ? "steps" : v->run->x_column, b->C_mid.low, b->C_mid.high, b->B.value);
}

const shape shape_format_learning = {{"format_learning", "A very fast start: the form of the answer is learned", NULL, NULL},
                                     "format learned first",
                                     SHAPE_NOTE,
                                     .seen = seen};
