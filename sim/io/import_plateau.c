/* metrics.csv of this program's own runs. */
#include <string.h>

#include "sim/io/importer.h"

static const char header[] = "arm,replicate,step,";

static int recognise(const char *text, size_t length, const char *path)
{
    return !strncmp(text, header, sizeof header - 1) ? 98 : 0;
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    bool found;
    pl_status st = log_parse_csv(text, length, file, log, diag);
    return st ? st : log_step_column(log, (const char *const[]){"step", NULL}, &found);
}

const importer import_plateau = {
    .entry = {.name = "plateau",
              .doc = "metrics.csv of a run of this program (simulated, not measured): arm, replicate, step, ..."},
    .framework = "plateau",
    .recognise = recognise,
    .parse = parse,
};
