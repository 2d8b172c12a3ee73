/* Accuracy by domain over training: held-out prompts solid, training prompts dashed. */
#include <string.h>

#include "plots/lines.h"

#define PREFIX "accuracy/"
#define TRAIN  "accuracy/train/"

static const pl_field fields[] = {
    LINES_FIELDS("Columns, a panel each; none: accuracy of every domain on its held-out prompts."),
};
static const pl_struct params_struct = {.name = "figure accuracy",
                                        .doc = "Accuracy by domain over training.",
                                        .size = sizeof(lines_params),
                                        .fields = fields,
                                        .n_fields = PL_COUNT(fields)};

static bool of_domain(const pl_table *t, const char *name)
{
    return strncmp(name, PREFIX, strlen(PREFIX)) == 0 && strncmp(name, TRAIN, strlen(TRAIN)) != 0 &&
           strcmp(name, "accuracy/committed") != 0 && lines_has(t, name);
}

static bool applies(const figure_data *data)
{
    bool any = false;
    for (size_t i = 0; i < data->table->n_columns; i++) any |= of_domain(data->table, data->table->columns[i].spec.name);
    return any && lines_has(data->table, "step");
}

static pl_status add_training(canvas *c, const pl_table *t, lines_panel *out, bool *any)
{
    if (strncmp(out->column, PREFIX, strlen(PREFIX)) != 0) return PL_OK;
    const char *domain = out->column + strlen(PREFIX), *name = pl_arena_printf(&c->arena, TRAIN "%s", domain);
    out->title = pl_arena_printf(&c->arena, "accuracy, %s", domain);
    if (!name || !out->title) return PL_ERR_WORLD;
    if (lines_has(t, name)) out->second = name;
    *any |= out->second != NULL;
    return PL_OK;
}

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    const lines_params *p = params;
    const pl_table *t = data->table;
    const char **known = pl_arena_array(&c->arena, t->n_columns, sizeof *known);
    if (!known) return pl_diag_nomem(diag, "drawing a figure");
    lines_panel *panels;
    size_t n_known = 0, n;
    for (size_t i = 0; i < t->n_columns; i++)
        if (of_domain(t, t->columns[i].spec.name)) known[n_known++] = t->columns[i].spec.name;
    pl_status st = lines_choose(c, t, p ? p->columns : (pl_strings){0}, known, n_known, &panels, &n, diag);
    bool train = false;
    for (size_t i = 0; i < n && !st; i++)
        if (add_training(c, t, &panels[i], &train)) st = pl_diag_nomem(diag, "drawing a figure");
    if (st) return st;
    lines_spec spec = {.title = "Accuracy by domain, held-out prompts", .second_note = train ? "dashed: training prompts" : NULL,
                       .panels = panels, .n_panels = n, .low = NAN, .high = NAN, .least = 0, .most = 1};
    return lines_draw(c, data, p, &spec, diag);
}

const figure fig_accuracy = {
    {"accuracy", "Held-out accuracy by domain over training, training prompts dashed", NULL, &params_struct}, applies, draw};
