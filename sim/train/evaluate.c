/* Evaluation: rows of the result table. Exact measures come from the policy's probabilities on every prompt, batch
 * measures from the batch that led to the row, the sampled evaluation from responses drawn as a real run would.
 */
#include <math.h>
#include <stdio.h>
#include "sim/core/stats.h"
#include "sim/train/run.h"
#include "sim/train/trace.h"

enum { ARM, REPLICATE, STEP, FIRST_CLOCK };
enum {
    TIME, GPU_HOURS, EPOCH, TOKENS, SAMPLES, STALENESS, BUSY_GENERATORS, BUSY_TRAINER, CLIP_FRACTION, CLIP_LOW, CLIP_HIGH,
    CLIP_PICKED, RATIO_EFFECTIVE, NORM, KL_ESTIMATED, KEPT, OPEN, CLOCKS
};

static const pl_column_spec own_columns[] = {
    {"arm", "", "arm of the scenario", PL_KEY, true},
    {"replicate", "", "number of the replicate, from 0", PL_KEY, false},
    {"step", "steps", "optimiser steps done; the row describes the policy after them", PL_KEY, false},
    {"time_s", "s", "simulated time at which the step was done", PL_CLOCK, false},
    {"gpu_hours", "GPU-hours", "GPUs of the cluster times time", PL_CLOCK, false},
    {"epoch", "epochs", "passes over the training pool that are trained on", PL_CLOCK, false},
    {"tokens", "tokens", "tokens of all finished groups so far", PL_CLOCK, false},
    {"samples", "responses", "responses of all finished groups so far", PL_CLOCK, false},
    {"staleness/mean", "steps",
     "updates between the weights that produced a response and those it updated, mean of the last minibatch", PL_CLOCK, false},
    {"utilization/generators", "fraction", "share of slot time spent decoding since the row before", PL_CLOCK, false},
    {"utilization/trainer", "fraction", "share of time the trainer was updating since the row before", PL_CLOCK, false},
    {"clip/fraction", "fraction", "forks of the last minibatch at which a bound of the ratio binds", PL_ESTIMATED, false},
    {"clip/low", "fraction", "the part of it with negative advantage: for a clip, below the lower bound of the ratio", PL_ESTIMATED, false},
    {"clip/high", "fraction", "the part of it with positive advantage: for a clip, above the upper bound of the ratio", PL_ESTIMATED, false},
    {"clip/picked", "fraction", "forks of the last minibatch that the loss singled out by their covariance", PL_ESTIMATED, false},
    {"ratio/effective", "fraction",
     "effective sample size of the last minibatch over its forks with a coefficient: (sum w)^2/(n sum w^2), w = pi / pi_behaviour",
     PL_ESTIMATED, false},
    {"gradient/norm", "", "Euclidean norm of the last update's gradient before the optimiser", PL_ESTIMATED, false},
    {"kl/estimated", "nats", "divergence from the base by algorithm.kl.estimator, mean of the responses trained on", PL_ESTIMATED,
     false},
    {"filter/kept", "fraction", "groups trained on, of those generated for the last batch; empty without a filter", PL_ESTIMATED,
     false},
    {"selection/open", "fraction", "prompts of the pool that the selection lets be drawn; empty without a selection", PL_ESTIMATED,
     false},
};

#define OWN (PL_COUNT(own_columns) + CLOCK_COLUMNS)

/* pass@k of every k, then maj@k of every k; the outcomes of a tabular world are not answers that could be voted on. */
static size_t n_sampled(const training_spec *spec)
{
    return spec->record.samples > 0 ? (spec->world.table ? 1 : 2) * spec->record.pass_at.n : 0;
}

static pl_status sampled_columns(const training_spec *spec, pl_table *table)
{
    static const char *const what[] = {
        "pass@%.0f on held-out prompts, unbiased estimate from %lld responses a prompt",
        "share of held-out prompts on which the most frequent of %.0f answers is right, equals counting "
        "their share; from %lld responses a prompt"};
    for (size_t i = 0; i < n_sampled(spec); i++) {
        char name[64], doc[192];
        size_t vote = i / spec->record.pass_at.n;
        double k = spec->record.pass_at.v[i % spec->record.pass_at.n];
        snprintf(name, sizeof name, vote ? "sampled/maj@%.0f" : "sampled/pass@%.0f", k);
        snprintf(doc, sizeof doc, what[vote], k, (long long)spec->record.samples);
        pl_status st = pl_table_add_column(table, &(pl_column_spec){name, "fraction", doc, PL_ESTIMATED, false}, NULL);
        if (st)
            return st;
    }
    return PL_OK;
}

pl_status evaluation_columns(const training_spec *spec, const measure_setup *setup, pl_table *table, pl_diag *diag)
{
    pl_status st = PL_OK;
    for (size_t i = 0; i < OWN && !st; i++)
        st = pl_table_add_column(
            table, i < PL_COUNT(own_columns) ? &own_columns[i] : &clock_columns[i - PL_COUNT(own_columns)], NULL);
    if (!st)
        st = sampled_columns(spec, table);
    if (!st)
        st = measures_columns(setup, table);
    return st == PL_ERR_WORLD ? pl_diag_nomem(diag, "adding columns of the result table") : st;
}

/* Domains count by their sampling weight, prompts of a domain equally, in each split that they have. */
static void prompt_weights(const world *w, double *weight, double *domain_sum)
{
    for (int split = 0; split < SPLITS; split++) {
        double total = 0;
        for (size_t d = 0; d < w->n_domains; d++)
            domain_sum[d] = 0;
        for (size_t x = 0; x < w->n_prompts; x++)
            domain_sum[w->domain[x]] += w->split[x] == split;
        for (size_t d = 0; d < w->n_domains; d++)
            if (domain_sum[d] > 0)
                total += isnan(w->domains[d]->weight) ? (double)w->domains[d]->prompts : w->domains[d]->weight;
        for (size_t x = 0; x < w->n_prompts; x++) {
            const domain_spec *d = w->domains[w->domain[x]];
            if (w->split[x] == split && total > 0)
                weight[x] = (isnan(d->weight) ? (double)d->prompts : d->weight) / (total * domain_sum[w->domain[x]]);
        }
    }
}

/* On training prompts nobody looks at what responses say of themselves (models/measure.h), and it costs most of a view. */
static bool wants_statement(const world *w, size_t prompt) { return w->split[prompt] != SPLIT_TRAIN; }

/* The base policy never changes: its views are kept as long as they take less than this, bytes. */
#define BASE_LIMIT (size_t)(48 << 20)

static pl_status keep_base(run *r)
{
    evaluation *e = &r->evaluation;
    const world *w = r->learner.world;
    const policy *p = r->learner.display;
    size_t statement = p->n_bins * (6 + 2 * p->n_levels) + w->n_formats * w->n_strategies;
    size_t decisions = 5 * w->n_formats + 3 * w->n_formats * w->n_strategies + (p->n_bins ? statement : 0);
    size_t n = w->n_prompts, each = sizeof(double) * decisions + sizeof *e->base;
    if (n > BASE_LIMIT / each)
        n = 1;
    e->base = pl_arena_array(&r->arena, n, sizeof *e->base);
    for (; e->base && e->n_base < n; e->n_base++) {
        policy_view *v = &e->base[e->n_base];
        if (policy_view_init(v, r->learner.display))
            return PL_ERR_WORLD;
        r->learner.ops->view(&r->learner, NULL, (uint32_t)e->n_base, wants_statement(w, e->n_base), v);
    }
    return e->base ? PL_OK : PL_ERR_WORLD;
}

static const policy_view *base_view(run *r, uint32_t prompt)
{
    evaluation *e = &r->evaluation;
    if (e->n_base > 1)
        return &e->base[prompt];
    r->learner.ops->view(&r->learner, NULL, prompt, wants_statement(r->learner.world, prompt), e->base);
    return e->base;
}

pl_status evaluation_init(run *r)
{
    evaluation *e = &r->evaluation;
    const pl_reals *k = &r->spec->record.pass_at;
    const world *w = r->learner.world;
    e->pass_k = pl_arena_array(&r->arena, k->n, sizeof *e->pass_k);
    e->weight = pl_arena_array(&r->arena, w->n_prompts, sizeof *e->weight);
    double *domain_sum = pl_arena_array(&r->arena, w->n_domains, sizeof *domain_sum);
    if (!e->pass_k || !e->weight || !domain_sum)
        return PL_ERR_WORLD;
    for (size_t i = 0; i < k->n; i++)
        e->pass_k[i] = (int64_t)k->v[i];
    e->setup = (measure_setup){.world = w, .policy = r->learner.display, .pass_k = e->pass_k, .n_pass_k = k->n,
                               .majority_at = r->spec->record.majority_at, .group_size = (size_t)r->spec->algorithm.group_size};
    prompt_weights(w, e->weight, domain_sum);
    pl_status st = policy_view_init(&e->view, r->learner.display);
    if (!st)
        st = policy_view_init(&e->sampled, r->learner.display);
    if (!st)
        st = keep_base(r);
    e->answers = pl_arena_array(&r->arena, (size_t)r->spec->record.samples + 1, sizeof *e->answers);
    e->votes = pl_arena_array(&r->arena, w->n_wrong + 1, sizeof *e->votes);
    e->wrong = pl_arena_array(&r->arena, w->n_wrong + 1, sizeof *e->wrong);
    if (st || !e->answers || !e->votes || !e->wrong)
        return PL_ERR_WORLD;
    st = measures_init(&e->measures, &e->setup);
    e->first_measure = OWN + n_sampled(r->spec);
    e->row_size = e->first_measure + e->measures.n_columns;
    e->row = st ? NULL : pl_arena_array(&r->arena, e->row_size, sizeof *e->row);
    return e->row ? PL_OK : PL_ERR_WORLD;
}

void evaluation_free(evaluation *e)
{
    measures_free(&e->measures);
    policy_view_free(&e->view);
    policy_view_free(&e->sampled);
    for (size_t i = 0; i < e->n_base; i++)
        policy_view_free(&e->base[i]);
}

/* Expected vote of k answers: 1 if most are right, a share of it when as many agree on something wrong. */
static double vote(uint32_t *votes, size_t n_wrong, const uint16_t *answers, size_t k)
{
    uint32_t most = 0, equal = 0;
    for (size_t i = 0; i <= n_wrong; i++)
        votes[i] = 0;
    for (size_t i = 0; i < k; i++)
        if (answers[i] != ROLLOUT_NO_ANSWER)
            votes[answers[i]]++;
    for (size_t i = 0; i <= n_wrong; i++) {
        equal = votes[i] > most ? 1 : equal + (votes[i] == most);
        most = votes[i] > most ? votes[i] : most;
    }
    return most > 0 && votes[0] == most ? 1.0 / equal : 0;
}

/* Responses are independent given the prompt, so that their answers are drawn without their paths: right with
 * probability `pass`, else, where there is one, by the law of wrong answers. Every k uses the same responses. */
static void sampled_prompt(run *r, const policy_view *v, double weight, double *row)
{
    evaluation *e = &r->evaluation;
    const world *w = r->learner.world;
    size_t n = (size_t)r->spec->record.samples, n_k = e->setup.n_pass_k, right = 0;
    pl_stream s = pl_stream_make(r->seeds, PL_FOR_EVALUATION, (uint32_t)r->step, v->prompt, 0);
    for (size_t i = 0; i < n; i++) {
        e->answers[i] = pl_uniform(&s) < v->pass ? 0 : ROLLOUT_NO_ANSWER;
        right += e->answers[i] == 0;
    }
    for (size_t i = 0; i < n_k; i++)
        row[i] += weight * pl_pass_at_k(n, right, (size_t)e->pass_k[i]);
    if (r->learner.is_table)
        return;
    double wrong = policy_view_wrong(r->learner.display, v, e->wrong), share = wrong / (1 - v->pass);
    for (size_t i = 0; i < w->n_wrong; i++)
        e->wrong[i] /= fmax(wrong, 1e-300);
    pl_stream identity = pl_stream_make(r->seeds, PL_FOR_EVALUATION, (uint32_t)r->step, v->prompt, 1);
    for (size_t i = 0; i < n; i++)
        if (e->answers[i] != 0 && pl_uniform(&identity) < share)
            e->answers[i] = (uint16_t)(1 + pl_categorical(&identity, e->wrong, w->n_wrong));
    for (size_t i = 0; i < n_k; i++) {
        size_t k = (size_t)e->pass_k[i], blocks = n / k;
        for (size_t b = 0; b < blocks; b++)
            row[n_k + i] += weight / (double)blocks * vote(e->votes, w->n_wrong, e->answers + b * k, k);
    }
}

/* The view that the sampled evaluation draws from: the row's own, unless another temperature is asked for. */
static const policy_view *sampled_view(run *r, uint32_t prompt)
{
    evaluation *e = &r->evaluation;
    const record_spec *record = &r->spec->record;
    double temperature = record->greedy ? 0 : record->temperature > 0 ? record->temperature : 1;
    if (temperature == 1 || r->learner.is_table)
        return &e->view;
    policy_forward_at(r->learner.policy, r->learner.weights, prompt, temperature, &e->sampled);
    return &e->sampled;
}

/* Shows every prompt to every measure. A tabular world has no held-out prompts: its own stand for them. */
static pl_status visit_prompts(run *r, double *sampled)
{
    evaluation *e = &r->evaluation;
    learner *l = &r->learner;
    const world *w = l->world;
    for (size_t x = 0; x < w->n_prompts; x++) {
        if (!(e->weight[x] > 0))
            continue;
        uint32_t prompt = (uint32_t)x;
        l->ops->view(l, l->weights, prompt, wants_statement(w, x), &e->view);
        const policy_view *base = base_view(r, prompt);
        if (!(e->view.pass >= 0 && e->view.pass <= 1 + 1e-9))
            return run_numeric(r, "lower optimizer.lr or the gains of the policy", "the pass rate of prompt %zu is %g", x,
                               e->view.pass);
        measures_visit(&e->measures, &e->view, base, w->split[x], e->weight[x]);
        if (l->is_table)
            measures_visit(&e->measures, &e->view, base, SPLIT_HELD_OUT, e->weight[x]);
        if (r->spec->record.samples > 0 && (l->is_table || w->split[x] == SPLIT_HELD_OUT))
            sampled_prompt(r, sampled_view(r, prompt), e->weight[x], sampled);
    }
    return PL_OK;
}

static void fill_clock(run *r, double *row)
{
    evaluation *e = &r->evaluation;
    double now = r->events.now, span = now - e->last_time, slots = (double)r->generators.slots_all;
    row[TIME] = now;
    row[GPU_HOURS] = run_gpu_hours(r);
    row[EPOCH] = run_epoch(r);
    row[TOKENS] = r->generators.tokens;
    row[SAMPLES] = r->generators.samples;
    row[STALENESS] = r->trainer.staleness;
    row[BUSY_GENERATORS] = span > 0 ? (r->generators.busy - e->last_generated) / (slots * span) : NAN;
    row[BUSY_TRAINER] = span > 0 ? (r->trainer.busy - e->last_trained) / span : NAN;
    row[CLIP_FRACTION] = r->trainer.clip_fraction;
    row[CLIP_LOW] = r->trainer.clip_low;
    row[CLIP_HIGH] = r->trainer.clip_high;
    row[CLIP_PICKED] = r->trainer.picked;
    row[RATIO_EFFECTIVE] = r->trainer.effective;
    row[NORM] = r->trainer.norm;
    row[KL_ESTIMATED] = r->trainer.kl;
    row[KEPT] = r->buffer.kept;
    row[OPEN] = draw_open(r, r->generators.drawn);
    clock_fill(r, span, row + CLOCKS);
    e->last_time = now;
    e->last_generated = r->generators.busy;
    e->last_trained = r->trainer.busy;
}

/* The row is complete before it enters the table: what is numerically wrong never gets there. */
static pl_status append(run *r)
{
    const evaluation *e = &r->evaluation;
    pl_table *t = r->table;
    size_t row;
    for (size_t c = FIRST_CLOCK; c < e->row_size; c++)
        if (isinf(e->row[c]))
            return run_numeric(r, "look at the measures of the rows before", "the measure '%s' is infinite",
                               t->columns[c].spec.name);
    if (pl_table_add_row(t, &row) || pl_table_set_text(t, row, ARM, r->arm))
        return PL_ERR_WORLD;
    t->columns[REPLICATE].v[row] = r->replicate;
    t->columns[STEP].v[row] = (double)r->step;
    for (size_t c = FIRST_CLOCK; c < e->row_size; c++)
        t->columns[c].v[row] = e->row[c];
    return PL_OK;
}

pl_status evaluation_start(run *r)
{
    evaluation *e = &r->evaluation;
    double *sampled = e->row + OWN;
    measures_begin(&e->measures);
    for (size_t c = 0; c < e->row_size; c++)
        e->row[c] = c >= OWN && c < e->first_measure ? 0 : NAN;
    fill_clock(r, e->row + FIRST_CLOCK);
    pl_status st = visit_prompts(r, sampled);
    if (st)
        return st;
    if (r->step > 0)
        measures_batch(&e->measures, &r->buffer.admitted);
    measures_weights(&e->measures, &(measure_weights){r->learner.policy, r->learner.weights, &r->learner.storage});
    measures_finish(&e->measures, e->row + e->first_measure);
    st = append(r);
    if (st || r->done)
        return st;
    r->spent[PHASE_EVALUATION] += r->spec->cluster.evaluation;
    st = run_trace(r, TRACE_EVALUATION, TRACE_EVALUATE, r->events.now, r->events.now + r->spec->cluster.evaluation);
    if (st)
        return st;
    return run_after(r, r->spec->cluster.evaluation, EVENT_EVALUATED, PRIORITY_EVALUATE, 0);
}
