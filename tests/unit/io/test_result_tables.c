/* Tables of results: pass@k in both forms, calibration, checkpoints; the published numbers; what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/fs.h"
#include "sim/core/stats.h"
#include "sim/io/importer.h"
#include "sim/io/json_read.h"
#include "sim/io/result_table.h"

typedef struct reading {
    training_log log;
    pl_diag diag;
    pl_status status;
} reading;

/* As the importer that recognises it reads it; which must be that one. */
static reading read_text(const char *importer_name, const char *text)
{
    reading r;
    int sure;
    const importer *how = importer_for(text, strlen(text), "t.csv", &sure);
    assert_non_null(how);
    assert_string_equal(how->entry.name, importer_name);
    training_log_init(&r.log);
    pl_diag_init(&r.diag);
    r.status = how->parse(text, strlen(text), "t.csv", &r.log, &r.diag);
    return r;
}

static void done(reading *r)
{
    training_log_free(&r->log);
    pl_diag_free(&r->diag);
}

static double at(const reading *r, const char *arm, double step, const char *column)
{
    const pl_table *t = &r->log.table;
    size_t arms = pl_table_index(t, "arm");
    const pl_column *s = pl_table_find(t, "step"), *c = pl_table_find(t, column);
    if (!c) fail_msg("no column %s", column);
    for (size_t i = 0; i < t->n_rows; i++)
        if (s->v[i] == step && (!arm || !strcmp(pl_table_text(t, i, arms), arm))) return c->v[i];
    fail_msg("no row %s %g", arm ? arm : "", step);
    return NAN;
}

static bool noted(const reading *r, const char *words)
{
    for (size_t i = 0; i < r->log.n_notes; i++)
        if (strstr(r->log.notes[i], words)) return true;
    return false;
}

static void refused(const char *importer_name, const char *text, const char *words)
{
    reading r = read_text(importer_name, text);
    assert_int_equal(r.status, PL_ERR_USER);
    bool said = false;
    for (size_t i = 0; i < r.diag.count; i++) said |= strstr(r.diag.messages[i].what, words) != NULL;
    if (!said) fail_msg("said '%s' instead of '%s'", r.diag.count ? r.diag.messages[0].what : "", words);
    done(&r);
}

static void test_long_form(void **state)
{
    reading r = read_text("pass_at_k", "model,k,pass_at_k\nrl,4,.7\nrl,1,.5\nBase,1,.3\nBase,4,.75\nrl2,1,.2\nrl2,16,.9\n");
    assert_int_equal(r.status, PL_OK);
    const pl_table *t = &r.log.table;
    assert_int_equal(t->n_rows, 4);
    assert_string_equal(t->columns[2].spec.name, "pass@1"); /* by rising k, whatever the order */
    assert_string_equal(t->columns[3].spec.name, "pass@4");
    assert_string_equal(t->columns[4].spec.name, "pass@16");
    assert_true(at(&r, "rl", 0, "pass@4") == .75 && at(&r, "rl", 1, "pass@4") == .7 && at(&r, "rl", 1, "pass@1") == .5);
    assert_true(at(&r, "rl2", 0, "pass@1") == .3 && at(&r, "rl2", 1, "pass@1") == .2 && isnan(at(&r, "rl2", 1, "pass@4")));
    assert_string_equal(r.log.base, "Base");
    assert_int_equal(r.log.series, 2);
    assert_true(noted(&r, "'rl' falls below 'Base' at k = 3.03")); /* 4^(.2/.25) */
    assert_true(noted(&r, "'rl2' does not fall below 'Base'"));
    done(&r);
    r = read_text("pass_at_k", "k,pass@k\n1,.25\n8,1\n");
    assert_int_equal(r.status, PL_OK);
    assert_int_equal(r.log.table.n_rows, 1);
    assert_true(at(&r, "", 0, "pass@8") == 1);
    assert_null(r.log.base);
    done(&r);
}

static void test_counts_form(void **state)
{
    reading r =
        read_text("pass_at_k", "qid,question,c_sft,c_rl,k,level\n1,\"What, \"\"now\"\"?\",3,8,16,1\n2,b,0,16,16,2\n3,c,1,0,20,2\n");
    assert_int_equal(r.status, PL_OK);
    static const size_t ks[] = {1, 2, 4, 8, 16};
    for (size_t i = 0; i < PL_COUNT(ks); i++) {
        char name[32];
        snprintf(name, sizeof name, "pass@%zu", ks[i]);
        double sft = (pl_pass_at_k(16, 3, ks[i]) + pl_pass_at_k(16, 0, ks[i]) + pl_pass_at_k(20, 1, ks[i])) / 3;
        double rl = (pl_pass_at_k(16, 8, ks[i]) + pl_pass_at_k(16, 16, ks[i]) + pl_pass_at_k(20, 0, ks[i])) / 3;
        assert_true(fabs(at(&r, "rl", 0, name) - sft) < 1e-15 && fabs(at(&r, "rl", 1, name) - rl) < 1e-15);
    }
    assert_true(fabs(at(&r, "rl", 0, "pass@1") - (3. / 16 + 1. / 20) / 3) < 1e-15);
    assert_int_equal(r.log.table.n_columns, 2 + 5);
    assert_true(noted(&r, "3 questions; pass@k by the unbiased estimator up to k = 16"));
    done(&r);
    r = read_text("pass_at_k", "QID,C_,K\n1,1,2\n"); /* capitals; a model without a name */
    assert_int_equal(r.status, PL_OK);
    assert_true(at(&r, "", 0, "pass@1") == .5 && at(&r, "", 0, "pass@2") == 1);
    done(&r);
    r = read_text("pass_at_k", "id,c_base,n_base,c_rl,n\na,1,3,2,6\n"); /* samples of its own; 3 is no power of two */
    assert_int_equal(r.status, PL_OK);
    assert_true(fabs(at(&r, "rl", 0, "pass@1") - 1. / 3) < 1e-15 && fabs(at(&r, "rl", 1, "pass@2") - .6) < 1e-15);
    assert_true(at(&r, "rl", 0, "pass@3") == 1 && at(&r, "rl", 1, "pass@3") == .8);
    done(&r);
}

static void test_pass_at_k_refused(void **state)
{
    refused("pass_at_k", "model,k,pass_at_k\na,1,.5\na,1,.6\n", "row 2: k = 1 of 'a' comes twice");
    refused("pass_at_k", "model,k,pass_at_k\na,1,61.4\n", "row 1: 'pass_at_k' is 61.4");
    refused("pass_at_k", "model,k,pass_at_k\na,1.5,.5\na,2,\n", "row 1: 'k' is 1.5");
    refused("pass_at_k", "model,k,pass_at_k\na,1,.5\na,2,\n", "row 2: 'pass_at_k' is missing");
    refused("pass_at_k", "model,k,pass_at_k\na,1,.5\na,2,x\n", "row 2: 'pass_at_k' is 'x'");
    refused("pass_at_k", "model,k,pass_at_k\n", "no row");
    refused("pass_at_k", "qid,c_a,k\n1,9,8\n", "row 1: 'c_a' is 9");
    refused("pass_at_k", "qid,c_a,k\n1,1,8\n2,1,0\n", "row 2: 'k' is 0");
}

/* By hand: confidences .05 (wrong), .3 (right), .3 (wrong), .95 (right), 1.0 (wrong); one without. */
static void test_calibration(void **state)
{
    reading r =
        read_text("calibration", "item,method,correct,confidence\n0,m,0,.05\n1,m,1,.3\n2,m,0,.3\n3,m,1,.95\n4,m,0,1.0\n5,m,1,\n");
    assert_int_equal(r.status, PL_OK);
    assert_true(fabs(at(&r, "m", 0, "calibration/accuracy") - .4) < 1e-15 && fabs(at(&r, "m", 0, "pass@1") - .5) < 1e-15);
    double brier = (.05 * .05 + .7 * .7 + .3 * .3 + .05 * .05 + 1) / 5, ece = (.05 + fabs(1 - .6) + fabs(1 - 1.95)) / 5;
    assert_true(fabs(at(&r, "m", 0, "calibration/brier") - brier) < 1e-15);
    assert_true(fabs(at(&r, "m", 0, "calibration/ece") - ece) < 1e-15);
    assert_true(fabs(at(&r, "m", 0, "calibration/auroc") - 3.5 / 6) < 1e-15); /* .3 beats .05, ties .3; .95 beats both */
    assert_true(at(&r, "m", 0, "calibration/bin/3/count") == .4 && at(&r, "m", 0, "calibration/bin/3/accuracy") == .5);
    assert_true(at(&r, "m", 0, "calibration/bin/9/count") == .4 && isnan(at(&r, "m", 0, "calibration/bin/5/confidence")));
    assert_true(noted(&r, "1 samples without a stated confidence"));
    assert_int_equal(r.log.counts.skipped, 1);
    done(&r);
    refused("calibration", "method,correct,confidence\na,1,93\n", "row 1: 'confidence' is 93");
    refused("calibration", "method,correct,confidence\na,1,.5\na,.5,.5\n", "row 2: 'correct' is 0.5");
    refused("calibration", "method,correct,confidence\na,1,high\n", "row 1: 'confidence' is 'high'");
}

static void test_checkpoints(void **state)
{
    reading r = read_text("checkpoints", "revision,n,correct,accuracy\nstep1000-tokens4B,100,20,.2\nstep10000-tokens40B,100,50,.5\n"
                                         "step2000-tokens8B,100,25,.25\nmain,100,60,.6\n");
    assert_int_equal(r.status, PL_OK);
    const double steps[] = {1000, 2000, 10000}, accuracy[] = {.2, .25, .5};
    assert_int_equal(r.log.table.n_rows, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(r.log.table.columns[0].v[i] == steps[i] && at(&r, NULL, steps[i], "accuracy") == accuracy[i]);
    assert_int_equal(r.log.counts.no_step, 1);
    assert_true(r.log.has_steps);
    done(&r);
    r = read_text("checkpoints", "checkpoint,n,correct\ncheckpoint-500,8,2\n40,8,4\n");
    assert_int_equal(r.status, PL_OK);
    assert_true(at(&r, NULL, 40, "accuracy") == .5 && at(&r, NULL, 500, "accuracy") == .25);
    done(&r);
    r = read_text("checkpoints",
                  "run,step,task,primary_metric,primary_score,n_items\na,20,gsm8k,acc,.6,100\na,10,gsm8k,acc,.5,100\n"
                  "a,10,math,acc,.3,50\nb,10,gsm8k,acc,.1,100\n");
    assert_int_equal(r.status, PL_OK);
    assert_int_equal(r.log.table.n_rows, 3);
    assert_true(at(&r, "a", 10, "gsm8k/acc") == .5 && at(&r, "a", 10, "math/acc") == .3 && at(&r, "a", 10, "math/n_items") == 50);
    assert_true(at(&r, "a", 20, "gsm8k/acc") == .6 && isnan(at(&r, "a", 20, "math/acc")) && at(&r, "b", 10, "gsm8k/acc") == .1);
    done(&r);
}

/* The last row is what a model is compared with only when no name says better. */
static void test_choice_of_base(void **state)
{
    static const struct {
        const char *names[3], *base;
    } cases[] = {{{"x", "y", "z"}, "x"},
                 {{"rl", "BASE", "sft"}, "BASE"},
                 {{"rl", "sft", "dpo"}, "sft"},
                 {{"rl", "Qwen2.5-7B-Base", "database"}, "Qwen2.5-7B-Base"},
                 {{"rl", "database", "z"}, "rl"}};
    for (size_t i = 0; i < PL_COUNT(cases); i++) {
        char text[256];
        snprintf(text, sizeof text, "model,k,pass_at_k\n%s,1,.1\n%s,1,.2\n%s,1,.3\n", cases[i].names[0], cases[i].names[1],
                 cases[i].names[2]);
        reading r = read_text("pass_at_k", text);
        assert_string_equal(r.log.base, cases[i].base);
        done(&r);
    }
}

static void test_headers(void **state)
{
    static const char *const lists[] = {"k", "pass_at_k pass@k"};
    assert_true(result_header("model,k,pass_at_k", 17, lists, 2));
    assert_true(result_header("\xef\xbb\xbf\"K\" , \"Pass@k\"\r\n1,2\n", 24, lists, 2));
    assert_false(result_header("model,kk,pass_at_k\n", 19, lists, 2));
    assert_false(result_header("model\nk,pass_at_k\n", 18, lists, 2)); /* in the second line */
    assert_false(result_header("", 0, lists, 2));
}

static void test_no_memory(void **state)
{
    static const char *const texts[][2] = {
        {"pass_at_k", "model,k,pass_at_k\nbase,1,.5\nrl,1,.7\nbase,2,.9\nrl,2,.8\n"},
        {"pass_at_k", "qid,note,c_base,c_rl,n\na,x,1,2,4\nb,y,0,4,4\n"},
        {"calibration", "method,correct,confidence\nbase,1,.5\nrl,0,.7\n"},
        {"checkpoints", "revision,n,correct\nstep1,4,2\nstep2,4,3\n"},
        {"checkpoints", "run,step,task,primary_metric,primary_score\na,1,t,acc,.5\nb,1,t,acc,.25\n"}};
    for (size_t i = 0; i < PL_COUNT(texts); i++)
        for (uint64_t k = 1; k < 10000; k++) {
            pl_mem_fail_at(k, true);
            reading r = read_text(texts[i][0], texts[i][1]);
            bool failed = pl_mem_count() >= k;
            pl_mem_fail_at(0, false);
            if (failed && !r.status && !r.log.broken) fail_msg("case %zu, allocation %d", i, (int)k);
            done(&r);
            if (!failed) break;
        }
}

/* --- published ---------------------------------------------------------------------------------------------------- */

static bool shared(const char *name, char path[512])
{
    const char *folder = getenv("PLATEAU_SHARED");
    snprintf(path, 512, "%s/data/tables/%s", folder ? folder : "../shared", name);
    return access(path, R_OK) == 0;
}

static void test_published_crossing(void **state)
{
    char path[512];
    reading r;
    if (!shared("pass-at-k-qwen7b-math500.csv", path)) skip();
    const char *one = path;
    pl_diag_init(&r.diag);
    r.status = log_open(&one, 1, NULL, &r.log, &r.diag);
    assert_int_equal(r.status, PL_OK);
    double k[8], base[8], trained[8];
    for (size_t i = 0; i < 8; i++) {
        char name[32];
        k[i] = (double)(1u << i);
        snprintf(name, sizeof name, "pass@%u", 1u << i);
        base[i] = at(&r, "simplerl", 0, name);
        trained[i] = at(&r, "simplerl", 1, name);
    }
    double crossing = pl_crossing(k, base, trained, 8);
    assert_true(crossing > 8 && crossing < 16);
    assert_true(noted(&r, "'simplerl' falls below 'base' at k = 14.7"));
    done(&r);
}

static void test_published_calibration(void **state)
{
    static const char *const names[][2] = {{"accuracy", "calibration/accuracy"},
                                           {"brier_score", "calibration/brier"},
                                           {"ece", "calibration/ece"},
                                           {"auroc", "calibration/auroc"},
                                           {"pass@1", "pass@1"},
                                           {"confidence level", "calibration/confidence"}};
    static const char *const methods[] = {"Base", "RLVR", "RLVR-Classifier", "Answer-Prob", "RLCR"};
    char path[512], json[512];
    reading r;
    json_object *root, *x;
    if (!shared("Hotpot-models_gpqa_per_sample.csv", path) || !shared("Hotpot-models_gpqa_metrics.json", json)) skip();
    const char *one = path;
    pl_diag_init(&r.diag);
    r.status = log_open(&one, 1, NULL, &r.log, &r.diag);
    assert_int_equal(r.status, PL_OK);
    assert_int_equal(r.log.counts.records, 2240);
    assert_string_equal(r.log.base, "Base");
    assert_int_equal(json_read_file(json, &root, &r.diag), PL_OK);
    for (size_t m = 0; m < PL_COUNT(methods); m++)
        for (size_t i = 0; i < PL_COUNT(names); i++) {
            char member[96];
            snprintf(member, sizeof member, "%s/%s", methods[m], names[i][0]);
            assert_int_equal(json_member(root, member, json_type_double, json, &x, &r.diag), PL_OK);
            double published = json_object_get_double(x), ours = at(&r, m ? methods[m] : "RLVR", m ? 1 : 0, names[i][1]);
            if (fabs(published - ours) > 5e-5) fail_msg("%s: %.6f, published %.6f", member, ours, published);
        }
    json_object_put(root);
    done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_form),   cmocka_unit_test(test_counts_form),        cmocka_unit_test(test_pass_at_k_refused),
        cmocka_unit_test(test_calibration), cmocka_unit_test(test_checkpoints),        cmocka_unit_test(test_choice_of_base),
        cmocka_unit_test(test_headers),     cmocka_unit_test(test_published_crossing), cmocka_unit_test(test_published_calibration),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
