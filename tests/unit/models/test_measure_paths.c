/* Measures over plans and paths, and against the base: every one beside a plain sum. */
#include "measure_setting.h"

typedef struct brute {
    double planning, plan[12], steps, step_entropy, step_right;
    double genuine, right, genuine_right, tokens, genuine_tokens;
    double both, lost, gained, forward[2], loss[2], gain[SPLITS];
} brute;

static double chance_of_any(double p) { return 1.0 - pow(1.0 - p, 37); }

static void add_path(const setting *s, uint32_t x, size_t f, size_t i, double weight, brute *b) {
    const world *w = &s->w;
    const policy_view *v = &s->view, *base = &s->base;
    const size_t at = f * 4 + i;
    const double mass = exp(v->ln_format[f] + v->ln_strategy[at]), m = (double)w->strategies[i]->steps, q = v->step[f];
    const double readable = w->formats[f]->extraction * w->fits[at] * w->applicability[x * 4 + i];
    const double right = mass * readable * pow(q, m) * (v->B ? v->committed[at] : 1.0);
    const double before = exp(base->ln_format[f] + base->ln_strategy[at]) * readable * pow(base->step[f], m) *
        (base->B ? base->committed[at] : 1.0);
    b->planning -= weight * mass * log(mass);
    b->plan[at] += weight * mass;
    b->steps += weight * mass * m;
    b->step_entropy -= weight * mass * m * (q * log(q) + (1.0 - q) * log1p(-q));
    b->step_right += weight * mass * m * q;
    b->right += weight * right;
    b->tokens += weight * mass * w->length[at];
    if (w->strategies[i]->kind == STRATEGY_GENUINE) {
        b->genuine += weight * mass;
        b->genuine_right += weight * right;
        b->genuine_tokens += weight * mass * w->length[at];
    }
    const bool has = chance_of_any(right) >= 0.5, had = chance_of_any(before) >= 0.5;
    if (has && had) b->both += weight;
    else if (had) b->lost += weight;
    else if (has) b->gained += weight;
}

/* KL(base || pi) over all paths, steps right one by one. */
static double forward_divergence(const setting *s, size_t f, size_t i) {
    const uint16_t m = (uint16_t)s->w.strategies[i]->steps;
    double ways = 1.0, sum = 0.0;
    for (uint16_t right = 0; right <= m; right++) {
        const rollout r = {.format = (uint16_t)f, .strategy = (uint16_t)i, .steps = m, .steps_right = right};
        const double ln = rollout_ln_probability(&s->p, &s->base, &r);
        sum += ways * exp(ln) * (ln - rollout_ln_probability(&s->p, &s->view, &r));
        ways = ways * (m - right) / (right + 1.0);
    }
    return sum;
}

static brute sums(setting *s) {
    brute b = {0};
    for (uint32_t x = 0; x < s->w.n_prompts; x++) {
        policy_forward(&s->p, s->weights, x, &s->view);
        policy_forward(&s->p, s->zero, x, &s->base);
        const int split = s->w.split[x];
        b.gain[split] += (s->view.pass - s->base.pass) / (double)s->w.n_split[split];
        if (split != SPLIT_HELD_OUT) continue;
        const double weight = 1.0 / 21.0, own = s->w.domain[x] ? 1.0 / 9.0 : 1.0 / 12.0;
        b.loss[s->w.domain[x]] += own * (s->base.pass - s->view.pass);
        for (size_t f = 0; f < 3; f++)
            for (size_t i = 0; i < 4; i++) {
                add_path(s, x, f, i, weight, &b);
                if (!s->view.B) b.forward[s->w.domain[x]] += own * forward_divergence(s, f, i);
            }
    }
    return b;
}

/* Missing when there is nothing to take a share of. */
static void share(double found, double part, double rest) {
    if (part + rest > 0.0) assert_near(found, part / (part + rest), 1e-12);
    else assert_true(isnan(found));
}

static void test_plain_sums(void **state) {
    double lost = 0.0, gained = 0.0;
    for (uint32_t number = 0; number < 8; number++) {
        setting s;
        fixture_init(&s.x);
        if (number) fixture_randomise(&s.x, 700 + number);
        if (number % 2) fixture_statements(&s.x);
        open_setting(&s, number);
        for (size_t i = 0; i < s.p.n_weights; i++) s.weights[i] *= 4.0;   /* far enough that paths are lost and found */
        visit_all(&s, s.weights);
        measures_finish(&s.m, s.row);
        const brute b = sums(&s);
        double marginal = 0.0;
        for (int i = 0; i < 12; i++) marginal -= b.plan[i] > 0.0 ? b.plan[i] * log(b.plan[i]) : 0.0;
        assert_near(value(&s, "entropy/planning"), b.planning, 1e-12);
        assert_near(value(&s, "entropy/planning"), value(&s, "entropy/format") + value(&s, "entropy/strategy"), 1e-12);
        assert_near(value(&s, "entropy/planning_marginal"), marginal, 1e-12);
        assert_near(value(&s, "entropy/execution_step"), b.step_entropy / b.steps, 1e-11);
        assert_near(value(&s, "execution/success"), b.step_right / b.steps, 1e-12);
        assert_near(value(&s, "traces/genuine"), b.genuine, 1e-12);
        assert_near(value(&s, "traces/genuine_right"), b.genuine_right / b.right, 1e-11);
        assert_near(value(&s, "traces/genuine_length"), b.genuine_tokens / b.genuine, 1e-9);
        assert_near(value(&s, "traces/other_length"), (b.tokens - b.genuine_tokens) / (1.0 - b.genuine), 1e-8);
        assert_near(value(&s, "support/paths_both"), b.both, 1e-12);
        assert_near(value(&s, "support/paths_lost"), b.lost, 1e-12);
        assert_near(value(&s, "support/paths_new"), b.gained, 1e-12);
        share(value(&s, "support/retention"), b.both, b.lost);
        share(value(&s, "support/discovery"), b.gained, b.both);
        assert_near(value(&s, "forgetting/math"), b.loss[0], 1e-13);
        assert_near(value(&s, "forgetting/logic"), b.loss[1], 1e-13);
        assert_near(value(&s, "gap/held_out"), b.gain[SPLIT_TRAIN] - b.gain[SPLIT_HELD_OUT], 1e-13);
        assert_near(value(&s, "gap/template_held_out"), b.gain[SPLIT_TRAIN] - b.gain[SPLIT_HELD_OUT_TEMPLATE], 1e-13);
        if (!s.view.B) {
            assert_near(value(&s, "kl/base_forward/math"), b.forward[0], 1e-10);
            assert_near(value(&s, "kl/base_forward/logic"), b.forward[1], 1e-10);
            assert_near(value(&s, "kl/base_forward"), (12.0 * b.forward[0] + 9.0 * b.forward[1]) / 21.0, 1e-10);
        }
        assert_true(value(&s, "kl/base_forward") > 0.0);
        lost += b.lost;
        gained += b.gained;
        close_setting(&s);
    }
    assert_true(lost > 0.1 && gained > 0.1);                   /* the worlds had something to tell apart */
}

/* Advantages of GRPO: 2 sqrt(m (G-m))/G in the bin of m/G. */
static void test_pass_rates(void **state) {
    static const size_t right[PROMPTS] = {0, 1, 2, 4, 7, 8};   /* of 8: bins 0, 0, 1, 2, 4, 4 */
    setting s;
    fixture_init(&s.x);
    open_setting(&s, 4);
    double size[PROMPTS], all = 0.0;
    for (uint32_t g = 0; g < PROMPTS; g++) {
        s.groups[g] = (rollout_group){.prompt = g, .G = GROUP, .rollouts = s.rollouts[g], .reward = s.reward + g * GROUP,
                                      .advantage = s.advantage[g]};
        memset(s.rollouts[g], 0, sizeof s.rollouts[g]);
        const double p = (double)right[g] / GROUP, sd = sqrt(p * (1.0 - p));
        for (size_t i = 0; i < GROUP; i++) {
            s.rollouts[g][i].correct = i < right[g];
            s.reward[g * GROUP + i] = s.rollouts[g][i].correct;
            s.advantage[g][i] = sd > 0.0 ? (s.reward[g * GROUP + i] - p) / sd : 0.0;
        }
        size[g] = 2.0 * sqrt((double)(right[g] * (GROUP - right[g]))) / GROUP;
        all += size[g];
    }
    measures_batch(&s.m, &(algo_batch){s.groups, PROMPTS});
    measures_finish(&s.m, s.row);
    assert_near(value(&s, "advantage/pass_rate/0/groups"), 2.0 / 6.0, 1e-14);
    assert_near(value(&s, "advantage/pass_rate/0/size"), (size[0] + size[1]) / 2.0, 1e-13);
    assert_near(value(&s, "advantage/pass_rate/1/size"), size[2], 1e-13);
    assert_near(value(&s, "advantage/pass_rate/2/size"), 1.0, 1e-13);
    assert_near(value(&s, "advantage/pass_rate/2/share"), 1.0 / all, 1e-13);
    assert_true(value(&s, "advantage/pass_rate/3/groups") == 0.0 && isnan(value(&s, "advantage/pass_rate/3/size")) &&
                value(&s, "advantage/pass_rate/3/share") == 0.0);
    assert_near(value(&s, "advantage/pass_rate/4/size"), size[4] / 2.0, 1e-13);
    assert_near(value(&s, "advantage/pass_rate/4/share"), size[4] / all, 1e-13);
    close_setting(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plain_sums), cmocka_unit_test(test_pass_rates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
