/* Field tables of one training run: cluster, stop, record, and the training struct that holds everything. */
#include <stdio.h>
#include "sim/train/mode.h"
#include "sim/train/training.h"
#include "models/filter.h"
#include "models/selection.h"
#include "models/tabular.h"

#define FIELD(type_, member, ...) {.name = #member, .type = type_, .offset = offsetof(SELF, member), __VA_ARGS__}

#define SELF stop_spec
static const pl_field stop_fields[] = {
    FIELD(PL_INT, steps, .fallback = "0", .min = 0, .max = 1e9, .unit = "steps",
          .doc = "Stop after so many optimiser steps; 0: no limit."),
    FIELD(PL_REAL, epochs, .fallback = "0", .min = 0, .max = 1e6, .unit = "epochs",
          .doc = "Stop when so many passes over the training pool are trained; 0: no limit."),
    FIELD(PL_REAL, gpu_hours, .fallback = "0", .min = 0, .max = 1e9, .unit = "GPU-hours",
          .doc = "Stop at the first step at or beyond this cost; 0: no limit."),
};
#undef SELF
static void stop_check(const void *self, const pl_check *check)
{
    const stop_spec *s = self;
    if (s->steps == 0 && s->epochs == 0 && s->gpu_hours == 0)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "steps"), "give at least one of steps, epochs and gpu_hours",
                    "the run has no limit and would never end");
}
static const pl_struct stop_struct = {
    .name = "stop", .doc = "When the run ends: whichever limit is reached first.",
    .size = sizeof(stop_spec), .fields = stop_fields, .n_fields = PL_COUNT(stop_fields), .check = stop_check};

#define SELF record_spec
static const pl_field record_fields[] = {
    FIELD(PL_INT, every, .fallback = "10", .min = 1, .max = 1e9, .unit = "steps",
          .doc = "Steps between recorded rows; step 0 and the last step are always recorded."),
    FIELD(PL_REALS, pass_at, .fallback = "[1, 8, 64]", .min = 1, .max = 1e6, .doc = "The k of the pass@k columns.",
          .source = "arXiv 2107.03374, eq. 1"),
    FIELD(PL_REALS, majority_at, .fallback = "[]", .min = 1, .max = 64,
          .doc = "The k of the exact maj@k columns: majority votes of k answers. The work of a row grows with k^3.",
          .source = "arXiv 2203.11171"),
    FIELD(PL_INT, samples, .fallback = "0", .min = 0, .max = 1e6, .unit = "responses",
          .doc = "Responses per held-out prompt of the sampled evaluation, as a real run would do it; 0: exact measures only."),
    FIELD(PL_REAL, temperature, .fallback = "1", .min = 0, .max = 100, .unit = "", .flags = PL_OPEN_MIN,
          .doc = "Sampling temperature of the sampled evaluation; exact measures are at temperature 1."),
    FIELD(PL_BOOL, greedy, .fallback = "false",
          .doc = "Sampled evaluation by greedy decoding: every decision takes its likeliest option."),
};
#undef SELF
static void whole_and_once(const pl_reals *list, const char *key, const pl_check *check)
{
    pl_place place = check->place(check, key);
    for (size_t i = 0; i < list->n; i++) {
        if (list->v[i] != floor(list->v[i]))
            pl_diag_add(check->diag, PL_ERROR, place, "k counts responses: use whole numbers", "%s holds %g", key, list->v[i]);
        for (size_t j = 0; j < i; j++)
            if (list->v[j] == list->v[i])
                pl_diag_add(check->diag, PL_ERROR, place, "name each k once", "%s holds %g twice", key, list->v[i]);
    }
}

static void record_check(const void *self, const pl_check *check)
{
    const record_spec *r = self;
    pl_place place = check->place(check, "pass_at");
    bool tempered = r->temperature > 0 && r->temperature != 1;
    if (tempered && r->greedy)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "greedy"), "leave out one of the two",
                    "greedy decoding has no temperature, but 'temperature' is %g", r->temperature);
    if ((tempered || r->greedy) && r->samples == 0)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, tempered ? "temperature" : "greedy"),
                    "set 'samples' or leave it out", "'%s' has no effect without a sampled evaluation",
                    tempered ? "temperature" : "greedy");
    whole_and_once(&r->pass_at, "pass_at", check);
    whole_and_once(&r->majority_at, "majority_at", check);
    for (size_t i = 0; i < r->pass_at.n && r->samples > 0; i++)
        if (r->pass_at.v[i] > (double)r->samples)
            pl_diag_add(check->diag, PL_ERROR, place, "raise record.samples or drop this k; samples 0 records the exact value",
                        "pass@%g cannot be estimated from %lld responses", r->pass_at.v[i], (long long)r->samples);
}
static const pl_struct record_struct = {
    .name = "record", .doc = "What is written to the result table, and how often.",
    .size = sizeof(record_spec), .fields = record_fields, .n_fields = PL_COUNT(record_fields), .check = record_check};

#define SELF training_spec
static const pl_field training_fields[] = {
    FIELD(PL_STRUCT, world, .sub = &world_struct, .doc = "Domains, prompts, formats and strategies: what there is to learn."),
    FIELD(PL_STRUCT, policy, .sub = &policy_struct,
          .doc = "Which features the policy shares between prompts: the transfer kernel."),
    FIELD(PL_CHOICES, reward, .fallback = "{correctness: {weight: 1}}", .sub = &reward_common_struct, .registry = &reward_registry,
          .doc = "Terms of the reward, which add up."),
    FIELD(PL_STRUCT, algorithm, .sub = &algorithm_struct, .doc = "From rewards to the gradient."),
    FIELD(PL_STRUCT, optimizer, .sub = &optimizer_struct, .doc = "From the gradient to the weights."),
    FIELD(PL_STRUCT, curriculum, .sub = &curriculum_struct, .doc = "Which prompts are trained on, and in which order."),
    FIELD(PL_STRUCT, cluster, .sub = &cluster_struct, .doc = "The machines and their speeds: the clock of the run."),
    FIELD(PL_STRUCT, stop, .sub = &stop_struct, .fallback = "{steps: 200}",
          .doc = "When the run ends; 200 steps when nothing is said."),
    FIELD(PL_STRUCT, record, .sub = &record_struct, .doc = "What is recorded."),
};
#undef SELF

/* A limit on GPU-hours alone is reached for sure, since every update takes time; but a limit that the first batch
 * already exceeds, or that needs more updates than a counter holds, is a slip of the pen. */
static void training_check_limits(const training_spec *t, const pl_check *check)
{
    const cluster_spec *c = &t->cluster;
    double scale = t->world.table ? 1 : t->world.scale;
    double least = c->trainer_overhead + 1.0 / cluster_trainer_rate(c, scale);   /* s per update, from below */
    double updates = t->stop.gpu_hours * 3600.0 / c->gpus / least;
    if (t->stop.steps == 0 && t->stop.epochs == 0 && updates > 1e9)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "stop.gpu_hours"), "give stop.steps too, or a realistic cluster",
                    "%g GPU-hours could take %.0g updates on this cluster", t->stop.gpu_hours, updates);
    if (t->stop.steps > 0 && t->algorithm.minibatches > t->stop.steps)
        pl_diag_add(
            check->diag, PL_WARNING, check->place(check, "stop.steps"), "a batch is consumed in algorithm.minibatches steps",
            "the run ends before it has trained on its first batch of %lld minibatches", (long long)t->algorithm.minibatches);
}

/* Can any response be finished before it is cut off? */
static void training_check_cap(const world_spec *w, const pl_check *check)
{
    double most = 0;
    for (size_t s = 0; s < w->strategies.n && !w->table; s++)
        for (size_t f = 0; f < w->formats.n; f++) {
            const strategy_spec *strategy = &((const strategy_spec *)w->strategies.v)[s];
            double tokens = strategy->tokens + (double)strategy->steps * strategy->tokens_per_step, mean, fits;
            double cap = isnan(w->length_cap) ? PL_INF : w->length_cap;
            world_length_law(tokens * ((const format_spec *)w->formats.v)[f].tokens, w->length_sd, cap, &mean, &fits);
            most = fits > most ? fits : most;
        }
    if (!w->table && w->strategies.n && w->formats.n && most < 1e-6)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "world.length_cap"), "a cap above the shortest way to an answer",
                    "no response can be finished within %g tokens", w->length_cap);
}

/* What a mode asks of the algorithm; and of the lengths. */
static void training_check_mode(const training_spec *t, const pl_check *check)
{
    const mode_params *m = t->cluster.mode.params;
    if (m && m->publish_every > 0 && m->max_staleness < (double)((m->publish_every - 1) * t->algorithm.minibatches))
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "cluster.max_staleness"), "a larger one, or publish more often",
                    "%lld batches of %lld updates between publications make all groups older than %g updates",
                    (long long)m->publish_every, (long long)t->algorithm.minibatches, m->max_staleness);
    const run_mode *mode = (const run_mode *)t->cluster.mode.entry;
    const bool fresh = !mode || (mode->fresh && mode->fresh(m));
    if (algo_is_decoupled(&t->algorithm) && fresh && t->algorithm.sampler == ALGO_SAMPLER_CURRENT && t->policy.mismatch.sd == 0)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "algorithm.decoupled.anchor"),
                    "use a cluster.mode in which batches are stale, such as async, or leave it out",
                    "the policy at the start of a batch is the one that sampled it: a proximal anchor changes nothing");
    training_check_cap(&t->world, check);
}

/* What lives on differences between the responses to a prompt needs a reward in which they can differ. */
static void check_variance(const training_spec *t, const pl_check *check)
{
    const algorithm_spec *a = &t->algorithm;
    if (t->reward.n == 0 || reward_varies(&t->reward, &t->world)) return;
    if (filter_needs_variance(&a->filter))
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "algorithm.filter"),
                    "reward what responses can differ in, or use filter 'none'",
                    "filter '%s' would drop every group: all responses to a prompt get the same reward", a->filter.entry->name);
    if (selection_needs_variance(&a->selection))
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "algorithm.selection"),
                    "reward what responses can differ in, or use selection 'none'",
                    "selection '%s' would pass over every prompt: all responses to a prompt get the same reward",
                    a->selection.entry->name);
}

static double smallest(double weight, double low, double high)
{
    return weight > 0 ? weight * low : weight < 0 ? weight * high : 0;
}

/* Smallest reward that the terms together can pay, at any time of their schedules; bounds of each, which need not be attained
 * together. */
static double smallest_reward(const training_spec *t)
{
    double sum = 0;
    for (size_t k = 0; k < t->reward.n; k++) {
        const pl_chosen *chosen = &t->reward.v[k];
        const reward_common *common = chosen->common;
        const pl_reals *factor = &common->schedule.factor;
        double low = 0, high = 0, least = PL_INF;
        ((const reward_term *)chosen->entry)->range(chosen->params, (size_t)t->algorithm.group_size, &low, &high);
        if (factor->n == 0)
            least = smallest(common->weight, low, high);
        for (size_t i = 0; i < factor->n; i++)             /* linear in between: the least is at a point */
            least = fmin(least, smallest(common->weight * factor->v[i], low, high));
        sum += least;
    }
    return sum;
}

/* Parts of the recipe that need something of the reward or of the policy. */
static void check_recipe(const training_spec *t, const pl_check *check)
{
    const algorithm_spec *a = &t->algorithm;
    const algo_baseline *baseline = (const algo_baseline *)a->baseline.entry;
    bool shares = false;
    for (int f = 0; f <= FEATURE_PROMPT; f++)
        shares = shares || (isnan(t->policy.strategy.v[f]) ? t->policy.transfer.v[f] : t->policy.strategy.v[f]) != 0;
    if (baseline->state && !shares)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "algorithm.baseline"),
                    "give the strategy decision a gain of global, domain, band, template or prompt, or use another baseline",
                    "baseline '%s' learns a critic from the prompts' features of the strategy decision, which has none",
                    a->baseline.entry->name);
    if (((const algo_scale *)a->scale.entry)->needs_positive && smallest_reward(t) < 0)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "algorithm.scale"),
                    "use rewards that are not negative, or another scale",
                    "scale '%s' divides by a mean reward, but rewards may be as low as %g", a->scale.entry->name,
                    smallest_reward(t));
    if (((const algo_scale *)a->scale.entry)->needs_positive && a->kl.weight > 0 && algo_kl_in(a, ALGO_KL_REWARD))
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "algorithm.kl.in"),
                    "put the divergence in the loss (kl.in: loss), or use another scale",
                    "scale '%s' divides by a mean reward, which may be negative once a divergence is taken from it",
                    a->scale.entry->name);
}

static void training_check(const void *self, const pl_check *check)
{
    const training_spec *t = self;
    reward_check(&t->reward, "reward", &t->world, check);
    reward_check_policy(&t->reward, "reward", &t->policy, check);
    reward_check_group(&t->reward, "reward", t->algorithm.group_size, check);
    check_variance(t, check);
    check_recipe(t, check);
    curriculum_check(&t->curriculum, "curriculum", &t->world, check);
    training_check_limits(t, check);
    training_check_mode(t, check);
    if (t->world.table)
        tabular_check(&t->policy, check);
    if (t->world.table && (t->record.greedy || (t->record.temperature > 0 && t->record.temperature != 1)))
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "record"), "leave out record.temperature and record.greedy",
                    "a tabular world is evaluated at temperature 1");
    if (t->world.table && t->record.majority_at.n)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "record"), "leave out record.majority_at",
                    "the outcomes of a tabular world are not answers that could be voted on");
}
const pl_struct training_struct = {
    .name = "training", .doc = "One training run: a world, a policy, an algorithm, a cluster.",
    .size = sizeof(training_spec), .fields = training_fields, .n_fields = PL_COUNT(training_fields), .check = training_check};
