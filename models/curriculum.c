#include "models/curriculum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(pool_spec, member)
static const char *const majority_names[] = {"any", "right", "wrong", NULL};
static const pl_field pool_fields[] = {
    {.name = "domains",
     .type = PL_STRINGS,
     .offset = AT(domains),
     .fallback = "[]",
     .doc = "Domains whose training prompts belong to the pool; empty: all."},
    {.name = "min_pass_rate",
     .type = PL_REAL,
     .offset = AT(min_pass_rate),
     .fallback = "0",
     .min = 0,
     .max = 1,
     .unit = "fraction",
     .doc = "Prompts on which the base policy is right less often than this are left out."},
    {.name = "max_pass_rate",
     .type = PL_REAL,
     .offset = AT(max_pass_rate),
     .fallback = "1",
     .min = 0,
     .max = 1,
     .unit = "fraction",
     .doc = "Prompts on which the base policy is right more often than this are left out; with samples k, 0 keeps those with "
            "pass@k = 0."},
    {.name = "samples",
     .type = PL_INT,
     .offset = AT(samples),
     .fallback = "0",
     .min = 0,
     .max = 1 << 20,
     .unit = "rollouts",
     .doc =
         "How the base pass rate is known: 0 exactly, k as the share of right answers among k base rollouts, as a real run would."},
    {.name = "majority",
     .type = PL_ENUM,
     .offset = AT(majority),
     .fallback = "any",
     .names = majority_names,
     .doc = "right, wrong: only prompts on which the answer that the base gives most often, of many, is right, or wrong.",
     .source = "arXiv 2506.10947, section 2"},
    {.name = "limit",
     .type = PL_INT,
     .offset = AT(limit),
     .fallback = "0",
     .min = 0,
     .max = UINT32_MAX,
     .unit = "prompts",
     .doc = "At most so many prompts, drawn at random from those selected; 0: all."},
};
#undef AT

static void pool_check(const void *self, const pl_check *check)
{
    const pool_spec *pool = self;
    if (pool->min_pass_rate > pool->max_pass_rate)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "min_pass_rate"), "the smaller first",
                    "min_pass_rate %g exceeds max_pass_rate %g", pool->min_pass_rate, pool->max_pass_rate);
}

static const pl_struct pool_struct = {
    .name = "pool", .doc = "Which training prompts are used at all.", .size = sizeof(pool_spec),
    .fields = pool_fields, .n_fields = PL_COUNT(pool_fields), .check = pool_check,
};

static const pl_field curriculum_fields[] = {
    {.name = "order",
     .type = PL_CHOICE,
     .offset = offsetof(curriculum_spec, order),
     .fallback = "uniform",
     .registry = &curriculum_registry,
     .doc = "Which prompts of the pool come next."},
    {.name = "pool",
     .type = PL_STRUCT,
     .offset = offsetof(curriculum_spec, pool),
     .sub = &pool_struct,
     .doc = "Which training prompts are used at all."},
};

const pl_struct curriculum_struct = {
    .name = "curriculum", .doc = "Which prompts are trained on, and when.", .size = sizeof(curriculum_spec),
    .fields = curriculum_fields, .n_fields = PL_COUNT(curriculum_fields),
};

void curriculum_check_domains(const pl_strings *names, const char *path, const char *key, const world_spec *w,
                              const pl_check *check)
{
    const domain_spec *domains = w->domains.v;
    char at[128];
    snprintf(at, sizeof at, "%s.%s", path, key);
    for (size_t k = 0; k < names->n; k++) {
        bool known = false;
        for (size_t d = 0; d < w->domains.n; d++) known |= !strcmp(domains[d].name, names->v[k]);
        if (!known)
            pl_diag_add(check->diag, PL_ERROR, check->place(check, at), "name domains of world.domains",
                        "'%s' names '%s', which is not a domain of the world", at, names->v[k]);
        for (size_t j = 0; j < k; j++)
            if (!strcmp(names->v[j], names->v[k]))
                pl_diag_add(check->diag, PL_ERROR, check->place(check, at), "name each domain once",
                            "'%s' names '%s' twice", at, names->v[k]);
    }
}

void curriculum_check(const curriculum_spec *spec, const char *path, const world_spec *w, const pl_check *check)
{
    const curriculum *order = (const curriculum *)spec->order.entry;
    char at[128];
    snprintf(at, sizeof at, "%s.pool.majority", path);
    if (w->table && spec->pool.majority != MAJORITY_ANY)
        pl_diag_add(check->diag, PL_ERROR, check->place(check, at), "leave it out",
                    "'%s' asks for the likeliest answer, and the outcomes of a tabular world are not answers", at);
    if (!w->table) curriculum_check_domains(&spec->pool.domains, path, "pool.domains", w, check);
    if (order->check) order->check(spec->order.params, path, w, check);
}

/* Base pass rate on a prompt, exact or from `samples` base rollouts. A rollout is right with probability view->pass
 * and nothing else about it matters here, so a coin per rollout has the distribution of whole rollouts. */
static double base_pass_rate(const pool_spec *spec, const policy_view *v, uint32_t prompt, const pl_seeds *seeds)
{
    if (spec->samples == 0) return v->pass;
    pl_stream s = pl_stream_make(seeds, PL_FOR_POOL, prompt, 0, 0);
    int64_t right = 0;
    for (int64_t k = 0; k < spec->samples; k++) right += pl_uniform(&s) < v->pass;
    return (double)right / (double)spec->samples;
}

/* Is the likeliest answer the right one? q[W] is scratch. */
static bool belongs(int majority, const policy *p, const policy_view *v, double *q)
{
    if (majority == MAJORITY_ANY) return true;
    double most = 0;
    (void)policy_view_wrong(p, v, q);
    for (size_t i = 0; i < p->world->n_wrong; i++) most = fmax(most, q[i]);
    return majority == MAJORITY_RIGHT ? v->pass > most : v->pass < most;
}

enum { BINS = 7 };
static const double bin_top[BINS] = {0, 0.01, 0.1, 0.5, 0.9, 0.999999, 1};
static const char *const bin_name[BINS] = {"0", "to .01", "to .1", "to .5", "to .9", "below 1", "1"};

static pl_status empty_pool(const pool_spec *spec, const size_t *histogram, size_t considered, pl_diag *diag)
{
    char text[256];
    int at = 0;
    for (int b = 0; b < BINS && at >= 0 && at < (int)sizeof text; b++)
        at += snprintf(text + at, sizeof text - (size_t)at, "%s%s: %zu", b ? ", " : "", bin_name[b], histogram[b]);
    pl_diag_add(diag, PL_ERROR, (pl_place){0}, "widen curriculum.pool, or change the difficulty of the world",
                "no training prompt has a base pass rate from %g to %g%s%s; of %zu considered, prompts by base pass rate: %s",
                spec->min_pass_rate, spec->max_pass_rate, spec->majority ? " and a majority that is " : "",
                spec->majority ? majority_names[spec->majority] : "", considered, text);
    return PL_ERR_USER;
}

/* Which domains are wanted, as a flag per domain. Unknown names are an error of the user. */
static pl_status wanted_domains(const pool_spec *spec, const world *w, bool *wanted, pl_diag *diag)
{
    for (size_t d = 0; d < w->n_domains; d++) wanted[d] = spec->domains.n == 0;
    for (size_t k = 0; k < spec->domains.n; k++) {
        bool known = false;
        for (size_t d = 0; d < w->n_domains; d++)
            if (!strcmp(w->domains[d]->name, spec->domains.v[k])) wanted[d] = known = true;
        if (known) continue;
        pl_diag_add(diag, PL_ERROR, (pl_place){0}, "name domains of the world",
                    "curriculum.pool.domains names '%s', which is not a domain of the world", spec->domains.v[k]);
        return PL_ERR_USER;
    }
    return PL_OK;
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Fills pool with the selected prompts, in increasing order, and the histogram of what was considered. */
static size_t select_prompts(const pool_spec *spec, const policy *p, const double *weights, const bool *wanted, policy_view *v,
                             const pl_seeds *seeds, uint32_t *pool, double *q, size_t *histogram, size_t *considered)
{
    const world *w = p->world;
    /* The exact rate of a certain success may come out an ulp off 1; a bound of 1 or 0 must still hold for it. */
    double slack = spec->samples ? 0 : 1e-12;
    size_t n = 0;
    for (uint32_t x = 0; x < w->n_train; x++) {
        if (!wanted[w->domain[x]]) continue;
        policy_forward_pass(p, weights, x, p->temperature, v);
        double rate = base_pass_rate(spec, v, x, seeds);
        size_t b = 0;
        while (b + 1 < BINS && rate > bin_top[b]) b++;
        histogram[b]++;
        ++*considered;
        bool between = rate >= spec->min_pass_rate - slack && rate <= spec->max_pass_rate + slack;
        if (between && belongs(spec->majority, p, v, q)) pool[n++] = x;
    }
    if (spec->limit && n > (size_t)spec->limit) {
        pl_stream s = pl_stream_make(seeds, PL_FOR_POOL, UINT32_MAX, 1, 0);
        pl_shuffle(&s, pool, n);
        n = (size_t)spec->limit;
        qsort(pool, n, sizeof *pool, compare_u32);
    }
    return n;
}

pl_status curriculum_pool(const pool_spec *spec, const policy *p, const pl_seeds *seeds, pl_arena *arena, uint32_t **pool,
                          size_t *n, pl_diag *diag)
{
    const world *w = p->world;
    size_t histogram[BINS] = {0}, considered = 0;
    policy_view view = {0};
    *n = 0;
    *pool = NULL;
    double *weights = pl_alloc_array(p->n_weights, sizeof *weights);      /* zero: the base policy */
    bool *wanted = pl_alloc_array(w->n_domains, sizeof *wanted);
    uint32_t *out = pl_arena_array(arena, w->n_train, sizeof *out);
    double *q = pl_alloc_array(w->n_wrong + 1, sizeof *q);
    pl_status st = weights && wanted && out && q ? PL_OK : pl_diag_nomem(diag, "selecting the training pool");
    if (st) goto out;
    st = wanted_domains(spec, w, wanted, diag);
    if (st) goto out;
    st = policy_view_init(&view, p);
    if (st) {
        st = pl_diag_nomem(diag, "selecting the training pool");
        goto out;
    }
    *n = select_prompts(spec, p, weights, wanted, &view, seeds, out, q, histogram, &considered);
    *pool = out;
    if (*n == 0) st = empty_pool(spec, histogram, considered, diag);
out:
    policy_view_free(&view);
    pl_free(weights);
    pl_free(wanted);
    pl_free(q);
    return st;
}
