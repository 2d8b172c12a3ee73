/* Scales: from values to places on the page, and the ticks between.
 *
 * Linear ticks are multiples of 1, 2 or 5 times a power of ten. Decimal logarithms are ticked at powers of ten, at
 * 1, 2 and 5 times them when that leaves too few, and by linear ticks when the range is less than one of those;
 * binary logarithms at powers of two.
 */
#ifndef PL_PLOTS_SCALE_H
#define PL_PLOTS_SCALE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum scale_kind { SCALE_LINEAR, SCALE_LOG10, SCALE_LOG2 } scale_kind;

typedef struct scale {
    scale_kind kind;
    double low, high;       /* values; low < high; logarithms: low > 0 */
    double from, to;        /* places of low and high on the page */
} scale;

enum { TICKS_MOST = 24, TICKS_MINOR_MOST = 96, TICK_LABEL = 24 };
typedef struct scale_ticks {
    double major[TICKS_MOST], minor[TICKS_MINOR_MOST];
    size_t n_major, n_minor;
    char label[TICKS_MOST][TICK_LABEL];     /* as short as tells neighbours apart; UTF-8 minus sign */
} scale_ticks;

/* A scale for values from low to high. `round` widens it to the next ticks (of about `wanted` intervals). Equal ends are
 * opened; a logarithm without a positive end becomes linear. */
scale scale_make(scale_kind kind, double low, double high, double from, double to, bool round, int wanted);
double scale_place(const scale *s, double value);       /* NaN for values outside the logarithm's domain */
double scale_value(const scale *s, double place);
/* About `wanted` intervals between major ticks (2 to 12). */
void scale_make_ticks(const scale *s, int wanted, scale_ticks *out);
/* "12,500", "0.05", "2e-6", "125k", "1.2M" as a label of its own, three significant digits. */
void scale_number(double value, char text[TICK_LABEL]);

#endif
