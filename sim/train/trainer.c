/* The trainer: consumes the batch in the buffer, minibatch by minibatch; an update takes time and then happens. */
#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include "sim/train/run.h"

/* Expected tokens of a response of the base policy, mean over the training pool. */
static double base_tokens(run *r)
{
    learner *l = &r->learner;
    double sum = 0;
    for (size_t i = 0; i < r->n_pool; i++) {
        l->ops->view(l, NULL, r->pool[i], false, &l->view);
        sum += policy_view_tokens(l->display, &l->view);
    }
    return sum / (double)r->n_pool;
}

pl_status trainer_init(run *r)
{
    trainer *t = &r->trainer;
    const algorithm_spec *a = &r->spec->algorithm;
    *t = (trainer){.clip_fraction = NAN, .clip_low = NAN, .clip_high = NAN, .picked = NAN, .effective = NAN,
                   .norm = NAN, .staleness = NAN, .staleness_max = NAN, .kl = NAN};
    if (r->learner.fast)
        return PL_OK;
    size_t n = r->learner.policy->n_weights, per_weight = algo_optimizer_state(&r->spec->optimizer);
    if (policy_gradient_init(&t->gradient, r->learner.policy))
        return PL_ERR_WORLD;
    t->has_gradient = true;
    size_t responses = (size_t)a->prompts * (size_t)a->group_size, rewarded = algo_kl_in(a, ALGO_KL_REWARD) ? responses : 1;
    t->weight = pl_arena_array(&r->arena, responses, sizeof *t->weight);
    t->divergence = pl_arena_array(&r->arena, rewarded, sizeof *t->divergence);
    t->reward = pl_arena_array(&r->arena, rewarded, sizeof *t->reward);
    t->state = pl_arena_array(&r->arena, n * per_weight, sizeof *t->state);
    t->baseline = pl_arena_array(&r->arena, algo_baseline_state(a, r->learner.policy), sizeof *t->baseline);
    t->reference_tokens = isnan(a->reference_tokens) ? base_tokens(r) : a->reference_tokens;
    size_t domains = r->learner.policy->world->n_domains;
    if (a->batch.generated && !(t->generated = pl_arena_array(&r->arena, domains, sizeof *t->generated)))
        return PL_ERR_WORLD;
    if (conditioned_init(r))
        return PL_ERR_WORLD;
    return t->weight && t->divergence && t->reward && t->state && t->baseline ? PL_OK : PL_ERR_WORLD;
}

void trainer_free(trainer *t)
{
    if (t->has_gradient)
        policy_gradient_free(&t->gradient);
    conditioned_free(&t->conditioned);
}

/* The groups of an update; none when the filter left fewer groups than there are minibatches. */
static algo_batch minibatch(const run *r, size_t index)
{
    const algorithm_spec *a = &r->spec->algorithm;
    const algo_batch *b = &r->buffer.admitted;
    size_t from = algo_minibatch(a, b->n, index);
    return (algo_batch){.groups = b->groups + from, .n = algo_minibatch(a, b->n, index + 1) - from};
}

double trainer_tokens(const run *r, const algo_batch *batch)
{
    if (r->learner.fast)
        return (double)batch->n * (double)r->spec->algorithm.group_size * LEARNER_FUSED_TOKENS;
    double tokens = 0;
    for (size_t k = 0; k < batch->n; k++)
        for (size_t i = 0; i < batch->groups[k].G; i++)
            tokens += batch->groups[k].rollouts[i].tokens;
    return tokens;
}

static pl_status schedule(run *r)
{
    algo_batch batch = minibatch(r, r->trainer.minibatch);
    return trainer_time_begin(r, trainer_tokens(r, &batch));
}

/* Advantages; with the divergence in the reward, of what is left of a reward after it. The rewards themselves stay what the
 * environment paid: measures and logs report those. */
static void advantages(run *r)
{
    trainer *t = &r->trainer;
    const algorithm_spec *a = &r->spec->algorithm;
    algo_batch *batch = &r->buffer.admitted;
    const algo_kl *kl = algo_kl_in(a, ALGO_KL_REWARD);
    double sum = 0;
    for (size_t k = 0; kl && k < batch->n; k++) {
        rollout_group *g = &batch->groups[k];
        r->learner.ops->divergence(&r->learner, kl, g, t->divergence + k * g->G);
        memcpy(t->reward + k * g->G, g->reward, g->G * sizeof *g->reward);
        for (size_t i = 0; i < g->G; i++) {
            g->reward[i] -= a->kl.weight * t->divergence[k * g->G + i];
            sum += t->divergence[k * g->G + i];
        }
    }
    const algo_context context = {.batch = &a->batch, .generated = t->generated, .policy = r->learner.policy, .state = t->baseline};
    algo_advantages(a, &context, batch);
    if (t->generated)
        memset(t->generated, 0, r->learner.policy->world->n_domains * sizeof *t->generated);
    for (size_t k = 0; kl && k < batch->n; k++)
        memcpy(batch->groups[k].reward, t->reward + k * batch->groups[k].G, batch->groups[k].G * sizeof *t->reward);
    if (kl)
        t->kl = sum / ((double)batch->n * (double)a->group_size);
}

void trainer_see(run *r, const rollout_group *group)
{
    const world *w = r->learner.policy->world;
    if (r->trainer.generated)
        algo_moments_add(&r->trainer.generated[w->domain[group->prompt]], group);
}

pl_status trainer_start(run *r)
{
    learner *l = &r->learner;
    r->trainer.minibatch = 0;
    if (l->anchor)
        memcpy(l->anchor, l->weights, l->policy->n_weights * sizeof *l->anchor);
    if (!l->fast) {
        const algo_batch *batch = &r->buffer.admitted;
        for (size_t k = 0; k < batch->n; k++) r->trainer.difficulty += l->world->difficulty[batch->groups[k].prompt];
        r->trainer.groups += (double)batch->n;
        advantages(r);
        algo_weights(&r->spec->algorithm, &r->buffer.admitted, r->trainer.reference_tokens, r->trainer.weight);
    }
    return schedule(r);
}

/* Updates between the weights that drew a rollout's first decision and those that it now updates: mean and largest. */
static void note_staleness(run *r, const algo_batch *batch)
{
    trainer *t = &r->trainer;
    double sum = 0;
    size_t n = 0;
    t->staleness_max = batch->n > 0 ? 0 : NAN;
    for (size_t k = 0; k < batch->n; k++)
        for (size_t i = 0; i < batch->groups[k].G; i++, n++) {
            double age = (double)(r->step - batch->groups[k].rollouts[i].version);
            sum += age;
            t->staleness_max = age > t->staleness_max ? age : t->staleness_max;
        }
    t->staleness = sum / (double)n;
}

/* Euclidean norm of the gradient; false when a touched weight or the norm itself is not finite. */
static bool check_gradient(const policy_gradient *g, const double *weights, double *norm)
{
    double sum = 0;
    bool finite = true;
    for (size_t k = 0; k < g->n_touched; k++)
        for (size_t j = g->touched[k], end = j + g->width[k]; j < end; j++) {
            sum += g->g[j] * g->g[j];
            finite = finite && isfinite(weights[j]);
        }
    *norm = sqrt(sum);
    return finite && isfinite(sum);
}

static double share(uint64_t part, uint64_t all) { return all ? (double)part / (double)all : 0; }

/* Clipped forks and divergence of the update; `minibatch` is still its number. */
static void note_counts(run *r, const algo_counts *counts)
{
    trainer *t = &r->trainer;
    const algorithm_spec *a = &r->spec->algorithm;
    t->clip_fraction = share(counts->low + counts->high, counts->forks);
    t->clip_low = share(counts->low, counts->forks);
    t->clip_high = share(counts->high, counts->forks);
    t->picked = share(counts->picked, counts->forks);
    t->effective = r->learner.fast && counts->n == 0 ? 1 : algo_effective_samples(counts);    /* the sparse road is on-policy */
    if (algo_kl_in(a, ALGO_KL_LOSS))
        t->kl = counts->divergence / ((double)minibatch(r, t->minibatch).n * (double)a->group_size);
}

/* An update on no group leaves the weights, and the moments of the optimiser and their count, where they are. */
static bool update(run *r)
{
    trainer *t = &r->trainer;
    learner *l = &r->learner;
    const algorithm_spec *a = &r->spec->algorithm;
    algo_batch batch = minibatch(r, t->minibatch);
    algo_counts counts = {0};
    size_t from = algo_minibatch(a, r->buffer.admitted.n, t->minibatch);
    policy_gradient_clear(&t->gradient);
    l->ops->gradient(l, l->weights, &r->buffer.admitted, from, from + batch.n, t->weight, &t->gradient, &counts);
    if (batch.n > 0 && a->conditioned.enabled)
        conditioned_learn(r, from, from + batch.n);
    if (batch.n > 0) {
        storage_visit(&l->storage, &t->gradient);
        algo_step(&r->spec->optimizer, t->updates++, l->storage.master, t->state, l->policy, &t->gradient);
        storage_write(&l->storage, l->weights);
    }
    note_staleness(r, &batch);
    note_counts(r, &counts);
    return check_gradient(&t->gradient, l->weights, &t->norm);
}

/* A fused learner draws the batch and learns from it in one go; groups are only for a row that wants them. */
static bool update_fused(run *r)
{
    const generators *g = &r->generators;
    bool wanted = run_due(r, r->step + 1);
    algo_counts counts = {0};
    learner_fused u = {.batch = g->batch,
                       .version = g->version,
                       .prompts = g->prompts,
                       .n = g->n,
                       .minibatch = r->trainer.minibatch,
                       .counts = &counts,
                       .groups = wanted ? &r->buffer.batch : NULL,
                       .norm = &r->trainer.norm};
    r->trainer.staleness = r->trainer.staleness_max = (double)(r->step - g->version);
    bool finite = learner_update_fused(&r->learner, &u);
    note_counts(r, &counts);
    return finite;
}

pl_status trainer_on_update(run *r, const pl_event *e)
{
    clock_lag(r);
    algo_batch batch = minibatch(r, r->trainer.minibatch);
    bool finite = !r->learner.fast ? update(r) : r->streams ? fused_update(r, &batch) : update_fused(r);
    r->stream.ledger.trained += trainer_tokens(r, &batch);
    r->step++;
    r->trainer.minibatch++;
    r->events_since_step = 0;
    if (r->progress)
        atomic_fetch_add_explicit(&r->progress->steps, 1, memory_order_relaxed);
    if (!finite)
        return run_numeric(r, "lower optimizer.lr or the gains of the policy", "the update left weights that are not finite");
    r->done = run_ends(r, r->step);
    return run_due(r, r->step) ? evaluation_start(r) : trainer_continue(r);
}

pl_status trainer_continue(run *r)
{
    if (r->trainer.minibatch < (size_t)r->spec->algorithm.minibatches)
        return schedule(r);
    r->trainer.idle_since = r->events.now;
    if (r->streams)
        stream_consumed(r);
    return r->mode->on_consumed(r);
}
