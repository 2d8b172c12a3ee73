/* Sampling rollouts, their log-probabilities, and the gradient of those in logit space. */
#include "models/rollout.h"

/* What the response says of itself, given what it sees of its chances. */
static void sample_statement(rollout *r, const policy *p, const policy_view *v, pl_stream *decide, double noise) {
    if (r->truncated || p->world->strategies[r->strategy]->kind == STRATEGY_ABSTAIN) return;
    const size_t bin = policy_evidence_bin(p, policy_evidence(p, v, r->format, r->strategy), noise);
    policy_view_bin(v, bin);
    r->bin = (uint16_t)bin;
    r->took_stance = p->has_stance;
    if (r->took_stance) {
        r->hedged = pl_uniform(decide) >= v->commit[bin];
        r->ln_stance = r->hedged ? v->ln_hedge[bin] : v->ln_commit[bin];
    }
    r->stated = v->L > 0 && !r->hedged;
    if (r->stated) {
        r->level = (uint16_t)pl_categorical(decide, v->level + bin * v->L, v->L);
        r->confidence = p->level[r->level];
        r->ln_confidence = v->ln_level[bin * v->L + r->level];
    }
}

/* The part in force after so many tokens. */
static const rollout_part *part_at(const rollout_part *parts, size_t n, double tokens) {
    while (n > 1 && parts[n - 1].from > tokens) n--;
    return &parts[n - 1];
}

/* Execution under one part or several: how many of the steps reached succeed, and the log-probabilities. `m` steps are spread over
 * `planned` tokens. */
static void sample_steps(rollout *r, const rollout_part *parts, size_t n, double planned, size_t m, pl_stream *decide) {
    const size_t f = r->format;
    double right = 0.0, wrong = 0.0;
    for (unsigned step = 1; step <= r->steps; step++) {
        const policy_view *v = n == 1 ? parts->view : part_at(parts, n, planned * step / ((double)m + 1.0))->view;
        const bool ok = pl_uniform(decide) < v->step[f];
        r->steps_right += ok;
        if (n > 1) *(ok ? &right : &wrong) += ok ? v->ln_step[f] : v->ln_fail[f];
    }
    const policy_view *v = parts[n - 1].view;
    const unsigned failed = (unsigned)r->steps - r->steps_right;
    r->ln_step_right = n > 1 && r->steps_right ? right / r->steps_right : v->ln_step[f];
    r->ln_step_wrong = n > 1 && failed ? wrong / failed : v->ln_fail[f];
}

static uint16_t wrong_answer(const world *w, uint32_t prompt, size_t strategy, bool works, bool clean, pl_stream *stream) {
    return world_wrong_answer(w, prompt, strategy, world_misled(w, strategy, works, !clean), stream);
}

void rollout_sample(rollout_group *group, size_t i, const policy *p, const rollout_part *parts, size_t n, const pl_seeds *seeds) {
    rollout *r = &group->rollouts[i];
    const policy_view *v = parts->view;
    const world *w = p->world;
    pl_stream decide = pl_stream_make(seeds, PL_FOR_SAMPLE, group->batch, group->slot, (uint32_t)i);
    pl_stream outcome = pl_stream_make(seeds, PL_FOR_OUTCOME, group->batch, group->slot, (uint32_t)i);
    pl_stream wrong = pl_stream_make(seeds, PL_FOR_ANSWER, group->batch, group->slot, (uint32_t)i);
    *r = (rollout){0};
    const size_t f = pl_categorical(&decide, v->format, v->F);
    const size_t s = pl_categorical(&decide, v->strategy + f * v->S, v->S);
    r->format = (uint16_t)f;
    r->strategy = (uint16_t)s;
    const size_t m = (size_t)w->strategies[s]->steps;
    /* Always in this order, used or not, so that one rollout's numbers mean the same in every arm. */
    const bool works = pl_uniform(&outcome) < w->applicability[(size_t)group->prompt * v->S + s];
    const bool readable = pl_uniform(&outcome) < w->formats[f]->extraction;
    world_ending ending;
    r->tokens = world_length(w, group->prompt, f, s, pl_normal(&outcome), &ending);
    r->steps = ending.steps;
    r->truncated = ending.truncated;
    r->interrupted = ending.interrupted;
    sample_steps(r, parts, n, ending.planned, m, &decide);
    const bool lucky = r->steps == m || pl_uniform(&wrong) < pow(w->spec->interrupt.luck, (double)(m - r->steps));
    const rollout_part *last = n == 1 ? parts : part_at(parts, n, r->tokens);
    r->extracted = readable && !r->truncated;
    r->abstained = w->strategies[s]->kind == STRATEGY_ABSTAIN && !r->truncated;
    if (v->B) sample_statement(r, p, last->view, &decide, pl_normal(&outcome));
    const bool clean = r->steps_right == r->steps && lucky;
    r->correct = r->extracted && works && clean && !r->hedged;
    const bool answers = r->extracted && !r->abstained && !r->hedged;
    r->answer = r->correct ? 0 : answers ? wrong_answer(w, group->prompt, s, works, clean, &wrong) : ROLLOUT_NO_ANSWER;
    r->ln_format = v->ln_format[f];
    r->ln_strategy = v->ln_strategy[f * v->S + s];
    r->version = parts->version;
    r->last_version = last->version;
}

void rollout_group_sample(rollout_group *group, const policy *p, const policy_view *v, const pl_seeds *seeds, uint32_t version) {
    const rollout_part part = {0.0, v, version};
    for (size_t i = 0; i < group->G; i++) rollout_sample(group, i, p, &part, 1, seeds);
}

/* Steps of a kind that did not occur add 0 even where their log-probability is -inf. */
static double ln_path(const rollout *r, double ln_format, double ln_strategy, double ln_right, double ln_wrong) {
    double ln = ln_format + ln_strategy;
    if (r->steps_right > 0) ln += r->steps_right * ln_right;
    if (r->steps_right < r->steps) ln += (r->steps - r->steps_right) * ln_wrong;
    return ln;
}

double rollout_ln_behaviour(const rollout *r) {
    return ln_path(r, r->ln_format, r->ln_strategy, r->ln_step_right, r->ln_step_wrong) + r->ln_stance + r->ln_confidence;
}

double rollout_ln_probability(const policy *p, const policy_view *v, const rollout *r) {
    double ln = ln_path(r, v->ln_format[r->format], v->ln_strategy[r->format * v->S + r->strategy], v->ln_step[r->format],
                        v->ln_fail[r->format]);
    if (r->took_stance) ln += rollout_ln_stance(v, r);
    if (r->stated) ln += rollout_ln_confidence(v, r);
    return ln;
}

double rollout_ln_stance(const policy_view *v, const rollout *r) {
    policy_view_bin(v, r->bin);
    return r->hedged ? v->ln_hedge[r->bin] : v->ln_commit[r->bin];
}

double rollout_ln_confidence(const policy_view *v, const rollout *r) {
    policy_view_bin(v, r->bin);
    return v->ln_level[r->bin * v->L + r->level];
}

void rollout_accumulate(const policy *p, const policy_view *v, const rollout *r, fork_weights c, policy_dz *dz) {
    const size_t f = r->format, row = f * v->S;
    for (size_t j = 0; j < v->F; j++) dz->format[j] -= c.format * v->format[j];
    dz->format[f] += c.format;
    for (size_t j = 0; j < v->S; j++) dz->strategy[row + j] -= c.strategy * v->strategy[row + j];
    dz->strategy[row + r->strategy] += c.strategy;
    const double right = r->steps_right, wrong = r->steps - r->steps_right, q = v->step[f];
    dz->execution[f] += right * c.step_right * (1.0 - q) - wrong * c.step_wrong * q;
    if (r->took_stance || r->stated) policy_view_bin(v, r->bin);
    if (r->took_stance) dz->stance[r->bin] += c.stance * ((r->hedged ? 0.0 : 1.0) - v->commit[r->bin]);
    if (!r->stated) return;
    const double *level = v->level + r->bin * v->L;
    double *at = dz->confidence + r->bin * v->L;
    for (size_t j = 0; j < v->L; j++) at[j] -= c.confidence * level[j];
    at[r->level] += c.confidence;
}
