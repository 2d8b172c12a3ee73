/* Strict JSON: what json-c lets pass and we do not, with the place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/field.h"
#include "sim/base/fs.h"
#include "sim/io/json_read.h"

static pl_status read_text(const char *text, json_object **root, pl_diag *diag)
{
    json_reader reader;
    assert_int_equal(json_reader_init(&reader, diag), PL_OK);
    pl_status st = json_read(&reader, text, strlen(text), (pl_place){"f", 3, 5}, root, diag);
    json_reader_free(&reader);
    return st;
}

static void reads_values(void **state)
{
    pl_diag diag;
    json_object *root, *o;
    pl_diag_init(&diag);
    assert_int_equal(read_text(" {\"versions\": {\"schema\": 3}, \"r2\": 0.987, \"n\": null, \"c:d\": \"e:f\"}\n", &root, &diag),
                     PL_OK);
    assert_int_equal(json_member(root, "versions/schema", json_type_int, "f", &o, &diag), PL_OK);
    assert_int_equal(json_object_get_int(o), 3);
    assert_int_equal(json_member(root, "r2", json_type_double, "f", &o, &diag), PL_OK);
    assert_true(json_object_get_double(o) == .987);
    assert_int_equal(json_member(root, "versions/schema", json_type_double, "f", &o, &diag), PL_OK);
    assert_int_equal(json_member(root, "versions/program", json_type_string, "f", &o, &diag), PL_ERR_USER);
    assert_non_null(strstr(diag.messages[0].what, "'versions/program' should be a JSON string, it is absent"));
    assert_int_equal(json_member(root, "r2/x", json_type_string, "f", &o, &diag), PL_ERR_USER);
    assert_int_equal(json_member(root, "r2", json_type_string, "f", &o, &diag), PL_ERR_USER);
    assert_non_null(strstr(diag.messages[2].what, "it is double"));
    json_object_put(root);
    static const struct {
        const char *text;
        json_type type;
    } scalars[] = {{"-12.5e3", json_type_double},
                   {"7", json_type_int},
                   {"\"x\"", json_type_string},
                   {"null", json_type_null},
                   {"true", json_type_boolean}};
    for (size_t i = 0; i < PL_COUNT(scalars); i++) {
        assert_int_equal(read_text(scalars[i].text, &root, &diag), PL_OK);
        assert_int_equal(json_object_get_type(root), scalars[i].type);
        json_object_put(root);
    }
    pl_diag_free(&diag);
}

/* Texts begin at line 3, column 5. */
static void refuses_with_place(void **state)
{
    static const struct {
        const char *text;
        int line, column;
        const char *says;
    } faults[] = {
        {"", 3, 5, "no JSON value"},
        {"{\"a\": 1,\n \"b\": 2,\n \"a\": 3}", 5, 2, "\"a\" occurs twice"},
        {"[{\"a\": 1}, {\"b\": {\"c\": 1, \"c\": 2}}]", 3, 31, "\"c\" occurs twice"},
        {"{\"a\": 1} x", 3, 14, "unexpected"},
        {"{\"a\": 1", 3, 12, "cut off"},
        {"{\n\"a\": tru}", 4, 9, "not JSON"},
        {"{'a': 1}", 3, 6, "not JSON"},
        {"{\"a\": \"\xff\"}", 3, 12, "not JSON"},
    };
    for (size_t i = 0; i < PL_COUNT(faults); i++) {
        pl_diag diag;
        json_object *root;
        pl_diag_init(&diag);
        assert_int_equal(read_text(faults[i].text, &root, &diag), PL_ERR_USER);
        assert_null(root);
        assert_int_equal(diag.errors, 1);
        const pl_message *m = &diag.messages[0];
        if (!strstr(m->what, faults[i].says) || m->place.line != faults[i].line || m->place.column != faults[i].column)
            fail_msg("%zu: %d:%d: %s", i, m->place.line, m->place.column, m->what);
        pl_diag_free(&diag);
    }
    char deep[200];
    memset(deep, '[', 90);
    memset(deep + 90, ']', 90);
    deep[180] = '\0';
    json_object *root;
    assert_int_equal(read_text(deep, &root, NULL), PL_ERR_USER);
    /* the same key in different objects is no duplicate */
    assert_int_equal(read_text("{\"a\": {\"a\": [{\"a\": 1}, {\"a\": 2}]}}", &root, NULL), PL_OK);
    json_object_put(root);
}

static void reads_files(void **state)
{
    char path[] = "/tmp/plateau-json-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    json_object *root;
    assert_int_equal(pl_write_file(path, "{\"a\": [1]}", 10, NULL), PL_OK);
    assert_int_equal(json_read_file(path, &root, NULL), PL_OK);
    json_object_put(root);
    assert_int_equal(pl_write_file(path, "[1]", 3, NULL), PL_OK);
    assert_int_equal(json_read_file(path, &root, NULL), PL_ERR_USER);
    assert_null(root);
    remove(path);
    assert_int_equal(json_read_file(path, &root, NULL), PL_ERR_WORLD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_values), cmocka_unit_test(refuses_with_place),
                                       cmocka_unit_test(reads_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
