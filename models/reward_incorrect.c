/* Incorrect: 1 for a wrong answer (a spurious reward: what it pays is what one does not want).
 *
 * In the published experiment a prompt's label is one wrong answer, the one that the base gives most often: `label: mistake` pays
 * only that (of the exact law of the base's answers; world.answers), `any` pays every one. No answer is no wrong answer: responses
 * that cannot be read, hedge or abstain get nothing. */
#include <stdio.h>
#include "models/reward.h"

enum { ANY, MISTAKE };
static const char *const label_names[] = {"any", "mistake", NULL};

typedef struct incorrect_params { int label; } incorrect_params;

static const pl_field fields[] = {
    {.name = "label", .type = PL_ENUM, .offset = offsetof(incorrect_params, label), .fallback = "any", .names = label_names,
     .doc = "Which wrong answers are paid: any, or only the one that the base gives most often.",
     .source = "arXiv 2506.10947, section 2"},
};
static const pl_struct incorrect_struct = {
    .name = "reward_incorrect", .doc = "Reward for being wrong.", .size = sizeof(incorrect_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static void add(const void *params, double weight, rollout_group *group, const world *w, const pl_seeds *seeds, uint32_t stream_id)
{
    const bool any = ((const incorrect_params *)params)->label == ANY;
    for (size_t i = 0; i < group->G; i++) {
        const uint16_t answer = group->rollouts[i].answer;
        if (answer == 0 || answer == ROLLOUT_NO_ANSWER) continue;
        if (any || answer == w->likeliest_mistake[group->prompt]) group->reward[i] += weight;
    }
}

static void range(const void *params, size_t G, double *low, double *high)
{
    *low = 0;
    *high = 1;
}

/* In a tabular world every outcome is an answer of its own. */
static void check_world(const void *params, const char *path, const world_spec *w, const pl_check *check)
{
    char at[256];
    if (!w->table || ((const incorrect_params *)params)->label == ANY) return;
    snprintf(at, sizeof at, "%s.label", path);
    pl_diag_add(check->diag, PL_ERROR, check->place(check, at), "use label 'any'",
                "'%s' asks for the wrong answer that the base gives most often, and the outcomes of a tabular world are not answers", at);
}

const reward_term reward_incorrect = {
    .entry = {.name = "incorrect", .doc = "1 for a wrong answer, or for the one that the base gives most often (spurious).",
              .params = &incorrect_struct, .source = "arXiv 2506.10947"},
    .add = add,
    .range = range,
    .check = check_world,
};
