/* metrics.csv of this program's own runs. */
#include <string.h>

#include "sim/io/importer.h"

static const char header[] = "arm,replicate,step,";

static int recognise(const char *text, size_t length, const char *path) { return !strncmp(text, header, sizeof header - 1) ? 98 : 0; }

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    read_counts counts = {0};
    bool found;
    pl_status st = csv_parse(text, length, file, &log->table, &counts, diag);
    if (st) return st;
    log->counts.records = counts.rows;
    log->counts.non_finite = counts.non_finite;
    log->counts.skipped = counts.skipped;
    return log_step_column(log, (const char *const[]){"step", NULL}, &found);
}

const importer import_plateau = {
    .entry = {.name = "plateau", .doc = "metrics.csv of a run of this program (simulated, not measured): arm, replicate, step, ..."},
    .framework = "plateau",
    .recognise = recognise,
    .parse = parse,
};
