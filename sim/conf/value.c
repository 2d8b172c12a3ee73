/* Single values: strict reading of numbers, words and lists of them, with bounds. */
#include <stdarg.h>
#include <string.h>

#include "sim/conf/binder.h"

void conf_complain(conf_binder *b, pl_place place, const char *remedy, const char *fmt, ...)
{
    enum { MISTAKES = 200 };                                 /* shown; a file with more is not a scenario */
    char text[600];
    if (++b->errors > MISTAKES) return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    pl_diag_add(b->diag, PL_ERROR, place, remedy, "%s", text);
}

const char *conf_remedy(conf_binder *b, const char *fmt, ...)
{
    char text[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    char *kept = conf_keep(b, text);
    return kept ? kept : "";
}

void *conf_take(conf_binder *b, size_t n, size_t size)
{
    void *p = pl_arena_array(b->arena, n, size);
    if (!p) b->nomem = true;
    return p;
}

char *conf_keep(conf_binder *b, const char *text)
{
    char *p = pl_arena_strdup(b->arena, text);
    if (!p) b->nomem = true;
    return p;
}

static size_t path_text(const conf_path *path, conf_words *w)
{
    if (!path) return 0;
    size_t n = path_text(path->up, w);
    n += (size_t)snprintf(w->text + n, sizeof w->text - n, "%s%s", n ? "." : "", path->name);
    return n < sizeof w->text ? n : sizeof w->text - 1;
}

conf_words conf_path_text(const conf_path *path)
{
    conf_words w = {""};
    path_text(path, &w);
    return w;
}

void conf_wrong_type(conf_binder *b, const pl_field *f, const conf_source *at)
{
    const char *none = f->flags & PL_NULLABLE ? ", or null for none" : "";
    conf_complain(b, at->place, conf_remedy(b, "%s%s; for example `%s: %s`", conf_type(f).text, none, f->name,
                                            conf_example(f).text),
                  "'%s' is %s", conf_path_text(at->path).text, conf_describe(at->node).text);
}

void conf_set_null(const pl_field *f, void *member)
{
    if (f->type == PL_REAL) *(double *)member = NAN;
    else if (f->type == PL_INT) *(int64_t *)member = INT64_MIN;
    else if (f->type == PL_STRING) *(const char **)member = NULL;
    else if (f->type == PL_PER) ((pl_per *)member)->all = NAN;
}

/* --- numbers --- */

static bool is_special(const char *text)
{
    static const char *const special[] = {".nan", ".NaN", ".NAN", "nan", "NaN", "NAN", ".inf", ".Inf", ".INF", "inf", "Inf", "INF",
                                          "infinity", "Infinity"};
    if (*text == '-' || *text == '+') text++;
    for (size_t i = 0; i < PL_COUNT(special); i++)
        if (!strcmp(text, special[i])) return true;
    return false;
}

static const char *number_remedy(conf_binder *b, const pl_field *f, const pl_node *node)
{
    double x;
    conf_words within = conf_bounds(f);
    const char *bounds = within.text;
    if (node->quoted && pl_read_number(node->text, &x)) return conf_remedy(b, "write it without quotes: %.60s", node->text);
    if (is_special(node->text))
        return conf_remedy(b, "a finite number%s%s%s", *bounds ? " " : "", bounds,
                           f->flags & PL_NULLABLE ? ", or null for none" : "");
    const char *kind = f->type == PL_INT ? "a whole number" : "a decimal number";
    return conf_remedy(b, "%s%s%s, written like 12, 0.5 or 1e-6", kind, *bounds ? " " : "", bounds);
}

static bool read_number(conf_binder *b, const pl_field *f, const conf_source *at, double *out)
{
    if (at->node->kind != PL_NODE_SCALAR) {
        conf_wrong_type(b, f, at);
        return false;
    }
    double x;
    if (at->node->quoted || !pl_read_number(at->node->text, &x)) {
        conf_complain(b, at->place, number_remedy(b, f, at->node), "'%s' is %s, not a number", conf_path_text(at->path).text,
                      conf_describe(at->node).text);
        return false;
    }
    if (!conf_in_bounds(f, x)) {
        conf_complain(b, at->place, conf_remedy(b, "a number %s%s%s", conf_bounds(f).text, f->unit ? ", in " : "",
                                                f->unit ? f->unit : ""),
                      "'%s' is %s: out of bounds", conf_path_text(at->path).text, conf_clip(at->node->text).text);
        return false;
    }
    *out = x;
    return true;
}

static void bind_int(conf_binder *b, const pl_field *f, int64_t *out, const conf_source *at)
{
    double x;
    long long whole;
    if (!read_number(b, f, at, &x)) return;
    if (pl_read_integer(at->node->text, &whole)) *out = whole;
    else conf_complain(b, at->place, conf_remedy(b, "a whole number%s%s", *conf_bounds(f).text ? " " : "", conf_bounds(f).text),
                       "'%s' is %s, not a whole number", conf_path_text(at->path).text, conf_clip(at->node->text).text);
}

/* --- words --- */

static void bind_bool(conf_binder *b, const pl_field *f, bool *out, const conf_source *at)
{
    if (at->node->kind != PL_NODE_SCALAR || at->node->quoted || (strcmp(at->node->text, "true") && strcmp(at->node->text,
        "false"))) {
        conf_wrong_type(b, f, at);
        return;
    }
    *out = !strcmp(at->node->text, "true");
}

static void bind_enum(conf_binder *b, const pl_field *f, int *out, const conf_source *at)
{
    if (at->node->kind != PL_NODE_SCALAR) {
        conf_wrong_type(b, f, at);
        return;
    }
    size_t n = 0;
    for (; f->names[n]; n++)
        if (!strcmp(f->names[n], at->node->text)) {
            *out = (int)n;
            return;
        }
    const char *near = pl_nearest(at->node->text, f->names, n);
    const char *remedy = near ? conf_remedy(b, "did you mean '%s'? It is %s", near, conf_type(f).text) : conf_remedy(b, "%s",
        conf_type(f).text);
    conf_complain(b, at->place, remedy, "'%s' is '%s'", conf_path_text(at->path).text, conf_clip(at->node->text).text);
}

static const char *read_text(conf_binder *b, const pl_field *f, const conf_source *at)
{
    if (at->node->kind == PL_NODE_SCALAR) return conf_keep(b, at->node->text);
    conf_wrong_type(b, f, at);
    return NULL;
}

/* --- several --- */

static conf_source item_of(const conf_source *list, size_t i, conf_path *path, char number[24])
{
    snprintf(number, 24, "%zu", i);
    *path = (conf_path){list->path, number};
    return (conf_source){list->node->child[i], path, list->node->child[i]->place};
}

static void bind_list(conf_binder *b, const pl_field *f, void *member, const conf_source *at)
{
    if (at->node->kind != PL_NODE_LIST) {
        conf_wrong_type(b, f, at);
        return;
    }
    size_t n = at->node->n, size = f->type == PL_REALS ? sizeof(double) : sizeof(const char *);
    void *items = n ? conf_take(b, n, size) : NULL;
    if (b->nomem) return;
    pl_field one = *f;                                       /* an item is described as a single value */
    one.type = f->type == PL_REALS ? PL_REAL : PL_STRING;
    one.flags &= (unsigned)~PL_NULLABLE;
    one.fallback = NULL;
    for (size_t i = 0; i < n; i++) {
        char number[24];
        conf_path path;
        conf_source item = item_of(at, i, &path, number);
        if (f->type == PL_REALS) read_number(b, &one, &item, (double *)items + i);
        else ((const char **)items)[i] = read_text(b, &one, &item);
    }
    if (f->type == PL_REALS) *(pl_reals *)member = (pl_reals){items, n};
    else *(pl_strings *)member = (pl_strings){items, n};
}

static void bind_per(conf_binder *b, const pl_field *f, pl_per *out, const conf_source *at)
{
    pl_field one = *f;
    one.type = PL_REAL;
    one.flags &= (unsigned)~PL_NULLABLE;
    if (at->node->kind == PL_NODE_SCALAR) {
        read_number(b, &one, at, &out->all);
        return;
    }
    if (at->node->kind != PL_NODE_MAP) {
        conf_wrong_type(b, f, at);
        return;
    }
    /* Names left out take `default`, else the field's own default where that is a number. */
    if (!f->fallback || !pl_read_number(f->fallback, &out->all)) out->all = NAN;
    if (!at->node->n) return;
    out->names = conf_take(b, at->node->n, sizeof *out->names);
    out->v = conf_take(b, at->node->n, sizeof *out->v);
    for (size_t i = 0; i < at->node->n && !b->nomem; i++) {
        const pl_node *child = at->node->child[i];
        if (child->removed) continue;
        conf_path path = {at->path, child->key};
        conf_source item = {child, &path, child->place};
        if (!strcmp(child->key, "default")) {
            if (child->kind != PL_NODE_NULL || !(f->flags & PL_NULLABLE)) read_number(b, &one, &item, &out->all);
            else out->all = NAN;
            continue;
        }
        if (!conf_name_ok(child->key))
            conf_complain(b, child->key_place, "a name is made of " CONF_NAME_RULE, "'%s' is not a name",
                          conf_clip(child->key).text);
        out->names[out->n] = conf_keep(b, child->key);
        read_number(b, &one, &item, &out->v[out->n++]);
    }
}

void conf_bind_value(conf_binder *b, const pl_field *f, void *member, const conf_source *at)
{
    switch (f->type) {
    case PL_BOOL: bind_bool(b, f, member, at); break;
    case PL_INT: bind_int(b, f, member, at); break;
    case PL_REAL: read_number(b, f, at, member); break;
    case PL_STRING: *(const char **)member = read_text(b, f, at); break;
    case PL_ENUM: bind_enum(b, f, member, at); break;
    case PL_REALS:
    case PL_STRINGS: bind_list(b, f, member, at); break;
    case PL_PER: bind_per(b, f, member, at); break;
    default: break;
    }
}
