/* Support over training: prompts that only the base, only the policy can solve; right paths that are kept, that are new. */
#include "plots/lines.h"

static const char *const known[] = {"support/both", "support/base_only", "support/new", "support/retention", "support/discovery"};

static const pl_field fields[] = {
    LINES_FIELDS(
        "Columns, a panel each; none: prompts that both, that only the base, that only the policy solve, right paths kept, "
        "new."),
};
static const pl_struct params_struct = {.name = "figure support",
                                        .doc = "What base and policy can solve, over training.",
                                        .size = sizeof(lines_params),
                                        .fields = fields,
                                        .n_fields = PL_COUNT(fields)};

static bool applies(const figure_data *data)
{
    return lines_has(data->table, "support/base_only") && lines_has(data->table, "support/retention") &&
           lines_has(data->table, "step");
}

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    lines_spec spec = {.title = "Support: what can be solved in k attempts, k the largest recorded",
                       .low = NAN, .high = NAN, .least = 0, .most = 1};
    return lines_of(c, data, params, known, PL_COUNT(known), &spec, diag);
}

const figure fig_support = {{"support", "What base and policy can solve over training: prompts and right paths",
                             "arXiv 2504.13837; 2507.14843", &params_struct},
                            applies,
                            draw};
