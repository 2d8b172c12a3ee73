/* A rollout: one response to one prompt, the decisions taken, their behaviour log-probabilities, the outcome.
 *
 * Sampling draws decisions from the `sample` stream and outcomes (applicability, extraction, length noise) from
 * the `outcome` stream, both keyed by (batch, slot in the batch, index in the group): a rollout does not depend on
 * when or where it is generated.
 *
 * A truncated response cannot be read: it is neither extracted nor correct, and counts as wrong even when it was to abstain.
 * It was cut off before it could take a stance or state a confidence; abstaining states none either.
 * An interrupted one is read like any other; it is right if all steps that it reached succeeded and none that it skipped mattered.
 * Hedging is neither right nor wrong, and states confidence 0.
 */
#ifndef PL_MODELS_ROLLOUT_H
#define PL_MODELS_ROLLOUT_H

#include "models/policy.h"

typedef struct rollout {
    uint16_t format, strategy;
    uint16_t steps, steps_right;             /* execution: those reached (m_s, unless interrupted) and how many succeeded */
    uint16_t answer;                         /* 0 right, 1 .. W wrong, ROLLOUT_NO_ANSWER */
    uint16_t bin, level;                     /* of the evidence; of the stated confidence. Only where a fork used them */
    bool extracted, correct, truncated, interrupted, abstained, hedged;
    bool took_stance, stated;                /* did the response reach these forks? */
    double confidence;                       /* stated, 0 .. 1; 0 when none was */
    double tokens;                           /* response length, whole tokens, at most the cap */
    double ln_format, ln_strategy;           /* behaviour log-probabilities of the forks */
    double ln_step_right, ln_step_wrong;     /* of one succeeding and one failing execution step */
    double ln_stance, ln_confidence;
    uint32_t version;                        /* of the weights that drew its first decision */
    uint32_t last_version;                   /* ... its last one: newer when weights were swapped under it */
} rollout;

enum { ROLLOUT_NO_ANSWER = UINT16_MAX };     /* nothing that could be read, abstained or hedged */

typedef struct rollout_group {
    uint32_t prompt, batch, slot;
    size_t G;
    rollout *rollouts;                       /* [G] */
    double *reward, *advantage;              /* [G] */
} rollout_group;

/* Samples all G rollouts of the group under the view's policy. */
void rollout_group_sample(rollout_group *group, const policy *p, const policy_view *v, const pl_seeds *seeds, uint32_t version);

/* Weights may be swapped while a response is decoded. Its decisions have times along its length l: format and strategy at its
 * beginning, execution step j = 1 .. m after j l / (m + 1) tokens, stance and confidence at its end. A part says which
 * policy was in force from how many tokens on. */
typedef struct rollout_part { double from; const policy_view *view; uint32_t version; } rollout_part;

/* Samples rollout i of the group. parts[0].from is 0 and the rest follow in order; every decision is drawn under the part that is
 * in force at its time, by the same number whatever the part, so that a response that is drawn again with later parts added keeps
 * what was decided before them, and its length. The log-probability of a succeeding (failing) execution step is then the mean over
 * those that succeeded (failed): the path's is exact. */
void rollout_sample(rollout_group *group, size_t i, const policy *p, const rollout_part *parts, size_t n, const pl_seeds *seeds);

/* ln pi of the rollout's whole path under a view (its prompt's). */
double rollout_ln_probability(const policy *p, const policy_view *v, const rollout *r);

/* ln pi of its whole path under the policy that produced it. */
double rollout_ln_behaviour(const rollout *r);

/* Forks in a response: format, strategy, execution steps, stance, confidence. */
static inline size_t rollout_forks(const rollout *r) { return 2u + r->steps + r->took_stance + r->stated; }

/* Per-fork coefficients of grad ln pi, as the loss gives them. Steps that went the same way share theirs. */
typedef struct fork_weights { double format, strategy, step_right, step_wrong, stance, confidence; } fork_weights;

/* ln pi under a view of the stance that was taken and of the confidence that was stated. */
double rollout_ln_stance(const policy_view *v, const rollout *r);
double rollout_ln_confidence(const policy_view *v, const rollout *r);

/* dz += sum over forks of c_d * (onehot - pi_d), for one rollout. */
void rollout_accumulate(const policy *p, const policy_view *v, const rollout *r, fork_weights c, policy_dz *dz);

#endif
