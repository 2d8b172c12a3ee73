/* Binding: a tree and a field table make a struct. Single values are read in value.c.
 *
 * A *level* is one map of the file. Several tables may share a level: a struct, the structs inline in it, and the
 * parameters of the registry entries it chooses. So keys are bound table by table, and only then is it clear which
 * keys of the map nobody knows.
 */
#include <string.h>

#include "sim/conf/binder.h"

typedef struct level {
    const pl_node *map;              /* NULL: nothing was written, all defaults */
    const conf_path *path;
    pl_place place;                  /* of what was written nearest to it */
} level;

static void bind_body(conf_binder *b, const pl_struct *s, char *out, const level *at);
static void bind_field(conf_binder *b, const pl_field *f, char *member, const level *at);

static bool failed(const conf_binder *b) { return b->nomem; }

/* --- a struct's own checks --- */

typedef struct check_context { const level *at; } check_context;

static pl_place place_in(const pl_check *check, const char *path)
{
    const level *at = ((const check_context *)check->context)->at;
    pl_place best = at->place;
    const pl_node *node = at->map;
    while (node && *path) {
        size_t length = strcspn(path, ".");
        char part[128];
        if (length >= sizeof part) break;
        memcpy(part, path, length);
        part[length] = '\0';
        node = pl_node_at(node, part);
        if (node && node->place.file) best = node->place;
        path += length + (path[length] == '.');
    }
    return best;
}

/* The check reports into a collector of its own, because only so can its errors be counted: the user's collector drops
 * what it has already heard. */
static void run_check(conf_binder *b, const pl_struct *s, const void *self, const level *at)
{
    if (!s->check) return;
    pl_diag own;
    pl_diag_init(&own);
    check_context context = {at};
    pl_check check = {&own, place_in, &context};
    s->check(self, &check);
    for (size_t i = 0; i < own.count; i++) {
        const pl_message *m = &own.messages[i];
        pl_diag_add(b->diag, m->severity, m->place, m->remedy, "%s", m->what);
    }
    b->errors += own.errors;
    if (own.lost) b->nomem = true;
    pl_diag_free(&own);
}

/* --- keys nobody knows --- */

static const pl_choice *choice_of(const pl_field *f, const char *out) { return (const pl_choice *)(out + f->offset); }

/* Is `key` one of this level? `out` is the bound struct. With an unknown entry chosen, keys of all entries pass: one
 * error is enough. */
static bool knows(const pl_struct *s, const char *out, const char *key)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        const pl_field *f = &s->fields[i];
        if (f->flags & PL_INLINE) {
            if (knows(f->sub, out + f->offset, key)) return true;
            continue;
        }
        if (!strcmp(f->name, key)) return true;
        if (f->type != PL_CHOICE) continue;
        const pl_choice *chosen = choice_of(f, out);
        if (chosen->entry && chosen->entry->params && chosen->params && knows(chosen->entry->params, chosen->params,
                                                                              key)) return true;
        for (size_t k = 0; !chosen->entry && f->registry->entries[k]; k++) {
            const pl_struct *params = f->registry->entries[k]->params;
            for (size_t j = 0; params && j < params->n_fields; j++)
                if (!strcmp(params->fields[j].name, key)) return true;
        }
    }
    return false;
}

enum { KNOWN_KEYS = 256 };
typedef struct known_keys { const char *names[KNOWN_KEYS]; size_t n; } known_keys;

static void collect(const pl_struct *s, const char *out, known_keys *k)
{
    for (size_t i = 0; i < s->n_fields && k->n < KNOWN_KEYS; i++) {
        const pl_field *f = &s->fields[i];
        if (f->flags & PL_INLINE) {
            collect(f->sub, out + f->offset, k);
            continue;
        }
        k->names[k->n++] = f->name;
        const pl_choice *chosen = f->type == PL_CHOICE ? choice_of(f, out) : NULL;
        if (chosen && chosen->params) collect(chosen->entry->params, chosen->params, k);
    }
}

/* The entry of `registry` other than `chosen` that has a key of this name, or NULL. */
static const pl_entry *other_owner(const pl_registry *registry, const pl_entry *chosen, const char *key)
{
    for (size_t i = 0; registry->entries[i]; i++) {
        const pl_struct *params = registry->entries[i]->params;
        if (registry->entries[i] == chosen || !params) continue;
        for (size_t j = 0; j < params->n_fields; j++)
            if (!strcmp(params->fields[j].name, key)) return registry->entries[i];
    }
    return NULL;
}

static bool belongs_to_other_choice(conf_binder *b, const pl_struct *s, const char *out, const pl_node *child, const level *at)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        const pl_field *f = &s->fields[i];
        if (f->flags & PL_INLINE && belongs_to_other_choice(b, f->sub, out + f->offset, child, at)) return true;
        if (f->type != PL_CHOICE) continue;
        const pl_choice *chosen = choice_of(f, out);
        const pl_entry *owner = other_owner(f->registry, chosen->entry, child->key);
        if (!owner) continue;
        conf_complain(b, child->key_place, conf_remedy(b, "write `%s: %s`, or leave '%s' out (null removes it)", f->name,
                                                       owner->name, child->key),
                      "key '%s' belongs to %s '%s', but %s is '%s'", child->key, f->registry->kind, owner->name, f->name,
                      chosen->entry->name);
        return true;
    }
    return false;
}

typedef struct elsewhere { const char *key; char paths[300]; size_t n; } elsewhere;

static bool look_elsewhere(const conf_visit *v, void *context)
{
    elsewhere *e = context;
    if (strcmp(v->field->name, e->key) != 0) return true;
    size_t used = strlen(e->paths);
    snprintf(e->paths + used, sizeof e->paths - used, "%s'%.120s'", e->n ? " or " : "", v->path);
    return ++e->n < 2;
}

static void unknown_key(conf_binder *b, const pl_node *child, const known_keys *known, const level *at)
{
    const conf_path path = {at->path, child->key};
    elsewhere e = {.key = child->key};
    const char *near = pl_nearest(child->key, known->names, known->n), *remedy;
    if (!near) conf_walk(b->top, look_elsewhere, &e);
    if (near) {
        remedy = conf_remedy(b, "did you mean '%s'?", near);
    } else if (e.n) {
        remedy = conf_remedy(b, "there is %s", e.paths);
    } else {
        pl_str list;
        pl_str_init(&list);
        conf_join(&list, known->names, known->n, ", ");
        const char *text = pl_str_end(&list);
        remedy = conf_remedy(b, "known here: %s", text ? text : "");
        pl_str_free(&list);
    }
    conf_complain(b, child->key_place, remedy, "unknown key '%s'", conf_clip(conf_path_text(&path).text).text);
}

/* Reports every key of the level that neither `s` at `out`, nor `more` at `more_out`, nor `word` knows. */
static void find_unknown(conf_binder *b, const level *at, const pl_struct *s, const char *out, const pl_struct *more,
                         const char *more_out, const char *word)
{
    for (size_t i = 0; at->map && i < at->map->n && !failed(b); i++) {
        const pl_node *child = at->map->child[i];
        if (child->removed || (s && knows(s, out, child->key)) || (more && knows(more, more_out, child->key))) continue;
        if (word && !strcmp(word, child->key)) continue;
        if (s && belongs_to_other_choice(b, s, out, child, at)) continue;
        known_keys known = {.n = 0};
        if (word) known.names[known.n++] = word;
        if (s) collect(s, out, &known);
        if (more) collect(more, more_out, &known);
        unknown_key(b, child, &known, at);
    }
}

/* --- structs --- */

/* The struct at a node: a map, or by shorthand the value of its first field. */
static void bind_struct(conf_binder *b, const pl_field *f, char *out, const conf_source *at)
{
    const pl_struct *s = f->sub;
    level here = {NULL, at->path, at->place};
    if (at->node && at->node->kind != PL_NODE_MAP) {
        if (!(f->flags & PL_SHORTHAND) || at->node->kind == PL_NODE_NULL) {
            conf_wrong_type(b, f, at);
            return;
        }
        pl_node first = *at->node, *children[] = {&first}, map = {.kind = PL_NODE_MAP, .place = at->place, .child = children,
                                                                  .n = 1};
        first.key = s->fields[0].name;
        here.map = &map;
        bind_body(b, s, out, &here);
        return;
    }
    here.map = at->node;
    bind_body(b, s, out, &here);
    find_unknown(b, &here, s, out, NULL, NULL, NULL);
}

static void bind_body(conf_binder *b, const pl_struct *s, char *out, const level *at)
{
    size_t before = b->errors;
    for (size_t i = 0; i < s->n_fields && !failed(b); i++) bind_field(b, &s->fields[i], out + s->fields[i].offset, at);
    if (b->errors == before && !failed(b)) run_check(b, s, out, at);
}

static size_t kept(const pl_node *node)
{
    size_t n = 0;
    for (size_t i = 0; i < node->n; i++) n += !node->child[i]->removed;
    return n;
}

static bool check_name(conf_binder *b, const pl_node *child)
{
    bool reserved = !strcmp(child->key, "default");
    if (conf_name_ok(child->key) && !reserved) return true;
    conf_complain(b, child->key_place, "a name is made of " CONF_NAME_RULE,
                  reserved ? "the name '%s' is taken: it stands for all other names" : "'%s' is not a name",
                  conf_clip(child->key).text);
    return false;
}

static void bind_map(conf_binder *b, const pl_field *f, pl_map *out, const conf_source *at)
{
    bool named = f->type == PL_MAP;
    if (at->node->kind != (named ? PL_NODE_MAP : PL_NODE_LIST)) {
        conf_wrong_type(b, f, at);
        return;
    }
    out->n = 0;
    size_t n = kept(at->node);
    if (!n) return;
    out->v = conf_take(b, n, f->sub->size);
    for (size_t i = 0; i < at->node->n && !failed(b); i++) {
        const pl_node *child = at->node->child[i];
        if (child->removed) continue;
        char number[24], *element = (char *)out->v + out->n++ * f->sub->size;
        snprintf(number, sizeof number, "%zu", i);
        conf_path path = {at->path, named ? child->key : number};
        if (named) {
            check_name(b, child);
            *(const char **)element = conf_keep(b, child->key);
        }
        conf_source item = {child, &path, child->place};
        bind_struct(b, f, element, &item);
    }
}

/* --- registry entries --- */

static const pl_entry *find_entry(conf_binder *b, const pl_registry *registry, const conf_source *at)
{
    const pl_entry *entry = at->node->kind == PL_NODE_SCALAR ? pl_registry_find(registry, at->node->text) : NULL;
    if (entry) return entry;
    enum { NAMES = 200 };
    const char *names[NAMES];
    size_t n = 0;
    for (; n < NAMES && registry->entries[n]; n++) names[n] = registry->entries[n]->name;
    const char *near = at->node->kind == PL_NODE_SCALAR ? pl_nearest(at->node->text, names, n) : NULL;
    pl_str list;
    pl_str_init(&list);
    conf_join(&list, names, n, ", ");
    const char *text = pl_str_end(&list);
    const char *remedy = near ? conf_remedy(b, "did you mean '%s'? There are: %s", near, text ? text : "") : conf_remedy(b,
        "one of %s", text ? text : "");
    pl_str_free(&list);
    if (at->node->kind == PL_NODE_SCALAR)
        conf_complain(b, at->place, remedy, "'%s' is '%s', which is no %s", conf_path_text(at->path).text,
                      conf_clip(at->node->text).text, registry->kind);
    else
        conf_complain(b, at->place, remedy, "'%s' is %s, not the name of a %s; its own keys stand beside it",
                      conf_path_text(at->path).text,
                      conf_describe(at->node).text, registry->kind);
    return NULL;
}

static void *bind_params(conf_binder *b, const pl_entry *entry, const level *at)
{
    if (!entry->params) return NULL;
    char *params = conf_take(b, 1, entry->params->size);
    if (params) bind_body(b, entry->params, params, at);
    return params;
}

/* The entry's own fields stand beside the key: at the same level. */
static void bind_choice(conf_binder *b, const pl_field *f, pl_choice *out, const conf_source *at, const level *beside)
{
    out->entry = find_entry(b, f->registry, at);
    if (out->entry) out->params = bind_params(b, out->entry, beside);
}

static void bind_term(conf_binder *b, const pl_field *f, pl_chosen *out, const conf_source *at)
{
    pl_node first = *at->node, *children[] = {&first}, shorthand = {.kind = PL_NODE_MAP, .place = at->place, .child = children,
                                                                    .n = 1};
    level here = {at->node, at->path, at->place};
    bool number = at->node->kind == PL_NODE_SCALAR && f->sub && f->sub->n_fields;
    if (at->node->kind != PL_NODE_MAP && !number) {
        conf_complain(b, at->place, conf_remedy(b, "a map of its keys%s", f->sub && f->sub->n_fields ? ", or a number" : ""),
                      "'%s' is %s",
                      conf_path_text(at->path).text, conf_describe(at->node).text);
        return;
    }
    if (number) {
        first.key = f->sub->fields[0].name;
        here.map = &shorthand;
    }
    const pl_node *term = pl_node_get(here.map, "term");
    pl_node by_key = {.kind = PL_NODE_SCALAR, .text = out->key, .place = at->node->key_place};
    conf_path path = {at->path, "term"};
    conf_source name = {term ? term : &by_key, term ? &path : at->path, term ? term->place : by_key.place};
    out->entry = find_entry(b, f->registry, &name);
    if (f->sub && (out->common = conf_take(b, 1, f->sub->size))) bind_body(b, f->sub, out->common, &here);
    if (!out->entry) return;
    out->params = bind_params(b, out->entry, &here);
    find_unknown(b, &here, f->sub, out->common, out->params ? out->entry->params : NULL, out->params, "term");
}

/* A list of names stands for the map of these terms at their defaults: [a, b] is {a: {}, b: {}}. NULL: it is not one. */
static pl_node *names_as_map(conf_binder *b, const pl_field *f, const conf_source *at)
{
    pl_node *map = conf_take(b, 1, sizeof *map);
    if (!map) return NULL;
    *map = (pl_node){.kind = PL_NODE_MAP, .place = at->node->place, .origin = at->node->origin};
    for (size_t i = 0; i < at->node->n; i++) {
        const pl_node *name = at->node->child[i];
        if (name->kind != PL_NODE_SCALAR) {
            conf_wrong_type(b, f, at);
            return NULL;
        }
        if (conf_node_index(map, name->text) >= 0) {
            conf_complain(b, name->place, "name it once, or write a map with keys of its own and `term`",
                          "'%s' stands twice in the list", name->text);
            return NULL;
        }
        pl_node *term = conf_take(b, 1, sizeof *term);
        if (!term) return NULL;
        *term = (pl_node){
            .kind = PL_NODE_MAP, .key = name->text, .place = name->place, .key_place = name->place, .origin = name->origin};
        if (!conf_node_append(b->arena, map, term)) {
            b->nomem = true;
            return NULL;
        }
    }
    return map;
}

static void bind_choices(conf_binder *b, const pl_field *f, pl_choices *out, const conf_source *at)
{
    const pl_node *map = at->node->kind == PL_NODE_LIST ? names_as_map(b, f, at) : at->node;
    if (!map) return;
    if (map->kind != PL_NODE_MAP) {
        conf_wrong_type(b, f, at);
        return;
    }
    out->n = 0;
    size_t n = kept(map);
    if (!n) return;
    out->v = conf_take(b, n, sizeof *out->v);
    for (size_t i = 0; i < map->n && !failed(b); i++) {
        const pl_node *child = map->child[i];
        if (child->removed) continue;
        pl_chosen *chosen = &out->v[out->n++];
        conf_path path = {at->path, child->key};
        conf_source item = {child, &path, child->place};
        if (!check_name(b, child) || !(chosen->key = conf_keep(b, child->key))) continue;
        bind_term(b, f, chosen, &item);
    }
}

/* --- a field --- */

static pl_node *without_removed(conf_binder *b, const pl_node *node)
{
    pl_node *copy = conf_take(b, 1, sizeof *copy);
    if (!copy) return NULL;
    *copy = *node;
    copy->child = NULL;
    copy->n = copy->capacity = 0;
    for (size_t i = 0; i < node->n; i++) {
        if (node->child[i]->removed) continue;
        pl_node *child = without_removed(b, node->child[i]);
        if (!child || !conf_node_append(b->arena, copy, child)) {
            b->nomem = true;
            return NULL;
        }
    }
    return copy;
}

static void bind_node(conf_binder *b, const pl_field *f, char *member, const conf_source *at, const level *beside)
{
    switch (f->type) {
    case PL_STRUCT: bind_struct(b, f, member, at); break;
    case PL_MAP:
    case PL_LIST: bind_map(b, f, (pl_map *)member, at); break;
    case PL_CHOICE: bind_choice(b, f, (pl_choice *)member, at, beside); break;
    case PL_CHOICES: bind_choices(b, f, (pl_choices *)member, at); break;
    case PL_NODE: *(const pl_node **)member = without_removed(b, at->node); break;
    default: conf_bind_value(b, f, member, at); break;
    }
}

/* The field's default, parsed from its YAML text. */
static pl_node *default_node(conf_binder *b, const pl_field *f, const level *at)
{
    pl_node *node = NULL;
    pl_status st = pl_yaml_parse(f->fallback, strlen(f->fallback), NULL, b->arena, b->diag, &node);
    if (st == PL_ERR_WORLD) b->nomem = true;
    else if (st) b->errors++;
    return node;
}

static void bind_field(conf_binder *b, const pl_field *f, char *member, const level *at)
{
    if (f->flags & PL_INLINE) {
        bind_body(b, f->sub, member, at);
        return;
    }
    conf_path path = {at->path, f->name};
    long index = conf_node_index(at->map, f->name);
    const pl_node *node = index < 0 ? NULL : at->map->child[index];
    bool nullable = f->flags & PL_NULLABLE || f->type == PL_NODE;
    if (node && node->removed && !(f->flags & PL_NULLABLE)) node = NULL;
    conf_source source = {node, &path, node ? node->place : at->place};
    if (!node) {
        if (f->fallback && !(source.node = default_node(b, f, at))) return;
        if (!f->fallback && conf_required(f)) {
            conf_complain(b, at->place, conf_remedy(b, "%s; for example `%s: %s`", f->doc ? f->doc : conf_type(f).text, f->name,
                                                    conf_example(f).text),
                          "required key '%s' is missing", conf_path_text(&path).text);
            return;
        }
    }
    if (source.node && source.node->kind == PL_NODE_NULL && nullable) conf_set_null(f, member);
    else if (source.node || f->type == PL_STRUCT) bind_node(b, f, member, &source, at);
    else conf_set_null(f, member);
}

pl_status pl_conf_bind(const pl_node *root, const pl_struct *top, void *out, pl_arena *arena, pl_diag *diag)
{
    conf_binder b = {.arena = arena, .diag = diag, .top = top};
    if (root && root->kind != PL_NODE_MAP) {
        pl_diag_add(diag, PL_ERROR, root->place, "`key: value` lines", "the whole is %s, not a map", conf_describe(root).text);
        return PL_ERR_USER;
    }
    level at = {root, NULL, root ? root->place : (pl_place){NULL, 0, 0}};
    bind_body(&b, top, out, &at);
    if (!b.nomem) find_unknown(&b, &at, top, out, NULL, NULL, NULL);
    if (b.nomem) return pl_diag_nomem(diag, "reading settings");
    return b.errors ? PL_ERR_USER : PL_OK;
}
