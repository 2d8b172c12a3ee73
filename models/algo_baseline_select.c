/* Select: advantage 1 for responses whose reward exceeds a threshold, 0 for the others: the data of expert iteration, rejection
 * sampling. With `select_once` a path that the group holds several times counts once, as data sets are freed of duplicates. */
#include "models/algo.h"

typedef struct select_params { double above; bool once; } select_params;

static const pl_field fields[] = {
    {.name = "select_above",
     .type = PL_REAL,
     .offset = offsetof(select_params, above),
     .fallback = "0.5",
     .min = -PL_INF,
     .max = PL_INF,
     .flags = PL_OPEN_MIN | PL_OPEN_MAX,
     .unit = "reward",
     .doc = "Responses with a larger reward are kept.",
     .source = "arXiv 2403.04642, section 3"},
    {.name = "select_once",
     .type = PL_BOOL,
     .offset = offsetof(select_params, once),
     .fallback = "false",
     .doc = "Keep one of the responses of a group that took the same decisions."},
};
static const pl_struct select_struct = {
    .name = "baseline_select", .doc = "Which responses are data.", .size = sizeof(select_params),
    .fields = fields, .n_fields = PL_COUNT(fields),
};

static bool same_path(const rollout *a, const rollout *b)
{
    return a->format == b->format && a->strategy == b->strategy && a->steps_right == b->steps_right && a->answer == b->answer &&
           a->hedged == b->hedged && a->level == b->level;
}

static void apply(const void *params, const algo_context *c, algo_batch *batch)
{
    const select_params *p = params;
    for (size_t k = 0; k < batch->n; k++) {
        rollout_group *g = &batch->groups[k];
        for (size_t i = 0; i < g->G; i++) {
            bool kept = g->reward[i] > p->above;
            for (size_t j = 0; kept && p->once && j < i; j++)
                kept = !(g->advantage[j] > 0 && same_path(&g->rollouts[j], &g->rollouts[i]));
            g->advantage[i] = kept;
        }
    }
}

const algo_baseline algo_baseline_select = {
    .entry = {.name = "select", .doc = "1 for responses with a reward above a threshold, else 0: data to imitate.",
              .params = &select_struct, .source = "arXiv 2403.04642, section 3"},
    .scope = ALGO_SCOPE_NONE, .zero_sum = false, .never_negative = true, .by_threshold = true, .apply = apply,
};
