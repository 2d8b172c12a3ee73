/* Calibration of the stated confidence, exact: the evidence is integrated over its bins, so that nothing is sampled.
 *
 * Looked at are responses that state a confidence: those that are cut off, abstain or hedge state none. An answer that cannot be
 * read is wrong at the confidence stated. Only for a policy with confidence. */
#include "models/measure.h"
#include "sim/core/calibration.h"

enum { SINGLE = 5 };                          /* columns before the bins */

/* State: for held-out prompts, then for those of held-out templates, the mass of right [L] and of wrong [L] by level. */
static double *masses(double *state, const measure_setup *setup, int split) {
    return state + (split == SPLIT_HELD_OUT ? 0 : 2 * setup->policy->n_levels);
}

static const struct { const char *name, *doc; } single[SINGLE] = {
    {"ece", "Expected calibration error of stated confidence, 10 bins closed on the left"},
    {"brier", "Mean squared difference of stated confidence and correctness"},
    {"auroc", "Probability that a right answer is stated with more confidence than a wrong one, half of equals"},
    {"confidence", "Mean stated confidence"},
    {"accuracy", "Share of right answers among those with a stated confidence"},
};

static pl_status columns(const measure_setup *setup, pl_table *table) {
    pl_status st = PL_OK;
    if (setup->policy->n_levels == 0) return PL_OK;
    for (size_t i = 0; i < SINGLE && !st; i++)
        st = measure_column(table, PL_EXACT, "", single[i].doc, "calibration/%s", single[i].name);
    for (size_t b = 0; b < PL_CALIBRATION_BINS && !st; b++) {
        st = measure_column(table, PL_EXACT, "", "Share of stated confidences in the bin [i/10, (i+1)/10), 1.0 in the last",
                            "calibration/bin/%zu/count", b);
        if (!st) st = measure_column(table, PL_EXACT, "", "Mean stated confidence in the bin", "calibration/bin/%zu/confidence", b);
        if (!st) st = measure_column(table, PL_EXACT, "", "Share of right answers in the bin", "calibration/bin/%zu/accuracy", b);
    }
    for (size_t i = 0; i < SINGLE && !st; i++)
        st = measure_column(table, PL_EXACT, "", single[i].doc, "calibration/template_held_out/%s", single[i].name);
    return st;
}

static size_t state_size(const measure_setup *setup) { return 4 * setup->policy->n_levels; }

static void visit(const measure_setup *setup, double *state, const policy_view *v, const policy_view *base, int split,
                  double weight) {
    if (split == SPLIT_TRAIN) return;
    double *right = masses(state, setup, split), *wrong = right + v->L;
    for (size_t b = 0; b < v->B && v->L > 0; b++) {
        const double stated = weight * v->commit[b];
        for (size_t c = 0; c < v->L; c++) {
            right[c] += stated * v->evidence_right[b] * v->level[b * v->L + c];
            wrong[c] += stated * (v->evidence[b] - v->evidence_right[b]) * v->level[b * v->L + c];
        }
    }
}

static double *put_single(const pl_calibration *c, double *row) {
    const double value[SINGLE] = {c->ece, c->brier, c->auroc, c->confidence, c->accuracy};
    for (size_t i = 0; i < SINGLE; i++) *row++ = value[i];
    return row;
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    const size_t L = setup->policy->n_levels;
    pl_calibration c;
    if (L == 0) return;
    pl_calibration_sorted(setup->policy->level, state, state + L, L, &c);
    row = put_single(&c, row);
    for (size_t b = 0; b < PL_CALIBRATION_BINS; b++) {
        *row++ = c.mass > 0.0 ? c.bins[b].mass : NAN;
        *row++ = c.bins[b].confidence;
        *row++ = c.bins[b].accuracy;
    }
    pl_calibration_sorted(setup->policy->level, state + 2 * L, state + 3 * L, L, &c);
    put_single(&c, row);
}

const measure measure_calibration = {
    .entry = {"calibration", "Calibration of the stated confidence, exact", "2507.16806", NULL},
    .columns = columns, .state = state_size, .visit = visit, .finish = finish};
