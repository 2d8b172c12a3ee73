/* What one key means: found by its path, by a path without map names, or by its last part alone. */
#include <string.h>

#include "sim/conf/internal.h"

enum { KEYS = 1024, PATH_BYTES = 512 };

/* --- finding --- */

/* Does `key` mean the path? A part "<name>" stands for any word, or for none. */
static bool means(const char *path, const char *key)
{
    while (*path) {
        size_t n = strcspn(path, "."), m = strcspn(key, ".");
        const char *rest = path + n + (path[n] == '.'), *key_rest = key + m + (key[m] == '.');
        if (n == 6 && !strncmp(path, "<name>", n)) return means(rest, key) || (m && means(rest, key_rest));
        if (n != m || strncmp(path, key, n) != 0) return false;
        path = rest;
        key = key_rest;
    }
    return !*key;
}

typedef struct search {
    const char *key;
    char path[PATH_BYTES];           /* of the find */
    conf_visit found;
    size_t exact, by_name;           /* how many keys match */
    pl_arena *arena;
    const char *paths[KEYS];         /* all of them, and their last parts, for the nearest */
    const char *same_name[8];
    size_t n;
    bool nomem;
} search;

static void keep_visit(search *s, const conf_visit *v)
{
    snprintf(s->path, sizeof s->path, "%s", v->path);
    s->found = *v;
    s->found.path = s->path;
}

static bool consider(const conf_visit *v, void *context)
{
    search *s = context;
    const char *path = pl_arena_strdup(s->arena, v->path);
    if (!path) {
        s->nomem = true;
        return false;
    }
    if (s->n < KEYS) s->paths[s->n++] = path;
    if (means(v->path, s->key)) {
        if (!s->exact++) keep_visit(s, v);
    } else if (!strcmp(v->field->name, s->key)) {
        if (s->by_name < PL_COUNT(s->same_name)) s->same_name[s->by_name] = path;
        if (!s->exact && !s->by_name) keep_visit(s, v);
        s->by_name++;
    }
    return true;
}

/* --- telling --- */

static void line(pl_str *out, const char *label, const char *text)
{
    if (text && *text) pl_str_addf(out, "  %-9s %s\n", label, text);
}

static void key_lines(pl_str *out, const pl_struct *s)
{
    for (size_t i = 0; i < s->n_fields; i++) {
        const pl_field *f = &s->fields[i];
        if (f->flags & PL_INLINE) {
            key_lines(out, f->sub);
            continue;
        }
        pl_str_addf(out, "    %-24s %s\n", f->name, f->doc ? f->doc : "");
    }
}

static void tell_struct(pl_str *out, const pl_struct *s)
{
    if (s->presets) pl_str_addf(out, "  `preset: NAME` takes base/%s/NAME.yaml beneath the keys written beside it.\n", s->presets);
    if (!s->n_fields) return;
    pl_str_add(out, "  keys\n");
    key_lines(out, s);
}

static void tell_entries(pl_str *out, const pl_registry *registry)
{
    pl_str_addf(out, "  %ss\n", registry->kind);
    for (size_t i = 0; registry->entries[i]; i++)
        pl_str_addf(out, "    %-24s %s\n", registry->entries[i]->name, registry->entries[i]->doc ? registry->entries[i]->doc : "");
}

static void tell_field(pl_str *out, const conf_visit *v)
{
    const pl_field *f = v->field;
    conf_words type = conf_type(f), within = conf_bounds(f), fallback = conf_default(f);
    pl_str_addf(out, "%s\n", v->path);
    if (f->doc) pl_str_addf(out, "  %s\n", f->doc);
    if (v->entry) pl_str_addf(out, "  %-9s %s '%s'\n", "of", v->registry->kind, v->entry->name);
    pl_str_addf(out, "  %-9s %s%s\n", "type", type.text, f->flags & PL_NULLABLE ? ", or null for none" : "");
    line(out, "unit", f->unit);
    line(out, "bounds", within.text);
    line(out, "default", fallback.text);
    line(out, "source", f->source);
    if (f->registry) tell_entries(out, f->registry);
    if (f->sub) tell_struct(out, f->sub);
}

static void tell_entry(pl_str *out, const pl_registry *registry, const pl_entry *entry)
{
    pl_str_addf(out, "%s '%s'\n", registry->kind, entry->name);
    if (entry->doc) pl_str_addf(out, "  %s\n", entry->doc);
    line(out, "source", entry->source);
    if (entry->params) tell_struct(out, entry->params);
}

/* "algorithm.baseline.mean", "baseline.mean" or just "mean": an entry of a reachable registry. */
static bool try_entry(pl_str *out, const pl_struct *top, const char *key)
{
    const pl_registry *registries[64];
    size_t n = pl_conf_registries(top, registries, PL_COUNT(registries)), matches = 0;
    const char *last = strrchr(key, '.');
    const pl_registry *where = NULL;
    for (size_t i = 0; i < n && i < PL_COUNT(registries); i++)
        if (pl_registry_find(registries[i], last ? last + 1 : key)) {
            const char *kind = registries[i]->kind;
            size_t length = strlen(kind), before = last ? (size_t)(last - key) : 0;
            bool named = before >= length && !strncmp(last - length, kind, length) && (before == length ||
                                                                                       last[-1 - (long)length] == '.');
            if (last && !named) continue;
            where = registries[i];
            matches++;
        }
    if (matches != 1) return false;
    tell_entry(out, where, pl_registry_find(where, last ? last + 1 : key));
    return true;
}

/* --- not found --- */

static pl_status ambiguous(const search *s, pl_diag *diag)
{
    pl_str list;
    pl_str_init(&list);
    size_t n = s->by_name < PL_COUNT(s->same_name) ? s->by_name : PL_COUNT(s->same_name);
    conf_join(&list, s->same_name, n, ", ");
    const char *text = pl_str_end(&list);
    pl_diag_add(diag, PL_ERROR, (pl_place){NULL, 0, 0}, text, "several keys are called '%s'", s->key);
    pl_str_free(&list);
    return PL_ERR_USER;
}

static pl_status unknown(search *s, pl_diag *diag)
{
    const char *near = pl_nearest(s->key, s->paths, s->n);
    const char *last[KEYS];
    for (size_t i = 0; i < s->n; i++) {
        const char *dot = strrchr(s->paths[i], '.');
        last[i] = dot ? dot + 1 : s->paths[i];
    }
    const char *dot = strrchr(s->key, '.');
    const char *word = near ? NULL : pl_nearest(dot ? dot + 1 : s->key, last, s->n);
    for (size_t i = 0; word && !near && i < s->n; i++)
        if (!strcmp(last[i], word)) near = s->paths[i];
    char *remedy = near ? pl_arena_printf(s->arena, "did you mean '%s'?", near) : NULL;
    pl_diag_add(diag, PL_ERROR, (pl_place){NULL, 0, 0}, remedy ? remedy : "`plateau explain world` lists the keys of world",
                "unknown key '%s'",
                conf_clip(s->key).text);
    return PL_ERR_USER;
}

pl_status pl_conf_explain(pl_str *out, const pl_struct *top, const char *key, pl_diag *diag)
{
    pl_arena arena;
    pl_arena_init(&arena);
    pl_status st = PL_OK;
    search *s = pl_arena_alloc(&arena, sizeof *s);
    if (s) {
        s->key = key;
        s->arena = &arena;
        conf_walk(top, consider, s);
    }
    if (!s || s->nomem) st = pl_diag_nomem(diag, "explaining a key");
    else if (s->exact || s->by_name == 1) tell_field(out, &s->found);
    else if (s->by_name) st = ambiguous(s, diag);
    else if (!try_entry(out, top, key)) st = unknown(s, diag);
    if (!st && out->broken) st = pl_diag_nomem(diag, "explaining a key");
    pl_arena_free(&arena);
    return st;
}
