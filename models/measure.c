/* All measures as one: places of their columns and scratch state. */
#include "models/measure.h"

#include <stdarg.h>
#include <string.h>

static const measure *at(size_t i) { return (const measure *)(const void *)measure_registry.entries[i]; }

pl_status measure_column(pl_table *table, pl_origin origin, const char *unit, const char *doc, const char *fmt, ...) {
    pl_str name;
    pl_str_init(&name);
    va_list args;
    va_start(args, fmt);
    pl_str_addv(&name, fmt, args);
    va_end(args);
    const pl_column_spec spec = {.name = pl_str_end(&name), .unit = unit, .doc = doc, .origin = origin};
    size_t index;
    const pl_status st = spec.name ? pl_table_add_column(table, &spec, &index) : PL_ERR_WORLD;
    pl_str_free(&name);
    return st;
}

pl_status measures_columns(const measure_setup *setup, pl_table *table) {
    for (size_t i = 0; i < pl_registry_count(&measure_registry); i++) {
        const pl_status st = at(i)->columns(setup, table);
        if (st) return st;
    }
    return PL_OK;
}

/* A table that is thrown away tells how many columns each measure has. */
static pl_status place(measures *m) {
    pl_table table;
    pl_table_init(&table);
    pl_status st = PL_OK;
    for (size_t i = 0; i < m->n && !st; i++) {
        m->column[i] = table.n_columns;
        m->state_at[i] = m->n_state;
        m->scratch[i] = at(i)->state(m->setup);
        m->n_state += m->scratch[i] + (at(i)->kept ? at(i)->kept(m->setup) : 0);
        st = at(i)->columns(m->setup, &table);
    }
    m->n_columns = table.n_columns;
    pl_table_free(&table);
    return st;
}

pl_status measures_init(measures *m, const measure_setup *setup) {
    *m = (measures){.setup = setup, .n = pl_registry_count(&measure_registry)};
    m->column = pl_alloc_array(m->n, sizeof *m->column);
    m->state_at = pl_alloc_array(m->n, sizeof *m->state_at);
    m->scratch = pl_alloc_array(m->n, sizeof *m->scratch);
    pl_status st = m->column && m->state_at && m->scratch ? place(m) : PL_ERR_WORLD;
    if (!st) {
        m->state = pl_alloc_array(m->n_state, sizeof *m->state);
        if (!m->state) st = PL_ERR_WORLD;
    }
    if (st) measures_free(m);
    return st;
}

void measures_free(measures *m) {
    pl_free(m->column);
    pl_free(m->state_at);
    pl_free(m->scratch);
    pl_free(m->state);
    *m = (measures){0};
}

void measures_begin(measures *m) {
    for (size_t i = 0; i < m->n; i++) memset(m->state + m->state_at[i], 0, m->scratch[i] * sizeof *m->state);
}

void measures_visit(measures *m, const policy_view *view, const policy_view *base, int split, double weight) {
    for (size_t i = 0; i < m->n; i++)
        if (at(i)->visit) at(i)->visit(m->setup, m->state + m->state_at[i], view, base, split, weight);
}

void measures_batch(measures *m, const algo_batch *batch) {
    for (size_t i = 0; i < m->n; i++)
        if (at(i)->batch) at(i)->batch(m->setup, m->state + m->state_at[i], batch);
}

void measures_weights(measures *m, const measure_weights *weights) {
    for (size_t i = 0; i < m->n; i++)
        if (at(i)->weights) at(i)->weights(m->setup, m->state + m->state_at[i], weights);
}

void measures_finish(measures *m, double *row) {
    for (size_t i = 0; i < m->n; i++) at(i)->finish(m->setup, m->state + m->state_at[i], row + m->column[i]);
}
