#include <math.h>

#include "sim/check/shape.h"

static bool seen(const check_view *v, shape_sight *sight)
{
    const check_forecast *f = v->forecast;
    const double share = .1, least = .02;
    if (!f || !f->rose || !f->identified) return false;
    const belief *b = &f->belief;
    double rise = b->A.value - b->R0.value;
    if (b->rest.value > fmax(share * rise, least * f->unit)) return false;
    return shape_say(sight, "%.3f of a rise of %.3f is left (90%% interval %.3f to %.3f)", b->rest.value, rise, b->rest.low,
                     b->rest.high);
}

const shape shape_at_plateau = {{"at_plateau", "A sigmoid that has levelled off", "arXiv 2510.13786, eq. 1", NULL},
                                "at its plateau",
                                SHAPE_COURSE,
                                .rank = 3,
                                .seen = seen};
