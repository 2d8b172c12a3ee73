/* A thread pool for independent tasks: task i of n is called once, on any thread, in any order. Results must
 * not depend on either; each task writes to places of its own. The first failing status is returned when all
 * running tasks have ended; tasks not yet begun are skipped after an interrupt (pl_interrupted) or a world error. */
#ifndef PL_CORE_POOL_H
#define PL_CORE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include "sim/base/status.h"

PL_MUST_USE pl_status pl_pool_run(int threads, size_t n, pl_status (*task)(void *context, size_t i), void *context);
int pl_cpu_count(void);

/* SIGINT and SIGTERM set a flag that long work polls; a second signal ends the process at once. */
void pl_interrupt_install(void);
bool pl_interrupted(void);

#endif
