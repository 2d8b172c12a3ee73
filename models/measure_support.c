/* Support: which prompts the policy can still solve, against those its base could. A prompt counts as solvable when k attempts
 * are more likely than not to hold a right one, 1 - (1-p)^k >= 1/2, k the largest of record.pass_at. Sharpening onto
 * what works most often raises pass@1 and can lose prompts that only a rarer strategy solved (arXiv 2504.13837).
 *
 * The same for right modes: a path, the format and strategy of a prompt, is in the support when k attempts are more likely than not
 * to hold a right answer that came by it. Of the base's modes `retention` are kept, and `discovery` of the policy's are new
 * (arXiv 2507.14843, retention and discovery rates of the empirical support). */
#include "models/measure.h"

enum { WEIGHT, BOTH, BASE_ONLY, NEW, PATHS_BOTH, PATHS_LOST, PATHS_NEW, STATE };

static int64_t largest_k(const measure_setup *setup) {
    int64_t k = 1;
    for (size_t i = 0; i < setup->n_pass_k; i++) k = setup->pass_k[i] > k ? setup->pass_k[i] : k;
    return k;
}

static pl_status columns(const measure_setup *setup, pl_table *table) {
    static const struct { const char *name, *doc; } column[] = {
        {"support/both", "Share of held-out prompts that base and policy can solve in k attempts, k the largest of record.pass_at"},
        {"support/base_only", "Share of held-out prompts that the base can solve in k attempts and the policy no longer"},
        {"support/new", "Share of held-out prompts that the policy can solve in k attempts and the base could not"},
        {"support/paths_both", "Paths by which base and policy solve a held-out prompt in k attempts, mean number a prompt"},
        {"support/paths_lost", "Paths by which the base solves a held-out prompt in k attempts and the policy no longer, a prompt"},
        {"support/paths_new", "Paths by which the policy solves a held-out prompt in k attempts and the base could not, a prompt"},
        {"support/retention", "Share of the base's paths that the policy keeps"},
        {"support/discovery", "Share of the policy's paths that the base did not have"},
    };
    pl_status st = PL_OK;
    for (size_t i = 0; i < PL_COUNT(column) && !st; i++)
        st = measure_column(table, PL_EXACT, "", column[i].doc, "%s", column[i].name);
    return st;
}

static size_t state_size(const measure_setup *setup) { return STATE; }

/* Probability of one attempt from which on k hold a right one more likely than not: 1 - (1-p)^k = 1/2. */
static double enough(const measure_setup *setup) { return -expm1(log(0.5) / (double)largest_k(setup)); }

static void visit(const measure_setup *setup, double *state, const policy_view *view, const policy_view *base, int split,
                  double weight) {
    if (split != SPLIT_HELD_OUT) return;
    const double least = enough(setup);
    const bool now = view->pass >= least, before = base->pass >= least;
    state[WEIGHT] += weight;
    if (now && before) state[BOTH] += weight;
    else if (before) state[BASE_ONLY] += weight;
    else if (now) state[NEW] += weight;
    for (size_t f = 0; f < view->F; f++)
        for (size_t s = 0; s < view->S; s++) {
            const bool kept = measure_right(view, f, s) >= least, had = measure_right(base, f, s) >= least;
            if (kept || had) state[kept && had ? PATHS_BOTH : had ? PATHS_LOST : PATHS_NEW] += weight;
        }
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    for (int i = BOTH; i < STATE; i++) *row++ = measure_mean(state[i], state[WEIGHT]);
    *row++ = measure_mean(state[PATHS_BOTH], state[PATHS_BOTH] + state[PATHS_LOST]);
    *row = measure_mean(state[PATHS_NEW], state[PATHS_BOTH] + state[PATHS_NEW]);
}

const measure measure_support = {
    .entry = {"support", "Prompts and paths solved by base and policy, lost and new", "2504.13837, section 3; 2507.14843", NULL},
    .columns = columns, .state = state_size, .visit = visit, .finish = finish};
