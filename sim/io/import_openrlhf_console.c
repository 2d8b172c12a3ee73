/* The console of OpenRLHF: "Global step 12: {'policy_loss': ...}". */
#include "sim/io/labelled.h"

static const label labels[] = {{"Global step ", "'"}};

static int recognise(const char *text, size_t length, const char *path)
{
    console c;
    double step;
    const char *dict;
    int sure = 0;
    console_init(&c, text, length);
    while (!sure && console_next(&c)) sure = labelled_find(&c, labels, PL_COUNT(labels), &step, &dict) >= 0 ? 92 : 0;
    console_free(&c);
    return sure;
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    labelled l;
    bool found;
    labelled_init(&l, log);
    pl_status st = labelled_read(&l, text, length, labels, PL_COUNT(labels));
    if (!st) st = records_end(&l.r, "line 'Global step N: {...}'", file, diag);
    if (!st) st = log_step_column(log, (const char *const[]){"step", NULL}, &found);
    labelled_free(&l);
    return st;
}

const importer import_openrlhf_console = {
    .entry = {.name = "openrlhf_console", .doc = "console of OpenRLHF: 'Global step N: {...}'"},
    .framework = "openrlhf",
    .console = true,
    .recognise = recognise,
    .parse = parse,
};
