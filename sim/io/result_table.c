#include "sim/io/result_table.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static bool listed(const char *list, const char *name, size_t length)
{
    while (*list) {
        size_t n = strcspn(list, " ");
        bool prefix = n && list[n - 1] == '*';
        if (prefix ? length >= n - 1 && !strncasecmp(list, name, n - 1) : length == n && !strncasecmp(list, name, n)) return true;
        list += n;
        list += strspn(list, " ");
    }
    return false;
}

bool result_header(const char *text, size_t length, const char *const *lists, size_t n)
{
    if (length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) text += 3, length -= 3;
    const char *newline = memchr(text, '\n', length);
    const char *end = newline ? newline : text + length;
    size_t found = 0;
    while (end > text && end[-1] == '\r') end--;
    for (size_t i = 0; i < n; i++)
        for (const char *p = text; p < end;) {
            const char *comma = memchr(p, ',', (size_t)(end - p)), *stop = comma ? comma : end;
            const char *from = p, *to = stop;
            while (from < to && (*from == '"' || *from == ' ')) from++;
            while (to > from && (to[-1] == '"' || to[-1] == ' ')) to--;
            if (listed(lists[i], from, (size_t)(to - from))) {
                found++;
                break;
            }
            p = comma ? comma + 1 : end;
        }
    return found == n;
}

size_t result_column(const pl_table *t, const char *list)
{
    for (size_t c = 0; c < t->n_columns; c++)
        if (listed(list, t->columns[c].spec.name, strlen(t->columns[c].spec.name))) return c;
    return (size_t)-1;
}

pl_status result_fault(pl_diag *diag, const char *file, size_t row, const char *remedy, const char *fmt, ...)
{
    pl_str what;
    va_list args;
    pl_str_init(&what);
    va_start(args, fmt);
    pl_str_addv(&what, fmt, args);
    va_end(args);
    const char *text = pl_str_end(&what);
    pl_diag_add(diag, PL_ERROR, (pl_place){.file = file}, remedy, "row %zu: %s", row + 1, text ? text : "");
    pl_str_free(&what);
    return PL_ERR_USER;
}

pl_status result_number(const pl_table *t, size_t row, size_t column, double low, double high, bool whole, const char *file,
                        double *x, pl_diag *diag)
{
    const pl_column *c = &t->columns[column];
    double value = c->spec.text ? NAN : c->v[row];
    char number[32], from[32], to[32];
    *x = value;
    if (c->spec.text && *pl_table_text(t, row, column) && !pl_read_number(pl_table_text(t, row, column), x))
        return result_fault(diag, file, row, "give a number", "'%s' is '%s'", c->spec.name, pl_table_text(t, row, column));
    value = *x;
    if (isnan(value))
        return result_fault(diag, file, row, "give the number, or leave the row out", "'%s' is missing", c->spec.name);
    if (value >= low && value <= high && (!whole || value == floor(value))) return PL_OK;
    pl_str remedy;
    pl_str_init(&remedy);
    pl_str_addf(&remedy, "%s from %s to %s", whole ? "whole numbers" : "numbers", pl_number(low, from), pl_number(high, to));
    result_fault(diag, file, row, pl_str_end(&remedy), "'%s' is %s", c->spec.name, pl_number(value, number));
    pl_str_free(&remedy);
    return PL_ERR_USER;
}

pl_status result_require(const pl_table *t, const char *const *lists, size_t n, const char *file, pl_diag *diag)
{
    pl_status st = PL_OK;
    for (size_t i = 0; i < n; i++) {
        if (result_column(t, lists[i]) != (size_t)-1) continue;
        pl_diag_add(diag, PL_ERROR, (pl_place){.file = file}, "rename the column, or read the file as another format",
                    "no column of this table is called %s'%s'", strchr(lists[i], ' ') ? "one of " : "", lists[i]);
        st = PL_ERR_USER;
    }
    if (st || t->n_rows) return st;
    pl_diag_add(diag, PL_ERROR, (pl_place){.file = file}, "give a table with rows", "the table has a line of names and no row");
    return PL_ERR_USER;
}

const char *result_word(const pl_table *t, size_t row, size_t column, pl_arena *arena)
{
    char number[32];
    if (column == (size_t)-1) return "";
    if (t->columns[column].spec.text) return pl_arena_strdup(arena, pl_table_text(t, row, column));
    if (isnan(t->columns[column].v[row])) return "";
    return pl_arena_strdup(arena, pl_number(t->columns[column].v[row], number));
}

pl_status result_names_add(result_names *names, const char *name, pl_arena *arena, size_t *index)
{
    for (size_t i = names->n; i-- > 0;) /* rows come in runs of one model */
        if (!strcmp(names->v[i], name)) {
            *index = i;
            return PL_OK;
        }
    if (names->n == names->capacity) {
        size_t capacity = names->capacity ? 2 * names->capacity : 16;
        const char **v = pl_arena_array(arena, capacity, sizeof *v);
        if (!v) return PL_ERR_WORLD;
        if (names->n) memcpy(v, names->v, names->n * sizeof *v);
        names->v = v;
        names->capacity = capacity;
    }
    *index = names->n;
    names->v[names->n++] = name;
    return PL_OK;
}

/* The row of the model that the others started from, by its name; else the first. */
static size_t find_base(const pl_table *models)
{
    static const char *const names[] = {"base", "pretrained", "before", "initial", "init", "sft"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t r = 0; r < models->n_rows; r++)
            if (!strcasecmp(pl_table_text(models, r, 0), names[i])) return r;
    for (size_t r = 0; r < models->n_rows; r++) {
        const char *name = pl_table_text(models, r, 0);
        size_t n = strlen(name); /* "Qwen2.5-7B-base" */
        if (n > 5 && !strcasecmp(name + n - 4, "base") && strchr("-_/ .", name[n - 5])) return r;
    }
    return 0;
}

static pl_status put_row(const pl_table *models, size_t from, const char *arm, double step, pl_table *out)
{
    size_t row;
    if (pl_table_add_row(out, &row) || pl_table_set_text(out, row, 0, arm)) return PL_ERR_WORLD;
    out->columns[1].v[row] = step;
    for (size_t c = 1; c < models->n_columns; c++) out->columns[c + 1].v[row] = models->columns[c].v[from];
    return PL_OK;
}

pl_status result_arms(const pl_table *models, pl_table *out, size_t *base)
{
    const pl_column_spec arm = {.name = "arm", .unit = "", .doc = "model", .origin = PL_KEY, .text = true};
    const pl_column_spec step = {.name = "step", .unit = "", .doc = "0: the base, 1: the model", .origin = PL_KEY};
    *base = find_base(models);
    if (pl_table_add_column(out, &arm, NULL) || pl_table_add_column(out, &step, NULL)) return PL_ERR_WORLD;
    for (size_t c = 1; c < models->n_columns; c++)
        if (pl_table_add_column(out, &models->columns[c].spec, NULL)) return PL_ERR_WORLD;
    if (models->n_rows == 1) return put_row(models, 0, pl_table_text(models, 0, 0), 0, out);
    for (size_t r = 0; r < models->n_rows; r++) {
        const char *name = pl_table_text(models, r, 0);
        if (r != *base && (put_row(models, *base, name, 0, out) || put_row(models, r, name, 1, out))) return PL_ERR_WORLD;
    }
    return PL_OK;
}
