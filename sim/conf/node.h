/* A tree read from YAML: every node knows where it was written. Typed reading, bounds and names come later
 * (bind.h); this is the shape alone. Duplicate keys are errors with both places; anchors and aliases work,
 * `<<` merges; an alias that would blow up (a "billion laughs" file) is refused; depth is limited to 64.
 *
 * Layers. A scenario is several trees laid upon each other: what it extends, itself, an arm, --set. A map merges
 * key by key, anything else replaces. `null` upon a key that is there removes it. A removed key stays in the map as
 * a null marked `removed`, because one kind of reader has to see it: a field that may be null takes it as "none" (else the
 * default would come back). pl_node_get and pl_node_at pass over removed keys; a loop over `child` must, too.
 */
#ifndef PL_CONF_NODE_H
#define PL_CONF_NODE_H

#include <stdbool.h>
#include "sim/base/diag.h"

typedef enum pl_node_kind { PL_NODE_NULL, PL_NODE_SCALAR, PL_NODE_LIST, PL_NODE_MAP } pl_node_kind;

enum {
    PL_NODE_DEPTH = 64,              /* levels of nesting, dotted keys counted */
    PL_NODE_LIMIT = 1000000,         /* values in one document */
    PL_NODE_KEYS = 10000,            /* keys of one map */
    PL_NODE_ALIASED = 100000,        /* values copied by aliases */
    PL_YAML_BYTES = 16 * 1024 * 1024
};

typedef struct pl_node {
    pl_node_kind kind;
    bool removed;                 /* a null that removed this key of a lower layer */
    bool quoted;                  /* scalar: was quoted, so it is text whatever it looks like */
    const char *text;             /* scalar */
    const char *key;              /* of a map's child */
    pl_place place, key_place;
    const char *origin;           /* where from, in words, when not a file: "--set", "arm small", "preset grpo" */
    struct pl_node **child;
    size_t n, capacity;
} pl_node;

/* Parses one document of at most 16 MiB of UTF-8 text. All memory from `arena`. An empty file is an error. */
PL_MUST_USE pl_status pl_yaml_parse(const char *text, size_t length, const char *file, pl_arena *arena, pl_diag *diag,
                                    pl_node **root);

pl_node *pl_node_get(const pl_node *map, const char *key);                 /* direct child, or NULL */
pl_node *pl_node_at(const pl_node *root, const char *path);                /* "a.b.c"; list items by index */
pl_node *pl_node_clone(const pl_node *node, pl_arena *arena);              /* deep; NULL: out of memory */
bool pl_node_equal(const pl_node *a,
                   const pl_node *b);                    /* shape and text; not places, order of keys, removed ones */

/* Lays `over` upon `base` (changed in place; *base NULL is an empty map): maps merge key by key, anything else
 * replaces, null removes the key. Keys with dots in `over` ("world.scale") are paths; the same key written both ways is
 * an error. A map whose keys are all numbers, laid upon a list, changes the items of those indices (0-based).
 * Origins and places of what wins are kept. `origin` (may be NULL; it is kept, not copied) marks the nodes that come
 * from `over` and have no origin yet. `over` is not changed and shares nothing with the result. */
PL_MUST_USE pl_status pl_node_merge(pl_node **base, const pl_node *over, const char *origin, pl_arena *arena, pl_diag *diag);
/* One assignment "a.b.c=<yaml>" as from --set. */
PL_MUST_USE pl_status pl_node_set(pl_node **root, const char *assignment, pl_arena *arena, pl_diag *diag);
/* The tree that, laid upon `base`, gives `over`: what an arm changes. Keys only `base` has become null. */
PL_MUST_USE pl_status pl_node_diff(const pl_node *base, const pl_node *over, pl_arena *arena, pl_node **out);

#endif
