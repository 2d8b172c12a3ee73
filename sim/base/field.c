/* Look-ups in registries, which hold some tens of entries, so that a walk is enough; and whether a field is at its default. */
#include "sim/base/field.h"

#include <stdbool.h>
#include <string.h>
#include "sim/base/str.h"

const pl_entry *pl_registry_find(const pl_registry *registry, const char *name)
{
    for (const pl_entry *const *e = registry->entries; *e; e++)
        if (strcmp((*e)->name, name) == 0)
            return *e;
    return NULL;
}

size_t pl_registry_count(const pl_registry *registry)
{
    size_t n = 0;
    while (registry->entries[n])
        n++;
    return n;
}

static bool number_is(double value, const char *text)
{
    double x = 0.0;
    if (!strcmp(text, "null")) return isnan(value);
    return pl_read_number(text, &x) && x == value;
}

/* Compares with a flow sequence of numbers such as "[0, 1]". */
static bool reals_are(const pl_reals *value, const char *text)
{
    size_t n = 0;
    const char *s = text ? text + strspn(text, "[ ") : "";
    while (*s && *s != ']') {
        char word[32] = "";
        const size_t length = strcspn(s, ", ]");
        if (length >= sizeof word || n >= value->n) return false;
        memcpy(word, s, length);
        if (!number_is(value->v[n++], word)) return false;
        s += length;
        s += strspn(s, ", ");
    }
    return n == value->n;
}

static bool struct_at_default(const pl_struct *type, const void *self);

/* A map's default is one entry, written "{name: {}}". */
static bool map_at_default(const pl_field *f, const pl_map *map)
{
    if (!f->fallback) return map->n == 0;
    const char *name = map->n == 1 ? *(const char *const *)map->v : "";
    const size_t length = strcspn(f->fallback + 1, ":");
    return map->n == 1 && strlen(name) == length && !strncmp(name, f->fallback + 1, length) &&
           struct_at_default(f->sub, map->v);
}

bool pl_field_at_default(const pl_field *f, const void *self)
{
    const void *member = (const char *)self + f->offset;
    switch (f->type) {
    case PL_REAL:   return number_is(*(const double *)member, f->fallback);
    case PL_BOOL:   return *(const bool *)member == !strcmp(f->fallback, "true");
    case PL_INT:    return number_is((double)*(const int64_t *)member, f->fallback);
    case PL_ENUM:   return !strcmp(f->names[*(const int *)member], f->fallback);
    case PL_PER:    return ((const pl_per *)member)->n == 0 && number_is(((const pl_per *)member)->all, f->fallback);
    case PL_REALS:  return reals_are(member, f->fallback);
    case PL_STRUCT: return struct_at_default(f->sub, member);
    case PL_MAP:    return map_at_default(f, member);
    default:        return *(const char *const *)member == NULL;       /* PL_STRING: null by default */
    }
}

static bool struct_at_default(const pl_struct *type, const void *self)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        if (!pl_field_at_default(&type->fields[i], self)) return false;
    }
    return true;
}

void pl_must_be_default(const pl_struct *type, const void *self, const pl_check *check, const char *const *names, const char *why)
{
    for (; *names; names++) {
        for (size_t i = 0; i < type->n_fields; i++) {
            const pl_field *f = &type->fields[i];
            if (!strcmp(f->name, *names) && !pl_field_at_default(f, self))
                pl_diag_add(check->diag, PL_ERROR, check->place(check, f->name), "leave it out", "'%s' has no effect %s", f->name,
                            why);
        }
    }
}
