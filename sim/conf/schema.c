/* JSON Schema (draft 2020-12) of a scenario file, for editors and other programs.
 *
 * It describes one file, not the whole with what that extends: so no key is `required`, and null is allowed wherever a
 * key could be removed from a lower layer. A choice from a registry adds its entries' keys to the level: each
 * entry is an if/then that gives its own keys their shape and forbids the other entries'. */
#include <string.h>

#include "sim/base/json.h"
#include "sim/conf/internal.h"

typedef struct schema {
    pl_json j;
    pl_arena arena;                  /* parsed defaults */
    bool nomem;
    int depth;
} schema;

static void write_field(schema *s, const pl_field *f);
static void write_properties(schema *s, const pl_struct *table);
static void write_choices_of(schema *s, const pl_struct *table);

static void text(schema *s, const char *key, const char *value)
{
    pl_json_key(&s->j, key);
    pl_json_string(&s->j, value);
}

static void flag(schema *s, const char *key, bool value)
{
    pl_json_key(&s->j, key);
    pl_json_bool(&s->j, value);
}

/* --- defaults --- */

static void write_json(schema *s, const pl_node *node)
{
    double x;
    switch (node->kind) {
    case PL_NODE_NULL: pl_json_null(&s->j); return;
    case PL_NODE_SCALAR:
        if (!node->quoted && (!strcmp(node->text, "true") || !strcmp(node->text, "false"))) pl_json_bool(&s->j, *node->text == 't');
        else if (!node->quoted && pl_read_number(node->text, &x)) pl_json_number(&s->j, x);
        else pl_json_string(&s->j, node->text);
        return;
    case PL_NODE_LIST:
        pl_json_array(&s->j);
        for (size_t i = 0; i < node->n; i++) write_json(s, node->child[i]);
        pl_json_end_array(&s->j);
        return;
    case PL_NODE_MAP:
        pl_json_object(&s->j);
        for (size_t i = 0; i < node->n; i++) pl_json_key(&s->j, node->child[i]->key), write_json(s, node->child[i]);
        pl_json_end_object(&s->j);
    }
}

static void write_default(schema *s, const pl_field *f)
{
    pl_node *node = NULL;
    if (!f->fallback) return;
    pl_status st = pl_yaml_parse(f->fallback, strlen(f->fallback), NULL, &s->arena, NULL, &node);
    if (st == PL_ERR_WORLD) s->nomem = true;
    if (st) return;
    pl_json_key(&s->j, "default");
    write_json(s, node);
}

/* --- values --- */

static void write_limits(schema *s, const pl_field *f)
{
    if (!conf_bounded(f)) return;
    if (!isinf(f->min)) pl_json_key(&s->j, f->flags & PL_OPEN_MIN ? "exclusiveMinimum" : "minimum"), pl_json_number(&s->j, f->min);
    if (!isinf(f->max)) pl_json_key(&s->j, f->flags & PL_OPEN_MAX ? "exclusiveMaximum" : "maximum"), pl_json_number(&s->j, f->max);
}

static void write_number(schema *s, const pl_field *f, const char *type)
{
    pl_json_object(&s->j);
    text(s, "type", type);
    write_limits(s, f);
    pl_json_end_object(&s->j);
}

static void write_simple(schema *s, const char *type)
{
    pl_json_object(&s->j);
    text(s, "type", type);
    pl_json_end_object(&s->j);
}

static void write_names(schema *s)
{
    pl_json_key(&s->j, "propertyNames");
    pl_json_object(&s->j);
    text(s, "pattern", "^[A-Za-z0-9][A-Za-z0-9_+-]*$");
    pl_json_end_object(&s->j);
}

static void write_per(schema *s, const pl_field *f)
{
    pl_json_key(&s->j, "anyOf");
    pl_json_array(&s->j);
    write_number(s, f, "number");
    pl_json_object(&s->j);
    text(s, "type", "object");
    write_names(s);
    pl_json_key(&s->j, "additionalProperties");
    write_number(s, f, "number");
    pl_json_end_object(&s->j);
    pl_json_end_array(&s->j);
}

static void write_list(schema *s, const pl_field *f)
{
    text(s, "type", "array");
    pl_json_key(&s->j, "items");
    if (f->type == PL_REALS) write_number(s, f, "number");
    else write_simple(s, "string");
}

static void write_enum(schema *s, const pl_field *f)
{
    pl_json_key(&s->j, "enum");
    pl_json_array(&s->j);
    for (size_t i = 0; f->names[i]; i++) pl_json_string(&s->j, f->names[i]);
    pl_json_end_array(&s->j);
}

static void write_entry_names(schema *s, const pl_registry *registry)
{
    pl_json_key(&s->j, "enum");
    pl_json_array(&s->j);
    for (size_t i = 0; registry->entries[i]; i++) pl_json_string(&s->j, registry->entries[i]->name);
    pl_json_end_array(&s->j);
}

/* --- structs --- */

/* The members of an object schema that stands for a struct; `f` may be a shorthand. */
static void write_struct(schema *s, const pl_struct *table)
{
    text(s, "type", "object");
    pl_json_key(&s->j, "properties");
    pl_json_object(&s->j);
    if (table->presets) pl_json_key(&s->j, "preset"), write_simple(s, "string");
    if (s->depth == 0) pl_json_key(&s->j, "extends"), pl_json_bool(&s->j, true);
    s->depth++;
    write_properties(s, table);
    s->depth--;
    pl_json_end_object(&s->j);
    flag(s, "additionalProperties", false);
    write_choices_of(s, table);
}

/* A struct where it is held: with PL_SHORTHAND its first field's value will do. */
static void write_held(schema *s, const pl_field *f)
{
    pl_json_object(&s->j);
    if (!(f->flags & PL_SHORTHAND)) {
        write_struct(s, f->sub);
        pl_json_end_object(&s->j);
        return;
    }
    pl_json_key(&s->j, "anyOf");
    pl_json_array(&s->j);
    write_field(s, &f->sub->fields[0]);
    pl_json_object(&s->j);
    write_struct(s, f->sub);
    pl_json_end_object(&s->j);
    pl_json_end_array(&s->j);
    pl_json_end_object(&s->j);
}

static void write_held_by_name(schema *s, const pl_field *f)
{
    text(s, "type", "object");
    write_names(s);
    pl_json_key(&s->j, "additionalProperties");
    pl_json_object(&s->j);
    pl_json_key(&s->j, "anyOf");
    pl_json_array(&s->j);
    write_simple(s, "null");                                 /* removes the name from a lower layer */
    write_held(s, f);
    pl_json_end_array(&s->j);
    pl_json_end_object(&s->j);
}

/* `term` with the common keys and those of every entry. Which entry a term without `term` is depends on its own name,
 * beyond what a schema can say; so here the entries' keys are offered together. */
static void write_terms(schema *s, const pl_field *f)
{
    pl_json_key(&s->j, "type"), pl_json_array(&s->j), pl_json_string(&s->j, "object"), pl_json_string(&s->j, "array"),
        pl_json_end_array(&s->j);
    pl_json_key(&s->j, "items");                             /* of a list of names */
    pl_json_object(&s->j);
    write_entry_names(s, f->registry);
    pl_json_end_object(&s->j);
    write_names(s);
    pl_json_key(&s->j, "additionalProperties");
    pl_json_object(&s->j);
    pl_json_key(&s->j, "anyOf");
    pl_json_array(&s->j);
    write_simple(s, "null");
    if (f->sub && f->sub->n_fields) write_field(s, &f->sub->fields[0]);
    for (size_t i = 0; f->registry->entries[i]; i++) {
        const pl_entry *entry = f->registry->entries[i];
        pl_json_object(&s->j);
        if (entry->doc) text(s, "description", entry->doc);
        text(s, "type", "object");
        pl_json_key(&s->j, "properties");
        pl_json_object(&s->j);
        pl_json_key(&s->j, "term");
        pl_json_object(&s->j);
        text(s, "const", entry->name);
        pl_json_end_object(&s->j);
        if (f->sub) write_properties(s, f->sub);
        if (entry->params) write_properties(s, entry->params);
        pl_json_end_object(&s->j);
        flag(s, "additionalProperties", false);
        pl_json_end_object(&s->j);
    }
    pl_json_end_array(&s->j);
    pl_json_end_object(&s->j);
}

static void write_type(schema *s, const pl_field *f)
{
    switch (f->type) {
    case PL_BOOL: text(s, "type", "boolean"); break;
    case PL_INT: text(s, "type", "integer"), write_limits(s, f); break;
    case PL_REAL: text(s, "type", "number"), write_limits(s, f); break;
    case PL_STRING: pl_json_key(&s->j, "type"), pl_json_array(&s->j), pl_json_string(&s->j, "string"), pl_json_string(&s->j,
        "number"), pl_json_end_array(&s->j); break;
    case PL_ENUM: write_enum(s, f); break;
    case PL_REALS:
    case PL_STRINGS: write_list(s, f); break;
    case PL_PER: write_per(s, f); break;
    case PL_MAP: write_held_by_name(s, f); break;
    case PL_LIST: text(s, "type", "array"), pl_json_key(&s->j, "items"), write_held(s, f); break;
    case PL_CHOICE: write_entry_names(s, f->registry); break;
    case PL_CHOICES: write_terms(s, f); break;
    case PL_STRUCT:
    case PL_NODE: break;
    }
}

static void write_about(schema *s, const pl_field *f)
{
    if (f->doc) text(s, "description", f->doc);
    if (f->unit) text(s, "x-unit", f->unit);
    if (f->source) text(s, "x-source", f->source);
    write_default(s, f);
}

/* Any key may be null: it then removes what a lower layer wrote. */
static void write_field(schema *s, const pl_field *f)
{
    pl_json_object(&s->j);
    write_about(s, f);
    if (f->type != PL_NODE) {
        pl_json_key(&s->j, "anyOf");
        pl_json_array(&s->j);
        if (f->type == PL_STRUCT) {
            write_held(s, f);
        } else {
            pl_json_object(&s->j);
            write_type(s, f);
            pl_json_end_object(&s->j);
        }
        write_simple(s, "null");
        pl_json_end_array(&s->j);
    }
    pl_json_end_object(&s->j);
}

/* Does an earlier entry of the registry have a key of this name? */
static bool named_before(const pl_registry *registry, size_t before, const char *name)
{
    for (size_t i = 0; i < before; i++) {
        const pl_struct *params = registry->entries[i]->params;
        for (size_t k = 0; params && k < params->n_fields; k++)
            if (!strcmp(params->fields[k].name, name)) return true;
    }
    return false;
}

/* Calls for every key name of the registry's entries, each once. */
static void each_param(const pl_registry *registry, void (*call)(schema *s, const pl_field *f, const pl_struct *own), schema *s,
                       const pl_struct *own)
{
    for (size_t i = 0; registry->entries[i]; i++) {
        const pl_struct *params = registry->entries[i]->params;
        for (size_t k = 0; params && k < params->n_fields; k++)
            if (!named_before(registry, i, params->fields[k].name)) call(s, &params->fields[k], own);
    }
}

static void allow(schema *s, const pl_field *f, const pl_struct *own)
{
    flag(s, f->name, true);
}

static void forbid_foreign(schema *s, const pl_field *f, const pl_struct *own)
{
    for (size_t i = 0; own && i < own->n_fields; i++)
        if (!strcmp(own->fields[i].name, f->name)) return;
    flag(s, f->name, false);
}

static void write_properties(schema *s, const pl_struct *table)
{
    for (size_t i = 0; i < table->n_fields; i++) {
        const pl_field *f = &table->fields[i];
        if (f->flags & PL_INLINE) {
            write_properties(s, f->sub);
            continue;
        }
        pl_json_key(&s->j, f->name);
        write_field(s, f);
        if (f->type == PL_CHOICE) each_param(f->registry, allow, s, NULL);
    }
}

/* if method is X (or nothing is written and X is the default), then X's keys and no other entry's. */
static void write_alternatives(schema *s, const pl_field *f)
{
    for (size_t i = 0; f->registry->entries[i]; i++) {
        const pl_entry *entry = f->registry->entries[i];
        bool is_default = f->fallback && !strcmp(f->fallback, entry->name);
        pl_json_object(&s->j);
        pl_json_key(&s->j, "if");
        pl_json_object(&s->j);
        pl_json_key(&s->j, "properties");
        pl_json_object(&s->j);
        pl_json_key(&s->j, f->name);
        pl_json_object(&s->j);
        text(s, "const", entry->name);
        pl_json_end_object(&s->j);
        pl_json_end_object(&s->j);
        if (!is_default) pl_json_key(&s->j, "required"), pl_json_array(&s->j), pl_json_string(&s->j,
            f->name), pl_json_end_array(&s->j);
        pl_json_end_object(&s->j);
        pl_json_key(&s->j, "then");
        pl_json_object(&s->j);
        pl_json_key(&s->j, "properties");
        pl_json_object(&s->j);
        if (entry->params) write_properties(s, entry->params);
        /* The file may leave the choice to a lower layer: then any entry's keys may stand here. */
        if (!is_default) each_param(f->registry, forbid_foreign, s, entry->params);
        pl_json_end_object(&s->j);
        pl_json_end_object(&s->j);
        pl_json_end_object(&s->j);
    }
}

static size_t count_choices(const pl_struct *table)
{
    size_t n = 0;
    for (size_t i = 0; i < table->n_fields; i++) {
        const pl_field *f = &table->fields[i];
        n += f->flags & PL_INLINE ? count_choices(f->sub) : f->type == PL_CHOICE;
    }
    return n;
}

static void write_level_choices(schema *s, const pl_struct *table)
{
    for (size_t i = 0; i < table->n_fields; i++) {
        const pl_field *f = &table->fields[i];
        if (f->flags & PL_INLINE) write_level_choices(s, f->sub);
        else if (f->type == PL_CHOICE) write_alternatives(s, f);
    }
}

static void write_choices_of(schema *s, const pl_struct *table)
{
    if (!count_choices(table)) return;
    pl_json_key(&s->j, "allOf");
    pl_json_array(&s->j);
    write_level_choices(s, table);
    pl_json_end_array(&s->j);
}

pl_status pl_conf_schema(pl_str *out, const pl_struct *top, const char *title)
{
    schema s = {.depth = 0};
    pl_arena_init(&s.arena);
    pl_json_init(&s.j, out);
    pl_json_object(&s.j);
    text(&s, "$schema", "https://json-schema.org/draft/2020-12/schema");
    text(&s, "title", title);
    if (top->doc) text(&s, "description", top->doc);
    write_struct(&s, top);
    pl_json_end_object(&s.j);
    pl_str_addc(out, '\n');
    pl_arena_free(&s.arena);
    return s.nomem || out->broken ? PL_ERR_WORLD : PL_OK;
}
