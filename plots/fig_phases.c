/* Phases: execution and planning entropy over training, with the change points that were found. Training flattens the entropy of
 * execution first and moves the diversity of plans after it (2509.03646); the shade begins where the first column of
 * fits.change_points bends. */
#include <string.h>

#include "plots/estimates.h"
#include "plots/lines.h"
#include "plots/names.h"

#define FOUND "change_point."
enum { SAID_MOST = 12 };

static const char *const known[] = {"entropy/execution_step", "entropy/planning", "entropy/planning_marginal", "execution/success"};

static const pl_field fields[] = {
    LINES_FIELDS(
        "Columns, a panel each; none: entropy of an execution step, of plans given the prompt and over prompts, success of a "
        "step."),
};
static const pl_struct params_struct = {.name = "figure phases",
                                        .doc = "Execution and planning over training, with change points.",
                                        .size = sizeof(lines_params),
                                        .fields = fields,
                                        .n_fields = PL_COUNT(fields)};

/* The column of row r of the fits when that row is a change point; else NULL. */
static const char *column_of(const pl_table *fits, size_t r)
{
    size_t names = pl_table_index(fits, "name");
    const char *name = names == (size_t)-1 ? "" : pl_table_text(fits, r, names);
    if (strncmp(name, FOUND, strlen(FOUND)) != 0) return NULL;
    name += strlen(FOUND);
    return strncmp(name, "before.", 7) && strncmp(name, "after.", 6) && strncmp(name, "identified.", 11) ? name : NULL;
}

/* The column that was looked at first. */
static const char *first_column(const pl_table *fits)
{
    for (size_t r = 0; fits && r < fits->n_rows; r++)
        if (column_of(fits, r)) return column_of(fits, r);
    return NULL;
}

static pl_estimate found_at(canvas *c, const figure_data *data, const char *arm, const char *column, bool *identified)
{
    const char *name = pl_arena_printf(&c->arena, FOUND "%s", column),
               *sure = pl_arena_printf(&c->arena, FOUND "identified.%s", column);
    *identified = false;
    if (!name || !sure) {
        c->broken = true;
        return (pl_estimate){NAN, NAN, NAN, NAN};
    }
    *identified = estimates_find(data->fits, arm, sure).value > 0;
    return estimates_find(data->fits, arm, name);
}

static bool applies(const figure_data *data)
{
    bool any = false;
    for (size_t i = 0; i < PL_COUNT(known); i++) any |= lines_has(data->table, known[i]);
    return any && first_column(data->fits) && lines_has(data->table, "step");
}

/* Shade behind everything: one arm alone has one second phase. */
static void shade_phase(canvas *c, const figure_data *data, const panel *p, const char *arm)
{
    bool sure;
    pl_estimate at = found_at(c, data, arm, first_column(data->fits), &sure);
    double x = scale_place(&p->x, at.value);
    if (!sure || isnan(x)) return;
    canvas_rect(c, (box){fmax(x, p->plot.x0), p->plot.y0, p->plot.x1, p->plot.y1 - .8}, (canvas_pen){style.shade, 1, 0, NULL});
}

static void behind(canvas *c, const figure_data *data, const panel *p, size_t index, pl_strings arms, const void *context)
{
    const lines_panel *panels = context;
    if (arms.n == 1) shade_phase(c, data, p, arms.v[0]);
    for (size_t a = 0; a < arms.n; a++) {
        bool sure;
        pl_estimate at = found_at(c, data, arms.v[a], panels[index].column, &sure);
        double x = scale_place(&p->x, at.value), low = scale_place(&p->x, at.low), high = scale_place(&p->x, at.high);
        canvas_pen pen = panel_pen(a, false), pale = pen;
        if (!sure || isnan(x) || x < p->plot.x0 || x > p->plot.x1) continue;
        pale.alpha = style.band_alpha;
        pen.dash = style.dashes[2];
        pen.width = style.axis;
        if (isfinite(low) && isfinite(high) && arms.n <= STYLE_COLOURS)
            canvas_rect(c, (box){fmax(low, p->plot.x0), p->plot.y0, fmin(high, p->plot.x1), p->plot.y1 - .8}, pale);
        canvas_line(c, x, p->plot.y0, x, p->plot.y1, pen);
    }
}

static const char *bend_text(canvas *c, const figure_data *data, const char *arm, const char *column, bool *sure)
{
    pl_estimate at = found_at(c, data, arm, column, sure);
    const char *where = estimates_text(c, "step", &at), *what = names_quantity(c, column, ""), *colon = *arm ? ": " : "";
    const char *text = *sure ? pl_arena_printf(&c->arena, "%s%s%s bends at %s", arm, colon, what, where)
                             : pl_arena_printf(&c->arena, "%s%s%s has no sure change point", arm, colon, what);
    if (!text) c->broken = true;
    return text ? text : "";
}

/* Which column bends where, arm by arm; of many only how many do. */
static const lines_statement *statements(canvas *c, const figure_data *data, pl_strings arms, const void *context, size_t *n)
{
    lines_statement *said = pl_arena_array(&c->arena, SAID_MOST + 1, sizeof *said);
    size_t found = 0, sure = 0;
    *n = 0;
    if (!said) c->broken = true;
    for (size_t a = 0; said && a < arms.n; a++)
        for (size_t r = 0; r < data->fits->n_rows; r++) {
            const char *column = column_of(data->fits, r), *own = pl_table_text(data->fits, r, pl_table_index(data->fits, "arm"));
            bool one;
            if (!column || strcmp(own, arms.v[a]) != 0) continue;
            const char *text = bend_text(c, data, own, column, &one);
            if (found++ < SAID_MOST) said[(*n)++] = (lines_statement){text, (int)a};
            sure += one;
        }
    if (said && found > SAID_MOST) {
        const char *text =
            pl_arena_printf(&c->arena, "%zu of %zu curves have a sure change point (summary.json has them)", sure, found);
        if (!text) c->broken = true;
        said[0] = (lines_statement){text ? text : "", -1};
        *n = 1;
    }
    if (said && sure)
        said[(*n)++] = (lines_statement){arms.n == 1 ? "vertical: change points, 95% intervals; shaded: the second phase"
                                         : arms.n <= STYLE_COLOURS ? "vertical: change points, 95% intervals"
                                                                   : "vertical: change points",
                                         -1};
    return said;
}

static pl_status draw(canvas *c, const figure_data *data, const void *params, pl_diag *diag)
{
    const lines_params *p = params;
    lines_panel *panels;
    size_t n;
    pl_status st = lines_choose(c, data->table, p ? p->columns : (pl_strings){0}, known, PL_COUNT(known), &panels, &n, diag);
    if (st) return st;
    if (!first_column(data->fits) || pl_table_index(data->fits, "arm") == (size_t)-1) {
        pl_diag_add(diag, PL_ERROR, (pl_place){0}, "name columns under `fits.change_points` and run again",
                    "no change point was looked for");
        return PL_ERR_USER;
    }
    bool steps = !p || strcmp(p->x, "step") == 0;
    lines_spec spec = {.title = "Execution and planning",
                       .panels = panels,
                       .n_panels = n,
                       .low = NAN,
                       .high = NAN,
                       .least = 0,
                       .most = INFINITY,
                       .behind = steps ? behind : NULL,
                       .statements = statements,
                       .context = panels};
    return lines_draw(c, data, p, &spec, diag);
}

const figure fig_phases = {
    {"phases", "Execution and planning entropy over training, change points marked", "arXiv 2509.03646", &params_struct},
    applies,
    draw};
