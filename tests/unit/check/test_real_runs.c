/* Real runs, half seen: where levelled-off runs end is foretold within .05 and inside the 90% interval; runs that have not levelled
 * off are said to be not identified. Needs ../shared/data; tiny-grpo is the project's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/fs.h"
#include "sim/check/against.h"

#define REAL "../shared/data/real-runs/"
#define TINY "tests/data/tiny-grpo/"

static check_judgement judged;

/* false: the file is not here. */
static bool judge_file(const char *path, const char *second, double until, double last_step, check_run *run, check_judgement *out)
{
    training_log log;
    const char *paths[] = {path, second};
    check_options options = check_defaults();
    if (!pl_is_file(path) && !pl_is_dir(path)) return false;
    options.until = until;
    training_log_init(&log);
    assert_int_equal(log_open(paths, second ? 2 : 1, NULL, &log, NULL), PL_OK);
    size_t step = pl_table_index(&log.table, "step"), kept = 0; /* the log as it was at an earlier step */
    while (kept < log.table.n_rows && log.table.columns[step].v[kept] <= last_step) kept++;
    log.table.n_rows = kept;
    assert_int_equal(check_run_open(&log, &options, run, NULL), PL_OK);
    assert_int_equal(check_judge(run, 8, out, NULL), PL_OK);
    training_log_free(&log);
    return true;
}

typedef struct expected {
    const char *file, *second;
    double A, allowed; /* of the whole run, as an independent fit found it */
} expected;

static void ends_are_foretold_from_half(void **state)
{
    static const expected runs[] = {
        {REAL "verl-console-qwen0.5b-ppo.log", NULL, .547, .01},
        {REAL "q3b_fsdp_base.events.out.tfevents.1753500620.TEST64.site.1669044.0", NULL, .872, .01},
        {REAL "wandb-export-qwen1.5b-grpo-eval.csv", NULL, .391, .01},
        {REAL "tinker-arithmetic.jsonl", NULL, .998, .01},
        {TINY "large-base-s0", NULL, .656, .034},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        static const double parts[] = {.5, .6, .7, .8};
        check_run run;
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
            if (!judge_file(runs[i].file, runs[i].second, parts[k], INFINITY, &run, &judged)) continue;
            printf("# | %s | %.0f%% | %.3f | %.3f to %.3f | %.3f |\n", strrchr(runs[i].file, '/') + 1, 100 * parts[k],
                   judged.end.value, judged.end.low, judged.end.high, judged.end_seen);
            assert_true(fabs(judged.end.value - judged.end_seen) < .05);
            assert_true(judged.end.low <= judged.end_seen && judged.end_seen <= judged.end.high);
            check_run_free(&run);
        }
        if (!judge_file(runs[i].file, runs[i].second, 1, INFINITY, &run, &judged)) continue;
        assert_true(fabs(judged.forecast.A.value - runs[i].A) <= runs[i].allowed);
        assert_false(judged.no);
        check_run_free(&run);
    }
}

static void open_runs_are_not_identified(void **state)
{
    static const double parts[] = {.3, .5, .7, 1};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        check_run run;
        if (judge_file(REAL "trl-csv-qwen1.5b-dapo.csv", NULL, parts[k], INFINITY, &run, &judged)) {
            assert_string_equal(judged.verdict, "not identified");
            check_run_free(&run);
        }
        assert_true(judge_file(TINY "small-base-s0", NULL, parts[k], 100, &run, &judged));
        assert_true(run.last == 100);
        assert_string_equal(judged.verdict, "not identified");
        check_run_free(&run);
    }
}

/* Trained on the hardest prompts only, the tiny model gets worse on all others. */
static void hard_prompts_go_wrong(void **state)
{
    check_run run;
    assert_true(judge_file(TINY "small-hard-s0", NULL, 1, INFINITY, &run, &judged));
    assert_string_equal(judged.verdict, "going wrong");
    assert_string_equal(judged.course->shape->entry.name, "falling");
    assert_true(judged.no && judged.course->first <= 125 && judged.course->first >= 25);
    check_run_free(&run);
}

static void epochs_and_choice(void **state)
{
    check_run run;
    assert_true(judge_file(TINY "large-base-s0", NULL, 1, INFINITY, &run, &judged));
    assert_int_equal(run.fitted, SIGNAL_VALIDATION);
    assert_true(fabs(run.epochs - 3.2) < .01 && run.last == 200);
    assert_int_equal(run.signal[SIGNAL_VALIDATION].n, 8);
    assert_int_equal(run.signal[SIGNAL_REWARD].n, 200);
    assert_true(strstr(run.why, "memorisation") != NULL);
    check_run_free(&run);
    assert_true(judge_file(TINY "large-base-s0", NULL, .3, INFINITY, &run, &judged));
    assert_int_equal(run.fitted, SIGNAL_REWARD); /* three validations are too few */
    check_run_free(&run);
}

static check_judgement other;
static void a_run_against_itself(void **state)
{
    check_run run, again;
    check_comparison c;
    if (!judge_file(REAL "tinker-arithmetic.jsonl", NULL, 1, INFINITY, &run, &judged)) skip();
    assert_true(judge_file(REAL "tinker-arithmetic.jsonl", NULL, 1, INFINITY, &again, &other));
    check_compare(&judged, &other, .02, &c);
    assert_string_equal(c.verdict, "same ceiling");
    assert_true(!c.no && c.speed.low < 1 && c.speed.high > 1 && fabs(c.ceiling.value) < .001);
    check_run_free(&again);
    assert_true(judge_file(TINY "large-base-s0", NULL, 1, INFINITY, &again, &other));
    check_compare(&judged, &other, .02, &c);
    assert_string_equal(c.verdict, "different ceilings");
    assert_true(c.no);
    check_run_free(&again);
    check_run_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_are_foretold_from_half), cmocka_unit_test(open_runs_are_not_identified),
        cmocka_unit_test(hard_prompts_go_wrong),       cmocka_unit_test(epochs_and_choice),
        cmocka_unit_test(a_run_against_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
