/* The stored update: how much of the weights it changes, and in how many directions. Only for a policy with stored weights
 * (models/storage.h). Published for RL: most weights are bit for bit what they were, the rest form an update of nearly full rank
 * (2505.11711).
 *
 * Unchanged is a weight of which the forward pass still reads the pretrained value, of those that ever had a gradient. The rank is
 * that of the change of a table of the prompt embedding, h x S: singular values above max(h, S) units of fp32 precision of the
 * largest, which is what torch.linalg.matrix_rank counts; found by a Cholesky decomposition with pivoting of the Gram matrix.
 *
 * The mask tells which weights of a fixed sample are changed, 48 to a column, so that replicates can be compared afterwards: the
 * statistics overlap.* of hypotheses. The sample is of the embedding's tables, of all weights where there is none. */
#include "models/measure.h"
#include "models/storage.h"

enum { SEEN, ALL, VISITED, UNCHANGED, EMBEDDED, EMBEDDED_UNCHANGED, RANK, FULL_RANK, MASK };
enum { SAMPLE = 960, BITS = 48, WORDS = SAMPLE / BITS };

static bool stored(const measure_setup *setup) {
    return setup->policy->spec && setup->policy->spec->storage.format != STORAGE_EXACT;
}

static bool embedded(const measure_setup *setup) { return setup->policy->n_embedding > 0; }

static pl_status columns(const measure_setup *setup, pl_table *table) {
    if (!stored(setup)) return PL_OK;
    pl_status st = measure_column(table, PL_EXACT, "", "Share of all stored weights that ever had a gradient", "update/visited");
    if (!st) st = measure_column(table, PL_EXACT, "", "Share of the weights that ever had a gradient of which the forward pass "
                                 "still reads the pretrained value", "update/unchanged");
    if (!st && embedded(setup))
        st = measure_column(table, PL_EXACT, "", "The same of the embedding's tables", "update/unchanged_embedding");
    if (!st && embedded(setup))
        st = measure_column(table, PL_EXACT, "", "Rank of the change of the embedding's tables, over the largest there could be",
                            "update/rank");
    for (size_t i = 0; i < WORDS && !st; i++)
        st = measure_column(table, PL_EXACT, "", "Which of 48 sampled weights are changed, as bits: for overlap.* of hypotheses",
                            "update/mask/%zu", i);
    return st;
}

/* The Gram matrix of the largest table follows. */
static size_t state_size(const measure_setup *setup) {
    size_t side = 0;
    if (!stored(setup)) return 0;
    for (size_t i = 0; i < setup->policy->n_tables; i++) {
        const policy_table *t = &setup->policy->tables[i];
        const size_t least = t->n_keys < t->width ? t->n_keys : t->width;
        if (t->feature == FEATURE_EMBEDDING && least > side) side = least;
    }
    return MASK + WORDS + side * side;
}

/* a[n][n], positive semidefinite, is used up. */
static size_t rank_of(double *a, size_t n, double tolerance) {
    double first = 0.0;
    for (size_t k = 0; k < n; k++) {
        size_t best = k;
        for (size_t i = k; i < n; i++) best = a[i * n + i] > a[best * n + best] ? i : best;
        const double pivot = a[best * n + best];
        if (k == 0) first = pivot;
        if (!(pivot > tolerance * tolerance * first)) return k;
        for (size_t j = 0; j < n; j++) {                       /* symmetric exchange of k and best */
            const double other = a[k * n + j];
            a[k * n + j] = a[best * n + j];
            a[best * n + j] = other;
        }
        for (size_t j = 0; j < n; j++) {
            const double other = a[j * n + k];
            a[j * n + k] = a[j * n + best];
            a[j * n + best] = other;
        }
        for (size_t i = k + 1; i < n; i++) {
            const double factor = a[i * n + k] / pivot;
            for (size_t j = k + 1; j < n; j++) a[i * n + j] -= factor * a[k * n + j];
        }
    }
    return n;
}

static void add_rank(const policy_table *t, const double *weights, double *state) {
    const bool wide = t->width > t->n_keys;
    const size_t n = wide ? t->n_keys : t->width, length = wide ? t->width : t->n_keys;
    const size_t next = wide ? t->width : 1, along = wide ? 1 : t->width;     /* from vector to vector; within one */
    const double *w = weights + t->offset;
    double *a = state + MASK + WORDS;
    if (n < 2) return;                                         /* one option: nothing to have directions */
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = 0.0;
            for (size_t k = 0; k < length; k++) sum += w[i * next + k * along] * w[j * next + k * along];
            a[i * n + j] = a[j * n + i] = sum;
        }
    state[RANK] += (double)rank_of(a, n, (double)length * 0x1p-23);
    state[FULL_RANK] += (double)n;
}

/* The sample's positions within n weights: spread by the golden ratio; all of them, again and again, when there are few. */
static size_t position(size_t i, size_t n) {
    if (n <= SAMPLE) return i % n;
    const double turn = (double)(i + 1) * 0.6180339887498949;
    return (size_t)((turn - floor(turn)) * (double)n);
}

static void take_mask(const policy *p, const double *weights, bool only_embedding, double *state) {
    size_t n = 0;
    for (size_t i = 0; i < p->n_tables; i++)
        if (p->tables[i].feature == FEATURE_EMBEDDING) n += p->tables[i].n_keys * p->tables[i].width;
    if (!only_embedding) n = p->n_weights;
    for (size_t k = 0; k < SAMPLE && n > 0; k++) {
        size_t at = position(k, n);
        for (size_t i = 0; i < p->n_tables && only_embedding; i++) {          /* from among the embedding's to among all */
            const policy_table *t = &p->tables[i];
            const size_t size = t->n_keys * t->width;
            if (t->feature != FEATURE_EMBEDDING) continue;
            if (at < size) {
                at += t->offset;
                break;
            }
            at -= size;
        }
        if (weights[at] != 0.0) state[MASK + k / BITS] += ldexp(1.0, (int)(k % BITS));
    }
}

static void take(const measure_setup *setup, double *state, const measure_weights *w) {
    if (!stored(setup) || !w->storage->rounds) return;
    const policy *p = w->policy;
    state[SEEN] = 1.0;
    state[ALL] = (double)p->n_weights;
    for (size_t j = 0; j < p->n_weights; j++) {
        state[VISITED] += w->storage->visited[j];
        state[UNCHANGED] += w->storage->visited[j] && w->weights[j] == 0.0;
    }
    for (size_t i = 0; i < p->n_tables; i++) {
        const policy_table *t = &p->tables[i];
        if (t->feature != FEATURE_EMBEDDING) continue;
        for (size_t j = t->offset; j < t->offset + t->n_keys * t->width; j++) {
            state[EMBEDDED] += w->storage->visited[j];
            state[EMBEDDED_UNCHANGED] += w->storage->visited[j] && w->weights[j] == 0.0;
        }
        add_rank(t, w->weights, state);
    }
    take_mask(p, w->weights, embedded(setup), state);
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    if (!stored(setup)) return;
    *row++ = measure_mean(state[VISITED], state[ALL]);
    *row++ = measure_mean(state[UNCHANGED], state[VISITED]);
    if (embedded(setup)) {
        *row++ = measure_mean(state[EMBEDDED_UNCHANGED], state[EMBEDDED]);
        *row++ = measure_mean(state[RANK], state[FULL_RANK]);
    }
    for (size_t i = 0; i < WORDS; i++) row[i] = state[SEEN] > 0.0 ? state[MASK + i] : NAN;
}

const measure measure_update = {
    .entry = {"update", "Sparsity and rank of the stored update, which weights it changes", "2505.11711; 2511.08567", NULL},
    .columns = columns, .state = state_size, .weights = take, .finish = finish};
