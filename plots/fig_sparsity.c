/* The stored update over training: how much of the weights it leaves as they were, and its rank. */
#include "plots/lines.h"

static const char *const known[] = {"update/unchanged", "update/unchanged_embedding", "update/rank"};

static const pl_field fields[] = {
    LINES_FIELDS("Columns, a panel each; none: weights unchanged, of all that had a gradient and of the embedding, and the rank."),
};
static const pl_struct params_struct = {.name = "figure sparsity",
                                        .doc = "Sparsity and rank of the stored update over training.",
                                        .size = sizeof(lines_params),
                                        .fields = fields,
                                        .n_fields = PL_COUNT(fields)};

static bool applies(const figure_data *data)
{
    return lines_has(data->table, "update/unchanged") && lines_has(data->table, "step");
}

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    lines_spec spec = {.title = "The stored update", .low = 0, .high = 1, .least = 0, .most = 1};
    return lines_of(c, data, params, known, PL_COUNT(known), &spec, diag);
}

const figure fig_sparsity = {
    {"sparsity", "Weights that training leaves unchanged, and the rank of the update", "arXiv 2505.11711", &params_struct},
    applies,
    draw};
