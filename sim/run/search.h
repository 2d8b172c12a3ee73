/* Where scenarios and their parts are looked for when they are not beside the file that names them.
 *
 * In this order, as far as the folders exist: PLATEAU_SCENARIOS from the environment; share/plateau/scenarios of the
 * installation that the running program belongs to; scenarios/ of the source tree that it was built in (build/plateau of a
 * clone); the prefix and the source tree known at build time.
 */
#ifndef PL_RUN_SEARCH_H
#define PL_RUN_SEARCH_H

#include "sim/conf/bind.h"

PL_MUST_USE pl_status search_make(pl_search *search, pl_arena *arena, pl_diag *diag);

/* The file of a scenario named on the command line: `name` itself or <name>.yaml when there is such a file (or "-"), else the
 * first <dir>/<name> or <dir>/<name>.yaml of the search path, so that "findings/f05-overly-hard" works from anywhere; *path lives
 * in `arena`. PL_ERR_USER, with the nearest scenario of the search path, when there is none; PL_ERR_WORLD. */
PL_MUST_USE pl_status search_scenario(const pl_search *search, const char *name, pl_arena *arena, const char **path, pl_diag *diag);

/* The names of all files <dir>/<under>/NAME.yaml of the search path, sorted, each once; pl_free_names releases them. */
PL_MUST_USE pl_status search_list(const pl_search *search, const char *under, char ***names, size_t *n, pl_diag *diag);

/* The path of the running program; "" when the system does not tell, NULL when memory runs out. */
const char *search_program_path(pl_arena *arena);

extern const char plateau_version[];

#endif
