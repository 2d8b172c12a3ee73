/* The real field tables against themselves: what they state as defaults must be what they would accept from a person. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/conf/bind.h"
#include "sim/run/scenario.h"

static void complain(const pl_diag *diag)
{
    for (size_t i = 0; i < diag->count; i++)
        print_message("%zu:%zu %s\n", (size_t)diag->messages[i].place.line, (size_t)diag->messages[i].place.column,
                      diag->messages[i].what);
}

/* Binds YAML to a table and emits it again; the caller frees `out`. */
static pl_status round_trip(const char *yaml, const pl_struct *table, pl_str *out, pl_diag *diag)
{
    pl_arena arena;
    pl_node *root;
    pl_arena_init(&arena);
    pl_status st = pl_yaml_parse(yaml, strlen(yaml), "defaults", &arena, diag, &root);
    void *value = pl_arena_alloc(&arena, table->size);
    assert_non_null(value);
    if (!st) st = pl_conf_bind(root, table, value, &arena, diag);
    if (!st) st = pl_conf_emit(out, table, value, NULL);
    pl_arena_free(&arena);
    return st;
}

/* The first line in which two texts differ, for the message. */
static void assert_same(const char *a, const char *b)
{
    size_t i = 0, line = 0;
    for (; a[i] && a[i] == b[i]; i++)
        if (a[i] == '\n') line = i + 1;
    if (a[i] != b[i]) fail_msg("'%.*s' is not '%.*s'", (int)strcspn(a + line, "\n"), a + line, (int)strcspn(b + line, "\n"),
                               b + line);
}

/* Comments say where a value came from, which is not what is compared; no default has a '#' in it. */
static void cut_comments(char *text)
{
    char *to = text;
    for (const char *from = text; *from;) {
        if (from[0] == ' ' && from[strspn(from, " ")] == '#') from += strcspn(from, "\n");
        else *to++ = *from++;
    }
    *to = '\0';
}

static void must_bind(const char *yaml, const pl_struct *table, pl_str *out)
{
    pl_diag diag;
    pl_diag_init(&diag);
    pl_str_init(out);
    pl_status st = round_trip(yaml, table, out, &diag);
    if (st || diag.count) print_message("table %s:\n", table->name);
    complain(&diag);
    assert_int_equal(st, PL_OK);
    assert_int_equal(diag.count, 0); /* not even a warning */
    assert_non_null(pl_str_end(out));
    cut_comments(out->text);
    pl_diag_free(&diag);
}

static void defaults_bind_and_come_back(void **state)
{
    pl_str once, twice;
    must_bind("{}", &scenario_struct, &once);
    must_bind(once.text, &scenario_struct, &twice);
    assert_same(once.text, twice.text);
    pl_str_free(&once);
    pl_str_free(&twice);
}

static void the_template_is_the_defaults(void **state)
{
    pl_str template, from_template, from_nothing;
    pl_str_init(&template);
    assert_int_equal(pl_conf_template(&template, &scenario_struct), PL_OK);
    assert_non_null(pl_str_end(&template));
    must_bind(template.text, &scenario_struct, &from_template);
    must_bind("{}", &scenario_struct, &from_nothing);
    assert_same(from_template.text, from_nothing.text);
    pl_str_free(&template);
    pl_str_free(&from_template);
    pl_str_free(&from_nothing);
}

/* Keys of plug-ins that no default names are bound here. */
static void every_plug_in_has_defaults(void **state)
{
    enum { MOST = 32 };
    const pl_registry *kinds[MOST];
    size_t n = pl_conf_registries(&scenario_struct, kinds, MOST), tables = 0;
    assert_true(n > 5 && n < MOST);
    for (size_t k = 0; k < n; k++)
        for (const pl_entry *const *e = kinds[k]->entries; *e; e++) {
            pl_str out;
            if (!(*e)->params) continue;
            must_bind("{}", (*e)->params, &out);
            pl_str_free(&out);
            tables++;
        }
    assert_true(tables > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(defaults_bind_and_come_back),
                                       cmocka_unit_test(the_template_is_the_defaults),
                                       cmocka_unit_test(every_plug_in_has_defaults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
