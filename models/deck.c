#include "models/deck.h"

#include <string.h>

pl_status deck_init(deck *d, const uint32_t *prompts, size_t n, uint32_t key)
{
    *d = (deck){.prompts = prompts, .n = n, .pass = UINT64_MAX, .key = key};
    d->order = pl_alloc_array(n, sizeof *d->order);
    return d->order ? PL_OK : PL_ERR_WORLD;
}

void deck_free(deck *d)
{
    pl_free(d->order);
    d->order = NULL;
}

uint32_t deck_at(deck *d, const pl_seeds *seeds, uint64_t position)
{
    if (d->pass == UINT64_MAX || position - d->pass * d->n >= d->n) {      /* not in this pass; division is slow */
        const uint64_t pass = position / d->n;
        pl_stream s = pl_stream_make(seeds, PL_FOR_ORDER, (uint32_t)pass, d->key, (uint32_t)(pass >> 32));
        memcpy(d->order, d->prompts, d->n * sizeof *d->order);
        pl_shuffle(&s, d->order, d->n);
        d->pass = pass;
    }
    return d->order[position - d->pass * d->n];
}

pl_status deck_domains_init(deck_domains *d, const world *w, const uint32_t *pool, size_t n_pool)
{
    *d = (deck_domains){.n_domains = w->n_domains};
    d->of = pl_alloc_array(w->n_domains, sizeof *d->of);
    d->prompts = pl_alloc_array(n_pool, sizeof *d->prompts);
    if (!d->of || !d->prompts) goto nomem;
    size_t at = 0;
    for (size_t k = 0; k < w->n_domains; k++) {
        size_t from = at;
        for (size_t i = 0; i < n_pool; i++)
            if (w->domain[pool[i]] == k) d->prompts[at++] = pool[i];
        if (deck_init(&d->of[k], d->prompts + from, at - from, (uint32_t)k + 1)) goto nomem;
    }
    return PL_OK;
nomem:
    deck_domains_free(d);
    return PL_ERR_WORLD;
}

void deck_domains_free(deck_domains *d)
{
    for (size_t k = 0; d->of && k < d->n_domains; k++) deck_free(&d->of[k]);
    pl_free(d->of);
    pl_free(d->prompts);
    *d = (deck_domains){0};
}
