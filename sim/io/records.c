#include "sim/io/records.h"

#include <math.h>
#include <string.h>

void records_init(records *r, training_log *log)
{
    *r = (records){.log = log};
    columns_init(&r->cols);
}

void records_free(records *r) { columns_free(&r->cols); }

pl_status records_begin(records *r)
{
    r->log->counts.records++;
    return columns_add_row(&r->cols);
}

static pl_status cell(records *r, const char *name, size_t length, size_t *column)
{
    *column = columns_find(&r->cols, name, length);
    return *column == (size_t)-1 ? columns_add(&r->cols, name, length, column) : PL_OK;
}

pl_status records_put(records *r, const char *name, size_t length, const dict_value *v)
{
    size_t column;
    if (v->kind == DICT_WORD || v->kind == DICT_LIST) {
        if (!r->words && !r->lists) snprintf(r->example, sizeof r->example, "%.*s", (int)(length < 40 ? length : 40), name);
        *(v->kind == DICT_WORD ? &r->words : &r->lists) += 1;
        r->log->counts.skipped++;
        return PL_OK;
    }
    if (cell(r, name, length, &column)) return PL_ERR_WORLD;
    log_column *c = &r->cols.c[column];
    if (v->kind == DICT_NON_FINITE) c->non_finite++;
    if (v->kind != DICT_NUMBER) return PL_OK;
    if (!isnan(c->v[r->cols.rows - 1])) {
        r->twice++;
        c->v[r->cols.rows - 1] = v->number;
    } else {
        columns_set_number(&r->cols, column, v->number);
    }
    return PL_OK;
}

pl_status records_number(records *r, const char *name, double x)
{
    dict_value v = {.kind = DICT_NUMBER, .number = x};
    return records_put(r, name, strlen(name), &v);
}

pl_status records_take(void *owner, const char *name, size_t length, const dict_value *v)
{
    return records_put(owner, name, length, v);
}

double records_get(const records *r, const char *name)
{
    size_t column = columns_find(&r->cols, name, strlen(name));
    return column == (size_t)-1 || !r->cols.rows ? NAN : r->cols.c[column].v[r->cols.rows - 1];
}

void records_undo(records *r)
{
    r->cols.rows--;
    r->log->counts.records--;
    for (size_t c = 0; c < r->cols.n; c++)
        if (!isnan(r->cols.c[c].v[r->cols.rows])) r->cols.c[c].present--;
}

pl_status records_end(records *r, const char *what, const char *file, pl_diag *diag)
{
    if (!r->cols.rows) {
        pl_diag_add(diag, PL_ERROR, (pl_place){file, 0, 0}, "`plateau list importer` names the formats", "no %s in the file", what);
        return PL_ERR_USER;
    }
    if (r->words)
        log_note(r->log, "%zu values of text left out (%s%s)", r->words, r->example, r->words + r->lists > 1 ? ", ..." : "");
    if (r->lists) log_note(r->log, "%zu lists left out%s%s", r->lists, r->words ? "" : ": ", r->words ? "" : r->example);
    if (r->twice) log_note(r->log, "%zu names came twice in one record: the last value counts", r->twice);
    r->log->counts.repeated += r->twice;
    return log_take(r->log, &r->cols);
}
