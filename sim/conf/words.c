/* Fields, values and bounds in words, for messages and for the reference alike. */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "sim/conf/internal.h"

static conf_words words(const char *fmt, ...) PL_PRINTF(1, 2);
static conf_words words(const char *fmt, ...)
{
    conf_words w;
    va_list args;
    va_start(args, fmt);
    vsnprintf(w.text, sizeof w.text, fmt, args);
    va_end(args);
    return w;
}

conf_words conf_clip(const char *text)
{
    enum { SHOWN = 60 };
    conf_words w;
    size_t n = 0;
    for (; text[n] && n < SHOWN; n++) w.text[n] = (unsigned char)text[n] < 0x20 || text[n] == 0x7F ? ' ' : text[n];
    if (text[n]) {
        while (n && ((unsigned char)text[n] & 0xC0) == 0x80) n--;     /* not within a UTF-8 sequence */
        memcpy(w.text + n, "...", 3);
        n += 3;
    }
    w.text[n] = '\0';
    return w;
}

conf_words conf_describe(const pl_node *node)
{
    double x;
    switch (node->kind) {
    case PL_NODE_NULL: return words("%s", node->text && *node->text ? "null" : "nothing");
    case PL_NODE_LIST: return words("%s", node->n ? "a list" : "an empty list");
    case PL_NODE_MAP: return words("%s", node->n ? "a map" : "an empty map");
    case PL_NODE_SCALAR: break;
    }
    conf_words text = conf_clip(node->text);
    if (node->quoted) return words("the quoted text '%.80s'", text.text);
    if (pl_read_number(node->text, &x)) return words("the number %.80s", text.text);
    return words("'%.80s'", text.text);
}

bool conf_bounded(const pl_field *f) { return f->min != 0 || f->max != 0; }

bool conf_in_bounds(const pl_field *f, double x)
{
    if (!conf_bounded(f)) return true;
    bool low = f->flags & PL_OPEN_MIN ? x > f->min : x >= f->min;
    bool high = f->flags & PL_OPEN_MAX ? x < f->max : x <= f->max;
    return low && high;
}

conf_words conf_bounds(const pl_field *f)
{
    char low[32], high[32];
    bool below = conf_bounded(f) && !isinf(f->min), above = conf_bounded(f) && !isinf(f->max);
    pl_number(f->min, low);
    pl_number(f->max, high);
    const char *least = f->flags & PL_OPEN_MIN ? "above" : "at least", *most = f->flags & PL_OPEN_MAX ? "below" : "at most";
    if (below && above && !(f->flags & (PL_OPEN_MIN | PL_OPEN_MAX))) return words("between %s and %s", low, high);
    if (below && above) return words("%s %s and %s %s", least, low, most, high);
    if (below) return words("%s %s", least, low);
    if (above) return words("%s %s", most, high);
    return words("%s", "");
}

void conf_join(pl_str *out, const char *const *names, size_t n, const char *between)
{
    for (size_t i = 0; i < n; i++) {
        if (i) pl_str_add(out, between);
        pl_str_add(out, names[i]);
    }
}

static conf_words one_of(const char *const *names)
{
    conf_words w = {"one of "};
    size_t n = strlen(w.text);
    for (size_t i = 0; names[i] && n + strlen(names[i]) + 6 < sizeof w.text; i++)
        n += (size_t)snprintf(w.text + n, sizeof w.text - n, "%s%s", i ? ", " : "", names[i]);
    return w;
}

conf_words conf_type(const pl_field *f)
{
    switch (f->type) {
    case PL_BOOL: return words("true or false");
    case PL_INT: return words("a whole number");
    case PL_REAL: return words("a number");
    case PL_STRING: return words("a text");
    case PL_ENUM: return one_of(f->names);
    case PL_REALS: return words("a list of numbers");
    case PL_STRINGS: return words("a list of texts");
    case PL_PER: return words("a number, or a map of names to numbers");
    case PL_STRUCT: return words("a map of %s", f->sub->name);
    case PL_MAP: return words("a map of names to %s", f->sub->name);
    case PL_LIST: return words("a list of %s", f->sub->name);
    case PL_CHOICE: return words("the name of a %s", f->registry->kind);
    case PL_CHOICES: return words("a map or list of %ss", f->registry->kind);
    case PL_NODE: break;
    }
    return words("anything");
}

/* A number within the bounds, as plain as can be. */
static double example_number(const pl_field *f)
{
    static const double tries[] = {1, 8, 0.5, 0.1, 0, 100, -1};
    for (size_t i = 0; i < PL_COUNT(tries); i++)
        if (conf_in_bounds(f, tries[i])) return tries[i];
    return isinf(f->max) ? ceil(f->min) + 1 : isinf(f->min) ? floor(f->max) - 1 : f->min + (f->max - f->min) / 2;
}

conf_words conf_example(const pl_field *f)
{
    if (f->fallback && strcmp(f->fallback, "null") != 0) return words("%.150s", f->fallback);
    char number[32];
    pl_number(example_number(f), number);
    switch (f->type) {
    case PL_BOOL: return words("true");
    case PL_INT:
    case PL_REAL: return words("%s", number);
    case PL_STRING: return words("some-text");
    case PL_ENUM: return words("%s", f->names[0]);
    case PL_REALS: return words("[%s]", number);
    case PL_STRINGS: return words("[some-text]");
    case PL_PER: return words("{default: %s}", number);
    case PL_MAP: return words("{some-name: {...}}");
    case PL_LIST: return words("[{...}]");
    case PL_CHOICE: return words("%s", f->registry->entries[0] ? f->registry->entries[0]->name : "none");
    case PL_CHOICES: return words("{%s: {...}}", f->registry->entries[0] ? f->registry->entries[0]->name : "none");
    case PL_STRUCT:
    case PL_NODE: break;
    }
    return words("{%s: ...}", f->sub && f->sub->n_fields ? f->sub->fields[0].name : "key");
}

bool conf_required(const pl_field *f)
{
    if (f->flags & PL_REQUIRED) return true;
    if (f->fallback || f->flags & PL_NULLABLE) return false;
    switch (f->type) {
    case PL_BOOL:
    case PL_INT:
    case PL_REAL:
    case PL_STRING:
    case PL_ENUM:
    case PL_PER:
    case PL_CHOICE: return true;
    default: return false;
    }
}

conf_words conf_default(const pl_field *f)
{
    if (f->fallback) return words("%.150s", f->fallback);
    if (conf_required(f)) return words("required");
    bool scalar = f->type <= PL_ENUM || f->type == PL_PER || f->type == PL_NODE;
    return words("%s", scalar ? "null" : f->type == PL_STRUCT ? "its keys' defaults" : "empty");
}

bool conf_name_ok(const char *name)
{
    static const char *const first = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    static const char *const all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-";
    return *name && strchr(first, *name) && name[strspn(name, all)] == '\0';
}
