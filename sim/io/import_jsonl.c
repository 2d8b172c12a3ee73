/* JSON lines: one object a line, as most trainers keep their metrics. */
#include <string.h>

#include "sim/io/importer.h"

static const char *const steps[] = {"step", "progress/batch", "progress/step", "training_step", "global_step", "train/global_step",
                                    "training/global_step", "trainer/global_step", "_step", NULL};

/* A line that begins with '{' and ends with '}'. */
static int recognise(const char *text, size_t length, const char *path)
{
    const char *p = text + strspn(text, " \t\r\n");
    if (*p != '{') return 0;
    const char *end = strchr(p, '\n');
    if (!end) end = p + strlen(p);
    while (end > p && strchr(" \t\r\n", end[-1])) end--;
    if (end - p < 2 || end[-1] != '}') return 5;
    return p[1] == '"' || p[1 + strspn(p + 1, " ")] == '"' ? 70 : 10;
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    read_counts counts = {0};
    bool found;
    pl_status st = jsonl_parse(text, length, file, &log->table, &counts, diag);
    if (st) return st;
    log->counts.records = counts.rows;
    log->counts.non_finite = counts.non_finite;
    log->counts.skipped = counts.skipped;
    return log_step_column(log, steps, &found);
}

const importer import_jsonl = {
    .entry = {.name = "jsonl", .doc = "JSON lines: an object a line, nested keys joined by '/'"},
    .recognise = recognise,
    .parse = parse,
};
