/* Every key that a table reaches, with the path a user would write for it. */
#include <stdio.h>
#include <string.h>

#include "sim/conf/internal.h"

enum { WALK_DEPTH = 16, PATH_BYTES = 512 };

typedef struct walk {
    bool (*visit)(const conf_visit *v, void *context);
    void *context;
    char path[PATH_BYTES];
    int depth;
} walk;

static bool walk_struct(walk *w, const pl_struct *s, const pl_entry *entry, const pl_registry *registry);

/* Appends ".name" to the path and gives the length to cut it back to. */
static size_t push(walk *w, const char *name)
{
    size_t length = strlen(w->path);
    snprintf(w->path + length, PATH_BYTES - length, "%s%s", length ? "." : "", name);
    return length;
}

static bool walk_entries(walk *w, const pl_registry *registry)
{
    for (size_t i = 0; registry->entries[i]; i++) {
        const pl_entry *entry = registry->entries[i];
        if (entry->params && !walk_struct(w, entry->params, entry, registry)) return false;
    }
    return true;
}

static bool walk_below(walk *w, const pl_field *f)
{
    size_t length;
    bool go = true;
    switch (f->type) {
    case PL_STRUCT: return walk_struct(w, f->sub, NULL, NULL);
    case PL_MAP:
    case PL_LIST:
    case PL_CHOICES:
        length = push(w, "<name>");
        if (f->sub) go = walk_struct(w, f->sub, NULL, NULL);
        if (go && f->type == PL_CHOICES) go = walk_entries(w, f->registry);
        w->path[length] = '\0';
        return go;
    default: return true;
    }
}

static bool walk_struct(walk *w, const pl_struct *s, const pl_entry *entry, const pl_registry *registry)
{
    if (w->depth >= WALK_DEPTH) return true;
    w->depth++;
    bool go = true;
    for (size_t i = 0; i < s->n_fields && go; i++) {
        const pl_field *f = &s->fields[i];
        if (f->flags & PL_INLINE) {
            go = walk_struct(w, f->sub, entry, registry);
            continue;
        }
        size_t length = push(w, f->name);
        conf_visit v = {w->path, s, f, entry, registry};
        go = w->visit(&v, w->context) && walk_below(w, f);
        w->path[length] = '\0';
        if (go && f->type == PL_CHOICE) go = walk_entries(w, f->registry);      /* beside the key */
    }
    w->depth--;
    return go;
}

void conf_walk(const pl_struct *top, bool (*visit)(const conf_visit *v, void *context), void *context)
{
    walk w = {.visit = visit, .context = context};
    walk_struct(&w, top, NULL, NULL);
}

typedef struct registry_list { const pl_registry **out; size_t limit, n; } registry_list;

static bool note_registry(const conf_visit *v, void *context)
{
    registry_list *list = context;
    const pl_registry *registry = v->field->registry;
    if (!registry) return true;
    for (size_t i = 0; i < list->n && i < list->limit; i++)
        if (list->out[i] == registry) return true;
    if (list->n < list->limit) list->out[list->n] = registry;
    list->n++;
    return true;
}

size_t pl_conf_registries(const pl_struct *top, const pl_registry **out, size_t limit)
{
    registry_list list = {out, limit, 0};
    conf_walk(top, note_registry, &list);
    return list.n;
}
