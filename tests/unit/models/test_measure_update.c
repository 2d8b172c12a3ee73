/* Sparsity, rank and mask of the stored update, on weights that the test sets. */
#include "measure_setting.h"
#include "models/storage.h"

enum { H = 12 };

static void open_stored(setting *s, int format) {
    fixture_init(&s->x);
    s->x.policy_spec.embedding = (embedding_spec){.dimension = H, .common = 0.5, .template_ = 0.3};
    s->x.policy_spec.transfer.v[FEATURE_EMBEDDING] = 0.5;
    s->x.policy_spec.storage = (storage_spec){.format = format, .scale = 1e-3, .sd = 0.02};
    open_setting(s, 5);
}

/* Columns from weights as they are; `visited` of all of them. */
static void record(setting *s, const double *weights, storage *st) {
    measures_begin(&s->m);
    measures_weights(&s->m, &(measure_weights){&s->p, weights, st});
    measures_finish(&s->m, s->row);
}

static const policy_table *strategy_table(const policy *p) {
    for (size_t i = 0; i < p->n_tables; i++)
        if (p->tables[i].feature == FEATURE_EMBEDDING && p->tables[i].decision == DECISION_STRATEGY) return &p->tables[i];
    fail_msg("no table");
    return NULL;
}

static void test_sparsity(void **state) {
    setting s;
    storage st;
    open_stored(&s, STORAGE_BF16);
    assert_int_equal(storage_init(&st, &s.p, s.zero), PL_OK);
    size_t n = s.p.n_weights, embedded = 0, embedded_same = 0, visited = 0, same = 0;
    pl_stream stream = test_stream(9);
    for (size_t j = 0; j < n; j++) {
        st.visited[j] = pl_below(&stream, 3) > 0;
        s.weights[j] = st.visited[j] && pl_below(&stream, 4) == 0 ? pl_normal(&stream) : 0.0;
        visited += st.visited[j];
        same += st.visited[j] && s.weights[j] == 0.0;
    }
    for (size_t i = 0; i < s.p.n_tables; i++)
        for (size_t j = s.p.tables[i].offset; j < s.p.tables[i].offset + s.p.tables[i].n_keys * s.p.tables[i].width; j++) {
            if (s.p.tables[i].feature != FEATURE_EMBEDDING) continue;
            embedded += st.visited[j];
            embedded_same += st.visited[j] && s.weights[j] == 0.0;
        }
    record(&s, s.weights, &st);
    assert_near(value(&s, "update/visited"), (double)visited / (double)n, 1e-14);
    assert_near(value(&s, "update/unchanged"), (double)same / (double)visited, 1e-14);
    assert_near(value(&s, "update/unchanged_embedding"), (double)embedded_same / (double)embedded, 1e-14);
    double set = 0.0;                                          /* the sample repeats 12 x 8 weights ten times */
    for (int i = 0; i < 20; i++) {
        char name[32];
        snprintf(name, sizeof name, "update/mask/%d", i);
        const double word = value(&s, name);
        assert_true(word >= 0.0 && word < 0x1p48 && word == floor(word));
        for (int b = 0; b < 48; b++) set += (double)((uint64_t)word >> b & 1);
    }
    double changed = 0.0, all = 0.0;
    for (size_t i = 0; i < s.p.n_tables; i++)
        for (size_t j = 0; j < s.p.tables[i].n_keys * s.p.tables[i].width; j++) {
            if (s.p.tables[i].feature != FEATURE_EMBEDDING) continue;
            changed += s.weights[s.p.tables[i].offset + j] != 0.0;
            all += 1.0;
        }
    assert_near(set / 960.0, changed / all, 1e-12);
    storage_free(&st);
    close_setting(&s);
}

/* Sums of k products of vectors have rank k; an empty table 0. Formats have 3 options, strategies 4, steps one (no rank). */
static void test_rank(void **state) {
    setting s;
    storage st;
    open_stored(&s, STORAGE_FP32);
    assert_int_equal(storage_init(&st, &s.p, s.zero), PL_OK);
    const policy_table *t = strategy_table(&s.p);
    for (size_t k = 0; k <= 4; k++) {
        pl_stream stream = test_stream(20 + (uint32_t)k);
        double *w = random_weights(&s.p, 0, 0.0);
        for (size_t r = 0; r < k; r++) {
            double row[H], column[4];
            for (size_t i = 0; i < H; i++) row[i] = pl_normal(&stream);
            for (size_t j = 0; j < 4; j++) column[j] = pl_normal(&stream);
            for (size_t i = 0; i < H; i++)
                for (size_t j = 0; j < 4; j++) w[t->offset + i * 4 + j] += row[i] * column[j];
        }
        record(&s, w, &st);
        assert_near(value(&s, "update/rank"), (double)k / 7.0, 1e-14);
        if (k == 1) {                                          /* noise below fp32 precision adds no direction */
            for (size_t j = 0; j < H * 4; j++) w[t->offset + j] *= 1.0 + 1e-9 * pl_normal(&stream);
            record(&s, w, &st);
            assert_near(value(&s, "update/rank"), 1.0 / 7.0, 1e-14);
        }
        pl_free(w);
    }
    storage_free(&st);
    close_setting(&s);
}

/* Exact weights are not stored: nothing to record. */
static void test_without_storage(void **state) {
    setting s;
    open_stored(&s, STORAGE_EXACT);
    assert_true(pl_table_index(&s.table, "update/unchanged") == (size_t)-1);
    close_setting(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sparsity), cmocka_unit_test(test_rank),
                                       cmocka_unit_test(test_without_storage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
