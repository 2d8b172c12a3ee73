#include "sim/check/shape.h"

static bool seen(const check_view *v, shape_sight *sight)
{
    const check_forecast *f = v->forecast;
    if (!f || !f->fell || -f->belief.change < .03 * f->unit) return false;
    return shape_say(sight, "the best curve through %s falls from %.3f to %.3f", v->fitted->column,
                     belief_value(&f->belief, v->fitted->x[0]), belief_value(&f->belief, v->until));
}

const shape shape_falling = {
    {"falling", "Gets worse from the start", NULL, NULL}, "falling", SHAPE_COURSE, .rank = 1, .wrong = true, .seen = seen};
