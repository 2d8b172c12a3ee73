/* Numbers to text and back.
 *
 * Writing. A decimal with n digits reads back as x when it lies in x's rounding interval. If any n-digit decimal
 * does, the one nearest to x does too, unless x is a power of two: there the interval reaches only half as far
 * down as up, so the nearest may fall out below while its upper neighbour is inside; both are tried. A normal
 * double that survives 15 digits has its shortest text among them with the trailing zeros cut off, because every
 * decimal of 15 digits survives the way through a double (DBL_DIG). Subnormals have fewer bits: all lengths are
 * tried from one digit up.
 *
 * Locale. Only `%.*e` and strtod are used, the first read digit by digit, the second fed with texts that have no
 * decimal point ("1234e-7"), so a foreign decimal separator cannot get in or out.
 */
#include "sim/base/str.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIGITS = 17, LONGEST_TEXT = 400 };

/* 0.d1 d2 ... dn times ten to the power `point`. */
typedef struct decimal {
    char digits[MAX_DIGITS + 1];
    int n, point;
} decimal;

/* The n-digit decimal nearest to x > 0. */
static decimal nearest(double x, int n)
{
    char text[40];
    decimal d = {.n = 0};
    snprintf(text, sizeof text, "%.*e", n - 1, x);
    const char *p = text;
    for (; *p != 'e'; p++)
        if (isdigit((unsigned char)*p))
            d.digits[d.n++] = *p;
    d.point = atoi(p + 1) + 1;
    return d;
}

/* The next decimal of the same length above d. */
static decimal above(decimal d)
{
    int i = d.n - 1;
    while (i >= 0 && d.digits[i] == '9')
        d.digits[i--] = '0';
    if (i >= 0) {
        d.digits[i]++;
    } else {
        d.digits[0] = '1';
        d.point++;
    }
    return d;
}

static bool reads_back(const decimal *d, double x)
{
    char text[40];
    snprintf(text, sizeof text, "%.*se%d", d->n, d->digits, d->point - d->n);
    return strtod(text, NULL) == x;
}

static bool try_length(double x, int n, decimal *d)
{
    *d = nearest(x, n);
    if (reads_back(d, x))
        return true;
    int exponent;
    if (frexp(x, &exponent) != 0.5)
        return false;
    *d = above(*d);
    return reads_back(d, x);
}

static decimal shortest(double x)
{
    decimal d;
    int n = x < DBL_MIN ? 1 : DBL_DIG;
    while (n < MAX_DIGITS && !try_length(x, n, &d))
        n++;
    if (n == MAX_DIGITS)
        d = nearest(x, n);
    while (d.n > 1 && d.digits[d.n - 1] == '0')
        d.n--;
    return d;
}

/* Lays out as 1234, 12.34, 0.01234 or 1.234e-7. */
static void layout(const decimal *d, char *out)
{
    if (d->point > 15 || d->point < -4) {
        *out++ = d->digits[0];
        if (d->n > 1) {
            *out++ = '.';
            memcpy(out, d->digits + 1, (size_t)d->n - 1);
            out += d->n - 1;
        }
        snprintf(out, 13, "e%d", d->point - 1);
        return;
    }
    if (d->point <= 0) {
        *out++ = '0';
        *out++ = '.';
        for (int i = d->point; i < 0; i++)
            *out++ = '0';
    }
    for (int i = 0; i < d->n || i < d->point; i++) {
        if (i == d->point && i > 0)
            *out++ = '.';
        *out++ = i < d->n ? d->digits[i] : '0';
    }
    *out = '\0';
}

char *pl_number(double x, char text[32])
{
    if (isnan(x))
        return strcpy(text, "nan");
    if (isinf(x))
        return strcpy(text, x < 0 ? "-inf" : "inf");
    char *out = text;
    if (signbit(x))
        *out++ = '-';
    x = fabs(x);
    if (x < 1e15 && x == floor(x)) {
        snprintf(out, 20, "%lld", (long long)x);
    } else {
        decimal d = shortest(x);
        layout(&d, out);
    }
    return text;
}

/* A number as written: its digits without the point and leading zeros, and the power of ten behind them. */
typedef struct written {
    bool negative;
    char digits[LONGEST_TEXT + 1];
    int n, exponent;
} written;

static bool read_exponent(const char *p, int *exponent)
{
    bool negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    if (!isdigit((unsigned char)*p))
        return false;
    int value = 0;
    for (; isdigit((unsigned char)*p); p++)
        if (value < 100000)
            value = value * 10 + (*p - '0');
    *exponent = negative ? -value : value;
    return *p == '\0';
}

static bool read_decimal(const char *text, written *w)
{
    if (!text || strlen(text) > LONGEST_TEXT)
        return false;
    const char *p = text;
    *w = (written){.negative = *p == '-'};
    if (*p == '-' || *p == '+')
        p++;
    bool any = false, point = false;
    int behind = 0, exponent = 0;
    for (; isdigit((unsigned char)*p) || (*p == '.' && !point); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        any = true;
        behind += point;
        if (w->n > 0 || *p != '0')
            w->digits[w->n++] = *p;
    }
    if (!any)
        return false;
    if (*p == 'e' || *p == 'E') {
        if (!read_exponent(p + 1, &exponent))
            return false;
    } else if (*p) {
        return false;
    }
    w->exponent = exponent - behind;
    return true;
}

bool pl_read_number(const char *text, double *out)
{
    written w;
    if (!read_decimal(text, &w))
        return false;
    char plain[LONGEST_TEXT + 24];
    snprintf(plain, sizeof plain, "%s%.*se%d", w.negative ? "-" : "", w.n ? w.n : 1, w.n ? w.digits : "0", w.exponent);
    double x = strtod(plain, NULL);
    if (isinf(x))
        return false;
    *out = x;
    return true;
}

bool pl_read_integer(const char *text, long long *out)
{
    written w;
    if (!read_decimal(text, &w))
        return false;
    while (w.n > 0 && w.digits[w.n - 1] == '0') {
        w.n--;
        w.exponent++;
    }
    if (w.n > 0 && (w.exponent < 0 || w.n + w.exponent > 19))
        return false;
    unsigned long long value = 0, limit = (unsigned long long)LLONG_MAX + w.negative;
    for (int i = 0; w.n > 0 && i < w.n + w.exponent; i++) {
        unsigned digit = i < w.n ? (unsigned)(w.digits[i] - '0') : 0;
        if (value > (limit - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = w.negative ? -(long long)(value - (value != 0)) - (value != 0) : (long long)value;
    return true;
}
