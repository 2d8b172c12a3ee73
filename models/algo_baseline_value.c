/* Value: A_i = r_i - V(x), V a critic that is learned beside the policy (PPO).
 *
 *   V(x) = sum_f v_f C_f[key_f(x)]       over the tables of the strategy decision: global, domain, band, template, prompt
 *   C_f[key] += critic_lr v_f mean over the batch's responses of (r - V(x)) [key_f(x) = key]
 *
 * One step of regression a batch, on the squared error of all its responses at once, after the advantages were taken: the
 * value of a response is not fitted to its own reward before it is used. An episode pays once, at its end, and the critic looks
 * at the prompt, so that generalised advantage estimation is r - V(x) for every lambda with no discount. C starts at 0. */
#include <string.h>
#include "models/algo.h"
#include "models/policy_internal.h"

typedef struct value_params { double lr; } value_params;

static const pl_field fields[] = {
    {.name = "critic_lr",
     .type = PL_REAL,
     .offset = offsetof(value_params, lr),
     .fallback = "0.5",
     .min = 0,
     .max = PL_INF,
     .flags = PL_OPEN_MIN | PL_OPEN_MAX,
     .unit = "reward per reward",
     .doc = "Learning rate of the critic; times the sum of the squared gains of the prompts' features it must stay below 2."},
};
static const pl_struct value_struct = {
    .name = "baseline_value", .doc = "The critic.", .size = sizeof(value_params), .fields = fields, .n_fields = PL_COUNT(fields),
};

static bool used(const policy_table *t) { return t->decision == DECISION_STRATEGY && t->feature <= FEATURE_PROMPT; }

/* Places of a prompt's weights in the state, and their gains; returns how many. */
static size_t places(const policy *p, uint32_t prompt, size_t place[FEATURES], double gain[FEATURES])
{
    size_t n = 0, start = 0;
    for (size_t i = 0; i < p->n_tables; i++) {
        const policy_table *t = &p->tables[i];
        if (!used(t)) continue;
        size_t row = policy_row(p, t, prompt, 0);
        if (row != NO_ROW) {
            place[n] = start + (row - t->offset) / t->width;
            gain[n++] = t->gain;
        }
        start += t->n_keys;
    }
    return n;
}

static size_t keys(const policy *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n_tables; i++)
        if (used(&p->tables[i])) n += p->tables[i].n_keys;
    return n;
}

/* The second half of the state gathers the step. */
static size_t state(const void *params, const policy *p) { return 2 * keys(p); }

static void apply(const void *params, const algo_context *c, algo_batch *batch)
{
    double *step = c->state + keys(c->policy), all = 0, lr = ((const value_params *)params)->lr;
    size_t place[FEATURES], n_keys = keys(c->policy);
    double gain[FEATURES];
    for (size_t k = 0; k < batch->n; k++) all += (double)batch->groups[k].G;
    memset(step, 0, n_keys * sizeof *step);
    for (size_t k = 0; k < batch->n; k++) {
        rollout_group *g = &batch->groups[k];
        size_t n = places(c->policy, g->prompt, place, gain);
        double value = 0, missed = 0;
        for (size_t f = 0; f < n; f++) value += gain[f] * c->state[place[f]];
        for (size_t i = 0; i < g->G; i++) missed += g->advantage[i] = g->reward[i] - value;
        for (size_t f = 0; f < n; f++) step[place[f]] += lr * gain[f] * missed / all;
    }
    for (size_t j = 0; j < n_keys; j++) c->state[j] += step[j];
}

const algo_baseline algo_baseline_value = {
    .entry = {.name = "value",
              .doc = "A critic, linear in the prompts' features of the strategy decision, learned beside the policy (PPO).",
              .params = &value_struct,
              .source = "arXiv 1707.06347, section 5"},
    .scope = ALGO_SCOPE_NONE,
    .zero_sum = false,
    .apply = apply,
    .state = state,
};
