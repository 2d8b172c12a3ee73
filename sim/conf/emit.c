/* A bound struct as YAML again: every key, its unit and where its value came from. The text binds to the same values. */
#include <string.h>

#include "sim/conf/internal.h"

enum { LINE = 110 };                 /* lists are wrapped at this column */

typedef struct emitter {
    pl_str *out;
    int depth;
    bool dash;                       /* the next line opens a list item */
    bool comments;
} emitter;

static void emit_body(emitter *e, const pl_struct *s, const char *value, const pl_node *map);

/* --- scalars --- */

static bool is_word(const char *text)
{
    static const char *const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_/";
    static const char *const others = "0123456789.@%+-";
    static const char *const taken[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"};
    if (!*text || !strchr(letters, *text)) return false;
    for (const char *c = text; *c; c++) {
        bool inner_blank = *c == ' ' && c[1] && c[1] != ' ';
        if (!inner_blank && !strchr(letters, *c) && !strchr(others, *c)) return false;
    }
    for (size_t i = 0; i < PL_COUNT(taken); i++) {
        size_t k = 0;
        while (taken[i][k] && (text[k] | 0x20) == taken[i][k]) k++;
        if (!taken[i][k] && !text[k]) return false;
    }
    return true;
}

/* Code points that YAML would fold or refuse even within double quotes; `s` is valid UTF-8. */
static size_t escaped(pl_str *out, const unsigned char *s)
{
    unsigned code = s[0];
    size_t length = 1;
    if (s[0] >= 0xE0 && s[0] < 0xF0) code = (s[0] & 0xFu) << 12 | (s[1] & 0x3Fu) << 6 | (s[2] & 0x3Fu), length = 3;
    else if (s[0] >= 0xC0 && s[0] < 0xE0) code = (s[0] & 0x1Fu) << 6 | (s[1] & 0x3Fu), length = 2;
    else if (s[0] >= 0x80) return 0;                         /* beyond U+FFFF, or within a sequence */
    bool special = code < 0x20 || (code >= 0x7F &&
                                   code <= 0xA0) || code == 0x2028 || code == 0x2029 || code == 0xFEFF || code >= 0xFFFE;
    if (!special) return 0;
    pl_str_addf(out, "\\u%04X", code);
    return length;
}

static void quoted(pl_str *out, const char *text)
{
    pl_str_addc(out, '"');
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        size_t done = escaped(out, s);
        if (!done) {
            if (*s == '"' || *s == '\\') pl_str_addc(out, '\\');
            pl_str_addc(out, (char)*s);
            done = 1;
        }
        s += done;
    }
    pl_str_addc(out, '"');
}

void conf_yaml_text(pl_str *out, const char *text)
{
    if (is_word(text)) pl_str_add(out, text);
    else quoted(out, text);
}

/* A name in a map: plain, whatever it looks like, since keys are always text. */
static void key_text(pl_str *out, const char *key)
{
    if (conf_name_ok(key)) pl_str_add(out, key);
    else quoted(out, key);
}

/* As it was written, unless that went over several lines. */
static void plain(pl_str *out, const char *text)
{
    pl_str none;
    pl_str_init(&none);
    bool special = false;
    for (const unsigned char *s = (const unsigned char *)text; *s && !special; s++)
        special = escaped(&none, s) > 0;
    pl_str_free(&none);
    if (special) quoted(out, text);
    else pl_str_add(out, text);
}

static void number(pl_str *out, double x)
{
    char text[32];
    pl_str_add(out, isnan(x) ? "null" : pl_number(x, text));
}

static void integer(pl_str *out, int64_t x)
{
    if (x == INT64_MIN) pl_str_add(out, "null");
    else pl_str_addf(out, "%lld", (long long)x);
}

/* --- lines --- */

static void indent(emitter *e)
{
    for (int i = 0; i < e->depth - e->dash; i++) pl_str_add(e->out, "  ");
    if (e->dash) pl_str_add(e->out, "- ");
    e->dash = false;
}

static void open_key(emitter *e, const char *key)
{
    indent(e);
    key_text(e->out, key);
    pl_str_addc(e->out, ':');
}

static void in_comment(pl_str *out, const char *text)
{
    for (; *text; text++) pl_str_addc(out, (unsigned char)*text < 0x20 ? '?' : *text);
}

static void add_origin(pl_str *out, const pl_node *node)
{
    bool placed = node && node->place.file && (node->place.line || !node->origin);
    if (!node || (!placed && !node->origin)) pl_str_add(out, "default");
    else if (node->origin) in_comment(out, node->origin);
    if (!placed) return;
    if (node->origin) pl_str_add(out, ", ");
    in_comment(out, node->place.file);
    if (node->place.line) pl_str_addf(out, ":%d", node->place.line);
}

/* "  # tokens; base/math.yaml:12" and the end of the line. */
static void close_line(emitter *e, const char *unit, const pl_node *node)
{
    if (e->comments) {
        pl_str_add(e->out, "  # ");
        if (unit) pl_str_addf(e->out, "%s; ", unit);
        add_origin(e->out, node);
    }
    pl_str_addc(e->out, '\n');
}

/* --- several values on a line, or on several when they are long --- */

/* Items were written to `items`, each followed by '\n'. */
static void flow(emitter *e, const pl_str *items, const char *brackets)
{
    size_t column = LINE;            /* a first item too long for the line of the key starts its own */
    size_t total = items->length + (size_t)(2 * e->depth) + 16;
    bool wrap = total > LINE;
    pl_str_addf(e->out, " %c", brackets[0]);
    for (const char *item = items->text; item && *item && !items->broken;) {
        const char *end = strchr(item, '\n');
        size_t length = (size_t)(end - item);
        if (wrap && column + length + 2 > LINE) {
            pl_str_addc(e->out, '\n');
            for (int i = 0; i < e->depth + 1; i++) pl_str_add(e->out, "  ");
            column = (size_t)(2 * e->depth + 2);
        } else if (item != items->text) {
            pl_str_addc(e->out, ' ');
        }
        pl_str_addn(e->out, item, length);
        item = end + 1;
        if (*item) pl_str_addc(e->out, ',');
        column += length + 2;
    }
    pl_str_addc(e->out, brackets[1]);
    if (items->broken) e->out->broken = true;
}

static void emit_reals(emitter *e, const pl_reals *list)
{
    pl_str items;
    pl_str_init(&items);
    for (size_t i = 0; i < list->n; i++) number(&items, list->v[i]), pl_str_addc(&items, '\n');
    flow(e, &items, "[]");
    pl_str_free(&items);
}

static void emit_strings(emitter *e, const pl_strings *list)
{
    pl_str items;
    pl_str_init(&items);
    for (size_t i = 0; i < list->n; i++) conf_yaml_text(&items, list->v[i]), pl_str_addc(&items, '\n');
    flow(e, &items, "[]");
    pl_str_free(&items);
}

static void emit_per(emitter *e, const pl_field *f, const pl_per *per)
{
    if (!per->n && (!isnan(per->all) || f->flags & PL_NULLABLE)) {
        pl_str_addc(e->out, ' ');
        number(e->out, per->all);
        return;
    }
    pl_str items;
    pl_str_init(&items);
    for (size_t i = 0; i < per->n; i++) {
        pl_str_addf(&items, "%s: ", per->names[i]);
        number(&items, per->v[i]);
        pl_str_addc(&items, '\n');
    }
    if (!isnan(per->all) || f->flags & PL_NULLABLE) pl_str_add(&items, "default: "), number(&items, per->all), pl_str_addc(&items,
        '\n');
    flow(e, &items, "{}");
    pl_str_free(&items);
}

static void emit_scalar(emitter *e, const pl_field *f, const char *member)
{
    const char *text = f->type == PL_STRING ? *(const char *const *)member : NULL;
    switch (f->type) {
    case PL_REALS: emit_reals(e, (const pl_reals *)member); return;
    case PL_STRINGS: emit_strings(e, (const pl_strings *)member); return;
    case PL_PER: emit_per(e, f, (const pl_per *)member); return;
    default: pl_str_addc(e->out, ' ');
    }
    switch (f->type) {
    case PL_BOOL: pl_str_add(e->out, *(const bool *)member ? "true" : "false"); break;
    case PL_INT: integer(e->out, *(const int64_t *)member); break;
    case PL_REAL: number(e->out, *(const double *)member); break;
    case PL_ENUM: conf_yaml_text(e->out, f->names[*(const int *)member]); break;
    case PL_STRING:
        if (text) conf_yaml_text(e->out, text);
        else pl_str_add(e->out, "null");
        break;
    default: break;
    }
}

/* --- raw trees --- */

static void emit_raw(emitter *e, const pl_node *node)
{
    bool empty = !node || node->kind == PL_NODE_NULL || (node->kind != PL_NODE_SCALAR && !node->n);
    if (empty || node->kind == PL_NODE_SCALAR) {
        pl_str_addc(e->out, ' ');
        if (!node || node->kind == PL_NODE_NULL) pl_str_add(e->out, "null");
        else if (empty) pl_str_add(e->out, node->kind == PL_NODE_MAP ? "{}" : "[]");
        else if (node->quoted) quoted(e->out, node->text);
        else plain(e->out, node->text);
        close_line(e, NULL, node);
        return;
    }
    close_line(e, NULL, node);
    e->depth++;
    for (size_t i = 0; i < node->n; i++) {
        if (node->kind == PL_NODE_MAP) open_key(e, node->child[i]->key);
        else indent(e), pl_str_addc(e->out, '-');
        emit_raw(e, node->child[i]);
    }
    e->depth--;
}

/* --- structs --- */

static const pl_node *child_of(const pl_node *map, const char *key)
{
    return map && map->kind == PL_NODE_MAP ? pl_node_get(map, key) : NULL;
}

static void emit_elements(emitter *e, const pl_field *f, const pl_map *map, const pl_node *node)
{
    if (!map->n) {
        pl_str_add(e->out, f->type == PL_MAP ? " {}" : " []");
        close_line(e, NULL, node);
        return;
    }
    close_line(e, NULL, node);
    e->depth++;
    for (size_t i = 0; i < map->n; i++) {
        const char *element = (const char *)map->v + i * f->sub->size;
        const pl_node *written = NULL;
        if (f->type == PL_MAP) {
            written = child_of(node, *(const char *const *)element);
            open_key(e, *(const char *const *)element);
            if (f->sub->n_fields) close_line(e, NULL, written);
            else pl_str_add(e->out, " {}\n");
        } else {
            written = node && node->kind == PL_NODE_LIST && i < node->n ? node->child[i] : NULL;
            e->dash = true;
        }
        e->depth++;
        emit_body(e, f->sub, element, written);
        if (e->dash) indent(e), pl_str_add(e->out, "{}\n");
        e->depth--;
    }
    e->depth--;
}

static void emit_choices(emitter *e, const pl_field *f, const pl_choices *choices, const pl_node *node)
{
    if (!choices->n) pl_str_add(e->out, " {}");
    close_line(e, NULL, node);
    e->depth++;
    for (size_t i = 0; i < choices->n; i++) {
        const pl_chosen *c = &choices->v[i];
        const pl_node *written = child_of(node, c->key);
        open_key(e, c->key);
        close_line(e, NULL, written);
        e->depth++;
        open_key(e, "term");
        pl_str_addc(e->out, ' ');
        conf_yaml_text(e->out, c->entry->name);
        close_line(e, NULL, child_of(written, "term"));
        if (f->sub) emit_body(e, f->sub, c->common, written);
        if (c->params) emit_body(e, c->entry->params, c->params, written);
        e->depth--;
    }
    e->depth--;
}

static void emit_field(emitter *e, const pl_field *f, const char *member, const pl_node *map)
{
    const pl_node *node = child_of(map, f->name);
    const pl_choice *choice = (const pl_choice *)member;
    open_key(e, f->name);
    switch (f->type) {
    case PL_STRUCT:
        if (!f->sub->n_fields) pl_str_add(e->out, " {}");
        close_line(e, NULL, node);
        e->depth++;
        emit_body(e, f->sub, member, node);
        e->depth--;
        break;
    case PL_MAP:
    case PL_LIST: emit_elements(e, f, (const pl_map *)member, node); break;
    case PL_CHOICES: emit_choices(e, f, (const pl_choices *)member, node); break;
    case PL_NODE: emit_raw(e, *(const pl_node *const *)member); break;
    case PL_CHOICE:
        pl_str_addc(e->out, ' ');
        conf_yaml_text(e->out, choice->entry->name);
        close_line(e, NULL, node);
        if (choice->params) emit_body(e, choice->entry->params, choice->params, map);
        break;
    default:
        emit_scalar(e, f, member);
        close_line(e, f->unit, node);
    }
}

/* `map` is what was written for this level, or NULL; a scalar stood for the first field by shorthand. */
static void emit_body(emitter *e, const pl_struct *s, const char *value, const pl_node *map)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        const pl_field *f = &s->fields[i];
        if (f->flags & PL_INLINE) emit_body(e, f->sub, value + f->offset, map);
        else emit_field(e, f, value + f->offset, map);
    }
}

pl_status pl_conf_emit(pl_str *out, const pl_struct *top, const void *value, const pl_node *root)
{
    emitter e = {.out = out, .comments = true};
    emit_body(&e, top, value, root);
    return out->broken ? PL_ERR_WORLD : PL_OK;
}

/* --- arms --- */

static pl_status as_tree(const pl_struct *top, const void *value, pl_arena *arena, pl_diag *diag, pl_node **tree)
{
    pl_str text;
    pl_str_init(&text);
    emitter e = {.out = &text};
    emit_body(&e, top, value, NULL);
    const char *yaml = pl_str_end(&text);
    pl_status st = yaml ? pl_yaml_parse(yaml, strlen(yaml), NULL, arena, diag, tree) : pl_diag_nomem(diag, "comparing an arm");
    pl_str_free(&text);
    return st;
}

pl_status pl_conf_overlay(const pl_struct *top, const void *base, const void *value, pl_arena *arena, pl_diag *diag,
                          pl_node **overlay)
{
    pl_node *before = NULL, *after = NULL;
    pl_status st = as_tree(top, base, arena, diag, &before);
    if (!st) st = as_tree(top, value, arena, diag, &after);
    if (!st && pl_node_diff(before, after, arena, overlay)) st = pl_diag_nomem(diag, "comparing an arm");
    return st;
}
