/* Allocation, injected failures, arenas; and the two functions on status codes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "sim/base/mem.h"

static void status_becomes_exit_code(void **state)
{
    assert_int_equal(pl_exit_code(PL_OK), 0);
    assert_int_equal(pl_exit_code(PL_ERR_USER), 2);
    assert_int_equal(pl_exit_code(PL_ERR_WORLD), 3);
    assert_int_equal(pl_exit_code(PL_ERR_NUMERIC), 4);
    assert_int_equal(pl_exit_code(PL_ERR_INTERRUPTED), 130);
    assert_int_equal(pl_worse(PL_ERR_USER, PL_ERR_NUMERIC), PL_ERR_NUMERIC);
    assert_int_equal(pl_worse(PL_ERR_INTERRUPTED, PL_ERR_WORLD), PL_ERR_INTERRUPTED);
    assert_int_equal(pl_worse(PL_OK, PL_ERR_USER), PL_ERR_USER);
}

static void memory_is_zeroed_and_aligned(void **state)
{
    unsigned char *p = pl_alloc_aligned(777);
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % 64, 0);
    for (int i = 0; i < 777; i++)
        assert_int_equal(p[i], 0);
    pl_free(p);
    p = pl_alloc(0);
    assert_non_null(p);
    pl_free(p);
    assert_null(pl_alloc_array(SIZE_MAX / 2, 3));
    pl_free(NULL);
}

static void the_kth_allocation_fails(void **state)
{
    pl_mem_fail_at(3, false);
    for (int i = 1; i <= 6; i++) {
        void *p = i % 2 ? pl_alloc(5) : pl_alloc_aligned(5);
        assert_int_equal(p == NULL, i == 3);
        pl_free(p);
    }
    assert_int_equal(pl_mem_count(), 6);
    pl_mem_fail_at(2, true);
    void *p = pl_alloc(17);
    assert_non_null(p);
    assert_null(pl_realloc(p, 40));
    assert_null(pl_alloc_array(4, 4));
    pl_mem_fail_at(0, false);
    p = pl_realloc(p, 40);
    assert_non_null(p);
    pl_free(p);
}

/* Random sizes: no two pieces overlap, all are zeroed and aligned as promised. */
static void arena_pieces_do_not_overlap(void **state)
{
    enum { PIECES = 3000 };
    static unsigned char *piece[PIECES];
    static size_t size[PIECES];
    pl_arena arena;
    pl_arena_init(&arena);
    uint32_t x = 2463534242u;
    size_t total = 0;
    for (int i = 0; i < PIECES; i++) {
        x ^= x << 13, x ^= x >> 17, x ^= x << 5;
        size[i] = i % 500 == 77 ? 400000 + x % 1000 : x % 300;
        piece[i] = pl_arena_alloc(&arena, size[i]);
        assert_non_null(piece[i]);
        assert_int_equal((uintptr_t)piece[i] % (size[i] >= 64 ? 64 : 16), 0);
        for (size_t j = 0; j < size[i]; j++)
            assert_int_equal(piece[i][j], 0);
        memset(piece[i], 1 + i % 255, size[i]);
        total += size[i];
    }
    assert_int_equal(arena.bytes, total);
    for (int i = 0; i < PIECES; i++)
        for (size_t j = 0; j < size[i]; j++)
            assert_int_equal(piece[i][j], 1 + i % 255);
    pl_arena_free(&arena);
}

static void arena_strings(void **state)
{
    pl_arena arena;
    pl_arena_init(&arena);
    assert_string_equal(pl_arena_strdup(&arena, "entropy/format"), "entropy/format");
    assert_string_equal(pl_arena_strndup(&arena, "entropy/format", 7), "entropy");
    assert_string_equal(pl_arena_printf(&arena, "%s@%d", "pass", 16), "pass@16");
    assert_null(pl_arena_array(&arena, SIZE_MAX / 4, 8));
    pl_arena_free(&arena);
}

static void arena_allocations_can_fail_too(void **state)
{
    pl_arena arena;
    pl_arena_init(&arena);
    pl_mem_fail_at(3, false);
    assert_non_null(pl_arena_alloc(&arena, 8));
    assert_non_null(pl_arena_alloc(&arena, 8));
    assert_null(pl_arena_strdup(&arena, "x"));
    assert_non_null(pl_arena_printf(&arena, "%d", 4));
    pl_mem_fail_at(0, false);
    pl_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_becomes_exit_code),      cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(the_kth_allocation_fails),      cmocka_unit_test(arena_pieces_do_not_overlap),
        cmocka_unit_test(arena_strings),                 cmocka_unit_test(arena_allocations_can_fail_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
