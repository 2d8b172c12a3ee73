/* Building the world: prompts, difficulty, applicability, priors. docs/model/world.md says the same in formulas.
 *
 * Every random number is a pure function of what it is for: (domain, class and number of the prompt or template,
 * purpose and strategy or format). So a strategy, format or domain added at the end, or more prompts, leave the
 * others' numbers as they were.
 */
#include "models/world.h"

#include <stdlib.h>
#include <string.h>

/* Upper half of the third counter: what a number is for; the lower half: which strategy or format. */
enum { DRAW_DIFFICULTY = 1, DRAW_TEMPLATE, DRAW_TEMPLATE_COMMON, DRAW_PROMPT, DRAW_PROMPT_COMMON, DRAW_POOL, DRAW_MISTAKE };

/* Number of a prompt or template within its domain and class, as the second counter. */
static uint32_t numbered(int split, size_t i) { return ((uint32_t)split << 30) | (uint32_t)i; }

static pl_stream stream_for(const pl_seeds *seeds, size_t domain, uint32_t number, uint32_t draw, size_t option) {
    return pl_stream_make(seeds, PL_FOR_WORLD, (uint32_t)domain, number, (draw << 16) | (uint32_t)option);
}

static double normal_for(const pl_seeds *seeds, size_t domain, uint32_t number, uint32_t draw, size_t option) {
    pl_stream stream = stream_for(seeds, domain, number, draw, option);
    return pl_normal(&stream);
}

/* Standard normals of two strategies have correlation rho: one common factor. */
static double correlated(const pl_seeds *seeds, size_t domain, uint32_t number, uint32_t draw, uint32_t common, size_t strategy,
                         double rho) {
    const double own = normal_for(seeds, domain, number, draw, strategy);
    if (rho == 0.0) return own;
    return sqrt(rho) * normal_for(seeds, domain, number, common, 0) + sqrt(1.0 - rho) * own;
}

/* ln of a Gamma(a, 1) variate, by Marsaglia and Tsang (2000), whose logarithm stays finite for small a. */
static double ln_gamma_variate(pl_stream *s, double a) {
    double ln_boost = 0.0;
    if (a < 1.0) {
        ln_boost = log(pl_uniform(s)) / a;
        a += 1.0;
    }
    const double d = a - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        const double x = pl_normal(s), v = 1.0 + c * x;
        if (v <= 0.0) continue;
        const double v3 = v * v * v;
        if (log(pl_uniform(s)) < 0.5 * x * x + d - d * v3 + d * log(v3)) return log(d * v3) + ln_boost;
    }
}

static double draw_difficulty(const difficulty_spec *spec, const pl_seeds *seeds, size_t domain, uint32_t number, size_t i) {
    if (spec->list.n) return spec->list.v[i % spec->list.n];
    pl_stream stream = stream_for(seeds, domain, number, DRAW_DIFFICULTY, 0);
    if (spec->pass_rate.n == 2) {                    /* p = X/(X+Y), so b = -logit p = ln Y - ln X */
        const double ln_x = ln_gamma_variate(&stream, spec->pass_rate.v[0]);
        return ln_gamma_variate(&stream, spec->pass_rate.v[1]) - ln_x;
    }
    return spec->mean + spec->sd * pl_normal(&stream);
}

/* Prompts and templates of one domain in one split. Held-out prompts of training templates share those. */
typedef struct section {
    size_t domain, prompts, templates, first_template;
    int split, template_split;
} section;

static section section_of(const world *w, int split, size_t domain) {
    const domain_spec *d = w->domains[domain];
    section s = {.domain = domain, .split = split, .template_split = SPLIT_TRAIN};
    const bool variant = split == SPLIT_HELD_OUT_TEMPLATE;
    s.prompts = (size_t)(split == SPLIT_TRAIN ? d->prompts : variant && d->held_out_templates == 0 ? 0 : d->held_out);
    s.templates = (size_t)(variant ? d->held_out_templates : d->templates);
    if (variant) {
        s.template_split = SPLIT_HELD_OUT_TEMPLATE;
        s.first_template = w->n_train_templates;
    }
    for (size_t e = 0; e < domain; e++)
        s.first_template += (size_t)(variant ? w->domains[e]->held_out_templates : w->domains[e]->templates);
    return s;
}

static bool allocate_lengths(world *w) {
    pl_arena *a = &w->arena;
    const bool own = w->spec->length_per_logit != 0.0, interrupts = w->spec->interrupt.at > 0.0;
    const size_t paths = w->n_formats * w->n_strategies, n = own ? w->n_prompts : 1;
    w->path_stride = own ? paths : 0;
    w->tokens = pl_arena_array(a, n, paths * sizeof *w->tokens);
    w->length = pl_arena_array(a, n, paths * sizeof *w->length);
    w->fits = pl_arena_array(a, n, paths * sizeof *w->fits);
    w->steps = pl_arena_array(a, n, paths * sizeof *w->steps);
    if (!w->tokens || !w->length || !w->fits || !w->steps || !interrupts) return w->tokens && w->length && w->fits && w->steps;
    w->most_steps = 1;
    for (size_t s = 0; s < w->n_strategies; s++)
        if ((size_t)w->strategies[s]->steps > w->most_steps) w->most_steps = (size_t)w->strategies[s]->steps;
    w->interrupted = pl_arena_array(a, n, paths * sizeof *w->interrupted);
    w->reach = pl_arena_array(a, n * paths, w->most_steps * sizeof *w->reach);
    return w->interrupted && w->reach;
}

static bool allocate(world *w) {
    const size_t n = w->n_prompts, F = w->n_formats, S = w->n_strategies;
    pl_arena *a = &w->arena;
    w->domain = pl_arena_array(a, n, sizeof *w->domain);
    w->template_ = pl_arena_array(a, n, sizeof *w->template_);
    w->band = pl_arena_array(a, n, sizeof *w->band);
    w->number = pl_arena_array(a, n, sizeof *w->number);
    w->split = pl_arena_array(a, n, sizeof *w->split);
    w->difficulty = pl_arena_array(a, n, sizeof *w->difficulty);
    w->applicability = pl_arena_array(a, n, S * sizeof *w->applicability);
    w->ln_prior_format = pl_arena_array(a, w->n_domains, F * sizeof *w->ln_prior_format);
    w->ln_prior_strategy = pl_arena_array(a, n, F * S * sizeof *w->ln_prior_strategy);
    w->execution = pl_arena_array(a, n, F * sizeof *w->execution);
    if (!allocate_lengths(w)) return false;
    w->wrong = pl_arena_array(a, w->n_wrong, sizeof *w->wrong);
    w->mistake = pl_arena_array(a, n, sizeof *w->mistake);
    w->likeliest_mistake = pl_arena_array(a, n, sizeof *w->likeliest_mistake);
    const bool own = w->spec->answers.invited_by == INVITED_BY_STRATEGY;
    if (own) w->own_mistake = pl_arena_array(a, n, S * sizeof *w->own_mistake);
    return w->domain && w->template_ && w->band && w->number && w->split && w->difficulty && w->applicability &&
           w->ln_prior_format && w->ln_prior_strategy && w->execution && w->wrong && w->mistake && w->likeliest_mistake &&
           (w->own_mistake || !own);
}

/* Pointers to the specs by index, and all counts. */
static bool count(world *w) {
    const world_spec *spec = w->spec;
    w->n_domains = spec->domains.n;
    w->n_formats = spec->formats.n;
    w->n_strategies = spec->strategies.n;
    w->n_bands = (size_t)spec->bands;
    w->n_wrong = spec->answers.wrong > 1 ? (size_t)spec->answers.wrong : 1;
    w->domains = pl_arena_array(&w->arena, w->n_domains, sizeof *w->domains);
    w->formats = pl_arena_array(&w->arena, w->n_formats, sizeof *w->formats);
    w->strategies = pl_arena_array(&w->arena, w->n_strategies, sizeof *w->strategies);
    if (!w->domains || !w->formats || !w->strategies) return false;
    for (size_t d = 0; d < w->n_domains; d++) w->domains[d] = (const domain_spec *)spec->domains.v + d;
    for (size_t f = 0; f < w->n_formats; f++) w->formats[f] = (const format_spec *)spec->formats.v + f;
    for (size_t s = 0; s < w->n_strategies; s++) w->strategies[s] = (const strategy_spec *)spec->strategies.v + s;
    for (size_t d = 0; d < w->n_domains; d++) {
        w->n_train_templates += (size_t)w->domains[d]->templates;
        w->n_templates += (size_t)(w->domains[d]->templates + w->domains[d]->held_out_templates);
    }
    for (int split = 0; split < SPLITS; split++)
        for (size_t d = 0; d < w->n_domains; d++) w->n_split[split] += section_of(w, split, d).prompts;
    w->n_train = w->n_split[SPLIT_TRAIN];
    for (int split = 0; split < SPLITS; split++) w->n_prompts += w->n_split[split];
    return true;
}

/* Latent logit of applicability before discrimination, or NaN where the strategy cannot work at all. */
static double latent_ability(const world *w, const pl_seeds *seeds, const section *c, size_t x, size_t i, size_t s) {
    const strategy_spec *strategy = w->strategies[s];
    const char *domain = w->domains[c->domain]->name;
    const size_t t = w->template_[x] - c->first_template;
    const double fraction = (double)t / (double)c->templates;
    if (fraction < strategy->applies_to.v[0] || fraction >= strategy->applies_to.v[1]) return NAN;
    const double rho = world_per(&w->spec->correlation, domain);
    const double eps_t = correlated(seeds, c->domain, numbered(c->template_split, t), DRAW_TEMPLATE, DRAW_TEMPLATE_COMMON, s, rho);
    const double eps_x = correlated(seeds, c->domain, numbered(c->split, i), DRAW_PROMPT, DRAW_PROMPT_COMMON, s, rho);
    return world_per(&strategy->ability, domain) + strategy->ability_per_ln_scale * log(w->spec->scale / w->spec->reference_scale) +
           w->spec->template_sd * eps_t + w->spec->prompt_sd * eps_x - w->difficulty[x];
}

static void build_answers(world *w) {
    double sum = 0.0;
    for (size_t i = 0; i < w->n_wrong; i++) sum += w->wrong[i] = pow((double)(i + 1), -w->spec->answers.zipf);
    for (size_t i = 0; i < w->n_wrong; i++) w->wrong[i] /= sum;
}

static double sigmoid(double z) { return z >= 0.0 ? 1.0 / (1.0 + exp(-z)) : exp(z) / (1.0 + exp(z)); }

/* One section: who the prompts are and what works on them. Latent logits are left in `applicability` for the prior. */
static void build_section(world *w, const pl_seeds *seeds, const section *c, size_t first) {
    const double ln_scale = log(w->spec->scale / w->spec->reference_scale);
    for (size_t i = 0; i < c->prompts; i++) {
        const size_t x = first + i;
        w->domain[x] = (uint32_t)c->domain;
        w->split[x] = (uint8_t)c->split;
        w->number[x] = (uint32_t)i;
        /* Blocks of equal size: a list of difficulties then runs through within each template. */
        w->template_[x] = (uint32_t)(c->first_template + i * c->templates / c->prompts);
        w->difficulty[x] = draw_difficulty(&w->domains[c->domain]->difficulty, seeds, c->domain, numbered(c->split, i), i);
        pl_stream mistake = stream_for(seeds, c->domain, numbered(c->split, i), DRAW_MISTAKE, 0);
        w->mistake[x] = (uint16_t)(1 + pl_categorical(&mistake, w->wrong, w->n_wrong));
        for (size_t s = 0; s < w->n_strategies && w->own_mistake; s++) {
            pl_stream own = stream_for(seeds, c->domain, numbered(c->split, i), DRAW_MISTAKE, 1 + s);
            w->own_mistake[x * w->n_strategies + s] = (uint16_t)(1 + pl_categorical(&own, w->wrong, w->n_wrong));
        }
        for (size_t s = 0; s < w->n_strategies; s++)
            if (strategy_is_genuine(w->strategies[s]->kind))
                w->applicability[x * w->n_strategies + s] = latent_ability(w, seeds, c, x, i, s);
        for (size_t f = 0; f < w->n_formats; f++) {
            const format_spec *format = w->formats[f];
            const double per_ln_scale = w->spec->execution_per_ln_scale + format->skill_per_ln_scale;
            double e = w->spec->execution + format->skill + per_ln_scale * ln_scale;
            if (format->pool_share > 0.0 && c->split == SPLIT_TRAIN) {
                pl_stream stream = stream_for(seeds, c->domain, numbered(c->split, i), DRAW_POOL, f);
                if (pl_uniform(&stream) < format->pool_share) e += format->pool_bonus;
            }
            w->execution[x * w->n_formats + f] = e;
        }
    }
}

/* Mean and standard deviation of the latent logit over the domain's training prompts where the strategy applies. */
static void standardise(const world *w, size_t domain, size_t s, double *mean, double *sd) {
    double n = 0.0, sum = 0.0, square = 0.0;
    for (size_t x = 0; x < w->n_train; x++) {
        const double z = w->applicability[x * w->n_strategies + s];
        if (w->domain[x] == domain && !isnan(z)) { n += 1.0; sum += z; }
    }
    *mean = n > 0.0 ? sum / n : 0.0;
    for (size_t x = 0; x < w->n_train; x++) {
        const double z = w->applicability[x * w->n_strategies + s];
        if (w->domain[x] == domain && !isnan(z)) square += (z - *mean) * (z - *mean);
    }
    *sd = n > 0.0 ? sqrt(square / n) : 0.0;
}

/* v -= ln sum exp v */
static void normalise(double *v, size_t n) {
    double max = v[0], sum = 0.0;
    for (size_t i = 1; i < n; i++) max = v[i] > max ? v[i] : max;
    for (size_t i = 0; i < n; i++) sum += exp(v[i] - max);
    const double ln = max + log(sum);
    for (size_t i = 0; i < n; i++) v[i] -= ln;
}

static double factor_of(const world *w, size_t s, size_t f) {
    return world_per(&w->strategies[s]->format_factor, w->formats[f]->name);
}

/* ln prior of the strategies: share, times the format's factor, times exp(knows * standardised latent logit). */
static void build_strategy_prior(world *w) {
    const size_t F = w->n_formats, S = w->n_strategies;
    for (size_t s = 0; s < S; s++) {
        const strategy_spec *strategy = w->strategies[s];
        for (size_t d = 0; d < w->n_domains; d++) {
            double mean = 0.0, sd = 0.0;
            if (strategy->knows != 0.0) standardise(w, d, s, &mean, &sd);
            const double ln_share = log(world_per(&strategy->share, w->domains[d]->name));
            for (size_t f = 0; f < F; f++) {
                const double ln_prior = ln_share + log(factor_of(w, s, f));
                for (size_t x = 0; x < w->n_prompts; x++) {
                    if (w->domain[x] != d) continue;
                    const double z = w->applicability[x * S + s];
                    const double knows = sd > 0.0 && !isnan(z) ? strategy->knows * (z - mean) / sd : 0.0;
                    w->ln_prior_strategy[(x * F + f) * S + s] = ln_prior + knows;
                }
            }
        }
        for (size_t f = 1; f < F; f++)
            if (factor_of(w, s, f) != factor_of(w, s, 0)) w->prior_by_format = true;
    }
    for (size_t i = 0; i < w->n_prompts * F; i++) normalise(w->ln_prior_strategy + i * S, S);
}

static void build_format_prior(world *w) {
    for (size_t d = 0; d < w->n_domains; d++) {
        double *row = w->ln_prior_format + d * w->n_formats;
        for (size_t f = 0; f < w->n_formats; f++) row[f] = log(world_per(&w->formats[f]->share, w->domains[d]->name));
        normalise(row, w->n_formats);
    }
}

/* Latent logits become success rates: M, gamma_d or 0. */
static void finish_applicability(world *w) {
    for (size_t x = 0; x < w->n_prompts; x++)
        for (size_t s = 0; s < w->n_strategies; s++) {
            const strategy_spec *strategy = w->strategies[s];
            double *m = &w->applicability[x * w->n_strategies + s];
            if (strategy->kind == STRATEGY_SHORTCUT) *m = w->domains[w->domain[x]]->guess;
            else if (strategy->kind == STRATEGY_ABSTAIN || isnan(*m)) *m = 0.0;
            else *m = sigmoid(strategy->discrimination * *m);
        }
}

static void build_lengths(world *w) {
    const double slope = w->spec->length_per_logit;
    for (size_t x = 0; x < (w->path_stride ? w->n_prompts : 1); x++)
        for (size_t f = 0; f < w->n_formats; f++)
            for (size_t s = 0; s < w->n_strategies; s++) {
                const strategy_spec *strategy = w->strategies[s];
                const size_t i = world_path(w, x, f, s);
                w->tokens[i] = w->formats[f]->tokens * (strategy->tokens + (double)strategy->steps * strategy->tokens_per_step);
                if (w->path_stride) w->tokens[i] *= exp(slope * w->difficulty[x]);
                world_path_law(w, i, (size_t)strategy->steps);
            }
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Band = how many inner quantiles of the training prompts' difficulty lie at or below the prompt's. */
static bool build_bands(world *w) {
    double *sorted = pl_alloc_array(w->n_train, sizeof *sorted);
    if (!sorted) return false;
    memcpy(sorted, w->difficulty, w->n_train * sizeof *sorted);
    qsort(sorted, w->n_train, sizeof *sorted, compare);
    for (size_t x = 0; x < w->n_prompts; x++)
        for (size_t k = 1; k < w->n_bands; k++) w->band[x] += w->difficulty[x] >= sorted[k * w->n_train / w->n_bands];
    pl_free(sorted);
    return true;
}

static bool all_finite(const double *v, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i])) return false;
    return true;
}

pl_status world_build(world *w, const world_spec *spec, const pl_seeds *seeds, pl_diag *diag) {
    *w = (world){.spec = spec, .seeds = *seeds};
    pl_arena_init(&w->arena);
    if (!count(w) || !allocate(w)) goto out_of_memory;
    size_t first = 0;
    build_answers(w);
    for (int split = 0; split < SPLITS; split++)
        for (size_t d = 0; d < w->n_domains; d++) {
            const section c = section_of(w, split, d);
            build_section(w, seeds, &c, first);
            first += c.prompts;
        }
    build_format_prior(w);
    build_strategy_prior(w);
    finish_applicability(w);
    build_lengths(w);
    if (!build_bands(w)) goto out_of_memory;
    double *q = pl_alloc_array(w->n_wrong, sizeof *q);
    if (!q) goto out_of_memory;
    world_label_mistakes(w, q);
    pl_free(q);
    if (all_finite(w->ln_prior_format, w->n_domains * w->n_formats) &&
        all_finite(w->ln_prior_strategy, w->n_prompts * w->n_formats * w->n_strategies) &&
        all_finite(w->applicability, w->n_prompts * w->n_strategies) && all_finite(w->difficulty, w->n_prompts) &&
        all_finite(w->length, (w->path_stride ? w->n_prompts : 1) * w->n_formats * w->n_strategies)) return PL_OK;
    pl_diag_add(diag, PL_ERROR, (pl_place){0}, "make abilities, spreads and shares less extreme",
                "a prior, difficulty or applicability of the world is not finite");
    world_free(w);
    return PL_ERR_NUMERIC;
out_of_memory:
    world_free(w);
    return pl_diag_nomem(diag, "building the world");
}

void world_free(world *w) {
    pl_arena_free(&w->arena);
    *w = (world){0};
}
