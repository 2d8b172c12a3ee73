#include "tests/unit/train/twin.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OPTIONS = 16, TWIN_DECISIONS = 3 };      /* format, strategy, execution */

typedef struct response {
    size_t prompt, format, strategy, steps, right;
    double tokens, reward, advantage, weight;
    double p_format, p_strategy, p_step;         /* when it was drawn */
} response;

static size_t options(const twin *t, int d) { return d == DECISION_FORMAT ? t->w->n_formats : d == DECISION_STRATEGY ? t->w->n_strategies : 1; }

static double gain(const twin *t, int d, int f)
{
    const gains_spec *own[] = {&t->policy->format, &t->policy->strategy, &t->policy->execution};
    if (d == DECISION_FORMAT && f == FEATURE_CONTEXT)
        return 0;
    return isnan(own[d]->v[f]) ? t->policy->transfer.v[f] : own[d]->v[f];
}

/* Number of keys of a feature, and the key of prompt x in context c. */
static size_t keys(const twin *t, int f)
{
    const world *w = t->w;
    const size_t n[] = {1, w->n_domains, w->n_bands, w->n_train_templates, w->n_train, 0, w->n_formats};
    return n[f];
}

static size_t key(const twin *t, int f, size_t x, size_t c)
{
    const world *w = t->w;
    const size_t k[] = {0, w->domain[x], w->band[x], w->template_[x], x, 0, c};
    return k[f];
}

/* Weights are numbered decision by decision, feature by feature (those without gain left out), key by key, option by
 * option; the tied ones last. Returns the first weight of a table, or the number of all table weights. */
static size_t first_weight(const twin *t, int which, int by)
{
    size_t n = 0;
    for (int d = 0; d < TWIN_DECISIONS; d++)
        for (int f = 0; f < FEATURES; f++) {
            if (d == which && f == by)
                return n;
            if (gain(t, d, f) != 0)
                n += keys(t, f) * options(t, d);
        }
    return n;
}

static double ln_prior(const twin *t, int d, size_t x, size_t c, size_t j)
{
    const world *w = t->w;
    if (d == DECISION_FORMAT)
        return w->ln_prior_format[w->domain[x] * w->n_formats + j];
    if (d == DECISION_STRATEGY)
        return w->ln_prior_strategy[(x * w->n_formats + c) * w->n_strategies + j];
    return w->execution[x * w->n_formats + c];
}

/* The feature vector of option j, in t->feature. */
static void features(const twin *t, int d, size_t x, size_t c, size_t j)
{
    memset(t->feature, 0, t->n * sizeof *t->feature);
    for (int f = 0; f < FEATURES; f++)
        if (gain(t, d, f) != 0 && key(t, f, x, c) < keys(t, f))
            t->feature[first_weight(t, d, f) + key(t, f, x, c) * options(t, d) + j] = gain(t, d, f);
    if (d == DECISION_EXECUTION || t->policy->sharp == 0)
        return;
    double mean = 0;
    for (size_t k = 0; k < options(t, d); k++)
        mean += exp(ln_prior(t, d, x, c, k)) * ln_prior(t, d, x, c, k);
    size_t tied = first_weight(t, TWIN_DECISIONS, 0) + (t->policy->sharp_per_domain ? t->w->domain[x] : 0);
    t->feature[tied] = t->policy->sharp * (ln_prior(t, d, x, c, j) - mean);
}

static double logit(const twin *t, int d, size_t x, size_t c, size_t j)
{
    double z = ln_prior(t, d, x, c, j);
    features(t, d, x, c, j);
    for (size_t i = 0; i < t->n; i++)
        z += t->feature[i] * t->weights[i];
    return z;
}

/* Probabilities of the options; of an execution step, the probability of success. */
static void distribution(const twin *t, int d, size_t x, size_t c, double *p)
{
    double sum = 0;
    if (d == DECISION_EXECUTION) {
        p[0] = 1 / (1 + exp(-logit(t, d, x, c, 0)));
        return;
    }
    for (size_t j = 0; j < options(t, d); j++)
        sum += p[j] = exp(logit(t, d, x, c, j));
    for (size_t j = 0; j < options(t, d); j++)
        p[j] /= sum;
}

/* gradient += c grad ln pi(j) = c (feature of j - expected feature). */
static void add_choice(twin *t, int d, size_t x, size_t context, size_t j, double c)
{
    double p[MAX_OPTIONS];
    distribution(t, d, x, context, p);
    memset(t->mean, 0, t->n * sizeof *t->mean);
    for (size_t k = 0; k < options(t, d); k++) {
        features(t, d, x, context, k);
        for (size_t i = 0; i < t->n; i++)
            t->mean[i] += p[k] * t->feature[i];
    }
    features(t, d, x, context, j);
    for (size_t i = 0; i < t->n; i++)
        t->gradient[i] += c * (t->feature[i] - t->mean[i]);
}

/* A step is right with probability q = sigma(e): grad ln q = (1 - q) grad e, grad ln(1 - q) = -q grad e. */
static void add_step(twin *t, size_t x, size_t format, bool right, double c)
{
    double q;
    distribution(t, DECISION_EXECUTION, x, format, &q);
    features(t, DECISION_EXECUTION, x, format, 0);
    for (size_t i = 0; i < t->n; i++)
        t->gradient[i] += c * (right ? 1 - q : -q) * t->feature[i];
}

static void draw(const twin *t, response *r, uint32_t batch, uint32_t slot, uint32_t index)
{
    const world *w = t->w;
    double p[MAX_OPTIONS];
    pl_stream decide = pl_stream_make(t->seeds, PL_FOR_SAMPLE, batch, slot, index);
    pl_stream outcome = pl_stream_make(t->seeds, PL_FOR_OUTCOME, batch, slot, index);
    distribution(t, DECISION_FORMAT, r->prompt, 0, p);
    r->format = pl_categorical(&decide, p, w->n_formats);
    r->p_format = p[r->format];
    distribution(t, DECISION_STRATEGY, r->prompt, r->format, p);
    r->strategy = pl_categorical(&decide, p, w->n_strategies);
    r->p_strategy = p[r->strategy];
    distribution(t, DECISION_EXECUTION, r->prompt, r->format, &r->p_step);
    r->steps = (size_t)w->strategies[r->strategy]->steps;
    r->right = 0;
    for (size_t s = 0; s < r->steps; s++)
        r->right += pl_uniform(&decide) < r->p_step;
    bool works = pl_uniform(&outcome) < w->applicability[r->prompt * w->n_strategies + r->strategy];
    bool readable = pl_uniform(&outcome) < w->formats[r->format]->extraction;
    double sd = w->spec->length_sd, cap = floor(w->spec->length_cap);
    double raw = w->tokens[r->format * w->n_strategies + r->strategy] * exp(sd * pl_normal(&outcome) - sd * sd / 2);
    bool truncated = raw >= cap + .5;
    r->tokens = truncated ? cap : fmax(1, floor(raw + .5));
    r->reward = works && readable && !truncated && r->right == r->steps ? t->reward : 0;
}

static void advantages(const twin *t, response *group)
{
    double mean = 0, variance = 0, G = (double)t->G;
    for (size_t i = 0; i < t->G; i++)
        mean += group[i].reward / G;
    for (size_t i = 0; i < t->G; i++)
        variance += (group[i].reward - mean) * (group[i].reward - mean) / G;
    bool equal = true;
    for (size_t i = 1; i < t->G; i++)
        equal = equal && group[i].reward == group[0].reward;
    for (size_t i = 0; i < t->G; i++) {
        double others = (G * mean - group[i].reward) / (G - 1);
        double a = group[i].reward - (t->leave_one_out ? others : mean);
        a = equal ? 0 : t->scaled ? a / (sqrt(variance) + t->epsilon) : a;
        group[i].advantage = a > 0 ? t->positive * a : t->negative * a;
    }
}

/* What multiplies the gradient of one response, for each way of averaging over a minibatch of n prompts. */
static void weigh(const twin *t, response *r, size_t n)
{
    double all = 0, G = (double)t->G, prompts = (double)n;
    for (size_t i = 0; i < n * t->G; i++)
        all += r[i].tokens;
    for (size_t i = 0; i < n * t->G; i++) {
        double group = 0;
        for (size_t k = 0; k < t->G; k++)
            group += r[i / t->G * t->G + k].tokens;
        switch (t->aggregation) {
        case TWIN_TOKEN:    r[i].weight = t->reference_tokens / all; break;
        case TWIN_RESPONSE: r[i].weight = t->reference_tokens / (prompts * G * r[i].tokens); break;
        case TWIN_PROMPT:   r[i].weight = t->reference_tokens / (prompts * group); break;
        case TWIN_SEQUENCE: r[i].weight = 1 / (prompts * G); break;
        }
    }
}

/* The four kinds of forks of a response: format, strategy, steps that went right, steps that went wrong. */
enum { KINDS = 4 };
typedef struct path { double p[KINDS]; } path;

static path probabilities(const twin *t, const response *r)
{
    double format[MAX_OPTIONS], strategy[MAX_OPTIONS], step;
    distribution(t, DECISION_FORMAT, r->prompt, 0, format);
    distribution(t, DECISION_STRATEGY, r->prompt, r->format, strategy);
    distribution(t, DECISION_EXECUTION, r->prompt, r->format, &step);
    return (path){{format[r->format], strategy[r->strategy], step, 1 - step}};
}

static path under(twin *t, double *weights, const response *r)
{
    double *own = t->weights;
    t->weights = weights;
    path p = probabilities(t, r);
    t->weights = own;
    return p;
}

static double count(const response *r, int kind) { return kind < 2 ? 1 : (double)(kind == 2 ? r->right : r->steps - r->right); }

/* Advantage of a decision: plans are the format and the strategy. */
static double credited(const twin *t, double advantage, int kind)
{
    if (kind >= 2 || t->credit == TWIN_EVEN)
        return advantage;
    return t->credit == TWIN_PLANNING ? t->credit_by * advantage : advantage + t->credit_by * fabs(advantage);
}

/* What the loss makes of an advantage and a ratio. */
static double lost(const twin *t, double A, double u)
{
    double low = 1 - t->low, high = 1 + t->high;
    switch (t->loss) {
    case TWIN_CISPO:     return fmin(fmax(u, low), high) * A;
    case TWIN_GPPO:      return (A > 0 ? fmin(u, high) : fmax(u, low)) * A;
    case TWIN_TRUNCATED: return fmin(u, high) * A;
    case TWIN_SUPERVISED: return A;
    default:             return (A > 0 && u > high) || (A < 0 && u < low) ? 0 : u * A;
    }
}

static void add_response(twin *t, const response *r)
{
    path now = probabilities(t, r), then = {{r->p_format, r->p_strategy, r->p_step, 1 - r->p_step}};
    path anchor = t->proximal ? under(t, t->start, r) : then;
    double u[KINDS], w[KINDS], all_u = 1, all_w = 1;
    for (int k = 0; k < KINDS; k++) {
        u[k] = now.p[k] / anchor.p[k];
        w[k] = anchor.p[k] / then.p[k];
        all_u *= pow(u[k], count(r, k) / r->tokens);
        all_w *= pow(w[k], count(r, k) / r->tokens);
    }
    for (int k = 0; k < KINDS; k++) {
        bool whole = t->loss == TWIN_GSPO;
        double c = r->weight * fmin(whole ? all_w : w[k], t->cap) * lost(t, credited(t, r->advantage, k), whole ? all_u : u[k]);
        if (k == 0)
            add_choice(t, DECISION_FORMAT, r->prompt, 0, r->format, c);
        if (k == 1)
            add_choice(t, DECISION_STRATEGY, r->prompt, r->format, r->strategy, c);
        for (double s = 0; k >= 2 && s < count(r, k); s++)
            add_step(t, r->prompt, r->format, k == 2, c);
    }
}

void twin_init(twin *t)
{
    size_t tied = t->policy->sharp == 0 ? 0 : t->policy->sharp_per_domain ? t->w->n_domains : 1;
    t->n = first_weight(t, TWIN_DECISIONS, 0) + tied;
    t->weights = calloc(t->n, sizeof *t->weights);
    t->gradient = calloc(t->n, sizeof *t->gradient);
    t->mean = calloc(t->n, sizeof *t->mean);
    t->feature = calloc(t->n, sizeof *t->feature);
    t->start = calloc(t->n, sizeof *t->start);
    t->zero = calloc(t->n, sizeof *t->zero);
}

void twin_free(twin *t)
{
    free(t->weights);
    free(t->gradient);
    free(t->mean);
    free(t->feature);
    free(t->start);
    free(t->zero);
}

void twin_batch(twin *t, uint32_t batch, const uint32_t *prompts)
{
    response *all = calloc(t->P * t->G, sizeof *all);
    size_t n = t->P / t->minibatches;
    double *own = t->weights;
    memcpy(t->start, own, t->n * sizeof *own);
    t->weights = t->base ? t->zero : own;
    for (size_t k = 0; k < t->P; k++) {
        for (size_t i = 0; i < t->G; i++) {
            all[k * t->G + i].prompt = prompts[k];
            draw(t, &all[k * t->G + i], batch, (uint32_t)k, (uint32_t)i);
        }
        advantages(t, all + k * t->G);
    }
    t->weights = own;
    for (size_t m = 0; m < t->minibatches; m++) {
        response *part = all + m * n * t->G;
        weigh(t, part, n);
        memset(t->gradient, 0, t->n * sizeof *t->gradient);
        for (size_t i = 0; i < n * t->G; i++)
            if (part[i].advantage != 0)
                add_response(t, &part[i]);
        for (size_t i = 0; i < t->n; i++)
            t->weights[i] += t->lr * t->gradient[i];
    }
    free(all);
}
