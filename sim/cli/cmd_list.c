/* plateau list [KIND]: what there is to choose from. */
#include <string.h>

#include "sim/base/fs.h"
#include "sim/base/json.h"
#include "sim/cli/command.h"
#include "sim/cli/kinds.h"
#include "sim/run/search.h"

typedef struct options {
    bool json;
} options;
static const command_option table[] = {
    JSON_OPTION,
};

/* One thing that has a name; doc "" when only its name is known. */
static void item(invocation *call, pl_json *j, const char *name, const char *doc, const char *source)
{
    if (!j) {
        pl_str_addf(call->out, *doc ? "  %-20s %s" : "  %s%s", name, doc);
        if (source) pl_str_addf(call->out, "  [%s]", source);
        pl_str_addc(call->out, '\n');
        return;
    }
    pl_json_object(j);
    pl_json_key(j, "name");
    pl_json_string(j, name);
    pl_json_key(j, "doc");
    pl_json_string(j, *doc ? doc : NULL);
    pl_json_key(j, "source");
    pl_json_string(j, source);
    pl_json_end_object(j);
}

static void open_kind(invocation *call, pl_json *j, const char *kind)
{
    if (j) {
        pl_json_key(j, kind);
        pl_json_array(j);
    } else {
        pl_str_addf(call->out, "%s\n", kind);
    }
}

static pl_status list_files(invocation *call, pl_json *j, const file_kind *kind)
{
    pl_search search;
    char **names = NULL;
    size_t n = 0;
    pl_status st = search_make(&search, call->arena, call->diag);
    if (!st) st = search_list(&search, kind->folder, &names, &n, call->diag);
    if (st) return st;
    open_kind(call, j, kind->name);
    for (size_t i = 0; i < n; i++) item(call, j, names[i], "", NULL);
    if (j) pl_json_end_array(j);
    pl_free_names(names, n);
    return PL_OK;
}

static pl_status unknown_kind(invocation *call, const char *word)
{
    const char *names[64];
    size_t n = 0;
    pl_str all;
    pl_str_init(&all);
    for (size_t i = 0; kinds[i]; i++) names[n++] = kinds[i]->kind;
    for (size_t i = 0; file_kinds[i].name; i++) names[n++] = file_kinds[i].name;
    for (size_t i = 0; i < n; i++) pl_str_addf(&all, "%s%s", i ? ", " : "", names[i]);
    const char *nearest = pl_nearest(word, names, n), *list = pl_str_end(&all), *remedy = NULL;
    if (list)
        remedy = nearest ? pl_arena_printf(call->arena, "did you mean '%s'? kinds are %s", nearest, list)
                         : pl_arena_printf(call->arena, "kinds are %s", list);
    pl_diag_add(call->diag, PL_ERROR, (pl_place){0}, remedy, "unknown kind '%s'", word);
    pl_str_free(&all);
    return PL_ERR_USER;
}

static pl_status run(invocation *call)
{
    const options *o = call->options;
    const char *wanted = call->n_args ? call->args[0] : NULL;
    pl_json json, *j = o->json ? &json : NULL;
    if (j) {
        pl_json_init(j, call->out);
        pl_json_object(j);
    }
    bool found = false;
    for (size_t i = 0; kinds[i]; i++) {
        if (wanted && strcmp(kinds[i]->kind, wanted) != 0) continue;
        found = true;
        open_kind(call, j, kinds[i]->kind);
        for (const pl_entry *const *e = kinds[i]->entries; *e; e++) item(call, j, (*e)->name, (*e)->doc, (*e)->source);
        if (j) pl_json_end_array(j);
    }
    for (size_t i = 0; file_kinds[i].name; i++) {
        if (wanted && strcmp(file_kinds[i].name, wanted) != 0) continue;
        found = true;
        pl_status st = list_files(call, j, &file_kinds[i]);
        if (st) return st;
    }
    if (j) {
        pl_json_end_object(j);
        pl_str_addc(call->out, '\n');
    }
    if (found) return PL_OK;
    pl_str_clear(call->out);
    return unknown_kind(call, wanted);
}

const command cmd_list = {
    .entry = {.name = "list", .doc = "what there is: rewards, losses, measures, figures, algorithms, scenarios, ..."},
    .usage = "[KIND]",
    .max_args = 1,
    .options = table,
    .n_options = PL_COUNT(table),
    .options_size = sizeof(options),
    .run = run,
};
