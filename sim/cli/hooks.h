/* Fault hooks of the test build (PLATEAU_TEST_HOOKS; `make build/plateau-test`): the environment makes the program's own
 * allocations or writes fail, so that the tests of the command line can see what a person would.
 *
 *   PLATEAU_FAIL_ALLOC=K   the K-th allocation fails, and all after it: memory has run out
 *   PLATEAU_FAIL_ONCE=K    the K-th allocation alone fails, as one too large does; there is room to say which it was
 *   PLATEAU_FAIL_WRITE=K   the K-th write, flush or rename fails as on a full disk
 *   PLATEAU_COUNT=1        at the end, both counts on standard error
 */
#ifndef PL_CLI_HOOKS_H
#define PL_CLI_HOOKS_H

#ifdef PLATEAU_TEST_HOOKS
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "sim/base/fs.h"
#include "sim/base/mem.h"

static inline void hooks_install(void)
{
    const char *alloc = getenv("PLATEAU_FAIL_ALLOC"), *once = getenv("PLATEAU_FAIL_ONCE"), *write = getenv("PLATEAU_FAIL_WRITE");
    if (alloc || once) pl_mem_fail_at(strtoull(alloc ? alloc : once, NULL, 10), alloc);
    if (write) pl_fs_fail_at(strtoull(write, NULL, 10), ENOSPC);
}
static inline void hooks_report(void)
{
    if (getenv("PLATEAU_COUNT")) fprintf(stderr, "allocations %" PRIu64 " writes %" PRIu64 "\n", pl_mem_count(), pl_fs_count());
}
#else
static inline void hooks_install(void) {}
static inline void hooks_report(void) {}
#endif
#endif
