/* Age of the data trained on, and how far the generators' weights trail. */
#include "plots/lines.h"

static const char *const known[] = {"staleness/mean", "staleness/max", "publish_lag/mean"};

static const pl_field fields[] = {
    LINES_FIELDS("Columns, a panel each; none: those of the clock that are recorded."),
};
static const pl_struct params_struct = {.name = "figure staleness",
                                        .doc = "How old the data is over training.",
                                        .size = sizeof(lines_params),
                                        .fields = fields,
                                        .n_fields = PL_COUNT(fields)};

/* Only where something overlaps is there anything to see. */
static bool applies(const figure_data *data) { return lines_has(data->table, "queue/in_flight") && lines_has(data->table, "step"); }

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    lines_spec spec = {.title = "How old the data is over training", .low = 0, .high = NAN, .least = 0, .most = INFINITY};
    return lines_of(c, data, params, known, PL_COUNT(known), &spec, diag);
}

const figure fig_staleness = {
    {"staleness", "Age of the data trained on, and how far the generators' weights trail", "arXiv 2505.24298", &params_struct},
    applies,
    draw};
