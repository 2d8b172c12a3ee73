/* Uniform: a fresh permutation of the pool in every epoch, so that each prompt comes once per epoch.
 *
 * When a domain of the world has a sampling weight, the domain is drawn by weight and the prompt is the next one of
 * the domain's own permutation: a domain's prompts still come equally often, the domains as weighted. A domain
 * without a weight counts as its training prompts, one without prompts in the pool is never drawn. */
#include <math.h>
#include <string.h>
#include "models/curriculum.h"
#include "models/deck.h"

struct curriculum_state {
    pl_seeds seeds;
    deck whole;                              /* without weights */
    deck_domains domains;                    /* with weights */
    double *share;                           /* [n_domains], NULL without weights */
    uint64_t *drawn;                         /* [n_domains] so far */
    uint64_t position;                       /* prompts dealt so far */
};

static void release(curriculum_state *s)
{
    if (!s) return;
    deck_free(&s->whole);
    deck_domains_free(&s->domains);
    pl_free(s->share);
    pl_free(s->drawn);
    pl_free(s);
}

static pl_status init_weighted(curriculum_state *s, const world *w, const uint32_t *pool, size_t n_pool, pl_diag *diag)
{
    s->share = pl_alloc_array(w->n_domains, sizeof *s->share);
    s->drawn = pl_alloc_array(w->n_domains, sizeof *s->drawn);
    if (!s->share || !s->drawn || deck_domains_init(&s->domains, w, pool, n_pool))
        return pl_diag_nomem(diag, "setting up the curriculum");
    double sum = 0;
    for (size_t d = 0; d < w->n_domains; d++) {
        double weight = w->domains[d]->weight;
        s->share[d] = s->domains.of[d].n == 0 ? 0 : isnan(weight) ? (double)w->domains[d]->prompts : weight;
        sum += s->share[d];
    }
    if (!(sum > 0)) {
        pl_diag_add(diag, PL_ERROR, (pl_place){0}, "give a weight above 0 to a domain that has prompts in the pool",
                    "every domain with prompts in the pool has sampling weight 0");
        return PL_ERR_USER;
    }
    for (size_t d = 0; d < w->n_domains; d++) s->share[d] /= sum;
    return PL_OK;
}

static pl_status init(curriculum_state **state, const void *params, const policy *p, const uint32_t *pool, size_t n_pool,
                      const pl_seeds *seeds, pl_diag *diag)
{
    const world *w = p->world;
    bool weighted = false;
    for (size_t d = 0; d < w->n_domains; d++) weighted |= !isnan(w->domains[d]->weight);
    *state = NULL;
    curriculum_state *s = pl_alloc(sizeof *s);
    if (!s) return pl_diag_nomem(diag, "setting up the curriculum");
    s->seeds = *seeds;
    pl_status st = PL_OK;
    if (weighted) st = init_weighted(s, w, pool, n_pool, diag);
    else if (deck_init(&s->whole, pool, n_pool, 0)) st = pl_diag_nomem(diag, "setting up the curriculum");
    if (st) release(s);
    else *state = s;
    return st;
}

static uint32_t deal(curriculum_state *s)
{
    uint64_t t = s->position++;
    if (!s->share) return deck_at(&s->whole, &s->seeds, t);
    pl_stream stream = pl_stream_make(&s->seeds, PL_FOR_ORDER, (uint32_t)t, UINT32_MAX, (uint32_t)(t >> 32));
    size_t d = pl_categorical(&stream, s->share, s->domains.n_domains);
    return deck_at(&s->domains.of[d], &s->seeds, s->drawn[d]++);
}

static void next(curriculum_state *s, uint32_t batch, double epoch, uint32_t *prompts, size_t n)
{
    uint64_t position = (uint64_t)batch * n;
    if (!s->share) s->position = position;
    if (s->position > position) {            /* an earlier batch than expected: deal again from the start */
        s->position = 0;
        memset(s->drawn, 0, s->domains.n_domains * sizeof *s->drawn);
    }
    while (s->position < position) (void)deal(s);
    for (size_t i = 0; i < n; i++) prompts[i] = deal(s);
}

const curriculum curriculum_uniform = {
    .entry = {.name = "uniform",
              .doc = "A fresh permutation of the pool each epoch; with domain weights, domains drawn by weight."},
    .init = init,
    .free = release,
    .next = next,
};
