/* Sequential: one domain after the other, each for a number of passes over its own prompts of the pool, then from
 * the start again. Within a pass the order is a fresh permutation. */
#include <math.h>
#include <string.h>
#include "models/curriculum.h"
#include "models/deck.h"

typedef struct sequential_params {
    pl_strings domain_order;
    pl_reals passes;
} sequential_params;

static const pl_field fields[] = {
    {.name = "domain_order", .type = PL_STRINGS, .offset = offsetof(sequential_params, domain_order), .fallback = "[]",
     .doc = "Domains in the order in which they are trained on; must name every domain of the pool. Empty: as in the world.",
     .source = "arXiv 2507.14783"},
    {.name = "passes", .type = PL_REALS, .offset = offsetof(sequential_params, passes), .fallback = "[1]", .min = 0, .max = 1e6,
     .flags = PL_OPEN_MIN, .unit = "epochs",
     .doc = "Passes over a domain's prompts before the next domain's turn: one number for all, or one per domain in that order. "
            "Rounded to whole prompts, at least one."},
};

static void struct_check(const void *self, const pl_check *check)
{
    const sequential_params *p = self;
    if (p->passes.n == 0 || (p->domain_order.n && p->passes.n != 1 && p->passes.n != p->domain_order.n))
        pl_diag_add(check->diag, PL_ERROR, check->place(check, "passes"), "one number, or one per domain of domain_order",
                    "passes has %zu numbers and domain_order %zu names", p->passes.n, p->domain_order.n);
}

static const pl_struct sequential_struct = {
    .name = "curriculum_sequential", .doc = "One domain after the other.", .size = sizeof(sequential_params),
    .fields = fields, .n_fields = PL_COUNT(fields), .check = struct_check,
};

struct curriculum_state {
    pl_seeds seeds;
    deck_domains domains;
    size_t *turn;                            /* [n_turns] domain of each turn */
    uint64_t *block;                         /* [n_turns] prompts dealt in a turn */
    size_t n_turns;
    uint64_t cycle;                          /* sum of the blocks */
};

static void release(curriculum_state *s)
{
    if (!s) return;
    deck_domains_free(&s->domains);
    pl_free(s->turn);
    pl_free(s->block);
    pl_free(s);
}

static size_t find_domain(const world *w, const char *name)
{
    size_t d = 0;
    while (d < w->n_domains && strcmp(w->domains[d]->name, name)) d++;
    return d;
}

/* Lists the domains in turn; every domain of the pool once, and none without prompts. */
static pl_status take_turns(curriculum_state *s, const sequential_params *p, const world *w, pl_diag *diag)
{
    for (size_t k = 0; k < p->domain_order.n; k++) {
        size_t d = find_domain(w, p->domain_order.v[k]);
        bool again = false;
        for (size_t j = 0; j < s->n_turns; j++) again |= s->turn[j] == d;
        if (d == w->n_domains || again || s->domains.of[d].n == 0) {
            pl_diag_add(diag, PL_ERROR, (pl_place){0}, "name each domain of the pool once",
                        "curriculum.domain_order names '%s', which %s", p->domain_order.v[k],
                        d == w->n_domains ? "is not a domain of the world"
                        : again           ? "was named before"
                                          : "has no prompt in the pool");
            return PL_ERR_USER;
        }
        s->turn[s->n_turns++] = d;
    }
    for (size_t d = 0; d < w->n_domains; d++) {
        if (s->domains.of[d].n == 0) continue;
        bool named = false;
        for (size_t j = 0; j < s->n_turns; j++) named |= s->turn[j] == d;
        if (named) continue;
        if (p->domain_order.n) {
            pl_diag_add(diag, PL_ERROR, (pl_place){0}, "name it, or leave it out of curriculum.pool.domains",
                        "curriculum.domain_order does not name domain '%s', which has prompts in the pool", w->domains[d]->name);
            return PL_ERR_USER;
        }
        s->turn[s->n_turns++] = d;
    }
    if (p->passes.n != 1 && p->passes.n != s->n_turns) {
        pl_diag_add(diag, PL_ERROR, (pl_place){0}, "one number, or one per domain",
                    "curriculum.passes has %zu numbers for %zu domains", p->passes.n, s->n_turns);
        return PL_ERR_USER;
    }
    return PL_OK;
}

static pl_status init(curriculum_state **state, const void *params, const policy *layout, const uint32_t *pool, size_t n_pool,
                      const pl_seeds *seeds, pl_diag *diag)
{
    const sequential_params *p = params;
    const world *w = layout->world;
    pl_status st = PL_ERR_WORLD;
    *state = NULL;
    curriculum_state *s = pl_alloc(sizeof *s);
    if (!s) return pl_diag_nomem(diag, "setting up the curriculum");
    s->seeds = *seeds;
    s->turn = pl_alloc_array(w->n_domains, sizeof *s->turn);
    s->block = pl_alloc_array(w->n_domains, sizeof *s->block);
    if (!s->turn || !s->block || deck_domains_init(&s->domains, w, pool, n_pool)) {
        st = pl_diag_nomem(diag, "setting up the curriculum");
        goto out;
    }
    st = take_turns(s, p, w, diag);
    if (st) goto out;
    for (size_t k = 0; k < s->n_turns; k++) {
        double length = p->passes.v[p->passes.n == 1 ? 0 : k] * (double)s->domains.of[s->turn[k]].n;
        s->block[k] = (uint64_t)fmax(1.0, floor(length + 0.5));
        s->cycle += s->block[k];
    }
    *state = s;
out:
    if (st) release(s);
    return st;
}

static void next(curriculum_state *s, uint32_t batch, double epoch, uint32_t *prompts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t position = (uint64_t)batch * n + i, cycles = position / s->cycle, rest = position % s->cycle;
        size_t k = 0;
        while (rest >= s->block[k]) rest -= s->block[k++];
        prompts[i] = deck_at(&s->domains.of[s->turn[k]], &s->seeds, cycles * s->block[k] + rest);
    }
}

static void check_names(const void *params, const char *path, const world_spec *w, const pl_check *check)
{
    const sequential_params *p = params;
    if (!w->table) curriculum_check_domains(&p->domain_order, path, "domain_order", w, check);
}

const curriculum curriculum_sequential = {
    .entry = {.name = "sequential", .doc = "One domain after the other, each for a number of passes over its prompts.",
              .source = "arXiv 2507.14783", .params = &sequential_struct},
    .init = init, .free = release, .next = next, .check = check_names,
};
