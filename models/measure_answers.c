/* Answers: how much they differ, and what a vote over them says, exact.
 *
 * Given the prompt, responses are independent: right with probability p, wrong answer i with probability q_i, else none
 * (world_wrong_law). The vote of k responses goes to the most frequent answer, equals count their share, no answer has no vote:
 *
 *   maj@k = k! sum_c p^c/c! sum_t A[t, k-c] / (t+1),
 *
 * A[t, d] the coefficient of u^t x^d in e^{q_0 x} prod_i (sum_{j<c} (q_i x)^j/j! + u (q_i x)^c/c!): d votes elsewhere, t answers
 * that have c of them as well. All terms are positive. It takes of the order of W k^3/4 multiplications a prompt, so it is made for
 * the k of record.majority_at only. For k without bound the likeliest answer wins: answers/majority_right. */
#include <string.h>

#include "models/measure.h"

enum { WEIGHT, ENTROPY, LIMIT, MAJORITY };
enum { MOST_K = 64 };

static pl_status columns(const measure_setup *setup, pl_table *table) {
    if (setup->world->n_wrong == 0) return PL_OK;              /* the outcomes of a tabular world are not answers */
    pl_status st = measure_column(table, PL_EXACT, "nats", "Entropy of the answer, none at all being one, given the prompt; "
                                  "held-out prompts", "entropy/answer");
    if (!st) st = measure_column(table, PL_EXACT, "", "Share of held-out prompts whose likeliest answer is the right one, equals "
                                 "counting their share: the limit of maj@k for large k", "answers/majority_right");
    for (size_t i = 0; i < setup->majority_at.n && !st; i++)
        st = measure_column(table, PL_EXACT, "", "Probability that the most frequent of k answers is right, equals counting their "
                            "share; held-out prompts", "maj@%lld", (long long)setup->majority_at.v[i]);
    return st;
}

/* The probabilities of the prompt's wrong answers follow. */
static size_t state_size(const measure_setup *setup) { return MAJORITY + setup->majority_at.n + setup->world->n_wrong; }

/* a[t][d] of one more answer of probability q, in place: from the highest power down, so that what is read is still old. */
static void one_more(double a[MOST_K][MOST_K + 1], size_t ties, size_t votes, size_t c, double q) {
    double term[MOST_K + 1];
    term[0] = 1.0;
    for (size_t j = 1; j <= c; j++) term[j] = term[j - 1] * q / (double)j;
    for (size_t t = ties + 1; t-- > 0;)
        for (size_t d = votes + 1; d-- > 0;) {
            double sum = 0.0;
            for (size_t j = 0; j < c && j <= d; j++) sum += a[t][d - j] * term[j];
            if (t > 0 && d >= c) sum += a[t - 1][d - c] * term[c];
            a[t][d] = sum;
        }
}

static double majority(size_t k, double p, double none, const double *q, size_t n) {
    double a[MOST_K][MOST_K + 1], sum = 0.0, weight = 1.0;
    for (size_t c = 2; c <= k; c++) weight *= (double)c;
    for (size_t c = 1; c <= k; c++) {
        weight *= p / (double)c;                               /* p^c k!/c! */
        const size_t votes = k - c, ties = votes / c < n ? votes / c : n;
        memset(a, 0, (ties + 1) * sizeof a[0]);
        a[0][0] = 1.0;
        for (size_t d = 1; d <= votes; d++) a[0][d] = a[0][d - 1] * none / (double)d;
        for (size_t i = 0; i < n; i++)
            if (q[i] > 0.0) one_more(a, ties, votes, c, q[i]);
        double share = 0.0;
        for (size_t t = 0; t <= ties; t++) share += a[t][votes] / (double)(t + 1);
        sum += weight * share;
    }
    return sum;
}

static void visit(const measure_setup *setup, double *state, const policy_view *v, const policy_view *base, int split,
                  double weight) {
    const size_t n = setup->world->n_wrong;
    if (split != SPLIT_HELD_OUT || n == 0) return;
    double *q = state + MAJORITY + setup->majority_at.n;
    const double p = v->pass, none = fmax(1.0 - p - policy_view_wrong(setup->policy, v, q), 0.0);
    double entropy = none > 0.0 ? -none * log(none) : 0.0, most = p, equal = 1.0;
    if (p > 0.0) entropy -= p * log(p);
    for (size_t i = 0; i < n; i++) {
        if (q[i] > 0.0) entropy -= q[i] * log(q[i]);
        equal = q[i] > most ? 0.0 : equal + (q[i] == most && equal > 0.0);
        most = q[i] > most ? q[i] : most;
    }
    state[WEIGHT] += weight;
    state[ENTROPY] += weight * entropy;
    if (p > 0.0 && equal > 0.0) state[LIMIT] += weight / equal;
    for (size_t i = 0; i < setup->majority_at.n; i++)
        state[MAJORITY + i] += weight * majority((size_t)setup->majority_at.v[i], p, none, q, n);
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    if (setup->world->n_wrong == 0) return;
    row[0] = measure_mean(state[ENTROPY], state[WEIGHT]);
    row[1] = measure_mean(state[LIMIT], state[WEIGHT]);
    for (size_t i = 0; i < setup->majority_at.n; i++) row[2 + i] = measure_mean(state[MAJORITY + i], state[WEIGHT]);
}

const measure measure_answers = {
    .entry = {"answers", "Entropy of the answer and majority votes, exact", "2203.11171", NULL},
    .columns = columns, .state = state_size, .visit = visit, .finish = finish};
