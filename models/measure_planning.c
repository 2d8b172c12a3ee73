/* Planning and execution apart. Planning is what a response decides to do, its format and strategy; execution is whether each
 * step of it succeeds. Training flattens execution first and moves planning after it (2509.03646): the marginal planning entropy,
 * the diversity of plans over all prompts, can rise while every single prompt's falls. */
#include "models/measure.h"

/* State; the distribution of plans [F][S] over all prompts follows. */
enum { WEIGHT, PLANNING, STEPS, STEP_ENTROPY, STEP_RIGHT, MARGINAL };

static size_t plans(const measure_setup *setup) { return setup->world->n_formats * setup->world->n_strategies; }

static pl_status columns(const measure_setup *setup, pl_table *table) {
    static const struct { const char *name, *unit, *doc; } column[] = {
        {"entropy/planning", "nats", "Entropy of format and strategy together, given the prompt"},
        {"entropy/planning_marginal", "nats",
         "Entropy of format and strategy together over all held-out prompts: how plans differ"},
        {"entropy/execution_step", "nats", "Entropy of one execution step, mean over the steps taken"},
        {"execution/success", "", "Probability that an execution step succeeds, mean over the steps taken"},
    };
    pl_status st = PL_OK;
    for (size_t i = 0; i < PL_COUNT(column) && !st; i++)
        st = measure_column(table, PL_EXACT, column[i].unit, column[i].doc, "%s", column[i].name);
    return st;
}

static size_t state_size(const measure_setup *setup) { return MARGINAL + plans(setup); }

static void visit(const measure_setup *setup, double *state, const policy_view *v, const policy_view *base, int split,
                  double weight) {
    if (split != SPLIT_HELD_OUT) return;
    state[WEIGHT] += weight;
    for (size_t f = 0; f < v->F; f++) {
        const double step = -(v->step[f] * v->ln_step[f] + (1.0 - v->step[f]) * v->ln_fail[f]);
        double steps = 0.0;
        for (size_t s = 0; s < v->S; s++) {
            const size_t i = f * v->S + s;
            const double plan = v->format[f] * v->strategy[i];
            state[PLANNING] -= weight * plan * (v->ln_format[f] + v->ln_strategy[i]);
            state[MARGINAL + i] += weight * plan;
            steps += plan * setup->world->steps[world_path(setup->world, v->prompt, f, s)];
        }
        state[STEPS] += weight * steps;
        state[STEP_ENTROPY] += weight * steps * step;
        state[STEP_RIGHT] += weight * steps * v->step[f];
    }
}

static void finish(const measure_setup *setup, const double *state, double *row) {
    double marginal = 0.0;
    for (size_t i = 0; i < plans(setup); i++) {
        const double share = measure_mean(state[MARGINAL + i], state[WEIGHT]);
        if (!(share <= 0.0)) marginal -= share * log(share);       /* a missing share makes it missing */
    }
    row[0] = measure_mean(state[PLANNING], state[WEIGHT]);
    row[1] = marginal;
    row[2] = measure_mean(state[STEP_ENTROPY], state[STEPS]);
    row[3] = measure_mean(state[STEP_RIGHT], state[STEPS]);
}

const measure measure_planning = {
    .entry = {"planning", "Planning and execution apart: entropies, success of a step, exact", "2509.03646", NULL},
    .columns = columns, .state = state_size, .visit = visit, .finish = finish};
