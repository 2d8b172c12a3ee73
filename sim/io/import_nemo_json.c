/* metrics.json of NeMo-RL: one object, metric -> { "step": value }. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/io/dict.h"
#include "sim/io/importer.h"

/* An object whose first member is an object whose first name is a number. */
static int recognise(const char *text, size_t length, const char *path)
{
    dict_cursor c;
    const char *name = "";
    size_t n = 0;
    double x;
    dict_init(&c, text, length);
    bool good = dict_open(&c, '{') && dict_more(&c, '}', 0) && dict_key(&c, &name, &n) && dict_open(&c, '{') &&
                dict_more(&c, '}', 0) && dict_key(&c, &name, &n) && field_read(name, n, &x) == FIELD_NUMBER;
    dict_free(&c);
    return good ? 93 : 0;
}

typedef struct point {
    double step;
    size_t column, order;
    double value;
} point;

typedef struct nemo {
    dict_cursor c;
    log_columns cols;
    point *points;
    size_t n, capacity, by_seconds, others;
    training_log *log;
} nemo;

static pl_status add_point(nemo *m, size_t column, double step, double value)
{
    if (m->n == m->capacity) {
        size_t capacity = m->capacity ? 2 * m->capacity : 1024;
        point *grown = pl_realloc(m->points, capacity * sizeof *grown);
        if (!grown) return PL_ERR_WORLD;
        m->points = grown;
        m->capacity = capacity;
    }
    m->points[m->n] = (point){step, column, m->n, value};
    m->n++;
    return PL_OK;
}

static pl_status read_metric(nemo *m, size_t column)
{
    if (!dict_open(&m->c, '{')) return PL_ERR_USER;
    for (size_t n = 0; dict_more(&m->c, '}', n); n++) {
        const char *name;
        size_t length;
        double step;
        dict_value v;
        if (!dict_key(&m->c, &name, &length)) return PL_ERR_USER;
        bool numbered = field_read(name, length, &step) == FIELD_NUMBER;
        if (!dict_read(&m->c, &v)) return PL_ERR_USER;
        if ((v.kind == DICT_OBJECT || v.kind == DICT_LIST) && !dict_skip(&m->c)) return PL_ERR_USER;
        if (v.kind == DICT_NON_FINITE && numbered) m->cols.c[column].non_finite++;
        if (!numbered || v.kind > DICT_NULL)
            m->others++;
        else if (v.kind == DICT_NUMBER && add_point(m, column, step, v.number))
            return PL_ERR_WORLD;
    }
    return m->c.fault ? PL_ERR_USER : PL_OK;
}

static pl_status read_document(nemo *m)
{
    if (!dict_open(&m->c, '{')) return PL_ERR_USER;
    for (size_t n = 0; dict_more(&m->c, '}', n); n++) {
        const char *name;
        size_t length, column;
        dict_value v;
        if (!dict_key(&m->c, &name, &length)) return PL_ERR_USER;
        bool seconds = length > 4 && !memcmp(name, "ray/", 4); /* of the machines, by seconds */
        char copy[256];
        if (length >= sizeof copy) {
            m->c.fault = "a name of more than 255 bytes";
            return PL_ERR_USER;
        }
        memcpy(copy, name, length);
        if (!dict_read(&m->c, &v)) return PL_ERR_USER;
        if (seconds || v.kind != DICT_OBJECT) {
            *(seconds ? &m->by_seconds : &m->others) += 1;
            if ((v.kind == DICT_OBJECT || v.kind == DICT_LIST) && !dict_skip(&m->c)) return PL_ERR_USER;
            continue;
        }
        column = columns_find(&m->cols, copy, length);
        if (column == (size_t)-1 && columns_add(&m->cols, copy, length, &column)) return PL_ERR_WORLD;
        pl_status st = read_metric(m, column);
        if (st) return st;
    }
    dict_blanks(&m->c);
    if (!m->c.fault && m->c.p != m->c.end) m->c.fault = "something behind the object";
    return m->c.fault ? PL_ERR_USER : PL_OK;
}

static int by_step(const void *a, const void *b)
{
    const point *x = a, *y = b;
    if (x->step != y->step) return x->step < y->step ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static pl_status fill(nemo *m)
{
    size_t step;
    if (m->n) qsort(m->points, m->n, sizeof *m->points, by_step);
    step = columns_find(&m->cols, "step", 4);
    if (step == (size_t)-1 && columns_add(&m->cols, "step", 4, &step)) return PL_ERR_WORLD;
    for (size_t i = 0; i < m->n; i++) {
        if (!i || m->points[i].step != m->points[i - 1].step) {
            if (columns_add_row(&m->cols)) return PL_ERR_WORLD;
            columns_set_number(&m->cols, step, m->points[i].step);
        }
        if (isnan(m->cols.c[m->points[i].column].v[m->cols.rows - 1]))
            columns_set_number(&m->cols, m->points[i].column, m->points[i].value);
        else
            m->log->counts.repeated++, m->cols.c[m->points[i].column].v[m->cols.rows - 1] = m->points[i].value;
    }
    m->log->counts.records = m->n;
    return PL_OK;
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    nemo m = {.log = log};
    bool found;
    dict_init(&m.c, text, length);
    columns_init(&m.cols);
    pl_status st = read_document(&m);
    if (m.c.word.broken) st = PL_ERR_WORLD;
    if (st == PL_ERR_USER && m.c.cut && m.n) {
        log_note(log, "the file is cut off: metrics behind byte %zu are missing", (size_t)(m.c.p - text));
        log->counts.cut_off = 1;
        st = PL_OK;
    } else if (st == PL_ERR_USER) {
        pl_diag_add(diag, PL_ERROR, log_place(text, m.c.p, file), "one object is wanted: { metric: { \"step\": value } }", "%s",
                    m.c.fault);
    } else if (!st && !m.n) {
        pl_diag_add(diag, PL_ERROR, (pl_place){file, 0, 0}, "one object is wanted: { metric: { \"step\": value } }",
                    "no value by step");
        st = PL_ERR_USER;
    }
    if (!st) st = fill(&m);
    if (!st && m.by_seconds) log_note(log, "%zu metrics of the machines (ray/...), by seconds, left out", m.by_seconds);
    if (!st && m.others) log_note(log, "%zu entries that are no number by step left out", m.others);
    log->counts.skipped += m.by_seconds + m.others;
    if (!st) st = log_take(log, &m.cols);
    if (!st) st = log_step_column(log, (const char *const[]){"step", NULL}, &found);
    pl_free(m.points);
    columns_free(&m.cols);
    dict_free(&m.c);
    return st;
}

const importer import_nemo_json = {
    .entry = {.name = "nemo_json", .doc = "metrics.json of NeMo-RL: one object, each metric by step"},
    .framework = "nemo_rl",
    .recognise = recognise,
    .parse = parse,
};
