/* plateau check LOG...: what a run is, where it will end, and what is going wrong. */
#include <math.h>
#include <string.h>

#include "plots/figure.h"
#include "sim/base/fs.h"
#include "sim/base/json.h"
#include "sim/check/against.h"
#include "sim/check/table.h"
#include "sim/io/importer.h"
#include "sim/cli/command.h"
#include "sim/cli/report.h"
#include "sim/cli/report_table.h"
#include "sim/run/fits.h"

typedef struct options {
    const char *x, *y, *out, *format, *arm, *against_arm;
    pl_strings against, map, where;
    double until, margin, rollouts, items, steps_per_epoch;
    int64_t replicate;
    bool json;
} options;
static const options defaults = {.until = 1, .margin = .02, .rollouts = NAN, .items = NAN, .steps_per_epoch = NAN, .replicate = -1};

#define TEXT(member, letter_, value_, doc_)                                                                                        \
    .letter = letter_, .type = OPTION_TEXT, .offset = offsetof(options, member), .value = value_, .doc = doc_
#define NUMBER(member, letter_, value_, min_, max_, doc_)                                                                          \
    .letter = letter_, .type = OPTION_NUMBER, .offset = offsetof(options, member), .value = value_, .min = min_, .max = max_,      \
    .doc = doc_
static const command_option table[] = {
    {.name = "until",
     NUMBER(until, 'u', "FRACTION", .01, 1, "look at this part of the run only, and hold what it foretells against the rest")},
    {.name = "against",
     .letter = 'a',
     .type = OPTION_TEXTS,
     .offset = offsetof(options, against),
     .value = "LOG",
     .doc = "compare with this run: the same ceiling, only faster? (again for its further parts)"},
    {.name = "margin", NUMBER(margin, 0, "DELTA", 1e-9, 1e9, "ceilings within it are the same; default 0.02")},
    {.name = "x", TEXT(x, 'x', "COLUMN", "what the run is laid out along; default step")},
    {.name = "y", TEXT(y, 'y', "COLUMN", "what to fit; default validation, else correctness, else reward")},
    {.name = "output", TEXT(out, 'o', "DIR", "write check.json, check.csv and the figure check.png there")},
    {.name = "json", .type = OPTION_FLAG, .offset = offsetof(options, json), .doc = "as JSON"},
    {.name = "rollouts",
     NUMBER(rollouts, 0, "N", 1, 1e12, "responses behind a training point: compares its noise with binomial sampling")},
    {.name = "items", NUMBER(items, 0, "N", 1, 1e12, "responses behind a validation point, likewise")},
    {.name = "steps-per-epoch",
     NUMBER(steps_per_epoch, 0, "N", 1e-9, 1e12, "steps of one pass over the prompts, when the log does not say")},
    {.name = "arm", TEXT(arm, 0, "NAME", "rows of this arm, of a log with several")},
    {.name = "against-arm", TEXT(against_arm, 0, "NAME", "likewise of the run compared with; default as --arm")},
    {.name = "replicate",
     .type = OPTION_INTEGER,
     .offset = offsetof(options, replicate),
     .value = "N",
     .min = 0,
     .max = 1e15,
     .doc = "rows of this replicate, of a log with several"},
    {.name = "where",
     .letter = 'w',
     .type = OPTION_TEXTS,
     .offset = offsetof(options, where),
     .value = "COLUMN=VALUE",
     .doc = "only rows that have it: model=..., seed=..."},
    {.name = "format", TEXT(format, 'f', "NAME", "the log's format; default told by its content")},
    {.name = "map",
     .letter = 'm',
     .type = OPTION_TEXTS,
     .offset = offsetof(options, map),
     .value = "NAME=COLUMN",
     .doc = "the column is the metric NAME (pass@1, reward/mean, step, ...)"},
};

/* A log that was read and judged. */
typedef struct checked {
    training_log log;
    check_run run;
    check_judgement judgement;
} checked;

static pl_status examine(invocation *call, const options *o, const char *const *paths, size_t n, const char *arm, checked *c)
{
    log_options how = {.format = o->format,
                       .map = o->map.v,
                       .n_map = o->map.n,
                       .where = o->where.v,
                       .n_where = o->where.n,
                       .arm = arm,
                       .one_replicate = o->replicate >= 0,
                       .replicate = o->replicate};
    check_options look = {
        .x = o->x, .y = o->y, .until = o->until, .rollouts = o->rollouts, .items = o->items, .steps_per_epoch = o->steps_per_epoch};
    pl_status st = log_open(paths, n, &how, &c->log, call->diag);
    if (!st && !c->log.has_steps) { /* told as what it is; nothing else can be done with it */
        if (!o->against.n && !o->out && o->until == 1) return PL_OK;
        pl_diag_add(call->diag, PL_ERROR, (pl_place){.file = c->log.file},
                    "leave out --against, --until and -o; `plateau plot` draws such a table", "a table of results without steps");
        st = PL_ERR_USER;
    }
    if (!st && c->log.series > 1) {
        pl_diag_add(call->diag, PL_ERROR, (pl_place){.file = c->log.file},
                    "choose one with --arm and --replicate, or --where COLUMN=VALUE", "the log holds %zu runs, told apart by '%s'",
                    c->log.series, c->log.series_key);
        st = PL_ERR_USER;
    }
    if (!st) st = check_run_open(&c->log, &look, &c->run, call->diag);
    if (!st) st = check_judge(&c->run, 0, &c->judgement, call->diag);
    return st;
}

static void line(pl_str *out, const char *name) { pl_str_addf(out, "  %-10s ", name); }

static void print_run(const checked *c, pl_str *out)
{
    const check_run *r = &c->run;
    const check_series *s = &r->signal[r->fitted];
    line(out, "run");
    pl_str_addf(out, "%s %s to %s", r->x_column, check_number(r->first, 0).text, check_number(r->last, 0).text);
    if (isfinite(r->epochs)) pl_str_addf(out, ", %.2g epochs", r->epochs);
    if (r->until < r->last) pl_str_addf(out, "; looked at up to %s", check_number(r->until, 0).text);
    if (c->log.counts.restarts) pl_str_addf(out, "; %zu restart%s", c->log.counts.restarts, c->log.counts.restarts == 1 ? "" : "s");
    pl_str_addc(out, '\n');
    line(out, "signals");
    const char *separator = "";
    for (int i = 0; i < CHECK_SIGNALS; i++) {
        if (!r->signal[i].column) continue;
        pl_str_addf(out, "%s%s '%s' (%zu)", separator, check_signal_words[i], r->signal[i].column, r->signal[i].n);
        separator = ", ";
    }
    pl_str_addc(out, '\n');
    line(out, "fitted");
    pl_str_addf(out, "'%s', %zu points; %s\n", s->column, s->n, r->why);
}

static void print_noise(const checked *c, pl_str *out)
{
    const check_forecast *f = &c->judgement.forecast;
    if (!c->judgement.fitted) return;
    line(out, "noise");
    pl_str_addf(out, "%.3g a point", f->noise);
    if (isfinite(f->binomial))
        pl_str_addf(out, ", %.3g times that of binomial sampling in variance", f->noise * f->noise / (f->binomial * f->binomial));
    pl_str_addf(out, f->belief.rho > 0 ? "; neighbours correlated %.2f" : "; neighbours not correlated", f->belief.rho);
    if (f->misfit > 0)
        pl_str_addf(out, "; the first half foretold the second wrongly by %.3f, which widens every interval", f->misfit);
    pl_str_addc(out, '\n');
}

static void print_fit(const checked *c, pl_str *out)
{
    const check_judgement *j = &c->judgement;
    const check_forecast *f = &j->forecast;
    char text[64];
    if (!j->fitted || !(f->rose || f->fell)) return;
    const pl_estimate *values[] = {&f->A, &f->belief.B, &f->belief.C_mid, &f->belief.R0};
    static const char *const names[] = {"A", "B", "C_mid", "R0"};
    line(out, "sigmoid");
    for (size_t i = 0; i < PL_COUNT(values); i++) {
        report_estimate(values[i], text);
        pl_str_addf(out, "%s%s %s", i ? "  " : "", names[i], text);
    }
    pl_str_addf(out, "  R2 %.3f\n", f->belief.r2);
    line(out, "bounds");
    pl_str_addf(out, "A %.3g to %.3g, R0 %.3g to %.3g, B .3 to 12\n", f->belief.A_low, f->belief.A_high, f->belief.R0_low,
                f->belief.R0_high);
    report_estimate(&j->end, text);
    line(out, "end");
    pl_str_addf(out, "%s at %s %s", text, c->run.x_column, check_number(j->horizon, 0).text);
    if (j->horizon_points > 1) pl_str_addf(out, ", mean of %zu points", j->horizon_points);
    if (isfinite(j->end_seen))
        pl_str_addf(out, "; it was %.4g, %s", j->end_seen,
                    j->end_seen < j->end.low || j->end_seen > j->end.high ? "outside" : "inside");
    pl_str_addc(out, '\n');
}

static void print(invocation *call, const checked *c, const check_comparison *against)
{
    pl_str *out = call->out;
    const check_judgement *j = &c->judgement;
    log_describe(&c->log, out);
    if (against) pl_str_addf(out, "%s: %s\n", against->verdict, against->reason);
    pl_str_addf(out, "%s: %s\n", j->verdict, j->reason);
    print_run(c, out);
    static const char *const kinds[] = {[SHAPE_COURSE] = "shape", [SHAPE_ALARM] = "alarm", [SHAPE_NOTE] = "note"};
    for (size_t i = 0; i < j->n; i++) {
        const shape_finding *f = &j->findings[i];
        line(out, f->sight.harmless ? "note" : kinds[f->shape->kind]);
        pl_str_addf(out, "%s, seen from %s on: %s\n", f->shape->words, check_number(f->first, 0).text, f->sight.evidence);
    }
    print_noise(c, out);
    print_fit(c, out);
    if (j->law.n) {
        char text[64];
        report_estimate(&j->law.ceiling, text);
        line(out, "entropy");
        pl_str_addf(out, "R = %.3g e^H %c %.3g, R2 %.3f, R(H = 0) %s%s%s\n", -j->law.a.value, j->law.b.value < 0 ? '-' : '+',
                    fabs(j->law.b.value), j->law.r2, text, j->law.identified ? "" : "; not identified: ", j->law.reason);
    }
    pl_str_addf(out, "[90%% intervals]\n");
}

static void key_number(pl_json *j, const char *key, double x)
{
    pl_json_key(j, key);
    pl_json_number(j, x);
}
static void key_text(pl_json *j, const char *key, const char *text)
{
    pl_json_key(j, key);
    pl_json_string(j, text);
}
static void key_estimate(pl_json *j, const char *key, const pl_estimate *e)
{
    pl_json_key(j, key);
    estimate_json(j, e);
}

static void json_run(pl_json *j, const checked *c)
{
    const check_run *r = &c->run;
    pl_json_key(j, "run");
    pl_json_object(j);
    key_text(j, "log", c->log.file);
    key_text(j, "format", c->log.format ? c->log.format->entry.name : NULL);
    key_text(j, "framework", c->log.framework);
    key_text(j, "x", r->x_column);
    key_number(j, "first", r->first);
    key_number(j, "last", r->last);
    key_number(j, "until", r->until);
    key_number(j, "epochs", r->epochs);
    pl_json_key(j, "restarts");
    pl_json_integer(j, (int64_t)c->log.counts.restarts);
    pl_json_key(j, "notes");
    pl_json_array(j);
    for (size_t i = 0; i < c->log.n_notes; i++) pl_json_string(j, c->log.notes[i]);
    pl_json_end_array(j);
    pl_json_key(j, "signals");
    pl_json_object(j);
    for (int i = 0; i < CHECK_SIGNALS; i++) {
        if (!r->signal[i].column) continue;
        pl_json_key(j, check_signal_words[i]);
        pl_json_object(j);
        key_text(j, "column", r->signal[i].column);
        pl_json_key(j, "points");
        pl_json_integer(j, (int64_t)r->signal[i].n);
        pl_json_end_object(j);
    }
    pl_json_end_object(j);
    pl_json_end_object(j);
}

static void json_shapes(pl_json *j, const check_judgement *g)
{
    static const char *const kinds[] = {[SHAPE_COURSE] = "course", [SHAPE_ALARM] = "alarm", [SHAPE_NOTE] = "note"};
    key_text(j, "course", g->course ? g->course->shape->entry.name : NULL);
    pl_json_key(j, "shapes");
    pl_json_array(j);
    for (size_t i = 0; i < g->n; i++) {
        const shape_finding *f = &g->findings[i];
        pl_json_object(j);
        key_text(j, "name", f->shape->entry.name);
        key_text(j, "kind", kinds[f->shape->kind]);
        pl_json_key(j, "harmless");
        pl_json_bool(j, f->sight.harmless);
        key_number(j, "first_seen", f->first);
        key_text(j, "evidence", f->sight.evidence);
        pl_json_end_object(j);
    }
    pl_json_end_array(j);
}

static void json_fit(pl_json *j, const checked *c)
{
    const check_judgement *g = &c->judgement;
    const check_forecast *f = &g->forecast;
    pl_json_key(j, "fit");
    if (!g->fitted) {
        pl_json_null(j);
        return;
    }
    pl_json_object(j);
    key_text(j, "column", c->run.signal[c->run.fitted].column);
    key_text(j, "why", c->run.why);
    pl_json_key(j, "identified");
    pl_json_bool(j, f->identified);
    key_text(j, "reason", f->identified ? NULL : f->reason);
    key_estimate(j, "A", &f->A);
    key_estimate(j, "B", &f->belief.B);
    key_estimate(j, "C_mid", &f->belief.C_mid);
    key_estimate(j, "R0", &f->belief.R0);
    key_estimate(j, "left_to_gain", &f->belief.rest);
    key_number(j, "r2", f->belief.r2);
    key_number(j, "noise", f->noise);
    key_number(j, "binomial_noise", f->binomial);
    key_number(j, "autocorrelation", f->belief.rho);
    key_number(j, "misfit", f->misfit);
    key_number(j, "more_x_to_identify", f->identified ? 0 : f->longer > 1 ? (f->longer - 1) * c->run.until : NAN);
    pl_json_end_object(j);
    pl_json_key(j, "forecast");
    pl_json_object(j);
    key_number(j, "x", g->horizon);
    pl_json_key(j, "points");
    pl_json_integer(j, (int64_t)g->horizon_points);
    key_estimate(j, "value", &g->end);
    key_number(j, "seen", g->end_seen);
    pl_json_end_object(j);
    pl_json_key(j, "entropy_law");
    if (g->law.n)
        entropy_law_json(j, &g->law);
    else
        pl_json_null(j);
}

static void write_json(pl_str *out, const checked *c, const check_comparison *against, const char *other)
{
    pl_json j;
    pl_json_init(&j, out);
    pl_json_object(&j);
    pl_json_key(&j, "schema_version");
    pl_json_integer(&j, 1);
    key_text(&j, "verdict", against ? against->verdict : c->judgement.verdict);
    key_text(&j, "reason", against ? against->reason : c->judgement.reason);
    if (against) {
        pl_json_key(&j, "against");
        pl_json_object(&j);
        key_text(&j, "log", other);
        key_number(&j, "margin", against->margin);
        key_estimate(&j, "ceiling_difference", &against->ceiling);
        key_estimate(&j, "speed_ratio", &against->speed);
        key_text(&j, "verdict_of_this_run", c->judgement.verdict);
        pl_json_end_object(&j);
    }
    json_run(&j, c);
    json_shapes(&j, &c->judgement);
    json_fit(&j, c);
    pl_json_end_object(&j);
    pl_str_addc(out, '\n');
}

/* Short: the page is as wide as it is. */
static const char *title_of(invocation *call, const checked *c)
{
    const check_judgement *j = &c->judgement;
    pl_str text;
    pl_str_init(&text);
    bool open = !strcmp(j->verdict, "not identified");
    pl_str_addf(&text, "%s%c%s", open ? "Ceiling " : "", open ? 'n' : j->verdict[0] - 'a' + 'A', j->verdict + 1);
    const char *separator = ": ";
    for (size_t i = 0; i < j->n && j->no; i++) {
        const shape_finding *f = &j->findings[i];
        if (f->sight.harmless || (f->shape->kind != SHAPE_ALARM && !f->shape->wrong)) continue;
        pl_str_addf(&text, "%s%s", separator, f->shape->words); /* since when stands below the panels */
        separator = "; ";
    }
    if (!strcmp(j->verdict, "departs"))
        pl_str_addf(&text, ": it ended at %.3f, foretold was %.3f to %.3f", j->end_seen, j->end.low, j->end.high);
    else if (!j->no && j->fitted && j->forecast.identified)
        pl_str_addf(&text, ": ceiling %.3f, 90%% interval %.3f to %.3f", j->forecast.A.value, j->forecast.A.low,
                    j->forecast.A.high);
    else if (!j->no && strcmp(j->verdict, "flat") && j->fitted && (j->forecast.rose || j->forecast.fell))
        pl_str_addf(&text, ": it may be %.3f to %.3f", j->forecast.A.low, j->forecast.A.high);
    else if (!j->no && j->course)
        pl_str_addf(&text, "; the course: %s", j->course->shape->words);
    const char *words = pl_str_end(&text), *out = words ? pl_arena_strdup(call->arena, words) : NULL;
    pl_str_free(&text);
    return out;
}

static pl_status write_text(invocation *call, const char *dir, const char *name, pl_str *text)
{
    const char *path = pl_join(call->arena, dir, name);
    if (!path || !pl_str_end(text)) return pl_diag_nomem(call->diag, "writing a check");
    return pl_write_file(path, text->text, text->length, call->diag);
}

static pl_status write_out(invocation *call, const options *o, const checked *c, const check_comparison *against)
{
    const figure *fig = (const figure *)pl_registry_find(&figure_registry, "check");
    pl_table marks;
    pl_table_init(&marks);
    pl_str text;
    pl_str_init(&text);
    const char *path = NULL;
    pl_status st = check_table(&c->run, &c->judgement, &marks, call->diag);
    if (!st) st = pl_make_dir(o->out, call->diag);
    if (!st && csv_write(&marks, &text)) st = pl_diag_nomem(call->diag, "writing a check");
    if (!st) st = write_text(call, o->out, "check.csv", &text);
    pl_str_clear(&text);
    if (!st) write_json(&text, c, against, o->against.n ? o->against.v[0] : NULL);
    if (!st) st = write_text(call, o->out, "check.json", &text);
    figure_data data = {.table = &marks,
                        .sigmoid_x = c->run.x_column,
                        .title = title_of(call, c),
                        .scenario_hash = "",
                        .replicates = 1,
                        .steps_per_epoch = NAN};
    if (!st) st = figure_write(fig, &data, NULL, o->out, FIGURE_PNG, FIGURE_SINGLE, call->arena, &path, call->diag);
    if (!st && !o->json) pl_str_addf(call->out, "%s\n", path);
    pl_str_free(&text);
    pl_table_free(&marks);
    return st;
}

static pl_status compare(invocation *call, const options *o, checked *both, check_comparison *out)
{
    if (both[0].run.fitted != both[1].run.fitted) {
        pl_diag_add(call->diag, PL_ERROR, (pl_place){.file = both[1].log.file}, "name a metric that both logs have with --y",
                    "the runs are fitted by different signals: %s '%s', and %s '%s' here", check_signal_words[both[0].run.fitted],
                    both[0].run.signal[both[0].run.fitted].column, check_signal_words[both[1].run.fitted],
                    both[1].run.signal[both[1].run.fitted].column);
        return PL_ERR_USER;
    }
    check_compare(&both[0].judgement, &both[1].judgement, o->margin, out);
    return PL_OK;
}

static pl_status run(invocation *call)
{
    const options *o = call->options;
    checked *both = pl_arena_array(call->arena, 2, sizeof *both);
    if (!both) return pl_diag_nomem(call->diag, "checking a run");
    check_comparison comparison;
    const check_comparison *against = o->against.n ? &comparison : NULL;
    for (int i = 0; i < 2; i++) {
        training_log_init(&both[i].log);
        pl_arena_init(&both[i].run.arena);
    }
    pl_status st = examine(call, o, call->args, call->n_args, o->arm, &both[0]);
    bool results = !st && !both[0].log.has_steps;
    if (results && (o->json ? report_table_json : report_table)(&both[0].log, call->out))
        st = pl_diag_nomem(call->diag, "telling the results");
    if (results) goto out;
    if (!st && against) st = examine(call, o, o->against.v, o->against.n, o->against_arm ? o->against_arm : o->arm, &both[1]);
    if (!st && against) st = compare(call, o, both, &comparison);
    if (!st && o->json) write_json(call->out, &both[0], against, against ? o->against.v[0] : NULL);
    if (!st && !o->json) print(call, &both[0], against);
    if (!st && o->out) st = write_out(call, o, &both[0], against);
    if (!st) call->answer_is_no = against ? comparison.no : both[0].judgement.no;
out:
    for (int i = 0; i < 2; i++) {
        check_run_free(&both[i].run);
        training_log_free(&both[i].log);
    }
    return st;
}

const command cmd_check = {
    .entry = {.name = "check", .doc = "describe a run from its log, name its shape, foretell its end, say what goes wrong"},
    .usage = "LOG...",
    .details =
        "LOG is a log of any format that `plateau list importer` names, also gzipped, or a folder of such; - is standard input.\n"
        "Several are parts of one run. Exit code 1: the answer is no (going wrong, departs from what was foretold, different "
        "ceilings).\n",
    .min_args = 1,
    .max_args = 1000,
    .options = table,
    .n_options = PL_COUNT(table),
    .options_size = sizeof(options),
    .defaults = &defaults,
    .run = run,
};
