#include <math.h>

#include "sim/check/table.h"

enum { SIGNAL, ROLE, X, Y, LOW, HIGH, LABEL, CURVE_POINTS = 96 };
static const pl_column_spec columns[] = {
    [SIGNAL] = {"signal", "", "column of the log", PL_KEY, true},
    [ROLE] = {"role", "", "used, later, departs, fit, ceiling, bound, seen", PL_KEY, true},
    [X] = {"x", "", "step, or what the log was read along", PL_LOGGED, false},
    [Y] = {"y", "", "value", PL_LOGGED, false},
    [LOW] = {"low", "", "lower end of the 90% band of a single point, or of the interval", PL_ESTIMATED, false},
    [HIGH] = {"high", "", "upper end", PL_ESTIMATED, false},
    [LABEL] = {"label", "", "words of a shape; what the signal is", PL_KEY, true},
};

typedef struct mark {
    const char *signal, *role, *label;
    double x, y, low, high;
} mark;

static pl_status add(pl_table *t, mark m)
{
    size_t row;
    pl_status st = pl_table_add_row(t, &row);
    if (!st) st = pl_table_set_text(t, row, SIGNAL, m.signal);
    if (!st) st = pl_table_set_text(t, row, ROLE, m.role);
    if (!st) st = pl_table_set_text(t, row, LABEL, m.label ? m.label : "");
    if (st) return st;
    t->columns[X].v[row] = m.x;
    t->columns[Y].v[row] = m.y;
    t->columns[LOW].v[row] = m.low;
    t->columns[HIGH].v[row] = m.high;
    return PL_OK;
}

static pl_status add_points(const check_run *run, const check_judgement *j, int s, pl_table *t)
{
    const check_series *series = &run->signal[s];
    bool banded = (int)run->fitted == s && j->fitted && (j->forecast.rose || j->forecast.fell);
    pl_status st = PL_OK;
    for (size_t i = 0; i < series->n && !st; i++) {
        bool later = series->x[i] > run->until * (1 + 1e-12);
        mark m = {series->column, later ? "later" : "used", check_signal_words[s], series->x[i], series->y[i], NAN, NAN};
        if (later && banded && series->n <= 2000) {
            pl_estimate e = check_forecast_at(&j->forecast, m.x, 1);
            m.low = e.low;
            m.high = e.high;
            if (m.y < m.low || m.y > m.high) m.role = "departs";
        }
        st = add(t, m);
    }
    return st;
}

/* Half of the places by distance, half by ratio: the curve may bend at the first few steps. */
static pl_status add_curve(const check_run *run, const check_judgement *j, pl_table *t)
{
    const check_series *s = &run->signal[run->fitted];
    double last = run->last, first = fmax(s->x[0], last / 1e4), previous = -1;
    pl_status st = PL_OK;
    for (int i = 0, k = 0; i + k < CURVE_POINTS && !st;) {
        double even = s->x[0] + (last - s->x[0]) * i / (CURVE_POINTS / 2 - 1);
        double ratio = first * pow(last / first, k / (CURVE_POINTS / 2. - 1));
        double x = even <= ratio ? even : ratio;
        if (even <= ratio)
            i++;
        else
            k++;
        if (i > CURVE_POINTS / 2 || k > CURVE_POINTS / 2 || x <= previous || x > last * (1 + 1e-9)) continue;
        previous = x;
        pl_estimate e = check_forecast_at(&j->forecast, x, 1);
        st = add(t, (mark){s->column, "fit", NULL, x, belief_value(&j->forecast.belief, x), e.low, e.high});
    }
    return st;
}

/* The panel in which a shape is to be seen. */
static const char *panel_of(const check_run *run, const shape_finding *f)
{
    const check_series *s = &run->signal[f->shape->where];
    if (f->shape->kind == SHAPE_ALARM && s->column) return s->column;
    return run->signal[run->fitted].column;
}

pl_status check_table(const check_run *run, const check_judgement *j, pl_table *t, pl_diag *diag)
{
    pl_status st = PL_OK;
    const char *fitted = run->signal[run->fitted].column;
    for (size_t i = 0; i < PL_COUNT(columns) && !st; i++) st = pl_table_add_column(t, &columns[i], NULL);
    if (!st) st = add_points(run, j, (int)run->fitted, t);
    for (int s = 0; s < CHECK_SIGNALS && !st; s++) {
        bool told = s == SIGNAL_LENGTH_MOST && run->signal[SIGNAL_CLIPPED].column; /* the share that is cut says it better */
        if (run->signal[s].column && s != (int)run->fitted && !told) st = add_points(run, j, s, t);
    }
    if (!st && j->fitted && (j->forecast.rose || j->forecast.fell)) st = add_curve(run, j, t);
    if (!st && j->fitted && j->forecast.identified)
        st = add(t, (mark){fitted, "ceiling", NULL, run->last, j->forecast.A.value, j->forecast.A.low, j->forecast.A.high});
    if (!st && run->until < run->last) st = add(t, (mark){fitted, "bound", NULL, run->until, NAN, NAN, NAN});
    for (size_t i = 0; i < j->n && !st; i++) {
        const shape_finding *f = &j->findings[i];
        st = add(t, (mark){panel_of(run, f), "seen", f->shape->words, f->first, NAN, NAN, NAN});
    }
    return st ? pl_diag_nomem(diag, "tabulating a check") : PL_OK;
}
