/* The trainer: consumes the batch in the buffer, minibatch by minibatch; an update takes time and then happens. */
#include <math.h>
#include <stdatomic.h>
#include "sim/train/run.h"

/* Expected tokens of a response of the base policy, mean over the training pool. */
static double base_tokens(run *r)
{
    learner *l = &r->learner;
    double sum = 0;
    for (size_t i = 0; i < r->n_pool; i++) {
        l->ops->view(l, NULL, r->pool[i], &l->view);
        sum += policy_view_tokens(l->display, &l->view);
    }
    return sum / (double)r->n_pool;
}

pl_status trainer_init(run *r)
{
    trainer *t = &r->trainer;
    const algorithm_spec *a = &r->spec->algorithm;
    *t = (trainer){.clip_fraction = NAN, .norm = NAN, .staleness = NAN};
    if (r->learner.fast)
        return PL_OK;
    size_t n = r->learner.policy->n_weights, per_weight = algo_optimizer_state(&r->spec->optimizer);
    if (policy_gradient_init(&t->gradient, r->learner.policy))
        return PL_ERR_WORLD;
    t->has_gradient = true;
    t->weight = pl_arena_array(&r->arena, (size_t)a->prompts * (size_t)a->group_size, sizeof *t->weight);
    t->state = pl_arena_array(&r->arena, n * per_weight, sizeof *t->state);
    t->reference_tokens = isnan(a->reference_tokens) ? base_tokens(r) : a->reference_tokens;
    return t->weight && t->state ? PL_OK : PL_ERR_WORLD;
}

void trainer_free(trainer *t)
{
    if (t->has_gradient)
        policy_gradient_free(&t->gradient);
}

static algo_batch minibatch(const run *r, size_t index)
{
    size_t n = run_minibatch(r);
    return (algo_batch){.groups = r->buffer.batch.groups + index * n, .n = n};
}

static double minibatch_tokens(const run *r, const algo_batch *batch)
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
    const cluster_spec *c = &r->spec->cluster;
    double duration = c->trainer_overhead + minibatch_tokens(r, &batch) / c->trainer_tokens_per_second;
    r->trainer.busy += duration;
    return run_after(r, duration, EVENT_UPDATE, PRIORITY_TRAIN, 0);
}

pl_status trainer_start(run *r)
{
    r->trainer.minibatch = 0;
    if (!r->learner.fast) {
        algo_advantages(&r->spec->algorithm, &r->buffer.batch);
        algo_weights(&r->spec->algorithm, &r->buffer.batch, r->trainer.reference_tokens, r->trainer.weight);
    }
    return schedule(r);
}

/* Mean number of updates between the weights that produced a rollout and those that it now updates. */
static double mean_staleness(uint64_t step, const algo_batch *batch)
{
    double sum = 0;
    size_t n = 0;
    for (size_t k = 0; k < batch->n; k++)
        for (size_t i = 0; i < batch->groups[k].G; i++, n++)
            sum += (double)(step - batch->groups[k].rollouts[i].version);
    return sum / (double)n;
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

static bool update(run *r)
{
    trainer *t = &r->trainer;
    learner *l = &r->learner;
    algo_batch batch = minibatch(r, t->minibatch);
    algo_counts counts = {0, 0};
    size_t from = t->minibatch * batch.n;
    policy_gradient_clear(&t->gradient);
    l->ops->gradient(l, l->weights, &r->buffer.batch, from, from + batch.n, t->weight, &t->gradient, &counts);
    algo_step(&r->spec->optimizer, r->step, l->weights, t->state, l->policy, &t->gradient);
    t->staleness = mean_staleness(r->step, &batch);
    t->clip_fraction = counts.forks ? (double)counts.clipped / (double)counts.forks : 0;
    return check_gradient(&t->gradient, l->weights, &t->norm);
}

/* A fused learner draws the batch and learns from it in one go; groups are only for a row that wants them. */
static bool update_fused(run *r)
{
    const generators *g = &r->generators;
    bool wanted = run_due(r, r->step + 1);
    learner_fused u = {.batch = g->batch, .version = g->version, .prompts = g->prompts, .n = g->n,
                       .groups = wanted ? &r->buffer.batch : NULL, .norm = &r->trainer.norm};
    r->trainer.staleness = (double)(r->step - g->version);
    r->trainer.clip_fraction = 0;
    return learner_update_fused(&r->learner, &u);
}

pl_status trainer_on_update(run *r, const pl_event *e)
{
    bool finite = r->learner.fast ? update_fused(r) : update(r);
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
    return r->trainer.minibatch < (size_t)r->spec->algorithm.minibatches ? schedule(r) : r->mode->on_consumed(r);
}
