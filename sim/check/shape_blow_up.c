#include <math.h>

#include "sim/check/shape.h"

/* The best that a stretch as wide as the last one has shown. */
static double best_stretch(const check_series *s, size_t width)
{
    double best = -INFINITY;
    for (size_t i = 0; i + width <= s->n; i++) best = fmax(best, pl_mean(s->y + i, width));
    return best;
}

static bool seen(const check_view *v, shape_sight *sight)
{
    const check_series *h = &v->signal[SIGNAL_ENTROPY], *reward = &v->signal[SIGNAL_REWARD];
    const double many_times = 3, nats = .3, left = .2, worth = .05;
    if (reward->n < 10) reward = &v->signal[SIGNAL_CORRECT];
    if (reward->n < 10) reward = v->fitted;
    if (reward->n < 6) return false;
    size_t width = reward->n < 60 ? 3 : 5;
    stretch now = series_stretch(reward, reward->n - width, reward->n);
    double best = best_stretch(reward, width);
    bool lost = best > worth && now.mean < left * best && best - now.mean > 4 * fmax(now.error, .005);
    if (!lost) return false;
    if (h->n < 6)
        return now.mean < .1 * best &&
               shape_say(sight, "%s fell from %.3f to %.3f; the log has no entropy to tell why", reward->column, best, now.mean);
    size_t wide = h->n < 60 ? 3 : 5;
    stretch entropy = series_stretch(h, h->n - wide, h->n);
    double least = INFINITY;
    for (size_t i = 0; i + wide <= h->n; i++) least = fmin(least, pl_mean(h->y + i, wide));
    if (entropy.mean < fmax(many_times * least, least + nats)) return false;
    return shape_say(sight, "entropy rose from %.2f to %.2f nats (%s) while %s fell from %.3f to %.3f", least, entropy.mean,
                     h->column, reward->column, best, now.mean);
}

const shape shape_blow_up = {{"blow_up", "Entropy runs up towards ln V and reward to nothing", NULL, NULL},
                             "blow-up",
                             SHAPE_ALARM,
                             .where = SIGNAL_ENTROPY,
                             .seen = seen};
