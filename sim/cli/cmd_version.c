/* plateau version: of the program, its compiler and its libraries. */
#include <gsl/gsl_version.h>

#include "sim/base/json.h"
#include "sim/cli/command.h"
#include "sim/core/simd.h"
#include "sim/run/provenance.h"
#include "sim/run/search.h"

typedef struct options {
    bool json;
} options;
static const command_option table[] = {
    JSON_OPTION,
};

static pl_status run(invocation *call)
{
    const options *o = call->options;
    const char *level = pl_simd_name(pl_simd_level());
    if (!o->json) {
        pl_str_addf(call->out, "plateau %s\ncompiler %s\ngsl %s\nvector level %s\n", plateau_version, provenance_compiler,
                    gsl_version, level);
        return PL_OK;
    }
    pl_json j;
    pl_json_init(&j, call->out);
    pl_json_object(&j);
    const char *const pairs[][2] = {
        {"version", plateau_version}, {"compiler", provenance_compiler}, {"gsl", gsl_version}, {"vector_level", level}};
    for (size_t i = 0; i < PL_COUNT(pairs); i++) {
        pl_json_key(&j, pairs[i][0]);
        pl_json_string(&j, pairs[i][1]);
    }
    pl_json_end_object(&j);
    pl_str_addc(call->out, '\n');
    return PL_OK;
}

const command cmd_version = {
    .entry = {.name = "version", .doc = "versions of the program, its compiler and its libraries"},
    .usage = "",
    .options = table,
    .n_options = PL_COUNT(table),
    .options_size = sizeof(options),
    .run = run,
};
