/* The quick road of the tabular world: when it applies, its state, and the way in and out. */
#include <math.h>
#include <string.h>
#include "models/filter.h"
#include "models/selection.h"
#include "models/tabular_fast.h"
#include "sim/core/simd.h"

/* Coefficient of a response that was just sampled. */
static double on_policy(const algorithm_spec *a, double advantage)
{
    algo_counts ignored = {0};
    return algo_coefficient(a, &(algo_fork){.n = 1}, 1, advantage, &ignored);
}

/* Coefficients for every number of right rollouts, by showing the algorithm one group at a time. False when they
 * do not sum to zero (then the expected part of grad ln pi does not cancel). */
static bool probe(tabular_fast *f, const algorithm_spec *a, rollout_group *group, double *weight)
{
    size_t G = group->G;
    bool zero = true;
    const algo_context context = {.policy = &f->table->policy};
    algo_batch batch = {.groups = group, .n = 1};
    for (size_t n = 0; n <= G; n++) {
        for (size_t i = 0; i < G; i++) {
            group->rollouts[i] = (rollout){.extracted = true, .correct = i < n, .tokens = 1};
            group->reward[i] = i < n ? f->reward : 0;
        }
        algo_advantages(a, &context, &batch);
        double up = n > 0 ? on_policy(a, group->advantage[0]) : 0;
        double down = n < G ? on_policy(a, group->advantage[G - 1]) : 0;
        zero = zero && fabs((double)n * up + (double)(G - n) * down) <= 1e-12 * (double)G * (fabs(up) + fabs(down));
        f->advantage_right[n] = group->advantage[0];
        f->advantage_wrong[n] = group->advantage[G - 1];
        f->right[n] = up * weight[0];
        f->wrong[n] = down * weight[0];
    }
    return zero;
}

/* Weights of the aggregation when every response has one token: the same for all rollouts of the batch, or not. */
static bool constant_weight(const algorithm_spec *a, algo_batch *batch, double *weight)
{
    size_t n = batch->n * batch->groups[0].G;
    algo_weights(a, batch, isnan(a->reference_tokens) ? 1 : a->reference_tokens, weight);
    for (size_t i = 1; i < n; i++)
        if (weight[i] != weight[0])
            return false;
    return true;
}

/* Conditions of both quick roads: rewards are 0 or 1 and advantages look at one group, so that nothing but the outcome, its
 * success and the number of right ones matters; weights are one table for the prompts' own logits and tables that all prompts
 * share. */
static bool applies(const tabular *t, const pl_choices *reward, const algorithm_spec *a, const optimizer_spec *o)
{
    const policy *p = &t->policy;
    if (algo_baseline_state(a, p) || ((const algo_loss *)a->loss.entry)->pick || algo_is_decoupled(a) ||
        a->sampler != ALGO_SAMPLER_CURRENT || a->conditioned.enabled || selection_skips(&a->selection))
        return false;
    if (algo_kl_in(a, ALGO_KL_REWARD) || a->entropy_bonus != 0 || !algo_lr_is_constant(o) || filter_drops(&a->filter) ||
        p->n_sharp > 0)
        return false;
    size_t own = 0;
    for (size_t i = 0; i < p->n_tables; i++) {
        if (p->tables[i].decision != DECISION_STRATEGY || p->tables[i].feature > FEATURE_PROMPT)
            return false;
        own += p->tables[i].feature == FEATURE_PROMPT;
    }
    return own == 1 && reward->n == 1 && !strcmp(reward->v[0].entry->name, "correctness") &&
           !reward_is_scheduled(reward->v[0].common) &&
           !strcmp(o->method.entry->name, "sgd") && a->group_size <= TABULAR_MAX_GROUP &&
           ((const algo_baseline *)a->baseline.entry)->scope != ALGO_SCOPE_BATCH &&
           ((const algo_scale *)a->scale.entry)->scope != ALGO_SCOPE_BATCH &&
           t->K <= TABULAR_LANES * (size_t)TABULAR_MAX_VECTORS;
}

/* Does an update move sampled outcomes only? (And do the coefficients sum to zero; see probe.) */
static bool sparse(const tabular *t, const algorithm_spec *a)
{
    return t->policy.n_tables == 1 && a->minibatches == 1 && !algo_kl_in(a, ALGO_KL_LOSS) &&
           ((const algo_baseline *)a->baseline.entry)->zero_sum;
}

static const policy_table *own_table(const policy *p)
{
    size_t i = 0;
    while (p->tables[i].feature != FEATURE_PROMPT)
        i++;
    return &p->tables[i];
}

static bool make_room(tabular_fast *f, const algorithm_spec *a)
{
    const tabular *t = f->table;
    tabular_kernel *k = &f->args;
    size_t row = k->V * TABULAR_LANES, P = (size_t)a->prompts;
    float *success = pl_arena_array(&f->arena, t->n_prompts * row, sizeof *success);
    float *steps = pl_arena_array(&f->arena, 2 * (k->G + 1), sizeof *steps);
    k->z = pl_arena_array(&f->arena, t->n_prompts * row, sizeof *k->z);
    k->share = pl_arena_array(&f->arena, row, sizeof *k->share);
    f->right = pl_arena_array(&f->arena, 4 * (k->G + 1), sizeof *f->right);
    f->outcome = pl_arena_array(&f->arena, P * k->G, sizeof *f->outcome);
    f->correct = pl_arena_array(&f->arena, P * k->G, sizeof *f->correct);
    f->shown = pl_arena_array(&f->arena, P, sizeof *f->shown);
    f->place = pl_arena_array(&f->arena, t->K, sizeof *f->place);
    f->seen = pl_arena_array(&f->arena, t->n_prompts, sizeof *f->seen);
    f->share = pl_arena_array(&f->arena, 2 * t->K, sizeof *f->share);
    if (!success || !steps || !k->z || !k->share || !f->right || !f->outcome || !f->correct || !f->shown || !f->place ||
        !f->seen || !f->share)
        return false;
    f->wrong = f->right + k->G + 1;
    f->advantage_right = f->wrong + k->G + 1;
    f->advantage_wrong = f->advantage_right + k->G + 1;
    f->dz = f->share + t->K;
    for (size_t o = 0; o < t->K; o++)
        f->place[o] = (uint16_t)tabular_fast_place(f, o);
    for (size_t x = 0; x < t->n_prompts; x++) {
        for (size_t i = 0; i < row; i++)
            k->z[x * row + i] = TABULAR_UNUSED;
        for (size_t o = 0; o < t->K; o++) {
            k->z[x * row + tabular_fast_place(f, o)] = (float)t->outcomes.ln_prior_strategy[x * t->K + o];
            success[x * row + tabular_fast_place(f, o)] = (float)t->outcomes.applicability[x * t->K + o];
        }
    }
    k->success = success;
    k->right = steps;
    k->wrong = steps + k->G + 1;
    return true;
}

/* Steps of the logits; the arrays behind the kernel's constant pointers are this file's own. */
static void scale_steps(tabular_fast *f, float *steps)
{
    double move = f->gain * f->gain * f->lr;
    size_t n = f->args.G + 1;
    for (size_t i = 0; i < n; i++) {
        steps[i] = (float)(move * f->right[i]);
        steps[n + i] = (float)(move * f->wrong[i]);
    }
}

/* A batch of P groups whose rollouts all have one token, for the probes. */
static bool probe_batch(pl_arena *arena, const algorithm_spec *a, algo_batch *batch, double **weight)
{
    size_t n = (size_t)a->prompts, G = (size_t)a->group_size;
    rollout *rollouts = pl_arena_array(arena, n * G, sizeof *rollouts);
    double *values = pl_arena_array(arena, G, 2 * sizeof *values);
    batch->groups = pl_arena_array(arena, n, sizeof *batch->groups);
    batch->n = n;
    *weight = pl_arena_array(arena, n * G, sizeof **weight);
    if (!rollouts || !values || !batch->groups || !*weight)
        return false;
    for (size_t k = 0; k < n; k++)
        batch->groups[k] = (rollout_group){.G = G, .rollouts = rollouts + k * G, .reward = values, .advantage = values + G};
    for (size_t i = 0; i < n * G; i++)
        rollouts[i] = (rollout){.extracted = true, .tokens = 1};
    return true;
}

pl_status tabular_fast_open(tabular_fast **fast, const tabular *t, const pl_choices *reward, const algorithm_spec *a,
                            const optimizer_spec *o, pl_diag *diag)
{
    static void (*const kernels[])(tabular_kernel *) = {
        [PL_SIMD_SCALAR] = tabular_kernel_scalar, [PL_SIMD_AVX2] = tabular_kernel_avx2, [PL_SIMD_AVX512] = tabular_kernel_avx512};
    algo_batch batch;
    double *weight;
    pl_arena scratch;
    pl_status st = PL_OK;
    *fast = NULL;
    if (!applies(t, reward, a, o))
        return PL_OK;
    pl_arena_init(&scratch);
    tabular_fast *f = pl_alloc(sizeof *f);
    if (f) {
        pl_arena_init(&f->arena);
        *f = (tabular_fast){.table = t,
                            .kernel = kernels[pl_simd_level()],
                            .own = own_table(&t->policy),
                            .arena = f->arena,
                            .gain = own_table(&t->policy)->gain,
                            .lr = o->lr,
                            .reward = ((const reward_common *)reward->v[0].common)->weight};
        f->args = (tabular_kernel){.V = (t->K + TABULAR_LANES - 1) / TABULAR_LANES, .K = t->K, .G = (size_t)a->group_size};
    }
    if (!f || !make_room(f, a) || !probe_batch(&scratch, a, &batch, &weight)) {
        st = pl_diag_nomem(diag, "setting up the tabular kernel");
        tabular_fast_free(f);
    } else if (!constant_weight(a, &batch, weight)) {
        tabular_fast_free(f);
    } else {
        f->weight = weight[0];
        f->is_dense = !probe(f, a, batch.groups, weight) || !sparse(t, a);
        if (f->is_dense && tabular_dense_init(f, a)) {
            tabular_fast_free(f);
            pl_arena_free(&scratch);
            return pl_diag_nomem(diag, "setting up the dense update");
        }
        scale_steps(f, (float *)f->args.right);
        *fast = f;
    }
    pl_arena_free(&scratch);
    return st;
}

void tabular_fast_free(tabular_fast *fast)
{
    if (!fast)
        return;
    pl_arena_free(&fast->arena);
    pl_free(fast);
}

/* Does a prompt come twice? Then all its groups must be drawn before any of them moves it. */
static bool has_twins(tabular_fast *f, const uint32_t *prompts, size_t n)
{
    bool twins = false;
    for (size_t b = 0; b < n; b++) {
        twins = twins || f->seen[prompts[b]];
        f->seen[prompts[b]] = 1;
    }
    for (size_t b = 0; b < n; b++)
        f->seen[prompts[b]] = 0;
    return twins;
}

static void apply_drawn(tabular_fast *f, const uint32_t *prompts, size_t n)
{
    size_t G = f->args.G, row = f->args.V * TABULAR_LANES;
    for (size_t b = 0; b < n; b++) {
        size_t right = tabular_fast_right(f, b);
        for (size_t i = b * G; i < (b + 1) * G; i++)
            f->args.z[prompts[b] * row + tabular_fast_place(f, f->outcome[i])] +=
                f->correct[i] ? f->args.right[right] : f->args.wrong[right];
    }
}

/* Norm of v sum c grad ln pi over the prompts: the parts of grad that are not sampled cancel. */
static double gradient_norm(tabular_fast *f, const uint32_t *prompts, size_t n)
{
    size_t G = f->args.G, K = f->table->K;
    double sum = 0;
    for (size_t b = 0; b < n; b++) {
        bool again = f->seen[prompts[b]];
        for (size_t c = b; c < n && !again; c++) {         /* all groups of this prompt together */
            if (prompts[c] != prompts[b])
                continue;
            size_t right = tabular_fast_right(f, c);
            for (size_t i = c * G; i < (c + 1) * G; i++)
                f->dz[f->outcome[i]] += f->gain * (f->correct[i] ? f->right[right] : f->wrong[right]);
        }
        f->seen[prompts[b]] = 1;
        for (size_t k = 0; k < K; k++) {
            sum += f->dz[k] * f->dz[k];
            f->dz[k] = 0;
        }
    }
    for (size_t b = 0; b < n; b++)
        f->seen[prompts[b]] = 0;
    return sqrt(sum);
}

/* The batch as rollouts, for measures. */
static void show(const tabular_fast *f, const tabular_kernel *k, size_t n, uint32_t version, algo_batch *groups)
{
    for (size_t b = 0; b < n; b++) {
        rollout_group *g = &groups->groups[b];
        size_t right = tabular_fast_right(f, b);
        g->batch = k->batch;
        g->slot = (uint32_t)b;
        g->prompt = k->rows[b];
        for (size_t i = 0; i < k->G; i++) {
            size_t o = f->outcome[b * k->G + i];
            bool correct = f->correct[b * k->G + i];
            g->rollouts[i] = (rollout){.format = (uint16_t)f->table->group[o],
                                       .strategy = (uint16_t)f->table->place[o],
                                       .extracted = true,
                                       .correct = correct,
                                       .answer = correct ? 0 : (uint16_t)(1 + o),
                                       .tokens = 1,
                                       .version = version,
                                       .last_version = version};
            g->reward[i] = correct ? f->reward : 0;
            g->advantage[i] = correct ? f->advantage_right[right] : f->advantage_wrong[right];
        }
    }
}

/* Log-probabilities of the shown draws under the logits that they were drawn from: the dense road remembers them, on the quick
 * one the logits have not moved yet. */
static void show_probabilities(const tabular_fast *f, const tabular_kernel *k, size_t n, algo_batch *groups)
{
    for (size_t b = 0; b < n; b++) {
        const float *z = k->z + (size_t)k->rows[b] * k->V * TABULAR_LANES;
        double max = -INFINITY, sum = 0;
        for (size_t o = 0; o < k->K && !f->is_dense; o++)
            max = fmax(max, (double)z[tabular_fast_place(f, o)]);
        for (size_t o = 0; o < k->K && !f->is_dense; o++)
            sum += exp((double)z[tabular_fast_place(f, o)] - max);
        for (size_t i = 0; i < k->G; i++) {
            const size_t draw = b * k->G + i;
            groups->groups[b].rollouts[i].ln_strategy =
                f->is_dense ? (double)f->dense.ln_then[draw] : (double)z[tabular_fast_place(f, f->outcome[draw])] - max - log(sum);
        }
    }
}

static void stream_key(const pl_seeds *seeds, pl_purpose purpose, uint32_t key[4])
{
    pl_stream s = pl_stream_make(seeds, purpose, 0, 0, 0);
    memcpy(key, s.key, sizeof s.key);
}

bool tabular_fast_update(tabular_fast *f, const pl_seeds *seeds, uint32_t batch, uint32_t version, const uint32_t *prompts,
                         size_t n, size_t minibatch, algo_batch *groups, double *norm, algo_counts *counts, tabular_step *step)
{
    tabular_kernel k = f->args;
    bool twins = !f->is_dense && has_twins(f, prompts, n);
    k.rows = prompts;
    k.n = n;
    k.batch = batch;
    k.update = !twins && !groups;
    k.outcome = k.update ? NULL : f->outcome;
    k.correct = f->correct;
    stream_key(seeds, PL_FOR_SAMPLE, k.sample_key);
    stream_key(seeds, PL_FOR_OUTCOME, k.outcome_key);
    memset(k.share, 0, k.V * TABULAR_LANES * sizeof *k.share);
    if (f->is_dense)
        tabular_dense_update(f, &k, minibatch, counts, groups ? norm : NULL);
    else
        f->kernel(&k);
    if (groups) {
        show(f, &k, n, version, groups);
        show_probabilities(f, &k, n, groups);
    }
    if (groups && !f->is_dense)
        *norm = gradient_norm(f, prompts, n);
    if (!f->is_dense && !k.update)
        apply_drawn(f, prompts, n);
    for (size_t o = 0; o < f->table->K; o++)
        f->share[o] = (double)k.share[tabular_fast_place(f, o)] / (double)k.n;
    *step = (tabular_step){.entropy = k.entropy / (double)k.n, .pass = k.pass / (double)k.n, .share = f->share};
    return isfinite(step->entropy) && isfinite(step->pass);
}

bool tabular_fast_halves(const tabular_fast *f) { return !f->is_dense; }

void tabular_fast_draw(tabular_fast *f, const pl_seeds *seeds, uint32_t batch, uint32_t slot, const uint32_t *prompts, size_t n,
                       uint16_t *outcome, uint8_t *correct)
{
    tabular_kernel k = f->args;
    k.rows = prompts;
    k.n = n;
    k.batch = batch;
    k.slot = slot;
    k.update = false;
    k.blind = true;
    k.outcome = outcome;
    k.correct = correct;
    stream_key(seeds, PL_FOR_SAMPLE, k.sample_key);
    stream_key(seeds, PL_FOR_OUTCOME, k.outcome_key);
    f->kernel(&k);
}

void tabular_fast_prefetch(const tabular_fast *f, uint32_t prompt)
{
    const float *z = f->args.z + (size_t)prompt * f->args.V * TABULAR_LANES;
    for (size_t v = 0; v < f->args.V; v++)
        __builtin_prefetch(z + v * TABULAR_LANES, 1);
}

void tabular_fast_apply(tabular_fast *f, uint32_t prompt, const uint16_t *outcome, const uint8_t *correct)
{
    float *z = f->args.z + (size_t)prompt * f->args.V * TABULAR_LANES;
    size_t G = f->args.G, right = 0;
    for (size_t i = 0; i < G; i++)
        right += correct[i];
    const float step[2] = {f->args.wrong[right], f->args.right[right]};
    if (step[0] == 0 && step[1] == 0)
        return;
    for (size_t i = 0; i < G; i++)
        z[f->place[outcome[i]]] += step[correct[i]];
}

void tabular_fast_show(tabular_fast *f, size_t b, const uint16_t *outcome, const uint8_t *correct, algo_batch *groups, double *norm)
{
    size_t G = f->args.G;
    memcpy(f->outcome + b * G, outcome, G * sizeof *outcome);
    memcpy(f->correct + b * G, correct, G * sizeof *correct);
    for (size_t i = 0; i < G; i++) {
        rollout_group *g = &groups->groups[b];
        size_t o = outcome[i], right = tabular_fast_right(f, b);
        g->rollouts[i] = (rollout){.format = (uint16_t)f->table->group[o],
                                   .strategy = (uint16_t)f->table->place[o],
                                   .extracted = true,
                                   .correct = correct[i],
                                   .answer = correct[i] ? 0 : (uint16_t)(1 + o),
                                   .tokens = 1,
                                   .version = g->rollouts[0].version,
                                   .last_version = g->rollouts[0].version};
        g->reward[i] = correct[i] ? f->reward : 0;
        g->advantage[i] = correct[i] ? f->advantage_right[right] : f->advantage_wrong[right];
    }
    if (b + 1 < groups->n)
        return;
    uint32_t *rows = f->shown;
    for (size_t k = 0; k <= b; k++)
        rows[k] = groups->groups[k].prompt;
    tabular_kernel k = f->args;
    k.rows = rows;
    show_probabilities(f, &k, b + 1, groups);
    *norm = gradient_norm(f, rows, b + 1);
}

size_t tabular_fast_state(const tabular_fast *f, float **state)
{
    *state = f->args.z;
    return f->table->n_prompts * f->args.V * TABULAR_LANES;
}

bool tabular_fast_finite(const tabular_fast *f)
{
    float sum = 0;
    for (size_t i = 0, n = f->table->n_prompts * f->args.V * TABULAR_LANES; i < n; i++)
        sum += f->args.z[i] * 0.0f;
    return sum == 0;
}

void tabular_fast_export(const tabular_fast *f, double *weights)
{
    const tabular *t = f->table;
    size_t row = f->args.V * TABULAR_LANES;
    for (size_t x = 0; x < t->n_prompts; x++)
        for (size_t k = 0; k < t->K; k++) {
            float prior = (float)t->outcomes.ln_prior_strategy[x * t->K + k];
            weights[f->own->offset + x * t->K + k] =
                ((double)f->args.z[x * row + tabular_fast_place(f, k)] - (double)prior) / f->gain;
        }
    for (size_t i = 0; f->is_dense && i < t->policy.n_tables; i++) {
        const policy_table *shared = &t->policy.tables[i];
        for (size_t k = 0; k < t->K && shared != f->own; k++)
            weights[shared->offset + k] = shared->gain * (double)f->dense.shared[tabular_fast_place(f, k)] / f->dense.gains;
    }
}
