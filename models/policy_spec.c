/* Field tables of the policy. */
#include "models/policy.h"

#include <stdio.h>

const char *const decision_names[] = {"format", "strategy", "execution", "stance", "confidence", NULL};
const char *const feature_names[] = {"global", "domain", "band", "template", "prompt", "context", NULL};

#define GAIN(key, index, default_, flag, text) \
    {.name = key, .type = PL_REAL, .offset = offsetof(gains_spec, v) + (index) * sizeof(double), .fallback = default_, \
     .min = 0, .max = 100, .flags = flag, .doc = text}

static const pl_field transfer_fields[] = {
    GAIN("global", FEATURE_GLOBAL, "1", 0, "Gain of the weights shared by all prompts; only its square times the learning rate "
         "matters."),
    GAIN("domain", FEATURE_DOMAIN, "0.5", 0, "Gain of the weights shared within a domain."),
    GAIN("band", FEATURE_BAND, "0", 0, "Gain of the weights shared within a difficulty band."),
    GAIN("template", FEATURE_TEMPLATE, "0.3", 0, "Gain of the weights shared within a training template."),
    GAIN("prompt", FEATURE_PROMPT, "0.1", 0, "Gain of the weights of one training prompt: memory."),
    GAIN("context", FEATURE_CONTEXT, "0", 0, "Gain of the weights shared within a format, for strategies and execution."),
};
static const pl_struct transfer_struct = {
    "transfer", "Gains of the table features; the square of a gain is how far an update moves prompts with the same key.",
    sizeof(gains_spec), transfer_fields, PL_COUNT(transfer_fields), NULL, NULL};

static const pl_field gains_fields[] = {
    GAIN("global", FEATURE_GLOBAL, "null", PL_NULLABLE, "Gain of the weights shared by all prompts; null: as `transfer`."),
    GAIN("domain", FEATURE_DOMAIN, "null", PL_NULLABLE, "Gain of the weights shared within a domain; null: as `transfer`."),
    GAIN("band", FEATURE_BAND, "null", PL_NULLABLE, "Gain of the weights shared within a difficulty band; null: as `transfer`."),
    GAIN("template", FEATURE_TEMPLATE, "null", PL_NULLABLE,
         "Gain of the weights shared within a training template; null: as `transfer`."),
    GAIN("prompt", FEATURE_PROMPT, "null", PL_NULLABLE, "Gain of the weights of one training prompt; null: as `transfer`."),
    GAIN("context", FEATURE_CONTEXT, "null", PL_NULLABLE, "Gain of the weights shared within a format; null: as `transfer`."),
};
static const pl_struct gains_struct = {
    "gains", "Gains of one decision, where they differ from `transfer`.",
    sizeof(gains_spec), gains_fields, PL_COUNT(gains_fields), NULL, NULL};
/* The format decision comes first, so it has no context: the last field is left off. */
static const pl_struct format_gains_struct = {
    "format_gains", "Gains of the format decision, where they differ from `transfer`.",
    sizeof(gains_spec), gains_fields, FEATURE_CONTEXT, NULL, NULL};

/* Stance and confidence must see the evidence to say anything of it: both have a gain of the bin by default. That of the stance
 * is small, so that learning to commit is largely a matter of the assertiveness, if there is one. */
#define STATEMENT_FIELDS(global, context) \
    GAIN("global", FEATURE_GLOBAL, global, 0, "Gain of the weights shared by all prompts and all evidence."), \
    GAIN("domain", FEATURE_DOMAIN, "0", 0, "Gain of the weights shared within a domain."), \
    GAIN("band", FEATURE_BAND, "0", 0, "Gain of the weights shared within a difficulty band."), \
    GAIN("template", FEATURE_TEMPLATE, "0", 0, "Gain of the weights shared within a training template."), \
    GAIN("prompt", FEATURE_PROMPT, "0", 0, "Gain of the weights of one training prompt: memory."), \
    GAIN("context", FEATURE_CONTEXT, context, 0, "Gain of the weights of an evidence bin, felt by its neighbours.")

static const pl_field stance_gains_fields[] = {STATEMENT_FIELDS("0.3", "0.3")};
static const pl_struct stance_gains_struct = {
    "stance_gains", "How far an update of the stance reaches.",
    sizeof(gains_spec), stance_gains_fields, PL_COUNT(stance_gains_fields), NULL, NULL};
static const pl_field confidence_gains_fields[] = {STATEMENT_FIELDS("1", "2")};
static const pl_struct confidence_gains_struct = {
    "confidence_gains", "How far an update of the confidence reaches.",
    sizeof(gains_spec), confidence_gains_fields, PL_COUNT(confidence_gains_fields), NULL, NULL};

static const pl_field evidence_fields[] = {
    {.name = "noise", .type = PL_REAL, .offset = offsetof(evidence_spec, noise), .fallback = "1", .min = 0, .max = 100,
     .unit = "logits", .doc = "Standard deviation of the noise in what the policy knows of its own chances."},
    {.name = "clip", .type = PL_REAL, .offset = offsetof(evidence_spec, clip), .fallback = "6", .min = 0, .max = 100,
     .flags = PL_OPEN_MIN, .unit = "logits", .doc = "Evidence beyond this is this."},
    {.name = "bins", .type = PL_INT, .offset = offsetof(evidence_spec, bins), .fallback = "25", .min = 2, .max = 101,
     .doc = "Bins of the evidence, their centres equally spaced from -clip to clip."},
    {.name = "width", .type = PL_REAL, .offset = offsetof(evidence_spec, width), .fallback = "1", .min = 0, .max = 100,
     .unit = "logits", .doc = "How far an update on one bin reaches: K = exp(-d^2/(2 width^2)); 0: not at all."},
};
static const pl_struct evidence_struct = {
    "evidence", "What stance and confidence see: logit P(right) of the response's path, with noise.",
    sizeof(evidence_spec), evidence_fields, PL_COUNT(evidence_fields), NULL, NULL};

static void stance_check(const void *self, const pl_check *check);
static const pl_field stance_fields[] = {
    {.name = "hedge", .type = PL_REAL, .offset = offsetof(stance_spec, hedge), .fallback = "0", .min = 0, .max = 1,
     .flags = PL_OPEN_MAX, .unit = "fraction",
     .doc = "Pretraining share of responses that hedge, which is neither right nor wrong; 0: there is no such decision."},
    {.name = "gains", .type = PL_STRUCT, .offset = offsetof(stance_spec, gains), .sub = &stance_gains_struct,
     .doc = "How far an update of the stance reaches."},
};
static const pl_struct stance_struct = {
    "stance", "Whether a response commits to its answer or hedges.", sizeof(stance_spec),
    stance_fields, PL_COUNT(stance_fields), stance_check, NULL};

static void stance_check(const void *self, const pl_check *check) {
    static const char *const hedging[] = {"gains", NULL};
    const stance_spec *s = self;
    if (s->hedge == 0.0) pl_must_be_default(&stance_struct, s, check, hedging, "without a share of hedging");
}

static void confidence_check(const void *self, const pl_check *check);

static const pl_field confidence_fields[] = {
    {.name = "levels", .type = PL_INT, .offset = offsetof(confidence_spec, levels), .fallback = "0", .min = 0, .max = 101,
     .doc = "Levels of stated confidence, equally spaced from 0 to 1 (11: tenths); 0: no confidence is stated.",
     .source = "2507.16806"},
    {.name = "peak", .type = PL_REAL, .offset = offsetof(confidence_spec, peak), .fallback = "0.93", .min = 0, .max = 1,
     .unit = "fraction", .doc = "Where the pretrained confidence is concentrated: over-confident."},
    {.name = "spread", .type = PL_REAL, .offset = offsetof(confidence_spec, spread), .fallback = "0.08", .min = 0.05, .max = 10,
     .unit = "fraction", .doc = "Standard deviation of the bump around the peak."},
    {.name = "tail", .type = PL_REAL, .offset = offsetof(confidence_spec, tail), .fallback = "0.06", .min = 0, .max = 1,
     .flags = PL_OPEN_MIN, .unit = "fraction",
     .doc = "Share spread evenly over all levels; what the base never says cannot be learnt."},
    {.name = "width", .type = PL_REAL, .offset = offsetof(confidence_spec, width), .fallback = "0.15", .min = 0, .max = 10,
     .unit = "fraction", .doc = "How far an update on one level reaches: K = exp(-d^2/(2 width^2)); 0: not at all."},
    {.name = "gains", .type = PL_STRUCT, .offset = offsetof(confidence_spec, gains), .sub = &confidence_gains_struct,
     .doc = "How far an update of the confidence reaches."},
};
static const pl_struct confidence_struct = {
    "confidence", "The confidence that a response states beside its answer.", sizeof(confidence_spec),
    confidence_fields, PL_COUNT(confidence_fields), confidence_check, NULL};

static void confidence_check(const void *self, const pl_check *check) {
    static const char *const stated[] = {"peak", "spread", "tail", "width", "gains", NULL};
    const confidence_spec *c = self;
    if (c->levels == 1)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "levels"), "use 11 levels, or 0 for no stated confidence",
                    "one level of confidence says nothing");
    if (c->levels == 0) pl_must_be_default(&confidence_struct, c, check, stated, "without levels of confidence");
}

static void policy_check(const void *self, const pl_check *check) {
    const policy_spec *p = self;
    const bool states = p->stance.hedge > 0.0 || p->confidence.levels > 0;
    for (size_t i = 0; i < PL_COUNT(evidence_fields) && !states; i++)
        if (!pl_field_at_default(&evidence_fields[i], &p->evidence)) {
            char path[64];
            snprintf(path, sizeof path, "evidence.%s", evidence_fields[i].name);
            pl_diag_add(check->diag, PL_ERROR, check->place(check, path), "set stance.hedge or confidence.levels, or leave it out",
                        "'%s' has no effect on a policy without stance and confidence", path);
        }
    if (p->assert != 0.0 && !states)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "assert"), "set stance.hedge or confidence.levels, or leave it out",
                    "'assert' has no effect on a policy without stance and confidence");
    if (p->sharp_per_domain && p->sharp == 0.0)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "sharp_per_domain"), "set 'sharp' above 0 or leave it out",
                    "'sharp_per_domain' has no effect while 'sharp' is 0");
}

static const pl_field policy_fields[] = {
    {.name = "transfer", .type = PL_STRUCT, .offset = offsetof(policy_spec, transfer), .sub = &transfer_struct,
     .doc = "How far an update on one prompt reaches, for every decision."},
    {.name = "format", .type = PL_STRUCT, .offset = offsetof(policy_spec, format), .sub = &format_gains_struct,
     .doc = "Gains of the format decision, where they differ."},
    {.name = "strategy", .type = PL_STRUCT, .offset = offsetof(policy_spec, strategy), .sub = &gains_struct,
     .doc = "Gains of the strategy decision, where they differ."},
    {.name = "execution", .type = PL_STRUCT, .offset = offsetof(policy_spec, execution), .sub = &gains_struct,
     .doc = "Gains of the execution steps, where they differ; all 0 freezes execution skill."},
    {.name = "sharp", .type = PL_REAL, .offset = offsetof(policy_spec, sharp), .fallback = "0", .min = 0, .max = 100,
     .doc = "Gain of the inverse temperature that formats and strategies share; 0: none."},
    {.name = "sharp_per_domain", .type = PL_BOOL, .offset = offsetof(policy_spec, sharp_per_domain), .fallback = "false",
     .doc = "One inverse temperature per domain instead of one for all."},
    {.name = "temperature", .type = PL_REAL, .offset = offsetof(policy_spec, temperature), .fallback = "1", .min = 0, .max = 100,
     .flags = PL_OPEN_MIN,
     .doc = "Sampling temperature of the rollouts: logits are divided by it. The tempered policy is the one that is "
            "trained; measures look at temperature 1."},
    {.name = "evidence", .type = PL_STRUCT, .offset = offsetof(policy_spec, evidence), .sub = &evidence_struct,
     .doc = "What stance and confidence see."},
    {.name = "stance", .type = PL_STRUCT, .offset = offsetof(policy_spec, stance), .sub = &stance_struct,
     .doc = "Committing to an answer or hedging; only with a share of hedging above 0."},
    {.name = "confidence", .type = PL_STRUCT, .offset = offsetof(policy_spec, confidence), .sub = &confidence_struct,
     .doc = "Stating a confidence; only with levels."},
    {.name = "assert", .type = PL_REAL, .offset = offsetof(policy_spec, assert), .fallback = "0", .min = 0, .max = 100,
     .doc = "Gain of the assertiveness that stance and confidence share; 0: none. Teaching to commit then also moves confidence."},
};
const pl_struct policy_struct = {
    "policy", "A pretraining distribution moved by log-linear weights; every gain is a key.",
    sizeof(policy_spec), policy_fields, PL_COUNT(policy_fields), policy_check, NULL};
