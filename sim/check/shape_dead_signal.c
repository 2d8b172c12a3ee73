#include <math.h>

#include "sim/check/shape.h"

/* A group whose rewards are all equal has no advantage and no gradient: with almost all groups so, the run stands still while it
 * pays.
 */
static bool seen(const check_view *v, shape_sight *sight)
{
    const check_series *z = &v->signal[SIGNAL_ZERO_VARIANCE], *s = v->fitted;
    const double almost_all = .9;
    if (z->n < 5) return false;
    stretch recent = series_recent(z);
    if (z->n < 10) recent = series_stretch(z, z->n - 3, z->n);
    if (recent.mean < almost_all) return false;
    stretch performance = series_recent(s);
    sight->harmless = s->n && performance.mean > .9;
    return shape_say(sight, "%.0f%% of the groups have equal rewards and no gradient (%s, last %zu rows), with %s at %.3f: %s",
                     100 * recent.mean, z->column, recent.n, s->column, performance.mean,
                     sight->harmless ? "there is nothing left to learn" : "nothing more is learned");
}

const shape shape_dead_signal = {
    {"dead_signal", "Almost all groups without variance, hence without gradient", "arXiv 2503.14476", NULL},
    "dead signal",
    SHAPE_ALARM,
    .where = SIGNAL_ZERO_VARIANCE,
    .seen = seen};
