#include "sim/check/shape.h"

static bool seen(const check_view *v, shape_sight *sight)
{
    const check_forecast *f = v->forecast;
    if (!f || !f->rose || f->belief.left.value > .5) return false;
    const belief *b = &f->belief;
    return shape_say(sight, "%.0f%% of the rise is left to gain (90%% interval %.0f%% to %.0f%%); C_mid %s (%s to %s)",
                     100 * b->left.value, 100 * b->left.low, 100 * b->left.high, check_number(b->C_mid.value, 3).text,
                     check_number(b->C_mid.low, 3).text, check_number(b->C_mid.high, 3).text);
}

const shape shape_rising = {
    {"rising", "A sigmoid past its middle that still rises: between a tenth and a half is left", "arXiv 2510.13786, eq. 1", NULL},
    "rising",
    SHAPE_COURSE,
    .rank = 4,
    .seen = seen};
