/* Trees: what is read, what is refused and where, merging, --set, differences. */
#include "helper.h"

typedef struct refusal { const char *text, *message; } refusal;

/* Each class of bad text with its exact place. */
static const refusal refusals[] = {
    {"", "t.yaml: error: the text is empty"},
    {"# only a comment\n", "the text is empty"},
    {"a: 1\nb: 2\na: 3\n", "t.yaml:3:1: error: key 'a' is written twice; first at line 1, column 1"},
    {"x:\n  k: 1\n  k: 1\n", "t.yaml:3:3: error: key 'k' is written twice; first at line 2, column 3"},
    {"a: 1\n\tb: 2\n", "t.yaml:2:1: error: not YAML"},
    {"a: [1, 2\nb: 3\n", "t.yaml:2:2: error: not YAML"},
    {"a: 'x\n", "not YAML: found unexpected end of stream"},
    {"a: 1\n---\nb: 2\n", "t.yaml:2:1: error: a second document begins"},
    {"a: *b\n", "t.yaml:1:4: error: alias '*b' has no anchor"},
    {"a: &x {b: *x}\n", "t.yaml:1:11: error: alias '*x' stands inside what it names"},
    {"a: !!float 3\n", "t.yaml:1:4: error: tag 'tag:yaml.org,2002:float' has no meaning here"},
    {"? [a, b]\n: 1\n", "t.yaml:1:3: error: a key is a list"},
    {"\"\": 1\n", "t.yaml:1:1: error: a key is empty"},
    {"<<: 3\n", "t.yaml:1:5: error: '<<' takes a map or a list of maps, found the number 3"},
    {"a: \xff\n", "t.yaml:1:4: error: byte 0xFF is not UTF-8"},
    {"ok: 1\na: b\x01\n", "t.yaml:2:5: error: the file holds the control character U+0001"},
    {"\xff\xfe" "a", "t.yaml:1:1: error: the file is UTF-16"},
    {"a: \"x\\0y\"\n", "t.yaml:1:4: error: a text holds the character NUL"},
};

static void test_refusals(void **state)
{
    for (size_t i = 0; i < PL_COUNT(refusals); i++) {
        fixture f;
        fixture_open(&f);
        pl_node *root = NULL;
        assert_int_equal(pl_yaml_parse(refusals[i].text, strlen(refusals[i].text), "t.yaml", &f.arena, &f.diag, &root),
                         PL_ERR_USER);
        assert_null(root);
        expect_message(&f, refusals[i].message);
        fixture_close(&f);
    }
}

static void test_binary(void **state)
{
    fixture f;
    fixture_open(&f);
    pl_node *root = NULL;
    assert_int_equal(pl_yaml_parse("a: b\0c", 6, "t.yaml", &f.arena, &f.diag, &root), PL_ERR_USER);
    expect_message(&f, "t.yaml:1:5: error: the file holds the control character U+0000; this is a binary file");
    fixture_close(&f);
}

static void refused(const char *text, size_t length, const char *message)
{
    fixture f;
    fixture_open(&f);
    pl_node *root = NULL;
    assert_int_equal(pl_yaml_parse(text, length, "t.yaml", &f.arena, &f.diag, &root), PL_ERR_USER);
    expect_message(&f, message);
    fixture_close(&f);
}

static void test_limits(void **state)
{
    pl_str s;
    pl_str_init(&s);
    for (int i = 0; i < 65; i++) pl_str_addc(&s, '[');
    for (int i = 0; i < 65; i++) pl_str_addc(&s, ']');
    refused(pl_str_end(&s), s.length, "t.yaml:1:65: error: more than 64 levels of nesting");
    s.text[0] = s.text[129] = ' ';
    fixture f;
    fixture_open(&f);
    assert_int_equal(parse(&f, s.text)->kind, PL_NODE_LIST);
    fixture_close(&f);
    pl_str_clear(&s);
    pl_str_add(&s, "a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (char c = 'b'; c < 'j'; c++) {
        pl_str_addf(&s, "%c: &%c [", c, c);
        for (int i = 0; i < 9; i++) pl_str_addf(&s, "%s*%c", i ? ", " : "", c - 1);
        pl_str_add(&s, "]\n");
    }
    refused(pl_str_end(&s), s.length, "the aliases of this file expand to more than 100000 values");
    pl_str_clear(&s);
    for (int i = 0; i <= PL_NODE_KEYS; i++) pl_str_addf(&s, "k%d: 1\n", i);
    refused(pl_str_end(&s), s.length, "t.yaml:10001:1: error: a map has more than 10000 keys");
    pl_str_free(&s);
    char *big = malloc(PL_YAML_BYTES + 1);
    memset(big, ' ', PL_YAML_BYTES + 1);
    refused(big, PL_YAML_BYTES + 1, "the file has more than 16 MiB");
    free(big);
}

static void test_all_at_once(void **state)
{
    fixture f;
    fixture_open(&f);
    pl_node *root = NULL;
    const char *text = "a: 1\na: 2\nb: *c\nd: {e: 1, e: 2}\n";
    assert_int_equal(pl_yaml_parse(text, strlen(text), "t.yaml", &f.arena, &f.diag, &root), PL_ERR_USER);
    assert_int_equal(f.diag.errors, 3);
    fixture_close(&f);
}

static const char *text_at(const pl_node *root, const char *path)
{
    const pl_node *node = pl_node_at(root, path);
    return node && node->kind == PL_NODE_SCALAR ? node->text : NULL;
}

static void test_reading(void **state)
{
    fixture f;
    fixture_open(&f);
    pl_node *root = parse(&f,
                          "\xEF\xBB\xBF" "base: &b {lr: 0.02, k: [3, 5, 7]}\nuse:\n  <<: *b\n  lr: 0.375\nempty:\nword: !!str 12\nsame: *b\n");
    assert_string_equal(text_at(root, "use.lr"), "0.375");
    assert_string_equal(text_at(root, "use.k.1"), "5");
    assert_null(pl_node_at(root, "use.k.3"));
    assert_null(pl_node_at(root, "use.lr.deeper"));
    assert_int_equal(pl_node_get(root, "empty")->kind, PL_NODE_NULL);
    assert_true(pl_node_get(root, "word")->quoted);
    assert_true(pl_node_equal(pl_node_get(root, "base"), pl_node_get(root, "same")));
    const pl_node *lr = pl_node_at(root, "use.lr");
    assert_int_equal(lr->place.line, 4);
    assert_int_equal(lr->place.column, 7);
    assert_int_equal(lr->key_place.column, 3);
    fixture_close(&f);
}

static void test_merge(void **state)
{
    fixture f;
    fixture_open(&f);
    pl_node *root = parse(&f, "world: {scale: 7, formats: {code: 1, text: 2}}\nlist: [a, b, c]\nlr: 3\n");
    pl_node *over = parse(&f,
                          "world.scale: 9.5\nworld: {formats.code: null, formats.new: 4}\nlist: {1: x}\nlr: [5]\nfresh: null\n");
    assert_int_equal(pl_node_merge(&root, over, "arm a", &f.arena, &f.diag), PL_OK);
    assert_string_equal(text_at(root, "world.scale"), "9.5");
    assert_null(pl_node_at(root, "world.formats.code"));
    assert_string_equal(text_at(root, "world.formats.new"), "4");
    assert_string_equal(text_at(root, "world.formats.text"), "2");
    assert_string_equal(text_at(root, "list.1"), "x");
    assert_string_equal(text_at(root, "list.2"), "c");
    assert_string_equal(text_at(root, "lr.0"), "5");
    assert_int_equal(pl_node_get(root, "fresh")->kind, PL_NODE_NULL);
    assert_string_equal(pl_node_at(root, "world.scale")->origin, "arm a");
    assert_null(pl_node_at(root, "world.formats.text")->origin);
    assert_string_equal(pl_node_get(over, "world.scale")->text, "9.5");         /* untouched */
    fixture_close(&f);
}

static void merge_refused(const char *base, const char *over, const char *message)
{
    fixture f;
    fixture_open(&f);
    pl_node *root = parse(&f, base), *layer = parse(&f, over);
    assert_int_equal(pl_node_merge(&root, layer, NULL, &f.arena, &f.diag), PL_ERR_USER);
    expect_message(&f, message);
    fixture_close(&f);
}

static void test_merge_refusals(void **state)
{
    merge_refused("a: 1", "w: {s: 1}\nw.s: 2\n", "t.yaml:2:1: error: key 's' is written twice; first at line 1, column 5");
    merge_refused("a: 1", "w..s: 2\n", "t.yaml:1:1: error: key 'w..s' has an empty part");
    merge_refused("a: [1, 2]", "a: {2: 7}\n", "t.yaml:1:5: error: item 2 is beyond the end of the list");
    pl_str deep;
    pl_str_init(&deep);
    for (int i = 0; i < 300; i++) pl_str_add(&deep, "a.");
    pl_str_add(&deep, "a: {b: {c: 1}}\n");
    merge_refused("a: 1", pl_str_end(&deep), "64 levels of nesting");
    pl_str_free(&deep);
}

static void test_set(void **state)
{
    fixture f;
    fixture_open(&f);
    pl_node *root = NULL;
    assert_int_equal(pl_node_set(&root, "world.scale=2.5e9", &f.arena, &f.diag), PL_OK);
    assert_int_equal(pl_node_set(&root, "world.formats={code: [1, 2]}", &f.arena, &f.diag), PL_OK);
    assert_int_equal(pl_node_set(&root, "world.formats.code.0=a=b", &f.arena, &f.diag), PL_OK);
    assert_string_equal(text_at(root, "world.scale"), "2.5e9");
    assert_string_equal(text_at(root, "world.formats.code.0"), "a=b");
    assert_string_equal(pl_node_at(root, "world.scale")->origin, "--set");
    assert_string_equal(pl_node_at(root, "world.scale")->place.file, "--set world.scale=2.5e9");
    assert_int_equal(pl_node_set(&root, "world.scale", &f.arena, &f.diag), PL_ERR_USER);
    assert_int_equal(pl_node_set(&root, "=3", &f.arena, &f.diag), PL_ERR_USER);
    assert_int_equal(pl_node_set(&root, "a=", &f.arena, &f.diag), PL_ERR_USER);
    assert_int_equal(pl_node_set(&root, "a=[1", &f.arena, &f.diag), PL_ERR_USER);
    expect_message(&f, "--set world.scale: error: there is no '='");
    expect_message(&f, "there is no key before '='");
    expect_message(&f, "--set a=: error: there is no value after '='");
    fixture_close(&f);
}

static void test_diff(void **state)
{
    fixture f;
    fixture_open(&f);
    pl_node *a = parse(&f, "w: {s: 1, t: {u: 2}}\nl: [1]\ngone: 4\nsame: x\n"), *b = parse(&f,
        "w: {s: 1, t: {u: 3}}\nl: [1, 2]\nsame: x\nnew: {}\n"), *d = NULL;
    assert_int_equal(pl_node_diff(a, b, &f.arena, &d), PL_OK);
    assert_true(pl_node_equal(d, parse(&f, "w: {t: {u: 3}}\nl: [1, 2]\nnew: {}\ngone: null\n")));
    assert_int_equal(pl_node_merge(&a, d, NULL, &f.arena, &f.diag), PL_OK);
    pl_node *back = NULL;
    assert_int_equal(pl_node_diff(a, b, &f.arena, &back), PL_OK);
    assert_int_equal(back->n, 0);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_binary), cmocka_unit_test(test_limits), cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_reading), cmocka_unit_test(test_merge), cmocka_unit_test(test_merge_refusals), cmocka_unit_test(test_set),
        cmocka_unit_test(test_diff),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
