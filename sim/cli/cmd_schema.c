/* plateau schema: JSON Schema of the scenario file. */
#include "sim/cli/command.h"
#include "sim/conf/bind.h"
#include "sim/run/scenario.h"

static pl_status run(invocation *call) { return pl_conf_schema(call->out, &scenario_struct, "plateau scenario"); }

const command cmd_schema = {
    .entry = {.name = "schema", .doc = "JSON Schema of the scenario file, for editors"},
    .usage = "",
    .run = run,
};
