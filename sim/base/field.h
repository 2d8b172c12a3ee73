/* Field tables: one description of a struct from which everything else about its keys follows --
 * parsing, bounds, units, defaults, `explain`, the JSON Schema, the reference page, `resolved.yaml`.
 *
 * A scenario is a tree of C structs. Each has one pl_struct with one pl_field per key. The types here know
 * nothing of YAML; sim/conf binds trees to them. Defaults are written as YAML text, so that they take the
 * same road as what the user writes.
 *
 * C type of the member by field type:
 *   PL_BOOL bool            PL_INT int64_t        PL_REAL double (null allowed with PL_NULLABLE: NaN)
 *   PL_STRING const char *  PL_ENUM int (index into `names`)
 *   PL_REALS pl_reals       PL_STRINGS pl_strings
 *   PL_PER pl_per           one number for all, or a map name -> number (key `default` for the rest)
 *   PL_STRUCT the struct itself, inline
 *   PL_MAP pl_map           map name -> struct `sub`, in order of writing; the struct's first member is
 *                           `const char *name` (it is not in the field table)
 *   PL_LIST pl_map          sequence of structs `sub` (no name member)
 *   PL_CHOICE pl_choice     name of a registry entry; the entry's own fields stand beside this key
 *   PL_CHOICES pl_choices   map key -> { term: NAME (default: the key), <fields of `sub`>, <entry's fields> }, or
 *                           a list of names, each at its defaults
 *   PL_NODE const struct pl_node *   kept as it was written, for its owner to read
 */
#ifndef PL_BASE_FIELD_H
#define PL_BASE_FIELD_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sim/base/diag.h"

typedef enum pl_type {
    PL_BOOL, PL_INT, PL_REAL, PL_STRING, PL_ENUM, PL_REALS, PL_STRINGS, PL_PER,
    PL_STRUCT, PL_MAP, PL_LIST, PL_CHOICE, PL_CHOICES, PL_NODE
} pl_type;

enum {                        /* flags */
    PL_NULLABLE  = 1,         /* null is a value: NaN, NULL, INT64_MIN, or an empty list */
    PL_OPEN_MIN  = 2,         /* x > min instead of x >= min */
    PL_OPEN_MAX  = 4,
    PL_SHORTHAND = 8,         /* PL_STRUCT: a scalar or sequence stands for the struct's first field */
    PL_REQUIRED  = 16,        /* no default: must be written */
    PL_INLINE    = 32         /* PL_STRUCT: its keys stand at the level of the struct that holds it */
};

typedef struct pl_reals   { double *v; size_t n; } pl_reals;
typedef struct pl_strings { const char **v; size_t n; } pl_strings;
typedef struct pl_per     { double all; const char **names; double *v; size_t n; } pl_per;
typedef struct pl_map     { void *v; size_t n; } pl_map;              /* n structs of sub->size bytes */

struct pl_node;
struct pl_entry;
struct pl_registry;
typedef struct pl_choice  { const struct pl_entry *entry; void *params; } pl_choice;
typedef struct pl_chosen  { const char *key; const struct pl_entry *entry; void *common; void *params; } pl_chosen;
typedef struct pl_choices { pl_chosen *v; size_t n; } pl_choices;

struct pl_struct;
typedef struct pl_field {
    const char *name;
    pl_type type;
    size_t offset;
    const char *fallback;               /* default as YAML text; NULL: required, or the empty struct/map/list */
    double min, max;                    /* for numbers, each element of PL_REALS, each value of PL_PER */
    unsigned flags;
    const char *unit;                   /* "s", "tokens", "logits", "fraction"...; NULL: none */
    const char *const *names;           /* PL_ENUM: NULL-terminated */
    const struct pl_struct *sub;        /* PL_STRUCT, PL_MAP, PL_LIST; PL_CHOICES: fields common to all entries */
    const struct pl_registry *registry; /* PL_CHOICE, PL_CHOICES */
    const char *doc;                    /* one or two sentences for explain and the reference */
    const char *source;                 /* arXiv number and equation, or NULL */
} pl_field;

/* Checks that no single field can make (sums, order, names that must exist). `place(ctx, "a.b")` gives the
 * place of a key of this struct for the message. Adds to diag; returns nothing: the caller counts errors. */
typedef struct pl_check {
    pl_diag *diag;
    pl_place (*place)(const struct pl_check *check, const char *path);
    const void *context;                /* of the binder */
} pl_check;

typedef struct pl_struct {
    const char *name;                   /* "world", "strategy"... */
    const char *doc;
    size_t size;
    const pl_field *fields;
    size_t n_fields;
    void (*check)(const void *self, const pl_check *check);   /* may be NULL */
    const char *presets;                /* not NULL: key `preset: NAME` loads base/<presets>/NAME.yaml beneath */
} pl_struct;

/* Is a field at its default? Needed where one choice leaves others without effect. Not for choices, lists and nodes. */
bool pl_field_at_default(const pl_field *field, const void *self);

/* Complains of each of the named fields (NULL-terminated) that is not: "'NAME' has no effect WHY; leave it out". */
void pl_must_be_default(const pl_struct *type, const void *self, const pl_check *check, const char *const *names, const char *why);

#define PL_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PL_INF INFINITY

/* A registry entry: what every plug-in exports, as the first member of its own constant struct. */
typedef struct pl_entry {
    const char *name;
    const char *doc;                    /* one line */
    const char *source;                 /* arXiv number and equation, or NULL */
    const pl_struct *params;            /* field table of its own keys, or NULL */
} pl_entry;

/* All entries of a kind, collected by the Makefile from files <kind>_*.c. */
typedef struct pl_registry {
    const char *kind;                   /* "reward", "figure", ... */
    const char *doc;
    const pl_entry *const *entries;     /* NULL-terminated, sorted by name */
} pl_registry;

const pl_entry *pl_registry_find(const pl_registry *registry, const char *name);   /* NULL if unknown */
size_t pl_registry_count(const pl_registry *registry);

#endif
