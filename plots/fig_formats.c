/* Which formats the policy writes in over training, stacked; which one wins, and when it has all but taken over. */
#include "plots/shares.h"

static const pl_field fields[] = {SHARES_FIELDS("formats/share/")};
static const pl_struct params_struct = {.name = "figure formats", .doc = "Shares of the formats over training, a panel per arm.",
                                        .size = sizeof(shares_params), .fields = fields, .n_fields = PL_COUNT(fields)};
static const shares_params defaults = {.x = "step", .prefix = "formats/share/"};

static bool applies(const figure_data *data) { return shares_apply(data, defaults.prefix); }

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    return shares_draw(c, data, params ? params : &defaults,
                       &(shares_spec){.title = "Shares of formats, held-out prompts", .collapse = true}, diag);
}

const figure fig_formats = {
    {"formats", "Shares of the formats over training, a panel per arm", NULL, &params_struct}, applies, draw};
