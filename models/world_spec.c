/* Field tables of the world and the checks that no single field can make. */
#include "models/world.h"

#include <stdio.h>
#include <string.h>
#include "sim/base/str.h"

const char *const strategy_kind_names[] = {"genuine", "shortcut", "abstain", "planning", "exploration", "reflection",
                                           "monitoring", NULL};

#define SHARE_TOLERANCE 1e-6
#define MAX_OPTIONS 1024             /* formats, strategies or domains: keeps every option index in 16 bits */
#define PATH_SIZE 320

/* ---- Difficulty ---- */

static void difficulty_check(const void *self, const pl_check *check);
static const pl_field difficulty_fields[] = {
    {.name = "mean", .type = PL_REAL, .offset = offsetof(difficulty_spec, mean), .fallback = "0", .min = -100, .max = 100,
     .unit = "logits", .doc = "Mean of the normal distribution of difficulty.", .source = "Rasch model"},
    {.name = "sd", .type = PL_REAL, .offset = offsetof(difficulty_spec, sd), .fallback = "1.5", .min = 0, .max = 100,
     .unit = "logits", .doc = "Standard deviation of the normal distribution of difficulty."},
    {.name = "list", .type = PL_REALS, .offset = offsetof(difficulty_spec, list), .fallback = "[]", .min = -100, .max = 100,
     .unit = "logits", .doc = "Difficulties one by one, repeated over the prompts; replaces mean and sd."},
    {.name = "pass_rate", .type = PL_REALS, .offset = offsetof(difficulty_spec, pass_rate), .fallback = "[]", .min = 0, .max = 1e6,
     .flags = PL_OPEN_MIN, .unit = NULL,
     .doc = "[alpha, beta] of a Beta distribution of the pass rate p of a strategy of ability 0; difficulty is -logit p. Replaces "
            "mean and sd."},
};
static const pl_struct difficulty_struct = {
    "difficulty", "How hard a domain's prompts are, in logits.", sizeof(difficulty_spec),
    difficulty_fields, PL_COUNT(difficulty_fields), difficulty_check, NULL};

static void difficulty_check(const void *self, const pl_check *check) {
    static const char *const normal[] = {"mean", "sd", NULL};
    const difficulty_spec *d = self;
    if (d->list.n && d->pass_rate.n)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "pass_rate"), "give one of the two",
                    "both 'list' and 'pass_rate' are given");
    if (d->pass_rate.n && d->pass_rate.n != 2)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "pass_rate"), "write [alpha, beta]",
                    "'pass_rate' has %zu numbers", d->pass_rate.n);
    if (d->list.n) pl_must_be_default(&difficulty_struct, self, check, normal, "beside 'list'");
    else if (d->pass_rate.n) pl_must_be_default(&difficulty_struct, self, check, normal, "beside 'pass_rate'");
}

/* ---- Domain ---- */

static void domain_check(const void *self, const pl_check *check) {
    const domain_spec *d = self;
    if (d->held_out_templates > 0 && d->held_out == 0)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "held_out_templates"), "set 'held_out' above 0 or leave it out",
                    "%lld held-out templates without held-out prompts", (long long)d->held_out_templates);
}

static const pl_field domain_fields[] = {
    {.name = "weight", .type = PL_REAL, .offset = offsetof(domain_spec, weight), .fallback = "null", .min = 0, .max = 1e9,
     .flags = PL_NULLABLE, .doc = "Sampling weight in training; null: the number of its training prompts."},
    {.name = "prompts", .type = PL_INT, .offset = offsetof(domain_spec, prompts), .fallback = "256", .min = 1, .max = 1e6,
     .unit = "prompts", .doc = "Training prompts."},
    {.name = "held_out", .type = PL_INT, .offset = offsetof(domain_spec, held_out), .fallback = "128", .min = 0, .max = 1e6,
     .unit = "prompts", .doc = "Held-out prompts of the training templates, and as many of any held-out templates."},
    {.name = "templates", .type = PL_INT, .offset = offsetof(domain_spec, templates), .fallback = "16", .min = 1, .max = 1e6,
     .unit = "templates", .doc = "Templates of the training prompts."},
    {.name = "held_out_templates", .type = PL_INT, .offset = offsetof(domain_spec, held_out_templates), .fallback = "0", .min = 0,
     .max = 1e6, .unit = "templates", .doc = "Templates that no training prompt has (the N-1 variants)."},
    {.name = "difficulty", .type = PL_STRUCT, .offset = offsetof(domain_spec, difficulty), .sub = &difficulty_struct,
     .doc = "Distribution of the difficulty of its prompts."},
    {.name = "guess", .type = PL_REAL, .offset = offsetof(domain_spec, guess), .fallback = "0", .min = 0, .max = 1,
     .unit = "fraction", .doc = "Success probability of a shortcut on any prompt."},
};
static const pl_struct domain_struct = {
    "domain", "A kind of task: its prompts, templates and difficulty.", sizeof(domain_spec),
    domain_fields, PL_COUNT(domain_fields), domain_check, NULL};

/* ---- Format ---- */

static void format_check(const void *self, const pl_check *check) {
    const format_spec *f = self;
    if (f->pool_bonus != 0.0 && f->pool_share == 0.0)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "pool_bonus"), "set 'pool_share' above 0 or leave it out",
                    "'pool_bonus' acts on no prompt");
}

static const pl_field format_fields[] = {
    {.name = "share", .type = PL_PER, .offset = offsetof(format_spec, share), .fallback = "1", .min = 0, .max = 1,
     .flags = PL_OPEN_MIN,
     .unit = "fraction", .doc = "Pretraining share, per domain; the shares of all formats sum to 1 in each domain."},
    {.name = "skill", .type = PL_REAL, .offset = offsetof(format_spec, skill), .fallback = "0", .min = -100, .max = 100,
     .unit = "logits", .doc = "Added to the logit of every execution step in this format."},
    {.name = "skill_per_ln_scale", .type = PL_REAL, .offset = offsetof(format_spec, skill_per_ln_scale), .fallback = "0",
     .min = -100, .max = 100, .unit = "logits", .doc = "Added to the execution logit per ln(scale / reference_scale)."},
    {.name = "extraction", .type = PL_REAL, .offset = offsetof(format_spec, extraction), .fallback = "1", .min = 0, .max = 1,
     .unit = "fraction", .doc = "How often a checker can read the answer."},
    {.name = "tokens", .type = PL_REAL, .offset = offsetof(format_spec, tokens), .fallback = "1", .min = 0, .max = 1e6,
     .flags = PL_OPEN_MIN, .doc = "Multiplies the tokens of the strategy."},
    {.name = "pool_bonus", .type = PL_REAL, .offset = offsetof(format_spec, pool_bonus), .fallback = "0", .min = -100, .max = 100,
     .unit = "logits", .doc = "Added to the execution logit on the training prompts that were generated in this format.",
     .source = "2504.07912"},
    {.name = "pool_share", .type = PL_REAL, .offset = offsetof(format_spec, pool_share), .fallback = "0", .min = 0, .max = 1,
     .unit = "fraction", .doc = "Share of the training prompts that were generated in this format; drawn, held-out prompts never."},
};
static const pl_struct format_struct = {
    "format", "A format of the answer (code, text, ...) with its pretraining share.", sizeof(format_spec),
    format_fields, PL_COUNT(format_fields), format_check, NULL};

/* ---- Strategy ---- */

static void strategy_check(const void *self, const pl_check *check);
static const pl_field strategy_fields[] = {
    {.name = "kind", .type = PL_ENUM, .offset = offsetof(strategy_spec, kind), .fallback = "genuine", .names = strategy_kind_names,
     .doc = "genuine works where it applies and needs execution; shortcut succeeds with the domain's `guess` everywhere; abstain "
            "is neither correct nor wrong. planning, exploration, reflection and monitoring are genuine and tagged by the "
            "meta-reasoning that sets them apart: shares are told by tag.", .source = "arXiv 2507.22844, section 3.2"},
    {.name = "share", .type = PL_PER, .offset = offsetof(strategy_spec, share), .fallback = "1", .min = 0, .max = 1,
     .flags = PL_OPEN_MIN,
     .unit = "fraction", .doc = "Pretraining share, per domain; the shares of all strategies sum to 1 in each domain."},
    {.name = "format_factor", .type = PL_PER, .offset = offsetof(strategy_spec, format_factor), .fallback = "1", .min = 0,
     .max = 1e6,
     .flags = PL_OPEN_MIN, .doc = "Multiplies the share within a format, per format; the shares are then normalised again."},
    {.name = "knows", .type = PL_REAL, .offset = offsetof(strategy_spec, knows), .fallback = "0", .min = -20, .max = 20,
     .unit = "logits", .doc = "Prior logit per standard deviation of applicability in the domain: what the base knows."},
    {.name = "steps", .type = PL_INT, .offset = offsetof(strategy_spec, steps), .fallback = "0", .min = 0, .max = 10000,
     .unit = "steps", .doc = "Execution steps, all of which must succeed."},
    {.name = "ability", .type = PL_PER, .offset = offsetof(strategy_spec, ability), .fallback = "0", .min = -100, .max = 100,
     .unit = "logits", .doc = "Ability, per domain: applicability is one half on a prompt of this difficulty."},
    {.name = "ability_per_ln_scale", .type = PL_REAL, .offset = offsetof(strategy_spec, ability_per_ln_scale), .fallback = "0",
     .min = -100, .max = 100, .unit = "logits", .doc = "Ability gained per ln(scale / reference_scale)."},
    {.name = "discrimination", .type = PL_REAL, .offset = offsetof(strategy_spec, discrimination), .fallback = "1", .min = 0,
     .max = 100,
     .flags = PL_OPEN_MIN, .doc = "How sharply applicability falls with difficulty.", .source = "two-parameter logistic model"},
    {.name = "tokens", .type = PL_REAL, .offset = offsetof(strategy_spec, tokens), .fallback = "100", .min = 0, .max = 1e7,
     .flags = PL_OPEN_MIN, .unit = "tokens", .doc = "Mean tokens of a response without its execution steps."},
    {.name = "tokens_per_step", .type = PL_REAL, .offset = offsetof(strategy_spec, tokens_per_step), .fallback = "50", .min = 0,
     .max = 1e6, .unit = "tokens", .doc = "Mean tokens of one execution step."},
    {.name = "applies_to", .type = PL_REALS, .offset = offsetof(strategy_spec, applies_to), .fallback = "[0, 1]", .min = 0,
     .max = 1, .unit = "fraction", .doc = "[from, to): the part of each domain's templates, by number, where it can work at all."},
};
static const pl_struct strategy_struct = {
    "strategy", "A way to solve, or to seem to solve, a prompt.", sizeof(strategy_spec),
    strategy_fields, PL_COUNT(strategy_fields), strategy_check, NULL};

static void strategy_check(const void *self, const pl_check *check) {
    static const char *const genuine_only[] = {"knows", "steps", "ability", "ability_per_ln_scale", "discrimination",
                                               "tokens_per_step", "applies_to", NULL};
    const strategy_spec *s = self;
    if (s->applies_to.n != 2 || !(s->applies_to.v[0] < s->applies_to.v[1]))
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "applies_to"), "write two ascending fractions [from, to]",
                    "'applies_to' is not an ascending pair");
    if (s->kind == STRATEGY_SHORTCUT) pl_must_be_default(&strategy_struct, self, check, genuine_only, "on a shortcut");
    if (s->kind == STRATEGY_ABSTAIN) pl_must_be_default(&strategy_struct, self, check, genuine_only, "on abstaining");
}

/* ---- Answers ---- */

static void answers_check(const void *self, const pl_check *check) {
    const answers_spec *a = self;
    if (a->wrong == 1 && a->correlation > 0.0)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "correlation"), "raise 'wrong' or leave it out",
                    "'correlation' has no effect with one wrong answer");
    if (a->invited_by != INVITED_BY_PROMPT && a->correlation == 0.0)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "invited_by"), "give a 'correlation' above 0, or leave it out",
                    "'invited_by' has no effect where no mistake is invited");
}

static const char *const invited_names[] = {"prompt", "misconception", "strategy", NULL};
static const pl_field answers_fields[] = {
    {.name = "wrong", .type = PL_INT, .offset = offsetof(answers_spec, wrong), .fallback = "16", .min = 1, .max = 1024,
     .unit = "answers", .doc = "Different wrong answers that a prompt can get."},
    {.name = "zipf", .type = PL_REAL, .offset = offsetof(answers_spec, zipf), .fallback = "1", .min = 0, .max = 20,
     .doc = "Zipf exponent of their shares: the i-th is as likely as i^-zipf."},
    {.name = "correlation", .type = PL_REAL, .offset = offsetof(answers_spec, correlation), .fallback = "0", .min = 0, .max = 1,
     .doc = "Correlation between wrong answers to the same prompt: how much one mistake is everybody's."},
    {.name = "invited_by", .type = PL_ENUM, .offset = offsetof(answers_spec, invited_by), .fallback = "prompt",
     .names = invited_names,
     .doc = "Who falls for a mistake. prompt: every wrong response. misconception: one whose strategy does not work on the prompt "
            "and was carried out without a slip; slips and guesses scatter. strategy: the same, each strategy having a mistake of "
            "its own."},
};
static const pl_struct answers_struct = {
    "answers", "Which wrong answers are the same: what a majority vote sees.", sizeof(answers_spec),
    answers_fields, PL_COUNT(answers_fields), answers_check, NULL};

/* ---- World ---- */

static void interrupt_check(const void *self, const pl_check *check);
static const pl_field interrupt_fields[] = {
    {.name = "at", .type = PL_REAL, .offset = offsetof(interrupt_spec, at), .fallback = "null", .min = 1, .max = 1e9,
     .flags = PL_NULLABLE, .unit = "tokens", .doc = "A response that would be longer is told here to stop thinking. null: never."},
    {.name = "answer", .type = PL_REAL, .offset = offsetof(interrupt_spec, answer), .fallback = "0", .min = 0, .max = 1e9,
     .unit = "tokens", .doc = "Length of the phrase that ends the thinking, and of the answer after it."},
    {.name = "luck", .type = PL_REAL, .offset = offsetof(interrupt_spec, luck), .fallback = "0", .min = 0, .max = 1,
     .unit = "fraction", .doc = "Chance that a step which was not reached does not matter for the answer, each by itself."},
};
static const pl_struct interrupt_struct = {
    "interrupt", "Overlong responses are made to answer instead of being cut off (arXiv 2510.13786).", sizeof(interrupt_spec),
    interrupt_fields, PL_COUNT(interrupt_fields), interrupt_check, NULL};

static void interrupt_check(const void *self, const pl_check *check) {
    static const char *const beside[] = {"answer", "luck", NULL};
    const interrupt_spec *i = self;
    if (!(i->at > 0.0)) pl_must_be_default(&interrupt_struct, self, check, beside, "without 'at'");
}

static void world_check(const void *self, const pl_check *check);
static const pl_field world_fields[] = {
    {.name = "scale", .type = PL_REAL, .offset = offsetof(world_spec, scale), .fallback = "7e9", .min = 0, .max = 1e15,
     .flags = PL_OPEN_MIN, .unit = "parameters", .doc = "Model scale."},
    {.name = "reference_scale", .type = PL_REAL, .offset = offsetof(world_spec, reference_scale), .fallback = "7e9", .min = 0,
     .max = 1e15, .flags = PL_OPEN_MIN, .unit = "parameters", .doc = "Scale at which abilities and skills are stated."},
    {.name = "domains", .type = PL_MAP, .offset = offsetof(world_spec, domains), .fallback = "{main: {}}", .sub = &domain_struct,
     .doc = "Kinds of tasks."},
    {.name = "formats", .type = PL_MAP, .offset = offsetof(world_spec, formats), .fallback = "{text: {}}", .sub = &format_struct,
     .doc = "Formats of the answer."},
    {.name = "strategies", .type = PL_MAP, .offset = offsetof(world_spec, strategies), .fallback = "{solve: {}}",
     .sub = &strategy_struct, .doc = "Ways to solve a prompt."},
    {.name = "template_sd", .type = PL_REAL, .offset = offsetof(world_spec, template_sd), .fallback = "0.5", .min = 0, .max = 100,
     .unit = "logits", .doc = "Spread of a strategy's applicability over templates: the part that can be learnt."},
    {.name = "prompt_sd", .type = PL_REAL, .offset = offsetof(world_spec, prompt_sd), .fallback = "0.5", .min = 0, .max = 100,
     .unit = "logits", .doc = "Spread over prompts of one template: the part that can only be memorised."},
    {.name = "correlation", .type = PL_PER, .offset = offsetof(world_spec, correlation), .fallback = "0", .min = 0, .max = 1,
     .doc = "Correlation of both spreads between strategies, per domain."},
    {.name = "execution", .type = PL_REAL, .offset = offsetof(world_spec, execution), .fallback = "3", .min = -100, .max = 100,
     .unit = "logits", .doc = "Logit of the success of one execution step."},
    {.name = "execution_per_ln_scale", .type = PL_REAL, .offset = offsetof(world_spec, execution_per_ln_scale), .fallback = "0",
     .min = -100, .max = 100, .unit = "logits", .doc = "Added to it per ln(scale / reference_scale)."},
    {.name = "bands", .type = PL_INT, .offset = offsetof(world_spec, bands), .fallback = "8", .min = 1, .max = 1000,
     .doc = "Difficulty bands, by quantiles of the training prompts."},
    {.name = "length_sd", .type = PL_REAL, .offset = offsetof(world_spec, length_sd), .fallback = "0.5", .min = 0, .max = 3,
     .doc = "Standard deviation of the logarithm of the response length."},
    {.name = "length_per_logit", .type = PL_REAL, .offset = offsetof(world_spec, length_per_logit), .fallback = "0", .min = -5,
     .max = 5, .doc = "Growth of the log of the mean length per logit of difficulty: hard prompts take longer."},
    {.name = "interrupt", .type = PL_STRUCT, .offset = offsetof(world_spec, interrupt), .sub = &interrupt_struct,
     .doc = "Forced interruption of overlong responses."},
    {.name = "length_cap", .type = PL_REAL, .offset = offsetof(world_spec, length_cap), .fallback = "null", .min = 1, .max = 1e9,
     .flags = PL_NULLABLE, .unit = "tokens", .doc = "Longest response; a longer one is truncated and wrong. null: no cap."},
    {.name = "filler_entropy", .type = PL_REAL, .offset = offsetof(world_spec, filler_entropy), .fallback = "0.25", .min = 0,
     .max = 20, .unit = "nats per token", .doc = "Entropy of the tokens that carry no decision."},
    {.name = "answers", .type = PL_STRUCT, .offset = offsetof(world_spec, answers), .sub = &answers_struct,
     .doc = "Identities of wrong answers."},
    {.name = "table", .type = PL_STRING, .offset = offsetof(world_spec, table), .fallback = "null", .flags = PL_NULLABLE,
     .doc = "A CSV table of prior logits and success probabilities per prompt and outcome, instead of everything else here."},
};
const pl_struct world_struct = {
    "world", "Domains, formats, strategies, and what works where before any training.", sizeof(world_spec),
    world_fields, PL_COUNT(world_fields), world_check, NULL};

double world_per(const pl_per *per, const char *name) {
    for (size_t i = 0; i < per->n; i++)
        if (!strcmp(per->names[i], name)) return per->v[i];
    return per->all;
}

/* Name of the i-th struct of a map: its first member. */
static const char *map_name(const pl_map *map, size_t size, size_t i) {
    return *(const char *const *)((const char *)map->v + i * size);
}

/* Every name of `per` is in the map; every name of the map has a number. */
static void check_names(const pl_per *per, const char *path, const pl_map *map, const pl_struct *type, const pl_check *check) {
    for (size_t i = 0; i < per->n; i++) {
        const char *near = NULL;
        bool known = false;
        for (size_t j = 0; j < map->n && !known; j++) {
            const char *name = map_name(map, type->size, j);
            known = !strcmp(per->names[i], name);
            if (!near) near = pl_nearest(per->names[i], &name, 1);
        }
        if (known) continue;
        char where[PATH_SIZE], remedy[PATH_SIZE];
        snprintf(where, sizeof where, "%s.%s", path, per->names[i]);
        if (near) snprintf(remedy, sizeof remedy, "did you mean '%s'?", near);
        else snprintf(remedy, sizeof remedy, "name one of the world's %ss", type->name);
        pl_diag_add(check->diag, PL_ERROR, check->place(check, where), remedy, "unknown %s '%s'", type->name, per->names[i]);
    }
    for (size_t j = 0; j < map->n; j++)
        if (isnan(world_per(per, map_name(map, type->size, j))))
            pl_diag_add(check->diag, PL_ERROR, check->place(check, path), "add it, or the key 'default'",
                        "no number for %s '%s'", type->name, map_name(map, type->size, j));
}

/* The shares of all entries of `map` (member at `offset`) sum to 1 in every domain. */
static void check_shares(const world_spec *w, const pl_map *map, const pl_struct *type, size_t offset, const char *key,
                         const pl_check *check) {
    for (size_t d = 0; d < w->domains.n; d++) {
        const char *domain = ((const domain_spec *)w->domains.v)[d].name;
        double sum = 0.0;
        for (size_t i = 0; i < map->n; i++)
            sum += world_per((const pl_per *)(const void *)((const char *)map->v + i * type->size + offset), domain);
        if (!(fabs(sum - 1.0) <= SHARE_TOLERANCE) && !isnan(sum))
            pl_diag_add(check->diag, PL_ERROR, check->place(check, key), "let them sum to 1 in every domain",
                        "the shares of the %s sum to %.9g in domain '%s'", key, sum, domain);
    }
}

static bool check_count(const pl_map *map, const char *key, const char *what, const pl_check *check) {
    if (map->n > 0 && map->n <= MAX_OPTIONS) return true;
    char remedy[64];
    snprintf(remedy, sizeof remedy, "give between 1 and %d", MAX_OPTIONS);
    pl_diag_add(check->diag, PL_ERROR, check->place(check, key), remedy, "the world has %zu %s", map->n, what);
    return false;
}

static void check_per_names(const world_spec *w, const pl_check *check) {
    char path[PATH_SIZE];
    check_names(&w->correlation, "correlation", &w->domains, &domain_struct, check);
    for (size_t i = 0; i < w->formats.n; i++) {
        const format_spec *f = (const format_spec *)w->formats.v + i;
        snprintf(path, sizeof path, "formats.%s.share", f->name);
        check_names(&f->share, path, &w->domains, &domain_struct, check);
    }
    for (size_t i = 0; i < w->strategies.n; i++) {
        const strategy_spec *s = (const strategy_spec *)w->strategies.v + i;
        snprintf(path, sizeof path, "strategies.%s.share", s->name);
        check_names(&s->share, path, &w->domains, &domain_struct, check);
        snprintf(path, sizeof path, "strategies.%s.ability", s->name);
        check_names(&s->ability, path, &w->domains, &domain_struct, check);
        snprintf(path, sizeof path, "strategies.%s.format_factor", s->name);
        check_names(&s->format_factor, path, &w->formats, &format_struct, check);
    }
}

static void world_check(const void *self, const pl_check *check) {
    const world_spec *w = self;
    if (w->table) {
        for (size_t i = 0; i < PL_COUNT(world_fields); i++) {
            const pl_field *f = &world_fields[i];
            if (strcmp(f->name, "table") && !pl_field_at_default(f, w))
                pl_diag_add(check->diag, PL_ERROR, check->place(check, f->name), "leave out this key or 'table'",
                            "'%s' is given beside 'table', which states the whole world", f->name);
        }
        return;
    }
    if (w->interrupt.at > 0.0 && !isnan(w->length_cap))
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "length_cap"), "set 'length_cap: null', or leave out 'interrupt'",
                    "no response reaches a cap when overlong ones are interrupted");
    bool all = check_count(&w->domains, "domains", "domains", check);
    all = check_count(&w->formats, "formats", "formats", check) && all;
    all = check_count(&w->strategies, "strategies", "strategies", check) && all;
    if (!all) return;
    check_per_names(w, check);
    check_shares(w, &w->formats, &format_struct, offsetof(format_spec, share), "formats", check);
    check_shares(w, &w->strategies, &strategy_struct, offsetof(strategy_spec, share), "strategies", check);
    double weight = 0.0;
    for (size_t d = 0; d < w->domains.n; d++) {
        const domain_spec *domain = (const domain_spec *)w->domains.v + d;
        weight += isnan(domain->weight) ? (double)domain->prompts : domain->weight;
    }
    if (!(weight > 0.0))
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "domains"), "give at least one domain a weight above 0",
                    "no domain has a sampling weight above 0");
}
