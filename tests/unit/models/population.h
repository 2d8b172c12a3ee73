/* What a recipe weighs a prompt by, exactly: through the real road from reward to gradient, over every number of right answers
 * that a group can have, each with its binomial probability. */
#ifndef PL_TESTS_POPULATION_H
#define PL_TESTS_POPULATION_H

#include "tests/unit/models/small_world.h"
#include <gsl/gsl_randist.h>

/* A group of the policy of one logit with k right answers, as it would have been sampled now. */
static inline void population_group(small *t, small_batch *b, const policy_view *v, size_t k)
{
    for (size_t i = 0, G = b->batch.groups[0].G; i < G; i++)
        b->rollouts[i] = (rollout){.steps = 1, .steps_right = i < k, .extracted = true, .correct = i < k, .tokens = 100,
                                   .ln_step_right = v->ln_step[0], .ln_step_wrong = v->ln_fail[0]};
    small_correctness(t, &b->batch);
}

/* The gradient of the one logit from a batch, at the weights that sampled it. */
static inline double population_gradient(const small *t, const algorithm_spec *a, small_batch *b, small_scratch *s)
{
    algo_counts counts = {0};
    algo_advantages(a, &(algo_context){0}, &b->batch);
    algo_weights(a, &b->batch, 100, b->weight);
    policy_gradient_clear(&s->g);
    algo_gradient(a, &t->p, t->weights, &b->batch, 0, b->batch.n, b->weight, &s->work, &s->g, &counts);
    assert_int_equal(counts.low + counts.high, 0);                /* on-policy: nothing can clip */
    return s->g.g[0];
}

/* w in E[update] = w grad p, of a policy made by small_bernoulli. */
static inline double population_weight(small *t, const algorithm_spec *a, size_t G)
{
    small_batch b = small_batch_make(1, G);
    small_scratch s;
    small_scratch_init(&s, &t->p);
    policy_forward(&t->p, t->weights, 0, &s.view);
    const double p = s.view.pass;
    double sum = 0;
    for (unsigned k = 0; k <= G; k++) {
        population_group(t, &b, &s.view, k);
        sum += gsl_ran_binomial_pdf(k, p, (unsigned)G) * population_gradient(t, a, &b, &s);
    }
    small_scratch_free(&s);
    small_batch_free(&b);
    return sum / (p * (1 - p));
}

#endif
