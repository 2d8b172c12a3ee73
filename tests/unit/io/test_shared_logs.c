/* Every log of public runs that lies beside the source tree, with the counts that its README states. The files are not part of the
 * project: the folder is $PLATEAU_SHARED, or ../shared; without it the tests are skipped. */
#include "importing.h"

typedef struct counted {
    const char *column; /* of the log, or a metric */
    size_t n;
} counted;
typedef struct expected {
    const char *path, *format, *framework;
    size_t rows;
    double first, last; /* steps */
    size_t records;     /* 0: not stated */
    counted counts[8];
} expected;

static const expected logs[] = {
    /* 435 steps; 43 validations during training, one before it and one behind. */
    {"real-runs/verl-console-qwen0.5b-ppo.log",
     "verl_console",
     "verl",
     435,
     0,
     434,
     0,
     {{"critic/score/mean", 435},
      {"val/test_score/openai/gsm8k", 45},
      {"reward/validation", 45},
      {"entropy/token", 435},
      {"kl/penalty", 435},
      {"length/train", 435},
      {"timing/gen", 435}}},
    {"real-runs/trl-csv-qwen1.5b-dapo.csv",
     "csv",
     "trl",
     4600,
     1,
     4600,
     4601, /* the last row repeats the last step, empty */
     {{"loss", 4600}, {"reward_mean", 575}, {"reward/mean", 575}, {"groups/zero_variance", 575}, {"entropy/token", 4600}}},
    {"real-runs/wandb-export-qwen1.5b-grpo-train.csv",
     "wandb_csv",
     NULL,
     320,
     0,
     319,
     0,
     {{"train/pass@1", 320}, {"pass@1/train", 320}}},
    {"real-runs/wandb-export-qwen1.5b-grpo-eval.csv", "wandb_csv", NULL, 9, 0, 320, 0, {{"eval/pass@1", 9}, {"pass@1", 9}}},
    {"real-runs/tinker-arithmetic.jsonl",
     "jsonl",
     "tinker",
     100,
     0,
     99,
     0,
     {{"env/all/correct", 100}, {"pass@1/train", 100}, {"optim/entropy", 100}, {"groups/mixed", 100}}},
    {"real-runs/trl-trainer_state-old-keys.json",
     "trl_state",
     "trl",
     250,
     1,
     250,
     0,
     {{"rewards/correctness_reward_func", 250},
      {"reward/part/correctness_reward_func", 250},
      {"length/train", 250},
      {"kl/token", 250}}},
    {"tiny-grpo/large-base-s0",
     "jsonl",
     "tiny_grpo",
     201,
     0,
     200,
     0,
     {{"pass@1", 8}, {"pass@64", 8}, {"reward/mean", 200}, {"entropy/token", 200}}},
    {"tiny-grpo/small-base-s0",
     "jsonl",
     "tiny_grpo",
     301,
     0,
     300,
     0,
     {{"pass@1", 13}, {"reward/mean", 300}, {"length/train", 300}}},
    {"tiny-grpo/small-brier-s0",
     "jsonl",
     "tiny_grpo",
     151,
     0,
     150,
     0,
     {{"pass@1", 7}, {"reward/mean", 150}, {"calibration/ece", 150}}},
    {"tiny-grpo/small-hard-s0", "jsonl", "tiny_grpo", 201, 0, 200, 0, {{"pass@1", 9}, {"reward/mean", 200}}},
};

static void check(const expected *e, const training_log *log)
{
    pl_str text;
    pl_str_init(&text);
    log_describe(log, &text);
    print_message("%s", pl_str_end(&text));
    pl_str_free(&text);
    assert_string_equal(log->format->entry.name, e->format);
    if (e->framework)
        assert_string_equal(log->framework, e->framework);
    else
        assert_null(log->framework);
    assert_int_equal(log->table.n_rows, e->rows);
    assert_true(log->table.columns[0].v[0] == e->first && log->table.columns[0].v[e->rows - 1] == e->last);
    assert_true(!log->counts.restarts && !log->counts.bad_text && !log->counts.cut_off && !log->counts.non_finite);
    if (e->records) assert_int_equal(log->counts.records, e->records);
    for (size_t i = 0; i < 8 && e->counts[i].column; i++) {
        print_message("  %s\n", e->counts[i].column);
        assert_int_equal(present(log, e->counts[i].column), e->counts[i].n);
    }
}

static void imports_every_log(void **state)
{
    const char *root = getenv("PLATEAU_SHARED");
    if (!root) root = "../shared";
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        char path[512];
        const char *paths[] = {path};
        snprintf(path, sizeof path, "%s/data/%s", root, logs[i].path);
        if (!pl_is_file(path) && !pl_is_dir(path)) skip();
        training_log log;
        training_log_init(&log);
        pl_diag diag;
        pl_diag_init(&diag);
        pl_status st = log_open(paths, 1, NULL, &log, &diag);
        pl_diag_print(&diag, stderr);
        assert_int_equal(st, PL_OK);
        check(&logs[i], &log);
        training_log_free(&log);
        pl_diag_free(&diag);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(imports_every_log)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
