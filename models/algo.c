/* From rewards to advantages and weights of responses; the step of the optimiser. */
#include "models/algo.h"

static void weigh_signs(const algorithm_spec *a, algo_batch *batch)
{
    for (size_t k = 0; k < batch->n; k++)
        for (size_t i = 0; i < batch->groups[k].G; i++) {
            double *advantage = &batch->groups[k].advantage[i];
            *advantage *= *advantage > 0 ? a->positive_weight : a->negative_weight;
        }
}

void algo_advantages(const algorithm_spec *a, const algo_context *c, algo_batch *batch)
{
    if (batch->n == 0) return;
    ((const algo_baseline *)a->baseline.entry)->apply(a->baseline.params, c, batch);
    ((const algo_scale *)a->scale.entry)->apply(a->scale.params, c, a->epsilon, (int)a->ddof, batch);
    if (a->positive_weight != 1 || a->negative_weight != 1) weigh_signs(a, batch);
}

size_t algo_baseline_state(const algorithm_spec *a, const policy *p)
{
    const algo_baseline *baseline = (const algo_baseline *)a->baseline.entry;
    return baseline->state ? baseline->state(a->baseline.params, p) : 0;
}

bool algo_is_decoupled(const algorithm_spec *a) { return a->decoupled.anchor == ALGO_PROXIMAL; }

void algo_weights(const algorithm_spec *a, const algo_batch *batch, double reference_tokens, double *weight)
{
    const algo_aggregation *aggregation = (const algo_aggregation *)a->aggregation.entry;
    for (size_t m = 0; m < (size_t)a->minibatches; m++) {
        size_t from = algo_minibatch(a, batch->n, m), per = algo_minibatch(a, batch->n, m + 1) - from;
        if (per == 0) continue;
        algo_batch part = {batch->groups + from, per};
        size_t n = per * part.groups[0].G;
        aggregation->weights(a->aggregation.params, &part, reference_tokens, weight);
        for (size_t i = 0; a->batch_reduction == ALGO_SUM && i < n; i++) weight[i] *= (double)per;
        weight += n;
    }
}

const algo_kl *algo_kl_in(const algorithm_spec *a, algo_kl_place place)
{
    const algo_kl *kl = (const algo_kl *)a->kl.estimator.entry;
    return kl && kl->value && a->kl.in == (int)place ? kl : NULL;
}
