/* The JSON writer; content hashes; look-up in registries. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>
#include <json-c/json.h>

#include "sim/base/field.h"
#include "sim/base/hash.h"
#include "sim/base/json.h"

static void a_document(void **state)
{
    pl_str out;
    pl_json j;
    pl_str_init(&out);
    pl_json_init(&j, &out);
    pl_json_object(&j);
    pl_json_key(&j, "A");
    pl_json_number(&j, 0.613);
    pl_json_key(&j, "missing");
    pl_json_number(&j, NAN);
    pl_json_key(&j, "rows");
    pl_json_array(&j);
    pl_json_integer(&j, INT64_MIN);
    pl_json_bool(&j, true);
    pl_json_object(&j);
    pl_json_end_object(&j);
    pl_json_array(&j);
    pl_json_end_array(&j);
    pl_json_null(&j);
    pl_json_string(&j, NULL);
    pl_json_end_array(&j);
    pl_json_key(&j, "text");
    pl_json_string(&j, "a\"b\\c\n\t\x01 \xc3\xa9");
    pl_json_end_object(&j);
    assert_string_equal(pl_str_end(&out), "{\n"
                                          "  \"A\": 0.613,\n"
                                          "  \"missing\": null,\n"
                                          "  \"rows\": [\n"
                                          "    -9223372036854775808,\n"
                                          "    true,\n"
                                          "    {},\n"
                                          "    [],\n"
                                          "    null,\n"
                                          "    null\n"
                                          "  ],\n"
                                          "  \"text\": \"a\\\"b\\\\c\\n\\t\\u0001 \xc3\xa9\"\n"
                                          "}");
    pl_str_free(&out);
}

static void check_string(const char *text, const char *expected)
{
    pl_str out;
    pl_json j;
    pl_str_init(&out);
    pl_json_init(&j, &out);
    pl_json_string(&j, text);
    assert_string_equal(pl_str_end(&out), expected);
    pl_str_free(&out);
}

#define LOST "\xef\xbf\xbd"

static void text_that_is_not_utf8(void **state)
{
    check_string("a\xff" "b", "\"a" LOST "b\"");
    check_string("\xc3", "\"" LOST "\"");                              /* cut off */
    check_string("\xe2\x82", "\"" LOST LOST "\"");
    check_string("\xc0\x80", "\"" LOST LOST "\"");                     /* overlong */
    check_string("\xe0\x9f\xbf", "\"" LOST LOST LOST "\"");
    check_string("\xed\xa0\x80", "\"" LOST LOST LOST "\"");            /* surrogate */
    check_string("\xf4\x90\x80\x80", "\"" LOST LOST LOST LOST "\"");   /* beyond U+10FFFF */
    check_string("\xf0\x9f\x8e\xb2 \xe2\x82\xac \xf4\x8f\xbf\xbf", "\"\xf0\x9f\x8e\xb2 \xe2\x82\xac \xf4\x8f\xbf\xbf\"");
}

/* Any bytes and any nesting give a document that another reader accepts and that says the same. */
static void another_reader_agrees(void **state)
{
    uint32_t x = 123459876;
    for (int round = 0; round < 300; round++) {
        pl_str out;
        pl_json j;
        pl_str_init(&out);
        pl_json_init(&j, &out);
        pl_json_array(&j);
        double values[20];
        for (int i = 0; i < 20; i++) {
            char text[12];
            for (int k = 0; k < 11; k++) {
                x ^= x << 13, x ^= x >> 17, x ^= x << 5;
                text[k] = (char)(x >> 9);
            }
            text[11] = '\0';
            values[i] = ldexp((double)(int32_t)x, (int)(x % 200) - 100);
            pl_json_object(&j);
            pl_json_key(&j, text);
            pl_json_string(&j, text);
            pl_json_key(&j, "v");
            pl_json_number(&j, values[i]);
            pl_json_end_object(&j);
        }
        pl_json_end_array(&j);
        struct json_object *read = json_tokener_parse(pl_str_end(&out));
        assert_non_null(read);
        assert_int_equal(json_object_array_length(read), 20);
        for (size_t i = 0; i < 20; i++) {
            struct json_object *v;
            assert_true(json_object_object_get_ex(json_object_array_get_idx(read, i), "v", &v));
            assert_true(json_object_get_double(v) == values[i]);
        }
        json_object_put(read);
        pl_str_free(&out);
    }
}

/* XXH3 with 128 bits, seed 0: values of the reference implementation (the empty text is its published constant). */
static void hashes(void **state)
{
    assert_string_equal(pl_hash_bytes("", 0).hex, "99aa06d3014798d86001c324468d497f");
    assert_string_equal(pl_hash_bytes(NULL, 0).hex, "99aa06d3014798d86001c324468d497f");
    assert_string_not_equal(pl_hash_bytes("plateau", 7).hex, pl_hash_bytes("plateav", 7).hex);
    assert_string_not_equal(pl_hash_bytes("plateau", 7).hex, pl_hash_bytes("plateau", 8).hex);
}

static void a_piecewise_hash_does_not_see_the_cuts(void **state)
{
    static unsigned char data[20000];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 31 >> 3);
    pl_hasher one, cut;
    pl_hasher_init(&one);
    pl_hasher_add(&one, data, sizeof data);
    pl_hash whole = pl_hasher_end(&one);
    pl_hasher_init(&cut);
    for (size_t at = 0, n = 0; at < sizeof data; at += n) {
        n = 1 + at * 7 % 5003;
        n = n < sizeof data - at ? n : sizeof data - at;
        pl_hasher_add(&cut, data + at, n);
    }
    assert_string_equal(pl_hasher_end(&cut).hex, whole.hex);
    for (size_t i = 0; i < sizeof data; i += 997) {        /* every part counts */
        data[i] ^= 4;
        pl_hasher_init(&one);
        pl_hasher_add(&one, data, sizeof data);
        assert_string_not_equal(pl_hasher_end(&one).hex, whole.hex);
        data[i] ^= 4;
    }
}

static void registry_look_up(void **state)
{
    static const pl_entry mean = {.name = "group_mean"}, none = {.name = "none"};
    static const pl_entry *const entries[] = {&mean, &none, NULL};
    const pl_registry registry = {"baseline", "", entries};
    assert_ptr_equal(pl_registry_find(&registry, "none"), &none);
    assert_ptr_equal(pl_registry_find(&registry, "group_mean"), &mean);
    assert_null(pl_registry_find(&registry, "group"));
    assert_int_equal(pl_registry_count(&registry), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document), cmocka_unit_test(text_that_is_not_utf8),
        cmocka_unit_test(another_reader_agrees), cmocka_unit_test(hashes),
        cmocka_unit_test(a_piecewise_hash_does_not_see_the_cuts), cmocka_unit_test(registry_look_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
