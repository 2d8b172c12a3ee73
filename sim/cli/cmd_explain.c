/* plateau explain KEY: a key of the scenario file, or anything that `list` lists, in words. */
#include <string.h>

#include "sim/cli/columns.h"
#include "sim/cli/kinds.h"
#include "sim/conf/bind.h"
#include "sim/run/outcome.h"
#include "sim/run/scenario.h"

/* An entry of a registry by its name: what it is, where it comes from. False when there is none. */
static bool explain_entry(invocation *call, const char *name)
{
    bool found = false;
    for (size_t i = 0; kinds[i]; i++) {
        const pl_entry *e = pl_registry_find(kinds[i], name);
        if (!e) continue;
        pl_str_addf(call->out, "%s%s (%s): %s\n", found ? "\n" : "", e->name, kinds[i]->kind, e->doc);
        if (e->source) pl_str_addf(call->out, "source: %s\n", e->source);
        for (size_t f = 0; e->params && f < e->params->n_fields; f++) {
            const pl_field *field = &e->params->fields[f];
            pl_str_addf(call->out, "  %s: %s%s%s%s\n", field->name, field->doc, field->fallback ? " Default " : "",
                        field->fallback ? field->fallback : "", field->fallback ? "." : "");
        }
        found = true;
    }
    return found;
}

/* A column of metrics.csv, which is what a hypothesis measures. */
static pl_status explain_column(invocation *call, const char *name, bool *found)
{
    pl_table t;
    pl_table_init(&t);
    pl_status st = columns_of_all(call, &t);
    const pl_column *c = st ? NULL : pl_table_find(&t, name);
    if (c) {
        pl_str_addf(call->out, "%s (column of metrics.csv)\n  %s\n", c->spec.name, c->spec.doc);
        if (*c->spec.unit) pl_str_addf(call->out, "  unit      %s\n", c->spec.unit);
        pl_str_addf(call->out, "  origin    %s\n", column_origin(c->spec.origin));
    }
    *found = c;
    pl_table_free(&t);
    return st;
}

static pl_status run(invocation *call)
{
    const char *key = call->args[0];
    bool found = false;
    pl_diag first;
    pl_diag_init(&first);
    pl_status st = pl_conf_explain(call->out, &scenario_struct, key, &first);
    if (st == PL_ERR_USER) {
        found = explain_entry(call, key);
        if (!found) st = pl_worse(PL_ERR_USER, explain_column(call, key, &found));
        if (found) st = PL_OK;
    }
    if (st)
        for (size_t i = 0; i < first.count; i++)
            pl_diag_add(call->diag, first.messages[i].severity, first.messages[i].place, first.messages[i].remedy, "%s",
                        first.messages[i].what);
    pl_diag_free(&first);
    return st;
}

const command cmd_explain = {
    .entry = {.name = "explain", .doc = "what a key of the scenario file or a named entry means"},
    .usage = "KEY",
    .details = "KEY is a path (world.formats.share), the last part of one (group_size) a name from `plateau list`,\n"
               "or a column of metrics.csv (pass@1).\n",
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
