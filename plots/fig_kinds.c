/* Which kinds of strategies the policy uses over training, stacked. */
#include "plots/shares.h"

static const pl_field fields[] = {SHARES_FIELDS("strategies/kind/")};
static const pl_struct params_struct = {.name = "figure kinds",
                                        .doc =
                                            "Shares of genuine, shortcut and abstaining strategies over training, a panel per arm.",
                                        .size = sizeof(shares_params),
                                        .fields = fields,
                                        .n_fields = PL_COUNT(fields)};
static const shares_params defaults = {.x = "step", .prefix = "strategies/kind/"};

static bool applies(const figure_data *data) { return shares_apply(data, defaults.prefix); }

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    return shares_draw(c, data, params ? params : &defaults, &(shares_spec){.title = "Shares of strategy kinds, held-out prompts"},
                       diag);
}

const figure fig_kinds = {
    {"kinds", "Shares of genuine, shortcut and abstaining strategies over training, a panel per arm", NULL, &params_struct},
    applies,
    draw};
