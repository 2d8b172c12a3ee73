/* Tables of stated confidence, a row a sample: item,method,correct,confidence,...: accuracy, Brier score, ECE (10 bins closed on
 * the left), AUROC and the reliability bins of every method, under the names that a run's table has, then arms over a base
 * (result_table.h). */
#include <math.h>
#include <string.h>

#include "sim/core/calibration.h"
#include "sim/io/importer.h"
#include "sim/io/result_table.h"

enum { MOST_METHODS = 256, SCORES = 6, BINS = PL_CALIBRATION_BINS };
#define METHOD_NAMES "method model arm run policy"
#define CORRECT_NAMES "correct is_correct right"
#define CONFIDENCE_NAMES "confidence conf stated_confidence"

static const char *const scores[SCORES][2] = {
    {"calibration/ece", "expected calibration error, 10 bins closed on the left"},
    {"calibration/brier", "mean squared difference of stated confidence and correctness"},
    {"calibration/auroc", "probability that a right answer is stated with more confidence than a wrong one, half of equals"},
    {"calibration/confidence", "mean stated confidence"},
    {"calibration/accuracy", "share of right answers among those with a stated confidence"},
    {"pass@1", "share of right answers, those without a stated confidence included"},
};

static const char *const needed[] = {CORRECT_NAMES, CONFIDENCE_NAMES};

static int recognise(const char *text, size_t length, const char *path) { return result_header(text, length, needed, 2) ? 95 : 0; }

typedef struct samples {
    result_names methods;
    size_t *method;               /* [rows] */
    double *correct, *confidence; /* [rows]; confidence NaN: none stated */
    size_t unstated;
    const pl_table *csv;
    const char *file;
    pl_arena *arena;
    pl_diag *diag;
} samples;

static pl_status read_samples(samples *s)
{
    const pl_table *t = s->csv;
    size_t correct = result_column(t, CORRECT_NAMES), confidence = result_column(t, CONFIDENCE_NAMES),
           method = result_column(t, METHOD_NAMES);
    pl_status st = PL_OK;
    s->method = pl_arena_array(s->arena, t->n_rows, sizeof *s->method);
    s->correct = pl_arena_array(s->arena, t->n_rows, sizeof *s->correct);
    s->confidence = pl_arena_array(s->arena, t->n_rows, sizeof *s->confidence);
    if (!s->method || !s->correct || !s->confidence) return PL_ERR_WORLD;
    for (size_t r = 0; r < t->n_rows; r++) {
        const char *name = result_word(t, r, method, s->arena);
        if (!name || result_names_add(&s->methods, name, s->arena, &s->method[r])) return PL_ERR_WORLD;
        if (s->methods.n > MOST_METHODS)
            return result_fault(s->diag, s->file, r, "is the column of methods one of names?", "more than %d methods",
                                MOST_METHODS);
        st = pl_worse(st, result_number(t, r, correct, 0, 1, true, s->file, &s->correct[r], s->diag));
        const pl_column *c = &t->columns[confidence];
        bool stated = c->spec.text ? *pl_table_text(t, r, confidence) : !isnan(c->v[r]);
        s->confidence[r] = NAN;
        s->unstated += !stated;
        if (stated) st = pl_worse(st, result_number(t, r, confidence, 0, 1, false, s->file, &s->confidence[r], s->diag));
    }
    return st;
}

static pl_status add_columns(pl_table *models)
{
    static const char *const parts[3][2] = {{"count", "share of stated confidences in the bin [i/10, (i+1)/10), 1.0 in the last"},
                                            {"confidence", "mean stated confidence in the bin"},
                                            {"accuracy", "share of right answers in the bin"}};
    pl_column_spec spec = {.name = "model", .unit = "", .doc = "", .origin = PL_KEY, .text = true};
    pl_status st = pl_table_add_column(models, &spec, NULL);
    spec = (pl_column_spec){.unit = "", .origin = PL_LOGGED};
    for (size_t i = 0; i < SCORES && !st; i++) {
        spec.name = scores[i][0];
        spec.doc = scores[i][1];
        st = pl_table_add_column(models, &spec, NULL);
    }
    for (size_t i = 0; i < 3 * BINS && !st; i++) {
        char name[48];
        snprintf(name, sizeof name, "calibration/bin/%zu/%s", i / 3, parts[i % 3][0]);
        spec.name = name;
        spec.doc = parts[i % 3][1];
        st = pl_table_add_column(models, &spec, NULL);
    }
    return st;
}

/* The row of one method; `scratch` holds twice the rows. */
static pl_status put_method(const samples *s, size_t m, double *scratch, pl_table *models)
{
    const size_t rows = s->csv->n_rows;
    double *confidence = scratch, *right = scratch + rows, sum = 0;
    size_t n = 0, all = 0, row;
    for (size_t r = 0; r < rows; r++) {
        if (s->method[r] != m) continue;
        sum += s->correct[r];
        all++;
        if (isnan(s->confidence[r])) continue;
        confidence[n] = s->confidence[r];
        right[n++] = s->correct[r];
    }
    pl_calibration c;
    if (pl_calibration_samples(confidence, right, n, &c)) return PL_ERR_WORLD;
    if (pl_table_add_row(models, &row) || pl_table_set_text(models, row, 0, s->methods.v[m])) return PL_ERR_WORLD;
    const double value[SCORES] = {c.ece, c.brier, c.auroc, c.confidence, c.accuracy, sum / (double)all};
    pl_column *to = models->columns + 1;
    for (size_t i = 0; i < SCORES; i++) to++->v[row] = value[i];
    for (size_t b = 0; b < BINS; b++) {
        to++->v[row] = n ? c.bins[b].mass : NAN;
        to++->v[row] = c.bins[b].confidence;
        to++->v[row] = c.bins[b].accuracy;
    }
    return PL_OK;
}

static void tell(const samples *s, const pl_table *models, training_log *log)
{
    if (s->unstated) log_note(log, "%zu samples without a stated confidence: in pass@1 only", s->unstated);
    if (log->base) log_note(log, "'%s' is taken for the base", log->base);
    for (size_t m = 0; m < models->n_rows; m++)
        log_note(log, "%s%saccuracy %.4f, Brier %.4f, ECE %.4f, AUROC %.4f", s->methods.v[m], *s->methods.v[m] ? ": " : "",
                 models->columns[5].v[m], models->columns[2].v[m], models->columns[1].v[m], models->columns[3].v[m]);
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    pl_table csv, models;
    size_t base = 0;
    read_counts counts = {0};
    double *scratch = NULL;
    pl_table_init(&csv);
    pl_table_init(&models);
    samples s = {.csv = &csv, .file = file, .arena = &log->arena, .diag = diag};
    pl_status st = csv_parse(text, length, file, &csv, &counts, diag);
    if (!st) st = result_require(&csv, needed, 2, file, diag);
    if (!st) st = read_samples(&s);
    if (!st) st = add_columns(&models);
    if (!st && !(scratch = pl_alloc_array(2 * csv.n_rows, sizeof *scratch))) st = PL_ERR_WORLD;
    for (size_t m = 0; m < s.methods.n && !st; m++) st = put_method(&s, m, scratch, &models);
    if (!st) st = result_arms(&models, &log->table, &base);
    if (!st) {
        log->counts.records = counts.rows;
        log->counts.skipped = counts.skipped + s.unstated;
        log->series = models.n_rows > 2 ? models.n_rows - 1 : 1;
        if (models.n_rows > 1) log->base = s.methods.v[base];
        tell(&s, &models, log);
    }
    pl_free(scratch);
    pl_table_free(&models);
    pl_table_free(&csv);
    return st;
}

const importer import_calibration = {
    .entry = {.name = "calibration",
              .doc = "stated confidence and correctness of samples in CSV: item,method,correct,confidence,...",
              .source = "arXiv 2507.16806"},
    .framework = "table",
    .table = true,
    .recognise = recognise,
    .parse = parse,
};
