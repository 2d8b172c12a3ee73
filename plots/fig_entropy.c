/* Entropy over training, per kind of decision, per response and per token. */
#include "plots/lines.h"

static const char *const known[] = {"entropy/format", "entropy/strategy", "entropy/execution", "entropy/stance",
                                    "entropy/confidence", "entropy/response", "entropy/token"};

static const pl_field fields[] = {
    LINES_FIELDS("Columns, a panel each; none: entropy/format, strategy, execution, stance, confidence, response and token, "
                 "those that are recorded."),
};
static const pl_struct params_struct = {.name = "figure entropy",
                                        .doc = "Entropy over training.",
                                        .size = sizeof(lines_params),
                                        .fields = fields,
                                        .n_fields = PL_COUNT(fields)};

static bool applies(const figure_data *data)
{
    bool any = false;
    for (size_t i = 0; i < PL_COUNT(known); i++) any |= lines_has(data->table, known[i]);
    return any && lines_has(data->table, "step");
}

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    lines_spec spec = {.title = "Entropy over training", .low = 0, .high = NAN, .least = 0, .most = INFINITY};
    return lines_of(c, data, params, known, PL_COUNT(known), &spec, diag);
}

const figure fig_entropy = {
    {"entropy", "Entropy per decision, response and token over training, arms overlaid", "arXiv 2505.22617", &params_struct},
    applies,
    draw};
