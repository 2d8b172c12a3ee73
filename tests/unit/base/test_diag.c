/* Collecting, ordering and printing messages; the nearest known name. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/diag.h"

/* What pl_diag_print writes, to be freed with free. */
static char *printed(const pl_diag *diag)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    pl_diag_print(diag, out);
    fclose(out);
    return text;
}

static void messages_come_in_order_of_place(void **state)
{
    pl_diag diag;
    pl_diag_init(&diag);
    char file[] = "b.yaml";
    pl_diag_add(&diag, PL_ERROR, (pl_place){file, 12, 3}, "did you mean 'length'?", "unknown key '%s'", "lenght");
    pl_diag_add(&diag, PL_WARNING, (pl_place){file, 2, 31}, NULL, "second column");
    pl_diag_add(&diag, PL_ERROR, (pl_place){file, 2, 7}, NULL, "first");
    pl_diag_add(&diag, PL_ERROR, (pl_place){file, 2, 7}, NULL, "behind first");
    pl_diag_add(&diag, PL_NOTE, (pl_place){"a.yaml", 0, 0}, NULL, "whole file");
    pl_diag_add(&diag, PL_ERROR, (pl_place){0}, NULL, "no file");
    memset(file, 'z', sizeof file - 1);       /* the collector has its own copy */
    char *text = printed(&diag);
    assert_string_equal(text, "error: no file\n"
                              "a.yaml: note: whole file\n"
                              "b.yaml:2:7: error: first\n"
                              "b.yaml:2:7: error: behind first\n"
                              "b.yaml:2:31: warning: second column\n"
                              "b.yaml:12:3: error: unknown key 'lenght'; did you mean 'length'?\n");
    assert_int_equal(diag.errors, 4);
    assert_int_equal(diag.warnings, 1);
    free(text);
    pl_diag_free(&diag);
}

static void a_repeated_message_is_kept_once(void **state)
{
    pl_diag diag;
    pl_diag_init(&diag);
    for (int i = 0; i < 5; i++)
        pl_diag_add(&diag, PL_ERROR, (pl_place){"s.yaml", 4, 9}, "write 0..1", "share %g", 1.25);
    pl_diag_add(&diag, PL_ERROR, (pl_place){"s.yaml", 4, 10}, "write 0..1", "share %g", 1.25);
    pl_diag_add(&diag, PL_ERROR, (pl_place){"s.yaml", 4, 9}, NULL, "share %g", 1.25);
    assert_int_equal(diag.count, 3);
    assert_int_equal(diag.errors, 3);
    pl_diag_free(&diag);
}

static void failures_of_the_world(void **state)
{
    pl_diag diag;
    pl_diag_init(&diag);
    assert_int_equal(pl_diag_io(&diag, "write", "out/metrics.csv", ENOSPC), PL_ERR_WORLD);
    assert_int_equal(pl_diag_nomem(&diag, "building the world"), PL_ERR_WORLD);
    assert_non_null(strstr(diag.messages[0].what, "cannot write 'out/metrics.csv': "));
    assert_non_null(strstr(diag.messages[0].what, strerror(ENOSPC)));
    assert_non_null(diag.messages[0].remedy);
    assert_string_equal(diag.messages[1].what, "out of memory while building the world");
    assert_int_equal(pl_diag_io(NULL, "write", "x", EIO), PL_ERR_WORLD);
    pl_diag_free(&diag);
}

/* Whatever allocation fails: no crash, the error is counted, and the loss is told. */
static void adding_survives_lack_of_memory(void **state)
{
    for (uint64_t k = 1; k <= 12; k++) {
        pl_diag diag;
        pl_diag_init(&diag);
        pl_mem_fail_at(k, k % 2);
        for (int i = 0; i < 3; i++)
            pl_diag_add(&diag, PL_ERROR, (pl_place){"s.yaml", 7 - i, 1}, "remedy", "message %d", i);
        assert_int_equal(diag.errors, 3);
        assert_int_equal(diag.lost, diag.count < 3);
        char *text = printed(&diag);
        assert_int_equal(strstr(text, "some messages were lost") != NULL, diag.lost);
        pl_mem_fail_at(0, false);
        free(text);
        pl_diag_free(&diag);
    }
}

static void the_nearest_name_is_found(void **state)
{
    static const char *const names[] = {"length", "weight", "group_size", "lr", "seed", "speed"};
    size_t n = sizeof names / sizeof *names;
    assert_string_equal(pl_nearest("lenght", names, n), "length");       /* two neighbours swapped: one step */
    assert_string_equal(pl_nearest("wieght", names, n), "weight");
    assert_string_equal(pl_nearest("groupsize", names, n), "group_size");
    assert_string_equal(pl_nearest("gruop_sise", names, n), "group_size");
    assert_string_equal(pl_nearest("sed", names, n), "seed");            /* speed is two steps away */
    assert_string_equal(pl_nearest("speedd", names, n), "speed");
    assert_null(pl_nearest("temperature", names, n));
    assert_null(pl_nearest("sxyd", names, n));                           /* two of four letters: too far */
    assert_null(pl_nearest("q", names, n));
    assert_null(pl_nearest("", names, n));
    assert_null(pl_nearest("a-word-that-is-longer-than-any-name-that-a-person-would-give-to-anything", names, n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_in_order_of_place), cmocka_unit_test(a_repeated_message_is_kept_once),
        cmocka_unit_test(failures_of_the_world),           cmocka_unit_test(adding_survives_lack_of_memory),
        cmocka_unit_test(the_nearest_name_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
