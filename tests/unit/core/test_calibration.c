/* Calibration from samples: by hand, against a quadratic reference, and against published metrics where their data is at hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "sim/base/mem.h"
#include "sim/core/calibration.h"
#include "sim/core/rng.h"

#define assert_near(a, b, eps) assert_true(fabs((a) - (b)) <= (eps))

static void by_hand(void **state)
{
    const double c[] = {0.3, 0.85, 1.0, 0.3, 0.29, 0.9}, right[] = {1, 0, 1, 0, 0, 1};
    pl_calibration k;
    assert_int_equal(pl_calibration_samples(c, right, 6, &k), PL_OK);
    assert_near(k.accuracy, 0.5, 1e-15);
    assert_near(k.confidence, 3.64 / 6, 1e-15);
    assert_near(k.brier, (0.49 + 0.7225 + 0 + 0.09 + 0.0841 + 0.01) / 6, 1e-15);
    /* bins: [.2,.3) .29 wrong; [.3,.4) two, one right; [.8,.9) .85 wrong; [.9,1] two right */
    assert_near(k.ece, (0.29 + fabs(1 - 0.6) + 0.85 + fabs(2 - 1.9)) / 6, 1e-15);
    /* right .3 1 .9 against wrong .85 .3 .29: 0 + .5 + 1, 3, 3 */
    assert_near(k.auroc, 7.5 / 9, 1e-15);
    assert_near(k.bins[3].mass, 2.0 / 6, 1e-15);
    assert_near(k.bins[3].accuracy, 0.5, 1e-15);
    assert_near(k.bins[9].confidence, 0.95, 1e-15);
    assert_true(isnan(k.bins[5].accuracy) && k.bins[5].mass == 0);
}

static void edges(void **state)
{
    for (int i = 0; i <= 10; i++) {
        char text[8];
        snprintf(text, sizeof text, "%.1f", i / 10.0);
        assert_int_equal(pl_calibration_bin_of(strtod(text, NULL)), i < 10 ? i : 9);
        if (i > 0) assert_int_equal(pl_calibration_bin_of(nextafter(strtod(text, NULL), 0)), i - 1);
    }
}

static void nothing_seen(void **state)
{
    pl_calibration k;
    pl_calibration_sorted(NULL, NULL, NULL, 0, &k);
    assert_true(isnan(k.ece) && isnan(k.brier) && isnan(k.auroc) && isnan(k.accuracy) && isnan(k.confidence));
    const double c[] = {0.2, 0.7}, right[] = {1, 1};
    assert_int_equal(pl_calibration_samples(c, right, 2, &k), PL_OK);
    assert_true(isnan(k.auroc) && k.accuracy == 1);
    pl_mem_fail_at(1, false);
    assert_int_equal(pl_calibration_samples(c, right, 2, &k), PL_ERR_WORLD);
    pl_mem_fail_at(0, false);
}

/* Many ties: every definition by brute force. */
static void against_brute_force(void **state)
{
    enum { N = 200 };
    const pl_seeds seeds = pl_seeds_make(5, 0, NULL, 0);
    for (uint32_t t = 0; t < 20; t++) {
        pl_stream s = pl_stream_make(&seeds, PL_FOR_TEST, t, 0, 0);
        double c[N], right[N], pairs = 0, all = 0, brier = 0, ece = 0;
        for (int i = 0; i < N; i++) {
            c[i] = t % 2 ? pl_below(&s, 11) / 10.0 : pl_uniform(&s);
            right[i] = pl_uniform(&s) < 0.2 + 0.6 * c[i];
            brier += (c[i] - right[i]) * (c[i] - right[i]) / N;
        }
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                if (right[i] > right[j]) {
                    all += 1;
                    pairs += c[i] > c[j] ? 1 : c[i] == c[j] ? 0.5 : 0;
                }
        for (size_t b = 0; b < 10; b++) {
            double gap = 0;
            for (int i = 0; i < N; i++)
                if (pl_calibration_bin_of(c[i]) == b) gap += right[i] - c[i];
            ece += fabs(gap) / N;
        }
        pl_calibration k;
        assert_int_equal(pl_calibration_samples(c, right, N, &k), PL_OK);
        assert_near(k.auroc, pairs / all, 1e-13);
        assert_near(k.brier, brier, 1e-13);
        assert_near(k.ece, ece, 1e-13);
    }
}

/* Oracle 9: E[-(q - right)^2] = -p(1-p) - (q-p)^2, largest at q = p. */
static void brier_is_largest_at_the_truth(void **state)
{
    for (double p = 0.07; p < 1; p += 0.0931) {
        const double right = p, wrong = 1 - p;
        double best = -1, at = 0;
        for (int i = 0; i <= 1000; i++) {
            const double q = i / 1000.0;
            pl_calibration k;
            pl_calibration_sorted(&q, &right, &wrong, 1, &k);
            assert_near(-k.brier, -p * (1 - p) - (q - p) * (q - p), 1e-15);
            if (-k.brier > best) {
                best = -k.brier;
                at = q;
            }
        }
        assert_near(at, p, 0.0005001);
    }
}

#define TABLES "../shared/data/tables/Hotpot-models_gpqa_"

/* Value of "key" in the object "model" of a flat JSON file. */
static double published(const char *text, const char *model, const char *key)
{
    char name[64];
    snprintf(name, sizeof name, "\"%s\": {", model);
    const char *at = strstr(text, name);
    assert_non_null(at);
    snprintf(name, sizeof name, "\"%s\": ", key);
    at = strstr(at, name);
    assert_non_null(at);
    return strtod(at + strlen(name), NULL);
}

/* Published metrics of five models from their samples: item,method,correct,confidence,... (arXiv 2507.16806). */
static void published_metrics(void **state)
{
    static const char *const models[] = {"Base", "RLVR", "RLVR-Classifier", "Answer-Prob", "RLCR"};
    static char text[8192];
    FILE *json = fopen(TABLES "metrics.json", "r");
    if (!json) skip();
    text[fread(text, 1, sizeof text - 1, json)] = 0;
    fclose(json);
    for (size_t m = 0; m < 5; m++) {
        double c[4096], right[4096];
        size_t n = 0;
        char line[256], method[64];
        FILE *csv = fopen(TABLES "per_sample.csv", "r");
        assert_non_null(csv);
        while (fgets(line, sizeof line, csv)) {
            if (sscanf(line, "%*[^,],%63[^,],%lf,%lf", method, &right[n], &c[n]) == 3 && !strcmp(method, models[m])) n++;
            assert_true(n < 4096);
        }
        fclose(csv);
        pl_calibration k;
        assert_int_equal(pl_calibration_samples(c, right, n, &k), PL_OK);
        assert_near(k.accuracy, published(text, models[m], "accuracy"), 5e-5);
        assert_near(k.brier, published(text, models[m], "brier_score"), 5e-5);
        assert_near(k.ece, published(text, models[m], "ece"), 5e-5);
        assert_near(k.auroc, published(text, models[m], "auroc"), 5e-5);
        assert_near(k.confidence, published(text, models[m], "confidence level"), 5e-5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand), cmocka_unit_test(edges), cmocka_unit_test(nothing_seen), cmocka_unit_test(against_brute_force),
        cmocka_unit_test(brier_is_largest_at_the_truth), cmocka_unit_test(published_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
