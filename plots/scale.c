#include "plots/scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Between 1, 2, 5, 10 times a power of ten: the nearest that is at least `least`. */
static double nice_step(double least)
{
    double power = pow(10, floor(log10(least))), lead = least / power;
    double m = lead <= 1 + 1e-9 ? 1 : lead <= 2 + 1e-9 ? 2 : lead <= 5 + 1e-9 ? 5 : 10;
    return m * power;
}

scale scale_make(scale_kind kind, double low, double high, double from, double to, bool round, int wanted)
{
    scale s = {kind, low, high, from, to};
    if (!(isfinite(s.low) && isfinite(s.high))) s.low = 0, s.high = 1;
    if (s.low > s.high) s.low = high, s.high = low;
    if (kind != SCALE_LINEAR && s.low <= 0) s.kind = SCALE_LINEAR;
    if (s.kind != SCALE_LINEAR) {
        if (s.high < s.low * 1.0001) s.low /= 1.5, s.high *= 1.5;
        return s;
    }
    double size = fmax(fabs(s.low), fabs(s.high));
    if (s.high - s.low <= 1e-9 * size || size == 0) {
        double half = size > 0 ? .05 * size : .5;
        s.low -= half;
        s.high += half;
    }
    /* The widened range may want wider steps: until its ends are ticks. */
    for (double step = 0, next; round && (next = nice_step((s.high - s.low) / wanted)) > step; step = next) {
        s.low = next * floor(s.low / next + 1e-6);
        s.high = next * ceil(s.high / next - 1e-6);
    }
    return s;
}

double scale_place(const scale *s, double value)
{
    double u;
    if (s->kind == SCALE_LINEAR) u = (value - s->low) / (s->high - s->low);
    else if (value > 0) u = log(value / s->low) / log(s->high / s->low);
    else return NAN;
    return s->from + u * (s->to - s->from);
}

double scale_value(const scale *s, double place)
{
    double u = (place - s->from) / (s->to - s->from);
    return s->kind == SCALE_LINEAR ? s->low + u * (s->high - s->low) : s->low * pow(s->high / s->low, u);
}

/* Puts the sign of the mathematicians before a number written with a hyphen. */
static void write_label(char out[TICK_LABEL], const char *plain)
{
    bool minus = plain[0] == '-';
    snprintf(out, TICK_LABEL, "%s%s", minus ? "\xE2\x88\x92" : "", plain + minus);
}

static void group_thousands(char *out, size_t size, double value)
{
    char digits[TICK_LABEL];
    int n = snprintf(digits, sizeof digits, "%.0f", fabs(value));
    size_t k = 0;
    if (value < 0) out[k++] = '-';
    for (int i = 0; i < n && k + 2 < size; i++) {
        if (i && (n - i) % 3 == 0) out[k++] = ',';
        out[k++] = digits[i];
    }
    out[k] = 0;
}

/* A value that is a multiple of `step` (> 0), with the decimals that the step has. */
static void step_label(double value, double step, char out[TICK_LABEL])
{
    char plain[TICK_LABEL];
    double size = fmax(fabs(value), step);
    if (fabs(value) < 1e-9 * step) snprintf(plain, sizeof plain, "0");
    else if (size >= 1e5 || size < 1e-3) {
        bool exponent = size >= 1e12 || size < 1e-3;
        double unit = exponent ? floor(log10(fabs(value)) + 1e-9) : size >= 1e9 ? 9 : size >= 1e6 ? 6 : 3;
        int decimals = (int)fmin(9, fmax(0, ceil(unit - log10(step) - 1e-9)));
        if (exponent) snprintf(plain, sizeof plain, "%.*fe%d", decimals, value / pow(10, unit), (int)unit);
        else snprintf(plain, sizeof plain, "%.*f%s", decimals, value / pow(10, unit), unit == 9 ? "G" : unit == 6 ? "M" : "k");
    } else if (step >= 1) group_thousands(plain, sizeof plain, round(value));
    else snprintf(plain, sizeof plain, "%.*f", (int)ceil(-log10(step) - 1e-9), value);
    write_label(out, plain);
}

void scale_number(double value, char text[TICK_LABEL])
{
    if (!isfinite(value)) snprintf(text, TICK_LABEL, "?");
    else if (value == 0) snprintf(text, TICK_LABEL, "0");
    else step_label(value, fmin(pow(10, floor(log10(fabs(value))) - 2), fabs(value) >= 1000 ? 1e300 : 1), text);
}

static void add_major(scale_ticks *t, const scale *s, double value, double step)
{
    double slack = 1e-9 * fabs(s->high - s->low);
    if (t->n_major == TICKS_MOST || value < s->low - slack || value > s->high + slack) return;
    step_label(value, step, t->label[t->n_major]);
    t->major[t->n_major++] = value;
}

static void add_minor(scale_ticks *t, const scale *s, double value)
{
    if (t->n_minor < TICKS_MINOR_MOST && value > s->low && value < s->high) t->minor[t->n_minor++] = value;
}

static void linear_ticks(const scale *s, int wanted, scale_ticks *t)
{
    double step = nice_step((s->high - s->low) / wanted);
    double first = ceil(s->low / step - 1e-6), last = floor(s->high / step + 1e-6);
    for (double k = first; k <= last && t->n_major < TICKS_MOST; k++) add_major(t, s, k * step, step);
}

static void decimal_ticks(const scale *s, int wanted, scale_ticks *t)
{
    int first = (int)floor(log10(s->low)), last = (int)ceil(log10(s->high));
    double decades = log10(s->high / s->low);
    int every = (int)ceil(decades / wanted);
    every = every < 1 ? 1 : every;
    bool between = decades * 3 <= wanted + 1;
    for (int e = first; e <= last; e++) {
        double power = pow(10, e);
        if (e % every) {
            add_minor(t, s, power);
            continue;
        }
        for (int m = 1; m <= 9; m++) {
            bool labelled = m == 1 || (between && (m == 2 || m == 5));
            if (labelled) add_major(t, s, m * power, m * power);
            else if (every == 1) add_minor(t, s, m * power);
        }
    }
}

static void binary_ticks(const scale *s, int wanted, scale_ticks *t)
{
    int first = (int)ceil(log2(s->low) - 1e-9), last = (int)floor(log2(s->high) + 1e-9);
    int every = (int)ceil((last - first + 1.0) / (wanted < TICKS_MOST ? wanted : TICKS_MOST));
    for (int e = first; e <= last; e++) {
        if ((e - first) % (every < 1 ? 1 : every) != 0) {
            add_minor(t, s, ldexp(1, e));
            continue;
        }
        size_t k = t->n_major;
        add_major(t, s, ldexp(1, e), 1);
        if (t->n_major == k) continue;
        if (e < -4 || e > 19) snprintf(t->label[k], TICK_LABEL, "2^%d", e);
        else if (e < 0) snprintf(t->label[k], TICK_LABEL, "1/%d", 1 << -e);
    }
}

void scale_make_ticks(const scale *s, int wanted, scale_ticks *out)
{
    *out = (scale_ticks){0};
    wanted = wanted < 2 ? 2 : wanted > 12 ? 12 : wanted;
    if (s->kind == SCALE_LOG10) decimal_ticks(s, wanted, out);
    if (s->kind == SCALE_LOG2) binary_ticks(s, 12, out);
    if (out->n_major >= 2) return;
    /* Linear, or a logarithm over less than a factor that has ticks of its own. */
    for (int n = wanted; n <= 4 * wanted && out->n_major < 2; n++) {
        *out = (scale_ticks){0};
        linear_ticks(s, n, out);
    }
}
