#include "models/reward.h"
#include "sim/base/str.h"

static const pl_field common_fields[] = {
    {.name = "weight", .type = PL_REAL, .offset = offsetof(reward_common, weight), .fallback = "1", .min = -PL_INF, .max = PL_INF,
     .flags = PL_OPEN_MIN | PL_OPEN_MAX, .doc = "What the term is multiplied by in the sum; a negative weight punishes."},
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

void reward_evaluate(const pl_choices *terms, rollout_group *group, const world *w, const pl_seeds *seeds)
{
    for (size_t i = 0; i < group->G; i++) group->reward[i] = 0;
    for (size_t k = 0; k < terms->n; k++) {
        const pl_chosen *chosen = &terms->v[k];
        const reward_term *term = (const reward_term *)chosen->entry;
        const reward_common *common = chosen->common;
        term->add(chosen->params, common->weight, group, w, seeds, stream_id(chosen->key));
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

void reward_check_policy(const pl_choices *terms, const char *path, const policy_spec *p, const pl_check *check)
{
    for (size_t k = 0; k < terms->n && p->confidence.levels == 0; k++)
        if (((const reward_term *)terms->v[k].entry)->needs_confidence)
            pl_diag_add(check->diag, PL_ERROR, check->place(check, path), "set policy.confidence.levels, for example to 11",
                        "the term '%s' scores a confidence, but the policy states none", terms->v[k].key);
}
