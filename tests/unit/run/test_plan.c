/* Plans: arms laid over the scenario, what arms may not do, and the resolved text that gives the same plan again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/base/fs.h"
#include "sim/run/plan.h"

static const char first[] = "seed: 31\n"
                            "world:\n"
                            "  domains: {math: {prompts: 48, held_out: 16, templates: 4, guess: 0.07}}\n"
                            "  strategies:\n"
                            "    solve: {kind: genuine, share: 0.7, steps: 2}\n"
                            "    guess: {kind: shortcut, share: 0.3}\n"
                            "algorithm: {group_size: 4, prompts: 8}\n"
                            "optimizer: {lr: 0.375}\n"
                            "stop: {steps: 12}\n"
                            "replicates: {count: 3, share: [world]}\n"
                            "arms:\n"
                            "  plain: {}\n"
                            "  dotted: {optimizer.lr: 0.0625, world.domains.math.guess: 0.11}\n"
                            "  nested: {algorithm: {loss: policy_gradient, group_size: 6}}\n"
                            "  noisy: {reward: {random: {weight: 0.5}}}\n";

static void put(const char *path, const char *text) { assert_int_equal(pl_write_file(path, text, strlen(text), NULL), PL_OK); }

static pl_status load(plan *p, const char *path, const char *const *set, size_t n_set, pl_diag *diag)
{
    static const pl_search nowhere;
    return plan_load(p, path, &(plan_options){.set = set, .n_set = n_set, .seed = -1, .replicates = -1}, &nowhere, diag);
}

static void arms_lie_over_the_scenario(void **state)
{
    plan p;
    pl_diag diag;
    pl_diag_init(&diag);
    put("plan.yaml", first);
    assert_int_equal(load(&p, "plan.yaml", NULL, 0, &diag), PL_OK);
    assert_int_equal(p.n_arms, 4);
    assert_int_equal(p.replicates, 3);
    assert_string_equal(p.name, "plan");
    assert_string_equal(p.arms[1].name, "dotted");
    const training_spec *plain = &p.arms[0].scenario.training, *dotted = &p.arms[1].scenario.training;
    const training_spec *nested = &p.arms[2].scenario.training, *noisy = &p.arms[3].scenario.training;
    assert_true(plain->optimizer.lr == 0.375 && dotted->optimizer.lr == 0.0625);
    assert_true(((const domain_spec *)dotted->world.domains.v)->guess == 0.11);
    assert_int_equal(((const domain_spec *)dotted->world.domains.v)->prompts, 48);
    assert_string_equal(nested->algorithm.loss.entry->name, "policy_gradient");
    assert_int_equal(nested->algorithm.group_size, 6);
    assert_int_equal(nested->algorithm.prompts, 8);
    assert_int_equal(noisy->reward.n, 1);
    assert_string_equal(noisy->reward.v[0].entry->name, "random");
    assert_true(p.steps_per_epoch == 48.0 / 8.0);
    plan_free(&p);
    pl_diag_free(&diag);
}

/* An arm that an upper layer sets to null is gone; the others keep their order. */
static void an_arm_set_to_null_is_gone(void **state)
{
    static const char *const set[] = {"arms.dotted=null"};
    plan p;
    pl_diag diag;
    pl_diag_init(&diag);
    put("plan.yaml", first);
    assert_int_equal(load(&p, "plan.yaml", set, 1, &diag), PL_OK);
    assert_int_equal(p.n_arms, 3);
    assert_string_equal(p.arms[0].name, "plain");
    assert_string_equal(p.arms[1].name, "nested");
    plan_free(&p);
    pl_diag_free(&diag);
}

/* The resolved text, loaded again, gives the same arms, the same hash and the same resolved text but for its comments. */
static void resolved_text_gives_the_same_plan(void **state)
{
    plan p, again;
    pl_diag diag;
    pl_diag_init(&diag);
    put("plan.yaml", first);
    assert_int_equal(load(&p, "plan.yaml", NULL, 0, &diag), PL_OK);
    put("resolved.yaml", p.resolved);
    assert_int_equal(load(&again, "resolved.yaml", NULL, 0, &diag), PL_OK);
    assert_string_equal(p.hash.hex, again.hash.hex);
    assert_int_equal(again.n_arms, p.n_arms);
    const training_spec *noisy = &again.arms[3].scenario.training, *nested = &again.arms[2].scenario.training;
    assert_int_equal(noisy->reward.n, 1);
    assert_string_equal(noisy->reward.v[0].entry->name, "random");
    assert_string_equal(nested->algorithm.loss.entry->name, "policy_gradient");
    assert_true(again.arms[1].scenario.training.optimizer.lr == 0.0625);
    plan_free(&again);

    const char *const changes[] = {"optimizer.lr=0.4375"};
    assert_int_equal(load(&again, "plan.yaml", changes, 1, &diag), PL_OK);
    assert_string_not_equal(p.hash.hex, again.hash.hex);
    plan_free(&again);
    plan_free(&p);
    pl_diag_free(&diag);
}

static size_t errors_of(const char *text, const char *word)
{
    plan p;
    pl_diag diag;
    pl_diag_init(&diag);
    put("bad.yaml", text);
    assert_int_equal(load(&p, "bad.yaml", NULL, 0, &diag), PL_ERR_USER);
    bool found = false;
    for (size_t i = 0; i < diag.count; i++) {
        assert_string_equal(diag.messages[i].place.file, "bad.yaml");
        assert_true(diag.messages[i].place.line > 0);
        found |= strstr(diag.messages[i].what, word) != NULL;
    }
    assert_true(found);
    size_t n = diag.errors;
    plan_free(&p);
    pl_diag_free(&diag);
    return n;
}

static void mistakes_are_told_together(void **state)
{
    assert_int_equal(errors_of("arms: {a: {seed: 4, replicates.count: 2, hypotheses: []}}\n", "'replicates'"), 3);
    assert_int_equal(errors_of("arms: {a: 7, b: [1]}\n", "not a map"), 2);
    /* The base's mistake is told once, not once per arm; the arms' own are told each. */
    assert_int_equal(errors_of("optimizer: {lr: -2}\narms:\n  a: {stop.steps: -1}\n  b: {}\n  c: {stop.steps: -3}\n", "lr"), 3);
    assert_int_equal(
        errors_of("arms: {a: {optimizer.rl: 1}}\nhypotheses:\n  - {name: h, measure: pass@1, arm: a, greater_than: 0}\n", "rl"), 1);
}

/* 48 prompts, 8 a step: an epoch is 6 steps and the third ends after the run, but not in an arm that takes 16 a step. */
static void an_epoch_is_out_of_reach_only_for_all_arms(void **state)
{
    static const char hypothesis[] = "hypotheses:\n  - {name: h, measure: pass@1, arm: plain, at: epoch 3, greater_than: 0}\n";
    char text[2048];
    plan p;
    pl_diag diag;
    snprintf(text, sizeof text, "%s%s", first, hypothesis);
    assert_int_equal(errors_of(text, "the run ends at step 12"), 1);
    pl_diag_init(&diag);
    snprintf(text, sizeof text, "%s  quick: {algorithm.prompts: 16}\n%s", first, hypothesis);
    put("plan.yaml", text);
    assert_int_equal(load(&p, "plan.yaml", NULL, 0, &diag), PL_OK);
    plan_free(&p);
    pl_diag_free(&diag);
}

static void seeds_share_what_is_shared(void **state)
{
    plan p;
    pl_diag diag;
    pl_diag_init(&diag);
    put("plan.yaml", first);
    assert_int_equal(load(&p, "plan.yaml", NULL, 0, &diag), PL_OK);
    pl_seeds one = scenario_seeds(&p.base, 1), two = scenario_seeds(&p.base, 2);
    pl_stream a = pl_stream_make(&one, PL_FOR_WORLD, 5, 0, 0), b = pl_stream_make(&two, PL_FOR_WORLD, 5, 0, 0);
    assert_int_equal(pl_u64(&a), pl_u64(&b));
    a = pl_stream_make(&one, PL_FOR_SAMPLE, 5, 0, 0);
    b = pl_stream_make(&two, PL_FOR_SAMPLE, 5, 0, 0);
    assert_int_not_equal(pl_u64(&a), pl_u64(&b));
    plan_free(&p);
    pl_diag_free(&diag);
}

static void failing_allocations_are_told(void **state)
{
    put("plan.yaml", first);
    for (uint64_t k = 1;; k += 1 + k / 7) {
        plan p;
        pl_diag diag;
        pl_diag_init(&diag);
        pl_mem_fail_at(k, true);
        pl_status st = load(&p, "plan.yaml", NULL, 0, &diag);
        pl_mem_fail_at(0, false);
        plan_free(&p);
        pl_diag_free(&diag);
        if (st == PL_OK) break;
        assert_int_equal(st, PL_ERR_WORLD);
        assert_true(k < 1000000);
    }
}

static int enter_scratch(void **state)
{
    static char folder[] = "/tmp/plateau-test-plan-XXXXXX";
    *state = mkdtemp(folder);
    return !*state || chdir(*state);
}
static int leave_scratch(void **state) { return chdir("/") || pl_remove_tree(*state, NULL) != PL_OK; }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arms_lie_over_the_scenario),   cmocka_unit_test(an_arm_set_to_null_is_gone),
         cmocka_unit_test(resolved_text_gives_the_same_plan),
        cmocka_unit_test(mistakes_are_told_together),   cmocka_unit_test(seeds_share_what_is_shared),
        cmocka_unit_test(an_epoch_is_out_of_reach_only_for_all_arms), cmocka_unit_test(failing_allocations_are_told),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
