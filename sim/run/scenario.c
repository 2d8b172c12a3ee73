/* Field table of the whole scenario file. */
#include "sim/run/scenario.h"

#include <string.h>

#include "plots/figure.h"

static const pl_field about_fields[] = {
    {.name = "finding",
     .type = PL_STRING,
     .offset = offsetof(about_spec, finding),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .doc = "Name of the published finding that the scenario is about."},
    {.name = "claim",
     .type = PL_STRING,
     .offset = offsetof(about_spec, claim),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .doc = "The claim in one sentence."},
    {.name = "source",
     .type = PL_STRING,
     .offset = offsetof(about_spec, source),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .doc = "Where it was published."},
    {.name = "published",
     .type = PL_STRING,
     .offset = offsetof(about_spec, published),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .doc = "The published numbers, for the table of findings."},
    {.name = "headline",
     .type = PL_STRING,
     .offset = offsetof(about_spec, headline),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .doc = "Name of the hypothesis whose number stands for the finding in the table of findings; left out: the first effect."},
    {.name = "page",
     .type = PL_STRING,
     .offset = offsetof(about_spec, page),
     .fallback = "null",
     .flags = PL_NULLABLE,
     .doc = "Name of the finding's page in docs/findings without its ending; left out: that of the scenario file."},
    {.name = "misses",
     .type = PL_STRINGS,
     .offset = offsetof(about_spec, misses),
     .fallback = "[]",
     .doc = "Names of hypotheses that are known not to come out as claimed; the finding's page says why, with numbers."},
};
static const pl_struct about_struct = {
    .name = "about",
    .doc = "What the scenario is about, in words. Nothing is computed from it.",
    .size = sizeof(about_spec),
    .fields = about_fields,
    .n_fields = PL_COUNT(about_fields),
};

/* A name of `replicates.share` and the streams that it fixes. */
static const struct {
    const char *name;
    pl_purpose purpose[5];
    int n;
} shareable[] = {
    {"world", {PL_FOR_WORLD, PL_FOR_POOL, PL_FOR_MODEL}, 3},
    {"order", {PL_FOR_ORDER}, 1},
    {"sample", {PL_FOR_SAMPLE, PL_FOR_OUTCOME, PL_FOR_REWARD, PL_FOR_ANSWER, PL_FOR_UPDATE}, 5},
};

static void replicates_check(const void *self, const pl_check *check)
{
    const replicates_spec *r = self;
    for (size_t i = 0; i < r->share.n; i++) {
        size_t k = 0;
        while (k < PL_COUNT(shareable) && strcmp(shareable[k].name, r->share.v[i]) != 0) k++;
        if (k < PL_COUNT(shareable)) continue;
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "share"), "world, order and sample can be shared",
                    "unknown random stream '%s'", r->share.v[i]);
    }
}

static const pl_field replicates_fields[] = {
    {.name = "count",
     .type = PL_INT,
     .offset = offsetof(replicates_spec, count),
     .fallback = "8",
     .min = 1,
     .max = 100000,
     .doc = "How often every arm is run, each time with random numbers of its own."},
    {.name = "share",
     .type = PL_STRINGS,
     .offset = offsetof(replicates_spec, share),
     .fallback = "[]",
     .doc = "Random streams that all replicates have in common: world (prompts, templates, what works where, the "
            "pretrained weights and the engine that serves them), order (which prompts when), sample (decisions and outcomes). Intervals then speak of the rest."},
};
static const pl_struct replicates_struct = {
    .name = "replicates",
    .doc =
        "Repetitions of every arm. Arms of one replicate always share all random streams, so that they can be compared in pairs.",
    .size = sizeof(replicates_spec),
    .fields = replicates_fields,
    .n_fields = PL_COUNT(replicates_fields),
    .check = replicates_check,
};

static const pl_field scenario_fields[] = {
    {.name = "about",
     .type = PL_STRUCT,
     .offset = offsetof(scenario, about),
     .sub = &about_struct,
     .doc = "What the scenario is about, in words."},
    {.name = "seed",
     .type = PL_INT,
     .offset = offsetof(scenario, seed),
     .fallback = "1",
     .min = 0,
     .max = 9007199254740992.0,
     .doc = "Seed of every random number. The same scenario and seed give the same bytes."},
    {.name = "replicates",
     .type = PL_STRUCT,
     .offset = offsetof(scenario, replicates),
     .sub = &replicates_struct,
     .flags = PL_SHORTHAND,
     .doc = "How often every arm is run; a number alone is the count."},
    {.name = "training",
     .type = PL_STRUCT,
     .offset = offsetof(scenario, training),
     .sub = &training_struct,
     .flags = PL_INLINE,
     .doc = "The training itself."},
    {.name = "arms",
     .type = PL_NODE,
     .offset = offsetof(scenario, arms),
     .fallback = "{}",
     .doc = "Named variants: each a map of overrides laid key by key over the scenario, dotted keys allowed "
            "(algorithm.group_size: 16). Without arms there is one, named base."},
    {.name = "fits",
     .type = PL_STRUCT,
     .offset = offsetof(scenario, fits),
     .sub = &fits_struct,
     .doc = "Which columns the sigmoid and the entropy law are fitted to."},
    {.name = "figures",
     .type = PL_CHOICES,
     .offset = offsetof(scenario, figures),
     .fallback = "{}",
     .registry = &figure_registry,
     .doc = "Figures to draw, each with its options. Without any, every figure for which the columns are there."},
    {.name = "hypotheses",
     .type = PL_LIST,
     .offset = offsetof(scenario, hypotheses),
     .sub = &hypothesis_struct,
     .doc = "Claims about the result, judged over the replicates."},
};

static void must_be_hypothesis(const scenario *s, const char *name, const char *key, const pl_check *check)
{
    const hypothesis_spec *h = s->hypotheses.v;
    for (size_t i = 0; i < s->hypotheses.n; i++)
        if (strcmp(h[i].name, name) == 0) return;
    pl_diag_add(check->diag, PL_ERROR, check->place(check, key), "write the name of one of `hypotheses`",
                "there is no hypothesis '%s'", name);
}

/* A figure's file has the figure's name, so each can be drawn once. */
static void scenario_check(const void *self, const pl_check *check)
{
    const scenario *s = self;
    if (s->about.headline) must_be_hypothesis(s, s->about.headline, "about.headline", check);
    for (size_t i = 0; i < s->about.misses.n; i++) must_be_hypothesis(s, s->about.misses.v[i], "about.misses", check);
    for (size_t i = 0; i < s->figures.n; i++)
        if (strcmp(s->figures.v[i].key, s->figures.v[i].entry->name) != 0)
            pl_diag_add(check->diag, PL_ERROR, check->place(check, "figures"),
                        "write the figure's own name as the key, without `term`", "figures has the key '%s' for the figure '%s'",
                        s->figures.v[i].key, s->figures.v[i].entry->name);
}
const pl_struct scenario_struct = {
    .name = "scenario",
    .doc = "A scenario file: what is trained, in which variants, how often, what is drawn and what is claimed.",
    .size = sizeof(scenario),
    .fields = scenario_fields,
    .n_fields = PL_COUNT(scenario_fields),
    .check = scenario_check,
};

pl_seeds scenario_seeds(const scenario *s, uint32_t replicate)
{
    pl_purpose shared[8]; /* more than `shareable` holds in all */
    int n = 0;
    for (size_t k = 0; k < PL_COUNT(shareable); k++) {
        bool wanted = false;
        for (size_t i = 0; i < s->replicates.share.n; i++) wanted |= strcmp(shareable[k].name, s->replicates.share.v[i]) == 0;
        for (int p = 0; wanted && p < shareable[k].n; p++) shared[n++] = shareable[k].purpose[p];
    }
    return pl_seeds_make((uint64_t)s->seed, replicate, shared, n);
}
