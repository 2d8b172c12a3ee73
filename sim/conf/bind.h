/* From trees to typed structs and back, by field tables (sim/base/field.h). */
#ifndef PL_CONF_BIND_H
#define PL_CONF_BIND_H

#include "sim/base/field.h"
#include "sim/base/str.h"
#include "sim/conf/node.h"

/* Where `extends:` and `preset:` are looked for: beside the file, then in each directory in turn. */
typedef struct pl_search { const char *const *dirs; size_t n; } pl_search;

/* Reads a scenario file with everything it extends (depth-first, later entries win, cycles refused) as one
 * tree; presets of structs with `presets` set are laid beneath the keys written beside them, so the table of
 * the whole (`top`) is needed. */
PL_MUST_USE pl_status pl_conf_load(const char *path, const pl_search *search, pl_arena *arena, pl_diag *diag, pl_node **root);
PL_MUST_USE pl_status pl_conf_presets(pl_node *root, const pl_struct *top, const pl_search *search, pl_arena *arena, pl_diag *diag);

/* Fills `out` (top->size bytes, zeroed by the caller) from the tree. Reports every error it finds: unknown keys
 * (with the nearest known), wrong types, values out of bounds, missing required ones, then the structs' own
 * checks for those structs whose fields were all right. PL_ERR_USER if any; then `out` must not be used. */
PL_MUST_USE pl_status pl_conf_bind(const pl_node *root, const pl_struct *top, void *out, pl_arena *arena, pl_diag *diag);

/* The whole of a bound struct as YAML that binds to the same values, each line with its unit and where the value
 * came from as a comment ("# s; default", "# tokens; base/math.yaml:12"). `root` may be NULL. */
PL_MUST_USE pl_status pl_conf_emit(pl_str *out, const pl_struct *top, const void *value, const pl_node *root);

/* A commented scenario with every key at its default: what `plateau new` writes. */
PL_MUST_USE pl_status pl_conf_template(pl_str *out, const pl_struct *top);
/* JSON Schema (draft 2020-12) of the whole. */
PL_MUST_USE pl_status pl_conf_schema(pl_str *out, const pl_struct *top, const char *title);
/* Reference in Markdown: one section per struct and per registry entry, one table row per key. */
PL_MUST_USE pl_status pl_conf_reference(pl_str *out, const pl_struct *top);
/* What `plateau explain KEY` prints for "world.formats.share" (map names may be left out or be any word), for a struct
 * ("world") or a bare last part that is unique ("group_size"). PL_ERR_USER with the nearest known keys otherwise. */
PL_MUST_USE pl_status pl_conf_explain(pl_str *out, const pl_struct *top, const char *key, pl_diag *diag);

#endif
