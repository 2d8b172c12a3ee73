/* Share of time that generators and trainer are at work, and what waits between them. */
#include "plots/lines.h"

static const char *const known[] = {"utilization/generators", "utilization/trainer", "queue/in_flight", "queue/buffered"};

static const pl_field fields[] = {
    LINES_FIELDS("Columns, a panel each; none: those of the clock that are recorded."),
};
static const pl_struct params_struct = {.name = "figure utilization",
                                        .doc = "Utilization over training.",
                                        .size = sizeof(lines_params),
                                        .fields = fields,
                                        .n_fields = PL_COUNT(fields)};

/* Only where something overlaps is there anything to see. */
static bool applies(const figure_data *data) { return lines_has(data->table, "queue/in_flight") && lines_has(data->table, "step"); }

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    lines_spec spec = {.title = "Utilization over training", .low = 0, .high = NAN, .least = 0, .most = INFINITY};
    return lines_of(c, data, params, known, PL_COUNT(known), &spec, diag);
}

const figure fig_utilization = {
    {"utilization", "Share of time that generators and trainer are at work, and what waits between them", NULL, &params_struct},
    applies,
    draw};
