/* Allocation: the one door to the heap, so that tests can make the k-th allocation fail.
 *
 * All memory of the program comes through pl_alloc and friends; they return NULL on failure and never abort.
 * pl_mem_fail_at(k) makes the k-th following allocation (1-based) of any thread fail, and all after it when
 * `forever` is set; 0 switches injection off. The counter is atomic.
 *
 * Arenas hold what lives and dies together (a parsed scenario, a built world): allocation is a pointer bump,
 * pl_arena_free releases everything. Memory from an arena is zeroed and aligned to 64 bytes for sizes >= 64,
 * to 16 otherwise.
 */
#ifndef PL_BASE_MEM_H
#define PL_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sim/base/status.h"

void *pl_alloc(size_t bytes) PL_MUST_USE;                    /* zeroed; bytes 0 gives a valid pointer */
void *pl_alloc_array(size_t n, size_t size) PL_MUST_USE;     /* zeroed; NULL on overflow of n*size */
void *pl_alloc_aligned(size_t bytes) PL_MUST_USE;            /* zeroed, 64-byte aligned; pl_free releases it */
void *pl_realloc(void *p, size_t bytes) PL_MUST_USE;         /* not zeroed beyond the old size */
void pl_free(void *p);                                       /* NULL is fine */

void pl_mem_fail_at(uint64_t k, bool forever);
uint64_t pl_mem_count(void);                                 /* allocations since the last pl_mem_fail_at */

typedef struct pl_arena {
    struct pl_arena_block *head;
    size_t bytes;                                            /* handed out so far */
} pl_arena;

void pl_arena_init(pl_arena *arena);
void pl_arena_free(pl_arena *arena);
void *pl_arena_alloc(pl_arena *arena, size_t bytes) PL_MUST_USE;
void *pl_arena_array(pl_arena *arena, size_t n, size_t size) PL_MUST_USE;
char *pl_arena_strdup(pl_arena *arena, const char *s) PL_MUST_USE;
char *pl_arena_strndup(pl_arena *arena, const char *s, size_t n) PL_MUST_USE;
char *pl_arena_printf(pl_arena *arena, const char *fmt, ...) PL_PRINTF(2, 3) PL_MUST_USE;

#endif
