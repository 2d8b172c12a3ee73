/* Sampling rollouts, their log-probabilities, and the gradient of those in logit space. */
#include "models/rollout.h"

static void sample_one(rollout *r, const rollout_group *group, size_t i, const policy *p, const policy_view *v,
                       const pl_seeds *seeds) {
    const world *w = p->world;
    pl_stream decide = pl_stream_make(seeds, PL_FOR_SAMPLE, group->batch, group->slot, (uint32_t)i);
    pl_stream outcome = pl_stream_make(seeds, PL_FOR_OUTCOME, group->batch, group->slot, (uint32_t)i);
    const size_t f = pl_categorical(&decide, v->format, v->F);
    const size_t s = pl_categorical(&decide, v->strategy + f * v->S, v->S);
    r->format = (uint16_t)f;
    r->strategy = (uint16_t)s;
    r->steps = (uint16_t)w->strategies[s]->steps;
    r->steps_right = 0;
    for (unsigned step = 0; step < r->steps; step++) r->steps_right += pl_uniform(&decide) < v->step[f];
    /* Always in this order, used or not, so that one rollout's numbers mean the same in every arm. */
    const bool works = pl_uniform(&outcome) < w->applicability[(size_t)group->prompt * v->S + s];
    const bool readable = pl_uniform(&outcome) < w->formats[f]->extraction;
    r->tokens = world_length(w, f, s, pl_normal(&outcome), &r->truncated);
    r->extracted = readable && !r->truncated;
    r->correct = r->extracted && works && r->steps_right == r->steps;
    r->abstained = w->strategies[s]->kind == STRATEGY_ABSTAIN && !r->truncated;
    r->ln_format = v->ln_format[f];
    r->ln_strategy = v->ln_strategy[f * v->S + s];
    r->ln_step_right = v->ln_step[f];
    r->ln_step_wrong = v->ln_fail[f];
}

void rollout_group_sample(rollout_group *group, const policy *p, const policy_view *v, const pl_seeds *seeds, uint32_t version) {
    for (size_t i = 0; i < group->G; i++) {
        sample_one(&group->rollouts[i], group, i, p, v, seeds);
        group->rollouts[i].version = version;
    }
}

/* Steps of a kind that did not occur add 0 even where their log-probability is -inf. */
static double ln_path(const rollout *r, double ln_format, double ln_strategy, double ln_right, double ln_wrong) {
    double ln = ln_format + ln_strategy;
    if (r->steps_right > 0) ln += r->steps_right * ln_right;
    if (r->steps_right < r->steps) ln += (r->steps - r->steps_right) * ln_wrong;
    return ln;
}

double rollout_ln_behaviour(const rollout *r) {
    return ln_path(r, r->ln_format, r->ln_strategy, r->ln_step_right, r->ln_step_wrong);
}

double rollout_ln_probability(const policy *p, const policy_view *v, const rollout *r) {
    return ln_path(r, v->ln_format[r->format], v->ln_strategy[r->format * v->S + r->strategy], v->ln_step[r->format],
                   v->ln_fail[r->format]);
}

void rollout_accumulate(const policy *p, const policy_view *v, const rollout *r, fork_weights c, policy_dz *dz) {
    const size_t f = r->format, row = f * v->S;
    for (size_t j = 0; j < v->F; j++) dz->format[j] -= c.format * v->format[j];
    dz->format[f] += c.format;
    for (size_t j = 0; j < v->S; j++) dz->strategy[row + j] -= c.strategy * v->strategy[row + j];
    dz->strategy[row + r->strategy] += c.strategy;
    const double right = r->steps_right, wrong = r->steps - r->steps_right, q = v->step[f];
    dz->execution[f] += right * c.step_right * (1.0 - q) - wrong * c.step_wrong * q;
}
