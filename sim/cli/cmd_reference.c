/* plateau reference PAGE: the reference pages of the documentation, in Markdown, from the program's own tables. */
#include <string.h>

#include "sim/cli/columns.h"
#include "sim/cli/kinds.h"
#include "sim/conf/bind.h"
#include "sim/io/importer.h"
#include "sim/run/findings.h"
#include "sim/run/outcome.h"
#include "sim/run/scenario.h"

static const char heading[] = "<!-- Written by `make docs` from the program's tables; change those. -->\n\n";

static const char findings_heading[] = "<!-- Written by `make findings` from finished runs; change the scenarios. -->\n\n";

static pl_status scenario_page(invocation *call)
{
    pl_str_add(call->out, "# Scenario files\n\n");
    return pl_conf_reference(call->out, &scenario_struct);
}

/* A | would end the cell. */
static void cell(pl_str *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|') pl_str_addc(out, '\\');
        pl_str_addc(out, *text);
    }
}

static pl_status columns_page(invocation *call)
{
    pl_table t;
    pl_table_init(&t);
    pl_status st = columns_of_all(call, &t);
    pl_str_add(call->out, "# Columns of metrics.csv\n\nThose of domains, formats, strategies or k have the names of a scenario at "
                          "its defaults. Columns of\nstance, confidence (`calibration/`), stored weights and the embedding "
                          "(`update/`), votes (`maj@`) and the\nsampled evaluation (`sampled/`) are there for scenarios that have "
                          "these; the columns.json of a run lists its\nown.\n\n"
                          "| column | unit | origin | meaning |\n|---|---|---|---|\n");
    for (size_t c = 0; c < t.n_columns && !st; c++) {
        const pl_column_spec *spec = &t.columns[c].spec;
        pl_str_addf(call->out, "| `%s` | %s | %s | ", spec->name, *spec->unit ? spec->unit : "–", column_origin(spec->origin));
        cell(call->out, spec->doc);
        pl_str_add(call->out, " |\n");
    }
    pl_table_free(&t);
    return st;
}

static pl_status commands_page(invocation *call)
{
    pl_str_add(call->out, "# Commands\n\n```\n");
    program_help(call->out);
    pl_str_add(call->out, "```\n");
    for (const pl_entry *const *e = command_registry.entries; *e; e++) {
        pl_str_addf(call->out, "\n## plateau %s\n\n```\n", (*e)->name);
        command_help((const command *)*e, call->out);
        pl_str_add(call->out, "```\n");
    }
    return PL_OK;
}

/* What each framework's names mean: importers, then the table of metrics. */
static pl_status logs_page(invocation *call)
{
    pl_str_add(call->out, "# Logs\n\nHow to read one is in [read-a-log.md](../how-to/read-a-log.md).\n\n## Formats\n\n"
                          "| format | names | what |\n|---|---|---|\n");
    for (const pl_entry *const *e = importer_registry.entries; *e; e++) {
        const char *framework = ((const importer *)*e)->framework;
        pl_str_addf(call->out, "| `%s` | %s | ", (*e)->name, framework ? framework : "–");
        cell(call->out, (*e)->doc);
        pl_str_add(call->out, " |\n");
    }
    pl_str_add(call->out, "\n## Metrics\n\nColumns keep the log's own names; `fit` and `check` take the metric's name as well. `*` "
                          "stands for any text, and $1, $2 for what it stood for. Two columns may be compared when metric and "
                          "estimator agree.\n");
    for (const metric_alias *m = metric_aliases; m->framework; m++) {
        if (m == metric_aliases || strcmp(m[-1].framework, m->framework) != 0)
            pl_str_addf(call->out, "\n### %s\n\n| name | metric | unit | definition | estimator |\n|---|---|---|---|---|\n",
                        m->framework);
        pl_str_addf(call->out, "| `%s` | `%s` | %s | ", m->pattern, m->name, *m->unit ? m->unit : "–");
        cell(call->out, m->definition);
        pl_str_addf(call->out, " | %s |\n", *m->estimator ? m->estimator : "–");
    }
    return PL_OK;
}

static pl_status plugins_page(invocation *call)
{
    pl_str_add(call->out, "# What there is to choose from\n");
    for (size_t i = 0; kinds[i]; i++) {
        pl_str_addf(call->out, "\n## %s\n\n| name | what | source |\n|---|---|---|\n", kinds[i]->kind);
        for (const pl_entry *const *e = kinds[i]->entries; *e; e++) {
            pl_str_addf(call->out, "| `%s` | ", (*e)->name);
            cell(call->out, (*e)->doc);
            pl_str_addf(call->out, " | %s |\n", (*e)->source ? (*e)->source : "–");
        }
    }
    return PL_OK;
}

static pl_status findings_of(invocation *call)
{
    size_t n = call->n_args - 1;
    finding *list = pl_arena_array(call->arena, n + 1, sizeof *list);
    if (!list) return pl_diag_nomem(call->diag, "listing the findings");
    pl_status st = PL_OK;
    for (size_t i = 0; i < n; i++) st = pl_worse(st, finding_read(call->args[i + 1], &list[i], call->arena, call->diag));
    if (!st && !n) {
        pl_diag_add(call->diag, PL_ERROR, (pl_place){0}, "usage: plateau reference findings DIR...",
                    "the table of findings is made from run directories, and none is given");
        return PL_ERR_USER;
    }
    if (!st && findings_page(list, n, call->out)) st = pl_diag_nomem(call->diag, "listing the findings");
    return st;
}

static const struct {
    const char *name;
    pl_status (*write)(invocation *);
} pages[] = {{"columns", columns_page}, {"commands", commands_page}, {"findings", findings_of},
             {"logs", logs_page},       {"plugins", plugins_page},   {"scenario", scenario_page}};

static pl_status run(invocation *call)
{
    const char *names[PL_COUNT(pages)];
    for (size_t i = 0; i < PL_COUNT(pages); i++) {
        names[i] = pages[i].name;
        if (strcmp(call->args[0], pages[i].name) != 0) continue;
        if (call->n_args > 1 && pages[i].write != findings_of) {
            pl_diag_add(call->diag, PL_ERROR, (pl_place){0}, "only the page findings is made from run directories",
                        "unexpected argument '%s'", call->args[1]);
            return PL_ERR_USER;
        }
        pl_str_add(call->out, pages[i].write == findings_of ? findings_heading : heading);
        return pages[i].write(call);
    }
    const char *nearest = pl_nearest(call->args[0], names, PL_COUNT(pages));
    const char *remedy = nearest ? pl_arena_printf(call->arena, "did you mean '%s'?", nearest)
                                 : "pages are columns, commands, findings, logs, plugins, scenario";
    pl_diag_add(call->diag, PL_ERROR, (pl_place){0}, remedy, "unknown page '%s'", call->args[0]);
    return PL_ERR_USER;
}

const command cmd_reference = {
    .entry = {.name = "reference",
              .doc = "a page of the reference in Markdown: columns, commands, findings, logs, plugins, scenario"},
    .usage = "PAGE [DIR]...",
    .details = "`plateau reference findings DIR...` makes the table of findings from the directories of finished runs.\n",
    .min_args = 1,
    .max_args = 1000,
    .run = run,
};
