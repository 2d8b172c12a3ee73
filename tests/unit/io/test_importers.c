/* Each importer on a small log of its format: what is recognised, what becomes of every value, and what is said of the rest. */
#include "importing.h"

static void is_format(const imported *i, const char *name)
{
    for (size_t k = 0; k < i->diag.count; k++) print_message("message: %s\n", i->diag.messages[k].what);
    assert_int_equal(i->status, PL_OK);
    assert_string_equal(i->log.format->entry.name, name);
}

static void verl_console(void **state)
{
    static const char text[] =
        "2024-12-10 06:50:29 INFO worker.py -- Started a local Ray instance.\n"
        "\x1b[36m(main_task pid=5)\x1b[0m {'algorithm': {'adv_estimator': 'gae'}}\n"
        "\x1b[36m(main_task pid=5)\x1b[0m \"Initial validation metrics: {'test_score/openai/gsm8k': 0.125}\"\n"
        "\x1b[36m(main_task pid=5)\x1b[0m step:0 - critic/kl:-0.000 - actor/lr(1e-4):0.010 - critic/score/mean:0.416 - "
        "actor/entropy_loss:0.419\n"
        "noise with \0 in it, step: 7 and step:x - a:b\n"
        "Training:  1%|# | 1/435 [00:10<1:12] \x1b[2m\x1b[36m(main_task pid=5)\x1b[0m step:1 - critic/score/mean:0.5 - "
        "val/test_score/openai/gsm8k:0.25\n"
        "(TaskRunner pid=24) step:2 - critic/score/mean:np.float64(0.3165) - training/epoch:np.int64(1) - actor/kl_loss:nan - "
        "perf/x:1e-06 - odd:word\n"
        "\"Final validation metrics: {'test_score/openai/gsm8k': 0.5}\"\n";
    imported i = import_bytes(text, sizeof text - 1, NULL);
    is_format(&i, "verl_console");
    assert_string_equal(i.log.framework, "verl");
    assert_int_equal(i.log.table.n_rows, 3);
    assert_true(at_step(&i, "critic/score/mean", 0) == .416 && at_step(&i, "critic/score/mean", 2) == .3165);
    assert_true(at_step(&i, "actor/lr", 0) == .010 * 1e-4 && signbit(at_step(&i, "critic/kl", 0)));
    assert_true(at_step(&i, "val/test_score/openai/gsm8k", 0) == .125 && at_step(&i, "val/test_score/openai/gsm8k", 1) == .25);
    assert_true(at_step(&i, "val/test_score/openai/gsm8k", 2) == .5 && at_step(&i, "training/epoch", 2) == 1);
    assert_true(isnan(at_step(&i, "actor/kl_loss", 2)) && at_step(&i, "perf/x", 2) == 1e-6);
    assert_int_equal(i.log.counts.non_finite, 1);
    assert_int_equal(i.log.counts.skipped, 1);
    assert_true(noted(&i, "1 values that are no numbers left out, the first in line 7"));
    assert_string_equal(canonical(&i, "critic/score/mean"), "reward/mean");
    assert_string_equal(canonical(&i, "actor/entropy_loss"), "entropy/token");
    assert_string_equal(canonical(&i, "val/test_score/openai/gsm8k"), "reward/validation");
    assert_ptr_equal(log_find(&i.log, "reward/mean", NULL), pl_table_find(&i.log.table, "critic/score/mean"));
    release(&i);
}

static void verl_console_of_2025(void **state)
{
    imported i = import_text(
        "(TaskRunner pid=7) step:0 - val-core/openai/gsm8k/acc/mean@16:0.4 - val-core/openai/gsm8k/acc/best@16/mean:0.7\n"
        "(TaskRunner pid=7) step:1 - training/global_step:1 - actor/entropy:0.09767807275056839 - critic/rewards/mean:0.5\n"
        "(TaskRunner pid=7) step:2 - actor/entropy:0.1 - critic/rewards/mean:0.6");
    is_format(&i, "verl_console");
    assert_int_equal(i.log.table.n_rows, 3);
    assert_true(at_step(&i, "actor/entropy", 1) == 0.09767807275056839);
    assert_string_equal(canonical(&i, "val-core/openai/gsm8k/acc/mean@16"), "pass@1");
    assert_string_equal(canonical(&i, "val-core/openai/gsm8k/acc/best@16/mean"), "best@16");
    assert_string_equal(canonical(&i, "critic/rewards/mean"), "reward/penalised");
    /* The last line has no end: 0.6 may be the beginning of 0.65. */
    assert_true(isnan(at_step(&i, "critic/rewards/mean", 2)) && at_step(&i, "actor/entropy", 2) == .1);
    assert_int_equal(i.log.counts.cut_off, strlen("critic/rewards/mean:0.6"));
    assert_true(noted(&i, "the last line has no end"));
    release(&i);
}

static const char history[] =
    "{\n  \"best_metric\": null,\n  \"global_step\": 20,\n  \"log_history\": [\n"
    "    {\"completions/mean_length\": 61.8125, \"entropy\": 0.087, \"epoch\": 0.01, \"frac_reward_zero_std\": 0.75, \"kl\": NaN,"
    " \"reward\": 0.0625, \"rewards/acc_func/mean\": 0.06, \"rewards/acc_func/std\": 0.1, \"step\": 10},\n"
    "    {\"epoch\": 0.01, \"eval_reward\": 0.25, \"step\": 10},\n"
    "    {\"entropy\": 0.08, \"epoch\": 0.02, \"loss\": -Infinity, \"reward\": 0.125, \"step\": 20},\n"
    "    {\"epoch\": 0.02, \"step\": 20, \"total_flos\": 0.0, \"train_loss\": 0.1, \"train_runtime\": 12.5}\n"
    "  ],\n  \"logging_steps\": 10,\n  \"max_steps\": 20,\n  \"stateful_callbacks\": {\"a\": {\"b\": [1, {}]}}\n}\n";

static void trl_state(void **state)
{
    imported i = import_text(history);
    is_format(&i, "trl_state");
    assert_int_equal(i.log.table.n_rows, 2);
    assert_int_equal(i.log.counts.records, 3);
    assert_true(at_step(&i, "reward", 10) == .0625 && at_step(&i, "eval_reward", 10) == .25 && at_step(&i, "reward", 20) == .125);
    assert_int_equal(i.log.counts.non_finite, 2);
    assert_int_equal(i.log.counts.repeated, 0);
    assert_null(pl_table_find(&i.log.table, "train_loss"));
    assert_true(noted(&i, "summary") && noted(&i, "mean over 10 steps"));
    assert_string_equal(canonical(&i, "rewards/acc_func/mean"), "reward/part/acc_func");
    assert_string_equal(canonical(&i, "rewards/acc_func/std"), "reward/part/acc_func/std");
    assert_string_equal(canonical(&i, "completions/mean_length"), "length/train");
    assert_string_equal(canonical(&i, "frac_reward_zero_std"), "groups/zero_variance");
    assert_string_equal(canonical(&i, "eval_reward"), "reward/validation");
    release(&i);
}

/* Cut at every byte: an error, or the records that are whole and a word about the rest. */
static void trl_state_cut_anywhere(void **state)
{
    for (size_t n = 1; n < sizeof history - 2; n++) {
        imported i = import_bytes(history, n, NULL);
        if (!i.status) {
            assert_true(i.log.table.n_rows >= 1 && i.log.table.n_rows <= 2);
            assert_true(noted(&i, "cut off"));
            assert_true(at_step(&i, "reward", 10) == .0625);
        } else {
            assert_true(i.status == PL_ERR_USER && i.diag.errors > 0);
        }
        bool first_is_whole = n >= (size_t)(strstr(history, "\"step\": 10}") + 11 - history);
        assert_int_equal(i.status == PL_OK, first_is_whole);
        release(&i);
    }
}

static void trl_console(void **state)
{
    imported i =
        import_text("{'model_name_or_path': 'Qwen/Qwen2.5-0.5B', 'bf16': True}\n"
                    "  0%|          | 0/50 [00:00<?, ?it/s]\r  2%|2         | 10/50 [00:20<58:21, 21.01s/it]\r{'loss': 0.0, "
                    "'grad_norm': 0.0865, "
                    "'completion_length': 232.825, 'reward': 1.717, 'kl': 0.000537, 'epoch': 0.31}\r  4%|2 | 20/50 [00:40<58:21]"
                    "{'loss': '-0.1081', 'reward': '2.433e+04', 'kl': nan, 'completion_length': inf, 'epoch': '0.62'}\n"
                    "  4%|2 | 20/50 [00:40<58:21]{'eval_reward': 0.75, 'epoch': 0.62}\n"
                    " 60%|6 | 30/50 [01:00<58:21]{'loss': 0.1, 'reward': 1.5, 'epoch': 0.93}\n"
                    "{'train_runtime': 99.5, 'train_loss': 0.03, 'epoch': 0.93}\n");
    is_format(&i, "trl_console");
    assert_int_equal(i.log.table.n_rows, 3);
    assert_true(at_step(&i, "reward", 10) == 1.717 && at_step(&i, "reward", 20) == 24330 && at_step(&i, "reward", 30) == 1.5);
    assert_true(at_step(&i, "eval_reward", 20) == .75 && at_step(&i, "loss", 20) == -.1081);
    assert_int_equal(i.log.counts.non_finite, 2);
    assert_true(noted(&i, "progress bar") && noted(&i, "summary"));
    assert_string_equal(canonical(&i, "completion_length"), "length/train");
    release(&i);
    /* Without bars the records are counted; a record that is cut off is said. */
    i = import_text("{'loss': 0.5, 'reward': 1.0, 'epoch': 0.1}\n{'loss': 0.25, 'reward': 2.0, 'epoch': 0.2}\n{'loss': 0.1, "
                    "'epoch': 0.3, 'rew");
    is_format(&i, "trl_console");
    assert_int_equal(i.log.table.n_rows, 2);
    assert_true(at_step(&i, "reward", 2) == 2);
    assert_int_equal(i.log.counts.cut_off, strlen("{'loss': 0.1, 'epoch': 0.3, 'rew"));
    assert_true(noted(&i, "counted from 1") && noted(&i, "cut off"));
    release(&i);
}

static void wandb_csv(void **state)
{
    imported i = import_text(
        "\"train/global_step\",\"a - b - _step\",\"a - b - _step__MIN\",\"a - b - _step__MAX\",\"a - b - eval/pass@1\",\"a - b - "
        "eval/pass@1__MIN\",\"a - b - eval/pass@1__MAX\",\"c - eval/pass@1\",\"c - eval/pass@1__MIN\",\"c - eval/pass@1__MAX\"\n"
        "\"0\",\"3\",\"3\",\"3\",\"0.25\",\"0.25\",\"0.25\",\"\",\"\",\"\"\n"
        "\"40\",\"125128.5\",\"125126\",\"125131\",\"0.3876\",\"0.376\",\"0.3992\",\"0.5\",\"0.5\",\"0.5\"");
    is_format(&i, "wandb_csv");
    assert_int_equal(i.log.table.n_rows, 2);
    assert_int_equal(i.log.table.n_columns, 5); /* step, the axis, _step, and a metric for each run */
    assert_true(at_step(&i, "a - b - eval/pass@1", 40) == .3876 && at_step(&i, "c - eval/pass@1", 40) == .5);
    assert_true(isnan(at_step(&i, "c - eval/pass@1", 0)));
    assert_true(noted(&i, "2 values are means of several rows") && noted(&i, "2 runs"));
    assert_string_equal(canonical(&i, "c - eval/pass@1"), "pass@1");
    assert_null(log_find(&i.log, "pass@1", &i.diag));
    assert_true(complained(&i, "several columns are 'pass@1'"));
    release(&i);
}

static void wandb_history(void **state)
{
    imported i = import_text("_step,_runtime,_timestamp,train/global_step,train/reward,train/kl,eval/reward,table\n"
                             "0,1.5,1700000000,0,0.25,,,\n1,2.5,1700000001,0,,,0.5,\"{\"\"_type\"\": \"\"table-file\"\"}\"\n"
                             "2,3.5,1700000002,1,0.75,NaN,,\n");
    is_format(&i, "wandb_history");
    assert_int_equal(i.log.table.n_rows, 2);
    assert_true(at_step(&i, "train/reward", 0) == .25 && at_step(&i, "eval/reward", 0) == .5 &&
                at_step(&i, "train/reward", 1) == .75);
    assert_null(pl_table_find(&i.log.table, "table"));
    assert_int_equal(i.log.counts.skipped, 1);
    assert_int_equal(i.log.counts.non_finite, 1);
    assert_true(noted(&i, "columns of text left out: 'table'"));
    release(&i);
}

static void hand_made_csv(void **state)
{
    imported i = import_text("Step,0.6b,14b\n1,,0.5\n2,0.25,\n");
    is_format(&i, "csv");
    assert_true(at_step(&i, "14b", 1) == .5 && isnan(at_step(&i, "0.6b", 1)) && at_step(&i, "0.6b", 2) == .25);
    release(&i);
    i = import_text("reward,acc\n.5,.25\n.6,.35\n");
    is_format(&i, "csv");
    assert_true(i.log.numbered && at_step(&i, "acc", 1) == .35 && noted(&i, "numbered from 0"));
    release(&i);
    static const char *const map[] = {"step=when", "pass@1=my score", "mine=acc"};
    log_options how = {.map = map, .n_map = 3};
    static const char mapped[] = "when,my score,acc\n5,.5,.25\n10,.6,.35\n";
    i = import_bytes(mapped, sizeof mapped - 1, &how);
    is_format(&i, "csv");
    assert_true(at_step(&i, "acc", 10) == .35);
    assert_ptr_equal(log_find(&i.log, "pass@1", NULL), pl_table_find(&i.log.table, "my score"));
    assert_ptr_equal(log_find(&i.log, "mine", NULL), pl_table_find(&i.log.table, "acc"));
    release(&i);
    static const char *const wrong[] = {"pass@1=nothing", "pass@1", "step=words"};
    for (size_t k = 0; k < 3; k++) {
        how = (log_options){.map = &wrong[k], .n_map = 1};
        static const char words[] = "step,words\n1,a\n2,b\n";
        i = import_bytes(words, sizeof words - 1, &how);
        assert_int_equal(i.status, PL_ERR_USER);
        assert_true(complained(&i, k == 0 ? "no column 'nothing'" : k == 1 ? "is not one" : "holds text"));
        release(&i);
    }
}

static void json_lines(void **state)
{
    imported i =
        import_text("{\"progress/batch\": 0, \"env/all/correct\": 0.25, \"optim/entropy\": 0.5, \"optim/lr\": 1e-4}\n"
                    "{\"progress/batch\": 1, \"env/all/correct\": 0.5, \"optim/entropy\": NaN, \"test/env/all/correct\": 0.75}\n"
                    "{\"progress/batch\": 2, \"env/all/corr");
    is_format(&i, "jsonl");
    assert_string_equal(i.log.framework, "tinker");
    assert_int_equal(i.log.table.n_rows, 2);
    assert_true(at_step(&i, "env/all/correct", 1) == .5);
    assert_true(i.log.counts.non_finite == 1 && i.log.counts.cut_off == strlen("{\"progress/batch\": 2, \"env/all/corr"));
    assert_string_equal(canonical(&i, "env/all/correct"), "pass@1/train");
    assert_string_equal(canonical(&i, "test/env/all/correct"), "pass@1");
    release(&i);
    i = import_text("{\"loss\": 0.5, \"reward\": 0.25, \"global_step/max_steps\": \"10/438\"}\n"
                    "{\"loss\": 0.4, \"reward\": 0.5, \"global_step/max_steps\": \"20/438\"}\n{\"train_runtime\": 3.5}\n");
    is_format(&i, "jsonl");
    assert_int_equal(i.log.table.n_rows, 2);
    assert_true(at_step(&i, "reward", 20) == .5 && i.log.counts.no_step == 1 && noted(&i, "without a step"));
    release(&i);
}

static void openrlhf_and_slime(void **state)
{
    imported i = import_text("(PPOTrainer pid=9) INFO \xe2\x9c\xa8 Global step 1: {'policy_loss': 0.5, 'reward': 0.25, "
                             "'response_length': 100.0, 'kl': 0.01, "
                             "'lrs': [1, 2]}\n(PPOTrainer pid=9) Global step 2: {'policy_loss': 0.4, 'reward': tensor(0.5, "
                             "device='cuda:0'), 'note': 'x'}\n");
    is_format(&i, "openrlhf_console");
    assert_true(at_step(&i, "reward", 1) == .25 && at_step(&i, "reward", 2) == .5 && i.log.counts.skipped == 2);
    assert_true(noted(&i, "values of text") && noted(&i, "lists left out"));
    assert_string_equal(canonical(&i, "response_length"), "length/train");
    release(&i);
    i = import_text(
        "eval 0: {'eval/aime': 0.125}\nrollout 0: {'rollout/raw_reward': 0.25, 'rollout/response_lengths': 900.5}\n"
        "step 0: {'train/loss': 0.5, 'train/entropy_loss': 0.3}\nstep 1: {'train/loss': 0.4}\nperf 0: {'perf/step_time': 9.5}\n"
        "rollout 1: {'rollout/raw_reward': 0.5}\nstep 2: {'train/loss': 0.3}\nstep 3: {'train/loss': 0.2}\n");
    is_format(&i, "slime_console");
    assert_int_equal(i.log.table.n_rows, 4);
    assert_true(at_step(&i, "rollout/raw_reward", 2) == .5 && at_step(&i, "train/loss", 2) == .3 &&
                at_step(&i, "eval/aime", 0) == .125);
    assert_true(noted(&i, "a rollout is 2 steps"));
    assert_int_equal(i.log.counts.restarts, 0);
    release(&i);
}

static void prime_rl_console(void **state)
{
    imported i = import_text(
        "10:00:01 SUCCESS Step 0 | Time: 98.02s | Reward: 0.4353 | Seq. Length: 2069.9 tokens/sample | Trainable 120/128 (93.8%)\n"
        "10:00:02 DEBUG Micro Step 1 | Loss: 0.5 | x\n"
        "10:00:03 \x1b[1mSUCCESS\x1b[0m Step 1 | 4.5s | Reward 0.5 | Off-Policy Level: 25% | Turns 1.0\n");
    is_format(&i, "prime_rl_console");
    assert_int_equal(i.log.table.n_rows, 2);
    assert_true(at_step(&i, "Reward", 0) == .4353 && at_step(&i, "Reward", 1) == .5 && at_step(&i, "Time", 1) == 4.5);
    assert_true(at_step(&i, "Seq. Length", 0) == 2069.9 && at_step(&i, "Trainable", 0) == .9375 &&
                at_step(&i, "Off-Policy Level", 1) == .25);
    assert_string_equal(canonical(&i, "Reward"), "reward/mean");
    release(&i);
    i = import_text(
        "Step 12 | 4.5s | Loss 0.0123 | Entropy 0.4512 | Mismatch KL 0.0011 | Grad. Norm nan | LR 1.00e-06 | MFU 30.5%\n");
    is_format(&i, "prime_rl_console");
    assert_true(at_step(&i, "Loss", 12) == .0123 && at_step(&i, "Mismatch KL", 12) == .0011 && at_step(&i, "LR", 12) == 1e-6);
    assert_true(at_step(&i, "MFU", 12) == .305 && i.log.counts.non_finite == 1);
    release(&i);
}

static void nemo_json(void **state)
{
    imported i =
        import_text("{\"train/reward\": {\"1\": 0.25, \"2\": 0.5, \"10\": 0.75}, \"train/lr\": {\"10\": 1e-6, \"2\": NaN},\n"
                    " \"ray/node.0.gpu.0.mem_gb\": {\"0.5\": 10, \"1.5\": 11}, \"validation/accuracy\": {\"0\": 0.125, \"10\": "
                    "0.5}, \"note\": \"x\"}");
    is_format(&i, "nemo_json");
    assert_int_equal(i.log.table.n_rows, 4);
    assert_true(at_step(&i, "train/reward", 10) == .75 && at_step(&i, "train/lr", 10) == 1e-6 &&
                isnan(at_step(&i, "train/reward", 0)));
    assert_true(i.log.counts.non_finite == 1 && i.log.counts.skipped == 2);
    assert_string_equal(canonical(&i, "validation/accuracy"), "pass@1");
    assert_true(noted(&i, "by seconds") && noted(&i, "no number by step"));
    release(&i);
}

static void own_metrics(void **state)
{
    static const char text[] =
        "arm,replicate,step,pass@1,reward/mean,note\nbase,0,0,.25,.25,\nbase,0,1,.5,.5,\nslow,0,0,.25,.125,\nslow,0,1,.375,.25,\n"
        "slow,1,0,.25,.25,\nslow,1,1,.5,.25,\n";
    imported i = import_bytes(text, sizeof text - 1, NULL);
    is_format(&i, "plateau");
    assert_true(i.log.table.n_rows == 6 && i.log.series == 3 && noted(&i, "3 series, told apart by 'arm'"));
    release(&i);
    log_options how = {.arm = "slow", .one_replicate = true, .replicate = 1};
    i = import_bytes(text, sizeof text - 1, &how);
    is_format(&i, "plateau");
    assert_true(i.log.table.n_rows == 2 && i.log.series == 1 && at_step(&i, "pass@1", 1) == .5);
    assert_string_equal(canonical(&i, "pass@1"), "pass@1");
    release(&i);
    how.arm = "fast";
    i = import_bytes(text, sizeof text - 1, &how);
    assert_true(i.status == PL_ERR_USER && complained(&i, "no row with arm 'fast'"));
    release(&i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verl_console),     cmocka_unit_test(verl_console_of_2025),
        cmocka_unit_test(trl_state),        cmocka_unit_test(trl_state_cut_anywhere),
        cmocka_unit_test(trl_console),      cmocka_unit_test(wandb_csv),
        cmocka_unit_test(wandb_history),    cmocka_unit_test(hand_made_csv),
        cmocka_unit_test(json_lines),       cmocka_unit_test(openrlhf_and_slime),
        cmocka_unit_test(prime_rl_console), cmocka_unit_test(nemo_json),
        cmocka_unit_test(own_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
