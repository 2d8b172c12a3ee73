#include "sim/io/dict.h"

#include <math.h>
#include <string.h>

#include "sim/base/field.h"
#include "sim/io/columns.h"

enum { DEPTH_LIMIT = 64 };

void dict_init(dict_cursor *c, const char *text, size_t length)
{
    *c = (dict_cursor){.p = text, .end = text + length};
    pl_str_init(&c->word);
    pl_str_init(&c->path);
}

void dict_free(dict_cursor *c)
{
    pl_str_free(&c->word);
    pl_str_free(&c->path);
}

static bool fault(dict_cursor *c, const char *what)
{
    if (!c->fault) c->fault = what;
    if (c->p >= c->end) c->cut = true;
    return false;
}

void dict_blanks(dict_cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r')) c->p++;
}

bool dict_open(dict_cursor *c, char bracket)
{
    dict_blanks(c);
    if (c->p >= c->end || *c->p != bracket)
        return fault(c, bracket == '{' ? "an object, { ... }, is missing" : "a list, [ ... ], is missing");
    if (++c->depth > DEPTH_LIMIT) return fault(c, "nested too deeply");
    c->p++;
    return true;
}

bool dict_more(dict_cursor *c, char closing, size_t count)
{
    dict_blanks(c);
    if (c->p < c->end && *c->p == ',' && count) {
        c->p++;
        dict_blanks(c); /* Python allows a comma before the bracket */
    } else if (count && (c->p >= c->end || *c->p != closing)) {
        return fault(c, "a comma or the closing bracket is missing");
    }
    if (c->p >= c->end) return fault(c, "the closing bracket is missing");
    if (*c->p != closing) return true;
    c->p++;
    c->depth--;
    return false;
}

static int hex(const char *p, int digits, unsigned long *code)
{
    *code = 0;
    for (int i = 0; i < digits; i++) {
        const char *at = p[i] ? strchr("0123456789abcdef", p[i] | 0x20) : NULL;
        if (!at || (p[i] < '0' || (p[i] > '9' && (p[i] | 0x20) < 'a'))) return 0;
        *code = 16 * *code + (unsigned long)(at - "0123456789abcdef");
    }
    return digits;
}

static void add_utf8(pl_str *s, unsigned long code)
{
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) code = 0xfffd;
    if (code < 0x80) {
        pl_str_addc(s, (char)code);
    } else if (code < 0x800) {
        pl_str_addc(s, (char)(0xc0 | code >> 6));
    } else {
        if (code < 0x10000) {
            pl_str_addc(s, (char)(0xe0 | code >> 12));
        } else {
            pl_str_addc(s, (char)(0xf0 | code >> 18));
            pl_str_addc(s, (char)(0x80 | (code >> 12 & 0x3f)));
        }
        pl_str_addc(s, (char)(0x80 | (code >> 6 & 0x3f)));
    }
    if (code >= 0x80) pl_str_addc(s, (char)(0x80 | (code & 0x3f)));
}

/* The cursor is behind a backslash. */
static bool escape(dict_cursor *c)
{
    static const char plain[] = "n\nt\tr\rb\bf\f\\\\//''\"\"";
    if (c->p >= c->end) return fault(c, "a string is not closed");
    char e = *c->p++;
    int digits = e == 'u' ? 4 : e == 'x' ? 2 : e == 'U' ? 8 : 0;
    unsigned long code;
    if (digits) {
        if (c->end - c->p < digits) return c->p = c->end, fault(c, "a string is not closed");
        if (!hex(c->p, digits, &code)) return fault(c, "an escape sequence that is none");
        c->p += digits;
        unsigned long low;
        if (code >= 0xd800 && code < 0xdc00 && c->end - c->p >= 6 && c->p[0] == '\\' && c->p[1] == 'u' && hex(c->p + 2, 4, &low) &&
            low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            c->p += 6;
        }
        if (!code) code = 0xfffd; /* names are C strings */
        add_utf8(&c->word, code);
        return true;
    }
    for (size_t i = 0; plain[i]; i += 2)
        if (plain[i] == e) {
            pl_str_addc(&c->word, plain[i + 1]);
            return true;
        }
    return fault(c, "an escape sequence that is none");
}

/* A string in either quotes, on one line. */
static bool read_string(dict_cursor *c, const char **text, size_t *length)
{
    char quote = *c->p++;
    const char *start = c->p;
    while (c->p < c->end && *c->p != quote && *c->p != '\\' && *c->p != '\n' && *c->p) c->p++;
    if (c->p < c->end && *c->p == quote) {
        *text = start;
        *length = (size_t)(c->p++ - start);
        return true;
    }
    pl_str_clear(&c->word);
    pl_str_addn(&c->word, start, (size_t)(c->p - start));
    while (c->p < c->end && *c->p != quote) {
        if (*c->p == '\n' || !*c->p) return fault(c, "a string is not closed in its line");
        if (*c->p != '\\') {
            pl_str_addc(&c->word, *c->p++);
            continue;
        }
        c->p++;
        if (!escape(c)) return false;
    }
    if (c->p >= c->end) return fault(c, "a string is not closed");
    c->p++;
    *text = pl_str_end(&c->word);
    *length = c->word.length;
    return *text != NULL;
}

bool dict_key(dict_cursor *c, const char **name, size_t *length)
{
    dict_blanks(c);
    if (c->p >= c->end || (*c->p != '"' && *c->p != '\'')) return fault(c, "a name in quotes is missing");
    if (!read_string(c, name, length)) return false;
    dict_blanks(c);
    if (c->p >= c->end || *c->p != ':') return fault(c, "the ':' behind a name is missing");
    c->p++;
    return true;
}

static void classify(dict_value *v)
{
    switch (field_read(v->text, v->length, &v->number)) {
    case FIELD_NUMBER:
        v->kind = DICT_NUMBER;
        break;
    case FIELD_MISSING:
        v->kind = DICT_NULL;
        break;
    case FIELD_NON_FINITE:
        v->kind = DICT_NON_FINITE;
        break;
    case FIELD_WORD:
        v->kind = DICT_WORD;
        break;
    }
}

static bool is_bare(char ch)
{
    return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || ch == '+' || ch == '-' ||
           ch == '.' || ch == '_';
}

/* Over the rest of a call's arguments; the cursor is behind its '('. */
static bool close_call(dict_cursor *c)
{
    int depth = 1;
    for (; c->p < c->end && depth; c->p++) {
        if (*c->p == '\n') return fault(c, "a bracket is not closed in its line");
        if (*c->p == '(' || *c->p == '[') depth++;
        if (*c->p == ')' || *c->p == ']') depth--;
    }
    return depth ? fault(c, "a bracket is not closed") : true;
}

bool dict_read(dict_cursor *c, dict_value *v)
{
    dict_blanks(c);
    *v = (dict_value){.text = c->p, .number = NAN};
    if (c->p >= c->end) return fault(c, "a value is missing");
    if (*c->p == '{' || *c->p == '[' || *c->p == '(') {
        v->kind = *c->p == '{' ? DICT_OBJECT : DICT_LIST;
        return true;
    }
    if (*c->p == '"' || *c->p == '\'') {
        if (!read_string(c, &v->text, &v->length)) return false;
        classify(v);
        return true;
    }
    while (c->p < c->end && is_bare(*c->p)) c->p++;
    v->length = (size_t)(c->p - v->text);
    if (!v->length) return fault(c, "this is no value");
    if (c->p < c->end && *c->p == '(') { /* np.float64(0.3): the first argument is the value */
        c->p++;
        if (++c->depth > DEPTH_LIMIT) return fault(c, "nested too deeply");
        if (!dict_read(c, v)) return false;
        c->depth--;
        return close_call(c);
    }
    if (c->p >= c->end) return fault(c, "the text ends in a value");
    if (v->length == 4 && !memcmp(v->text, "True", 4)) return v->kind = DICT_NUMBER, v->number = 1, true;
    if (v->length == 4 && !memcmp(v->text, "true", 4)) return v->kind = DICT_NUMBER, v->number = 1, true;
    if (v->length == 5 && !memcmp(v->text + 1, "alse", 4)) return v->kind = DICT_NUMBER, v->number = 0, true;
    classify(v);
    if (v->kind == DICT_WORD) return c->p = v->text, fault(c, "a word without quotes that is no value");
    return true;
}

bool dict_skip(dict_cursor *c)
{
    dict_value v;
    if (!dict_read(c, &v)) return false;
    if (v.kind != DICT_OBJECT && v.kind != DICT_LIST) return true;
    char open = *c->p, closing = open == '{' ? '}' : open == '[' ? ']' : ')';
    if (!dict_open(c, open)) return false;
    for (size_t n = 0; dict_more(c, closing, n); n++) {
        const char *name;
        size_t length;
        if (open == '{' && !dict_key(c, &name, &length)) return false;
        if (!dict_skip(c)) return false;
    }
    return !c->fault;
}

pl_status dict_flatten(dict_cursor *c, dict_member *take, void *owner)
{
    size_t base = c->path.length;
    if (!dict_open(c, '{')) return PL_ERR_USER;
    for (size_t n = 0; dict_more(c, '}', n); n++) {
        const char *name;
        size_t length;
        dict_value v;
        if (!dict_key(c, &name, &length)) return c->word.broken ? PL_ERR_WORLD : PL_ERR_USER;
        if (base) pl_str_addc(&c->path, '/');
        pl_str_addn(&c->path, name, length);
        const char *path = pl_str_end(&c->path);
        if (!path) return PL_ERR_WORLD;
        pl_status st = PL_OK;
        if (!dict_read(c, &v))
            st = c->word.broken ? PL_ERR_WORLD : PL_ERR_USER;
        else if (v.kind == DICT_OBJECT)
            st = dict_flatten(c, take, owner);
        else if (v.kind == DICT_LIST && !dict_skip(c))
            st = PL_ERR_USER;
        if (!st && v.kind != DICT_OBJECT) st = take(owner, path, c->path.length, &v);
        if (st) return st;
        c->path.length = base;
        c->path.text[base] = '\0';
    }
    return c->fault ? PL_ERR_USER : PL_OK;
}
