/* Field tables of a training run: complete, and hopeless combinations are refused before the run. */
#include "tests/unit/train/scene.h"
#include "models/filter.h"
#include "models/selection.h"
#include <stdio.h>

static pl_place nowhere(const pl_check *check, const char *path) { return (pl_place){path, 1, 1}; }

static const pl_struct *part(const char *name)
{
    for (size_t i = 0; i < training_struct.n_fields; i++)
        if (!strcmp(training_struct.fields[i].name, name))
            return training_struct.fields[i].sub;
    fail_msg("no part %s", name);
    return NULL;
}

/* Errors and warnings that a struct's check adds; `where` is the key that the first one names. */
static size_t complaints(const pl_struct *s, const void *self, char where[64])
{
    pl_diag diag;
    pl_diag_init(&diag);
    pl_check check = {.diag = &diag, .place = nowhere};
    s->check(self, &check);
    size_t n = diag.errors + diag.warnings;
    snprintf(where, 64, "%s", n ? diag.messages[0].place.file : "");
    for (size_t i = 0; i < diag.count; i++)
        assert_non_null(diag.messages[i].remedy);
    pl_diag_free(&diag);
    return n;
}

static void every_key_is_described(void **state)
{
    static const char *const own[] = {"cluster", "stop", "record"};
    assert_int_equal(training_struct.n_fields, 9);
    for (size_t p = 0; p < PL_COUNT(own); p++) {
        const pl_struct *s = part(own[p]);
        for (size_t i = 0; i < s->n_fields; i++) {
            const pl_field *f = &s->fields[i];
            assert_non_null(f->doc);
            assert_non_null(f->fallback);
            assert_true(f->offset < s->size);
            if (f->type == PL_INT || f->type == PL_REAL)
                assert_true(f->unit && f->min < f->max && f->max < PL_INF);
        }
    }
}

static void no_slots_are_out_of_bounds(void **state)
{
    const pl_struct *c = part("cluster");
    for (size_t i = 0; i < c->n_fields; i++)
        if (!strcmp(c->fields[i].name, "slots") || !strcmp(c->fields[i].name, "generators"))
            assert_true(c->fields[i].min == 1);
}

static void a_run_must_end(void **state)
{
    char where[64];
    stop_spec s = {0, 0, 0};
    assert_int_equal(complaints(part("stop"), &s, where), 1);
    assert_string_equal(where, "steps");
    s.epochs = .5;
    assert_int_equal(complaints(part("stop"), &s, where), 0);
}

static void pass_at_is_checked(void **state)
{
    char where[64];
    double whole[] = {1, 64}, half[] = {2.5}, twice[] = {8, 8};
    record_spec r = {.every = 1, .pass_at = {whole, 2}};
    assert_int_equal(complaints(part("record"), &r, where), 0);
    r.samples = 16;
    assert_int_equal(complaints(part("record"), &r, where), 1);
    assert_string_equal(where, "pass_at");
    r = (record_spec){.every = 1, .pass_at = {half, 1}};
    assert_int_equal(complaints(part("record"), &r, where), 1);
    r.pass_at = (pl_reals){twice, 2};
    assert_int_equal(complaints(part("record"), &r, where), 1);
}

static void the_whole_is_checked(void **state)
{
    char where[64];
    scene s;
    scene_make(&s);
    assert_int_equal(complaints(&training_struct, &s.spec, where), 0);
    s.spec.stop = (stop_spec){.gpu_hours = 1e9};
    assert_int_equal(complaints(&training_struct, &s.spec, where), 1);
    assert_string_equal(where, "stop.gpu_hours");
    scene_make(&s);
    s.spec.stop.steps = 1;
    assert_int_equal(complaints(&training_struct, &s.spec, where), 1);
    assert_string_equal(where, "stop.steps");
    scene_make(&s);
    s.spec.reward.n = 0;
    assert_true(complaints(&training_struct, &s.spec, where) >= 1);
    scene_make(&s);
    s.common.weight = 0;                                   /* every reward is 0: nothing varies */
    s.spec.algorithm.filter = scene_choice(&filter_registry, "zero_variance", NULL);
    assert_int_equal(complaints(&training_struct, &s.spec, where), 1);
    assert_string_equal(where, "algorithm.filter");
    s.spec.algorithm.selection = scene_choice(&selection_registry, "variance", NULL);
    assert_int_equal(complaints(&training_struct, &s.spec, where), 2);
    s.common.weight = -1;
    assert_int_equal(complaints(&training_struct, &s.spec, where), 0);
    scene_make(&s);
    s.term.entry = pl_registry_find(&reward_registry, "majority_vote");
    assert_int_equal(complaints(&training_struct, &s.spec, where), 0);
    s.spec.algorithm.group_size = 1;                       /* a majority of one */
    assert_int_equal(complaints(&training_struct, &s.spec, where), 1);
    assert_string_equal(where, "reward");
    scene_make(&s);
    s.spec.world.table = "table.csv";
    s.spec.policy.mismatch.sd = .15;
    assert_int_equal(complaints(&training_struct, &s.spec, where), 1);
    assert_string_equal(where, "policy");
    scene_make(&s);
    s.spec.world.table = "table.csv";
    s.spec.policy.execution.v[FEATURE_BAND] = .3;
    assert_int_equal(complaints(&training_struct, &s.spec, where), 1);
    assert_string_equal(where, "policy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_described), cmocka_unit_test(no_slots_are_out_of_bounds), cmocka_unit_test(a_run_must_end),
        cmocka_unit_test(pass_at_is_checked),     cmocka_unit_test(the_whole_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
