#include "sim/cli/columns.h"

#include "sim/conf/bind.h"
#include "sim/run/scenario.h"

pl_status columns_of_all(invocation *call, pl_table *t)
{
    static const char source[] = "stop: {steps: 1}\n"
                                 "record: {samples: 64, majority_at: [8]}\n"
                                 "policy:\n"
                                 "  stance: {hedge: 0.1}\n"
                                 "  confidence: {levels: 11}\n"
                                 "  transfer: {embedding: 1}\n"
                                 "  embedding: {dimension: 8}\n"
                                 "  storage: {format: bf16, scale: 1e-5}\n";
    pl_node *root = NULL;
    scenario *s = pl_arena_alloc(call->arena, sizeof *s);
    if (!s) return pl_diag_nomem(call->diag, "listing the columns");
    pl_status st = pl_yaml_parse(source, sizeof source - 1, "columns", call->arena, call->diag, &root);
    if (!st) st = pl_conf_bind(root, &scenario_struct, s, call->arena, call->diag);
    if (st) return st;
    s->training.directory = ".";
    return training_columns(&s->training, t, call->diag);
}
