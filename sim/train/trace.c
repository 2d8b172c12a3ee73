/* Rows of the trace. */
#include <stdio.h>
#include "sim/train/run.h"
#include "sim/train/trace.h"

static const pl_column_spec columns[] = {
    {"worker", "", "who", PL_KEY, true},
    {"what", "", "did what", PL_KEY, true},
    {"trace/worker", "", "the worker as a number: 0 trainer, 1 weights, 2 evaluation, 3 + k replica k", PL_CLOCK, false},
    {"trace/what", "", "0 update, 1 log-probabilities, 2 publication, 3 evaluation, 4 decoding, 5 repair", PL_CLOCK, false},
    {"trace/begin_s", "s", "from", PL_CLOCK, false},
    {"trace/end_s", "s", "to", PL_CLOCK, false},
    {"trace/step", "steps", "optimiser steps done at the end", PL_CLOCK, false},
};

pl_status run_trace(run *r, unsigned worker, unsigned what, double begin, double end)
{
    static const char *const who[] = {"trainer", "weights", "evaluation"}, *const did[] = {"update",      "log-probabilities",
                                                                                           "publication", "evaluation",
                                                                                           "decoding",    "repair"};
    size_t row;
    char name[32];
    if (!r->trace || !(end > begin)) return PL_OK;
    snprintf(name, sizeof name, "replica %u", worker - TRACE_REPLICA);
    if (pl_table_add_row(r->trace, &row) || pl_table_set_text(r->trace, row, 0, worker < TRACE_REPLICA ? who[worker] : name) ||
        pl_table_set_text(r->trace, row, 1, did[what]))
        return PL_ERR_WORLD;
    const double value[] = {worker, what, begin, end, (double)r->step};
    for (size_t c = 0; c < PL_COUNT(value); c++) r->trace->columns[2 + c].v[row] = value[c];
    return PL_OK;
}

/* What is still being decoded at the end of the run. */
static pl_status close_intervals(run *r)
{
    stream *s = &r->stream;
    pl_status st = PL_OK;
    for (size_t k = 0; k < s->engine.n && !st; k++)
        if (s->engine.v[k].n > 0)
            st = run_trace(r, TRACE_REPLICA + (unsigned)k, TRACE_DECODE, s->engine.v[k].busy_since, r->events.now);
    if (!st && r->streams && !s->engine_open && s->in_flight.n > 0)
        st = run_trace(r, TRACE_REPLICA, TRACE_DECODE, s->busy_since, r->events.now);
    return st;
}

pl_status training_trace(const training_spec *spec, const pl_seeds *seeds, const char *arm, uint32_t replicate, pl_table *table,
                         pl_table *trace, pl_diag *diag)
{
    run r = {.spec = spec, .seeds = seeds, .arm = arm, .replicate = replicate, .table = table, .trace = trace, .diag = diag};
    pl_status st = PL_OK;
    for (size_t c = 0; c < PL_COUNT(columns) && !st; c++) st = pl_table_add_column(trace, &columns[c], NULL);
    if (!st) st = run_open(&r);
    if (!st) st = run_loop(&r);
    if (!st) st = close_intervals(&r);
    if (st == PL_ERR_WORLD && diag && diag->errors == 0 && !diag->lost) st = pl_diag_nomem(diag, "tracing");
    run_close(&r);
    return st;
}
