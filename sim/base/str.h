/* A growing string; and numbers as the shortest text that reads back. */
#ifndef PL_BASE_STR_H
#define PL_BASE_STR_H

#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include "sim/base/status.h"

/* After a failed allocation the string is `broken`, further appends do nothing, and pl_str_end returns NULL:
 * check once at the end instead of at every append. */
typedef struct pl_str {
    char *text;
    size_t length, capacity;
    bool broken;
} pl_str;

void pl_str_init(pl_str *s);
void pl_str_free(pl_str *s);
void pl_str_clear(pl_str *s);
void pl_str_add(pl_str *s, const char *text);
void pl_str_addn(pl_str *s, const char *text, size_t n);
void pl_str_addc(pl_str *s, char c);
void pl_str_addf(pl_str *s, const char *fmt, ...) PL_PRINTF(2, 3);
void pl_str_addv(pl_str *s, const char *fmt, va_list args);
void pl_str_num(pl_str *s, double x);           /* as pl_number */
const char *pl_str_end(pl_str *s);              /* NUL-terminated, or NULL if broken */

/* Shortest decimal text that strtod reads back as x; "nan", "inf", "-inf" otherwise; integers below 1e15
 * without exponent or point. `text` holds at least 32 bytes; returns text. Locale independent. */
char *pl_number(double x, char text[32]);

/* Reads a decimal number that takes the whole of `text` (no blanks, hex, nan or inf; underscores not
 * allowed). Returns false when `text` is anything else or overflows. */
bool pl_read_number(const char *text, double *out);
bool pl_read_integer(const char *text, long long *out);   /* also accepts 1e6 and 1.5e3 when whole */

#endif
