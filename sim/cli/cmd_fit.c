/* plateau fit LOG...: the sigmoid or the entropy law of a real log. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plots/figure.h"
#include "sim/analysis/summarise.h"
#include "sim/base/fs.h"
#include "sim/base/json.h"
#include "sim/cli/command.h"
#include "sim/cli/report.h"
#include "sim/conf/bind.h"
#include "sim/io/log.h"
#include "sim/run/fits.h"

enum { SIGMOID, ENTROPY };
typedef struct options {
    const char *x, *y, *png, *format;
    pl_strings map, where;
    int law;
    double until;
    bool json;
} options;
static const options defaults = {.until = INFINITY};
static const char *const law_names[] = {"sigmoid", "entropy", NULL};
static const command_option table[] = {
    OPTION(OPTION_TEXT, "x", 'x', x, .value = "COLUMN", .required = true,
           .doc = "compute: steps, GPU-hours, ...; entropy for its law"),
    OPTION(OPTION_TEXT, "y", 'y', y, .value = "COLUMN", .required = true, .doc = "performance"),
    CHOICE_OPTION("law", 'l', law, law_names, "what to fit; default sigmoid"),
    NUMBER_OPTION("until", 'u', until, "X", 0, 1e300, "fit the points up to x = X only (sigmoid)"),
    TEXT_OPTION("png", 'p', png, "OUT", "draw points and fit into this file"),
    TEXT_OPTION("format", 'f', format, "NAME", "of the log (`plateau list importer`); default: by its content"),
    MAP_OPTION,
    TEXTS_OPTION("where", 'w', where, "COLUMN=VALUE", "only rows that have it: arm=base, replicate=0, model=..."),
    JSON_OPTION,
};

typedef struct fitted {
    int law;
    sigmoid_fit sigmoid;
    entropy_fit entropy;
    double last_x;
    bool predicts; /* --until leaves something to predict: the curve from there to twice the last x */
    double at[PREDICTED_POINTS];
    pl_estimate predicted[PREDICTED_POINTS];
} fitted;

/* One line of the result. */
typedef struct row {
    const char *name;
    const pl_estimate *value;
} row;
static size_t rows_of(const fitted *f, row rows[4])
{
    if (f->law == ENTROPY) {
        rows[0] = (row){"a", &f->entropy.a};
        rows[1] = (row){"b", &f->entropy.b};
        return 2;
    }
    rows[0] = (row){"A", &f->sigmoid.A};
    rows[1] = (row){"B", &f->sigmoid.B};
    rows[2] = (row){"C_mid", &f->sigmoid.C_mid};
    rows[3] = (row){"R0", &f->sigmoid.R0};
    return 4;
}

/* By the log's own name or the metric's. */
static const pl_column *column(invocation *call, const training_log *log, const char *name)
{
    const pl_column *c = log_find(log, name, call->diag);
    if (!c || !c->spec.text) return c;
    const char *word = "";
    double number;
    for (size_t r = 0; r < log->table.n_rows; r++) {
        word = pl_table_text(&log->table, r, (size_t)(c - log->table.columns));
        if (*word && !pl_read_number(word, &number)) break;
    }
    pl_diag_add(call->diag, PL_ERROR, (pl_place){.file = log->file}, "name a column of numbers, or mend the file",
                "column '%s' holds text: '%s'", name, word);
    return NULL;
}

/* Several arms or models have no one curve. Replicates have: all of them are its points. */
static pl_status one_series(invocation *call, const training_log *log)
{
    if (log->series < 2 || !strcmp(log->series_key, "replicate") || !strcmp(log->series_key, "seed")) return PL_OK;
    pl_diag_add(call->diag, PL_ERROR, (pl_place){.file = log->file}, "choose one with --where",
                "the rows belong to several series, told apart by '%s'", log->series_key);
    return PL_ERR_USER;
}

/* What is fitted and drawn: the two columns, under the names that were asked for. */
static pl_status take_points(invocation *call, const options *o, const training_log *log, pl_table *points)
{
    const pl_table *t = &log->table;
    const char *file = log->file;
    const pl_column *x = column(call, log, o->x), *y = column(call, log, o->y);
    if (!x || !y) return PL_ERR_USER;
    pl_status st = one_series(call, log);
    if (st) return st;
    if (x == y) {
        pl_diag_add(call->diag, PL_ERROR, (pl_place){.file = file}, "name two columns", "--x and --y are both '%s'", x->spec.name);
        return PL_ERR_USER;
    }
    const pl_column *from[] = {x, y};
    const char *names[] = {o->x, o->y};
    for (size_t i = 0; i < 2 && !st; i++) {
        pl_column_spec spec = from[i]->spec;
        spec.name = names[i];
        st = pl_table_add_column(points, &spec, NULL);
    }
    for (size_t r = 0; r < t->n_rows && !st; r++) {
        size_t at;
        st = pl_table_add_row(points, &at);
        for (size_t i = 0; i < 2 && !st; i++) points->columns[i].v[at] = from[i]->v[r];
    }
    return st ? pl_diag_nomem(call->diag, "taking the points") : PL_OK;
}

static pl_status fit(invocation *call, const options *o, const pl_table *t, fitted *out)
{
    const pl_column *x = &t->columns[0], *y = &t->columns[1];
    out->law = o->law;
    out->last_x = -INFINITY;
    out->predicts = false;
    for (size_t r = 0; r < t->n_rows; r++)
        if (!isnan(y->v[r]) && x->v[r] > out->last_x) out->last_x = x->v[r];
    fit_options how = fit_defaults();
    if (o->law == ENTROPY) {
        if (isinf(o->until)) return fit_entropy_law(x->v, y->v, t->n_rows, how, &out->entropy, call->diag);
        pl_diag_add(call->diag, PL_ERROR, (pl_place){0}, "leave it out, or cut the file",
                    "--until has no meaning for the entropy law, whose x is not compute");
        return PL_ERR_USER;
    }
    out->predicts = o->until > 0 && o->until < out->last_x;
    if (!out->predicts) return fit_sigmoid(x->v, y->v, t->n_rows, how, &out->sigmoid, call->diag);
    how.until = o->until / out->last_x;
    predicted_places(o->until, 2 * out->last_x, out->at);
    return fit_predict(x->v, y->v, t->n_rows, how, out->at, PREDICTED_POINTS, out->predicted, &out->sigmoid, call->diag);
}

static void print(invocation *call, const options *o, const fitted *f)
{
    row rows[4];
    size_t n = rows_of(f, rows);
    bool sigmoid = f->law == SIGMOID;
    pl_str_addf(call->out, "%s of %s over %s, %zu points\n", sigmoid ? "sigmoid" : "entropy law", o->y, o->x,
                sigmoid ? f->sigmoid.n : f->entropy.n);
    for (size_t i = 0; i < n; i++) {
        char text[64];
        report_estimate(rows[i].value, text);
        pl_str_addf(call->out, "  %-6s %s\n", rows[i].name, text);
    }
    pl_str_addf(call->out, "  R2     %.3f\n", sigmoid ? f->sigmoid.r2 : f->entropy.r2);
    bool identified = sigmoid ? f->sigmoid.identified : f->entropy.identified;
    pl_str_addf(call->out, "%s%s\n[%.0f%% intervals]\n", identified ? "identified" : "not identified: ",
                identified ? ""
                : sigmoid  ? f->sigmoid.reason
                           : f->entropy.reason,
                100 * rows[0].value->level);
}

static void print_json(invocation *call, const options *o, const fitted *f)
{
    bool sigmoid = f->law == SIGMOID, identified = sigmoid ? f->sigmoid.identified : f->entropy.identified;
    pl_json j;
    pl_json_init(&j, call->out);
    pl_json_object(&j);
    pl_json_key(&j, "schema_version");
    pl_json_integer(&j, 1);
    pl_json_key(&j, "x");
    pl_json_string(&j, o->x);
    pl_json_key(&j, "y");
    pl_json_string(&j, o->y);
    pl_json_key(&j, "n");
    pl_json_integer(&j, (int64_t)(sigmoid ? f->sigmoid.n : f->entropy.n));
    pl_json_key(&j, "verdict");
    pl_json_string(&j, identified ? "identified" : "not identified");
    pl_json_key(&j, sigmoid ? "sigmoid" : "entropy_law");
    if (sigmoid)
        sigmoid_json(&j, &f->sigmoid, NULL);
    else
        entropy_law_json(&j, &f->entropy);
    pl_json_end_object(&j);
    pl_str_addc(call->out, '\n');
}

/* A figure writes <folder>/<its name>.png; the file asked for is that one, made in a folder of its own beside it. */
static pl_status draw_into(invocation *call, const figure *fig, const figure_data *data, const void *params, const char *out)
{
    char *folder = pl_arena_printf(call->arena, "%s.XXXXXX", out);
    const char *path = NULL;
    if (!folder) return pl_diag_nomem(call->diag, "drawing");
    if (!mkdtemp(folder)) return pl_diag_io(call->diag, "write", out, errno);
    pl_status st = figure_write(fig, data, params, folder, FIGURE_PNG, FIGURE_SINGLE, call->arena, &path, call->diag);
    if (!st) st = pl_rename(path, out, call->diag);
    return pl_worse(st, pl_remove_tree(folder, call->diag));
}

static pl_status draw(invocation *call, const options *o, const pl_table *points, const fitted *f)
{
    const char *name = f->law == SIGMOID ? "sigmoid" : "entropy_law";
    const figure *fig = (const figure *)pl_registry_find(&figure_registry, name);
    if (!fig) {
        pl_diag_add(call->diag, PL_ERROR, (pl_place){0}, "leave --png out", "there is no figure '%s'", name);
        return PL_ERR_USER;
    }
    pl_str yaml;
    pl_str_init(&yaml);
    pl_json j;
    pl_json_init(&j, &yaml); /* JSON is YAML, and quotes whatever the columns are called */
    pl_json_object(&j);
    pl_json_key(&j, "x");
    pl_json_string(&j, o->x);
    pl_json_key(&j, "y");
    pl_json_string(&j, o->y);
    pl_json_end_object(&j);
    pl_table fits;
    pl_table_init(&fits);
    pl_node *root = NULL;
    const char *text = pl_str_end(&yaml);
    void *params = pl_arena_alloc(call->arena, fig->entry.params->size);
    pl_status st = fits_columns(&fits);
    if (!st) st = f->law == SIGMOID ? fits_add_sigmoid(&fits, "", &f->sigmoid) : fits_add_entropy_law(&fits, "", &f->entropy);
    if (!st && f->predicts) st = fits_add_prediction(&fits, "", &f->sigmoid, f->at, f->predicted, PREDICTED_POINTS);
    if (st || !text || !params) st = pl_diag_nomem(call->diag, "drawing");
    if (!st) st = pl_yaml_parse(text, yaml.length, "options", call->arena, call->diag, &root);
    if (!st) st = pl_conf_bind(root, fig->entry.params, params, call->arena, call->diag);
    figure_data data = {.table = points, .fits = &fits, .scenario_hash = "", .replicates = 1, .steps_per_epoch = NAN};
    if (!st) st = draw_into(call, fig, &data, params, o->png);
    pl_table_free(&fits);
    pl_str_free(&yaml);
    return st;
}

/* What was read, and what was not. */
static void tell(invocation *call, const training_log *log)
{
    pl_str text;
    pl_str_init(&text);
    log_describe(log, &text);
    const char *end = pl_str_end(&text);
    if (end) say(call, "%.*s", (int)strcspn(end, "\n"), end);
    for (size_t i = 0; i < log->n_notes; i++) say(call, "  %s", log->notes[i]);
    pl_str_free(&text);
}

static pl_status run(invocation *call)
{
    const options *o = call->options;
    training_log log;
    pl_table points;
    fitted result;
    training_log_init(&log);
    pl_table_init(&points);
    log_options how = {.format = o->format, .map = o->map.v, .n_map = o->map.n, .where = o->where.v, .n_where = o->where.n};
    pl_status st = log_open(call->args, call->n_args, &how, &log, call->diag);
    if (!st) st = take_points(call, o, &log, &points);
    if (!st) st = fit(call, o, &points, &result);
    if (!st) tell(call, &log);
    if (!st && o->png) st = draw(call, o, &points, &result);
    if (!st) (o->json ? print_json : print)(call, o, &result);
    if (!st && o->png && !o->json) pl_str_addf(call->out, "%s\n", o->png);
    pl_table_free(&points);
    training_log_free(&log);
    return st;
}

const command cmd_fit = {
    .entry = {.name = "fit", .doc = "fit the sigmoid or the entropy law to the log of a run"},
    .usage = "LOG...",
    .details = "LOG is a log of any format that `plateau list importer` names, also gzipped, or a folder of such; - is\n"
               "standard input. Several are parts of one run. COLUMN is a name of the log's own, or a metric's (pass@1,\n"
               "reward/mean, entropy/token, ...).\n",
    .min_args = 1,
    .max_args = 1000,
    .options = table,
    .n_options = PL_COUNT(table),
    .options_size = sizeof(options),
    .defaults = &defaults,
    .run = run,
};
