/* plateau help [COMMAND]: what --help prints. */
#include "sim/cli/command.h"

static pl_status run(invocation *call)
{
    if (call->n_args == 0) {
        program_help(call->out);
        return PL_OK;
    }
    const command *c = command_find(call->args[0], call->diag);
    if (!c) return PL_ERR_USER;
    command_help(c, call->out);
    return PL_OK;
}

const command cmd_help = {
    .entry = {.name = "help", .doc = "the commands, or the options of one"},
    .usage = "[COMMAND]",
    .max_args = 1,
    .run = run,
};
