/* What is said about keys: schema, reference, template, explain. */
#include <json-c/json.h>

#include "helper.h"

static struct json_object *at(struct json_object *o, const char *path)
{
    char copy[200], *rest = copy;
    snprintf(copy, sizeof copy, "%s", path);
    for (char *part; o && (part = strtok_r(rest, " ", &rest));) {
        if (json_object_is_type(o, json_type_array)) o = json_object_array_get_idx(o, (size_t)atoi(part));
        else if (!json_object_object_get_ex(o, part, &o)) return NULL;
    }
    return o;
}

static void test_schema(void **state)
{
    pl_str out;
    pl_str_init(&out);
    assert_int_equal(pl_conf_schema(&out, &sample_struct, "a sample"), PL_OK);
    enum json_tokener_error error;
    struct json_object *o = json_tokener_parse_verbose(pl_str_end(&out), &error);
    assert_int_equal(error, json_tokener_success);
    assert_string_equal(json_object_get_string(at(o, "$schema")), "https://json-schema.org/draft/2020-12/schema");
    assert_false(json_object_get_boolean(at(o, "additionalProperties")));
    assert_true(json_object_get_double(at(o, "properties rate anyOf 0 exclusiveMinimum")) == 0);
    assert_true(json_object_get_double(at(o, "properties rate anyOf 0 maximum")) == 1);
    assert_true(json_object_get_double(at(o, "properties rate default")) == 1e-3);
    assert_string_equal(json_object_get_string(at(o, "properties count x-unit")), "prompts");
    assert_string_equal(json_object_get_string(at(o, "properties mode anyOf 0 enum 1")), "async");
    assert_non_null(at(o, "properties low"));                            /* inline: at this level */
    assert_null(at(o, "properties range"));
    assert_non_null(at(o, "properties gain anyOf 0 properties preset"));
    assert_non_null(at(o, "properties beta1"));
    assert_string_equal(json_object_get_string(at(o, "allOf 0 if properties method const")), "adam");
    assert_true(json_object_get_double(at(o, "allOf 0 then properties beta1 anyOf 0 exclusiveMaximum")) == 1);
    assert_false(json_object_get_boolean(at(o, "allOf 0 then properties momentum")));
    assert_string_equal(json_object_get_string(at(o,
                                                  "properties reward anyOf 0 additionalProperties anyOf 3 properties term const")), "format");
    assert_non_null(at(o, "properties formats anyOf 0 propertyNames pattern"));
    json_object_put(o);
    pl_str_free(&out);
}

/* The template binds as it is, to the defaults. */
static void test_template(void **state)
{
    fixture f;
    sample s = {0}, defaults = {0};
    pl_str out;
    fixture_open(&f);
    pl_str_init(&out);
    assert_int_equal(pl_conf_template(&out, &sample_struct), PL_OK);
    assert_int_equal(pl_conf_bind(parse(&f, pl_str_end(&out)), &sample_struct, &s, &f.arena, &f.diag), PL_OK);
    assert_int_equal(pl_conf_bind(NULL, &sample_struct, &defaults, &f.arena, &f.diag), PL_OK);
    assert_true(same_struct(&sample_struct, (const char *)&s, (const char *)&defaults));
    assert_non_null(strstr(out.text, "# Prompts per batch.\ncount: 16  # prompts; between 1 and 1000000000\n"));
    assert_non_null(strstr(out.text, "#   adam: Adaptive moments.\n"));
    pl_str_free(&out);
    fixture_close(&f);
}

static void test_reference(void **state)
{
    pl_str out;
    pl_str_init(&out);
    assert_int_equal(pl_conf_reference(&out, &sample_struct), PL_OK);
    const char *text = pl_str_end(&out);
    assert_non_null(strstr(text,
                           "| `count` | a whole number | `16` | between 1 and 1000000000 | prompts | Prompts per batch. |\n"));
    assert_non_null(strstr(text, "| `cap` | a number, or null | `4096` | at least 1 | tokens |  |\n"));
    assert_non_null(strstr(text, "## `formats.<name>`\n\nOne way to write an answer.\n"));
    assert_non_null(strstr(text, "## Registry `method`"));
    assert_non_null(strstr(text, "### `adam` (method)\n\nAdaptive moments.\n\nSource: arXiv 1412.6980.\n"));
    assert_non_null(strstr(text, "| `low` |"));
    pl_str_free(&out);
}

static void explains(const char *key, const char *expected)
{
    fixture f;
    pl_str out;
    fixture_open(&f);
    pl_str_init(&out);
    assert_int_equal(pl_conf_explain(&out, &sample_struct, key, &f.diag), PL_OK);
    const char *text = pl_str_end(&out);
    if (!strstr(text, expected)) fprintf(stderr, "%s\n", text);
    assert_non_null(strstr(text, expected));
    pl_str_free(&out);
    fixture_close(&f);
}

static void explain_fails(const char *key, const char *expected)
{
    fixture f;
    pl_str out;
    fixture_open(&f);
    pl_str_init(&out);
    assert_int_equal(pl_conf_explain(&out, &sample_struct, key, &f.diag), PL_ERR_USER);
    expect_message(&f, expected);
    pl_str_free(&out);
    fixture_close(&f);
}

static void test_explain(void **state)
{
    explains("count",
             "count\n  Prompts per batch.\n  type      a whole number\n  unit      prompts\n  bounds    between 1 and 1000000000\n  default   16\n");
    explains("formats.code.share", "formats.<name>.share\n");
    explains("formats.share", "  source    arXiv 2504.07912\n");
    explains("tokens", "formats.<name>.tokens\n  Mean length.\n");
    explains("low", "low\n");
    explains("gain", "    order ");
    explains("method", "    heavy-ball               With momentum.\n");
    explains("beta1", "  of        method 'adam'\n");
    explains("reward.neat.of", "reward.<name>.of\n");
    explains("adam", "method 'adam'\n  Adaptive moments.\n  source    arXiv 1412.6980\n");
    explains("method.heavy-ball", "method 'heavy-ball'\n");
    explain_fails("order", "several keys are called 'order'; gain.order, formats.<name>.gain.order");
    explain_fails("cuont", "unknown key 'cuont'; did you mean 'count'?");
    explain_fails("formats.tokns", "did you mean 'formats.<name>.tokens'?");
    explain_fails("zzzzzzz", "unknown key 'zzzzzzz'");
}

static void test_registries(void **state)
{
    const pl_registry *list[4];
    assert_int_equal(pl_conf_registries(&sample_struct, list, 4), 2);
    assert_ptr_equal(list[0], &method_registry);
    assert_ptr_equal(list[1], &term_registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema), cmocka_unit_test(test_template), cmocka_unit_test(test_reference), cmocka_unit_test(test_explain),
        cmocka_unit_test(test_registries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
