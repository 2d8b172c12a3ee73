/* The dense quick road: several minibatches, any loss, divergence from the base in the loss, baselines that do not sum to zero,
 * features that all prompts share. Every update moves every logit of its prompts. */
#include <math.h>
#include <string.h>
#include "models/policy_internal.h"
#include "models/tabular_fast.h"
#include "sim/core/simd.h"

pl_status tabular_dense_init(tabular_fast *f, const algorithm_spec *a)
{
    static void (*const pushes[])(tabular_push *) = {
        [PL_SIMD_SCALAR] = tabular_push_scalar, [PL_SIMD_AVX2] = tabular_push_avx2, [PL_SIMD_AVX512] = tabular_push_avx512};
    const tabular *t = f->table;
    const size_t row = f->args.V * TABULAR_LANES, n = (size_t)a->prompts;
    tabular_dense *d = &f->dense;
    *d = (tabular_dense){.algorithm = a, .push = pushes[pl_simd_level()]};
    d->shared = pl_arena_array(&f->arena, 2 * row, sizeof *d->shared);
    d->pi = pl_arena_array(&f->arena, n * row, sizeof *d->pi);
    d->coefficient = pl_arena_array(&f->arena, 2 * n * f->args.G, sizeof *d->coefficient);
    d->ln_base_sum = pl_arena_array(&f->arena, t->n_prompts, sizeof *d->ln_base_sum);
    if (!d->shared || !d->pi || !d->coefficient || !d->ln_base_sum)
        return PL_ERR_WORLD;
    d->sum = d->shared + row;
    d->ln_then = d->coefficient + n * f->args.G;
    for (size_t i = 0; i < t->policy.n_tables; i++)
        if (&t->policy.tables[i] != f->own)
            d->gains += t->policy.tables[i].gain * t->policy.tables[i].gain;
    for (size_t x = 0; x < t->n_prompts; x++) {
        const double *z = t->outcomes.ln_prior_strategy + x * t->K;
        double max = -INFINITY, sum = 0;
        for (size_t k = 0; k < t->K; k++)
            max = z[k] > max ? z[k] : max;
        for (size_t k = 0; k < t->K; k++)
            sum += exp(z[k] - max);
        d->ln_base_sum[x] = max + log(sum);
    }
    return PL_OK;
}

/* An earlier rollout of the slot with the same outcome (and the same success, if asked), or i. */
static size_t twin_of(const tabular_fast *f, size_t b, size_t i, bool success)
{
    const uint16_t *outcome = f->outcome + b * f->args.G;
    const uint8_t *correct = f->correct + b * f->args.G;
    size_t j = 0;
    while (j < i && (outcome[j] != outcome[i] || (success && correct[j] != correct[i])))
        j++;
    return j;
}

/* ln pi of every rollout as it was drawn; `pi` belongs to the whole batch. */
static void remember(tabular_fast *f, size_t n)
{
    const size_t G = f->args.G, row = f->args.V * TABULAR_LANES;
    for (size_t b = 0; b < n; b++)
        for (size_t i = 0; i < G; i++) {
            const size_t j = twin_of(f, b, i, false);
            f->dense.ln_then[b * G + i] =
                j < i ? f->dense.ln_then[b * G + j]
                      : (float)log((double)f->dense.pi[b * row + tabular_fast_place(f, f->outcome[b * G + i])]);
        }
}

/* Coefficients of slot b, whose probabilities are `pi`. Rollouts that cannot be told apart share theirs. */
static void weigh(tabular_fast *f, size_t b, uint32_t prompt, const float *pi, algo_counts *counts)
{
    const tabular *t = f->table;
    const size_t G = f->args.G, right = tabular_fast_right(f, b);
    float *c = f->dense.coefficient + b * G;
    for (size_t i = 0; i < G; i++) {
        const size_t k = f->outcome[b * G + i], j = twin_of(f, b, i, true);
        if (j < i) {
            c[i] = c[j];
            continue;
        }
        size_t n = 1;
        for (size_t l = i + 1; l < G; l++)
            n += f->outcome[b * G + l] == k && f->correct[b * G + l] == f->correct[b * G + i];
        const double ln_base = t->outcomes.ln_prior_strategy[prompt * t->K + k] - f->dense.ln_base_sum[prompt];
        const algo_fork fork = {.n = 1,
                                .ln_now = (double)(float)log((double)pi[tabular_fast_place(f, k)]),
                                .ln_then = (double)f->dense.ln_then[b * G + i],
                                .ln_reference = ln_base};
        const double advantage = f->correct[b * G + i] ? f->advantage_right[right] : f->advantage_wrong[right];
        c[i] = (float)(f->weight * algo_coefficient(f->dense.algorithm, &fork, n, advantage, counts));
    }
}

/* Adds sum of c (e_k - pi) of slot b to dz. */
static void add_slot(const tabular_fast *f, size_t b, const float *pi, double *dz)
{
    const size_t G = f->args.G;
    double total = 0;
    for (size_t i = 0; i < G; i++) {
        dz[f->outcome[b * G + i]] += (double)f->dense.coefficient[b * G + i];
        total += (double)f->dense.coefficient[b * G + i];
    }
    for (size_t k = 0; k < f->table->K; k++)
        dz[k] -= total * (double)pi[tabular_fast_place(f, k)];
}

/* Norm of the gradient of all weights; the slots of a prompt that comes twice together. */
static double norm_of(tabular_fast *f, const uint32_t *prompts, size_t from, size_t to)
{
    const size_t K = f->table->K, row = f->args.V * TABULAR_LANES;
    double sum = 0;
    for (size_t b = from; b < to; b++) {
        if (f->seen[prompts[b]])
            continue;
        f->seen[prompts[b]] = 1;
        for (size_t c = b; c < to; c++)
            if (prompts[c] == prompts[b])
                add_slot(f, c, f->dense.pi + (c - from) * row, f->dz);
        for (size_t k = 0; k < K; k++) {
            sum += f->gain * f->gain * f->dz[k] * f->dz[k];
            f->dz[k] = 0;
        }
    }
    for (size_t b = from; b < to; b++)
        f->seen[prompts[b]] = 0;
    for (size_t k = 0; k < K; k++) {
        const double g = (double)f->dense.sum[tabular_fast_place(f, k)];
        sum += f->dense.gains * g * g;
    }
    return sqrt(sum);
}

void tabular_dense_update(tabular_fast *f, tabular_kernel *k, size_t minibatch, algo_counts *counts, double *norm)
{
    tabular_dense *d = &f->dense;
    const size_t row = k->V * TABULAR_LANES, n = k->n;
    const size_t from = algo_minibatch(d->algorithm, n, minibatch), to = algo_minibatch(d->algorithm, n, minibatch + 1);
    tabular_kernel look = *k;
    look.update = false;
    look.shared = d->gains > 0 ? d->shared : NULL;
    look.pi = d->pi;
    look.outcome = f->outcome;
    if (minibatch > 0) {                                   /* the batch is drawn: only what the policy has become */
        look.rows = k->rows + from;
        look.n = to - from;
        look.G = 0;
        look.outcome = NULL;
    }
    f->kernel(&look);
    k->entropy = look.entropy;
    k->pass = look.pass;
    k->n = look.n;
    if (minibatch == 0)
        remember(f, n);
    for (size_t b = from; b < to; b++)
        weigh(f, b, k->rows[b], d->pi + (b - from) * row, counts);
    memset(d->sum, 0, row * sizeof *d->sum);
    tabular_push push = {.z = k->z, .pi = d->pi, .rows = k->rows + from, .outcome = f->outcome + from * k->G,
                         .coefficient = d->coefficient + from * k->G, .n = to - from, .V = k->V, .G = k->G,
                         .move = (float)(f->gain * f->gain * f->lr), .sum = d->sum};
    d->push(&push);
    if (norm)
        *norm = norm_of(f, k->rows, from, to);
    const float move = (float)(d->gains * f->lr);
    for (size_t i = 0; i < row; i++)
        d->shared[i] += move * d->sum[i];
}
