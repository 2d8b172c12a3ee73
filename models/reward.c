#include "models/reward.h"
#include "sim/base/str.h"

static const char *const by_names[] = {"step", "epoch", NULL};

static const pl_field schedule_fields[] = {
    {.name = "at", .type = PL_REALS, .offset = offsetof(reward_schedule, at), .fallback = "[]", .min = 0, .max = 1e9,
     .unit = "steps or epochs",
     .doc = "Increasing times at which the factor is given; straight lines between, constant outside."},
    {.name = "factor", .type = PL_REALS, .offset = offsetof(reward_schedule, factor), .fallback = "[]", .min = -PL_INF,
     .max = PL_INF, .flags = PL_OPEN_MIN | PL_OPEN_MAX, .doc = "What the weight is multiplied by at each of these times."},
    {.name = "by", .type = PL_ENUM, .offset = offsetof(reward_schedule, by), .fallback = "step", .names = by_names,
     .doc = "What the times count: optimiser steps, or passes over the training pool."},
};
static const pl_struct schedule_struct;

static void schedule_check(const void *self, const pl_check *check)
{
    static const char *const keys[] = {"by", NULL};
    const reward_schedule *s = self;
    if (s->at.n != s->factor.n)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "factor"), "give a factor for every time",
                    "%zu factors for %zu times", s->factor.n, s->at.n);
    for (size_t i = 1; i < s->at.n; i++)
        if (!(s->at.v[i] > s->at.v[i - 1]))
            pl_diag_add(check->diag, PL_ERROR, check->place(check, "at"), "let the times increase", "time %g comes after %g",
                        s->at.v[i], s->at.v[i - 1]);
    if (s->at.n == 0) pl_must_be_default(&schedule_struct, s, check, keys, "without times");
}

static const pl_struct schedule_struct = {
    .name = "reward_schedule", .doc = "How the weight of a term changes over the run.", .size = sizeof(reward_schedule),
    .fields = schedule_fields, .n_fields = PL_COUNT(schedule_fields), .check = schedule_check,
};

static const pl_field common_fields[] = {
    {.name = "weight", .type = PL_REAL, .offset = offsetof(reward_common, weight), .fallback = "1", .min = -PL_INF, .max = PL_INF,
     .flags = PL_OPEN_MIN | PL_OPEN_MAX, .doc = "What the term is multiplied by in the sum; a negative weight punishes."},
    {.name = "schedule", .type = PL_STRUCT, .offset = offsetof(reward_common, schedule), .sub = &schedule_struct,
     .doc = "Factor of the weight that changes over the run; 1 when nothing is said."},
};

const pl_struct reward_common_struct = {
    .name = "reward_term", .doc = "A term of the reward: reward = sum over terms of weight * term.",
    .size = sizeof(reward_common), .fields = common_fields, .n_fields = PL_COUNT(common_fields),
};

/* FNV-1a of a term's key: its random numbers follow its name wherever it stands in the list. */
static uint32_t stream_id(const char *key)
{
    uint32_t h = 2166136261u;
    for (const char *c = key; *c; c++) h = (h ^ (uint8_t)*c) * 16777619u;
    return h;
}

bool reward_is_scheduled(const reward_common *common) { return common->schedule.at.n > 0; }

double reward_weight(const reward_common *common, reward_clock now)
{
    const reward_schedule *s = &common->schedule;
    const double t = s->by == REWARD_BY_EPOCH ? now.epoch : now.step;
    size_t i = 0;
    if (s->at.n == 0) return common->weight;
    while (i < s->at.n && s->at.v[i] <= t) i++;
    if (i == 0 || i == s->at.n) return common->weight * s->factor.v[i == 0 ? 0 : i - 1];
    const double part = (t - s->at.v[i - 1]) / (s->at.v[i] - s->at.v[i - 1]);
    return common->weight * (s->factor.v[i - 1] + part * (s->factor.v[i] - s->factor.v[i - 1]));
}

void reward_evaluate(const pl_choices *terms, rollout_group *group, const world *w, const pl_seeds *seeds, reward_clock now)
{
    for (size_t i = 0; i < group->G; i++) group->reward[i] = 0;
    for (size_t k = 0; k < terms->n; k++) {
        const pl_chosen *chosen = &terms->v[k];
        const reward_term *term = (const reward_term *)chosen->entry;
        term->add(chosen->params, reward_weight(chosen->common, now), group, w, seeds, stream_id(chosen->key));
    }
}

void reward_check(const pl_choices *terms, const char *path, const world_spec *w, const pl_check *check)
{
    if (terms->n == 0)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, path), "write at least one term, such as 'correctness: {}'",
                    "'%s' has no term, so that every reward would be 0", path);
    for (size_t k = 0; k < terms->n; k++) {
        const reward_term *term = (const reward_term *)terms->v[k].entry;
        if (!term->check) continue;
        pl_str at;
        pl_str_init(&at);
        pl_str_addf(&at, "%s.%s", path, terms->v[k].key);
        const char *text = pl_str_end(&at);
        if (text) term->check(terms->v[k].params, text, w, check);
        else (void)pl_diag_nomem(check->diag, "checking the reward");
        pl_str_free(&at);
    }
}

static bool always_zero(const reward_common *c)
{
    bool zero = c->weight == 0 || c->schedule.factor.n > 0;
    for (size_t i = 0; i < c->schedule.factor.n; i++) zero = zero && (c->weight == 0 || c->schedule.factor.v[i] == 0);
    return zero;
}

bool reward_varies(const pl_choices *terms, const world_spec *w)
{
    for (size_t k = 0; k < terms->n; k++) {
        const reward_term *term = (const reward_term *)terms->v[k].entry;
        if (!always_zero(terms->v[k].common) && !(term->constant && term->constant(terms->v[k].params, w))) return true;
    }
    return false;
}

void reward_check_policy(const pl_choices *terms, const char *path, const policy_spec *p, const pl_check *check)
{
    for (size_t k = 0; k < terms->n && p->confidence.levels == 0; k++)
        if (((const reward_term *)terms->v[k].entry)->needs_confidence)
            pl_diag_add(check->diag, PL_ERROR, check->place(check, path), "set policy.confidence.levels, for example to 11",
                        "the term '%s' scores a confidence, but the policy states none", terms->v[k].key);
}

void reward_check_group(const pl_choices *terms, const char *path, int64_t group_size, const pl_check *check)
{
    for (size_t k = 0; k < terms->n; k++) {
        const reward_term *term = (const reward_term *)terms->v[k].entry;
        const int64_t least = term->least_group ? term->least_group(terms->v[k].params) : 1;
        if (group_size < least)
            pl_diag_add(check->diag, PL_ERROR, check->place(check, path), "raise algorithm.group_size, or leave the term out",
                        "the term '%s' compares %lld responses to a prompt, but a group has %lld", terms->v[k].key,
                        (long long)least, (long long)group_size);
    }
}
