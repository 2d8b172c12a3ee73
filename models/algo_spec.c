/* Field tables of the recipe and the optimiser, and recipes that contradict themselves. */
#include <math.h>
#include <string.h>
#include "models/algo.h"
#include "models/filter.h"
#include "models/selection.h"

static const char *const reduction_names[] = {"mean", "sum", NULL};
static const char *const place_names[] = {"loss", "reward", NULL};

#define AT(member) offsetof(kl_spec, member)
static const pl_field kl_fields[] = {
    {.name = "weight",
     .type = PL_REAL,
     .offset = AT(weight),
     .fallback = "0",
     .min = 0,
     .max = PL_INF,
     .flags = PL_OPEN_MAX,
     .unit = "reward per nat",
     .doc = "beta, what a nat of divergence from the base policy costs; with an estimator and weight 0 it is measured only.",
     .source = "arXiv 2402.03300, eq. 3"},
    {.name = "estimator",
     .type = PL_CHOICE,
     .offset = AT(estimator),
     .fallback = "none",
     .registry = &kl_registry,
     .doc = "How the divergence is estimated from the sampled options; as a loss, it decides which divergence is descended."},
    {.name = "in",
     .type = PL_ENUM,
     .offset = AT(in),
     .fallback = "loss",
     .names = place_names,
     .doc = "loss: the estimate of every fork is a loss, aggregated like the rest. reward: the sum over a response's forks, when "
            "it was sampled, is taken from its reward before baseline and scale, after the filter."},
    {.name = "importance_ratio",
     .type = PL_BOOL,
     .offset = AT(importance_ratio),
     .fallback = "true",
     .doc = "In the loss: multiply a fork's term by its probability now over that when it was sampled, so that off-policy "
            "forks have the on-policy gradient on average. It is 1 in the first minibatch; false is what early code does."},
};
#undef AT
static const pl_struct kl_struct = {
    .name = "kl", .doc = "Divergence from the reference policy, which is the base.", .size = sizeof(kl_spec),
    .fields = kl_fields, .n_fields = PL_COUNT(kl_fields),
};

#define AT(member) offsetof(batch_spec, member)
static const pl_field batch_fields[] = {
    {.name = "per_domain",
     .type = PL_BOOL,
     .offset = AT(per_domain),
     .fallback = "false",
     .doc = "Baselines and scales over the batch look at the groups of each domain by themselves."},
    {.name = "generated",
     .type = PL_BOOL,
     .offset = AT(generated),
     .fallback = "false",
     .doc = "They look at all groups that were generated for the batch, before the filter, at rewards as they were paid."},
};
#undef AT
static const pl_struct batch_struct = {
    .name = "batch", .doc = "The set that baselines and scales over the batch look at.", .size = sizeof(batch_spec),
    .fields = batch_fields, .n_fields = PL_COUNT(batch_fields),
};

#define AT(member) offsetof(conditioned_spec, member)
static const pl_field conditioned_fields[] = {
    {.name = "enabled",
     .type = PL_BOOL,
     .offset = AT(enabled),
     .fallback = "false",
     .doc = "Responses are imitated under a label that says whether they are right; the policy that is sampled and measured is "
            "the one asked for right ones.",
     .source = "arXiv 2403.04642, section 3"},
    {.name = "sharing",
     .type = PL_REAL,
     .offset = AT(sharing),
     .fallback = "0.5",
     .min = 0,
     .max = 1,
     .unit = "fraction",
     .doc = "How far an update under one label moves the policy under the other; 1: the label says nothing, and the policy "
            "imitates itself; 0: nothing is learned from wrong responses."},
};
#undef AT
static const pl_struct conditioned_struct;
static void conditioned_check(const void *self, const pl_check *check)
{
    static const char *const of_labels[] = {"sharing", NULL};
    if (!((const conditioned_spec *)self)->enabled)
        pl_must_be_default(&conditioned_struct, self, check, of_labels, "while 'enabled' is false");
}
static const pl_struct conditioned_struct = {
    .name = "return_conditioned", .doc = "Imitation under a label of the return.", .size = sizeof(conditioned_spec),
    .fields = conditioned_fields, .n_fields = PL_COUNT(conditioned_fields), .check = conditioned_check,
};

static const char *const anchor_names[] = {"behaviour", "proximal", NULL}, *const sampler_names[] = {"current", "base", NULL};

#define AT(member) offsetof(decoupled_spec, member)
static const pl_field decoupled_fields[] = {
    {.name = "anchor",
     .type = PL_ENUM,
     .offset = AT(anchor),
     .fallback = "behaviour",
     .names = anchor_names,
     .doc = "The policy that the loss's ratio is relative to. behaviour: the one that sampled. proximal: the trainer's at the "
            "start of the batch; pi_proximal / pi_behaviour then multiplies the loss, without gradient.",
     .source = "arXiv 2505.24298, section 5.2"},
    {.name = "cap",
     .type = PL_REAL,
     .offset = AT(cap),
     .fallback = "null",
     .min = 0,
     .max = PL_INF,
     .flags = PL_NULLABLE | PL_OPEN_MIN | PL_OPEN_MAX,
     .doc = "Of pi_proximal / pi_behaviour, with the proximal anchor: truncated importance sampling. null: no cap."},
};
#undef AT
static const pl_struct decoupled_struct = {
    .name = "decoupled", .doc = "Which policy ratios are relative to.", .size = sizeof(decoupled_spec),
    .fields = decoupled_fields, .n_fields = PL_COUNT(decoupled_fields),
};

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
    {.name = "positive_weight",
     .type = PL_REAL,
     .offset = AT(positive_weight),
     .fallback = "1",
     .min = 0,
     .max = PL_INF,
     .flags = PL_OPEN_MAX,
     .doc = "Multiplies advantages above 0, after the scale.",
     .source = "arXiv 2506.01347, section 4"},
    {.name = "negative_weight",
     .type = PL_REAL,
     .offset = AT(negative_weight),
     .fallback = "1",
     .min = 0,
     .max = PL_INF,
     .flags = PL_OPEN_MAX,
     .doc = "Multiplies advantages below 0, after the scale."},
    {.name = "credit",
     .type = PL_CHOICE,
     .offset = AT(credit),
     .fallback = "response",
     .registry = &credit_registry,
     .doc = "How the advantage of a response is shared out to its decisions."},
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
    {.name = "return_conditioned",
     .type = PL_STRUCT,
     .offset = AT(conditioned),
     .sub = &conditioned_struct,
     .flags = PL_SHORTHAND,
     .doc = "Imitation under a label of the return, with baseline 'select' and loss 'supervised'."},
    {.name = "batch",
     .type = PL_STRUCT,
     .offset = AT(batch),
     .sub = &batch_struct,
     .doc = "The set that baselines and scales over the batch look at."},
    {.name = "decoupled",
     .type = PL_STRUCT,
     .offset = AT(decoupled),
     .sub = &decoupled_struct,
     .doc = "Which policy the loss's ratios are relative to."},
    {.name = "sampler",
     .type = PL_ENUM,
     .offset = AT(sampler),
     .fallback = "current",
     .names = sampler_names,
     .doc = "The policy that generates the rollouts. current: the newest weights that the generators have. base: always the base "
            "policy, whatever has been learned."},
    {.name = "kl", .type = PL_STRUCT, .offset = AT(kl), .sub = &kl_struct, .doc = "Divergence from the base policy."},
    {.name = "entropy_bonus",
     .type = PL_REAL,
     .offset = AT(entropy_bonus),
     .fallback = "0",
     .min = -PL_INF,
     .max = PL_INF,
     .flags = PL_OPEN_MIN | PL_OPEN_MAX,
     .unit = "reward per nat",
     .doc = "What a nat of entropy of the decisions that a response met is worth, by its exact gradient; below 0 it is punished.",
     .source = "arXiv 1602.01783, section 4"},
    {.name = "filter",
     .type = PL_CHOICE,
     .offset = AT(filter),
     .fallback = "none",
     .registry = &filter_registry,
     .doc = "Which groups are trained on."},
    {.name = "selection",
     .type = PL_CHOICE,
     .offset = AT(selection),
     .fallback = "none",
     .registry = &selection_registry,
     .doc = "Which prompts may be drawn, by what their responses have earned so far."},
};
#undef AT

static const char *entry_name(const pl_choice *c) { return c->entry->name; }

/* Rollouts in the set that a baseline or a scale looks at; NONE needs nothing, so it passes every demand. */
static int64_t scope_size(const algorithm_spec *a, algo_scope scope)
{
    if (scope == ALGO_SCOPE_NONE) return INT64_MAX;
    return scope == ALGO_SCOPE_GROUP ? a->group_size : a->group_size * a->prompts;
}

/* Divergence and filter: what is asked for must be able to act. */
static void check_additions(const algorithm_spec *a, const pl_check *check)
{
    const algo_kl *kl = (const algo_kl *)a->kl.estimator.entry;
    if (a->kl.weight > 0 && !(kl && kl->value))
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "kl.weight"), "choose kl.estimator k1, k2 or k3, or weight 0",
                    "kl.weight is %g but no estimator of the divergence is chosen", a->kl.weight);
    if (a->kl.weight > 0 && kl && kl->zero_mean && a->kl.in == ALGO_KL_LOSS)
        pl_diag_add(check->diag, PL_WARNING, check->place(check, "kl.estimator"),
                    "use k2 or k3, or put it in the reward (kl.in: reward), if the policy is to be held",
                    "estimator '%s' in the loss has a gradient of zero mean: it adds noise and holds nothing",
                    entry_name(&a->kl.estimator));
    if (a->kl.weight > 0 && a->kl.in == ALGO_KL_REWARD && ((const algo_baseline *)a->baseline.entry)->by_threshold)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "kl.in"),
                    "put it in the loss (kl.in: loss), or use another baseline",
                    "baseline '%s' takes a response for right by the size of its reward, from which the divergence is taken",
                    entry_name(&a->baseline));
    if (filter_needs_variance(&a->filter) && a->group_size < 2)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "filter"), "raise group_size to 2 or more, or use filter 'none'",
                    "filter '%s' would drop every group: one response has no variance", entry_name(&a->filter));
}

/* Who sampled, and what the loss makes of it. */
static void check_ratio(const algorithm_spec *a, const pl_check *check)
{
    const algo_loss *loss = (const algo_loss *)a->loss.entry;
    bool on_policy = loss->ratio == ALGO_RATIO_NONE && !loss->supervised;
    if (on_policy && a->minibatches > 1)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "loss"), "use loss 'clip', or minibatches 1",
                    "loss '%s' assumes that the policy is the one that sampled, which holds for the first of %lld minibatches only",
                    entry_name(&a->loss), (long long)a->minibatches);
    if (on_policy && a->sampler == ALGO_SAMPLER_BASE)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "sampler"),
                    "use a loss with a ratio, such as 'clip', or sampler current",
                    "loss '%s' assumes that the policy is the one that sampled, which the base is at the first step only",
                    entry_name(&a->loss));
    if (algo_is_decoupled(a) && loss->ratio == ALGO_RATIO_NONE)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "decoupled.anchor"), "use a loss with a ratio, such as 'clip'",
                    "loss '%s' has no ratio that could be relative to a proximal policy", entry_name(&a->loss));
    if (!algo_is_decoupled(a) && isfinite(a->decoupled.cap))
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "decoupled.cap"),
                    "set decoupled.anchor to proximal, or leave it out",
                    "decoupled.cap has no effect on ratios that are relative to the behaviour policy");
    if (a->positive_weight == 0 && a->negative_weight == 0)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "positive_weight"), "raise positive_weight or negative_weight",
                    "advantages of both signs weigh nothing: nothing would be learned");
}

/* Labels are what `select` selects; every response is imitated under its own, so nothing else may weigh them. */
static void check_conditioned(const algorithm_spec *a, const pl_check *check)
{
    bool plain = !strcmp(entry_name(&a->baseline), "select") && !strcmp(entry_name(&a->scale), "none") &&
                 ((const algo_loss *)a->loss.entry)->supervised && a->positive_weight == 1 && a->kl.weight == 0;
    if (a->conditioned.enabled && !plain)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "return_conditioned"),
                    "use baseline 'select', scale 'none' and loss 'supervised', without divergence and weights of signs",
                    "return_conditioned imitates every response under its own label, which leaves baseline '%s', scale '%s' and "
                    "loss '%s' nothing to weigh",
                    entry_name(&a->baseline), entry_name(&a->scale), entry_name(&a->loss));
}

/* Keys of the batch's sets must have something to act on. */
static void check_batch(const algorithm_spec *a, const pl_check *check)
{
    const algo_baseline *baseline = (const algo_baseline *)a->baseline.entry;
    const algo_scale *scale = (const algo_scale *)a->scale.entry;
    bool looks = baseline->scope == ALGO_SCOPE_BATCH || scale->scope == ALGO_SCOPE_BATCH;
    const char *key = a->batch.per_domain ? "batch.per_domain" : "batch.generated";
    if ((a->batch.per_domain || a->batch.generated) && !looks)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, key), "use a baseline or scale over the batch, or leave it out",
                    "%s has no effect: baseline '%s' and scale '%s' do not look at the batch", key, entry_name(&a->baseline),
                    entry_name(&a->scale));
    if (a->batch.generated && scale->of_advantages)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "batch.generated"), "use scale 'batch_std', or leave it out",
                    "scale '%s' looks at advantages, which groups that the filter dropped have none of", entry_name(&a->scale));
    if (a->batch.generated && !filter_drops(&a->filter))
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "batch.generated"), "use a filter, or leave it out",
                    "without a filter all groups that are generated are kept: batch.generated has no effect");
}

static void unless_read(const pl_check *check, bool in_vain, const char *key, const char *why)
{
    if (in_vain) pl_diag_add(check->diag, PL_ERROR, check->place(check, key), "leave it out", "%s has no effect: %s", key, why);
}

/* Keys that are set and that nothing of this recipe reads. */
static void check_unread(const algorithm_spec *a, const pl_check *check)
{
    const algo_kl *kl = (const algo_kl *)a->kl.estimator.entry;
    const algo_aggregation *aggregation = (const algo_aggregation *)a->aggregation.entry;
    const bool estimated = kl && kl->value, plain = ((const algo_loss *)a->loss.entry)->ratio == ALGO_RATIO_NONE;
    unless_read(check, a->ddof != 0 && !((const algo_scale *)a->scale.entry)->deviates, "ddof", "the scale is no deviation");
    unless_read(check, isfinite(a->reference_tokens) && aggregation->without_lengths &&
                aggregation->without_lengths(a->aggregation.params), "reference_tokens", "the aggregation looks at no length");
    unless_read(check, a->negative_weight != 1 && ((const algo_baseline *)a->baseline.entry)->never_negative, "negative_weight",
                "the baseline makes no negative advantages");
    unless_read(check, !a->kl.importance_ratio && (!estimated || a->kl.in == ALGO_KL_REWARD || plain), "kl.importance_ratio",
                !estimated ? "no divergence is estimated" : plain ? "the loss has no ratio" : "in the reward there is no ratio");
}

/* Recipes that contradict themselves: each would run and learn nothing, or divide by nothing. */
static void algorithm_check(const void *self, const pl_check *check)
{
    const algorithm_spec *a = self;
    const algo_baseline *baseline = (const algo_baseline *)a->baseline.entry;
    const algo_scale *scale = (const algo_scale *)a->scale.entry;
    if (a->prompts % a->minibatches != 0)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "minibatches"), "choose a divisor of prompts",
                    "minibatches %lld does not divide prompts %lld", (long long)a->minibatches, (long long)a->prompts);
    if (scope_size(a, baseline->scope) < 2)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "baseline"), "raise group_size to 2 or more, or use baseline 'none'",
                    "baseline '%s' needs at least two rollouts: with one, every advantage is 0", entry_name(&a->baseline));
    if (baseline->least && a->group_size < baseline->least(a->baseline.params))
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "group_size"),
                    "raise group_size, or change the keys of the baseline",
                    "baseline '%s' looks at %lld responses of a group of %lld", entry_name(&a->baseline),
                    (long long)baseline->least(a->baseline.params), (long long)a->group_size);
    if (scope_size(a, scale->scope) < 2)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "scale"), "raise group_size to 2 or more, or use scale 'none'",
                    "scale '%s' needs at least two rollouts: one has no deviation", entry_name(&a->scale));
    if (scale->scope == ALGO_SCOPE_GROUP && scale->vanishes && !baseline->zero_sum)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "scale"),
                    "use baseline 'group_mean' or 'leave_one_out', or another scale",
                    "scale '%s' with baseline '%s' divides by epsilon wherever a group's rewards are all equal",
                    entry_name(&a->scale), entry_name(&a->baseline));
    if (scale->scope == ALGO_SCOPE_BATCH && scale->vanishes && baseline->scope == ALGO_SCOPE_NONE)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "scale"), "use a baseline, or scale 'none'",
                    "scale '%s' with baseline '%s' divides by epsilon once all rewards of a batch are equal", entry_name(&a->scale),
                    entry_name(&a->baseline));
    check_ratio(a, check);
    check_batch(a, check);
    check_conditioned(a, check);
    check_additions(a, check);
    check_unread(a, check);
}

const pl_struct algorithm_struct = {
    .name = "algorithm", .doc = "From rewards to a gradient: advantage = (reward - baseline)/(scale + epsilon), loss, aggregation.",
    .size = sizeof(algorithm_spec), .fields = algorithm_fields, .n_fields = PL_COUNT(algorithm_fields), .check = algorithm_check,
    .presets = "algorithms",
};
