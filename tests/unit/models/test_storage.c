/* Stored weights: bf16 against its definition, an update below half an ulp, and exact storage, which is the array itself. */
#include "test_world_fixture.h"
#include "models/storage.h"

/* Slow twin of rounding: the nearest multiple of 2^(e-7), e the exponent of x, ties to the even multiple. */
static double slow_bf16(double x) {
    int e;
    if (x == 0.0) return x;
    (void)frexp(x, &e);                                   /* |x| in [2^(e-1), 2^e) */
    const double unit = ldexp(1.0, e - 8), at = fabs(x) / unit, low = floor(at);
    const double part = at - low;
    const double n = part > 0.5 || (part == 0.5 && fmod(low, 2.0) == 1.0) ? low + 1.0 : low;
    return copysign(n * unit, x);
}

static void test_rounding(void **state) {
    pl_stream s = test_stream(3);
    for (int i = 0; i < 20000; i++) {
        const float x = (float)(pl_normal(&s) * pow(10.0, 12.0 * pl_uniform(&s) - 6.0));
        assert_true((double)storage_bf16(x) == slow_bf16((double)x));
        assert_true(storage_bf16(storage_bf16(x)) == storage_bf16(x));
    }
    assert_true(storage_bf16(1.0f) == 1.0f && storage_bf16(0.0f) == 0.0f);
    assert_true(storage_bf16(1.00390625f) == 1.0f);        /* 1 + 2^-8 is half way: to the even 1 */
    assert_true(storage_bf16(1.01171875f) == 1.015625f);   /* 1 + 3 2^-8: to the even 1 + 2^-6 */
    assert_true(storage_bf16(1.00390637f) == 1.0078125f);  /* a bit more than half way */
    assert_true(storage_bf16(1.99999f) == 2.0f);           /* into the next binade */
    assert_true(isinf(storage_bf16(INFINITY)));
}

typedef struct setting {
    fixture x;
    world w;
    policy p;
    storage s;
    double *weights;
} setting;

static void open_setting(setting *t, storage_spec spec) {
    fixture_init(&t->x);
    t->x.policy_spec.storage = spec;
    assert_int_equal(world_build(&t->w, &t->x.spec, &t->x.seeds, NULL), PL_OK);
    assert_int_equal(policy_init(&t->p, &t->x.policy_spec, &t->w, NULL), PL_OK);
    t->weights = pl_alloc_array(t->p.n_weights, sizeof *t->weights);
    assert_non_null(t->weights);
    assert_int_equal(storage_init(&t->s, &t->p, t->weights), PL_OK);
}

static void close_setting(setting *t) {
    storage_free(&t->s);
    pl_free(t->weights);
    policy_free(&t->p);
    world_free(&t->w);
}

static void test_exact_is_the_array_itself(void **state) {
    setting t;
    open_setting(&t, (storage_spec){STORAGE_EXACT, NAN, 0.02});
    assert_ptr_equal(t.s.master, t.weights);
    assert_true(!t.s.rounds && !t.s.initial && !t.s.visited);
    t.weights[3] = 0.1;
    storage_write(&t.s, t.weights);
    assert_true(t.weights[3] == 0.1);
    close_setting(&t);
}

/* theta0 is a bf16 number with the stated law; writing without an update changes nothing, to the last bit. */
static void test_step_0(void **state) {
    setting t;
    double sum = 0.0, square = 0.0;
    open_setting(&t, (storage_spec){STORAGE_BF16, 1e-3, 0.02});
    const double n = (double)t.p.n_weights;
    for (size_t i = 0; i < t.p.n_weights; i++) {
        assert_true(slow_bf16(t.s.initial[i]) == t.s.initial[i]);
        sum += t.s.initial[i];
        square += t.s.initial[i] * t.s.initial[i];
    }
    assert_near(sum / n, 0.0, 4.0 * 0.02 / sqrt(n));
    assert_near(square / n, 4e-4, 4.0 * 4e-4 * sqrt(2.0 / n));
    storage_write(&t.s, t.weights);
    for (size_t i = 0; i < t.p.n_weights; i++) assert_true(t.weights[i] == 0.0 && t.s.master[i] == 0.0);
    close_setting(&t);
}

/* In stored units an update of .49 ulp is invisible, a second one is not; the master keeps both. fp32 shows the first. */
static void test_half_an_ulp(void **state) {
    for (int narrow = 0; narrow < 2; narrow++) {
        setting t;
        const double scale = 1e-3;
        open_setting(&t, (storage_spec){narrow ? STORAGE_BF16 : STORAGE_FP32, scale, 0.02});
        double *update = pl_alloc_array(t.p.n_weights, sizeof *update);
        assert_non_null(update);
        for (size_t i = 0; i < t.p.n_weights; i++) {
            int e;
            (void)frexp(t.s.initial[i], &e);
            update[i] = copysign(0.49 * ldexp(1.0, e - 8), t.s.initial[i]) / scale;   /* away from 0: the binade above is coarser */
        }
        for (int k = 1; k <= 2; k++) {
            for (size_t i = 0; i < t.p.n_weights; i++) t.s.master[i] += update[i];
            storage_write(&t.s, t.weights);
            for (size_t i = 0; i < t.p.n_weights; i++) {
                int e;
                (void)frexp(t.s.initial[i], &e);
                const double ulp = ldexp(1.0, e - 8) / scale, fp32 = ulp / 65536.0;
                assert_near(fabs(t.s.master[i]), 0.49 * k * ulp, fp32);
                if (!narrow) assert_true(t.weights[i] == t.s.master[i]);
                else if (k == 1) assert_true(t.weights[i] == 0.0);
                else assert_near(fabs(t.weights[i]), ulp, 1e-9 * ulp);
            }
        }
        pl_free(update);
        close_setting(&t);
    }
}

/* Written values are stored numbers: writing again is the identity, whatever the weights. */
static void test_writing_twice(void **state) {
    setting t;
    open_setting(&t, (storage_spec){STORAGE_BF16, 0.37e-3, 0.02});
    pl_stream s = test_stream(5);
    double *first = pl_alloc_array(2 * t.p.n_weights, sizeof *first);
    assert_non_null(first);
    for (size_t i = 0; i < t.p.n_weights; i++) t.s.master[i] = 3.0 * pl_normal(&s);
    storage_write(&t.s, t.weights);
    for (size_t i = 0; i < t.p.n_weights; i++) {
        first[2 * i] = t.s.master[i];
        first[2 * i + 1] = t.weights[i];
        const double theta = t.s.initial[i] + 0.37e-3 * t.s.master[i];
        assert_near(theta, (double)(float)theta, 1e-17);
        assert_near(t.s.initial[i] + 0.37e-3 * t.weights[i], slow_bf16((double)(float)theta), 1e-17);
    }
    storage_write(&t.s, t.weights);
    for (size_t i = 0; i < t.p.n_weights; i++) assert_true(first[2 * i] == t.s.master[i] && first[2 * i + 1] == t.weights[i]);
    pl_free(first);
    close_setting(&t);
}

static void test_visited(void **state) {
    setting t;
    policy_gradient g;
    open_setting(&t, (storage_spec){STORAGE_FP32, 1e-3, 0.02});
    assert_int_equal(policy_gradient_init(&g, &t.p), PL_OK);
    g.g[5] = 0.3;                                          /* row 4 .. 6; weight 4 and 6 have no gradient */
    g.touched[0] = 4;
    g.width[0] = 3;
    g.n_touched = 1;
    storage_visit(&t.s, &g);
    g.g[5] = 0.0;
    g.g[6] = -1.0;
    storage_visit(&t.s, &g);
    for (size_t i = 0; i < t.p.n_weights; i++) assert_int_equal(t.s.visited[i], i == 5 || i == 6);
    policy_gradient_free(&g);
    close_setting(&t);
}

static void test_out_of_memory(void **state) {
    setting t;
    open_setting(&t, (storage_spec){STORAGE_FP32, 1e-3, 0.02});
    storage_free(&t.s);
    for (uint64_t k = 1; k <= 3; k++) {
        pl_mem_fail_at(k, false);
        assert_int_equal(storage_init(&t.s, &t.p, t.weights), PL_ERR_WORLD);
        pl_mem_fail_at(0, false);
    }
    assert_int_equal(storage_init(&t.s, &t.p, t.weights), PL_OK);
    close_setting(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounding), cmocka_unit_test(test_exact_is_the_array_itself), cmocka_unit_test(test_step_0),
        cmocka_unit_test(test_half_an_ulp), cmocka_unit_test(test_writing_twice), cmocka_unit_test(test_visited),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
