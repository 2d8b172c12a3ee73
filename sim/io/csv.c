#include "sim/io/columns.h"

#include <string.h>

#include "sim/base/field.h"

enum { MOST_ERRORS = 20 };

/* The place of reading. Lines are physical ones: a newline inside quotes counts. */
typedef struct csv_cursor {
    const char *p, *end, *line_start, *file;
    int line;
    pl_str scratch; /* the field without its quotes, when some were doubled */
    pl_diag *diag;
    size_t errors;
} csv_cursor;

typedef struct csv_field {
    const char *text;
    size_t length;
    pl_place place;
    bool quoted, last; /* last of its record */
} csv_field;

static pl_place place_at(const csv_cursor *c, const char *p) { return (pl_place){c->file, c->line, (int)(p - c->line_start) + 1}; }

static void fault(csv_cursor *c, pl_place place, const char *remedy, const char *what)
{
    if (c->errors++ < MOST_ERRORS) pl_diag_add(c->diag, PL_ERROR, place, remedy, "%s", what);
}

static void next_line(csv_cursor *c)
{
    c->line++;
    c->line_start = c->p;
}

/* Steps over the end of a line, if the cursor is at one. */
static bool take_newline(csv_cursor *c)
{
    if (c->p < c->end && *c->p == '\r' && c->p + 1 < c->end && c->p[1] == '\n') c->p++;
    if (c->p >= c->end || *c->p != '\n') return false;
    c->p++;
    next_line(c);
    return true;
}

/* The inside of a quoted field; the cursor is behind the opening quote. */
static pl_status quoted_field(csv_cursor *c, csv_field *f)
{
    const char *start = c->p;
    bool doubled = false;
    for (;;) {
        const char *q = c->p;
        while (q < c->end && *q != '"') {
            if (*q == '\n') {
                c->p = q + 1;
                next_line(c);
            }
            q++;
        }
        c->p = q;
        if (q == c->end) {
            fault(c, f->place, "close it with another quote", "this quote is never closed");
            return PL_ERR_USER;
        }
        if (q + 1 == c->end || q[1] != '"') break;
        if (!doubled) pl_str_clear(&c->scratch);
        pl_str_addn(&c->scratch, start, (size_t)(q + 1 - start));
        doubled = true;
        c->p = start = q + 2;
    }
    f->text = start;
    f->length = (size_t)(c->p - start);
    if (doubled) {
        pl_str_addn(&c->scratch, start, f->length);
        f->text = pl_str_end(&c->scratch);
        f->length = c->scratch.length;
        if (!f->text) return PL_ERR_WORLD;
    }
    c->p++;
    return PL_OK;
}

/* Reads one field and what ends it. PL_ERR_USER: the rest of the file cannot be told apart any more. */
static pl_status next_field(csv_cursor *c, csv_field *f)
{
    *f = (csv_field){.place = place_at(c, c->p), .last = true};
    if (c->p < c->end && *c->p == '"') {
        f->quoted = true;
        c->p++;
        pl_status st = quoted_field(c, f);
        if (st) return st;
    } else {
        f->text = c->p;
        while (c->p < c->end && *c->p != ',' && *c->p != '\n' && *c->p != '"') c->p++;
        f->length = (size_t)(c->p - f->text);
        bool end_of_line = c->p == c->end || *c->p == '\n';
        if (end_of_line && f->length && f->text[f->length - 1] == '\r') f->length--;
    }
    if (c->p < c->end && *c->p == ',') {
        c->p++;
        f->last = false;
        return PL_OK;
    }
    if (c->p == c->end || take_newline(c)) return PL_OK;
    fault(c, place_at(c, c->p), "put the whole field in quotes and double the quotes inside it",
          f->quoted ? "text behind the closing quote of a field" : "a quote inside a field that does not begin with one");
    return PL_ERR_USER;
}

/* What is certainly not a CSV file, told in its own words instead of as a hundred ragged rows. */
static pl_status refuse_other_files(csv_cursor *c)
{
    static const char *const remedy = "a CSV file begins with a line of column names, separated by commas";
    size_t length = (size_t)(c->end - c->p);
    if (length >= 3 && !memcmp(c->p, "\xef\xbb\xbf", 3)) c->p += 3, length -= 3;
    if (length >= 2 && (!memcmp(c->p, "\xff\xfe", 2) || !memcmp(c->p, "\xfe\xff", 2))) {
        fault(c, (pl_place){c->file, 1, 1}, "save it as UTF-8", "this is UTF-16 text");
        return PL_ERR_USER;
    }
    if (c->p == c->end) {
        fault(c, (pl_place){c->file, 0, 0}, remedy, "the file is empty");
        return PL_ERR_USER;
    }
    const char *nul = memchr(c->p, '\0', (size_t)(c->end - c->p));
    if (nul) {
        for (const char *p = c->p; p < nul; p++)
            if (*p == '\n') {
                c->p = p + 1;
                next_line(c);
            }
        fault(c, place_at(c, nul), remedy, "a NUL byte: this is not a text file");
        return PL_ERR_USER;
    }
    return PL_OK;
}

/* Control bytes, and other separators, in the line of names. */
static void check_header(csv_cursor *c, const log_columns *cols, pl_place first, bool quoted)
{
    for (size_t i = 0; i < cols->n; i++)
        for (size_t k = 0; k < cols->c[i].length; k++) {
            unsigned char byte = (unsigned char)cols->c[i].name[k];
            if (byte >= ' ' || byte == '\t' || byte == '\n' || byte == '\r') continue;
            fault(c, first, "a CSV file begins with a line of column names",
                  "a control byte in a column name: this is not a text file");
            return;
        }
    if (cols->n == 1 && !quoted && strpbrk(cols->c[0].name, "\t;"))
        fault(c, first, "write it with commas", "one column with tabs or semicolons in its name: the separator is not a comma");
}

static pl_status read_header(csv_cursor *c, log_columns *cols)
{
    pl_place first = place_at(c, c->p);
    csv_field f = {.last = false};
    while (!f.last) {
        pl_status st = next_field(c, &f);
        if (st) return st;
        char unnamed[32]; /* pandas leaves the name of its index column empty */
        if (!f.length) {
            snprintf(unnamed, sizeof unnamed, "column_%zu", cols->n + 1);
            f.text = unnamed;
            f.length = strlen(unnamed);
        }
        size_t index = columns_find(cols, f.text, f.length);
        if (index != (size_t)-1) {
            if (c->errors++ < MOST_ERRORS)
                pl_diag_add(c->diag, PL_ERROR, f.place, "give every column a name of its own",
                            "the column name '%s' occurs twice (columns %zu and %zu)", cols->c[index].name, index + 1, cols->n + 1);
            return PL_ERR_USER;
        }
        if (columns_add(cols, f.text, f.length, &index)) return PL_ERR_WORLD;
    }
    check_header(c, cols, first, f.quoted);
    return c->errors ? PL_ERR_USER : PL_OK;
}

static pl_status put_field(log_columns *cols, size_t row, size_t column, const csv_field *f, bool words)
{
    log_column *col = &cols->c[column];
    if (words) return col->text && f->length ? columns_set_text(cols, row, column, f->text, f->length) : PL_OK;
    if (col->text) return PL_OK;
    double x;
    switch (field_read(f->text, f->length, &x)) {
    case FIELD_NUMBER:
        columns_set_number(cols, column, x);
        break;
    case FIELD_MISSING:
        break;
    case FIELD_NON_FINITE:
        col->non_finite++;
        break;
    case FIELD_WORD:
        col->text = true;
        break;
    }
    return PL_OK;
}

/* All records behind the header: the numbers, or in the second reading the words. */
static pl_status read_rows(csv_cursor *c, log_columns *cols, bool words, size_t *blank)
{
    size_t row = 0;
    while (c->p < c->end) {
        if (cols->n > 1 && take_newline(c)) {
            ++*blank;
            continue;
        }
        if (!words && columns_add_row(cols)) return PL_ERR_WORLD;
        csv_field f = {.last = false};
        pl_place first = place_at(c, c->p);
        size_t n = 0;
        for (; !f.last; n++) {
            pl_status st = next_field(c, &f);
            if (!st && n < cols->n) st = put_field(cols, row, n, &f, words);
            if (st) return st;
        }
        if (n != cols->n && c->errors++ < MOST_ERRORS)
            pl_diag_add(c->diag, PL_ERROR, n > cols->n ? first : f.place, "every row needs as many fields as the header",
                        "%zu field%s where the header has %zu", n, n == 1 ? "" : "s", cols->n);
        row++;
    }
    return c->errors ? PL_ERR_USER : PL_OK;
}

static bool any_text(const log_columns *cols)
{
    for (size_t i = 0; i < cols->n; i++)
        if (cols->c[i].text) return true;
    return false;
}

pl_status csv_parse(const char *text, size_t length, const char *file, pl_table *table, read_counts *counts, pl_diag *diag)
{
    log_columns cols;
    read_counts found = {0};
    csv_cursor c = {.p = text, .end = text + length, .line_start = text, .file = file, .line = 1, .diag = diag};
    columns_init(&cols);
    pl_str_init(&c.scratch);
    pl_status st = refuse_other_files(&c);
    if (!st) st = read_header(&c, &cols);
    if (!st) {
        csv_cursor data = c;
        st = read_rows(&c, &cols, false, &found.skipped);
        if (!st && any_text(&cols)) {
            size_t counted = 0;
            data.scratch = c.scratch;
            st = columns_start_text(&cols);
            if (!st) st = read_rows(&data, &cols, true, &counted);
            c.scratch = data.scratch;
        }
    }
    if (!st) st = columns_move(&cols, table, &found);
    if (c.errors > MOST_ERRORS)
        pl_diag_add(diag, PL_NOTE, (pl_place){file, 0, 0}, NULL, "%zu more errors like these", c.errors - MOST_ERRORS);
    if (st == PL_ERR_WORLD) (void)!pl_diag_nomem(diag, "reading a CSV file");
    if (!st && counts) *counts = found;
    columns_free(&cols);
    pl_str_free(&c.scratch);
    return st;
}

static void add_quoted(pl_str *out, const char *text)
{
    size_t length = strlen(text);
    bool blank_edge = length && (strchr(" \t", text[0]) || strchr(" \t", text[length - 1]));
    /* At the start of a file these bytes would be taken for a byte-order mark. */
    bool mark = !strncmp(text, "\xff\xfe", 2) || !strncmp(text, "\xfe\xff", 2) || !strncmp(text, "\xef\xbb\xbf", 3);
    if (!blank_edge && !mark && !strpbrk(text, ",;\t\"\r\n")) {
        pl_str_addn(out, text, length);
        return;
    }
    pl_str_addc(out, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"') pl_str_addc(out, '"');
        pl_str_addc(out, *p);
    }
    pl_str_addc(out, '"');
}

pl_status csv_write(const pl_table *table, pl_str *out)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        if (i) pl_str_addc(out, ',');
        add_quoted(out, table->columns[i].spec.name);
    }
    pl_str_addc(out, '\n');
    for (size_t r = 0; r < table->n_rows; r++) {
        for (size_t i = 0; i < table->n_columns; i++) {
            const pl_column *c = &table->columns[i];
            if (i) pl_str_addc(out, ',');
            if (c->spec.text)
                add_quoted(out, pl_table_text(table, r, i));
            else if (isfinite(c->v[r]))
                pl_str_num(out, c->v[r]);
        }
        pl_str_addc(out, '\n');
    }
    return out->broken ? PL_ERR_WORLD : PL_OK;
}
