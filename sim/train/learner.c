/* Learners: the latent policy and the tabular one. */
#include <string.h>
#include "sim/base/fs.h"
#include "sim/io/csv.h"
#include "sim/train/run.h"

static const double *at(const learner *l, const double *weights) { return weights ? weights : l->base; }

void learner_judge(learner *l, rollout_group *group, uint32_t version)
{
    reward_clock now = {.step = version, .epoch = version * l->epochs_per_step};
    reward_evaluate(&l->spec->reward, group, l->world, l->seeds, now);
}

static void latent_sample(learner *l, const double *weights, uint32_t version, rollout_group *group)
{
    policy_decide_generator(l->policy, weights, group->prompt, &l->view);
    rollout_group_sample(group, l->policy, &l->view, l->seeds, version);
    learner_judge(l, group, version);
}

static learner_kept *grow_kept(learner *l)
{
    size_t n = l->n_kept ? 2 * l->n_kept : 4;
    learner_kept *kept = pl_realloc(l->kept, n * sizeof *kept);
    l->kept = kept ? kept : l->kept;
    rollout_part *parts = pl_realloc(l->parts, n * sizeof *parts);
    l->parts = parts ? parts : l->parts;
    if (!kept || !parts)
        return NULL;
    while (l->n_kept < n) {
        kept[l->n_kept] = (learner_kept){0};
        if (policy_view_init(&kept[l->n_kept].view, l->display))
            return NULL;
        l->n_kept++;
    }
    return kept;
}

/* The view of a part: a kept one, or made in place of one that this draw does not use. Views used by a draw do not move: room
 * for all of them is made first. */
static const policy_view *kept_view(learner *l, uint32_t prompt, const learner_part *part)
{
    learner_kept *spare = NULL;
    for (size_t k = 0; k < l->n_kept; k++) {
        learner_kept *v = &l->kept[k];
        if (v->made && v->version == part->version && v->prompt == prompt) {
            v->used = l->draws;
            return &v->view;
        }
        if (v->used != l->draws && (!spare || v->used < spare->used))
            spare = v;
    }
    policy_decide_generator(l->policy, part->weights, prompt, &spare->view);
    *spare = (learner_kept){spare->view, part->version, prompt, l->draws, true};
    return &spare->view;
}

learner_part *learner_parts(learner *l, size_t n)
{
    if (n > l->n_asked) {
        learner_part *asked = pl_realloc(l->asked, 2 * n * sizeof *asked);
        if (!asked)
            return NULL;
        l->asked = asked;
        l->n_asked = 2 * n;
    }
    return l->asked;
}

static bool latent_draw(learner *l, rollout_group *group, size_t i, const learner_part *parts, size_t n)
{
    while (l->n_kept < n)
        if (!grow_kept(l))
            return false;
    l->draws++;
    for (size_t k = 0; k < n; k++)
        l->parts[k] = (rollout_part){parts[k].from, kept_view(l, group->prompt, &parts[k]), parts[k].version};
    rollout_sample(group, i, l->policy, l->parts, n, l->seeds);
    return true;
}

static algo_scratch scratch_of(learner *l)
{
    return (algo_scratch){.view = &l->view, .dz = &l->dz, .reference = &l->reference, .reference_weights = l->base,
                          .proximal = &l->proximal, .proximal_weights = l->anchor, .picks = l->picks, .seeds = l->seeds};
}

static void latent_gradient(learner *l, const double *weights, const algo_batch *batch, size_t from, size_t to,
                            const double *weight, policy_gradient *g, algo_counts *counts)
{
    const algo_scratch scratch = scratch_of(l);
    algo_gradient(&l->spec->algorithm, l->policy, weights, batch, from, to, weight, &scratch, g, counts);
}

static void latent_divergence(learner *l, const algo_kl *kl, const rollout_group *group, double *divergence)
{
    policy_decide(l->policy, l->base, group->prompt, &l->reference);
    for (size_t i = 0; i < group->G; i++)
        divergence[i] = algo_divergence(kl, &l->reference, &group->rollouts[i]);
}

static void latent_view(learner *l, const double *weights, uint32_t prompt, bool statement, policy_view *view)
{
    (statement ? policy_forward_at : policy_forward_pass)(l->policy, at(l, weights), prompt, 1.0, view);
}

static const learner_ops latent_ops = {.draw = latent_draw, .sample = latent_sample, .gradient = latent_gradient,
                                       .divergence = latent_divergence, .view = latent_view};

static void table_sample(learner *l, const double *weights, uint32_t version, rollout_group *group)
{
    tabular_sample(&l->table, weights, l->seeds, version, group);
    learner_judge(l, group, version);
}

static bool table_draw(learner *l, rollout_group *group, size_t i, const learner_part *parts, size_t n)
{
    if (i == 0 && n == 1)
        tabular_sample(&l->table, parts->weights, l->seeds, parts->version, group);
    return true;
}

static void table_gradient(learner *l, const double *weights, const algo_batch *batch, size_t from, size_t to, const double *weight,
                           policy_gradient *g, algo_counts *counts)
{
    const algo_scratch scratch = scratch_of(l);
    tabular_gradient(&l->table, &l->spec->algorithm, weights, batch, from, to, weight, &scratch, g, counts);
}

static void table_divergence(learner *l, const algo_kl *kl, const rollout_group *group, double *divergence)
{
    tabular_divergence(&l->table, kl, l->base, group, divergence);
}

static void table_view(learner *l, const double *weights, uint32_t prompt, bool statement, policy_view *view)
{
    tabular_view(&l->table, at(l, weights), prompt, view);
}

static const learner_ops table_ops = {.draw = table_draw, .sample = table_sample, .gradient = table_gradient,
                                      .divergence = table_divergence, .view = table_view};

static pl_status open_latent(learner *l, pl_diag *diag)
{
    pl_status st = world_build(&l->latent_world, &l->spec->world, l->seeds, diag);
    if (st)
        return st;
    l->has_world = true;
    st = policy_init(&l->latent_policy, &l->spec->policy, &l->latent_world, diag);
    l->has_policy = !st;
    l->ops = &latent_ops;
    l->world = &l->latent_world;
    l->policy = l->display = &l->latent_policy;
    return st;
}

static pl_status open_table(learner *l, pl_diag *diag)
{
    const char *path = l->spec->world.table;
    read_counts counts;
    pl_table rows;
    pl_arena arena;
    pl_table_init(&rows);
    pl_arena_init(&arena);
    if (path[0] != '/')
        path = pl_join(&arena, l->spec->directory ? l->spec->directory : "", path);
    pl_status st = path ? log_read(path, &rows, &counts, diag) : pl_diag_nomem(diag, "reading the tabular world");
    if (!st) {
        st = tabular_init(&l->table, &rows, path, &l->spec->policy, diag);
        l->is_table = !st;
    }
    pl_table_free(&rows);
    if (!st)
        st = tabular_fast_open(&l->fast, &l->table, &l->spec->reward, &l->spec->algorithm, &l->spec->optimizer, diag);
    /* Where groups are drawn and trained on at different times, neither the draw nor the update may hang on the other. */
    const algo_loss *loss = (const algo_loss *)l->spec->algorithm.loss.entry;
    if (l->fast && run_streams(l->spec) && (!tabular_fast_halves(l->fast) || loss->ratio != ALGO_RATIO_NONE)) {
        tabular_fast_free(l->fast);
        l->fast = NULL;
    }
    l->ops = &table_ops;
    l->world = &l->table.groups;
    l->policy = &l->table.policy;
    l->display = &l->table.display;
    pl_arena_free(&arena);
    return st;
}

/* What the loss needs beside a view. */
static bool open_loss(learner *l)
{
    const algorithm_spec *a = &l->spec->algorithm;
    size_t picks = algo_picks(a), anchor = algo_is_decoupled(a) ? l->policy->n_weights : 0;
    l->picks = picks ? pl_alloc_array(picks, sizeof *l->picks) : NULL;
    l->anchor = anchor ? pl_alloc_array(anchor, sizeof *l->anchor) : NULL;
    return (!picks || l->picks) && (!anchor || l->anchor);
}

pl_status learner_open(learner *l, const training_spec *spec, const pl_seeds *seeds, pl_diag *diag)
{
    *l = (learner){.spec = spec, .seeds = seeds};
    pl_status st = spec->world.table ? open_table(l, diag) : open_latent(l, diag);
    if (!st) {
        l->weights = pl_alloc_array(l->policy->n_weights, sizeof *l->weights);
        l->base = pl_alloc_array(l->policy->n_weights, sizeof *l->base);
        l->has_storage = l->weights && !storage_init(&l->storage, l->policy, l->weights);
        l->has_view = !policy_view_init(&l->view, l->display);
        l->has_reference = !policy_view_init(&l->reference, l->display);
        l->has_proximal = !policy_view_init(&l->proximal, l->display);
        l->has_dz = !policy_dz_init(&l->dz, l->policy);
        if (!open_loss(l) || !l->weights || !l->base || !l->has_storage || !l->has_proximal || !l->has_view || !l->has_reference ||
            !l->has_dz)
            st = pl_diag_nomem(diag, "making room for the weights");
    }
    if (st)
        learner_close(l);
    return st;
}

void learner_close(learner *l)
{
    if (l->has_view)
        policy_view_free(&l->view);
    if (l->has_reference)
        policy_view_free(&l->reference);
    if (l->has_proximal)
        policy_view_free(&l->proximal);
    for (size_t k = 0; k < l->n_kept; k++)
        policy_view_free(&l->kept[k].view);
    pl_free(l->kept);
    pl_free(l->parts);
    pl_free(l->asked);
    if (l->has_dz)
        policy_dz_free(&l->dz);
    if (l->has_policy)
        policy_free(&l->latent_policy);
    if (l->has_world)
        world_free(&l->latent_world);
    tabular_fast_free(l->fast);
    if (l->is_table)
        tabular_free(&l->table);
    if (l->has_storage)
        storage_free(&l->storage);
    pl_free(l->weights);
    pl_free(l->base);
    pl_free(l->picks);
    pl_free(l->anchor);
    *l = (learner){0};
}

bool learner_update_fused(learner *l, const learner_fused *u)
{
    tabular_step seen;
    bool finite = tabular_fast_update(l->fast, l->seeds, u->batch, u->version, u->prompts, u->n, u->minibatch, u->groups, u->norm,
                                      u->counts, &seen);
    if (u->groups)
        tabular_fast_export(l->fast, l->weights);
    return finite;
}
