/* Files and directories, with every write, flush and rename failing once. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/fs.h"

typedef struct place { pl_arena arena; pl_diag diag; char root[64]; } place;

static int enter(void **state)
{
    static place p;
    pl_arena_init(&p.arena);
    pl_diag_init(&p.diag);
    strcpy(p.root, "/tmp/plateau-fs-XXXXXX");
    *state = &p;
    return mkdtemp(p.root) ? 0 : -1;
}

static int leave(void **state)
{
    place *p = *state;
    pl_status status = pl_remove_tree(p->root, NULL);
    bool gone = !pl_is_dir(p->root);
    pl_arena_free(&p->arena);
    pl_diag_free(&p->diag);
    return status == PL_OK && gone ? 0 : -1;
}

static char *under(place *p, const char *name)
{
    char *path = pl_join(&p->arena, p->root, name);
    assert_non_null(path);
    return path;
}

static void check_content(const char *path, const char *expected, size_t n)
{
    char *text;
    size_t length;
    assert_int_equal(pl_read_file(path, 1 << 24, &text, &length, NULL), PL_OK);
    assert_int_equal(length, n);
    assert_memory_equal(text, expected, n);
    assert_int_equal(text[n], 0);
    pl_free(text);
}

static void what_is_written_is_read(void **state)
{
    place *p = *state;
    char *path = under(p, "a.bin");
    assert_int_equal(pl_write_file(path, "one\0two", 7, &p->diag), PL_OK);
    check_content(path, "one\0two", 7);
    size_t n = 3000017;
    char *large = pl_alloc(n);
    assert_non_null(large);
    for (size_t i = 0; i < n; i++)
        large[i] = (char)(i * 7 % 251);
    assert_int_equal(pl_write_file(path, large, n, &p->diag), PL_OK);
    check_content(path, large, n);
    assert_int_equal(pl_write_file(path, "", 0, &p->diag), PL_OK);
    check_content(path, "", 0);
    struct stat info;
    mode_t mask = umask(022);
    umask(mask);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0666 & ~mask);
    pl_free(large);
}

static void a_large_file_is_refused(void **state)
{
    place *p = *state;
    char *path = under(p, "large"), *text;
    size_t length;
    assert_int_equal(pl_write_file(path, "123456789", 9, &p->diag), PL_OK);
    assert_int_equal(pl_read_file(path, 9, &text, &length, &p->diag), PL_OK);
    pl_free(text);
    assert_int_equal(pl_read_file(path, 8, &text, &length, &p->diag), PL_ERR_USER);
    assert_null(text);
    assert_string_equal(p->diag.messages[0].what, "the file is larger than 8 bytes");
    /* An endless one, whose size is not known before. */
    assert_int_equal(pl_read_file("/dev/zero", 100000, &text, &length, &p->diag), PL_ERR_USER);
}

static const char *complain_at_7(void *owner, const char *text, size_t length)
{
    *(size_t *)owner = length;
    return length >= 7 && text[6] == '7' ? "seven" : NULL;
}

static void the_head_of_a_file(void **state)
{
    place *p = *state;
    char *path = under(p, "head"), *text;
    size_t length, seen = 0;
    assert_int_equal(pl_write_file(path, "123456789", 9, &p->diag), PL_OK);
    assert_int_equal(pl_read_head(path, 4, &text, &length, &p->diag), PL_OK);
    assert_string_equal(text, "1234");
    assert_int_equal(length, 4);
    pl_free(text);
    assert_int_equal(pl_read_head(path, 100, &text, &length, &p->diag), PL_OK);
    assert_string_equal(text, "123456789");
    pl_free(text);
    /* One that is looked at while it is read. */
    assert_int_equal(pl_read_watched(path, 100, complain_at_7, &seen, "none", &text, &length, &p->diag), PL_ERR_USER);
    assert_null(text);
    assert_string_equal(p->diag.messages[0].what, "seven");
    /* Without a complaint it is the file; an endless one is looked at before it is all there. */
    assert_int_equal(pl_write_file(path, "abc", 3, &p->diag), PL_OK);
    assert_int_equal(pl_read_watched(path, 100, complain_at_7, &seen, "none", &text, &length, &p->diag), PL_OK);
    assert_string_equal(text, "abc");
    assert_int_equal(seen, 3);
    pl_free(text);
    assert_int_equal(pl_read_watched("/dev/zero", 3 << 20, complain_at_7, &seen, "none", &text, &length, &p->diag), PL_ERR_USER);
    assert_true(seen <= 3 << 20 && seen >= 2 << 20);
}

static void what_cannot_be_read(void **state)
{
    place *p = *state;
    char *text;
    size_t length;
    assert_true(pl_exists("/dev/zero") && pl_exists(p->root) && !pl_exists(under(p, "missing")));
    assert_int_equal(pl_read_file(under(p, "missing"), 100, &text, &length, &p->diag), PL_ERR_WORLD);
    assert_int_equal(pl_read_file(p->root, 100, &text, &length, &p->diag), PL_ERR_WORLD);
    assert_int_equal(p->diag.errors, 2);
    assert_non_null(strstr(p->diag.messages[0].what, "cannot read '"));
    for (uint64_t k = 1; k <= 2; k++) {
        char *path = under(p, "some");
        assert_int_equal(pl_write_file(path, "content", 7, NULL), PL_OK);
        pl_mem_fail_at(k, true);
        pl_status status = pl_read_file(path, 100, &text, &length, NULL);
        pl_mem_fail_at(0, false);
        assert_int_equal(status, k == 1 ? PL_ERR_WORLD : PL_OK);
        pl_free(text);
    }
}

/* A full disk at any moment: an error with a remedy, the old content stays, no temporary file is left. */
static void a_failed_write_leaves_the_old_file(void **state)
{
    place *p = *state;
    char *path = under(p, "keep.csv");
    assert_int_equal(pl_write_file(path, "old content", 11, NULL), PL_OK);
    pl_fs_fail_at(0, 0);
    assert_int_equal(pl_write_file(path, "old content", 11, NULL), PL_OK);
    uint64_t operations = pl_fs_count();
    assert_int_equal(operations, 3);                 /* write, flush, rename */
    for (uint64_t k = 1; k <= operations; k++) {
        pl_fs_fail_at(k, ENOSPC);
        assert_int_equal(pl_write_file(path, "new", 3, &p->diag), PL_ERR_WORLD);
        pl_fs_fail_at(0, 0);
        check_content(path, "old content", 11);
        char **names;
        size_t n;
        assert_int_equal(pl_list_dir(p->root, &names, &n, NULL), PL_OK);
        assert_int_equal(n, 1);
        pl_free_names(names, n);
    }
    assert_int_equal(p->diag.count, 1);              /* the same words each time */
    assert_non_null(p->diag.messages[0].remedy);
    assert_int_equal(pl_write_file(under(p, "no/such/dir"), "x", 1, NULL), PL_ERR_WORLD);
    assert_int_equal(pl_write_file(p->root, "x", 1, NULL), PL_ERR_WORLD);
}

static void devices_are_written_as_they_are(void **state)
{
    assert_int_equal(pl_write_file("/dev/null", "x", 1, NULL), PL_OK);
    struct stat info;
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
    if (stat("/dev/full", &info) == 0)
        assert_int_equal(pl_write_file("/dev/full", "x", 1, NULL), PL_ERR_WORLD);
}

static void directories(void **state)
{
    place *p = *state;
    char *deep = under(p, "a/b//c/");
    assert_int_equal(pl_make_dir(deep, NULL), PL_OK);
    assert_int_equal(pl_make_dir(deep, NULL), PL_OK);
    assert_true(pl_is_empty_dir(deep));
    assert_false(pl_is_empty_dir(under(p, "a")));
    assert_false(pl_is_empty_dir(under(p, "none")));
    assert_int_equal(pl_write_file(under(p, "a/file"), "x", 1, NULL), PL_OK);
    assert_true(pl_is_file(under(p, "a/file")));
    assert_false(pl_is_file(under(p, "a")));
    assert_false(pl_is_dir(under(p, "a/file")));
    assert_int_equal(pl_make_dir(under(p, "a/file/x"), &p->diag), PL_ERR_WORLD);
    assert_int_equal(p->diag.errors, 1);
    assert_int_equal(symlink("/", under(p, "a/link")), 0);       /* is removed, not followed */
    assert_int_equal(pl_remove_tree(under(p, "a"), NULL), PL_OK);
    assert_false(pl_is_dir(under(p, "a")));
    assert_true(pl_is_dir("/tmp"));
    assert_int_equal(pl_remove_tree(under(p, "a"), NULL), PL_OK);
}

static void listings_are_sorted_by_bytes(void **state)
{
    place *p = *state;
    static const char *const files[] = {"b", "B", "a10", "a2", ".hidden", "\xc3\xa9", "a"};
    static const char *const sorted[] = {".hidden", "B", "a", "a10", "a2", "b", "\xc3\xa9"};
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(pl_write_file(under(p, files[i]), "", 0, NULL), PL_OK);
    char **names;
    size_t n;
    assert_int_equal(pl_list_dir(p->root, &names, &n, NULL), PL_OK);
    assert_int_equal(n, 7);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(names[i], sorted[i]);
    pl_free_names(names, n);
    for (uint64_t k = 1; k <= 8; k++) {
        pl_mem_fail_at(k, false);
        assert_int_equal(pl_list_dir(p->root, &names, &n, NULL), PL_ERR_WORLD);
        pl_mem_fail_at(0, false);
        assert_null(names);
    }
    assert_int_equal(pl_list_dir(under(p, "none"), &names, &n, NULL), PL_ERR_WORLD);
}

static void joined_paths(void **state)
{
    place *p = *state;
    assert_string_equal(pl_join(&p->arena, "runs/f05", "metrics.csv"), "runs/f05/metrics.csv");
    assert_string_equal(pl_join(&p->arena, "runs/", "x"), "runs/x");
    assert_string_equal(pl_join(&p->arena, "/", "x"), "/x");
    assert_string_equal(pl_join(&p->arena, "", "x"), "x");
    assert_string_equal(pl_join(&p->arena, ".", "x"), "x");
}

int main(void)
{
#define FS_TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        FS_TEST(what_is_written_is_read),            FS_TEST(a_large_file_is_refused), FS_TEST(the_head_of_a_file),
        FS_TEST(what_cannot_be_read),
        FS_TEST(a_failed_write_leaves_the_old_file), FS_TEST(devices_are_written_as_they_are),
        FS_TEST(directories),                        FS_TEST(listings_are_sorted_by_bytes), FS_TEST(joined_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
