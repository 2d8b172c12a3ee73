#include "sim/check/shape.h"

static bool seen(const check_view *v, shape_sight *sight)
{
    const check_forecast *f = v->forecast;
    if (!f || !f->rose || !(f->belief.C_mid.high < f->belief.last)) return false;
    const belief *b = &f->belief;
    return shape_say(sight, "the bend is behind (C_mid %.3g, 90%% interval %.3g to %.3g), and %.3f is left to gain (%.3f to %.3f)",
                     b->C_mid.value, b->C_mid.low, b->C_mid.high, b->rest.value, b->rest.low, b->rest.high);
}

const shape shape_rising = {{"rising", "A sigmoid that has bent and still rises", "arXiv 2510.13786, eq. 1", NULL},
                            "rising, past the bend",
                            SHAPE_COURSE,
                            .rank = 4,
                            .seen = seen};
