#include <math.h>

#include "sim/check/shape.h"

/* The performance that goes with a length: its change since responses were longest. */
static bool gained(const check_view *v)
{
    const check_series *s = v->fitted;
    stretch first = s->n < 10 ? series_stretch(s, 0, 1) : series_early(s), last = series_recent(s);
    double unit = v->forecast ? v->forecast->unit : 1, error = fmax(hypot(first.error, last.error), .01 * unit);
    return last.mean - first.mean > fmax(3 * error, .03 * unit);
}

/* The longest three rows running of the first half: a collapse may be over before a tenth of the run is. */
static stretch longest(const check_series *s)
{
    stretch best = {-INFINITY, NAN, 0};
    for (size_t i = 0; i + 3 <= s->n / 2 + 2; i++) {
        stretch here = {pl_mean(s->y + i, 3), NAN, 3};
        if (here.mean > best.mean) best = here;
    }
    double each;
    best.error = series_noise(s, &each) / sqrt(3);
    return best;
}

/* Shorter responses that get more right are economy, not collapse. */
static bool seen(const check_view *v, shape_sight *sight)
{
    const check_series *l = &v->signal[SIGNAL_LENGTH];
    const double half = .5, stands_out = 4;
    if (l->n < 8) return false;
    stretch early = longest(l), recent = l->n < 20 ? series_stretch(l, l->n - 3, l->n) : series_recent(l);
    if (!(recent.mean < half * early.mean)) return false;
    if (early.mean - recent.mean < stands_out * hypot(early.error, recent.error)) return false;
    sight->harmless = gained(v);
    return shape_say(sight, "mean length fell from %.0f to %.0f tokens (%s), and %s %s", early.mean, recent.mean, l->column,
                     v->fitted->column, sight->harmless ? "rose: economy" : "did not rise");
}

const shape shape_length_collapse = {{"length_collapse", "Responses shrink to less than half, and nothing is gained", NULL, NULL},
                                     "length collapse",
                                     SHAPE_ALARM,
                                     .where = SIGNAL_LENGTH,
                                     .seen = seen};
