/* Laying one tree upon another; what one changes of another; --set. */
#include <string.h>

#include "sim/conf/internal.h"

typedef struct merging {
    pl_arena *arena;
    pl_diag *diag;
    size_t errors;
    bool nomem;
} merging;

static void complain(merging *m, pl_place place, const char *remedy, const char *fmt, const char *text)
{
    pl_diag_add(m->diag, PL_ERROR, place, remedy, fmt, conf_clip(text).text);
    m->errors++;
}

static void *checked(merging *m, void *p)
{
    if (!p) m->nomem = true;
    return p;
}

/* --- keys with dots become maps --- */

/* Puts `child` into the map under its key. Only a key written both as a path and as a map can meet itself: then maps
 * unite, and anything else is a duplicate. */
static void insert(merging *m, pl_node *map, pl_node *child)
{
    long at = conf_node_index(map, child->key);
    if (at < 0) {
        if (!conf_node_append(m->arena, map, child)) m->nomem = true;
        return;
    }
    pl_node *there = map->child[at];
    if (there->kind == PL_NODE_MAP && child->kind == PL_NODE_MAP) {
        for (size_t i = 0; i < child->n && !m->nomem; i++) insert(m, there, child->child[i]);
        return;
    }
    pl_diag_add(m->diag, PL_ERROR, child->key_place, "keep one of them", "key '%s' is written twice; first at line %d, column %d",
                conf_clip(child->key).text, there->key_place.line, there->key_place.column);
    m->errors++;
}

/* Wraps `leaf` in maps for all parts of its dotted key but the last. NULL: an error was reported, or no memory. */
static pl_node *wrap(merging *m, pl_node *leaf, int depth)
{
    const char *path = leaf->key;
    char *parts = checked(m, pl_arena_strdup(m->arena, path));
    if (!parts) return NULL;
    pl_node *outer = NULL, *inner = NULL;
    for (char *part = parts;;) {
        size_t length = strcspn(part, ".");
        bool last = !part[length];
        part[length] = '\0';
        if (!length) {
            complain(m, leaf->key_place, "`a.b.c`: a word on both sides of every dot", "key '%s' has an empty part", path);
            return NULL;
        }
        if (++depth > PL_NODE_DEPTH) {
            complain(m, leaf->key_place, "flatten it", "key '%s' makes more than 64 levels of nesting", path);
            return NULL;
        }
        pl_node *node = last ? leaf : checked(m, conf_node_new(m->arena, PL_NODE_MAP, leaf->place));
        if (!node) return NULL;
        node->key = part;
        node->key_place = leaf->key_place;
        if (inner && !conf_node_append(m->arena, inner, node)) return checked(m, NULL);
        if (!outer) outer = node;
        inner = node;
        if (last) return outer;
        part += length + 1;
    }
}

static int dots(const char *text)
{
    int n = 0;
    for (; *text; text++) n += *text == '.';
    return n;
}

/* A deep copy in which every key with dots is a nest of maps. */
static pl_node *expand(merging *m, const pl_node *source, int depth)
{
    if (depth > PL_NODE_DEPTH) {
        complain(m, source->place, "flatten it", "more than 64 levels of nesting%s", "");
        return NULL;
    }
    pl_node *copy = checked(m, pl_arena_alloc(m->arena, sizeof *copy));
    if (!copy) return NULL;
    *copy = *source;
    copy->child = NULL;
    copy->n = copy->capacity = 0;
    bool dotted = false;
    for (size_t i = 0; source->kind == PL_NODE_MAP && i < source->n; i++) dotted = dotted || dots(source->child[i]->key) > 0;
    for (size_t i = 0; i < source->n && !m->nomem; i++) {
        int levels = source->kind == PL_NODE_MAP ? dots(source->child[i]->key) : 0;
        pl_node *child = expand(m, source->child[i], depth + 1 + (levels > PL_NODE_DEPTH ? PL_NODE_DEPTH : levels));
        if (child && levels) child = wrap(m, child, depth);
        if (!child) continue;
        if (dotted) insert(m, copy, child);
        else if (!conf_node_append(m->arena, copy, child)) m->nomem = true;
    }
    return copy;
}

/* --- layers --- */

static void lay(merging *m, pl_node *base, pl_node *over);

/* The place among a list's items that a key of digits names; -1 for any other key. */
static long item_index(const char *key)
{
    if (!*key || strlen(key) > 7 || strspn(key, "0123456789") != strlen(key)) return -1;
    long index = 0;
    for (; *key; key++) index = 10 * index + (*key - '0');
    return index;
}

static bool changes_items(const pl_node *base, const pl_node *over)
{
    if (base->kind != PL_NODE_LIST || over->kind != PL_NODE_MAP || !over->n) return false;
    for (size_t i = 0; i < over->n; i++)
        if (item_index(over->child[i]->key) < 0) return false;
    return true;
}

/* What stands in the place of `base` when `over` is laid upon it. */
static pl_node *laid(merging *m, pl_node *base, pl_node *over)
{
    if (base->kind == PL_NODE_MAP && over->kind == PL_NODE_MAP) {
        lay(m, base, over);
        return base;
    }
    if (changes_items(base, over)) {
        for (size_t i = 0; i < over->n; i++) {
            size_t index = (size_t)item_index(over->child[i]->key);
            if (index < base->n) (base->child[index] = laid(m, base->child[index], over->child[i]))->key = NULL;
            else complain(m, over->child[i]->key_place, "items are counted from 0", "item %s is beyond the end of the list",
                          over->child[i]->key);
        }
        return base;
    }
    over->removed = over->kind == PL_NODE_NULL && base->key;
    return over;
}

static void lay(merging *m, pl_node *base, pl_node *over)
{
    for (size_t i = 0; i < over->n && !m->nomem; i++) {
        pl_node *child = over->child[i];
        long at = conf_node_index(base, child->key);
        if (at >= 0) base->child[at] = laid(m, base->child[at], child);
        else if (!conf_node_append(m->arena, base, child)) m->nomem = true;
    }
}

static void mark(pl_node *node, void *origin)
{
    if (!node->origin) node->origin = origin;
}

static pl_status finish(merging *m)
{
    if (m->nomem) return pl_diag_nomem(m->diag, "merging settings");
    return m->errors ? PL_ERR_USER : PL_OK;
}

pl_status pl_node_merge(pl_node **base, const pl_node *over, const char *origin, pl_arena *arena, pl_diag *diag)
{
    merging m = {.arena = arena, .diag = diag};
    pl_node *fresh = expand(&m, over, 0);
    if (fresh && !m.nomem && !m.errors) {
        if (origin) conf_node_each(fresh, mark, (void *)origin);
        if (!*base) *base = fresh;
        else *base = laid(&m, *base, fresh);
    }
    return finish(&m);
}

/* --- differences --- */

static pl_node *difference(merging *m, const pl_node *base, const pl_node *over)
{
    pl_node *out = checked(m, conf_node_new(m->arena, PL_NODE_MAP, over->place));
    if (!out) return NULL;
    out->key = over->key;
    out->key_place = over->key_place;
    for (size_t i = 0; i < over->n && !m->nomem; i++) {
        const pl_node *b = over->child[i], *a = pl_node_get(base, b->key);
        if (b->removed || (a && pl_node_equal(a, b))) continue;
        bool maps = a && a->kind == PL_NODE_MAP && b->kind == PL_NODE_MAP;
        pl_node *child = maps ? difference(m, a, b) : checked(m, pl_node_clone(b, m->arena));
        if (child && !conf_node_append(m->arena, out, child)) m->nomem = true;
    }
    for (size_t i = 0; i < base->n && !m->nomem; i++) {
        const pl_node *a = base->child[i];
        if (a->removed || pl_node_get(over, a->key)) continue;
        pl_node *gone = checked(m, conf_node_new(m->arena, PL_NODE_NULL, over->place));
        if (!gone) break;
        gone->text = "null";
        gone->key = a->key;
        gone->key_place = over->place;
        if (!conf_node_append(m->arena, out, gone)) m->nomem = true;
    }
    return out;
}

pl_status pl_node_diff(const pl_node *base, const pl_node *over, pl_arena *arena, pl_node **out)
{
    merging m = {.arena = arena};
    *out = difference(&m, base, over);
    return m.nomem ? PL_ERR_WORLD : PL_OK;
}

/* --- --set --- */

static void place_all(pl_node *node, void *place)
{
    node->place = node->key_place = *(const pl_place *)place;
}

pl_status pl_node_set(pl_node **root, const char *assignment, pl_arena *arena, pl_diag *diag)
{
    char *file = pl_arena_printf(arena, "--set %s", conf_clip(assignment).text);
    if (!file) return pl_diag_nomem(diag, "reading --set");
    pl_place place = {file, 0, 0};
    const char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment || !equals[1]) {
        pl_diag_add(diag, PL_ERROR, place, "--set world.scale=1e9; null removes a key", "%s",
                    !equals ? "there is no '='" 
                    : equals == assignment ? "there is no key before '='" : "there is no value after '='");
        return PL_ERR_USER;
    }
    pl_node *value = NULL;
    pl_status st = pl_yaml_parse(equals + 1, strlen(equals + 1), file, arena, diag, &value);
    if (st) return st;
    conf_node_each(value, place_all, &place);
    pl_node *over = conf_node_new(arena, PL_NODE_MAP, place);
    value->key = pl_arena_strndup(arena, assignment, (size_t)(equals - assignment));
    if (!over || !value->key || !conf_node_append(arena, over, value)) return pl_diag_nomem(diag, "reading --set");
    return pl_node_merge(root, over, "--set", arena, diag);
}
