#include "plots/names.h"

#include <string.h>

/* A pattern ends in * where the rest of the name follows; %s in the words takes it. Longer patterns first. `unit` NULL: the
 * column's own. */
static const struct {
    const char *pattern, *words, *unit;
} names[] = {
    {"step", "step", ""},
    {"time_s", "simulated time", "s"},
    {"gpu_hours", "compute", "GPU-hours"},
    {"epoch", "epochs", ""},
    {"tokens", "tokens generated", ""},
    {"samples", "responses generated", ""},
    {"staleness/mean", "mean staleness", NULL},
    {"staleness/*", "staleness, %s", NULL},
    {"utilization/*", "utilization, %s", NULL},
    {"publish_lag/*", "publish lag, %s", NULL},
    {"queue/in_flight", "decoded at a time", NULL},
    {"queue/buffered", "waiting for the trainer", NULL},
    {"gradient/norm", "norm of the gradient", NULL},
    {"pass@*/train", "pass@%s, training prompts", NULL},
    {"pass@*/template_held_out", "pass@%s, held-out templates", NULL},
    {"sampled/*", "%s, sampled", ""},
    {"batch/share/*", "share of the batch, %s", NULL},
    {"accuracy/committed", "accuracy of committed answers", NULL},
    {"accuracy/train/*", "accuracy, %s (training)", NULL},
    {"accuracy/*", "accuracy, %s", NULL},
    {"forgetting/*", "forgetting, %s", NULL},
    {"gap/held_out", "gain missing on held-out prompts", NULL},
    {"gap/template_held_out", "gain missing on held-out templates", NULL},
    {"entropy/token", "entropy per token", "nats"},
    {"entropy/response", "entropy per response", NULL},
    {"entropy/strategy_marginal", "entropy of strategies, pooled", NULL},
    {"entropy/planning", "entropy of plans, by prompt", NULL},
    {"entropy/planning_marginal", "entropy of plans, pooled", NULL},
    {"entropy/execution_step", "entropy of an execution step", NULL},
    {"entropy/*", "entropy, %s", NULL},
    {"entropy_change/first_order", "entropy change, first order", NULL},
    {"entropy_change/actual", "entropy change", NULL},
    {"formats/share/*", "share of %s", NULL},
    {"formats/max_share", "largest share of a format", NULL},
    {"strategies/share/*", "share of %s", NULL},
    {"strategies/kind/*", "share of %s strategies", NULL},
    {"strategies/kind_train/*", "share of %s strategies (training)", NULL},
    {"traces/genuine", "share of genuine traces", NULL},
    {"traces/genuine_right", "right answers by genuine traces", NULL},
    {"traces/genuine_length", "length of genuine traces", NULL},
    {"traces/other_length", "length of other traces", NULL},
    {"length/mean", "response length", NULL},
    {"length/train", "response length (training)", NULL},
    {"length/truncated", "truncated responses", NULL},
    {"reward/mean", "mean reward", NULL},
    {"reward/std", "spread of the reward", NULL},
    {"kl/base", "KL from the base", NULL},
    {"kl/base_forward", "forward KL from the base", NULL},
    {"kl/base_forward/*", "forward KL from the base, %s", NULL},
    {"calibration/ece", "calibration error", NULL},
    {"calibration/confidence", "mean confidence", NULL},
    {"support/both", "prompts both solve", NULL},
    {"support/base_only", "prompts only the base solves", NULL},
    {"support/new", "prompts only the policy solves", NULL},
    {"support/retention", "right paths kept", NULL},
    {"support/discovery", "right paths that are new", NULL},
    {"update/unchanged", "weights unchanged", NULL},
    {"update/unchanged_embedding", "embedding weights unchanged", NULL},
    {"update/visited", "weights with a gradient", NULL},
    {"update/rank", "rank of the update, of full", NULL},
    {"answers/majority_right", "prompts whose likeliest answer is right", NULL},
    {"execution/success", "success of an execution step", NULL},
};

/* Does the name fit the pattern? Then *from, *n is what its * stands for. */
static bool fits(const char *pattern, const char *name, const char **from, size_t *n)
{
    const char *star = strchr(pattern, '*');
    *from = "";
    *n = 0;
    if (!star) return strcmp(pattern, name) == 0;
    size_t before = (size_t)(star - pattern), after = strlen(star + 1), all = strlen(name);
    if (all <= before + after || strncmp(pattern, name, before) != 0 || strcmp(star + 1, name + all - after) != 0) return false;
    *from = name + before;
    *n = all - after - before;
    return true;
}

static const char *worded(canvas *c, const char *words, const char *part, size_t n)
{
    const char *hole = strstr(words, "%s");
    if (!hole) return words;
    return pl_arena_printf(&c->arena, "%.*s%.*s%s", (int)(hole - words), words, (int)n, part, hole + 2);
}

const char *names_quantity(canvas *c, const char *name, const char *unit)
{
    const char *part, *text = name;
    size_t n;
    for (size_t i = 0; i < PL_COUNT(names); i++) {
        if (!fits(names[i].pattern, name, &part, &n)) continue;
        text = worded(c, names[i].words, part, n);
        unit = names[i].unit ? names[i].unit : unit;
        break;
    }
    if (text && unit && *unit && strcmp(text, unit) != 0) text = pl_arena_printf(&c->arena, "%s [%s]", text, unit);
    if (!text) c->broken = true;
    return text ? text : "";
}
