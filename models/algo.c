#include "models/algo.h"

static const char *const reduction_names[] = {"mean", "sum", NULL};

#define AT(member) offsetof(algorithm_spec, member)
static const pl_field algorithm_fields[] = {
    {.name = "group_size",
     .type = PL_INT,
     .offset = AT(group_size),
     .fallback = "8",
     .min = 1,
     .max = 65536,
     .unit = "rollouts",
     .doc = "G, responses sampled per prompt.",
     .source = "arXiv 2402.03300, eq. 3"},
    {.name = "prompts",
     .type = PL_INT,
     .offset = AT(prompts),
     .fallback = "64",
     .min = 1,
     .max = 1 << 20,
     .unit = "prompts",
     .doc = "P, prompts per rollout batch; a batch is P groups of G rollouts."},
    {.name = "minibatches",
     .type = PL_INT,
     .offset = AT(minibatches),
     .fallback = "1",
     .min = 1,
     .max = 1 << 20,
     .unit = "updates",
     .doc =
         "Updates per rollout batch, each on its share of the prompts; must divide prompts. From the second on, ratios leave 1."},
    {.name = "baseline",
     .type = PL_CHOICE,
     .offset = AT(baseline),
     .fallback = "group_mean",
     .registry = &baseline_registry,
     .doc = "What is subtracted from a reward to make it an advantage."},
    {.name = "scale",
     .type = PL_CHOICE,
     .offset = AT(scale),
     .fallback = "group_std",
     .registry = &scale_registry,
     .doc = "What an advantage is divided by (plus epsilon)."},
    {.name = "epsilon",
     .type = PL_REAL,
     .offset = AT(epsilon),
     .fallback = "1e-6",
     .min = 0,
     .max = 1,
     .doc = "Added to the scale; in units of the reward."},
    {.name = "ddof",
     .type = PL_INT,
     .offset = AT(ddof),
     .fallback = "0",
     .min = 0,
     .max = 1,
     .doc = "The scale's variance divides by n - ddof: 0 is the population's, 1 what torch.std does."},
    {.name = "loss",
     .type = PL_CHOICE,
     .offset = AT(loss),
     .fallback = "clip",
     .registry = &loss_registry,
     .doc = "How an advantage and an importance ratio become the coefficient of a fork's grad ln pi."},
    {.name = "aggregation",
     .type = PL_CHOICE,
     .offset = AT(aggregation),
     .fallback = "response",
     .registry = &aggregation_registry,
     .doc = "How forks, responses and prompts are averaged; every form is multiplied by reference_tokens over its own length."},
    {.name = "batch_reduction",
     .type = PL_ENUM,
     .offset = AT(batch_reduction),
     .fallback = "mean",
     .names = reduction_names,
     .doc = "Mean or sum over the prompts of a minibatch; with sum the step of a prompt does not depend on how many others there "
            "are."},
    {.name = "reference_tokens",
     .type = PL_REAL,
     .offset = AT(reference_tokens),
     .fallback = "null",
     .min = 0,
     .max = PL_INF,
     .flags = PL_NULLABLE | PL_OPEN_MIN | PL_OPEN_MAX,
     .unit = "tokens",
     .doc = "l_ref: lengths are measured in units of it, so that lr keeps its meaning. null: mean length of the base policy on the "
            "pool."},
};
#undef AT

static const char *entry_name(const pl_choice *c) { return c->entry->name; }

/* Rollouts in the set that a baseline or a scale looks at; NONE needs nothing, so it passes every demand. */
static int64_t scope_size(const algorithm_spec *a, algo_scope scope)
{
    if (scope == ALGO_SCOPE_NONE) return INT64_MAX;
    return scope == ALGO_SCOPE_GROUP ? a->group_size : a->group_size * a->prompts;
}

/* Recipes that contradict themselves: each would run and learn nothing, or divide by nothing. */
static void algorithm_check(const void *self, const pl_check *check)
{
    const algorithm_spec *a = self;
    const algo_baseline *baseline = (const algo_baseline *)a->baseline.entry;
    const algo_scale *scale = (const algo_scale *)a->scale.entry;
    const algo_loss *loss = (const algo_loss *)a->loss.entry;
    if (a->prompts % a->minibatches != 0)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "minibatches"), "choose a divisor of prompts",
                    "minibatches %lld does not divide prompts %lld", (long long)a->minibatches, (long long)a->prompts);
    if (scope_size(a, baseline->scope) < 2)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "baseline"), "raise group_size to 2 or more, or use baseline 'none'",
                    "baseline '%s' needs at least two rollouts: with one, every advantage is 0", entry_name(&a->baseline));
    if (scope_size(a, scale->scope) < 2)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "scale"), "raise group_size to 2 or more, or use scale 'none'",
                    "scale '%s' needs at least two rollouts: one has no deviation", entry_name(&a->scale));
    if (scale->scope == ALGO_SCOPE_GROUP && !baseline->zero_sum)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "scale"),
                    "use baseline 'group_mean' or 'leave_one_out', or another scale",
                    "scale '%s' with baseline '%s' divides by epsilon wherever a group's rewards are all equal",
                    entry_name(&a->scale), entry_name(&a->baseline));
    if (scale->scope == ALGO_SCOPE_BATCH && baseline->scope == ALGO_SCOPE_NONE)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "scale"), "use a baseline, or scale 'none'",
                    "scale '%s' with baseline '%s' divides by epsilon once all rewards of a batch are equal", entry_name(&a->scale),
                    entry_name(&a->baseline));
    if (a->minibatches > 1 && !loss->needs_old_policy)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "loss"), "use loss 'clip', or minibatches 1",
                    "loss '%s' assumes that the policy is the one that sampled, which holds for the first of %lld minibatches only",
                    entry_name(&a->loss), (long long)a->minibatches);
}

const pl_struct algorithm_struct = {
    .name = "algorithm", .doc = "From rewards to a gradient: advantage = (reward - baseline)/(scale + epsilon), loss, aggregation.",
    .size = sizeof(algorithm_spec), .fields = algorithm_fields, .n_fields = PL_COUNT(algorithm_fields), .check = algorithm_check,
    .presets = "algorithms",
};

static const pl_field optimizer_fields[] = {
    {.name = "method",
     .type = PL_CHOICE,
     .offset = offsetof(optimizer_spec, method),
     .fallback = "sgd",
     .registry = &optimizer_registry,
     .doc = "How a gradient moves the weights."},
    {.name = "lr",
     .type = PL_REAL,
     .offset = offsetof(optimizer_spec, lr),
     .fallback = "0.1",
     .min = 0,
     .max = PL_INF,
     .flags = PL_OPEN_MAX,
     .unit = "logits per unit of gradient",
     .doc = "Learning rate. A feature of gain v moves a logit by lr v^2 per unit of gradient."},
};

const pl_struct optimizer_struct = {
    .name = "optimizer", .doc = "From a gradient to new weights.", .size = sizeof(optimizer_spec),
    .fields = optimizer_fields, .n_fields = PL_COUNT(optimizer_fields),
};

void algo_advantages(const algorithm_spec *a, algo_batch *batch)
{
    if (batch->n == 0) return;
    ((const algo_baseline *)a->baseline.entry)->apply(a->baseline.params, batch);
    ((const algo_scale *)a->scale.entry)->apply(a->scale.params, a->epsilon, (int)a->ddof, batch);
}

void algo_weights(const algorithm_spec *a, const algo_batch *batch, double reference_tokens, double *weight)
{
    const algo_aggregation *aggregation = (const algo_aggregation *)a->aggregation.entry;
    size_t per = batch->n / (size_t)a->minibatches;
    for (size_t from = 0; from < batch->n; from += per) {
        algo_batch part = {batch->groups + from, per};
        size_t n = per * part.groups[0].G;
        aggregation->weights(a->aggregation.params, &part, reference_tokens, weight);
        for (size_t i = 0; a->batch_reduction == ALGO_SUM && i < n; i++) weight[i] *= (double)per;
        weight += n;
    }
}

/* Coefficients of all forks of one rollout; forks of the same kind share theirs, and are counted as many. */
static fork_weights loss_of_rollout(const algorithm_spec *a, const policy_view *v, const rollout *r, double advantage,
                                    double weight, algo_counts *counts)
{
    const algo_loss *loss = (const algo_loss *)a->loss.entry;
    const void *params = a->loss.params;
    size_t steps_wrong = (size_t)(r->steps - r->steps_right);
    double ratio[4] = {0};
    if (loss->needs_old_policy) {
        ratio[0] = v->ln_format[r->format] - r->ln_format;
        ratio[1] = v->ln_strategy[(size_t)r->format * v->S + r->strategy] - r->ln_strategy;
        if (r->steps_right) ratio[2] = v->ln_step[r->format] - r->ln_step_right;
        if (steps_wrong) ratio[3] = v->ln_fail[r->format] - r->ln_step_wrong;
    }
    const size_t forks[4] = {1, 1, r->steps_right, steps_wrong};
    double c[4] = {0};
    for (int k = 0; k < 4; k++) {
        bool clipped = false;
        if (forks[k]) c[k] = weight * loss->coefficient(params, advantage, ratio[k], &clipped);
        counts->forks += forks[k];
        if (clipped) counts->clipped += forks[k];
    }
    return (fork_weights){.format = c[0], .strategy = c[1], .step_right = c[2], .step_wrong = c[3]};
}

void algo_gradient(const algorithm_spec *a, const policy *p, const double *weights, const algo_batch *batch, size_t from, size_t to,
                   const double *weight, policy_view *view, policy_dz *dz, policy_gradient *g, algo_counts *counts)
{
    size_t first = 0;                        /* number in the batch of the group's first rollout */
    for (size_t k = 0; k < from; k++) first += batch->groups[k].G;
    for (size_t k = from; k < to; k++) {
        const rollout_group *group = &batch->groups[k];
        bool silent = true;                  /* equal rewards: no advantage, no gradient, no need to look */
        for (size_t i = 0; i < group->G; i++) {
            if (group->advantage[i] != 0) silent = false;
            else counts->forks += rollout_forks(&group->rollouts[i]);
        }
        if (!silent) {
            policy_forward(p, weights, group->prompt, view);
            policy_dz_clear(dz);
            for (size_t i = 0; i < group->G; i++) {
                const rollout *r = &group->rollouts[i];
                if (group->advantage[i] == 0) continue;
                fork_weights c = loss_of_rollout(a, view, r, group->advantage[i], weight[first + i], counts);
                rollout_accumulate(p, view, r, c, dz);
            }
            policy_backward(p, view, dz, g);
        }
        first += group->G;
    }
}

void algo_step(const optimizer_spec *o, uint64_t t, double *weights, double *state, const policy *p, const policy_gradient *g)
{
    ((const algo_optimizer *)o->method.entry)->step(o->method.params, o->lr, t, weights, state, p, g);
}

size_t algo_optimizer_state(const optimizer_spec *o)
{
    return ((const algo_optimizer *)o->method.entry)->state_per_weight;
}
