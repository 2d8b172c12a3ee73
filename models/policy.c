/* The log-linear policy: layout of the weights, forward, and the transfer kernel. */
#include "models/policy_internal.h"

#include <string.h>

size_t policy_row(const policy *p, const policy_table *t, uint32_t x, size_t context) {
    const world *w = p->world;
    size_t key = 0;
    switch (t->feature) {
    case FEATURE_GLOBAL:   break;
    case FEATURE_DOMAIN:   key = w->domain[x]; break;
    case FEATURE_BAND:     key = w->band[x]; break;
    case FEATURE_TEMPLATE: key = w->template_[x]; break;
    case FEATURE_PROMPT:   key = x; break;
    case FEATURE_CONTEXT:  key = context; break;
    case FEATURE_EMBEDDING:
    case FEATURES:         return NO_ROW;
    }
    return key < t->n_keys ? t->offset + key * t->width : NO_ROW;
}

/* In the context of its decision: the format, or the bin of the evidence. */
static size_t keys_of(const policy *p, decision d, feature f) {
    const world *w = p->world;
    switch (f) {
    case FEATURE_GLOBAL:   return 1;
    case FEATURE_DOMAIN:   return w->n_domains;
    case FEATURE_BAND:     return w->n_bands;
    case FEATURE_TEMPLATE: return w->n_train_templates;
    case FEATURE_PROMPT:   return w->n_train;
    case FEATURE_EMBEDDING: return p->n_embedding;
    case FEATURE_CONTEXT:  return d >= DECISION_STANCE ? p->n_bins : w->n_formats;
    case FEATURES:         break;
    }
    return 0;
}

static double gain_of(const policy_spec *spec, decision d, feature f) {
    const gains_spec *const all[DECISIONS] = {&spec->format, &spec->strategy, &spec->execution, &spec->stance.gains,
                                              &spec->confidence.gains}, *const own = all[d];
    if (d == DECISION_FORMAT && f == FEATURE_CONTEXT) return 0.0;
    return isnan(own->v[f]) ? spec->transfer.v[f] : own->v[f];
}

static void lay_out(policy *p) {
    const world *w = p->world;
    p->has_stance = p->spec->stance.hedge > 0.0;
    p->n_levels = (size_t)p->spec->confidence.levels;
    p->n_embedding = (size_t)p->spec->embedding.dimension;
    p->n_bins = p->has_stance || p->n_levels ? (size_t)p->spec->evidence.bins : 0;
    const size_t width[DECISIONS] = {w->n_formats, w->n_strategies, 1, p->has_stance, p->n_levels};
    for (int d = 0; d < DECISIONS; d++) {
        p->first[d] = p->n_tables;
        for (int f = 0; f < FEATURES; f++) {
            const double gain = gain_of(p->spec, (decision)d, (feature)f);
            if (gain == 0.0 || width[d] == 0 || (f == FEATURE_EMBEDDING && p->n_embedding == 0)) continue;
            policy_table *t = &p->tables[p->n_tables++];
            *t = (policy_table){(decision)d, (feature)f, gain, keys_of(p, (decision)d, (feature)f), width[d], p->n_weights};
            p->n_weights += t->n_keys * t->width;
            p->n_rows += t->n_keys;
        }
    }
    p->first[DECISIONS] = p->n_tables;
    p->sharp_gain = p->spec->sharp;
    p->sharp_offset = p->n_weights;
    p->n_sharp = p->sharp_gain == 0.0 ? 0 : p->spec->sharp_per_domain ? w->n_domains : 1;
    p->n_weights += p->n_sharp;
    p->n_rows += p->n_sharp;
    p->assert_gain = p->n_bins ? p->spec->assert : 0.0;
    p->assert_offset = p->n_weights;
    p->n_weights += p->assert_gain != 0.0;
    p->n_rows += p->assert_gain != 0.0;
    p->shared_strategy = !w->prior_by_format && gain_of(p->spec, DECISION_STRATEGY, FEATURE_CONTEXT) == 0.0;
}

/* phi_j = ln prior_j - E_prior ln prior */
static void centre(const double *ln_prior, double *phi, size_t n) {
    double mean = 0.0;
    for (size_t j = 0; j < n; j++) mean += exp(ln_prior[j]) * ln_prior[j];
    for (size_t j = 0; j < n; j++) phi[j] = ln_prior[j] - mean;
}

pl_status policy_init(policy *p, const policy_spec *spec, const world *w, pl_diag *diag) {
    const size_t F = w->n_formats, S = w->n_strategies;
    *p = (policy){.world = w, .spec = spec, .temperature = spec->temperature > 0.0 ? spec->temperature : 1.0};
    pl_arena_init(&p->arena);
    lay_out(p);
    if (p->n_weights > UINT32_MAX) {
        pl_diag_add(diag, PL_ERROR, (pl_place){0}, "use fewer prompts or options, or set a gain to 0", "the policy has %zu weights",
                    p->n_weights);
        policy_free(p);
        return PL_ERR_USER;
    }
    if (policy_statement_init(p) || policy_model_init(p)) goto out_of_memory;
    if (p->n_sharp == 0) return PL_OK;
    p->sharp_format = pl_arena_array(&p->arena, w->n_domains, F * sizeof(double));
    p->sharp_strategy = pl_arena_array(&p->arena, w->n_prompts, F * S * sizeof(double));
    if (!p->sharp_format || !p->sharp_strategy) goto out_of_memory;
    for (size_t d = 0; d < w->n_domains; d++) centre(w->ln_prior_format + d * F, p->sharp_format + d * F, F);
    for (size_t i = 0; i < w->n_prompts * F; i++) centre(w->ln_prior_strategy + i * S, p->sharp_strategy + i * S, S);
    return PL_OK;
out_of_memory:
    policy_free(p);
    return pl_diag_nomem(diag, "building the policy");
}

void policy_free(policy *p) {
    pl_arena_free(&p->arena);
    *p = (policy){0};
}

pl_status policy_view_init(policy_view *v, const policy *p) {
    const size_t F = p->world->n_formats, S = p->world->n_strategies, B = p->n_bins, L = p->n_levels;
    const size_t statement = B ? 6 * B + 2 * B * L + F * S + 2 * L + (B + 7) / 8 : 0;
    *v = (policy_view){.policy = p, .F = F, .S = S, .B = B, .L = L, .temperature = 1.0,
                       .memory = pl_alloc_array(5 * F + 3 * F * S + statement, sizeof(double))};
    if (!v->memory) return PL_ERR_WORLD;
    double *m = v->memory;
    v->format = m; m += F;
    v->ln_format = m; m += F;
    v->step = m; m += F;
    v->ln_step = m; m += F;
    v->ln_fail = m; m += F;
    v->strategy = m; m += F * S;
    v->ln_strategy = m; m += F * S;
    v->success = m; m += F * S;
    if (B == 0) return PL_OK;
    v->commit = m; m += B;
    v->ln_commit = m; m += B;
    v->ln_hedge = m; m += B;
    v->evidence = m; m += B;
    v->evidence_right = m; m += B;
    v->level = m; m += B * L;
    v->ln_level = m; m += B * L;
    v->committed = m; m += F * S;
    v->scratch = m; m += 2 * L + B;
    v->known = (uint8_t *)m;
    return PL_OK;
}

void policy_view_free(policy_view *v) {
    pl_free(v->memory);
    *v = (policy_view){0};
}

static void add_embedding(const policy *p, const policy_table *t, const double *weights, uint32_t x, double *z) {
    const double *e = p->embedding + x * p->n_embedding, *w = weights + t->offset;
    for (size_t k = 0; k < p->n_embedding; k++, w += t->width) {
        const double c = t->gain * e[k];
        for (size_t j = 0; j < t->width; j++) z[j] += c * w[j];
    }
}

void policy_add_tables(const policy *p, const double *weights, decision d, uint32_t x, size_t context, double *z) {
    for (size_t i = p->first[d]; i < p->first[d + 1]; i++) {
        const policy_table *t = &p->tables[i];
        if (t->feature == FEATURE_EMBEDDING) {
            add_embedding(p, t, weights, x, z);
            continue;
        }
        const size_t row = policy_row(p, t, x, context);
        if (row == NO_ROW) continue;
        const double *w = weights + row, gain = t->gain;
        for (size_t j = 0; j < t->width; j++) z[j] += gain * w[j];
    }
}

static void greedy(double *ln, double *prob, size_t n) {
    size_t best = 0;
    for (size_t j = 1; j < n; j++) best = ln[j] > ln[best] ? j : best;
    for (size_t j = 0; j < n; j++) {
        prob[j] = j == best;
        ln[j] = j == best ? 0.0 : -PL_INF;
    }
}

void policy_softmax(double *ln, double *prob, size_t n, double temperature) {
    if (temperature == 0.0) {
        greedy(ln, prob, n);
        return;
    }
    if (temperature != 1.0)
        for (size_t j = 0; j < n; j++) ln[j] /= temperature;
    double max = ln[0], sum = 0.0;
    for (size_t j = 1; j < n; j++) max = ln[j] > max ? ln[j] : max;
    for (size_t j = 0; j < n; j++) {
        prob[j] = exp(ln[j] - max);
        sum += prob[j];
    }
    const double shift = max + log(sum), scale = 1.0 / sum;
    for (size_t j = 0; j < n; j++) {
        ln[j] -= shift;
        prob[j] *= scale;
    }
}

void policy_bernoulli(double logit, double temperature, double *prob, double *ln_yes, double *ln_no) {
    const double e = temperature == 0.0 ? (logit >= 0.0 ? PL_INF : -PL_INF) : temperature == 1.0 ? logit : logit / temperature;
    const double t = exp(-fabs(e)), ln = log1p(t);           /* ln(1 + e^-|e|) */
    *prob = e >= 0.0 ? 1.0 / (1.0 + t) : t / (1.0 + t);
    *ln_yes = e >= 0.0 ? -ln : e - ln;
    *ln_no = e >= 0.0 ? -e - ln : -ln;
}

static double sharp_weight(const policy *p, const double *weights, uint32_t x) {
    if (p->n_sharp == 0) return 0.0;
    return p->sharp_gain * weights[p->sharp_offset + (p->n_sharp > 1 ? p->world->domain[x] : 0)];
}

static void forward_formats(const policy *p, const double *weights, policy_view *v) {
    const world *w = p->world;
    const uint32_t x = v->prompt;
    const size_t row = w->domain[x] * v->F;
    memcpy(v->ln_format, w->ln_prior_format + row, v->F * sizeof(double));
    policy_add_tables(p, weights, DECISION_FORMAT, x, NO_ROW, v->ln_format);
    if (p->n_sharp) {
        const double tied = sharp_weight(p, weights, x);
        for (size_t f = 0; f < v->F; f++) v->ln_format[f] += tied * p->sharp_format[row + f];
    }
    for (size_t f = 0; f < v->F && v->generates; f++) v->ln_format[f] += p->off_format[x * v->F + f];
    policy_softmax(v->ln_format, v->format, v->F, v->temperature);
}

static void forward_strategies(const policy *p, const double *weights, policy_view *v) {
    const size_t F = v->F, S = v->S, first = (size_t)v->prompt * F * S;
    const double *prior = p->world->ln_prior_strategy + first, tied = sharp_weight(p, weights, v->prompt);
    for (size_t f = 0; f < F; f++) {
        double *ln = v->ln_strategy + f * S;
        if (f > 0 && p->shared_strategy && !v->generates) {
            memcpy(ln, v->ln_strategy, S * sizeof(double));
            memcpy(v->strategy + f * S, v->strategy, S * sizeof(double));
            continue;
        }
        memcpy(ln, prior + f * S, S * sizeof(double));
        policy_add_tables(p, weights, DECISION_STRATEGY, v->prompt, f, ln);
        if (p->n_sharp)
            for (size_t s = 0; s < S; s++) ln[s] += tied * p->sharp_strategy[first + f * S + s];
        for (size_t s = 0; s < S && v->generates; s++) ln[s] += p->off_strategy[first + f * S + s];
        policy_softmax(ln, v->strategy + f * S, S, v->temperature);
    }
}

static void forward_execution(const policy *p, const double *weights, policy_view *v) {
    for (size_t f = 0; f < v->F; f++) {
        double e = p->world->execution[(size_t)v->prompt * v->F + f];
        policy_add_tables(p, weights, DECISION_EXECUTION, v->prompt, f, &e);
        if (v->generates) e += p->off_step[(size_t)v->prompt * v->F + f];
        policy_bernoulli(e, v->temperature, &v->step[f], &v->ln_step[f], &v->ln_fail[f]);
    }
}

static void forward(const policy *p, const double *weights, uint32_t prompt, double temperature, policy_view *v) {
    const world *w = p->world;
    v->prompt = prompt;
    v->temperature = temperature;
    v->weights = weights;
    if (v->B) memset(v->known, 0, v->B);
    forward_formats(p, weights, v);
    forward_strategies(p, weights, v);
    forward_execution(p, weights, v);
    const double *works = w->applicability + (size_t)prompt * v->S;
    for (size_t f = 0; f < v->F; f++)
        for (size_t s = 0; s < v->S; s++) {
            const size_t i = f * v->S + s;
            v->success[i] = w->formats[f]->extraction * works[s] * w->fits[world_path(w, prompt, f, s)] *
                            world_executed(w, prompt, f, s, v->ln_step[f]);
        }
}

static void expect_pass(policy_view *v) {
    v->pass = 0.0;
    for (size_t f = 0; f < v->F; f++) {
        double pass = 0.0;
        for (size_t i = f * v->S; i < (f + 1) * v->S; i++)
            pass += v->strategy[i] * (v->B ? v->success[i] * v->committed[i] : v->success[i]);
        v->pass += v->format[f] * pass;
    }
}

void policy_decide(const policy *p, const double *weights, uint32_t prompt, policy_view *v) {
    v->generates = false;
    forward(p, weights, prompt, p->temperature, v);
    v->pass = NAN;
}

void policy_decide_generator(const policy *p, const double *weights, uint32_t prompt, policy_view *v) {
    v->generates = p->off_format != NULL;
    forward(p, weights, prompt, p->temperature, v);
    v->pass = NAN;
}

void policy_forward_at(const policy *p, const double *weights, uint32_t prompt, double temperature, policy_view *v) {
    v->generates = false;
    forward(p, weights, prompt, temperature, v);
    if (v->B) policy_statement_expect(p, v);
    expect_pass(v);
}

void policy_forward_pass(const policy *p, const double *weights, uint32_t prompt, double temperature, policy_view *v) {
    v->generates = false;
    forward(p, weights, prompt, temperature, v);
    if (v->B) policy_statement_commit(p, v);
    expect_pass(v);
}

void policy_forward(const policy *p, const double *weights, uint32_t prompt, policy_view *v) {
    policy_forward_at(p, weights, prompt, p->temperature, v);
}

double policy_view_abstain(const policy *p, const policy_view *v) {
    double sum = 0.0;
    for (size_t f = 0; f < v->F; f++)
        for (size_t s = 0; s < v->S; s++) {
            const size_t i = f * v->S + s;
            const double mass = v->format[f] * v->strategy[i] * p->world->fits[world_path(p->world, v->prompt, f, s)];
            if (p->world->strategies[s]->kind == STRATEGY_ABSTAIN) sum += mass;
            else if (v->B) sum += mass * (1.0 - v->committed[i]);
        }
    return sum;
}

double policy_view_answers(const policy *p, const policy_view *v) {
    double sum = 0.0;
    for (size_t f = 0; f < v->F; f++) {
        double answers = 0.0;
        for (size_t s = 0; s < v->S; s++) {
            const size_t i = f * v->S + s;
            if (p->world->strategies[s]->kind != STRATEGY_ABSTAIN)
                answers += v->strategy[i] * p->world->fits[world_path(p->world, v->prompt, f, s)] * (v->B ? v->committed[i] : 1.0);
        }
        sum += v->format[f] * p->world->formats[f]->extraction * answers;
    }
    return sum;
}

static double taken_path(const void *of, size_t f, size_t s, double *ln_step) {
    const policy_view *v = of;
    const size_t i = f * v->S + s;
    *ln_step = v->ln_step[f];
    return v->format[f] * v->strategy[i] * (v->B ? v->committed[i] : 1.0);
}

double policy_view_wrong(const policy *p, const policy_view *v, double *q) {
    return world_wrong_law(p->world, v->prompt, taken_path, v, q);
}

double policy_view_tokens(const policy *p, const policy_view *v) {
    double sum = 0.0;
    for (size_t f = 0; f < v->F; f++)
        for (size_t s = 0; s < v->S; s++)
            sum += v->format[f] * v->strategy[f * v->S + s] * p->world->length[world_path(p->world, v->prompt, f, s)];
    return sum;
}

/* phi of option j of decision d on prompt x in context c; 0 where the tied feature does not act. */
static double phi_of(const policy *p, decision d, uint32_t x, size_t context, size_t j) {
    const size_t F = p->world->n_formats, S = p->world->n_strategies;
    if (p->n_sharp == 0 || d == DECISION_EXECUTION) return 0.0;
    if (d == DECISION_FORMAT) return p->sharp_format[p->world->domain[x] * F + j];
    return p->sharp_strategy[((size_t)x * F + context) * S + j];
}

double policy_shared_rows(const policy *p, decision d, uint32_t x, size_t context, uint32_t x2, size_t context2) {
    double k = 0.0;
    for (size_t i = p->first[d]; i < p->first[d + 1]; i++) {
        const policy_table *t = &p->tables[i];
        if (t->feature == FEATURE_EMBEDDING) {
            for (size_t m = 0; m < p->n_embedding; m++)
                k += t->gain * t->gain * p->embedding[x * p->n_embedding + m] * p->embedding[x2 * p->n_embedding + m];
            continue;
        }
        const size_t row = policy_row(p, t, x, context);
        if (row != NO_ROW && row == policy_row(p, t, x2, context2)) k += t->gain * t->gain;
    }
    return k;
}

double policy_kernel(const policy *p, decision d, uint32_t x, size_t context, size_t j, uint32_t x2, size_t context2, size_t j2) {
    if (d >= DECISION_STANCE) return policy_statement_kernel(p, d, x, context, j, x2, context2, j2);
    double k = j == j2 ? policy_shared_rows(p, d, x, context, x2, context2) : 0.0;
    if (p->n_sharp == 1 || p->world->domain[x] == p->world->domain[x2])
        k += p->sharp_gain * p->sharp_gain * phi_of(p, d, x, context, j) * phi_of(p, d, x2, context2, j2);
    return k;
}

/* ---- Gradients ---- */

pl_status policy_dz_init(policy_dz *dz, const policy *p) {
    const size_t F = p->world->n_formats, S = p->world->n_strategies, B = p->n_bins;
    *dz = (policy_dz){.n = 2 * F + F * S + B * (1 + p->n_levels)};
    dz->memory = pl_alloc_array(dz->n, sizeof(double));
    if (!dz->memory) return PL_ERR_WORLD;
    dz->format = dz->memory;
    dz->execution = dz->memory + F;
    dz->strategy = dz->memory + 2 * F;
    dz->stance = dz->strategy + F * S;
    dz->confidence = dz->stance + B;
    return PL_OK;
}

void policy_dz_free(policy_dz *dz) {
    pl_free(dz->memory);
    *dz = (policy_dz){0};
}

void policy_dz_clear(policy_dz *dz) { memset(dz->memory, 0, dz->n * sizeof(double)); }

pl_status policy_gradient_init(policy_gradient *g, const policy *p) {
    *g = (policy_gradient){0};
    g->g = pl_alloc_array(p->n_weights, sizeof *g->g);
    g->touched = pl_alloc_array(p->n_rows, sizeof *g->touched);
    g->width = pl_alloc_array(p->n_rows, sizeof *g->width);
    g->mark = pl_alloc_array(p->n_weights, sizeof *g->mark);
    if (g->g && g->touched && g->width && g->mark) return PL_OK;
    policy_gradient_free(g);
    return PL_ERR_WORLD;
}

void policy_gradient_free(policy_gradient *g) {
    pl_free(g->g);
    pl_free(g->touched);
    pl_free(g->width);
    pl_free(g->mark);
    *g = (policy_gradient){0};
}

void policy_gradient_clear(policy_gradient *g) {
    for (size_t i = 0; i < g->n_touched; i++) {
        memset(g->g + g->touched[i], 0, g->width[i] * sizeof(double));
        g->mark[g->touched[i]] = 0;
    }
    g->n_touched = 0;
}

/* `mark` is indexed by a row's first weight. */
void policy_add_row(policy_gradient *g, size_t row, size_t width, double gain, const double *dz) {
    if (!g->mark[row]) {
        g->mark[row] = 1;
        g->touched[g->n_touched] = (uint32_t)row;
        g->width[g->n_touched++] = (uint32_t)width;
    }
    for (size_t j = 0; j < width; j++) g->g[row + j] += gain * dz[j];
}

void policy_backward_tables(const policy *p, decision d, uint32_t x, size_t context, double scale, const double *dz,
                            policy_gradient *g) {
    for (size_t i = p->first[d]; i < p->first[d + 1]; i++) {
        const policy_table *t = &p->tables[i];
        for (size_t k = 0; t->feature == FEATURE_EMBEDDING && k < p->n_embedding; k++)
            policy_add_row(g, t->offset + k * t->width, t->width, scale * t->gain * p->embedding[x * p->n_embedding + k], dz);
        const size_t row = policy_row(p, t, x, context);
        if (row != NO_ROW) policy_add_row(g, row, t->width, scale * t->gain, dz);
    }
}

static bool any(const double *v, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (v[i] != 0.0) return true;
    return false;
}

void policy_backward(const policy *p, const policy_view *v, const policy_dz *dz, policy_gradient *g) {
    const size_t F = v->F, S = v->S;
    const uint32_t x = v->prompt, domain = p->world->domain[x];
    const double scale = 1.0 / v->temperature;               /* the logits that dz is about are z / temperature */
    double tied = 0.0;
    bool tied_touched = false;
    if (any(dz->format, F)) {
        policy_backward_tables(p, DECISION_FORMAT, x, NO_ROW, scale, dz->format, g);
        for (size_t f = 0; f < F && p->n_sharp; f++) tied += p->sharp_format[domain * F + f] * dz->format[f];
        tied_touched = true;
    }
    for (size_t f = 0; f < F; f++) {
        const double *row = dz->strategy + f * S;
        if (dz->execution[f] != 0.0) policy_backward_tables(p, DECISION_EXECUTION, x, f, scale, dz->execution + f, g);
        if (!any(row, S)) continue;
        policy_backward_tables(p, DECISION_STRATEGY, x, f, scale, row, g);
        for (size_t s = 0; s < S && p->n_sharp; s++) tied += p->sharp_strategy[((size_t)x * F + f) * S + s] * row[s];
        tied_touched = true;
    }
    if (p->n_sharp && tied_touched)
        policy_add_row(g, p->sharp_offset + (p->n_sharp > 1 ? domain : 0), 1, scale * p->sharp_gain, &tied);
    if (v->B) policy_statement_backward(p, v, dz, g);
}
