/* From trees to typed structs and back, by field tables (sim/base/field.h).
 *
 * The way of a scenario: pl_conf_load reads the file with all it extends as one raw tree; an arm and --set are laid upon
 * a clone of it (pl_node_merge, pl_node_set); pl_conf_presets then replaces every `preset:` by what it stands for,
 * beneath the keys written beside it; pl_conf_bind makes the struct. Presets come after the layers, so that an arm can
 * choose another preset and keep the keys that were written explicitly.
 *
 * How values are read
 *   numbers      decimal, 1e-6 style allowed; not quoted, hexadecimal, .nan or .inf ("none" is null, where the field
 *                is PL_NULLABLE). Whole numbers may be written 1e3. min = max = 0 in a table: no bounds.
 *   bools        true, false.   texts: any scalar, also an unquoted number.
 *   lists        always in brackets or with dashes, also for one item.
 *   null         a value only where PL_NULLABLE (PL_NODE: always). A null laid upon a lower layer's key removes the key:
 *                the default returns, or "none" where the field is PL_NULLABLE.
 *   PL_PER       names left out take `default`, else the field's default where that is a number, else NaN.
 *   PL_MAP and PL_CHOICES keys, PL_PER names: letters, digits, '_', '-', '+', beginning with a letter or digit ('.' separates
 *                the parts of a path, '/' and ',' those of columns and rows); `default` is taken in maps.
 *   PL_SHORTHAND also on PL_MAP and PL_LIST: an element written as a scalar or list is its first field.
 *   PL_CHOICES   `reward: {format: 0.5}` is `reward: {format: {weight: 0.5}}`: a scalar is the first common field.
 *   PL_INLINE    keys at the level of the holder. Two tables at one level must not share a key.
 * Without PL_REQUIRED a field whose `fallback` is NULL is null where PL_NULLABLE, empty for structs, maps and lists, and
 * required otherwise.
 */
#ifndef PL_CONF_BIND_H
#define PL_CONF_BIND_H

#include "sim/base/field.h"
#include "sim/base/str.h"
#include "sim/conf/node.h"

/* Where `extends:` and `preset:` are looked for: beside the file, then in each directory in turn. */
typedef struct pl_search { const char *const *dirs; size_t n; } pl_search;

/* Reads a scenario file with everything it extends (depth-first, later entries win, cycles refused) as one
 * tree without `extends`. Names are looked for beside the file, in each search directory and in its scenarios/, as written
 * and with .yaml. */
PL_MUST_USE pl_status pl_conf_load(const char *path, const pl_search *search, pl_arena *arena, pl_diag *diag, pl_node **root);
/* Replaces every `preset:` by base/<presets>/NAME.yaml, beneath the keys beside it; the key itself goes, so a second call
 * does nothing. */
PL_MUST_USE pl_status pl_conf_presets(pl_node *root, const pl_struct *top, const pl_search *search, pl_arena *arena, pl_diag *diag);

/* Fills `out` (top->size bytes, zeroed by the caller) from the tree. Reports every error it finds: unknown keys
 * (with the nearest known), wrong types, values out of bounds, missing required ones, then the structs' own
 * checks for those structs whose fields were all right. PL_ERR_USER if any; then `out` must not be used. */
PL_MUST_USE pl_status pl_conf_bind(const pl_node *root, const pl_struct *top, void *out, pl_arena *arena, pl_diag *diag);

/* The whole of a bound struct as YAML that binds to the same values, each line with its unit and where the value
 * came from as a comment ("# s; default", "# tokens; base/math.yaml:12"). `root` may be NULL. */
PL_MUST_USE pl_status pl_conf_emit(pl_str *out, const pl_struct *top, const void *value, const pl_node *root);

/* What an arm must say upon the emitted YAML of `base` to become `value` (both structs of table `top`): a map of the keys that
 * differ, null for those that go. resolved.yaml needs this for its arms, because there every key of the base is
 * explicit and would win over a preset that an arm names. */
PL_MUST_USE pl_status pl_conf_overlay(const pl_struct *top, const void *base, const void *value, pl_arena *arena, pl_diag *diag,
                                      pl_node **overlay);

/* Registries reachable from a table, in the order met; at most `limit`. Returns how many there are. */
size_t pl_conf_registries(const pl_struct *top, const pl_registry **out, size_t limit);

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
