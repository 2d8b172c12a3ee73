/* The general road of the tabular world: any recipe, weights and arithmetic in double precision. Draws and numbers are those
 * of models/rollout.c for a policy of one decision; softmax and numbers come from models/tabular_general_kernel.c. */
#include <math.h>
#include <string.h>
#include "models/policy_internal.h"
#include "models/tabular.h"
#include "sim/core/simd.h"

enum { BLOCK = 8 };                          /* outcomes of which the distribution has a sum of its own */
enum { MAX_CLASSES = 64, AHEAD = 2 };       /* groups ahead of the one at hand whose rows are fetched */

pl_status tabular_general_init(tabular *t)
{
    const size_t room = (t->K + BLOCK - 1) / BLOCK * BLOCK;
    t->row = (tabular_row){.K = t->K, .room = room};
    t->row.z = pl_arena_array(&t->arena, room, 4 * sizeof *t->row.z);
    t->outcome = pl_arena_array(&t->arena, t->F * t->S, sizeof *t->outcome);
    t->ln_reference_sum = pl_arena_array(&t->arena, t->n_prompts, sizeof *t->ln_reference_sum);
    if (!t->row.z || !t->outcome || !t->ln_reference_sum)
        return PL_ERR_WORLD;
    for (size_t x = 0; x < t->n_prompts; x++)
        t->ln_reference_sum[x] = NAN;
    t->row.pi = t->row.z + room;
    t->within = t->row.pi + room;
    t->upto = t->within + room;
    for (size_t k = t->K; k < room; k++)
        t->row.z[k] = -1e300;
    for (size_t k = 0; k < t->K; k++)
        t->outcome[t->group[k] * t->S + t->place[k]] = (uint32_t)k;
    return PL_OK;
}

/* What the logits of a prompt are made of. */
static void gather_parts(tabular *t, const double *weights, uint32_t prompt)
{
    const policy *p = &t->policy;
    tabular_row *r = &t->row;
    r->prior = t->outcomes.ln_prior_strategy + prompt * t->K;
    r->n_parts = 0;
    for (size_t i = p->first[DECISION_STRATEGY]; i < p->first[DECISION_STRATEGY + 1]; i++) {
        const size_t row = policy_row(p, &p->tables[i], prompt, 0);
        if (row != NO_ROW)
            r->part[r->n_parts++] = (tabular_part){weights + row, p->tables[i].gain};
    }
    if (p->n_sharp)
        r->part[r->n_parts++] = (tabular_part){p->sharp_strategy + prompt * t->K, p->sharp_gain * weights[p->sharp_offset]};
}

/* Logits and probabilities of a prompt, in t->row. */
static void decide(tabular *t, const double *weights, uint32_t prompt)
{
    static void (*const softmax[])(tabular_row *) = {[PL_SIMD_SCALAR] = tabular_softmax_scalar,
                                                     [PL_SIMD_AVX2] = tabular_softmax_avx2,
                                                     [PL_SIMD_AVX512] = tabular_softmax_avx512};
    gather_parts(t, weights, prompt);
    softmax[pl_simd_level()](&t->row);
}

/* Has the rows of a prompt brought closer: prompts come in random order, and a step is mostly waiting for memory. */
static void fetch(const tabular *t, const double *weights, const double *gradient, uint32_t prompt)
{
    enum { LINE = 64 / sizeof(double) };
    const policy *p = &t->policy;
    const double *prior = t->outcomes.ln_prior_strategy + prompt * t->K;
    for (size_t k = 0; k < t->K; k += LINE)
        __builtin_prefetch(prior + k);
    for (size_t i = p->first[DECISION_STRATEGY]; i < p->first[DECISION_STRATEGY + 1]; i++) {
        const size_t row = policy_row(p, &p->tables[i], prompt, 0);
        for (size_t k = 0; row != NO_ROW && p->tables[i].n_keys > 1 && k < t->K; k += LINE) {
            __builtin_prefetch(weights + row + k);
            __builtin_prefetch(gradient + row + k, 1);
        }
    }
}

static double ln_sum(const tabular *t) { return t->row.max + log(t->row.sum); }

static size_t outcome_of(const tabular *t, const rollout *r) { return t->outcome[r->format * t->S + r->strategy]; }

/* The cumulative distribution in two levels: within[k] inside a block, upto[b] at the end of a block. */
static void accumulate(tabular *t)
{
    const size_t blocks = t->row.room / BLOCK;
    double sum = 0;
    for (size_t b = 0; b < blocks; b++) {
        double *in = t->within + b * BLOCK, s = 0;
        for (size_t j = 0; j < BLOCK; j++)
            in[j] = s += t->row.pi[b * BLOCK + j];
        t->upto[b] = sum += s;
    }
}

static size_t invert(const tabular *t, double u)
{
    size_t b = 0, left = t->row.room / BLOCK, j = 0;
    while (left > 1) {                                     /* the first block that ends above u, or the last */
        const size_t half = left / 2;
        b += t->upto[b + half - 1] <= u ? half : 0;
        left -= half;
    }
    const double *in = t->within + b * BLOCK, rest = b ? u - t->upto[b - 1] : u;
    for (size_t i = 0; i + 1 < BLOCK; i++)
        j += in[i] <= rest;
    const size_t k = b * BLOCK + j;
    return k < t->K ? k : t->K - 1;
}

static void set_key(uint32_t key[4], const pl_seeds *seeds, pl_purpose purpose)
{
    pl_stream s = pl_stream_make(seeds, purpose, 0, 0, 0);
    memcpy(key, s.key, sizeof s.key);
}

void tabular_sample(tabular *t, const double *weights, const pl_seeds *seeds, uint32_t version, rollout_group *group)
{
    static void (*const numbers[])(tabular_row *) = {[PL_SIMD_SCALAR] = tabular_numbers_scalar,
                                                     [PL_SIMD_AVX2] = tabular_numbers_avx2,
                                                     [PL_SIMD_AVX512] = tabular_numbers_avx512};
    tabular_row *row = &t->row;
    decide(t, weights, group->prompt);
    accumulate(t);
    const double shift = ln_sum(t), *p = t->outcomes.applicability + group->prompt * t->K;
    set_key(row->sample_key, seeds, PL_FOR_SAMPLE);
    set_key(row->outcome_key, seeds, PL_FOR_OUTCOME);
    row->batch = group->batch;
    row->slot = group->slot;
    for (size_t i = 0; i < group->G; i++) {
        const size_t l = i % TABULAR_LANES;
        if (l == 0) {
            row->first = (uint32_t)i;
            numbers[pl_simd_level()](row);
        }
        const size_t k = invert(t, row->draw[l]);
        const bool right = row->luck[l] < p[k];
        group->rollouts[i] = (rollout){.format = (uint16_t)t->group[k],
                                       .strategy = (uint16_t)t->place[k],
                                       .extracted = true,
                                       .correct = right,
                                       .answer = right ? 0 : (uint16_t)(1 + k),
                                       .tokens = 1,
                                       .ln_strategy = row->z[k] - shift,
                                       .version = version,
                                       .last_version = version};
    }
}

/* Responses of a group that cannot be told apart: they share their coefficient, which is then asked for once. */
typedef struct response_class {
    size_t k, n, picked;
    double advantage, weight, ln_then, ln_proximal, ln_reference;
} response_class;

static bool same(const response_class *a, const response_class *b)
{
    return a->k == b->k && a->advantage == b->advantage && a->weight == b->weight && a->ln_then == b->ln_then &&
           a->picked == b->picked;
}

/* Sorts the rollouts from i on into classes, as many as fit; returns how many classes, and moves i on. */
static size_t classify(const tabular *t, const rollout_group *group, const double *weight, const algo_pick *picks, size_t *i,
                       response_class c[MAX_CLASSES])
{
    size_t n = 0;
    for (; *i < group->G; ++*i) {
        const rollout *r = &group->rollouts[*i];
        const response_class here = {.k = outcome_of(t, r), .n = 1, .advantage = group->advantage[*i], .weight = weight[*i],
                                     .picked = picks ? picks[*i * FORK_KINDS + FORK_STRATEGY].picked : 0,
                                     .ln_then = r->ln_strategy};
        size_t at = 0;
        while (at < n && !same(&c[at], &here))
            at++;
        if (at < n)
            c[at].n++;
        else if (n < MAX_CLASSES)
            c[n++] = here;
        else
            break;
    }
    return n;
}

/* ln pi of an outcome under the reference policy, which never changes: the sum behind it is kept for every prompt. */
static double ln_reference(tabular *t, const double *reference, uint32_t prompt, size_t k)
{
    if (isnan(t->ln_reference_sum[prompt])) {
        decide(t, reference, prompt);
        t->ln_reference_sum[prompt] = ln_sum(t);
    }
    gather_parts(t, reference, prompt);
    double z = t->row.prior[k];
    for (size_t i = 0; i < t->row.n_parts; i++)
        z += t->row.part[i].gain * t->row.part[i].w[k];
    return z - t->ln_reference_sum[prompt];
}

static double ln_outcome(const tabular *t, size_t k) { return t->row.z[k] - ln_sum(t); }

static algo_fork fork_of(const tabular *t, const response_class *c)
{
    return (algo_fork){.n = 1, .picked = c->picked, .ln_now = ln_outcome(t, c->k), .ln_then = c->ln_then,
                       .ln_proximal = c->ln_proximal, .ln_reference = c->ln_reference};
}

/* dz += sum of c (e_k - pi) + bonus grad H, with c summed over the classes. */
static void add_group(tabular *t, const algorithm_spec *a, const response_class *c, size_t n, double *dz, algo_counts *counts)
{
    const double shift = ln_sum(t);
    double sum = 0, bonus = 0;
    for (size_t j = 0; j < n; j++) {
        const algo_fork fork = fork_of(t, &c[j]);
        const double all = (double)c[j].n * c[j].weight;
        const double move = all * algo_coefficient(a, &fork, c[j].n, c[j].advantage, counts);
        dz[c[j].k] += move;
        sum += move;
        bonus += all * a->entropy_bonus;
    }
    for (size_t k = 0; k < t->K; k++)
        dz[k] -= sum * t->row.pi[k];
    if (a->entropy_bonus != 0) {
        for (size_t k = 0; k < t->K; k++)
            t->within[k] = t->row.z[k] - shift;
        algo_entropy_gradient(bonus, t->row.pi, t->within, t->K, dz);
    }
}

/* What the classes need besides the policy as it is now; leaves the row of the policy now. */
static void look_back(tabular *t, const algorithm_spec *a, const double *weights, const algo_scratch *s, uint32_t prompt,
                      response_class *c, size_t n)
{
    for (size_t j = 0; j < n && algo_kl_in(a, ALGO_KL_LOSS); j++)
        c[j].ln_reference = ln_reference(t, s->reference_weights, prompt, c[j].k);
    if (algo_is_decoupled(a)) {
        decide(t, s->proximal_weights, prompt);
        for (size_t j = 0; j < n; j++)
            c[j].ln_proximal = ln_outcome(t, c[j].k);
    }
    decide(t, weights, prompt);
}

/* As the first pass of algo_gradient. */
static void pick(tabular *t, const algorithm_spec *a, const double *weights, const algo_batch *batch, size_t from, size_t to,
                 const algo_scratch *s)
{
    size_t responses = 0;
    pl_stream unused = {{0}, {0}, {0}, 0};
    for (size_t n = from; n < to; n++) {
        const rollout_group *group = &batch->groups[n];
        for (size_t i = 0; i < group->G; i++, responses++) {
            response_class c = {.k = outcome_of(t, &group->rollouts[i]), .n = 1, .advantage = group->advantage[i],
                                .ln_then = group->rollouts[i].ln_strategy};
            if (i == 0 || algo_is_decoupled(a))
                look_back(t, a, weights, s, group->prompt, &c, 1);
            const algo_response r = {.copies = 1, .advantage = c.advantage, .tokens = 1, .fork[FORK_STRATEGY] = fork_of(t, &c)};
            algo_note(a, &r, &unused, s->picks + responses * FORK_KINDS);
        }
    }
    algo_decide(a, s->picks, responses, (double)responses, &batch->groups[from], s->seeds);
}

void tabular_gradient(tabular *t, const algorithm_spec *a, const double *weights, const algo_batch *batch, size_t from, size_t to,
                      const double *weight, const algo_scratch *s, policy_gradient *g, algo_counts *counts)
{
    const bool picks = ((const algo_loss *)a->loss.entry)->pick && to > from;
    policy_view *v = &t->view;
    policy_dz *dz = s->dz;
    if (picks)
        pick(t, a, weights, batch, from, to, s);
    for (size_t n = from; n < to; n++) {
        const rollout_group *group = &batch->groups[n];
        if (n + AHEAD < to)
            fetch(t, weights, g->g, batch->groups[n + AHEAD].prompt);
        policy_dz_clear(dz);
        for (size_t i = 0; i < group->G;) {
            response_class c[MAX_CLASSES];
            const size_t classes = classify(t, group, weight + n * group->G,
                                            picks ? s->picks + (n - from) * group->G * FORK_KINDS : NULL, &i, c);
            look_back(t, a, weights, s, group->prompt, c, classes);
            add_group(t, a, c, classes, dz->strategy, counts);
        }
        v->prompt = group->prompt;
        v->temperature = t->policy.temperature;
        policy_backward(&t->policy, v, dz, g);
    }
}

void tabular_divergence(tabular *t, const algo_kl *kl, const double *reference, const rollout_group *group, double *divergence)
{
    for (size_t i = 0; i < group->G; i++) {
        const rollout *r = &group->rollouts[i];
        divergence[i] = kl->value(r->ln_strategy - ln_reference(t, reference, group->prompt, outcome_of(t, r)));
    }
}
