/* From a gradient to new weights: learning rate, warm-up, schedule, and one step of the optimiser. */
#include "models/algo.h"

double algo_lr(const optimizer_spec *o, uint64_t t)
{
    const algo_schedule *s = (const algo_schedule *)o->schedule.entry;
    const uint64_t warmup = (uint64_t)o->warmup;
    if (t + 1 < warmup) return ((double)t + 1.0) / (double)warmup * o->lr;
    return s && s->factor ? o->lr * s->factor(o->schedule.params, (double)(t - (warmup > 0 ? warmup - 1 : 0))) : o->lr;
}

bool algo_lr_is_constant(const optimizer_spec *o)
{
    const algo_schedule *s = (const algo_schedule *)o->schedule.entry;
    return o->warmup == 0 && !(s && s->factor);
}

void algo_step(const optimizer_spec *o, uint64_t t, double *weights, double *state, const policy *p, const policy_gradient *g)
{
    ((const algo_optimizer *)o->method.entry)->step(o->method.params, algo_lr(o, t), t, weights, state, p, g);
}

size_t algo_optimizer_state(const optimizer_spec *o)
{
    return ((const algo_optimizer *)o->method.entry)->state_per_weight;
}

static const pl_field optimizer_fields[] = {
    {.name = "method",
     .type = PL_CHOICE,
     .offset = offsetof(optimizer_spec, method),
     .fallback = "sgd",
     .registry = &optimizer_registry,
     .doc = "How a gradient moves the weights."},
    {.name = "lr",
     .type = PL_REAL,
     .offset = offsetof(optimizer_spec, lr),
     .fallback = "0.1",
     .min = 0,
     .max = PL_INF,
     .flags = PL_OPEN_MAX,
     .unit = "logits per unit of gradient",
     .doc = "Learning rate. A feature of gain v moves a logit by lr v^2 per unit of gradient."},
    {.name = "warmup",
     .type = PL_INT,
     .offset = offsetof(optimizer_spec, warmup),
     .fallback = "0",
     .min = 0,
     .max = 1e9,
     .unit = "steps",
     .doc = "Updates over which the learning rate rises linearly to lr; 0: none."},
    {.name = "schedule",
     .type = PL_CHOICE,
     .offset = offsetof(optimizer_spec, schedule),
     .fallback = "constant",
     .registry = &schedule_registry,
     .doc = "How the learning rate falls after the warm-up."},
};

const pl_struct optimizer_struct = {
    .name = "optimizer", .doc = "From a gradient to new weights.", .size = sizeof(optimizer_spec),
    .fields = optimizer_fields, .n_fields = PL_COUNT(optimizer_fields),
};
