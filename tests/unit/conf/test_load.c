/* Files: extends, where they are looked for, circles, presets; and a failing allocation at every k. */
#include <sys/stat.h>
#include <unistd.h>

#include "helper.h"
#include "sim/base/fs.h"

static char dir_[] = "/tmp/conf-test-XXXXXX";

static const char *path_of(fixture *f, const char *name) { return pl_join(&f->arena, dir_, name); }

static void put(fixture *f, const char *name, const char *text)
{
    const char *path = path_of(f, name);
    char *slash = strrchr(path, '/'), *folder = pl_arena_strndup(&f->arena, path, (size_t)(slash - path));
    assert_int_equal(pl_make_dir(folder, &f->diag), PL_OK);
    assert_int_equal(pl_write_file(path, text, strlen(text), &f->diag), PL_OK);
}

static pl_status load(fixture *f, const char *name, pl_node **root)
{
    const char *dirs[] = {path_of(f, "other"), path_of(f, "tree")};
    pl_search search = {dirs, 2};
    return pl_conf_load(path_of(f, name), &search, &f->arena, &f->diag, root);
}

static pl_status presets(fixture *f, pl_node *root)
{
    const char *dirs[] = {path_of(f, "other"), path_of(f, "tree")};
    pl_search search = {dirs, 2};
    return pl_conf_presets(root, &sample_struct, &search, &f->arena, &f->diag);
}

static int set_up(void **state)
{
    fixture f;
    if (!mkdtemp(dir_)) return -1;
    fixture_open(&f);
    put(&f, "a.yaml", "extends: [beside.yaml, base/far]\ncount: 7\nformats.code: {tokens: 3}\n");
    put(&f, "beside.yaml", "count: 1\nrate: 0.125\ntitle: beside\n");
    put(&f, "tree/scenarios/base/far.yaml", "extends: deeper/deep.yaml\ntitle: far\n");
    put(&f, "tree/scenarios/base/deeper/deep.yaml", "mode: async\ntitle: deep\n");
    put(&f, "tree/scenarios/base/gains/strong.yaml", "world: 7.5\norder: 3\n");
    put(&f, "other/base/gains/stronger.yaml", "preset: strong\norder: 5\n");
    put(&f, "other/base/gains/loop.yaml", "preset: loop\n");
    put(&f, "circle.yaml", "extends: circle2.yaml\n");
    put(&f, "circle2.yaml", "count: 1\nextends: ./circle.yaml\n");
    put(&f, "missing.yaml", "count: 2\nextends: nowhere.yaml\n");
    put(&f, "odd.yaml", "extends: [{a: 1}]\n");
    put(&f, "list.yaml", "- 1\n");
    put(&f, "two.yaml", "extends: [nowhere.yaml, list.yaml]\n");
    fixture_close(&f);
    return 0;
}

static int tear_down(void **state) { return pl_remove_tree(dir_, NULL); }

static void test_extends(void **state)
{
    fixture f;
    sample s = {0};
    pl_node *root = NULL;
    fixture_open(&f);
    assert_int_equal(load(&f, "a.yaml", &root), PL_OK);
    assert_null(pl_node_get(root, "extends"));
    assert_int_equal(pl_conf_bind(root, &sample_struct, &s, &f.arena, &f.diag), PL_OK);
    assert_true(s.count == 7 && s.rate == 0.125 && s.mode == 1 && s.formats.n == 1);
    assert_string_equal(s.title, "far");
    assert_non_null(strstr(pl_node_get(root, "mode")->place.file, "tree/scenarios/base/deeper/deep.yaml"));
    fixture_close(&f);
}

static void load_refused(const char *name, const char *message)
{
    fixture f;
    pl_node *root = NULL;
    fixture_open(&f);
    assert_int_equal(load(&f, name, &root), PL_ERR_USER);
    assert_null(root);
    expect_message(&f, message);
    fixture_close(&f);
}

static void test_refusals(void **state)
{
    load_refused("circle.yaml", "circle2.yaml:2:10: error: '");
    load_refused("circle.yaml", "extends itself in a circle");
    load_refused("missing.yaml", "missing.yaml:2:10: error: cannot find 'nowhere.yaml'; looked for ");
    load_refused("odd.yaml", "odd.yaml:1:11: error: 'extends' holds a map; `extends: base/small.yaml`, or a list of files");
    load_refused("two.yaml", "cannot find 'nowhere.yaml'");
    load_refused("two.yaml", "list.yaml:1:1: error: the file is a list, not a map");
}

static void test_presets(void **state)
{
    fixture f;
    sample s = {0};
    fixture_open(&f);
    pl_node *root = parse(&f,
                          "gain: {preset: strong, prompt: 0.5}\nformats: {a: {tokens: 1, gain: {preset: stronger, world: 2}}}\n"), *arm = parse(&f, "gain.preset: stronger\n");
    assert_int_equal(pl_node_merge(&root, arm, "arm b", &f.arena, &f.diag), PL_OK);
    assert_int_equal(presets(&f, root), PL_OK);
    assert_int_equal(presets(&f, root), PL_OK);
    assert_int_equal(pl_conf_bind(root, &sample_struct, &s, &f.arena, &f.diag), PL_OK);
    assert_true(s.gain.world == 7.5 && s.gain.order == 5 && s.gain.prompt == 0.5);
    assert_true(((format *)s.formats.v)->gain.world == 2 && ((format *)s.formats.v)->gain.order == 5);
    assert_string_equal(pl_node_at(root, "gain.world")->origin, "preset strong");
    assert_int_equal(presets(&f, parse(&f, "gain: {preset: weak}\n")), PL_ERR_USER);
    expect_message(&f, "t.yaml:1:16: error: unknown preset 'weak'; there are: loop, stronger, strong");
    assert_int_equal(presets(&f, parse(&f, "gain: {preset: loop}\n")), PL_ERR_USER);
    expect_message(&f, "preset 'loop' is too deep a chain; a preset may not build upon itself");
    assert_int_equal(presets(&f, parse(&f, "gain: {preset: ../x}\n")), PL_ERR_USER);
    expect_message(&f, "'preset' is '../x'");
    fixture_close(&f);
}

/* The whole way of a scenario; everything it allocates is in the fixture. */
static pl_status whole(fixture *f)
{
    sample s = {0};
    pl_node *root = NULL, *arm = NULL, *overlay = NULL;
    const char *other = path_of(f, "other"), *tree = path_of(f, "tree"), *path = path_of(f, "a.yaml");
    if (!other || !tree || !path) return PL_ERR_WORLD;
    const char *dirs[] = {other,
                          tree}, *text = "{gain.preset: stronger, at: [2, 3, 5], method: adam, reward: {format: 0.5}, skill: {math: 2}, claims: [x]}";
    pl_search search = {dirs, 2};
    pl_str out;
    pl_str_init(&out);
    pl_status st = pl_conf_load(path, &search, &f->arena, &f->diag, &root);
    if (!st) st = pl_yaml_parse(text, strlen(text), "arm", &f->arena, &f->diag, &arm);
    if (!st) st = pl_node_merge(&root, arm, "arm x", &f->arena, &f->diag);
    if (!st) st = pl_node_set(&root, "gain.prompt=0.5", &f->arena, &f->diag);
    if (!st) st = pl_conf_presets(root, &sample_struct, &search, &f->arena, &f->diag);
    if (!st) st = pl_conf_bind(root, &sample_struct, &s, &f->arena, &f->diag);
    if (!st) st = pl_conf_emit(&out, &sample_struct, &s, root);
    if (!st) st = pl_conf_overlay(&sample_struct, &s, &s, &f->arena, &f->diag, &overlay);
    if (!st) st = pl_conf_schema(&out, &sample_struct, "sample");
    if (!st) st = pl_conf_explain(&out, &sample_struct, "gain.order", &f->diag);
    if (!st) st = pl_conf_reference(&out, &sample_struct);
    if (!st) st = pl_conf_template(&out, &sample_struct);
    pl_str_free(&out);
    return st;
}

/* The same with mistakes, whose words need memory, too. */
static pl_status wrong(fixture *f)
{
    sample s = {0};
    pl_node *root = NULL;
    const char *text = "rate: x\nformats: {a: {tokns: 1}}\nreward: {no: 1}\nmomentum: 1\nlow: 5\n";
    pl_status st = pl_yaml_parse(text, strlen(text), "t", &f->arena, &f->diag, &root);
    return st ? st : pl_conf_bind(root, &sample_struct, &s, &f->arena, &f->diag);
}

static void survives(pl_status (*run)(fixture *f), pl_status expected)
{
    for (uint64_t k = 1;; k++) {
        for (int forever = 0; forever < 2; forever++) {
            fixture f;
            fixture_open(&f);
            pl_mem_fail_at(k, forever);
            pl_status st = run(&f);
            bool reached = pl_mem_count() >= k;
            pl_mem_fail_at(0, false);
            if (!reached) {
                assert_int_equal(st, expected);
                fixture_close(&f);
                return;
            }
            /* A message that could not be kept may be all that was lost; bad input is still never taken for good. */
            assert_true(st == PL_ERR_WORLD || st == expected);
            fixture_close(&f);
        }
    }
}

static void test_failing_memory(void **state)
{
    survives(whole, PL_OK);
    survives(wrong, PL_ERR_USER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extends), cmocka_unit_test(test_refusals), cmocka_unit_test(test_presets), cmocka_unit_test(test_failing_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
