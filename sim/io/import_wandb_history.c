/* run.history() of the W&B API as CSV: one column for each metric, _step, _runtime, _timestamp. */
#include <string.h>

#include "sim/io/importer.h"

/* _step counts calls of wandb.log, not steps of the optimiser: the trainers' own counters come first. */
static const char *const steps[] = {"train/global_step",
                                    "global_step",
                                    "training/global_step",
                                    "trainer/global_step",
                                    "progress/batch",
                                    "rollout/step",
                                    "_step",
                                    NULL};

static int recognise(const char *text, size_t length, const char *path)
{
    const char *newline = memchr(text, '\n', length);
    if (!newline || *text == '{') return 0;
    bool step = false, clock = false;
    for (const char *p = text; p < newline; p++) {
        if (p > text && p[-1] != ',' && p[-1] != '"') continue;
        step = step || !strncmp(p, "_step", 5);
        clock = clock || !strncmp(p, "_runtime", 8) || !strncmp(p, "_timestamp", 10);
    }
    return step && clock ? 90 : 0;
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    bool found;
    pl_status st = log_parse_csv(text, length, file, log, diag);
    if (st) return st;
    st = log_drop_text(log, NULL); /* tables and pictures, as JSON */
    if (!st) st = log_step_column(log, steps, &found);
    size_t calls = pl_table_index(&log->table, "_step");
    if (!st && found && calls != (size_t)-1 &&
        !memcmp(log->table.columns[calls].v, log->table.columns[0].v, log->table.n_rows * sizeof(double)))
        log_note(log, "the steps are W&B's count of log calls (_step)");
    return st;
}

const importer import_wandb_history = {
    .entry = {.name = "wandb_history", .doc = "CSV of run.history() of the W&B API: a column for each metric, and _step"},
    .recognise = recognise,
    .parse = parse,
};
