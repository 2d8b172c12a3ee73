/* Field tables of the policy. */
#include "models/policy.h"

const char *const decision_names[] = {"format", "strategy", "execution", NULL};
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

static void policy_check(const void *self, const pl_check *check) {
    const policy_spec *p = self;
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
};
const pl_struct policy_struct = {
    "policy", "A pretraining distribution moved by log-linear weights; every gain is a key.",
    sizeof(policy_spec), policy_fields, PL_COUNT(policy_fields), policy_check, NULL};
