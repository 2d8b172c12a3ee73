/* A struct with every type of field, for the tests of sim/conf and its fuzzer. */
#ifndef TEST_CONF_SAMPLE_H
#define TEST_CONF_SAMPLE_H

#include <string.h>

#include "sim/conf/bind.h"

typedef struct gain { double world, prompt; int64_t order; } gain;
static const pl_field gain_fields[] = {
    {.name = "world", .type = PL_REAL, .offset = offsetof(gain, world), .fallback = "1", .min = 0, .max = 9.5,
     .doc = "Gain of the world feature."},
    {.name = "prompt", .type = PL_REAL, .offset = offsetof(gain, prompt), .fallback = "null", .min = 0, .max = PL_INF,
     .flags = PL_NULLABLE},
    {.name = "order", .type = PL_INT, .offset = offsetof(gain, order), .fallback = "2", .min = 1, .max = 64},
};
static const pl_struct gain_struct = {"gain", "How strongly an update moves others.", sizeof(gain), gain_fields,
                                      PL_COUNT(gain_fields), NULL, "gains"};

typedef struct range { double low, high; } range;
static const pl_field range_fields[] = {
    {.name = "low", .type = PL_REAL, .offset = offsetof(range, low), .fallback = "0.125", .min = -PL_INF, .max = PL_INF},
    {.name = "high", .type = PL_REAL, .offset = offsetof(range, high), .fallback = "0.875", .min = -PL_INF, .max = PL_INF},
};
static void range_check(const void *self, const pl_check *check)
{
    const range *r = self;
    if (r->low > r->high) pl_diag_add(check->diag, PL_ERROR, check->place(check, "low"), "low <= high", "'low' is above 'high'");
}
static const pl_struct range_struct = {"range", "Inline in the sample.", sizeof(range), range_fields, PL_COUNT(range_fields),
                                       range_check, NULL};

typedef struct spread { pl_reals list; double mean; } spread;
static const pl_field spread_fields[] = {
    {.name = "list", .type = PL_REALS, .offset = offsetof(spread, list), .min = -PL_INF, .max = PL_INF, .unit = "logits"},
    {.name = "mean", .type = PL_REAL, .offset = offsetof(spread, mean), .fallback = "-0.3", .min = -5, .max = 5, .unit = "logits"},
};
static const pl_struct spread_struct = {"spread", NULL, sizeof(spread), spread_fields, PL_COUNT(spread_fields), NULL, NULL};

typedef struct format { const char *name; double tokens; pl_per share; gain gain; } format;
static const pl_field format_fields[] = {
    {.name = "tokens", .type = PL_REAL, .offset = offsetof(format, tokens), .min = 0, .max = 1e6,
     .flags = PL_OPEN_MIN | PL_REQUIRED, .unit = "tokens", .doc = "Mean length."},
    {.name = "share", .type = PL_PER, .offset = offsetof(format, share), .fallback = "0.5", .min = 0, .max = 1, .unit = "fraction",
     .source = "arXiv 2504.07912"},
    {.name = "gain", .type = PL_STRUCT, .offset = offsetof(format, gain), .sub = &gain_struct},
};
static const pl_struct format_struct = {"format", "One way to write an answer.", sizeof(format), format_fields,
                                        PL_COUNT(format_fields), NULL, NULL};

typedef struct claim { const char *text; bool effect; } claim;
static const pl_field claim_fields[] = {
    {.name = "text", .type = PL_STRING, .offset = offsetof(claim, text), .flags = PL_REQUIRED},
    {.name = "effect", .type = PL_BOOL, .offset = offsetof(claim, effect), .fallback = "true"},
};
static const pl_struct claim_struct = {"claim", NULL, sizeof(claim), claim_fields, PL_COUNT(claim_fields), NULL, NULL};

typedef struct adam { double beta1, beta2; } adam;
static const pl_field adam_fields[] = {
    {.name = "beta1", .type = PL_REAL, .offset = offsetof(adam, beta1), .fallback = "0.9", .min = 0, .max = 1,
     .flags = PL_OPEN_MAX},
    {.name = "beta2", .type = PL_REAL, .offset = offsetof(adam, beta2), .fallback = "0.999", .min = 0, .max = 1,
     .flags = PL_OPEN_MAX},
};
static const pl_struct adam_struct = {"adam", NULL, sizeof(adam), adam_fields, PL_COUNT(adam_fields), NULL, NULL};
typedef struct heavy { double momentum; } heavy;
static const pl_field heavy_fields[] = {
    {.name = "momentum", .type = PL_REAL, .offset = offsetof(heavy, momentum), .fallback = "0.85", .min = 0, .max = 1},
};
static const pl_struct heavy_struct = {"heavy", NULL, sizeof(heavy), heavy_fields, 1, NULL, NULL};
static const pl_entry sample_adam = {"adam", "Adaptive moments.", "arXiv 1412.6980", &adam_struct}, sample_heavy = {"heavy-ball",
    "With momentum.", NULL, &heavy_struct},
                      sample_sgd = {"sgd", "Plain steps.", NULL, NULL};
static const pl_entry *const sample_methods[] = {&sample_adam, &sample_heavy, &sample_sgd, NULL};
static const pl_registry method_registry = {"method", "Optimisers.", sample_methods};

typedef struct term_common { double weight; } term_common;
static const pl_field term_fields[] = {
    {.name = "weight", .type = PL_REAL, .offset = offsetof(term_common, weight), .fallback = "1", .min = -10, .max = 10},
};
static const pl_struct term_struct = {"term", NULL, sizeof(term_common), term_fields, 1, NULL, NULL};
typedef struct named { const char *of; } named;
static const pl_field named_fields[] = {
    {.name = "of", .type = PL_STRING, .offset = offsetof(named, of), .fallback = "code"},
};
static const pl_struct named_struct = {"named", NULL, sizeof(named), named_fields, 1, NULL, NULL};
static const pl_entry sample_correct = {"correctness", "Right answers.", NULL, NULL}, sample_format = {"format",
    "A format's answers.", NULL, &named_struct};
static const pl_entry *const sample_terms[] = {&sample_correct, &sample_format, NULL};
static const pl_registry term_registry = {"reward", "Reward terms.", sample_terms};

typedef struct sample {
    bool flag;
    int64_t count, limit;
    double rate, cap;
    const char *title, *note;
    int mode;
    pl_reals at;
    pl_strings tags;
    pl_per skill;
    gain gain;
    range range;
    spread difficulty;
    pl_map formats, claims;
    pl_choice method;
    pl_choices reward;
    const pl_node *arms;
} sample;
static const char *const sample_modes[] = {"sync", "async", "one-off", NULL};
static const pl_field sample_fields[] = {
    {.name = "flag", .type = PL_BOOL, .offset = offsetof(sample, flag), .fallback = "false"},
    {.name = "count", .type = PL_INT, .offset = offsetof(sample, count), .fallback = "16", .min = 1, .max = 1e9, .unit = "prompts",
     .doc = "Prompts per batch."},
    {.name = "limit", .type = PL_INT, .offset = offsetof(sample, limit), .fallback = "null", .min = 0, .max = 1e15,
     .flags = PL_NULLABLE},
    {.name = "rate", .type = PL_REAL, .offset = offsetof(sample, rate), .fallback = "1e-3", .min = 0, .max = 1,
     .flags = PL_OPEN_MIN, .doc = "Learning rate."},
    {.name = "cap", .type = PL_REAL, .offset = offsetof(sample, cap), .fallback = "4096", .min = 1, .max = PL_INF,
     .flags = PL_NULLABLE, .unit = "tokens"},
    {.name = "title", .type = PL_STRING, .offset = offsetof(sample, title), .fallback = "untitled"},
    {.name = "note", .type = PL_STRING, .offset = offsetof(sample, note), .flags = PL_NULLABLE},
    {.name = "mode", .type = PL_ENUM, .offset = offsetof(sample, mode), .fallback = "sync", .names = sample_modes},
    {.name = "at", .type = PL_REALS, .offset = offsetof(sample, at), .fallback = "[1, 8]", .min = 1, .max = 1024},
    {.name = "tags", .type = PL_STRINGS, .offset = offsetof(sample, tags)},
    {.name = "skill", .type = PL_PER, .offset = offsetof(sample, skill), .fallback = "0.25", .min = -8, .max = 8, .unit = "logits"},
    {.name = "gain", .type = PL_STRUCT, .offset = offsetof(sample, gain), .sub = &gain_struct},
    {.name = "range", .type = PL_STRUCT, .offset = offsetof(sample, range), .flags = PL_INLINE, .sub = &range_struct},
    {.name = "difficulty", .type = PL_STRUCT, .offset = offsetof(sample, difficulty), .flags = PL_SHORTHAND, .sub = &spread_struct},
    {.name = "formats", .type = PL_MAP, .offset = offsetof(sample, formats), .flags = PL_SHORTHAND, .sub = &format_struct},
    {.name = "claims", .type = PL_LIST, .offset = offsetof(sample, claims), .flags = PL_SHORTHAND, .sub = &claim_struct},
    {.name = "method", .type = PL_CHOICE, .offset = offsetof(sample, method), .fallback = "sgd", .registry = &method_registry},
    {.name = "reward", .type = PL_CHOICES, .offset = offsetof(sample, reward), .fallback = "{correctness: 1}", .sub = &term_struct,
     .registry = &term_registry},
    {.name = "arms", .type = PL_NODE, .offset = offsetof(sample, arms)},
};
static const pl_struct sample_struct = {"sample", "Every type of field.", sizeof(sample), sample_fields, PL_COUNT(sample_fields),
                                        NULL, NULL};

#endif
