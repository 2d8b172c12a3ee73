#include <math.h>
#include <string.h>

#include "sim/check/shape.h"

static size_t index_at(const check_series *s, double x)
{
    size_t i = 0;
    while (i < s->n && s->x[i] < x) i++;
    return i;
}

static double range(const check_series *s)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < s->n; i++) low = fmin(low, s->y[i]), high = fmax(high, s->y[i]);
    return high - low;
}

/* The same numbers under two names are no proxy. */
static bool same(const check_series *a, const check_series *b)
{
    size_t n = 0, equal = 0;
    for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
        if (a->x[i] == b->x[k]) {
            n++;
            equal += fabs(a->y[i++] - b->y[k++]) < 1e-6;
        } else if (a->x[i] < b->x[k])
            i++;
        else
            k++;
    }
    return n && 10 * equal > 9 * n;
}

/* From some quarter of the run on, reward rises and correctness does not. */
static bool seen(const check_view *v, shape_sight *sight)
{
    const check_series *r = &v->signal[SIGNAL_REWARD], *c = &v->signal[SIGNAL_CORRECT];
    const double stands_out = 5, much = .15, unit_share = .05, no_gain = .03, of_it = .33;
    if (c->n < 8) c = &v->signal[SIGNAL_VALIDATION];
    if (r->n < 12 || c->n < 6 || same(r, c)) return false;
    double unit = fmax(1, range(r));
    stretch r_now = series_recent(r), c_now = series_recent(c);
    if (c_now.mean > .95) return false;
    for (int quarter = 0; quarter < 3; quarter++) {
        double from = v->run->first + (v->until - v->run->first) * quarter / 4;
        size_t ri = index_at(r, from), ci = index_at(c, from), width = c->n < 10 ? 1 : c_now.n;
        stretch r_then = series_stretch(r, ri, ri + r_now.n), c_then = series_stretch(c, ci, ci + width);
        double up = r_now.mean - r_then.mean, error = hypot(r_now.error, r_then.error);
        double change = c_now.mean - c_then.mean, c_error = fmax(hypot(c_now.error, c_then.error), .005);
        if (ci + width >= c->n || c->x[c->n - 1] < .5 * (from + v->until)) break; /* correctness was not measured so long */
        if (ri + 2 * r_now.n > r->n || up < stands_out * error || up < much * range(r) || up < unit_share * unit) continue;
        if (change > no_gain || change + 2 * c_error > of_it * up) continue;
        return shape_say(sight, "since %s %s %s rose from %.3f to %.3f while %s went from %.3f to %.3f", v->run->x_column,
                         check_number(r->x[ri], 0).text, r->column, r_then.mean, r_now.mean, c->column, c_then.mean, c_now.mean);
    }
    return false;
}

const shape shape_proxy_hacking = {{"proxy_hacking", "The reward rises and correctness stays", "arXiv 2210.10760", NULL},
                                   "proxy hacking",
                                   SHAPE_ALARM,
                                   .where = SIGNAL_REWARD,
                                   .seen = seen};
