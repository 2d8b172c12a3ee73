/* plateau new NAME: a scenario file with every key, commented. */
#include <string.h>

#include "sim/base/fs.h"
#include "sim/cli/command.h"
#include "sim/conf/bind.h"
#include "sim/run/scenario.h"

typedef struct options {
    bool force;
} options;
static const command_option table[] = {
    FLAG_OPTION("force", 0, force, "replace a file that is there"),
};

static pl_status run(invocation *call)
{
    const options *o = call->options;
    const char *name = call->args[0];
    size_t length = strlen(name);
    bool has_ending = length > 5 && strcmp(name + length - 5, ".yaml") == 0;
    const char *path = has_ending ? name : pl_arena_printf(call->arena, "%s.yaml", name);
    if (!path) return pl_diag_nomem(call->diag, "writing a scenario");
    if (pl_is_file(path) && !o->force) {
        pl_diag_add(call->diag, PL_ERROR, (pl_place){0}, "choose another name, or --force to replace it", "the file '%s' exists",
                    path);
        return PL_ERR_USER;
    }
    pl_str text;
    pl_str_init(&text);
    pl_status st = pl_conf_template(&text, &scenario_struct);
    if (!st && !pl_str_end(&text)) st = pl_diag_nomem(call->diag, "writing a scenario");
    if (!st) st = pl_write_file(path, text.text, text.length, call->diag);
    pl_str_free(&text);
    if (st) return st;
    pl_str_addf(call->out, "%s\n", path);
    say(call,
        "`plateau run %s` runs it; with one strategy, as it stands, there is nothing to learn: add some; `plateau explain KEY` "
        "tells more about a key",
        path);
    return PL_OK;
}

const command cmd_new = {
    .entry = {.name = "new", .doc = "write a scenario file with every key and what it means"},
    .usage = "NAME",
    .min_args = 1,
    .max_args = 1,
    .options = table,
    .n_options = PL_COUNT(table),
    .options_size = sizeof(options),
    .run = run,
};
