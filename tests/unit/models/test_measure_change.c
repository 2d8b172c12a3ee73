/* Entropy to first order: against the covariance over all paths, and against the change itself as steps become small. */
#include "measure_setting.h"

static void record(setting *s, const double *weights) {
    measures_begin(&s->m);
    visit_all(s, weights);
    measures_finish(&s->m, s->row);
}

/* Every path with each step apart: of the 2^m sequences of steps, those with as many right are equally likely. */
static void covariance(const setting *s, double *first_order, double *actual) {
    *first_order = *actual = 0.0;
    double p_sum = 0.0, ln_sum = 0.0, d_sum = 0.0, product = 0.0, now_sum = 0.0;
    for (uint16_t f = 0; f < 3; f++)
        for (uint16_t i = 0; i < 4; i++) {
            const uint16_t m = (uint16_t)s->w.strategies[i]->steps;
            double ways = 1.0;
            for (uint16_t right = 0; right <= m; right++) {
                const rollout r = {.format = f, .strategy = i, .steps = m, .steps_right = right};
                const double before = rollout_ln_probability(&s->p, &s->base, &r);
                const double now = rollout_ln_probability(&s->p, &s->view, &r);
                const double p = ways * exp(before);
                p_sum += p;
                ln_sum += p * before;
                d_sum += p * (now - before);
                product += p * before * (now - before);
                now_sum += ways * exp(now) * now;
                ways = ways * (m - right) / (right + 1.0);
            }
        }
    assert_near(p_sum, 1.0, 1e-12);
    *first_order = -(product - ln_sum * d_sum);
    *actual = ln_sum - now_sum;
}

static void test_covariance(void **state) {
    for (uint32_t number = 0; number < 6; number++) {
        setting s;
        fixture_init(&s.x);
        if (number) fixture_randomise(&s.x, 900 + number);
        open_setting(&s, number);
        double *step = random_weights(&s.p, 50 + number, 1.0);
        double error[2];
        for (int half = 0; half < 2; half++) {
            const double size = half ? 0.005 : 0.01;
            double *moved = random_weights(&s.p, 0, 0.0);
            for (size_t i = 0; i < s.p.n_weights; i++) moved[i] = s.weights[i] + size * step[i];
            record(&s, s.weights);
            record(&s, moved);
            double first = 0.0, actual = 0.0;
            for (uint32_t x = 41; x < 62; x++) {
                double own, change;
                policy_forward(&s.p, s.weights, x, &s.base);
                policy_forward(&s.p, moved, x, &s.view);
                covariance(&s, &own, &change);
                first += own / 21.0;
                actual += change / 21.0;
            }
            /* The sum over paths weighs the steps' own curvature; it agrees to second order in the change. */
            assert_near(value(&s, "entropy_change/actual"), actual, 1e-12);
            assert_near(value(&s, "entropy_change/first_order"), first, 60.0 * size * size);
            error[half] = fabs(value(&s, "entropy_change/first_order") - value(&s, "entropy_change/actual"));
            assert_true(fabs(actual) > 2.0 * error[half]);
            pl_free(moved);
        }
        assert_true(error[1] < 0.3 * error[0] + 1e-12);        /* quadratic: a quarter when the step is halved */
        pl_free(step);
        close_setting(&s);
    }
}

/* The first row has no row before. */
static void test_first_row(void **state) {
    setting s;
    fixture_init(&s.x);
    open_setting(&s, 1);
    record(&s, s.zero);
    assert_true(isnan(value(&s, "entropy_change/first_order")) && isnan(value(&s, "entropy_change/actual")));
    record(&s, s.zero);
    assert_near(value(&s, "entropy_change/first_order"), 0.0, 1e-15);
    assert_near(value(&s, "entropy_change/actual"), 0.0, 1e-15);
    record(&s, s.weights);
    const double change = value(&s, "entropy_change/actual"), after = value(&s, "entropy/response");
    record(&s, s.zero);
    assert_near(value(&s, "entropy_change/actual"), -change, 1e-12);
    assert_near(value(&s, "entropy/response") + change, after, 1e-12);
    close_setting(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_covariance), cmocka_unit_test(test_first_row)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
