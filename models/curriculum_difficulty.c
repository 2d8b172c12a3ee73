/* Difficulty: easy prompts first, or hard ones.
 *
 * The pool is sorted by the base policy's exact pass rate, or by the difficulty of the world (ties by number). `bands` cuts the
 * order into equal parts and trains on one after the other, each for some passes over its own prompts. `ramp` draws from a
 * window at the start of the order, with replacement, whose share of the pool grows linearly with the number of prompts dealt:
 *
 *   c(t) = min(1, start + (1 - start) t / (epochs n))           arXiv 1903.09848, eq. 6
 *
 * Afterwards both deal the whole pool, each prompt once per pass. A real run measures pass rates by sampling the base policy;
 * here they are exact. */
#include <math.h>
#include <stdlib.h>
#include "models/curriculum.h"
#include "models/deck.h"

enum { BANDS, RAMP };
enum { PASS_RATE, DIFFICULTY };
enum { EASIEST, HARDEST };
static const char *const shape_names[] = {"bands", "ramp", NULL}, *const by_names[] = {"pass_rate", "difficulty", NULL},
                  *const first_names[] = {"easiest", "hardest", NULL};

typedef struct difficulty_params {
    int shape, by, first;
    int64_t bands;
    double passes, epochs, start;
} difficulty_params;

#define AT(member) offsetof(difficulty_params, member)
static const pl_field fields[] = {
    {.name = "shape", .type = PL_ENUM, .offset = AT(shape), .fallback = "ramp", .names = shape_names,
     .doc = "ramp: a window that grows until it is the whole pool. bands: one part after the other, then the whole pool."},
    {.name = "by", .type = PL_ENUM, .offset = AT(by), .fallback = "pass_rate", .names = by_names,
     .doc = "pass_rate: of the base policy on the prompt, exactly. difficulty: of the prompt in the world, in logits."},
    {.name = "first", .type = PL_ENUM, .offset = AT(first), .fallback = "easiest", .names = first_names,
     .doc = "Which end of the order comes first."},
    {.name = "bands", .type = PL_INT, .offset = AT(bands), .fallback = "4", .min = 1, .max = 65536, .unit = "bands",
     .doc = "shape bands: number of equal parts; at most as many as there are prompts in the pool."},
    {.name = "passes", .type = PL_REAL, .offset = AT(passes), .fallback = "1", .min = 0, .max = 1e6, .flags = PL_OPEN_MIN,
     .unit = "epochs",
     .doc = "shape bands: passes over a band's own prompts before the next; rounded to whole prompts, at least one."},
    {.name = "epochs", .type = PL_REAL, .offset = AT(epochs), .fallback = "1", .min = 0, .max = 1e6, .flags = PL_OPEN_MIN,
     .unit = "epochs", .doc = "shape ramp: prompts dealt, in multiples of the pool, until the window is the whole pool.",
     .source = "arXiv 1903.09848, eq. 6"},
    {.name = "start", .type = PL_REAL, .offset = AT(start), .fallback = "0.1", .min = 0, .max = 1, .flags = PL_OPEN_MIN,
     .unit = "fraction", .doc = "shape ramp: share of the pool in the first window; at least one prompt.",
     .source = "arXiv 1903.09848, eq. 6"},
};
#undef AT
static void difficulty_check(const void *self, const pl_check *check);
static const pl_struct difficulty_struct = {
    .name = "curriculum_difficulty", .doc = "From one end of the order of difficulty to the other.",
    .size = sizeof(difficulty_params), .fields = fields, .n_fields = PL_COUNT(fields), .check = difficulty_check,
};

/* A shape's keys say nothing to the other shape. */
static void difficulty_check(const void *self, const pl_check *check)
{
    static const char *const of_bands[] = {"bands", "passes", NULL}, *const of_ramp[] = {"epochs", "start", NULL};
    const bool ramp = ((const difficulty_params *)self)->shape == RAMP;
    pl_must_be_default(&difficulty_struct, self, check, ramp ? of_bands : of_ramp, ramp ? "with shape ramp" : "with shape bands");
}

struct curriculum_state {
    const difficulty_params *c;
    pl_seeds seeds;
    uint32_t *order;                         /* [n] the pool, what comes first first */
    deck *bands;                             /* [n_bands] parts of the order */
    size_t n, n_bands;
    deck whole;
    uint64_t length;                         /* prompts dealt before the whole pool is */
};

static void release(curriculum_state *s)
{
    if (!s) return;
    for (size_t k = 0; s->bands && k < s->n_bands; k++) deck_free(&s->bands[k]);
    deck_free(&s->whole);
    pl_free(s->bands);
    pl_free(s->order);
    pl_free(s);
}

typedef struct rank { double key; uint32_t prompt; } rank;

static int compare(const void *a, const void *b)
{
    const rank *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->prompt > y->prompt) - (x->prompt < y->prompt);
}

/* Fills order with the pool, sorted. */
static pl_status sort_pool(curriculum_state *s, const policy *p, const uint32_t *pool)
{
    policy_view view = {0};
    double *base = pl_alloc_array(p->n_weights, sizeof *base);
    rank *ranks = pl_alloc_array(s->n, sizeof *ranks);
    pl_status st = base && ranks ? policy_view_init(&view, p) : PL_ERR_WORLD;
    for (size_t i = 0; i < s->n && !st; i++) {
        double harder = p->world->difficulty[pool[i]];
        if (s->c->by == PASS_RATE) {
            policy_forward_pass(p, base, pool[i], p->temperature, &view);
            harder = -view.pass;
        }
        ranks[i] = (rank){s->c->first == HARDEST ? -harder : harder, pool[i]};
    }
    if (!st) {
        qsort(ranks, s->n, sizeof *ranks, compare);
        for (size_t i = 0; i < s->n; i++) s->order[i] = ranks[i].prompt;
    }
    policy_view_free(&view);
    pl_free(base);
    pl_free(ranks);
    return st;
}

/* Prompts dealt from a band before the next one's turn. */
static uint64_t block(const curriculum_state *s, size_t band)
{
    return (uint64_t)fmax(1.0, floor(s->c->passes * (double)s->bands[band].n + 0.5));
}

static pl_status cut_bands(curriculum_state *s)
{
    size_t n = (size_t)s->c->bands;
    s->bands = pl_alloc_array(n, sizeof *s->bands);
    if (!s->bands) return PL_ERR_WORLD;
    for (; s->n_bands < n; s->n_bands++) {
        size_t k = s->n_bands, from = k * s->n / n, to = (k + 1) * s->n / n;
        if (deck_init(&s->bands[k], s->order + from, to - from, (uint32_t)k + 1)) return PL_ERR_WORLD;
        s->length += block(s, k);
    }
    return PL_OK;
}

static pl_status init(curriculum_state **state, const void *params, const policy *p, const uint32_t *pool, size_t n_pool,
                      const pl_seeds *seeds, pl_diag *diag)
{
    const difficulty_params *c = params;
    *state = NULL;
    if (c->shape == BANDS && (size_t)c->bands > n_pool) {
        pl_diag_add(diag, PL_ERROR, (pl_place){0}, "lower curriculum.bands, or widen the pool",
                    "curriculum.bands is %lld and the pool has %zu prompts: a band would be empty", (long long)c->bands, n_pool);
        return PL_ERR_USER;
    }
    curriculum_state *s = pl_alloc(sizeof *s);
    if (!s) return pl_diag_nomem(diag, "setting up the curriculum");
    s->c = c;
    s->seeds = *seeds;
    s->n = n_pool;
    s->length = c->shape == RAMP ? (uint64_t)ceil(c->epochs * (double)n_pool) : 0;
    s->order = pl_alloc_array(n_pool, sizeof *s->order);
    pl_status st = s->order ? sort_pool(s, p, pool) : PL_ERR_WORLD;
    if (!st) st = deck_init(&s->whole, pool, n_pool, 0);
    if (!st && c->shape == BANDS) st = cut_bands(s);
    if (st) {
        release(s);
        return pl_diag_nomem(diag, "setting up the curriculum");
    }
    *state = s;
    return PL_OK;
}

static uint32_t deal(curriculum_state *s, uint64_t t)
{
    if (t >= s->length) return deck_at(&s->whole, &s->seeds, t - s->length);
    if (s->c->shape == BANDS) {
        size_t k = 0;
        for (uint64_t b; t >= (b = block(s, k)); k++) t -= b;
        return deck_at(&s->bands[k], &s->seeds, t);
    }
    double share = s->c->start + (1.0 - s->c->start) * (double)t / (double)s->length;
    size_t window = (size_t)ceil(share * (double)s->n);
    pl_stream stream = pl_stream_make(&s->seeds, PL_FOR_ORDER, (uint32_t)t, UINT32_MAX, (uint32_t)(t >> 32));
    return s->order[pl_below(&stream, (uint32_t)(window < s->n ? window : s->n))];
}

static void next(curriculum_state *s, uint32_t batch, double epoch, uint32_t *prompts, size_t n)
{
    for (size_t i = 0; i < n; i++) prompts[i] = deal(s, (uint64_t)batch * n + i);
}

static void check(const void *params, const char *path, const world_spec *w, const pl_check *checks)
{
    const difficulty_params *c = params;
    if (w->table && c->by == DIFFICULTY)
        pl_diag_add(checks->diag, PL_ERROR, checks->place(checks, path), "sort by pass_rate",
                    "%s sorts by difficulty, which a tabular world does not have", path);
}

const curriculum curriculum_difficulty = {
    .entry = {.name = "difficulty", .doc = "From easy to hard prompts, by a growing window or in bands; then the whole pool.",
              .params = &difficulty_struct, .source = "arXiv 1903.09848, eq. 6"},
    .init = init, .free = release, .next = next, .check = check,
};
