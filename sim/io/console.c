#include "sim/io/console.h"

#include <string.h>

void console_init(console *c, const char *text, size_t length)
{
    *c = (console){.p = text, .end = text + length, .next_line = 1};
    pl_str_init(&c->clean);
}

void console_free(console *c) { pl_str_free(&c->clean); }

/* Behind an escape sequence that begins at p; colours are ESC [ numbers letter. */
static const char *behind_escape(const char *p, const char *end)
{
    if (++p < end && *p == '[') {
        p++;
        while (p < end && ((*p >= '0' && *p <= '9') || *p == ';' || *p == '?' || *p == ':')) p++;
        if (p < end && *p != '\n' && *p != '\r') p++;
    }
    return p;
}

static bool clean(console *c, const char *start, const char *stop)
{
    pl_str_clear(&c->clean);
    for (const char *p = start; p < stop;) {
        const char *q = p;
        while (q < stop && *q && *q != '\x1b') q++;
        pl_str_addn(&c->clean, p, (size_t)(q - p));
        p = q < stop ? (*q ? behind_escape(q, stop) : q + 1) : q;
    }
    c->text = pl_str_end(&c->clean);
    c->length = c->clean.length;
    return c->text != NULL;
}

bool console_next(console *c)
{
    if (c->p >= c->end) return false;
    const char *start = c->p, *p = start;
    bool dirty = false;
    for (; p < c->end && *p != '\n' && *p != '\r'; p++) dirty = dirty || !*p || *p == '\x1b';
    c->line = c->next_line;
    c->last = p >= c->end;
    c->text = start;
    c->length = (size_t)(p - start);
    if (p < c->end) {
        c->next_line += *p == '\n';
        p++;
    }
    c->p = p;
    return dirty ? clean(c, start, start + c->length) : true;
}

const char *console_find(const console *c, const char *from, const char *word)
{
    size_t n = strlen(word);
    const char *stop = c->text + c->length;
    while ((size_t)(stop - from) >= n) {
        const char *p = memchr(from, *word, (size_t)(stop - from) - n + 1);
        if (!p) return NULL;
        if (!memcmp(p, word, n)) return p;
        from = p + 1;
    }
    return NULL;
}
