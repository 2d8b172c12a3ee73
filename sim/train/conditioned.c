/* Return-conditioned learning: the policy is told in its prompt whether the response to come is right, and imitates all responses
 * under their own label; asked for right ones, it is the policy that generates and that is measured (arXiv 2403.04642).
 *
 * Under each label the policy is one of its own, high W and low V, that starts at the base: the label is a feature that shares with
 * what is common to both. With gains v_s of the common weights and v_l of those of a label, v_s^2 + v_l^2 = 1, an update under one
 * label moves the policy under the other by sharing = v_s^2 of what it moves its own:
 *
 *   W += step(g_high + sharing g_low)      V += step(g_low + sharing g_high)
 *
 * g_high the gradient of ln pi_W of the selected responses, g_low that of ln pi_V of the others. */
#include "models/policy_internal.h"
#include "sim/train/run.h"

pl_status conditioned_init(run *r)
{
    conditioned *c = &r->trainer.conditioned;
    const policy *p = r->learner.policy;
    if (!r->spec->algorithm.conditioned.enabled)
        return PL_OK;
    c->weights = pl_arena_array(&r->arena, p->n_weights, sizeof *c->weights);
    c->state = pl_arena_array(&r->arena, p->n_weights * algo_optimizer_state(&r->spec->optimizer), sizeof *c->state);
    c->has_gradient = !policy_gradient_init(&c->gradient, p);
    c->has_mixed = !policy_gradient_init(&c->mixed, p);
    c->has_storage = c->weights && !storage_init(&c->storage, p, c->weights);
    return c->weights && c->state && c->has_gradient && c->has_mixed && c->has_storage ? PL_OK : PL_ERR_WORLD;
}

void conditioned_free(conditioned *c)
{
    if (c->has_gradient)
        policy_gradient_free(&c->gradient);
    if (c->has_mixed)
        policy_gradient_free(&c->mixed);
    if (c->has_storage)
        storage_free(&c->storage);
}

/* to += factor * from */
static void add(policy_gradient *to, const policy_gradient *from, double factor)
{
    for (size_t k = 0; k < from->n_touched; k++)
        policy_add_row(to, from->touched[k], from->width[k], factor, from->g + from->touched[k]);
}

/* Selected responses have advantage 1, the others 0, or the other way round. */
static void turn_labels(const algo_batch *batch)
{
    for (size_t k = 0; k < batch->n; k++)
        for (size_t i = 0; i < batch->groups[k].G; i++)
            batch->groups[k].advantage[i] = 1.0 - batch->groups[k].advantage[i];
}

void conditioned_learn(run *r, size_t from, size_t to)
{
    trainer *t = &r->trainer;
    conditioned *c = &t->conditioned;
    learner *l = &r->learner;
    const double sharing = r->spec->algorithm.conditioned.sharing;
    const algo_batch *batch = &r->buffer.admitted, part = {batch->groups + from, to - from};
    algo_counts ignored = {0};
    policy_gradient_clear(&c->gradient);
    policy_gradient_clear(&c->mixed);
    turn_labels(&part);
    l->ops->gradient(l, c->weights, batch, from, to, t->weight, &c->gradient, &ignored);
    turn_labels(&part);
    add(&c->mixed, &c->gradient, 1);
    add(&c->mixed, &t->gradient, sharing);
    add(&t->gradient, &c->gradient, sharing);
    storage_visit(&c->storage, &c->mixed);
    algo_step(&r->spec->optimizer, t->updates, c->storage.master, c->state, l->policy, &c->mixed);
    storage_write(&c->storage, c->weights);
}
