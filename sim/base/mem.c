/* Allocation with injected failures, and arenas.
 *
 * An arena allocation counts as one allocation, whether or not it needs a new block: a test that fails the k-th
 * allocation then reaches every caller, not only the unlucky one that happens to open a block.
 */
#include "sim/base/mem.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN_SMALL = 16, ALIGN_LARGE = 64, FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

static atomic_uint_fast64_t allocations;
static atomic_uint_fast64_t fail_at;       /* 0: no injection */
static atomic_bool fail_forever;

void pl_mem_fail_at(uint64_t k, bool forever)
{
    atomic_store(&allocations, 0);
    atomic_store(&fail_forever, forever);
    atomic_store(&fail_at, k);
}

uint64_t pl_mem_count(void)
{
    return atomic_load(&allocations);
}

/* Counts one allocation and says whether the test wants it to fail. */
static bool injected(void)
{
    uint64_t number = atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed) + 1;
    uint64_t k = atomic_load_explicit(&fail_at, memory_order_relaxed);
    return k != 0 && (number == k || (number > k && atomic_load_explicit(&fail_forever, memory_order_relaxed)));
}

static void *aligned_zeroed(size_t bytes)
{
    void *p = NULL;
    if (posix_memalign(&p, ALIGN_LARGE, bytes ? bytes : 1))
        return NULL;
    memset(p, 0, bytes);
    return p;
}

void *pl_alloc(size_t bytes)
{
    return injected() ? NULL : calloc(1, bytes ? bytes : 1);
}

void *pl_alloc_array(size_t n, size_t size)
{
    if (injected() || (size && n > SIZE_MAX / size))
        return NULL;
    return n && size ? calloc(n, size) : calloc(1, 1);
}

void *pl_alloc_aligned(size_t bytes)
{
    return injected() ? NULL : aligned_zeroed(bytes);
}

void *pl_realloc(void *p, size_t bytes)
{
    return injected() ? NULL : realloc(p, bytes ? bytes : 1);
}

void pl_free(void *p)
{
    free(p);
}

/* A block: this header in its first 64 bytes, then the memory that is handed out. */
struct pl_arena_block {
    struct pl_arena_block *next;
    size_t size, used;                  /* bytes behind the header */
};

_Static_assert(sizeof(struct pl_arena_block) <= ALIGN_LARGE, "a block's header fits before its first aligned byte");

void pl_arena_init(pl_arena *arena)
{
    *arena = (pl_arena){0};
}

void pl_arena_free(pl_arena *arena)
{
    struct pl_arena_block *block = arena->head;
    while (block) {
        struct pl_arena_block *next = block->next;
        free(block);
        block = next;
    }
    *arena = (pl_arena){0};
}

/* A block with room for `bytes`. Blocks double, so their number stays logarithmic; one that serves a single large
 * request goes behind the head, so that the head's rest is not lost. */
static struct pl_arena_block *add_block(pl_arena *arena, size_t bytes)
{
    size_t size = arena->head ? arena->head->size * 2 : FIRST_BLOCK;
    bool single = bytes > LARGEST_BLOCK / 4;
    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    if (single || size < bytes)
        size = bytes;
    if (size > SIZE_MAX - ALIGN_LARGE)
        return NULL;
    struct pl_arena_block *block = aligned_zeroed(size + ALIGN_LARGE);
    if (!block)
        return NULL;
    block->size = size;
    if (single && arena->head) {
        block->next = arena->head->next;
        arena->head->next = block;
    } else {
        block->next = arena->head;
        arena->head = block;
    }
    return block;
}

void *pl_arena_alloc(pl_arena *arena, size_t bytes)
{
    if (injected() || bytes > SIZE_MAX / 2)
        return NULL;
    size_t align = bytes >= ALIGN_LARGE ? ALIGN_LARGE : ALIGN_SMALL;
    struct pl_arena_block *block = arena->head;
    size_t start = block ? (block->used + align - 1) / align * align : 0;
    if (!block || start > block->size || block->size - start < bytes) {
        block = add_block(arena, bytes ? bytes : 1);
        if (!block)
            return NULL;
        start = 0;
    }
    block->used = start + bytes;
    arena->bytes += bytes;
    return (char *)block + ALIGN_LARGE + start;
}

void *pl_arena_array(pl_arena *arena, size_t n, size_t size)
{
    if (size && n > SIZE_MAX / size)
        return NULL;
    return pl_arena_alloc(arena, n * size);
}

char *pl_arena_strdup(pl_arena *arena, const char *s)
{
    return pl_arena_strndup(arena, s, strlen(s));
}

char *pl_arena_strndup(pl_arena *arena, const char *s, size_t n)
{
    size_t length = strnlen(s, n);
    char *copy = pl_arena_alloc(arena, length + 1);
    if (copy)
        memcpy(copy, s, length);
    return copy;
}

char *pl_arena_printf(pl_arena *arena, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, fmt, args);
    char *text = length < 0 ? NULL : pl_arena_alloc(arena, (size_t)length + 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, fmt, again);
    va_end(again);
    va_end(args);
    return text;
}
