/* Plain CSV: a line of names, then rows. */
#include <string.h>

#include "sim/io/importer.h"

/* The names under which people keep the step, in order of preference. */
static const char *const steps[] = {"step",
                                    "Step",
                                    "global_step",
                                    "train/global_step",
                                    "training/global_step",
                                    "trainer/global_step",
                                    "eval_step",
                                    "steps",
                                    "iteration",
                                    "iter",
                                    "_step",
                                    NULL};

/* Two lines with the same number of commas. */
static int recognise(const char *text, size_t length, const char *path)
{
    const char *newline = memchr(text, '\n', length);
    if (*text == '{' || *text == '[') return 0;
    if (!newline) return 5;
    size_t commas[2] = {0};
    const char *p = text;
    for (int line = 0; line < 2; line++) {
        bool quoted = false;
        for (; *p && (quoted || *p != '\n'); p++) {
            if (*p == '"') quoted = !quoted;
            commas[line] += *p == ',' && !quoted;
        }
        if (*p) p++;
    }
    size_t name = strlen(path);
    bool called = (name > 4 && !strcmp(path + name - 4, ".csv")) || (name > 7 && !strcmp(path + name - 7, ".csv.gz"));
    if (commas[0] && commas[0] == commas[1]) return called ? 60 : 50;
    return called ? 30 : 10;
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    bool found;
    pl_status st = log_parse_csv(text, length, file, log, diag);
    return st ? st : log_step_column(log, steps, &found);
}

const importer import_csv = {
    .entry = {.name = "csv", .doc = "comma-separated values: a line of column names, then a row for every step"},
    .recognise = recognise,
    .parse = parse,
};
