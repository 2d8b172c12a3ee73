#include "sim/check/shape.h"

static bool seen(const check_view *v, shape_sight *sight)
{
    const check_forecast *f = v->forecast;
    if (!f || !f->rose || f->belief.left.value <= .5) return false;
    const belief *b = &f->belief;
    return shape_say(sight, "it rises, and its middle lies ahead: C_mid %s, 90%% interval %s to %s, last point %s",
                     check_number(b->C_mid.value, 3).text, check_number(b->C_mid.low, 3).text, check_number(b->C_mid.high, 3).text,
                     check_number(b->last, 0).text);
}

const shape shape_not_bent = {
    {"not_bent", "Rises, and more than half of the rise is still to come", "arXiv 2510.13786, eq. 1", NULL},
    "rising, not yet bent",
    SHAPE_COURSE,
    .rank = 5,
    .seen = seen};
