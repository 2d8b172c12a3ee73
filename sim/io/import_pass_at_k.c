/* Tables of pass@k in CSV, in two forms:
 *
 *   model,k,pass_at_k
 *       A row for every model and k.
 *   qid,...,c_sft,c_rl,k,...
 *       A row for every question: how many of its k (or n) samples each model got right. pass@j is the mean over the questions of the
 *       unbiased estimator 1 - C(n-c,j)/C(n,j) (arXiv 2107.03374, eq. 1), for j = 1, 2, 4, ... up to the least n, and for that n.
 *
 * Both become a row for every model with columns pass@1, pass@2, ..., and then arms over a base (result_table.h).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sim/core/stats.h"
#include "sim/io/importer.h"
#include "sim/io/result_table.h"

enum { MOST_MODELS = 256, MOST_SAMPLES = 1 << 20 };
#define MODEL_NAMES "model method arm run policy name"
#define PASS_NAMES "pass_at_k pass@k"
#define SIZE_NAMES "n n_samples num_samples samples k"
#define QUESTION_NAMES "qid question_id question problem_id prompt_id item id index"

static const char *const long_form[] = {"k", PASS_NAMES}, *const counts_form[] = {QUESTION_NAMES, "c_*", SIZE_NAMES};

static int recognise(const char *text, size_t length, const char *path)
{
    return result_header(text, length, long_form, 2) || result_header(text, length, counts_form, 3) ? 95 : 0;
}

/* What is being gathered: pass@k of model m at the i-th k. */
typedef struct passes {
    result_names models;
    double *k, *value; /* [n_k]; [model * n_k + i] */
    size_t n_k;
    const pl_table *csv;
    const char *file;
    pl_arena *arena;
    pl_diag *diag;
} passes;

static pl_status too_many(passes *p, size_t row)
{
    return result_fault(p->diag, p->file, row, "is the column of models one of names?", "more than %d models", MOST_MODELS);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static size_t index_of(const double *v, size_t n, double x)
{
    const double *at = bsearch(&x, v, n, sizeof *v, ascending);
    return at ? (size_t)(at - v) : n;
}

/* The k that occur, ascending; every fault of the rows. */
static pl_status find_ks(passes *p, size_t k_column, size_t pass_column)
{
    pl_status st = PL_OK;
    size_t kept = 0;
    double unused;
    p->k = pl_arena_array(p->arena, p->csv->n_rows + 1, sizeof *p->k);
    if (!p->k) return PL_ERR_WORLD;
    for (size_t r = 0; r < p->csv->n_rows; r++) {
        st = pl_worse(st, result_number(p->csv, r, k_column, 1, 1e9, true, p->file, &p->k[r], p->diag));
        st = pl_worse(st, result_number(p->csv, r, pass_column, 0, 1, false, p->file, &unused, p->diag));
    }
    if (st) return st;
    qsort(p->k, p->csv->n_rows, sizeof *p->k, ascending);
    for (size_t r = 0; r < p->csv->n_rows; r++)
        if (!kept || p->k[kept - 1] != p->k[r]) p->k[kept++] = p->k[r];
    p->n_k = kept;
    return PL_OK;
}

static pl_status find_models(passes *p, size_t column, size_t *of_row)
{
    for (size_t r = 0; r < p->csv->n_rows; r++) {
        const char *name = result_word(p->csv, r, column, p->arena);
        if (!name || result_names_add(&p->models, name, p->arena, &of_row[r])) return PL_ERR_WORLD;
        if (p->models.n > MOST_MODELS) return too_many(p, r);
    }
    return PL_OK;
}

static pl_status no_values(passes *p)
{
    const size_t n = p->models.n * p->n_k;
    p->value = pl_arena_array(p->arena, n + 1, sizeof *p->value);
    for (size_t i = 0; p->value && i < n; i++) p->value[i] = NAN;
    return p->value ? PL_OK : PL_ERR_WORLD;
}

static pl_status read_long(passes *p)
{
    size_t k_column = result_column(p->csv, "k"), pass_column = result_column(p->csv, PASS_NAMES);
    size_t *model = pl_arena_array(p->arena, p->csv->n_rows + 1, sizeof *model);
    if (!model) return PL_ERR_WORLD;
    pl_status st = find_ks(p, k_column, pass_column);
    if (!st) st = find_models(p, result_column(p->csv, MODEL_NAMES), model);
    if (!st) st = no_values(p);
    for (size_t r = 0; r < p->csv->n_rows && st != PL_ERR_WORLD && p->value; r++) {
        double *cell = &p->value[model[r] * p->n_k + index_of(p->k, p->n_k, p->csv->columns[k_column].v[r])];
        if (!isnan(*cell))
            st = result_fault(p->diag, p->file, r, "keep one of them", "k = %g of '%s' comes twice", p->csv->columns[k_column].v[r],
                              p->models.v[model[r]]);
        *cell = p->csv->columns[pass_column].v[r];
    }
    return st;
}

/* --- counts ----------------------------------------------------------------------------------------------------- */

typedef struct count_columns {
    size_t right[MOST_MODELS], samples[MOST_MODELS]; /* columns of c_<model>, and of how many samples that is out of */
} count_columns;

/* "c_rl" is out of n_rl where there is such a column, else out of n or k. */
static pl_status find_counts(passes *p, count_columns *c)
{
    const pl_table *t = p->csv;
    size_t common = result_column(t, "n"), model;
    if (common == (size_t)-1) common = result_column(t, SIZE_NAMES);
    for (size_t i = 0; i < t->n_columns; i++) {
        const char *name = t->columns[i].spec.name;
        if (strncasecmp(name, "c_", 2) != 0) continue;
        if (p->models.n == MOST_MODELS) return too_many(p, 0);
        if (result_names_add(&p->models, name + 2, p->arena, &model)) return PL_ERR_WORLD;
        char *own = pl_arena_printf(p->arena, "n_%s", name + 2);
        if (!own) return PL_ERR_WORLD;
        size_t column = pl_table_index(t, own);
        c->right[model] = i;
        c->samples[model] = column == (size_t)-1 ? common : column;
    }
    return PL_OK;
}

/* Checks every count; the least number of samples. */
static pl_status check_counts(passes *p, const count_columns *c, double *least)
{
    pl_status st = PL_OK;
    *least = INFINITY;
    for (size_t r = 0; r < p->csv->n_rows; r++)
        for (size_t m = 0; m < p->models.n; m++) {
            double n, right;
            pl_status own = result_number(p->csv, r, c->samples[m], 1, MOST_SAMPLES, true, p->file, &n, p->diag);
            if (!own) own = result_number(p->csv, r, c->right[m], 0, n, true, p->file, &right, p->diag);
            if (!own) *least = fmin(*least, n);
            st = pl_worse(st, own);
        }
    return st;
}

static pl_status read_counts_form(passes *p)
{
    count_columns *c = pl_arena_alloc(p->arena, sizeof *c);
    double least;
    if (!c) return PL_ERR_WORLD;
    pl_status st = find_counts(p, c);
    if (!st) st = check_counts(p, c, &least);
    if (st) return st;
    p->k = pl_arena_array(p->arena, 32, sizeof *p->k);
    if (!p->k) return PL_ERR_WORLD;
    for (double k = 1; k < least; k *= 2) p->k[p->n_k++] = k;
    p->k[p->n_k++] = least;
    if (no_values(p)) return PL_ERR_WORLD;
    for (size_t m = 0; m < p->models.n; m++)
        for (size_t i = 0; i < p->n_k; i++) {
            double sum = 0;
            for (size_t r = 0; r < p->csv->n_rows; r++)
                sum += pl_pass_at_k((size_t)p->csv->columns[c->samples[m]].v[r], (size_t)p->csv->columns[c->right[m]].v[r],
                                    (size_t)p->k[i]);
            p->value[m * p->n_k + i] = sum / (double)p->csv->n_rows;
        }
    return PL_OK;
}

/* --- the result ------------------------------------------------------------------------------------------------- */

static pl_status make_models(const passes *p, pl_table *models)
{
    const pl_column_spec model = {.name = "model", .unit = "", .doc = "", .origin = PL_KEY, .text = true};
    if (pl_table_add_column(models, &model, NULL)) return PL_ERR_WORLD;
    for (size_t i = 0; i < p->n_k; i++) {
        char name[48];
        snprintf(name, sizeof name, "pass@%.0f", p->k[i]);
        const pl_column_spec spec = {.name = name, .unit = "", .doc = "at least one of k right", .origin = PL_LOGGED};
        if (pl_table_add_column(models, &spec, NULL)) return PL_ERR_WORLD;
    }
    for (size_t m = 0; m < p->models.n; m++) {
        size_t row;
        if (pl_table_add_row(models, &row) || pl_table_set_text(models, row, 0, p->models.v[m])) return PL_ERR_WORLD;
        for (size_t i = 0; i < p->n_k; i++) models->columns[1 + i].v[row] = p->value[m * p->n_k + i];
    }
    return PL_OK;
}

static void tell_crossings(const passes *p, size_t base, training_log *log)
{
    const double *low = p->value + base * p->n_k;
    for (size_t m = 0; m < p->models.n; m++) {
        if (m == base) continue;
        double k = pl_crossing(p->k, low, p->value + m * p->n_k, p->n_k);
        if (isnan(k))
            log_note(log, "'%s' does not fall below '%s'", p->models.v[m], p->models.v[base]);
        else
            log_note(log, "'%s' falls below '%s' at k = %.3g", p->models.v[m], p->models.v[base], k);
    }
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    pl_table csv, models;
    size_t base = 0;
    read_counts counts = {0};
    pl_table_init(&csv);
    pl_table_init(&models);
    passes p = {.csv = &csv, .file = file, .arena = &log->arena, .diag = diag};
    pl_status st = csv_parse(text, length, file, &csv, &counts, diag);
    bool is_long = !st && result_column(&csv, PASS_NAMES) != (size_t)-1;
    if (!st) st = is_long ? result_require(&csv, long_form, 2, file, diag) : result_require(&csv, counts_form, 3, file, diag);
    if (!st) st = is_long ? read_long(&p) : read_counts_form(&p);
    if (!st) st = make_models(&p, &models);
    if (!st) st = result_arms(&models, &log->table, &base);
    if (!st) {
        log->counts.records = counts.rows;
        log->counts.skipped = counts.skipped;
        log->series = models.n_rows > 2 ? models.n_rows - 1 : 1;
        if (!is_long) log_note(log, "%zu questions; pass@k by the unbiased estimator up to k = %g", csv.n_rows, p.k[p.n_k - 1]);
        if (models.n_rows > 1) {
            log->base = p.models.v[base];
            log_note(log, "'%s' is taken for the base", log->base);
        }
        tell_crossings(&p, base, log);
    }
    pl_table_free(&models);
    pl_table_free(&csv);
    return st;
}

const importer import_pass_at_k = {
    .entry = {.name = "pass_at_k",
              .doc = "pass@k of models in CSV: model,k,pass_at_k, or right answers of n samples a question: qid,c_MODEL,...,n",
              .source = "arXiv 2107.03374, eq. 1"},
    .framework = "table",
    .table = true,
    .recognise = recognise,
    .parse = parse,
};
