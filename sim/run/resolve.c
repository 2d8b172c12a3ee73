/* Writing a plan back as one scenario file.
 *
 * The base is written with every key. An arm is written as its difference from the base after both were bound, not as
 * the user wrote it: a preset named by an arm lies beneath the keys beside it, and in the resolved file all keys are written
 * out, so that the preset would change nothing any more. Keys that an arm's scenario no longer has are null, which removes them.
 */
#include "sim/run/resolve.h"

#include <string.h>

#include "sim/base/str.h"

#define HEADER                                                                                                                     \
    "# schema_version: 1\n# The resolved scenario: every key with its value; the comment tells unit and origin.\n"                 \
    "# `plateau run` on this file repeats the run.\n"

static pl_node *node_make(pl_arena *arena, pl_node_kind kind, const char *key)
{
    pl_node *node = pl_arena_alloc(arena, sizeof *node);
    if (node) *node = (pl_node){.kind = kind, .key = key, .text = kind == PL_NODE_NULL ? "null" : NULL};
    return node;
}

static bool node_push(pl_arena *arena, pl_node *map, pl_node *child)
{
    if (map->n == map->capacity) {
        size_t capacity = map->capacity ? 2 * map->capacity : 8;
        pl_node **grown = pl_arena_array(arena, capacity, sizeof(pl_node *));
        if (!grown) return false;
        if (map->n) memcpy(grown, map->child, map->n * sizeof(pl_node *));
        map->child = grown;
        map->capacity = capacity;
    }
    map->child[map->n++] = child;
    return true;
}

static bool same(const pl_node *a, const pl_node *b)
{
    if (a->kind != b->kind || a->n != b->n || a->quoted != b->quoted) return false;
    if (a->kind == PL_NODE_SCALAR) return strcmp(a->text, b->text) == 0;
    for (size_t i = 0; i < a->n; i++) {
        if (a->kind == PL_NODE_MAP && strcmp(a->child[i]->key, b->child[i]->key) != 0) return false;
        if (!same(a->child[i], b->child[i])) return false;
    }
    return true;
}

/* What has to be laid over `base` to give `arm`: NULL in *out when nothing. */
static bool difference(pl_arena *arena, const pl_node *base, const pl_node *arm, pl_node **out)
{
    *out = NULL;
    if (same(base, arm)) return true;
    if (base->kind != PL_NODE_MAP || arm->kind != PL_NODE_MAP) {
        *out = pl_node_clone(arm, arena);
        return *out != NULL;
    }
    pl_node *map = node_make(arena, PL_NODE_MAP, arm->key);
    if (!map) return false;
    for (size_t i = 0; i < base->n; i++) {
        if (pl_node_get(arm, base->child[i]->key)) continue;
        pl_node *gone = node_make(arena, PL_NODE_NULL, base->child[i]->key);
        if (!gone || !node_push(arena, map, gone)) return false;
    }
    for (size_t i = 0; i < arm->n; i++) {
        const pl_node *old = pl_node_get(base, arm->child[i]->key);
        pl_node *changed = NULL;
        if (old) {
            if (!difference(arena, old, arm->child[i], &changed)) return false;
        } else if (!(changed = pl_node_clone(arm->child[i], arena))) {
            return false;
        }
        if (changed && !node_push(arena, map, changed)) return false;
    }
    *out = map;
    return true;
}

/* A difference is taken between written texts. Its nodes get the origins of the tree that the arm was bound from; with NULL
 * none, as the hashed text must not tell where anything was written. */
static void set_origins(pl_node *node, const pl_node *source)
{
    node->place = node->key_place = (pl_place){0};
    node->origin = NULL;
    if (source) {
        node->place = source->place;
        node->key_place = source->key_place;
        node->origin = source->origin;
    }
    for (size_t i = 0; i < node->n; i++)
        set_origins(node->child[i], source && node->kind == PL_NODE_MAP ? pl_node_get(source, node->child[i]->key) : source);
}

/* The scenario as the run directory holds it: its table is the copy there, its arms are `arms`. */
static scenario as_kept(const scenario *s, const char *table_name, const pl_node *arms)
{
    scenario kept = *s;
    if (kept.training.world.table && table_name) kept.training.world.table = table_name;
    kept.arms = arms;
    return kept;
}

static pl_status emit_tree(plan *p, const scenario *s, pl_node **tree, pl_diag *diag)
{
    pl_str text;
    pl_str_init(&text);
    pl_status st = pl_conf_emit(&text, &scenario_struct, s, NULL);
    const char *end = st ? NULL : pl_str_end(&text);
    if (!end) st = pl_diag_nomem(diag, "resolving the scenario");
    if (!st) st = pl_yaml_parse(end, text.length, "resolved scenario", &p->arena, diag, tree);
    pl_str_free(&text);
    return st;
}

static pl_status arms_tree(plan *p, const char *base_table, const pl_node *empty, pl_node **out, pl_diag *diag)
{
    scenario kept = as_kept(&p->base, base_table, empty);
    pl_node *base = NULL, *arms = node_make(&p->arena, PL_NODE_MAP, "arms");
    if (!arms) return pl_diag_nomem(diag, "resolving the scenario");
    pl_status st = emit_tree(p, &kept, &base, diag);
    for (size_t i = 0; i < p->n_arms && !st; i++) {
        pl_node *arm = NULL, *changed = NULL;
        kept = as_kept(&p->arms[i].scenario, p->arms[i].table_name, empty);
        st = emit_tree(p, &kept, &arm, diag);
        if (st) break;
        if (!difference(&p->arena, base, arm, &changed)) return pl_diag_nomem(diag, "resolving the scenario");
        if (changed)
            set_origins(changed, NULL);
        else
            changed = node_make(&p->arena, PL_NODE_MAP, NULL);
        if (!changed) return pl_diag_nomem(diag, "resolving the scenario");
        changed->key = p->arms[i].name;
        if (!node_push(&p->arena, arms, changed)) return pl_diag_nomem(diag, "resolving the scenario");
    }
    *out = arms;
    return st;
}

pl_status plan_resolve(plan *p, pl_diag *diag)
{
    const pl_node *empty = node_make(&p->arena, PL_NODE_MAP, "arms");
    if (!empty) return pl_diag_nomem(diag, "resolving the scenario");
    /* The base has the table of the arm that leaves it alone, if any does. */
    const char *base_table = NULL;
    for (size_t i = 0; i < p->n_arms && p->base.training.world.table; i++)
        if (p->arms[i].scenario.training.world.table &&
            strcmp(p->arms[i].scenario.training.world.table, p->base.training.world.table) == 0)
            base_table = p->arms[i].table_name;
    pl_node *arms = NULL;
    pl_status st = arms_tree(p, base_table, empty, &arms, diag);
    if (st) return st;
    scenario kept = as_kept(&p->base, base_table, p->base.arms && p->base.arms->n ? arms : empty);

    pl_str plain, annotated;
    pl_str_init(&plain);
    pl_str_init(&annotated);
    pl_str_add(&annotated, HEADER);
    st = pl_conf_emit(&plain, &scenario_struct, &kept, NULL);
    for (size_t i = 0; i < arms->n; i++)
        if (arms->child[i]->n) set_origins(arms->child[i], p->arms[i].tree);
    if (!st) st = pl_conf_emit(&annotated, &scenario_struct, &kept, p->tree);
    if (!st && pl_str_end(&plain) && pl_str_end(&annotated)) {
        p->hash = pl_hash_bytes(plain.text, plain.length);
        p->resolved = pl_arena_strdup(&p->arena, annotated.text);
    }
    if (!p->resolved) st = pl_diag_nomem(diag, "resolving the scenario");
    pl_str_free(&plain);
    pl_str_free(&annotated);
    return st;
}
