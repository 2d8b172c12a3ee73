#include "sim/cli/columns.h"

#include "sim/conf/bind.h"
#include "sim/run/scenario.h"

pl_status columns_at_defaults(invocation *call, pl_table *t)
{
    static const char source[] = "stop: {steps: 1}\n";
    pl_node *root = NULL;
    scenario *s = pl_arena_alloc(call->arena, sizeof *s);
    if (!s) return pl_diag_nomem(call->diag, "listing the columns");
    pl_status st = pl_yaml_parse(source, sizeof source - 1, "defaults", call->arena, call->diag, &root);
    if (!st) st = pl_conf_bind(root, &scenario_struct, s, call->arena, call->diag);
    if (st) return st;
    s->training.directory = ".";
    return training_columns(&s->training, t, call->diag);
}
