/* Writing JSON. The caller opens and closes in order; the writer adds commas, lines and indentation. */
#include "sim/base/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

void pl_json_init(pl_json *j, pl_str *out)
{
    *j = (pl_json){.out = out, .first = true};
}

static void new_line(pl_json *j)
{
    if (j->one_line)
        return;
    pl_str_addc(j->out, '\n');
    for (int i = 0; i < j->depth; i++)
        pl_str_add(j->out, "  ");
}

/* What stands before a value or key: nothing behind a key or at the top, else comma, line and indentation. */
static void before(pl_json *j)
{
    if (j->after_key) {
        j->after_key = false;
        return;
    }
    if (!j->first)
        pl_str_add(j->out, j->one_line ? ", " : ",");
    if (j->depth > 0)
        new_line(j);
    j->first = false;
}

static void open_with(pl_json *j, char c)
{
    before(j);
    pl_str_addc(j->out, c);
    j->depth++;
    j->first = true;
}

static void close_with(pl_json *j, char c)
{
    j->depth--;
    if (!j->first)
        new_line(j);
    pl_str_addc(j->out, c);
    j->first = false;
}

void pl_json_object(pl_json *j)     { open_with(j, '{'); }
void pl_json_array(pl_json *j)      { open_with(j, '['); }
void pl_json_end_object(pl_json *j) { close_with(j, '}'); }
void pl_json_end_array(pl_json *j)  { close_with(j, ']'); }

/* Bytes of the well-formed UTF-8 sequence at p (Unicode table 3-7), or 0. The text ends with NUL, which is no
 * continuation byte, so nothing is read behind it. */
static size_t utf8_length(const unsigned char *p)
{
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xC2 && p[0] <= 0xDF ? 2 : (p[0] & 0xF0) == 0xE0 ? 3 : p[0] >= 0xF0 && p[0] <= 0xF4 ? 4 : 0;
    if (n == 0)
        return 0;
    unsigned char low = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

static void quoted(pl_str *out, const char *text)
{
    pl_str_addc(out, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        size_t n = utf8_length(p);
        const char *escape = *p == '"' ? "\\\"" : *p == '\\' ? "\\\\" : *p == '\n' ? "\\n" : *p == '\t' ? "\\t" : NULL;
        if (n == 0)
            pl_str_add(out, "\xEF\xBF\xBD");
        else if (escape)
            pl_str_add(out, escape);
        else if (*p < 0x20)
            pl_str_addf(out, "\\u%04x", *p);
        else
            pl_str_addn(out, (const char *)p, n);
        p += n ? n : 1;
    }
    pl_str_addc(out, '"');
}

void pl_json_key(pl_json *j, const char *key)
{
    before(j);
    quoted(j->out, key);
    pl_str_add(j->out, ": ");
    j->after_key = true;
}

void pl_json_string(pl_json *j, const char *text)
{
    before(j);
    if (text)
        quoted(j->out, text);
    else
        pl_str_add(j->out, "null");
}

void pl_json_number(pl_json *j, double x)
{
    before(j);
    if (x == 0 && signbit(x))
        pl_str_add(j->out, "-0.0");     /* readers take -0 for an integer, which has no sign */
    else if (isfinite(x))
        pl_str_num(j->out, x);
    else
        pl_str_add(j->out, "null");
}

void pl_json_integer(pl_json *j, int64_t x)
{
    before(j);
    pl_str_addf(j->out, "%" PRId64, x);
}

void pl_json_bool(pl_json *j, bool x)
{
    before(j);
    pl_str_add(j->out, x ? "true" : "false");
}

void pl_json_null(pl_json *j)
{
    before(j);
    pl_str_add(j->out, "null");
}
