#include "sim/check/shape.h"

static bool seen(const check_view *v, shape_sight *sight)
{
    const check_forecast *f = v->forecast;
    if (!f || !f->rose || f->belief.left.value <= .5) return false;
    const belief *b = &f->belief;
    return shape_say(sight, "it rises, and its middle lies ahead: C_mid %.3g, 90%% interval %.3g to %.3g, last point %.4g",
                     b->C_mid.value, b->C_mid.low, b->C_mid.high, b->last);
}

const shape shape_not_bent = {{"not_bent", "Rises, and more than half of the rise is still to come", "arXiv 2510.13786, eq. 1", NULL},
                              "rising, not yet bent",
                              SHAPE_COURSE,
                              .rank = 5,
                              .seen = seen};
