/* What the tests of sim/conf share: parsing and binding of literal text, messages as one text, comparing structs. */
#ifndef TEST_CONF_HELPER_H
#define TEST_CONF_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "sample.h"

typedef struct fixture { pl_arena arena; pl_diag diag; } fixture;

static inline void fixture_open(fixture *f)
{
    pl_arena_init(&f->arena);
    pl_diag_init(&f->diag);
}

static inline void fixture_close(fixture *f)
{
    pl_diag_free(&f->diag);
    pl_arena_free(&f->arena);
}

/* The messages as they are printed; the caller frees. */
static inline char *messages(const fixture *f)
{
    enum { ROOM = 1 << 16 };
    char *text = calloc(1, ROOM);
    FILE *out = fmemopen(text, ROOM - 1, "w");
    pl_diag_print(&f->diag, out);
    fclose(out);
    return text;
}

static inline pl_node *parse(fixture *f, const char *text)
{
    pl_node *root = NULL;
    if (pl_yaml_parse(text, strlen(text), "t.yaml", &f->arena, &f->diag, &root)) {
        char *said = messages(f);
        fprintf(stderr, "%s\nof\n%s\n", said, text);
        free(said);
    }
    assert_non_null(root);
    return root;
}

static inline void expect_message(const fixture *f, const char *expected)
{
    char *said = messages(f);
    if (!strstr(said, expected)) fprintf(stderr, "wanted: %s\ngot:    %s\n", expected, said);
    assert_non_null(strstr(said, expected));
    free(said);
}

/* Exact equality of two bound structs, by their table. */
static inline bool same_real(double a, double b) { return memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b); }
static inline bool same_struct(const pl_struct *s, const char *a, const char *b);

static inline bool same_text(const char *a, const char *b) { return a && b ? !strcmp(a, b) : a == b; }

static inline bool same_per(const pl_per *a, const pl_per *b)
{
    if (a->n != b->n || !same_real(a->all, b->all)) return false;
    for (size_t i = 0; i < a->n; i++)
        if (!same_text(a->names[i], b->names[i]) || !same_real(a->v[i], b->v[i])) return false;
    return true;
}

static inline bool same_elements(const pl_field *f, const pl_map *a, const pl_map *b)
{
    if (a->n != b->n) return false;
    for (size_t i = 0; i < a->n; i++) {
        const char *x = (const char *)a->v + i * f->sub->size, *y = (const char *)b->v + i * f->sub->size;
        if (f->type == PL_MAP && !same_text(*(const char *const *)x, *(const char *const *)y)) return false;
        if (!same_struct(f->sub, x, y)) return false;
    }
    return true;
}

static inline bool same_params(const pl_entry *a, const void *x, const pl_entry *b, const void *y)
{
    return a == b && (!a->params || same_struct(a->params, x, y));
}

static inline bool same_field(const pl_field *f, const char *a, const char *b)
{
    const pl_choices *x = (const pl_choices *)a, *y = (const pl_choices *)b;
    const pl_node *p = *(const pl_node *const *)a, *q = *(const pl_node *const *)b;
    switch (f->type) {
    case PL_BOOL: return *(const bool *)a == *(const bool *)b;
    case PL_INT: return *(const int64_t *)a == *(const int64_t *)b;
    case PL_REAL: return same_real(*(const double *)a, *(const double *)b);
    case PL_STRING: return same_text(*(const char *const *)a, *(const char *const *)b);
    case PL_ENUM: return *(const int *)a == *(const int *)b;
    case PL_REALS: {
        const pl_reals *r = (const pl_reals *)a, *t = (const pl_reals *)b;
        return r->n == t->n && (!r->n || !memcmp(r->v, t->v, r->n * sizeof *r->v));
    }
    case PL_STRINGS: {
        const pl_strings *r = (const pl_strings *)a, *t = (const pl_strings *)b;
        for (size_t i = 0; i < r->n && r->n == t->n; i++)
            if (!same_text(r->v[i], t->v[i])) return false;
        return r->n == t->n;
    }
    case PL_PER: return same_per((const pl_per *)a, (const pl_per *)b);
    case PL_STRUCT: return same_struct(f->sub, a, b);
    case PL_MAP:
    case PL_LIST: return same_elements(f, (const pl_map *)a, (const pl_map *)b);
    case PL_CHOICE: return same_params(((const pl_choice *)a)->entry, ((const pl_choice *)a)->params,
                                       ((const pl_choice *)b)->entry, ((const pl_choice *)b)->params);
    case PL_CHOICES:
        for (size_t i = 0; i < x->n && x->n == y->n; i++)
            if (!same_text(x->v[i].key, y->v[i].key) || !same_struct(f->sub, x->v[i].common, y->v[i].common) ||
                !same_params(x->v[i].entry, x->v[i].params, y->v[i].entry, y->v[i].params))
                return false;
        return x->n == y->n;
    case PL_NODE: return p && q ? pl_node_equal(p, q) : p == q;
    }
    return false;
}

static inline bool same_struct(const pl_struct *s, const char *a, const char *b)
{
    for (size_t i = 0; i < s->n_fields; i++)
        if (!same_field(&s->fields[i], a + s->fields[i].offset, b + s->fields[i].offset)) {
            fprintf(stderr, "%s.%s differs\n", s->name, s->fields[i].name);
            return false;
        }
    return true;
}

#endif
