#include <math.h>
#include <string.h>

#include "sim/io/columns.h"
#include "sim/io/json_read.h"

/* One reading of the file: numbers first, then the words of text columns (see columns.h). */
typedef struct jsonl_pass {
    log_columns *cols;
    json_reader *reader;
    pl_str key;     /* path of the member at hand, parts joined by '/' */
    pl_place place; /* of the line */
    bool words;
    size_t row, arrays, blank, errors;
    pl_diag *diag;
} jsonl_pass;

static pl_status put_word(jsonl_pass *p, size_t column, json_object *value)
{
    if (!p->cols->c[column].text || !value) return PL_OK;
    bool quoted = json_object_is_type(value, json_type_string);
    const char *word = quoted ? json_object_get_string(value) : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
    if (!word) return PL_ERR_WORLD;
    return *word ? columns_set_text(p->cols, p->row, column, word, strlen(word)) : PL_OK;
}

static pl_status put_value(jsonl_pass *p, json_object *value)
{
    size_t column = columns_find(p->cols, p->key.text, p->key.length);
    if (column == (size_t)-1 && columns_add(p->cols, p->key.text, p->key.length, &column)) return PL_ERR_WORLD;
    if (p->words) return put_word(p, column, value);
    log_column *c = &p->cols->c[column];
    double x;
    switch (json_object_get_type(value)) {
    case json_type_null:
        return PL_OK;
    case json_type_string: /* some loggers write "NaN" and numbers as strings */
        switch (field_read(json_object_get_string(value), (size_t)json_object_get_string_len(value), &x)) {
        case FIELD_MISSING:
            return PL_OK;
        case FIELD_NON_FINITE:
            c->non_finite++;
            return PL_OK;
        case FIELD_NUMBER:
            break;
        case FIELD_WORD:
            c->text = true;
            return PL_OK;
        }
        break;
    case json_type_boolean:
        x = json_object_get_boolean(value);
        break;
    default:
        x = json_object_get_double(value);
        break;
    }
    if (isfinite(x))
        columns_set_number(p->cols, column, x);
    else
        c->non_finite++;
    return PL_OK;
}

/* Flattening may meet a name twice ({"a/b": 1, "a": {"b": 2}}): then a cell would be written twice. */
static pl_status refuse_second(jsonl_pass *p, json_object *value)
{
    size_t column = columns_find(p->cols, p->key.text, p->key.length);
    if (p->words || column == (size_t)-1 || !value || isnan(p->cols->c[column].v[p->row])) return PL_OK;
    pl_diag_add(p->diag, PL_ERROR, p->place, "use one spelling", "the name '%s' occurs twice in this line, once as nested objects",
                p->key.text);
    p->errors++;
    return PL_ERR_USER;
}

static pl_status put_object(jsonl_pass *p, json_object *object)
{
    size_t base = p->key.length;
    json_object_object_foreach(object, name, value)
    {
        if (base) pl_str_addc(&p->key, '/');
        pl_str_add(&p->key, name);
        if (!pl_str_end(&p->key)) return PL_ERR_WORLD;
        pl_status st = PL_OK;
        if (json_object_is_type(value, json_type_object))
            st = put_object(p, value);
        else if (json_object_is_type(value, json_type_array))
            p->arrays++;
        else if (!(st = refuse_second(p, value)))
            st = put_value(p, value);
        if (st) return st;
        p->key.length = base;
        p->key.text[base] = '\0';
    }
    return PL_OK;
}

static pl_status read_line(jsonl_pass *p, const char *line, size_t length)
{
    json_object *root;
    pl_status st = json_read(p->reader, line, length, p->place, &root, p->diag);
    if (!st && !json_object_is_type(root, json_type_object)) {
        pl_diag_add(p->diag, PL_ERROR, p->place, "write one object, { ... }, on each line", "a line that is not a JSON object");
        st = PL_ERR_USER;
    }
    if (st == PL_ERR_USER) p->errors++;
    if (!st && !p->words) st = columns_add_row(p->cols);
    if (st) {                                                /* no row: the next line's is still p->row */
        json_object_put(root);
        return st;
    }
    pl_str_clear(&p->key);
    st = put_object(p, root);
    json_object_put(root);
    p->row++;
    return st;
}

/* A faulty line does not hide the faults behind it. */
static pl_status read_lines(jsonl_pass *p, const char *text, size_t length)
{
    enum { MOST_ERRORS = 20 };
    size_t faults = 0;
    for (size_t at = 0; at < length && faults < MOST_ERRORS; p->place.line++) {
        const char *newline = memchr(text + at, '\n', length - at);
        size_t end = newline ? (size_t)(newline - text) : length;
        size_t blank = at;
        while (blank < end && strchr(" \t\r", text[blank]) && text[blank]) blank++;
        if (blank == end) {
            p->blank++;
        } else {
            pl_status st = read_line(p, text + at, end - at);
            if (st == PL_ERR_WORLD) return st;
            faults += st != PL_OK;
        }
        at = end + 1;
    }
    return faults ? PL_ERR_USER : PL_OK;
}

/* Is the first line the mere beginning of an indented document ('{' or '[' alone)? Then every line would be an error. */
static bool opens_document(const char *text, size_t length)
{
    size_t at = 0;
    while (at < length && (text[at] == ' ' || text[at] == '\t')) at++;
    if (at == length || (text[at] != '{' && text[at] != '[')) return false;
    for (at++; at < length && text[at] != '\n'; at++)
        if (text[at] != ' ' && text[at] != '\t' && text[at] != '\r') return false;
    return at < length;
}

pl_status jsonl_parse(const char *text, size_t length, const char *file, pl_table *table, read_counts *counts, pl_diag *diag)
{
    log_columns cols;
    json_reader reader = {0};
    read_counts found = {0};
    if (length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) text += 3, length -= 3;
    columns_init(&cols);
    jsonl_pass pass = {.cols = &cols, .reader = &reader, .place = {file, 1, 1}, .diag = diag};
    pl_str_init(&pass.key);
    pl_status st = json_reader_init(&reader, NULL);
    if (!st && opens_document(text, length)) {
        pl_diag_add(diag, PL_ERROR, (pl_place){file, 1, 1},
                    "write one object, { ... }, on each line: the rows of the log, without what is around them",
                    "the file is one JSON document over several lines, not JSON lines");
        st = PL_ERR_USER;
    }
    if (!st) st = read_lines(&pass, text, length);
    if (!st && !pass.row) {
        pl_diag_add(diag, PL_ERROR, (pl_place){file, 0, 0}, "write one object, { ... }, on each line", "no JSON line in the file");
        st = PL_ERR_USER;
    }
    found.skipped = pass.arrays + pass.blank;
    bool text_columns = false;
    for (size_t i = 0; i < cols.n; i++) text_columns = text_columns || cols.c[i].text;
    if (!st && text_columns) {
        pass.words = true;
        pass.row = 0;
        pass.place.line = 1;
        st = columns_start_text(&cols);
        if (!st) st = read_lines(&pass, text, length);
    }
    if (!st) st = columns_move(&cols, table, &found);
    if (st == PL_ERR_WORLD) (void)!pl_diag_nomem(diag, "reading JSON lines");
    if (!st && counts) *counts = found;
    pl_str_free(&pass.key);
    json_reader_free(&reader);
    columns_free(&cols);
    return st;
}
