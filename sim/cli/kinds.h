/* Everything that has a name: the registries, and the presets and scenarios of the search path. */
#ifndef PL_CLI_KINDS_H
#define PL_CLI_KINDS_H

#include "sim/cli/command.h"

extern const pl_registry *const kinds[]; /* NULL-terminated */

/* Kinds that are files, not code: name, folder below scenarios/, what they are. Ends with a NULL name. */
typedef struct file_kind {
    const char *name, *folder, *doc;
} file_kind;
extern const file_kind file_kinds[];

/* The entry of that name; NULL, with the nearest in the diagnostics, when there is none. */
const pl_entry *kind_entry(const pl_registry *kind, const char *name, invocation *call);

#endif
