/* Look-ups in registries. They hold some tens of entries, so a walk is enough. */
#include "sim/base/field.h"

#include <string.h>

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
