/* YAML text to a tree, from libyaml's events. libyaml checks the syntax; duplicate keys, aliases, `<<` and all limits
 * are ours. Syntax errors end the reading, everything else is collected. */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "sim/conf/internal.h"

enum { MISTAKES = 100 };             /* shown before we give up on a file */

typedef struct anchor {
    const char *name;
    pl_node *node;
    bool open;                       /* still being read: an alias to it would contain itself */
    struct anchor *next;
} anchor;

typedef struct parser {
    yaml_parser_t yaml;
    yaml_event_t event;
    bool have_event;
    const char *text, *file;
    size_t length;
    pl_arena *arena;
    pl_diag *diag;
    anchor *anchors;                 /* newest first: a name may be used again */
    size_t nodes, aliased, errors;
    int depth;
} parser;

static pl_status value(parser *p, pl_node **out);

static pl_place place_of(const parser *p, yaml_mark_t mark)
{
    return (pl_place){p->file, (int)mark.line + 1, (int)mark.column + 1};
}

static pl_status nomem(parser *p) { return pl_diag_nomem(p->diag, "reading YAML"); }

/* --- the text itself: UTF-8 and printable, so that libyaml's reader has nothing left to refuse --- */

/* Length of the UTF-8 sequence at `s` (n bytes left) and its code point; 0 if it is malformed. */
static size_t decode(const unsigned char *s, size_t n, unsigned long *code)
{
    if (s[0] < 0x80) {
        *code = s[0];
        return 1;
    }
    size_t length = s[0] >= 0xF0 && s[0] < 0xF5 ? 4 : s[0] >= 0xE0 && s[0] < 0xF0 ? 3 : s[0] >= 0xC2 && s[0] < 0xE0 ? 2 : 0;
    if (length == 0 || length > n) return 0;
    unsigned long c = s[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80) return 0;
        c = c << 6 | (s[i] & 0x3Fu);
    }
    bool overlong = (length == 3 && c < 0x800) || (length == 4 && c < 0x10000);
    if (overlong || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return 0;
    *code = c;
    return length;
}

static bool printable(unsigned long c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0x7E) || c == 0x85 || (c >= 0xA0 && c <= 0xD7FF) ||
           (c >= 0xE000 && c <= 0xFFFD && c != 0xFEFF) || c >= 0x10000;
}

static pl_status check_text(const char *text, size_t length, const char *file, pl_diag *diag)
{
    const unsigned char *s = (const unsigned char *)text;
    if (length > PL_YAML_BYTES) {
        pl_diag_add(diag, PL_ERROR, (pl_place){file, 0, 0}, "a scenario holds settings; put data into a CSV file",
                    "the file has more than 16 MiB");
        return PL_ERR_USER;
    }
    if (length >= 2 && ((s[0] == 0xFF && s[1] == 0xFE) || (s[0] == 0xFE && s[1] == 0xFF))) {
        pl_diag_add(diag, PL_ERROR, (pl_place){file, 1, 1}, "save it as UTF-8", "the file is UTF-16");
        return PL_ERR_USER;
    }
    pl_place at = {file, 1, 1};
    for (size_t i = 0; i < length;) {
        unsigned long code = 0;
        size_t step = decode(s + i, length - i, &code);
        if (!step) {
            pl_diag_add(diag, PL_ERROR, at, "save it as UTF-8 text", "byte 0x%02X is not UTF-8", s[i]);
            return PL_ERR_USER;
        }
        if (!printable(code)) {
            const char *remedy = code == 0 ? "this is a binary file; a YAML text file is needed" : "remove it";
            pl_diag_add(diag, PL_ERROR, at, remedy, "the file holds the control character U+%04lX", code);
            return PL_ERR_USER;
        }
        i += step;
        at.column = code == '\n' ? 1 : at.column + 1;
        at.line += code == '\n';
    }
    return PL_OK;
}

/* --- events --- */

static pl_status syntax_error(parser *p)
{
    const yaml_parser_t *y = &p->yaml;
    if (y->error == YAML_MEMORY_ERROR) return nomem(p);
    size_t at = y->problem_mark.index;
    /* The mark counts characters, not bytes: for pointing at a tab that is the same in an ASCII file. */
    bool tab = at < p->length && p->text[at] == '\t';
    const char *problem = y->problem ? y->problem : "the text ends too early";
    const char *remedy = tab ? "indent with blanks, not tabs" : "check indentation, quotes and brackets here and on the line above";
    if (y->context)
        pl_diag_add(p->diag, PL_ERROR, place_of(p, y->problem_mark), remedy, "not YAML: %s %s that begins at line %d", problem,
                    y->context,
                    (int)y->context_mark.line + 1);
    else
        pl_diag_add(p->diag, PL_ERROR, place_of(p, y->problem_mark), remedy, "not YAML: %s", problem);
    return PL_ERR_USER;
}

static pl_status next(parser *p)
{
    if (p->have_event) yaml_event_delete(&p->event);
    p->have_event = yaml_parser_parse(&p->yaml, &p->event) == 1;
    return p->have_event ? PL_OK : syntax_error(p);
}

static pl_status refuse(parser *p, pl_place place, const char *remedy, const char *what)
{
    pl_diag_add(p->diag, PL_ERROR, place, remedy, "%s", what);
    return PL_ERR_USER;
}

static pl_status new_node(parser *p, pl_node_kind kind, pl_node **out)
{
    if (++p->nodes > PL_NODE_LIMIT)
        return refuse(p, place_of(p, p->event.start_mark), "put data into a CSV file", "the file has more than 1000000 values");
    *out = conf_node_new(p->arena, kind, place_of(p, p->event.start_mark));
    return *out ? PL_OK : nomem(p);
}

static pl_status add_anchor(parser *p, const yaml_char_t *name, pl_node *node, anchor **out)
{
    *out = NULL;
    if (!name) return PL_OK;
    anchor *a = pl_arena_alloc(p->arena, sizeof *a);
    if (!a || !(a->name = pl_arena_strdup(p->arena, (const char *)name))) return nomem(p);
    a->node = node;
    a->open = true;
    a->next = p->anchors;
    p->anchors = *out = a;
    return PL_OK;
}

static size_t measure(const pl_node *node, int *height)
{
    size_t count = 1;
    int below = 0;
    for (size_t i = 0; i < node->n; i++) {
        int h = 0;
        count += measure(node->child[i], &h);
        if (h > below) below = h;
    }
    *height = below + (node->kind == PL_NODE_LIST || node->kind == PL_NODE_MAP);
    return count;
}

/* A copy, counted against the limits. */
static pl_status copy_aliased(parser *p, const pl_node *source, pl_node **out)
{
    pl_place here = place_of(p, p->event.start_mark);
    int height = 0;
    p->aliased += measure(source, &height);
    if (p->aliased > PL_NODE_ALIASED)
        return refuse(p, here, "write the values out, or into a file that is extended",
                      "the aliases of this file expand to more than 100000 values");
    if (p->depth + height > PL_NODE_DEPTH) return refuse(p, here, "flatten it", "more than 64 levels of nesting");
    *out = pl_node_clone(source, p->arena);
    return *out ? PL_OK : nomem(p);
}

static pl_status alias(parser *p, pl_node **out)
{
    const char *name = (const char *)p->event.data.alias.anchor;
    const anchor *a = p->anchors;
    while (a && strcmp(a->name, name) != 0) a = a->next;
    if (a && !a->open) return copy_aliased(p, a->node, out);
    pl_place here = place_of(p, p->event.start_mark);
    if (a) pl_diag_add(p->diag, PL_ERROR, here, "name something that is complete", "alias '*%s' stands inside what it names",
                       conf_clip(name).text);
    else pl_diag_add(p->diag, PL_ERROR, here, "an anchor stands before its aliases: `&name value`", "alias '*%s' has no anchor",
                     conf_clip(name).text);
    p->errors++;
    pl_status st = new_node(p, PL_NODE_NULL, out);
    if (!st) (*out)->text = "";
    return st;
}

/* Tags would be a second type system beside the field tables; only "this is text" is kept. */
static bool check_tag(parser *p, const yaml_char_t *tag)
{
    if (!tag) return false;
    if (strcmp((const char *)tag, "!") == 0 || strcmp((const char *)tag, YAML_STR_TAG) == 0) return true;
    pl_diag_add(p->diag, PL_ERROR, place_of(p, p->event.start_mark), "leave it out; types are known",
                "tag '%s' has no meaning here",
                conf_clip((const char *)tag).text);
    p->errors++;
    return false;
}

static bool is_null(const char *text)
{
    return !*text || !strcmp(text, "~") || !strcmp(text, "null") || !strcmp(text, "Null") || !strcmp(text, "NULL");
}

static pl_status scalar(parser *p, pl_node **out)
{
    const char *text = (const char *)p->event.data.scalar.value;
    size_t length = p->event.data.scalar.length;
    pl_status st = new_node(p, PL_NODE_SCALAR, out);
    if (st) return st;
    pl_node *node = *out;
    if (strlen(text) != length) return refuse(p, node->place, "leave it out", "a text holds the character NUL");
    node->quoted = p->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (check_tag(p, p->event.data.scalar.tag)) node->quoted = true;
    if (!node->quoted && is_null(text)) node->kind = PL_NODE_NULL;
    node->text = pl_arena_strndup(p->arena, text, length);
    return node->text ? PL_OK : nomem(p);
}

static pl_status list(parser *p, pl_node *node)
{
    pl_status st;
    while (!(st = next(p)) && p->event.type != YAML_SEQUENCE_END_EVENT) {
        pl_node *item = NULL;
        if ((st = value(p, &item))) return st;
        if (!conf_node_append(p->arena, node, item)) return nomem(p);
    }
    return st;
}

/* --- maps --- */

static int by_key(const void *a, const void *b)
{
    const pl_node *x = *(pl_node *const *)a, *y = *(pl_node *const *)b;
    int order = strcmp(x->key, y->key);
    if (order) return order;
    if (x->key_place.line != y->key_place.line) return x->key_place.line < y->key_place.line ? -1 : 1;
    return (x->key_place.column > y->key_place.column) - (x->key_place.column < y->key_place.column);
}

static pl_status find_duplicates(parser *p, const pl_node *map)
{
    if (map->n < 2) return PL_OK;
    pl_node **sorted = pl_alloc_array(map->n, sizeof *sorted);
    if (!sorted) return nomem(p);
    memcpy(sorted, map->child, map->n * sizeof *sorted);
    qsort(sorted, map->n, sizeof *sorted, by_key);
    const pl_node *first = sorted[0];
    for (size_t i = 1; i < map->n; i++) {
        if (strcmp(sorted[i]->key, first->key) != 0) {
            first = sorted[i];
            continue;
        }
        pl_diag_add(p->diag, PL_ERROR, sorted[i]->key_place, "keep one of them",
                    "key '%s' is written twice; first at line %d, column %d",
                    conf_clip(first->key).text, first->key_place.line, first->key_place.column);
        if (++p->errors > MISTAKES) break;
    }
    pl_free(sorted);
    return PL_OK;
}

/* `<<: *base` or `<<: [*first, *second]`: keys not written here, the first source that has one winning. */
static pl_status merge_key(parser *p, pl_node *map, const pl_node *source)
{
    bool good = source->kind == PL_NODE_MAP || source->kind == PL_NODE_LIST;
    for (size_t i = 0; good && source->kind == PL_NODE_LIST && i < source->n; i++) good = source->child[i]->kind == PL_NODE_MAP;
    if (!good) {
        pl_diag_add(p->diag, PL_ERROR, source->place, "`<<: *name` where `&name` marks a map",
                    "'<<' takes a map or a list of maps, found %s",
                    conf_describe(source).text);
        p->errors++;
        return PL_OK;
    }
    const pl_node *const *sources = source->kind == PL_NODE_MAP ? &source : (const pl_node *const *)source->child;
    size_t n = source->kind == PL_NODE_MAP ? 1 : source->n;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sources[i]->n; k++) {
            if (conf_node_index(map, sources[i]->child[k]->key) >= 0) continue;
            if (!conf_node_append(p->arena, map, sources[i]->child[k])) return nomem(p);
        }
    return PL_OK;
}

static pl_status read_key(parser *p, pl_node **out)
{
    pl_status st = value(p, out);
    if (st) return st;
    pl_node *key = *out;
    if (key->kind == PL_NODE_LIST || key->kind == PL_NODE_MAP) {
        pl_diag_add(p->diag, PL_ERROR, key->place, "write a plain word before the ':'", "a key is %s", conf_describe(key).text);
        p->errors++;
        key->text = "?";
    } else if (!*key->text) {
        pl_diag_add(p->diag, PL_ERROR, key->place, "write a word before the ':'", "a key is empty");
        p->errors++;
        key->text = "?";
    }
    return PL_OK;
}

static pl_status map(parser *p, pl_node *node)
{
    pl_node *merge = NULL;
    pl_status st;
    while (!(st = next(p)) && p->event.type != YAML_MAPPING_END_EVENT) {
        pl_node *key = NULL, *child = NULL;
        if ((st = read_key(p, &key)) || (st = next(p)) || (st = value(p, &child))) return st;
        child->key = key->text;
        child->key_place = key->place;
        bool merges = !strcmp(key->text, "<<") && !key->quoted;
        if (merges && merge) return refuse(p, key->place, "`<<: [*first, *second]` takes several", "key '<<' is written twice");
        if (merges) merge = child;
        else if (!conf_node_append(p->arena, node, child)) return nomem(p);
        if (node->n > PL_NODE_KEYS) return refuse(p, key->place, "put data into a CSV file", "a map has more than 10000 keys");
    }
    if (st || (st = find_duplicates(p, node))) return st;
    return merge ? merge_key(p, node, merge) : PL_OK;
}

static pl_status container(parser *p, bool is_map, pl_node **out)
{
    pl_status st = new_node(p, is_map ? PL_NODE_MAP : PL_NODE_LIST, out);
    if (st) return st;
    anchor *named = NULL;
    st = add_anchor(p, is_map ? p->event.data.mapping_start.anchor : p->event.data.sequence_start.anchor, *out, &named);
    if (st) return st;
    check_tag(p, is_map ? p->event.data.mapping_start.tag : p->event.data.sequence_start.tag);
    if (++p->depth > PL_NODE_DEPTH) return refuse(p, (*out)->place, "flatten it", "more than 64 levels of nesting");
    st = is_map ? map(p, *out) : list(p, *out);
    if (!st && p->errors > MISTAKES) st = refuse(p, (*out)->place, "mend those first", "there are too many mistakes to go on");
    p->depth--;
    if (named) named->open = false;
    return st;
}

/* Reads the value whose first event is the current one; its last event is the current one afterwards. */
static pl_status value(parser *p, pl_node **out)
{
    switch (p->event.type) {
    case YAML_ALIAS_EVENT: return alias(p, out);
    case YAML_SEQUENCE_START_EVENT: return container(p, false, out);
    case YAML_MAPPING_START_EVENT: return container(p, true, out);
    default: break;
    }
    anchor *named = NULL;
    const yaml_char_t *name = p->event.data.scalar.anchor;
    pl_status st = scalar(p, out);
    if (!st) st = add_anchor(p, name, *out, &named);
    if (named) named->open = false;
    return st;
}

static pl_status document(parser *p, pl_node **root)
{
    pl_status st = next(p);                                  /* stream start */
    if (st || (st = next(p))) return st;
    if (p->event.type == YAML_STREAM_END_EVENT) return refuse(p, (pl_place){p->file, 0, 0}, "write at least one `key: value`",
                                                              "the text is empty");
    if ((st = next(p)) || (st = value(p, root)) || (st = next(p)) || (st = next(p))) return st;
    if (p->event.type != YAML_STREAM_END_EVENT)
        return refuse(p, place_of(p, p->event.start_mark), "split the file, or use `arms`",
                      "a second document begins; one file is one scenario");
    return PL_OK;
}

pl_status pl_yaml_parse(const char *text, size_t length, const char *file, pl_arena *arena, pl_diag *diag, pl_node **root)
{
    *root = NULL;
    parser p = {.text = text, .length = length, .arena = arena, .diag = diag};
    if (file && !(p.file = pl_arena_strdup(arena, file))) return nomem(&p);
    if (length >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3)) p.text += 3, p.length -= 3;     /* byte order mark */
    pl_status st = check_text(p.text, p.length, p.file, diag);
    if (st) return st;
    if (!yaml_parser_initialize(&p.yaml)) return nomem(&p);
    yaml_parser_set_encoding(&p.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p.yaml, (const unsigned char *)p.text, p.length);
    st = document(&p, root);
    if (p.have_event) yaml_event_delete(&p.event);
    yaml_parser_delete(&p.yaml);
    if (!st && p.errors) st = PL_ERR_USER;
    if (st) *root = NULL;
    return st;
}
