/* What a pretrained model and the engine that serves it are made of, beside its distribution: the embedding of its prompts, and the
 * mismatch between the logits of the engine that generates and those of the trainer.
 *
 * All of it is drawn from the `model` stream and is fixed for the run; a number depends on the domain, split, template and prompt
 * that it belongs to, so that more prompts leave the others' as they were. */
#include "models/policy_internal.h"

enum { DRAW_COMMON = 1, DRAW_TEMPLATE, DRAW_PROMPT, DRAW_OPTION, DRAW_CONTEXT, DRAW_BIN };

static pl_stream stream_for(const policy *p, uint32_t draw, uint32_t domain, int split, uint32_t number, uint32_t option) {
    return pl_stream_make(&p->world->seeds, PL_FOR_MODEL, draw << 16 | domain, (uint32_t)split << 30 | number, option);
}

/* ---- Embedding ---- */

/* e += sqrt(share / h) Normal(0, 1) */
static void add_part(double *e, size_t h, double share, pl_stream s) {
    if (share <= 0.0) return;
    const double sd = sqrt(share / (double)h);
    for (size_t k = 0; k < h; k++) e[k] += sd * pl_normal(&s);
}

static pl_status build_embedding(policy *p) {
    const world *w = p->world;
    const embedding_spec *spec = &p->spec->embedding;
    const size_t h = p->n_embedding;
    p->embedding = pl_arena_array(&p->arena, w->n_prompts, h * sizeof *p->embedding);
    if (!p->embedding) return PL_ERR_WORLD;
    for (uint32_t x = 0; x < w->n_prompts; x++) {
        double *e = p->embedding + x * h;
        const uint32_t domain = w->domain[x], number = w->number[x], first = x - number;
        const int split = w->split[x], class = split == SPLIT_HELD_OUT_TEMPLATE ? split : SPLIT_TRAIN;
        add_part(e, h, spec->common, stream_for(p, DRAW_COMMON, 0, 0, 0, 0));
        add_part(e, h, spec->template_, stream_for(p, DRAW_TEMPLATE, domain, class, w->template_[x] - w->template_[first], 0));
        add_part(e, h, 1.0 - spec->common - spec->template_, stream_for(p, DRAW_PROMPT, domain, split, number, 0));
    }
    return PL_OK;
}

/* ---- Mismatch ---- */

typedef struct noise {
    const policy *p;
    double common, own;                      /* standard deviations of xi and zeta, logits */
} noise;

/* xi_j of a decision. */
static double of_option(const noise *n, decision d, size_t j) {
    pl_stream s = stream_for(n->p, DRAW_OPTION, 0, 0, (uint32_t)d, (uint32_t)j);
    return n->common * pl_normal(&s);
}

/* off[j] = xi_j + zeta_j for n options of one context, whose stream is given. */
static void fill(const noise *n, const double *xi, size_t options, pl_stream context, double *off) {
    for (size_t j = 0; j < options; j++) off[j] = xi[j] + n->own * pl_normal(&context);
}

static void fill_prompt(const noise *n, uint32_t x, const double *const xi[DECISIONS]) {
    const policy *p = n->p;
    const world *w = p->world;
    const size_t F = w->n_formats, S = w->n_strategies;
    const uint32_t domain = w->domain[x], number = w->number[x];
    const int split = w->split[x];
    fill(n, xi[DECISION_FORMAT], F, stream_for(p, DRAW_CONTEXT, domain, split, number, 0), p->off_format + x * F);
    for (size_t f = 0; f < F; f++) {
        double step[2];                                   /* it fails, it succeeds */
        const pl_stream chosen = stream_for(p, DRAW_CONTEXT, domain, split, number, 1 + 2 * (uint32_t)f);
        const pl_stream executed = stream_for(p, DRAW_CONTEXT, domain, split, number, 2 + 2 * (uint32_t)f);
        fill(n, xi[DECISION_STRATEGY], S, chosen, p->off_strategy + (x * F + f) * S);
        fill(n, xi[DECISION_EXECUTION], 2, executed, step);
        p->off_step[x * F + f] = step[1] - step[0];
    }
}

static void fill_bin(const noise *n, size_t b, const double *const xi[DECISIONS]) {
    const policy *p = n->p;
    double commit[2];                                     /* hedge, commit */
    fill(n, xi[DECISION_STANCE], 2, stream_for(p, DRAW_BIN, 0, 0, (uint32_t)b, 0), commit);
    p->off_commit[b] = commit[1] - commit[0];
    fill(n, xi[DECISION_CONFIDENCE], p->n_levels, stream_for(p, DRAW_BIN, 0, 0, (uint32_t)b, 1), p->off_level + b * p->n_levels);
}

static pl_status build_mismatch(policy *p) {
    const mismatch_spec *spec = &p->spec->mismatch;
    const world *w = p->world;
    const size_t F = w->n_formats, S = w->n_strategies, B = p->n_bins, L = p->n_levels, each = sizeof(double);
    const noise n = {p, spec->sd * sqrt(spec->correlation), spec->sd * sqrt(1.0 - spec->correlation)};
    const size_t options[DECISIONS] = {F, S, 2, 2, L};
    const double *xi[DECISIONS];
    for (int d = 0; d < DECISIONS; d++) {
        double *of = pl_arena_array(&p->arena, options[d] + 1, each);
        if (!of) return PL_ERR_WORLD;
        for (size_t j = 0; j < options[d]; j++) of[j] = of_option(&n, (decision)d, j);
        xi[d] = of;
    }
    p->off_format = pl_arena_array(&p->arena, w->n_prompts, F * each);
    p->off_strategy = pl_arena_array(&p->arena, w->n_prompts, F * S * each);
    p->off_step = pl_arena_array(&p->arena, w->n_prompts, F * each);
    p->off_commit = pl_arena_array(&p->arena, B + 1, each);
    p->off_level = pl_arena_array(&p->arena, B + 1, (L + 1) * each);
    if (!p->off_format || !p->off_strategy || !p->off_step || !p->off_commit || !p->off_level) return PL_ERR_WORLD;
    for (uint32_t x = 0; x < w->n_prompts; x++) fill_prompt(&n, x, xi);
    for (size_t b = 0; b < B; b++) fill_bin(&n, b, xi);
    return PL_OK;
}

pl_status policy_model_init(policy *p) {
    pl_status st = p->n_embedding ? build_embedding(p) : PL_OK;
    if (!st && p->spec->mismatch.sd > 0.0) st = build_mismatch(p);
    return st;
}
