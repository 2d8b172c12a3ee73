/* Exporters: the table of one run as a file that the tools people have can open. One file export_<name>.c per format exports
 * `const exporter export_<name>`; the registry `exporter` collects them.
 *
 * A run is one arm and one replicate, as a real log knows nothing else: every format is written a file a run. What is
 * missing is missing in the file, too: an empty field, null, or nothing at all. Same table, same bytes.
 */
#ifndef PL_IO_EXPORTER_H
#define PL_IO_EXPORTER_H

#include "sim/base/field.h"
#include "sim/core/table.h"

typedef struct exporter {
    pl_entry entry;
    const char *file; /* what the file is called behind the name of the run: ".csv", "/trainer_state.json" */
    /* `run` holds the rows of the run, by step. PL_ERR_WORLD: out of memory. */
    PL_MUST_USE pl_status (*write)(const pl_table *run, pl_str *out);
} exporter;
extern const pl_registry exporter_registry; /* generated */

/* The rows of an arm and a replicate, in their order; `out` is initialised and empty. */
PL_MUST_USE pl_status export_select(const pl_table *t, const char *arm, size_t replicate, pl_table *out);

/* The name of a run as a part of a path: "arm-r0"; "r0" when the arm has no name. Whatever is not a letter, digit, '.', '_' or '-'
 * becomes '_'; `twin` > 0 tells apart arms that would then be called alike. NULL: out of memory. */
const char *export_name(const char *arm, size_t replicate, size_t twin, pl_arena *arena);

/* Is the column a number of the run itself -- not text, not what identifies its rows? */
bool export_is_metric(const pl_column *c);

/* Simulated time begins at this moment, as seconds of the epoch: 2000-01-01 00:00 UTC. A clock of the machine would make other
 * bytes each time; zero is taken for "unset" by some tools. */
#define EXPORT_EPOCH 946684800.0
/* What a format says of who wrote it, where it has a place for that: nobody shall take it for a measurement. */
#define EXPORT_WRITER "plateau, simulated"

#endif
