/* The console of slime: "step 12: {'train/loss': ...}", and rollout, perf and eval likewise. */
#include <math.h>

#include "sim/io/labelled.h"

enum { STEP, ROLLOUT, PERF, EVAL };
static const label labels[] = {
    [STEP] = {"step ", "'train/"}, [ROLLOUT] = {"rollout ", "'rollout/"}, [PERF] = {"perf ", "'"}, [EVAL] = {"eval ", "'eval/"}};

static int recognise(const char *text, size_t length, const char *path)
{
    console c;
    double step;
    const char *dict;
    int sure = 0;
    console_init(&c, text, length);
    while (!sure && console_next(&c)) {
        int which = labelled_find(&c, labels, PL_COUNT(labels), &step, &dict);
        sure = which >= 0 && which != PERF ? 91 : 0;
    }
    console_free(&c);
    return sure;
}

/* "step" counts updates, the others count rollouts, each of which may be several updates. */
static void one_axis(labelled *l)
{
    log_column *step = &l->r.cols.c[columns_find(&l->r.cols, "step", 4)];
    double last[2] = {-1, -1};
    for (size_t r = 0; r < l->r.cols.rows; r++) {
        double *max = &last[l->which[r] != STEP];
        *max = fmax(*max, step->v[r]);
    }
    double updates = last[0] >= 0 && last[1] >= 0 ? round((last[0] + 1) / (last[1] + 1)) : 1;
    if (updates < 2) return;
    for (size_t r = 0; r < l->r.cols.rows; r++)
        if (l->which[r] != STEP) step->v[r] *= updates;
    log_note(l->r.log, "a rollout is %.0f steps: rollout N is put at step %.0f N", updates, updates);
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    labelled l;
    bool found;
    labelled_init(&l, log);
    pl_status st = labelled_read(&l, text, length, labels, PL_COUNT(labels));
    if (!st && l.r.cols.rows) one_axis(&l);
    if (!st) st = records_end(&l.r, "line 'step N: {'train/...}'", file, diag);
    if (!st) st = log_step_column(log, (const char *const[]){"step", NULL}, &found);
    labelled_free(&l);
    return st;
}

const importer import_slime_console = {
    .entry = {.name = "slime_console", .doc = "console of slime: 'step N: {...}', and rollout, perf and eval likewise"},
    .framework = "slime",
    .console = true,
    .recognise = recognise,
    .parse = parse,
};
