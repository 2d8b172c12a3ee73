/* Keys of embedding, mismatch and storage that contradict each other or have no effect are refused, each with its place. */
#include "test_world_fixture.h"

static char where[128];

static pl_place remember(const pl_check *check, const char *path) {
    snprintf(where, sizeof where, "%s", path);
    return (pl_place){"scenario.yaml", 1, 1};
}

static const pl_struct *part(const char *name) {
    for (size_t i = 0; i < policy_struct.n_fields; i++)
        if (!strcmp(policy_struct.fields[i].name, name)) return policy_struct.fields[i].sub;
    fail_msg("no part %s", name);
    return NULL;
}

/* Errors; the last of them names the key. */
static size_t complaints(const pl_struct *type, const void *self, const char *key) {
    pl_diag diag;
    pl_diag_init(&diag);
    pl_check check = {.diag = &diag, .place = remember};
    where[0] = '\0';
    type->check(self, &check);
    const size_t n = diag.errors;
    if (n) assert_string_equal(where, key);
    for (size_t i = 0; i < diag.count; i++) assert_non_null(diag.messages[i].remedy);
    pl_diag_free(&diag);
    return n;
}

static void test_embedding(void **state) {
    fixture x;
    fixture_init(&x);
    assert_int_equal(complaints(&policy_struct, &x.policy_spec, ""), 0);
    x.policy_spec.embedding = (embedding_spec){8, 0.5, 0.3};
    assert_int_equal(complaints(&policy_struct, &x.policy_spec, "embedding.dimension"), 1);        /* no gain */
    x.policy_spec.strategy.v[FEATURE_EMBEDDING] = 0.4;
    assert_int_equal(complaints(&policy_struct, &x.policy_spec, ""), 0);
    x.policy_spec.embedding.dimension = 0;
    assert_int_equal(complaints(&policy_struct, &x.policy_spec, "strategy.embedding"), 1);         /* nothing to gain from */
    const embedding_spec over = {8, 0.7, 0.4}, unused = {0, 0.6, 0.3}, full = {8, 0.7, 0.3}, none = {0, 0.5, 0.3};
    assert_int_equal(complaints(part("embedding"), &over, "template"), 1);
    assert_int_equal(complaints(part("embedding"), &unused, "common"), 1);
    assert_int_equal(complaints(part("embedding"), &full, ""), 0);
    assert_int_equal(complaints(part("embedding"), &none, ""), 0);
}

static void test_mismatch_and_storage(void **state) {
    const mismatch_spec none = {0, 1}, some = {0.15, 0.3}, idle = {0, 0.3};
    assert_int_equal(complaints(part("mismatch"), &none, ""), 0);
    assert_int_equal(complaints(part("mismatch"), &some, ""), 0);
    assert_int_equal(complaints(part("mismatch"), &idle, "correlation"), 1);
    const storage_spec exact = {STORAGE_EXACT, NAN, 0.02}, bf16 = {STORAGE_BF16, 1e-3, 0.02}, bare = {STORAGE_BF16, NAN, 0.02};
    const storage_spec scaled = {STORAGE_EXACT, 1e-3, 0.02};
    assert_int_equal(complaints(part("storage"), &exact, ""), 0);
    assert_int_equal(complaints(part("storage"), &bf16, ""), 0);
    assert_int_equal(complaints(part("storage"), &bare, "format"), 1);
    assert_int_equal(complaints(part("storage"), &scaled, "scale"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_embedding), cmocka_unit_test(test_mismatch_and_storage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
