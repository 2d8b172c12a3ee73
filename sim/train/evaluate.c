/* Evaluation: rows of the result table. Exact measures come from the policy's probabilities on every prompt, batch
 * measures from the batch that led to the row, the sampled evaluation from responses drawn as a real run would.
 */
#include <math.h>
#include <stdio.h>
#include "sim/core/stats.h"
#include "sim/train/run.h"

enum { ARM, REPLICATE, STEP, FIRST_CLOCK };
enum { TIME, GPU_HOURS, EPOCH, TOKENS, SAMPLES, STALENESS, BUSY_GENERATORS, BUSY_TRAINER, CLIP_FRACTION, NORM, CLOCKS };

static const pl_column_spec own_columns[] = {
    {"arm", "", "arm of the scenario", PL_KEY, true},
    {"replicate", "", "number of the replicate, from 0", PL_KEY, false},
    {"step", "steps", "optimiser steps done; the row describes the policy after them", PL_KEY, false},
    {"time_s", "s", "simulated time at which the step was done", PL_CLOCK, false},
    {"gpu_hours", "GPU-hours", "GPUs of the cluster times time", PL_CLOCK, false},
    {"epoch", "epochs", "passes over the training pool that are trained on", PL_CLOCK, false},
    {"tokens", "tokens", "tokens of all finished groups so far", PL_CLOCK, false},
    {"samples", "responses", "responses of all finished groups so far", PL_CLOCK, false},
    {"staleness/mean", "steps", "updates between the weights that produced a response and those it updated, mean of the last minibatch", PL_CLOCK, false},
    {"utilization/generators", "fraction", "share of slot time spent decoding since the row before", PL_CLOCK, false},
    {"utilization/trainer", "fraction", "share of time the trainer was updating since the row before", PL_CLOCK, false},
    {"clip/fraction", "fraction", "forks of the last minibatch whose gradient was clipped away", PL_ESTIMATED, false},
    {"gradient/norm", "", "Euclidean norm of the last update's gradient before the optimiser", PL_ESTIMATED, false},
};

static pl_status sampled_columns(const training_spec *spec, pl_table *table)
{
    for (size_t i = 0; spec->record.samples > 0 && i < spec->record.pass_at.n; i++) {
        char name[64], doc[160];
        snprintf(name, sizeof name, "sampled/pass@%.0f", spec->record.pass_at.v[i]);
        snprintf(doc, sizeof doc, "pass@%.0f on held-out prompts, unbiased estimate from %lld responses a prompt", spec->record.pass_at.v[i],
                 (long long)spec->record.samples);
        pl_status st = pl_table_add_column(table, &(pl_column_spec){name, "fraction", doc, PL_ESTIMATED, false}, NULL);
        if (st)
            return st;
    }
    return PL_OK;
}

pl_status evaluation_columns(const training_spec *spec, const measure_setup *setup, pl_table *table, pl_diag *diag)
{
    pl_status st = PL_OK;
    for (size_t i = 0; i < PL_COUNT(own_columns) && !st; i++)
        st = pl_table_add_column(table, &own_columns[i], NULL);
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

/* The base policy never changes: its views are kept as long as they take less than this, bytes. */
#define BASE_LIMIT (size_t)(48 << 20)

static pl_status keep_base(run *r)
{
    evaluation *e = &r->evaluation;
    const world *w = r->learner.world;
    size_t n = w->n_prompts, each = sizeof(double) * (5 * w->n_formats + 3 * w->n_formats * w->n_strategies) + sizeof *e->base;
    if (n > BASE_LIMIT / each)
        n = 1;
    e->base = pl_arena_array(&r->arena, n, sizeof *e->base);
    for (; e->base && e->n_base < n; e->n_base++) {
        policy_view *v = &e->base[e->n_base];
        if (policy_view_init(v, r->learner.display))
            return PL_ERR_WORLD;
        r->learner.ops->view(&r->learner, NULL, (uint32_t)e->n_base, v);
    }
    return e->base ? PL_OK : PL_ERR_WORLD;
}

static const policy_view *base_view(run *r, uint32_t prompt)
{
    evaluation *e = &r->evaluation;
    if (e->n_base > 1)
        return &e->base[prompt];
    r->learner.ops->view(&r->learner, NULL, prompt, e->base);
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
                               .group_size = (size_t)r->spec->algorithm.group_size};
    prompt_weights(w, e->weight, domain_sum);
    pl_status st = policy_view_init(&e->view, r->learner.display);
    if (!st)
        st = keep_base(r);
    if (!st)
        st = measures_init(&e->measures, &e->setup);
    e->first_measure = PL_COUNT(own_columns) + (r->spec->record.samples > 0 ? k->n : 0);
    e->row_size = e->first_measure + e->measures.n_columns;
    e->row = st ? NULL : pl_arena_array(&r->arena, e->row_size, sizeof *e->row);
    return e->row ? PL_OK : PL_ERR_WORLD;
}

void evaluation_free(evaluation *e)
{
    measures_free(&e->measures);
    policy_view_free(&e->view);
    for (size_t i = 0; i < e->n_base; i++)
        policy_view_free(&e->base[i]);
}

/* Right answers are independent given the prompt, so that the number of them among `samples` responses is drawn by
 * one Bernoulli trial per response. Every k uses the same responses. */
static void sampled_prompt(run *r, uint32_t prompt, double pass, double weight, double *row)
{
    size_t n = (size_t)r->spec->record.samples, right = 0;
    pl_stream s = pl_stream_make(r->seeds, PL_FOR_EVALUATION, (uint32_t)r->step, prompt, 0);
    for (size_t i = 0; i < n; i++)
        right += pl_uniform(&s) < pass;
    for (size_t i = 0; i < r->evaluation.setup.n_pass_k; i++)
        row[i] += weight * pl_pass_at_k(n, right, (size_t)r->evaluation.pass_k[i]);
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
        l->ops->view(l, l->weights, prompt, &e->view);
        const policy_view *base = base_view(r, prompt);
        if (!(e->view.pass >= 0 && e->view.pass <= 1 + 1e-9))
            return run_numeric(r, "lower optimizer.lr or the gains of the policy", "the pass rate of prompt %zu is %g", x, e->view.pass);
        measures_visit(&e->measures, &e->view, base, w->split[x], e->weight[x]);
        if (l->is_table)
            measures_visit(&e->measures, &e->view, base, SPLIT_HELD_OUT, e->weight[x]);
        if (r->spec->record.samples > 0 && (l->is_table || w->split[x] == SPLIT_HELD_OUT))
            sampled_prompt(r, prompt, e->view.pass, e->weight[x], sampled);
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
    row[NORM] = r->trainer.norm;
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
            return run_numeric(r, "look at the measures of the rows before", "the measure '%s' is infinite", t->columns[c].spec.name);
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
    double *sampled = e->row + PL_COUNT(own_columns);
    measures_begin(&e->measures);
    for (size_t c = 0; c < e->row_size; c++)
        e->row[c] = c >= PL_COUNT(own_columns) && c < e->first_measure ? 0 : NAN;
    fill_clock(r, e->row + FIRST_CLOCK);
    pl_status st = visit_prompts(r, sampled);
    if (st)
        return st;
    if (r->step > 0)
        measures_batch(&e->measures, &r->buffer.batch);
    measures_finish(&e->measures, e->row + e->first_measure);
    st = append(r);
    if (st || r->done)
        return st;
    return run_after(r, r->spec->cluster.evaluation, EVENT_EVALUATED, PRIORITY_EVALUATE, 0);
}
