/* A deck: a set of prompts dealt in a fresh random order on every pass, each once per pass.
 *
 * The order of pass k is a pure function of (seeds, key, k), so that any position can be asked for; the order last
 * asked for is kept. */
#ifndef PL_MODELS_DECK_H
#define PL_MODELS_DECK_H

#include "models/world.h"

typedef struct deck {
    const uint32_t *prompts;                 /* [n] in increasing order; not owned */
    uint32_t *order;                         /* [n] the pass in hand */
    size_t n;
    uint64_t pass;                           /* UINT64_MAX: none yet */
    uint32_t key;                            /* separates the streams of several decks: 0 the pool, d + 1 domain d */
} deck;

PL_MUST_USE pl_status deck_init(deck *d, const uint32_t *prompts, size_t n, uint32_t key);
void deck_free(deck *d);
/* The prompt at a position counted from the start of the first pass. */
uint32_t deck_at(deck *d, const pl_seeds *seeds, uint64_t position);

/* The pool split by domain: prompts of domain d, in increasing order, are of[d] (n 0 where there are none). */
typedef struct deck_domains {
    deck *of;                                /* [n_domains] */
    uint32_t *prompts;                       /* owned copy, sorted by domain */
    size_t n_domains;
} deck_domains;

PL_MUST_USE pl_status deck_domains_init(deck_domains *d, const world *w, const uint32_t *pool, size_t n_pool);
void deck_domains_free(deck_domains *d);

#endif
