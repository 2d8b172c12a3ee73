/* Support: which prompts the policy can still solve, against those its base could. A prompt counts as solvable when k attempts
 * are more likely than not to hold a right one, 1 - (1-p)^k >= 1/2, k the largest of record.pass_at. Sharpening onto
 * what works most often raises pass@1 and can lose prompts that only a rarer strategy solved (arXiv 2504.13837). */
#include "models/measure.h"

enum { WEIGHT, BOTH, BASE_ONLY, NEW, STATE };

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
    };
    pl_status st = PL_OK;
    for (size_t i = 0; i < PL_COUNT(column) && !st; i++)
        st = measure_column(table, PL_EXACT, "", column[i].doc, "%s", column[i].name);
    return st;
}

static size_t state_size(const measure_setup *setup) { return STATE; }

static bool solvable(double pass, double k) { return -expm1(k * log1p(-fmin(pass, 1.0))) >= 0.5; }

static void visit(const measure_setup *setup, double *state, const policy_view *view, const policy_view *base, int split,
                  double weight) {
    if (split != SPLIT_HELD_OUT) return;
    const double k = (double)largest_k(setup);
    const bool now = solvable(view->pass, k), before = solvable(base->pass, k);
    state[WEIGHT] += weight;
    if (now && before) state[BOTH] += weight;
    else if (before) state[BASE_ONLY] += weight;
    else if (now) state[NEW] += weight;
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    for (int i = BOTH; i < STATE; i++) *row++ = measure_mean(state[i], state[WEIGHT]);
}

const measure measure_support = {
    .entry = {"support", "prompts solvable by base and policy, lost and new", "2504.13837, section 3", NULL},
    .columns = columns, .state = state_size, .visit = visit, .finish = finish};
