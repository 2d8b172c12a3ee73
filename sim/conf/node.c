/* Trees: making, finding, copying, comparing. */
#include <string.h>

#include "sim/conf/internal.h"

pl_node *conf_node_new(pl_arena *arena, pl_node_kind kind, pl_place place)
{
    pl_node *node = pl_arena_alloc(arena, sizeof *node);
    if (!node) return NULL;
    node->kind = kind;
    node->place = place;
    return node;
}

bool conf_node_append(pl_arena *arena, pl_node *parent, pl_node *child)
{
    if (parent->n == parent->capacity) {
        /* The old array stays in the arena: doubling wastes at most as much again. */
        size_t capacity = parent->capacity ? 2 * parent->capacity : 4;
        pl_node **grown = pl_arena_array(arena, capacity, sizeof *grown);
        if (!grown) return false;
        if (parent->n) memcpy(grown, parent->child, parent->n * sizeof *grown);
        parent->child = grown;
        parent->capacity = capacity;
    }
    parent->child[parent->n++] = child;
    return true;
}

long conf_node_index(const pl_node *map, const char *key)
{
    if (!map || map->kind != PL_NODE_MAP) return -1;
    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->child[i]->key, key) == 0) return (long)i;
    return -1;
}

void conf_node_drop(pl_node *map, const char *key)
{
    long at = conf_node_index(map, key);
    if (at < 0) return;
    for (size_t i = (size_t)at + 1; i < map->n; i++) map->child[i - 1] = map->child[i];
    map->n--;
}

void conf_node_each(pl_node *node, void (*visit)(pl_node *node, void *context), void *context)
{
    visit(node, context);
    for (size_t i = 0; i < node->n; i++) conf_node_each(node->child[i], visit, context);
}

pl_node *pl_node_get(const pl_node *map, const char *key)
{
    long at = conf_node_index(map, key);
    return at < 0 || map->child[at]->removed ? NULL : map->child[at];
}

static pl_node *item(const pl_node *list, const char *digits, size_t length)
{
    size_t index = 0;
    for (size_t i = 0; i < length; i++) {
        if (digits[i] < '0' || digits[i] > '9' || index > PL_NODE_LIMIT) return NULL;
        index = 10 * index + (size_t)(digits[i] - '0');
    }
    return length && index < list->n ? list->child[index] : NULL;
}

pl_node *pl_node_at(const pl_node *root, const char *path)
{
    const pl_node *at = root;
    while (at && *path) {
        size_t length = strcspn(path, ".");
        const pl_node *next = NULL;
        if (at->kind == PL_NODE_LIST) {
            next = item(at, path, length);
        } else if (at->kind == PL_NODE_MAP) {
            for (size_t i = 0; i < at->n && !next; i++)
                if (!at->child[i]->removed && strncmp(at->child[i]->key, path, length) == 0 &&
                    !at->child[i]->key[length]) next = at->child[i];
        }
        at = next;
        path += length;
        if (*path == '.') path++;
    }
    return (pl_node *)at;
}

pl_node *pl_node_clone(const pl_node *node, pl_arena *arena)
{
    pl_node *copy = pl_arena_alloc(arena, sizeof *copy);
    if (!copy) return NULL;
    *copy = *node;
    copy->capacity = node->n;
    copy->child = NULL;
    if (!node->n) return copy;
    copy->child = pl_arena_array(arena, node->n, sizeof *copy->child);
    if (!copy->child) return NULL;
    for (size_t i = 0; i < node->n; i++) {
        copy->child[i] = pl_node_clone(node->child[i], arena);
        if (!copy->child[i]) return NULL;
    }
    return copy;
}

static size_t kept(const pl_node *node)
{
    size_t n = 0;
    for (size_t i = 0; i < node->n; i++) n += !node->child[i]->removed;
    return n;
}

bool pl_node_equal(const pl_node *a, const pl_node *b)
{
    if (a->kind != b->kind) return false;
    if (a->kind == PL_NODE_SCALAR) return a->quoted == b->quoted && strcmp(a->text, b->text) == 0;
    if (kept(a) != kept(b)) return false;
    for (size_t i = 0; i < a->n; i++) {
        if (a->kind == PL_NODE_MAP && a->child[i]->removed) continue;
        const pl_node *other = a->kind == PL_NODE_MAP ? pl_node_get(b, a->child[i]->key) : b->child[i];
        if (!other || !pl_node_equal(a->child[i], other)) return false;
    }
    return true;
}
