/* Property: whatever is bound, its emitted YAML binds to the same values; and what an arm changes, laid upon the emitted
 * base, gives the arm. Random structs of every field type, fixed seeds. */
#include "helper.h"

static uint64_t state_;

static uint64_t draw(uint64_t n)
{
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33) % n;
}

static double uniform(void) { return ((double)draw(1u << 30) + 0.5) / (1u << 30); }

static double number_in(const pl_field *f)
{
    double low = isinf(f->min) ? -1e9 : f->min, high = isinf(f->max) ? 1e9 : f->max;
    double x = draw(4) ? low + (high - low) * uniform() : low + (high - low) * uniform() * 1e-7;
    return x;
}

/* Texts that a careless writer would get wrong. */
static const char *text_of(pl_arena *arena)
{
    static const char *const nasty[] = {"plain", "two words", "", "null", "~", "true", "1e-6", "0x1f", " lead", "trail ", "a: b",
                                        "a #b", "- x", "[x", "{y}", "'q'", "\"dq\"",
                                        "back\\slash", "tab\there", "line\nbreak", "\xC2\x85", "\xE2\x80\xA8x", "\xC3\xA9t\xC3\xA9", "\xF0\x9F\x98\x80", "&a", "*a", "!t", "%d", "@x", "|",
                                        ">", "?", ":", "a,b", "inf", ".nan", "Yes", "=", "<<", "---", "\357\273\277bom", "1", "-"};
    if (draw(3)) return nasty[draw(PL_COUNT(nasty))];
    char *s = pl_arena_alloc(arena, 40);
    size_t n = draw(39);
    for (size_t i = 0; i < n; i++) s[i] = (char)(0x20 + draw(95));
    return s;
}

static const char *name_of(pl_arena *arena, size_t i) { return pl_arena_printf(arena, "%c%zu_%s", (char)('a' + draw(26)), i,
                                                                               draw(2) ? "x-y" : "+"); }

static void fill_struct(pl_arena *arena, const pl_struct *s, char *out);

static pl_node *raw_tree(pl_arena *arena, int depth)
{
    pl_node *node = pl_arena_alloc(arena, sizeof *node);
    node->kind = depth > 3 ? PL_NODE_SCALAR : (pl_node_kind)draw(4);
    if (node->kind == PL_NODE_SCALAR) {
        node->quoted = draw(2);
        node->text = node->quoted ? text_of(arena) : "3.25";
    } else if (node->kind == PL_NODE_NULL) {
        node->text = "null";
    } else {
        node->n = node->capacity = draw(4);
        node->child = pl_arena_array(arena, node->n + 1, sizeof *node->child);
        for (size_t i = 0; i < node->n; i++) {
            node->child[i] = raw_tree(arena, depth + 1);
            node->child[i]->key = node->kind == PL_NODE_MAP ? draw(2) ? name_of(arena, i) : pl_arena_printf(arena, "%zu %s", i,
                text_of(arena)) : NULL;
        }
    }
    return node;
}

static void fill_several(pl_arena *arena, const pl_field *f, char *member)
{
    size_t n = draw(5) ? draw(4) : 30;
    if (f->type == PL_REALS) {
        pl_reals *r = (pl_reals *)member;
        *r = (pl_reals){n ? pl_arena_array(arena, n, sizeof *r->v) : NULL, n};
        for (size_t i = 0; i < n; i++) r->v[i] = number_in(f);
    } else if (f->type == PL_STRINGS) {
        pl_strings *r = (pl_strings *)member;
        *r = (pl_strings){n ? pl_arena_array(arena, n, sizeof *r->v) : NULL, n};
        for (size_t i = 0; i < n; i++) r->v[i] = text_of(arena);
    } else {
        pl_per *p = (pl_per *)member;
        p->all = number_in(f);
        p->n = n;
        p->names = pl_arena_array(arena, n + 1, sizeof *p->names);
        p->v = pl_arena_array(arena, n + 1, sizeof *p->v);
        for (size_t i = 0; i < n; i++) p->names[i] = name_of(arena, i), p->v[i] = number_in(f);
    }
}

static void fill_choice(pl_arena *arena, const pl_registry *registry, const pl_entry **entry, void **params)
{
    *entry = registry->entries[draw(pl_registry_count(registry))];
    *params = NULL;
    if ((*entry)->params) fill_struct(arena, (*entry)->params, *params = pl_arena_alloc(arena, (*entry)->params->size));
}

static void fill_field(pl_arena *arena, const pl_field *f, char *member)
{
    bool null = f->flags & PL_NULLABLE && draw(4) == 0;
    pl_map *map = (pl_map *)member;
    pl_choices *choices = (pl_choices *)member;
    switch (f->type) {
    case PL_BOOL: *(bool *)member = draw(2); break;
    case PL_INT: *(int64_t *)member = null ? INT64_MIN : (int64_t)number_in(f) + 1; break;
    case PL_REAL: *(double *)member = null ? NAN : number_in(f); break;
    case PL_STRING: *(const char **)member = null ? NULL : text_of(arena); break;
    case PL_ENUM: *(int *)member = (int)draw(3); break;
    case PL_REALS:
    case PL_STRINGS:
    case PL_PER: fill_several(arena, f, member); break;
    case PL_STRUCT: fill_struct(arena, f->sub, member); break;
    case PL_MAP:
    case PL_LIST:
        map->n = draw(4);
        map->v = pl_arena_array(arena, map->n + 1, f->sub->size);
        for (size_t i = 0; i < map->n; i++) {
            char *element = (char *)map->v + i * f->sub->size;
            if (f->type == PL_MAP) *(const char **)element = name_of(arena, i);
            fill_struct(arena, f->sub, element);
        }
        break;
    case PL_CHOICE: fill_choice(arena, f->registry, &((pl_choice *)member)->entry, &((pl_choice *)member)->params); break;
    case PL_CHOICES:
        choices->n = draw(4);
        choices->v = pl_arena_array(arena, choices->n + 1, sizeof *choices->v);
        for (size_t i = 0; i < choices->n; i++) {
            pl_chosen *c = &choices->v[i];
            c->key = name_of(arena, i);
            fill_choice(arena, f->registry, &c->entry, &c->params);
            fill_struct(arena, f->sub, c->common = pl_arena_alloc(arena, f->sub->size));
        }
        break;
    case PL_NODE: {
        pl_node *node = draw(4) ? raw_tree(arena, 0) : NULL;
        *(const pl_node **)member = node && node->kind == PL_NODE_NULL ? NULL : node;
    }
    }
}

static void fill_struct(pl_arena *arena, const pl_struct *s, char *out)
{
    for (size_t i = 0; i < s->n_fields; i++) fill_field(arena, &s->fields[i], out + s->fields[i].offset);
    if (s == &range_struct && ((range *)out)->low > ((range *)out)->high) ((range *)out)->low = ((range *)out)->high - 1;
}

static pl_node *emitted(fixture *f, const sample *s, const pl_node *root)
{
    pl_str text;
    pl_str_init(&text);
    assert_int_equal(pl_conf_emit(&text, &sample_struct, s, root), PL_OK);
    pl_node *tree = parse(f, pl_str_end(&text));
    pl_str_free(&text);
    return tree;
}

static void bind_again(fixture *f, const pl_node *tree, sample *out)
{
    memset(out, 0, sizeof *out);
    if (pl_conf_bind(tree, &sample_struct, out, &f->arena, &f->diag)) pl_diag_print(&f->diag, stderr);
    assert_int_equal(f->diag.errors, 0);
}

static void test_emission(void **state)
{
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        fixture f;
        sample s = {0}, back, third;
        fixture_open(&f);
        state_ = seed;
        fill_struct(&f.arena, &sample_struct, (char *)&s);
        pl_node *tree = emitted(&f, &s, NULL);
        bind_again(&f, tree, &back);
        assert_true(same_struct(&sample_struct, (const char *)&s, (const char *)&back));
        bind_again(&f, emitted(&f, &back, tree), &third);                /* now with origins of files */
        assert_true(same_struct(&sample_struct, (const char *)&s, (const char *)&third));
        fixture_close(&f);
    }
}

static void test_overlay(void **state)
{
    for (uint64_t seed = 1; seed <= 500; seed++) {
        fixture f;
        sample base = {0}, arm = {0}, back;
        fixture_open(&f);
        state_ = 7919 * seed;
        fill_struct(&f.arena, &sample_struct, (char *)&base);
        arm = base;
        for (int i = 0; i < 4; i++) {
            const pl_field *field = &sample_fields[draw(PL_COUNT(sample_fields) - 1)];     /* arms is the last: raw trees keep no list indices */
            if (field->sub == &range_struct) continue;
            fill_field(&f.arena, field, (char *)&arm + field->offset);
        }
        pl_node *tree = emitted(&f, &base, NULL), *overlay = NULL;
        assert_int_equal(pl_conf_overlay(&sample_struct, &base, &arm, &f.arena, &f.diag, &overlay), PL_OK);
        assert_int_equal(pl_node_merge(&tree, overlay, "arm", &f.arena, &f.diag), PL_OK);
        bind_again(&f, tree, &back);
        assert_true(pl_node_equal(emitted(&f, &arm, NULL), emitted(&f, &back, NULL)));      /* whatever the order of names */
        fixture_close(&f);
    }
}

static void test_origins(void **state)
{
    fixture f;
    sample s = {0};
    pl_str text;
    fixture_open(&f);
    pl_str_init(&text);
    pl_node *root = parse(&f, "count: 12\nreward: {format: 0.5}\nformats: {code: {tokens: 7}}\n"), *arm = parse(&f, "rate: 0.25\n");
    assert_int_equal(pl_node_merge(&root, arm, "arm small", &f.arena, &f.diag), PL_OK);
    assert_int_equal(pl_node_set(&root, "cap=77", &f.arena, &f.diag), PL_OK);
    bind_again(&f, root, &s);
    assert_int_equal(pl_conf_emit(&text, &sample_struct, &s, root), PL_OK);
    const char *yaml = pl_str_end(&text);
    assert_non_null(strstr(yaml, "\ncount: 12  # prompts; t.yaml:1\n"));
    assert_non_null(strstr(yaml, "\nrate: 0.25  # arm small, t.yaml:1\n"));
    assert_non_null(strstr(yaml, "\ncap: 77  # tokens; --set\n"));
    assert_non_null(strstr(yaml, "\nmode: sync  # default\n"));
    assert_non_null(strstr(yaml, "\n    tokens: 7  # tokens; t.yaml:3\n"));
    assert_non_null(strstr(yaml, "\n    term: format  # default\n"));
    pl_str_free(&text);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_emission), cmocka_unit_test(test_overlay),
                                       cmocka_unit_test(test_origins)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
