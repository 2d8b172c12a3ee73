/* What the files of this room share and nobody else needs. */
#ifndef PL_CONF_INTERNAL_H
#define PL_CONF_INTERNAL_H

#include "sim/base/str.h"
#include "sim/conf/bind.h"

/* --- trees (node.c) --- */
pl_node *conf_node_new(pl_arena *arena, pl_node_kind kind, pl_place place);            /* NULL: out of memory */
PL_MUST_USE bool conf_node_append(pl_arena *arena, pl_node *parent, pl_node *child);
long conf_node_index(const pl_node *map, const char *key);                           /* removed ones too; -1: none */
void conf_node_drop(pl_node *map, const char *key);
void conf_node_each(pl_node *node, void (*visit)(pl_node *node, void *context), void *context);

/* --- words (words.c) --- */
typedef struct conf_words { char text[200]; } conf_words;
conf_words conf_describe(const pl_node *node);           /* what was found: "a list", "the text 'abc'" */
conf_words conf_bounds(const pl_field *field);           /* "above 0 and at most 1"; "" without bounds */
conf_words conf_type(const pl_field *field);             /* "a number", "a list of texts", "one of a, b, c" */
conf_words conf_example(const pl_field *field);          /* a value that would be right */
conf_words conf_clip(const char *text);                  /* for quoting in a message: short, printable */
conf_words conf_default(const pl_field *field);          /* the fallback, "required", or "none" */
bool conf_bounded(const pl_field *field);                /* min = max = 0 means: no bounds were given */
bool conf_in_bounds(const pl_field *field, double x);
bool conf_required(const pl_field *field);
bool conf_name_ok(const char *name);                     /* usable as a name in a map, see bind.h */
#define CONF_NAME_RULE "letters, digits, '_', '-' and '+', beginning with a letter or digit"

/* A list of names in words: "a, b, c"; empty when n is 0. Out of memory breaks the string. */
void conf_join(pl_str *out, const char *const *names, size_t n, const char *between);

/* --- where a key stands (walk.c) --- */
typedef struct conf_visit {
    const char *path;                    /* "world.formats.<name>.share" */
    const pl_struct *owner;              /* the struct whose table has the field */
    const pl_field *field;
    const pl_entry *entry;               /* not NULL: the key is one of this entry's */
    const pl_registry *registry;         /* of the entry */
} conf_visit;
/* Visits every key reachable from `top`, parents first, in the order of the tables. Inline structs' keys at their
 * parent's level. Stops when `visit` returns false. */
void conf_walk(const pl_struct *top, bool (*visit)(const conf_visit *v, void *context), void *context);

/* --- YAML text (emit.c) --- */
void conf_yaml_text(pl_str *out, const char *text);      /* a scalar, quoted when it must be */

#endif
