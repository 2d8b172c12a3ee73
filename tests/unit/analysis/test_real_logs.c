/* Fits of public runs against what independent fits of the same files found. The files are not part of the project: the folder is
 * $PLATEAU_SHARED, or ../shared beside the source tree; without it the tests are skipped.
 * Agreement: |A - A'| at most .01 or two standard errors, whichever is more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/analysis/fit.h"
#include "sim/base/field.h"
#include "sim/base/fs.h"

/* The room io is above analysis only in the program, so a reader of two simple layouts stands here. */
static size_t split(char *line, char **fields, size_t most)
{
    size_t n = 0;
    for (char *p = line; p && n < most; n++) {
        fields[n] = p;
        p = strchr(p, ',');
        if (p) *p++ = '\0';
    }
    return n;
}

enum { MOST_ROWS = 5000, MOST_FIELDS = 12 };
typedef struct points {
    double x[MOST_ROWS], y[MOST_ROWS], h[MOST_ROWS];
    size_t n;
} points;

static double number(const char *text)
{
    if (*text == '"') text++;
    return *text == '\0' || *text == '"' ? NAN : strtod(text, NULL);
}

static void read_csv(char *text, size_t x, size_t y, points *p)
{
    char *fields[MOST_FIELDS], *line = strchr(text, '\n');
    for (p->n = 0; line && *++line && p->n < MOST_ROWS;) {
        char *next = strchr(line, '\n');
        if (next) *next = '\0';
        assert_true(split(line, fields, MOST_FIELDS) > y);
        p->x[p->n] = number(fields[x]);
        p->y[p->n++] = number(fields[y]);
        line = next;
    }
}

static double member(const char *line, const char *end, const char *key)
{
    char quoted[80];
    snprintf(quoted, sizeof quoted, "\"%s\": ", key);
    const char *at = strstr(line, quoted);
    return at && at < end ? strtod(at + strlen(quoted), NULL) : NAN;
}

static void read_jsonl(const char *text, const char *y, const char *h, points *p)
{
    for (p->n = 0; *text && p->n < MOST_ROWS;) {
        const char *end = strchr(text, '\n');
        if (!end) end = text + strlen(text);
        p->x[p->n] = member(text, end, "step");
        p->y[p->n] = member(text, end, y);
        p->h[p->n++] = member(text, end, h);
        text = *end ? end + 1 : end;
    }
}

typedef struct expected {
    const char *file;
    size_t x_column, y_column;         /* of a CSV file */
    const char *y, *h;                 /* of JSON lines; h: entropy, or "" */
    double offset;                     /* x = logged step + offset */
    double A, error, r2, r2_tolerance; /* error: standard error of A; NaN r2: not stated */
    double law_low, law_high;          /* range of the entropy law's R2; 0: not stated */
    int identified;                    /* 1, 0; -1: not stated */
} expected;

static const expected runs[] = {
    {"data/real-runs/wandb-export-qwen1.5b-grpo-eval.csv", 0, 4, "", "", 1, .391, 0, .996, .002, 0, 0, 1},
    {"data/real-runs/wandb-export-qwen1.5b-grpo-train.csv", 0, 4, "", "", 1, .376, .009, .77, .01, 0, 0, 1},
    {"data/real-runs/trl-csv-qwen1.5b-dapo.csv", 0, 3, "", "", 1, .99, .07, NAN, 0, 0, 0, 0},
    {"data/real-runs/tinker-arithmetic.jsonl", 0, 0, "env/all/correct", "optim/entropy", 1, .998, 0, .992, .002, .983, .987, 1},
    {"data/tiny-grpo/large-base-s0/eval.jsonl", 0, 0, "pass@1", "entropy", 0, .656, .017, .988, .002, .94, .99, -1},
    {"data/tiny-grpo/small-base-s0/eval.jsonl", 0, 0, "pass@1", "entropy", 0, .64, .09, NAN, 0, .94, .98, -1},
    {"data/tiny-grpo/large-base-s0/train.jsonl", 0, 0, "reward/mean", "", 0, NAN, 0, .45, .01, 0, 0, -1},
    {"data/tiny-grpo/small-base-s0/train.jsonl", 0, 0, "reward/mean", "", 0, NAN, 0, .24, .01, 0, 0, -1},
};

static void check_run(const expected *e, const points *p)
{
    sigmoid_fit f;
    entropy_fit law;
    assert_int_equal(fit_sigmoid(p->x, p->y, p->n, fit_defaults(), &f, NULL), PL_OK);
    print_message("%s: A %.3f [%.3f, %.3f] B %.2f C_mid %.1f R2 %.3f%s%s\n", e->file, f.A.value, f.A.low, f.A.high, f.B.value,
                  f.C_mid.value, f.r2, f.identified ? "" : "; not identified: ", f.reason);
    if (!isnan(e->A)) assert_true(fabs(f.A.value - e->A) <= fmax(.01, 2 * e->error));
    if (!isnan(e->r2)) assert_true(fabs(f.r2 - e->r2) <= e->r2_tolerance);
    if (e->identified >= 0) assert_int_equal(f.identified, e->identified);
    if (e->law_high > 0) {
        assert_int_equal(fit_entropy_law(p->h, p->y, p->n, fit_defaults(), &law, NULL), PL_OK);
        assert_true(law.r2 >= e->law_low && law.r2 <= e->law_high && law.identified);
    }
}

static void agrees_with_independent_fits(void **state)
{
    const char *root = getenv("PLATEAU_SHARED");
    if (!root) root = "../shared";
    static points p;
    for (size_t i = 0; i < PL_COUNT(runs); i++) {
        char path[512], *text;
        size_t length;
        snprintf(path, sizeof path, "%s/%s", root, runs[i].file);
        if (!pl_is_file(path)) skip();
        assert_int_equal(pl_read_file(path, (size_t)1 << 26, &text, &length, NULL), PL_OK);
        if (strstr(path, ".csv"))
            read_csv(text, runs[i].x_column, runs[i].y_column, &p);
        else
            read_jsonl(text, runs[i].y, runs[i].h, &p);
        pl_free(text);
        for (size_t k = 0; k < p.n; k++) p.x[k] += runs[i].offset;
        check_run(&runs[i], &p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_independent_fits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
