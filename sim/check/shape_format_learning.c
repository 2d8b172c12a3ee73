#include <stdlib.h>

#include "sim/check/shape.h"

/* A rise of a few steps is the form of the answer being learned, not the task. */
static bool fast(const check_view *v, const check_series *s, const check_forecast *f, shape_sight *sight)
{
    const double steep = 8, surely = 4, few = 4, least = .05;
    if (!f->rose || f->belief.change < least * f->unit) return false;
    const belief *b = &f->belief;
    bool early = v->run->steps && b->C_mid.value <= few && b->C_mid.high <= 2 * few;
    if (!early && !(b->B.high >= steep && b->B.low >= surely)) return false;
    return shape_say(
        sight, "half of the rise of %s is done after %.2g %s (90%% interval %.2g to %.2g), with exponent B = %.1f (%.1f to %.1f)",
        s->column, b->C_mid.value, v->run->steps ? "steps" : v->run->x_column, b->C_mid.low, b->C_mid.high, b->B.value, b->B.low,
        b->B.high);
}

/* Validation may come too seldom to show it: the training prompts are asked, too. */
static bool seen(const check_view *v, shape_sight *sight)
{
    const check_forecast *f = v->forecast;
    if (f && fast(v, v->fitted, f, sight)) return true;
    const check_series *s = v->signal[SIGNAL_CORRECT].n ? &v->signal[SIGNAL_CORRECT] : &v->signal[SIGNAL_REWARD];
    if (s->x == v->fitted->x || s->n < 12 || !(f && f->rose)) return false;
    check_forecast *g = pl_alloc(sizeof *g);
    bool is = g && check_forecast_make(s, NAN, true, g, NULL) == PL_OK && fast(v, s, g, sight);
    pl_free(g);
    return is;
}

const shape shape_format_learning = {{"format_learning", "A very fast start: the form of the answer is learned", NULL, NULL},
                                     "format learned first",
                                     SHAPE_NOTE,
                                     .seen = seen};
