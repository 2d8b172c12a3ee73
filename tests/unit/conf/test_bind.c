/* Binding: defaults, every class of wrong value with its exact place and words, shorthands, removed keys. */
#include "helper.h"

#define OK_FORMAT "formats: {code: {tokens: 120}}\n"

static pl_status bind(fixture *f, const char *text, sample *out)
{
    memset(out, 0, sizeof *out);
    return pl_conf_bind(parse(f, text), &sample_struct, out, &f->arena, &f->diag);
}

typedef struct wrong { const char *text, *message; } wrong;

static const wrong wrongs[] = {
    {"rate: 1e-6x",
     "t.yaml:1:7: error: 'rate' is '1e-6x', not a number; a decimal number above 0 and at most 1, written like 12, 0.5 or 1e-6"},
    {"rate: .nan", "t.yaml:1:7: error: 'rate' is '.nan', not a number; a finite number above 0 and at most 1"},
    {"cap: .inf", "t.yaml:1:6: error: 'cap' is '.inf', not a number; a finite number at least 1, or null for none"},
    {"rate: '0.5'", "t.yaml:1:7: error: 'rate' is the quoted text '0.5', not a number; write it without quotes: 0.5"},
    {"rate: 0x10", "'rate' is '0x10', not a number"},
    {"rate: 0", "t.yaml:1:7: error: 'rate' is 0: out of bounds; a number above 0 and at most 1"},
    {"count: 0", "t.yaml:1:8: error: 'count' is 0: out of bounds; a number between 1 and 1000000000, in prompts"},
    {"count: 2.5", "'count' is 2.5, not a whole number"},
    {"count: [3]", "'count' is a list; a whole number; for example `count: 16`"},
    {"count: null", "t.yaml:1:8: error: 'count' is null; a whole number"},
    {"count:\n", "'count' is nothing; a whole number"},
    {"flag: yes", "t.yaml:1:7: error: 'flag' is 'yes'; true or false; for example `flag: false`"},
    {"mode: asinc", "'mode' is 'asinc'; did you mean 'async'? It is one of sync, async, one-off"},
    {"mode: 7", "'mode' is '7'; one of sync, async, one-off"},
    {"title: {a: 1}", "'title' is a map; a text"},
    {"at: 8", "t.yaml:1:5: error: 'at' is the number 8; a list of numbers; for example `at: [1, 8]`"},
    {"at: [1, 2048]", "t.yaml:1:9: error: 'at.1' is 2048: out of bounds; a number between 1 and 1024"},
    {"tags: [a, [b]]", "'tags.1' is a list; a text"},
    {"skill: {math: x}", "t.yaml:1:15: error: 'skill.math' is 'x', not a number"},
    {"skill: {a/b: 1}", "t.yaml:1:9: error: 'a/b' is not a name"},
    {"skill: [1]", "'skill' is a list; a number, or a map of names to numbers"},
    {"gain: 3", "'gain' is the number 3; a map of gain"},
    {"gain: {wrold: 3}", "t.yaml:1:8: error: unknown key 'gain.wrold'; did you mean 'world'?"},
    {"momentun: 3", "t.yaml:1:1: error: unknown key 'momentun'"},
    {"tokens: 5", "t.yaml:1:1: error: unknown key 'tokens'; there is 'formats.<name>.tokens'"},
    {"gain: {zzzzzz: 1}", "unknown key 'gain.zzzzzz'; known here: world, prompt, order"},
    {"method: adma",
     "t.yaml:1:9: error: 'method' is 'adma', which is no method; did you mean 'adam'? There are: adam, heavy-ball, sgd"},
    {"method: {adam: 1}",
     "'method' is a map, not the name of a method; its own keys stand beside it; one of adam, heavy-ball, sgd"},
    {"momentum: 0.5",
     "t.yaml:1:1: error: key 'momentum' belongs to method 'heavy-ball', but method is 'sgd'; write `method: heavy-ball`, or leave 'momentum' out"},
    {"method: adam\nbeta1: 1", "t.yaml:2:8: error: 'beta1' is 1: out of bounds; a number at least 0 and below 1"},
    {"reward: {speed: 1}", "t.yaml:1:10: error: 'reward.speed' is 'speed', which is no reward; one of correctness, format"},
    {"reward: {x: {term: fromat}}", "t.yaml:1:20: error: 'reward.x.term' is 'fromat', which is no reward; did you mean 'format'?"},
    {"reward: {correctness: {of: code}}", "unknown key 'reward.correctness.of'"},
    {"reward: {correctness: 11}", "'reward.correctness.weight' is 11: out of bounds"},
    {"reward: {correctness: [1]}", "'reward.correctness' is a list; a map of its keys, or a number"},
    {"formats: {code: {}}", "t.yaml:1:17: error: required key 'formats.code.tokens' is missing; Mean length."},
    {"formats: {a.b: {tokens: 1}, 'c d': {tokens: 1}}", "'c d' is not a name; a name is made of letters"},
    {"formats: {default: {tokens: 1}}", "the name 'default' is taken"},
    {"formats: [1]", "'formats' is a list; a map of names to format"},
    {"claims: {text: a}", "'claims' is a map; a list of claim"},
    {"claims: [{effect: true}]", "t.yaml:1:10: error: required key 'claims.0.text' is missing"},
    {"low: 0.75\nhigh: 0.5", "t.yaml:1:6: error: 'low' is above 'high'; low <= high"},
};

static void test_wrong(void **state)
{
    for (size_t i = 0; i < PL_COUNT(wrongs); i++) {
        fixture f;
        sample s;
        fixture_open(&f);
        assert_int_equal(bind(&f, wrongs[i].text, &s), PL_ERR_USER);
        expect_message(&f, wrongs[i].message);
        fixture_close(&f);
    }
}

static void test_all_at_once(void **state)
{
    fixture f;
    sample s;
    fixture_open(&f);
    assert_int_equal(bind(&f,
                          "rate: x\ncount: -3\nunknown-key: 1\nreward: {no: 1}\nformats: {a: {tokens: 0}, b: {share: 2}}\nlow: 2\n", &s), PL_ERR_USER);
    assert_int_equal(f.diag.errors, 8);          /* the two of b and the check of low and high are among them */
    /* Heard before, so nothing is added; and still it is an error. */
    assert_int_equal(bind(&f, "low: 2\n", &s), PL_ERR_USER);
    assert_int_equal(pl_conf_bind(parse(&f, "- 1\n"), &sample_struct, &s, &f.arena, &f.diag), PL_ERR_USER);
    expect_message(&f, "t.yaml:1:1: error: the whole is a list, not a map");
    fixture_close(&f);
}

static void test_defaults(void **state)
{
    fixture f;
    sample s = {0};
    fixture_open(&f);
    assert_int_equal(pl_conf_bind(NULL, &sample_struct, &s, &f.arena, &f.diag), PL_OK);
    assert_int_equal(s.count, 16);
    assert_true(s.limit == INT64_MIN);
    assert_true(s.rate == 1e-3 && s.cap == 4096 && s.skill.all == 0.25);
    assert_string_equal(s.title, "untitled");
    assert_null(s.note);
    assert_int_equal(s.at.n, 2);
    assert_true(s.at.v[1] == 8);
    assert_true(isnan(s.gain.prompt) && s.gain.world == 1 && s.range.high == 0.875 && s.difficulty.mean == -0.3);
    assert_ptr_equal(s.method.entry, &sample_sgd);
    assert_null(s.method.params);
    assert_int_equal(s.reward.n, 1);
    assert_true(((term_common *)s.reward.v[0].common)->weight == 1);
    assert_null(s.arms);
    fixture_close(&f);
}

static void test_values(void **state)
{
    fixture f;
    sample s;
    fixture_open(&f);
    const char *text = "flag: true\ncount: 2.5e3\nrate: 2.385e-2\ncap: null\ntitle: 12\nmode: one-off\nskill: {math: 1.5, default: -0.25}\n"
                       "low: 0.3\ndifficulty: [1.25, -7]\nformats: {code: 120, text: {tokens: 260, share: {math: 0.7}, gain: {order: 3}}}\nclaims: [first, {text: second, effect: false}]\n"
                       "method: adam\nbeta2: 0.95\nreward: {correctness: 0.7, neat: {term: format, of: text, weight: -0.2}}\narms: {small: {count: 4}}\n";
    assert_int_equal(bind(&f, text, &s), PL_OK);
    assert_true(s.flag && s.count == 2500 && s.rate == 0.02385 && isnan(s.cap) && s.mode == 2 && s.range.low == 0.3);
    assert_string_equal(s.title, "12");
    assert_true(s.skill.all == -0.25 && s.skill.n == 1 && s.skill.v[0] == 1.5);
    assert_true(s.difficulty.list.n == 2 && s.difficulty.list.v[1] == -7 && s.difficulty.mean == -0.3);
    const format *formats = s.formats.v;
    assert_int_equal(s.formats.n, 2);
    assert_string_equal(formats[1].name, "text");
    assert_true(formats[0].tokens == 120 && formats[0].share.all == 0.5 && formats[1].gain.order == 3);
    assert_true(formats[1].share.all == 0.5 && formats[1].share.v[0] == 0.7);          /* the rest: the field's default */
    const claim *claims = s.claims.v;
    assert_true(s.claims.n == 2 && claims[0].effect && !claims[1].effect);
    assert_string_equal(claims[0].text, "first");
    assert_true(((adam *)s.method.params)->beta1 == 0.9 && ((adam *)s.method.params)->beta2 == 0.95);
    assert_ptr_equal(s.reward.v[1].entry, &sample_format);
    assert_true(((term_common *)s.reward.v[1].common)->weight == -0.2);
    assert_string_equal(((named *)s.reward.v[1].params)->of, "text");
    assert_string_equal(pl_node_at(s.arms, "small.count")->text, "4");
    fixture_close(&f);
}

/* null upon a lower layer removes; where null is a value, it is the value. */
static void test_removed(void **state)
{
    fixture f;
    sample s = {0};
    fixture_open(&f);
    pl_node *root = parse(&f,
                          OK_FORMAT "count: 5\ncap: 99\nmethod: adam\nbeta1: 0.5\nreward: {format: 2}\narms: {a: {count: 1}, b: {}}\n");
    pl_node *over = parse(&f,
                          "count: null\ncap: null\nmethod: sgd\nbeta1: null\nformats.code: null\nreward.format: null\narms.a: null\n");
    assert_int_equal(pl_node_merge(&root, over, NULL, &f.arena, &f.diag), PL_OK);
    assert_int_equal(pl_conf_bind(root, &sample_struct, &s, &f.arena, &f.diag), PL_OK);
    assert_int_equal(s.count, 16);
    assert_true(isnan(s.cap));
    assert_ptr_equal(s.method.entry, &sample_sgd);
    assert_int_equal(s.formats.n, 0);
    assert_int_equal(s.reward.n, 0);
    assert_int_equal(s.arms->n, 1);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong), cmocka_unit_test(test_all_at_once), cmocka_unit_test(test_defaults), cmocka_unit_test(test_values),
        cmocka_unit_test(test_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
