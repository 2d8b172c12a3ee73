/* Field tables of the policy. */
#include "models/policy.h"

#include <stdio.h>

const char *const decision_names[] = {"format", "strategy", "execution", "stance", "confidence", NULL};
const char *const feature_names[] = {"global", "domain", "band", "template", "prompt", "embedding", "context", NULL};

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
    GAIN("embedding", FEATURE_EMBEDDING, "0", 0, "Gain of the weights of the prompt's embedding; wants `embedding.dimension`."),
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
    GAIN("embedding", FEATURE_EMBEDDING, "null", PL_NULLABLE, "Gain of the weights of the embedding; null: as `transfer`."),
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
    GAIN("embedding", FEATURE_EMBEDDING, "0", 0, "Gain of the weights of the prompt's dense embedding."), \
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

static const pl_field embedding_fields[] = {
    {.name = "dimension", .type = PL_INT, .offset = offsetof(embedding_spec, dimension), .fallback = "0", .min = 0, .max = 4096,
     .doc = "Length h of the vector that stands for a prompt; 0: none. A decision of S options then has a table of h x S weights."},
    {.name = "common", .type = PL_REAL, .offset = offsetof(embedding_spec, common), .fallback = "0.5", .min = 0, .max = 1,
     .unit = "fraction", .doc = "Share of the expected square length (1) that all prompts have in common: what transfers to all."},
    {.name = "template", .type = PL_REAL, .offset = offsetof(embedding_spec, template_), .fallback = "0.3", .min = 0, .max = 1,
     .unit = "fraction", .doc = "Share that prompts of one template have in common; what is left is the prompt's own."},
};
static const pl_struct embedding_struct;
static void embedding_check(const void *self, const pl_check *check) {
    static const char *const shares[] = {"common", "template", NULL};
    const embedding_spec *e = self;
    if (e->common + e->template_ > 1.0)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "template"), "let common + template be at most 1",
                    "the shares of the embedding sum to %g", e->common + e->template_);
    if (e->dimension == 0) pl_must_be_default(&embedding_struct, e, check, shares, "without a dimension");
}
static const pl_struct embedding_struct = {
    "embedding", "A dense vector per prompt, drawn at random, whose table of weights the gains `embedding` belong to.",
    sizeof(embedding_spec), embedding_fields, PL_COUNT(embedding_fields), embedding_check, NULL};

static const pl_field mismatch_fields[] = {
    {.name = "sd", .type = PL_REAL, .offset = offsetof(mismatch_spec, sd), .fallback = "0", .min = 0, .max = 10, .unit = "logits",
     .doc = "Standard deviation of what the generating engine adds to each logit of the trainer; 0: none. A bf16 head: 0.15, an "
            "fp32 head: 0.07, from published correlations of token probabilities of .987 and .997.",
     .source = "2506.13585, section 3.2; 2510.13786, section 4"},
    {.name = "correlation", .type = PL_REAL, .offset = offsetof(mismatch_spec, correlation), .fallback = "1", .min = 0, .max = 1,
     .doc = "Share of its variance that an option has in every context; the rest is drawn per context. Not published: sweep it."},
};
static const pl_struct mismatch_struct;
static void mismatch_check(const void *self, const pl_check *check) {
    static const char *const keys[] = {"correlation", NULL};
    const mismatch_spec *m = self;
    if (m->sd == 0.0) pl_must_be_default(&mismatch_struct, m, check, keys, "without a mismatch ('sd' 0)");
}
static const pl_struct mismatch_struct = {
    "mismatch", "How the probabilities of the engine that generates differ from the trainer's: fixed noise in the logits.",
    sizeof(mismatch_spec), mismatch_fields, PL_COUNT(mismatch_fields), mismatch_check, NULL};

static const char *const storage_names[] = {"exact", "fp32", "bf16", NULL};
static const pl_field storage_fields[] = {
    {.name = "format", .type = PL_ENUM, .offset = offsetof(storage_spec, format), .fallback = "exact", .names = storage_names,
     .doc = "exact: weights are not rounded; fp32: they are stored in 32 bits; bf16: the forward pass reads the bf16 view of an "
            "fp32 master copy.", .source = "2505.11711; 2511.08567"},
    {.name = "scale", .type = PL_REAL, .offset = offsetof(storage_spec, scale), .fallback = "null", .min = 0, .max = 1e6,
     .flags = PL_NULLABLE | PL_OPEN_MIN, .unit = "stored units per unit of weight",
     .doc = "s_w: the stored weight is its pretrained value + s_w times the policy's weight, so that a network's learning rate is "
            "s_w times optimizer.lr."},
    {.name = "sd", .type = PL_REAL, .offset = offsetof(storage_spec, sd), .fallback = "0.02", .min = 0, .max = 1e6,
     .unit = "stored units",
     .doc = "Standard deviation of the pretrained weights, drawn once and rounded to bf16."},
};
static const pl_struct storage_struct;
static void storage_check(const void *self, const pl_check *check) {
    static const char *const keys[] = {"scale", "sd", NULL};
    const storage_spec *s = self;
    if (s->format == STORAGE_EXACT) pl_must_be_default(&storage_struct, s, check, keys, "while 'format' is exact");
    else if (isnan(s->scale))
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "format"), 
                    "give 'scale': the network's learning rate over optimizer.lr",
                    "format '%s' without a scale: what is invisible depends on how large an update is beside a stored weight",
                    storage_names[s->format]);
}
static const pl_struct storage_struct = {
    "storage", "How the weights are stored, and what the forward pass sees of them.",
    sizeof(storage_spec), storage_fields, PL_COUNT(storage_fields), storage_check, NULL};

/* A gain of the embedding and an embedding belong together. */
static void check_embedding(const policy_spec *p, const pl_check *check) {
    const gains_spec *const gains[] = {&p->transfer, &p->format, &p->strategy, &p->execution,
                                       &p->stance.gains, &p->confidence.gains};
    static const char *const names[] = {"transfer", "format", "strategy", "execution", "stance.gains", "confidence.gains"};
    bool used = false;
    for (size_t i = 0; i < PL_COUNT(gains); i++) {
        const double v = gains[i]->v[FEATURE_EMBEDDING];
        if (isnan(v) || v == 0.0) continue;
        char path[64];
        snprintf(path, sizeof path, "%s.embedding", names[i]);
        used = true;
        if (p->embedding.dimension == 0)
            pl_diag_add(check->diag, PL_ERROR, check->place(check, path), "set embedding.dimension above 0, or leave it out",
                        "'%s' has no effect without an embedding", path);
    }
    if (p->embedding.dimension > 0 && !used)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "embedding.dimension"),
                    "set transfer.embedding above 0, or leave it out",
                    "the embedding has no effect while every gain 'embedding' is 0");
}

static void policy_check(const void *self, const pl_check *check) {
    const policy_spec *p = self;
    check_embedding(p, check);
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
    {.name = "embedding", .type = PL_STRUCT, .offset = offsetof(policy_spec, embedding), .sub = &embedding_struct,
     .doc = "A dense feature of the prompt; only with a dimension."},
    {.name = "mismatch", .type = PL_STRUCT, .offset = offsetof(policy_spec, mismatch), .sub = &mismatch_struct,
     .doc = "Probabilities of the generating engine differ from the trainer's; only with a standard deviation."},
    {.name = "storage", .type = PL_STRUCT, .offset = offsetof(policy_spec, storage), .sub = &storage_struct,
     .doc = "Rounding of the stored weights."},
};
const pl_struct policy_struct = {
    "policy", "A pretraining distribution moved by log-linear weights; every gain is a key.",
    sizeof(policy_spec), policy_fields, PL_COUNT(policy_fields), policy_check, NULL};
