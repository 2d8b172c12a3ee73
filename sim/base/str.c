/* A growing string.
 *
 * `text` is NUL-terminated whenever it is not NULL, so that a debugger and pl_str_end can read it at any time.
 */
#include "sim/base/str.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/mem.h"

enum { FIRST_CAPACITY = 64 };

void pl_str_init(pl_str *s)
{
    *s = (pl_str){0};
}

void pl_str_free(pl_str *s)
{
    pl_free(s->text);
    *s = (pl_str){0};
}

void pl_str_clear(pl_str *s)
{
    s->length = 0;
    s->broken = false;
    if (s->text)
        s->text[0] = '\0';
}

/* Makes room for `more` bytes and the final NUL. */
static bool reserve(pl_str *s, size_t more)
{
    if (s->broken || more > SIZE_MAX / 2 - s->length - 1) {
        s->broken = true;
        return false;
    }
    size_t need = s->length + more + 1;
    if (need <= s->capacity)
        return true;
    size_t capacity = s->capacity ? s->capacity * 2 : FIRST_CAPACITY;
    if (capacity < need)
        capacity = need;
    char *text = pl_realloc(s->text, capacity);
    if (!text) {
        s->broken = true;
        return false;
    }
    s->text = text;
    s->capacity = capacity;
    return true;
}

void pl_str_addn(pl_str *s, const char *text, size_t n)
{
    if (!reserve(s, n))
        return;
    if (n)
        memcpy(s->text + s->length, text, n);
    s->length += n;
    s->text[s->length] = '\0';
}

void pl_str_add(pl_str *s, const char *text)
{
    pl_str_addn(s, text, strlen(text));
}

void pl_str_addc(pl_str *s, char c)
{
    pl_str_addn(s, &c, 1);
}

void pl_str_addv(pl_str *s, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    if (n < 0) {
        s->broken = true;
    } else if (reserve(s, (size_t)n)) {
        vsnprintf(s->text + s->length, (size_t)n + 1, fmt, again);
        s->length += (size_t)n;
    }
    va_end(again);
}

void pl_str_addf(pl_str *s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    pl_str_addv(s, fmt, args);
    va_end(args);
}

void pl_str_num(pl_str *s, double x)
{
    char text[32];
    pl_str_add(s, pl_number(x, text));
}

const char *pl_str_end(pl_str *s)
{
    return reserve(s, 0) ? (s->text[s->length] = '\0', s->text) : NULL;
}
