/* The result table. Columns grow together and by doubling; a failed growth leaves the table as it was. */
#include "sim/core/table.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "sim/base/mem.h"

enum { FIRST_CAPACITY = 64 };

void pl_table_init(pl_table *t)
{
    *t = (pl_table){0};
}

static void free_column(pl_column *c)
{
    pl_free((char *)c->spec.name);
    pl_free((char *)c->spec.unit);
    pl_free((char *)c->spec.doc);
    pl_free(c->v);
    for (size_t i = 0; i < c->n_words; i++)
        pl_free(c->words[i]);
    pl_free(c->words);
}

void pl_table_free(pl_table *t)
{
    for (size_t i = 0; i < t->n_columns; i++)
        free_column(&t->columns[i]);
    pl_free(t->columns);
    *t = (pl_table){0};
}

static char *copy_text(const char *s)
{
    size_t n = s ? strlen(s) : 0;
    char *copy = pl_alloc(n + 1);
    if (copy && n)
        memcpy(copy, s, n);
    return copy;
}

/* The place of `word` in the column's dictionary, added if it is new. The dictionary's array grows when its length
 * is a power of two. */
static pl_status word_index(pl_column *c, const char *word, size_t *index)
{
    for (size_t i = 0; i < c->n_words; i++) {
        if (strcmp(c->words[i], word) == 0) {
            *index = i;
            return PL_OK;
        }
    }
    if ((c->n_words & (c->n_words - 1)) == 0) {
        size_t capacity = c->n_words ? 2 * c->n_words : 1;
        char **words = pl_realloc(c->words, capacity * sizeof *words);
        if (!words)
            return PL_ERR_WORLD;
        c->words = words;
    }
    char *copy = copy_text(word);
    if (!copy)
        return PL_ERR_WORLD;
    *index = c->n_words;
    c->words[c->n_words++] = copy;
    return PL_OK;
}

/* A column with all rows missing; on failure nothing is left to free. */
static pl_status make_column(pl_column *c, const pl_column_spec *spec, size_t n_rows, size_t capacity)
{
    size_t blank;
    *c = (pl_column){.spec = {.origin = spec->origin, .text = spec->text}};
    c->spec.name = copy_text(spec->name);
    c->spec.unit = copy_text(spec->unit);
    c->spec.doc = copy_text(spec->doc);
    c->v = pl_alloc_array(capacity, sizeof *c->v);
    if (!c->spec.name || !c->spec.unit || !c->spec.doc || !c->v || (spec->text && word_index(c, "", &blank))) {
        free_column(c);
        return PL_ERR_WORLD;
    }
    for (size_t i = 0; i < n_rows; i++)
        c->v[i] = spec->text ? 0 : NAN;
    return PL_OK;
}

pl_status pl_table_add_column(pl_table *t, const pl_column_spec *spec, size_t *index)
{
    if (pl_table_find(t, spec->name))
        return PL_ERR_USER;
    pl_column *columns = pl_realloc(t->columns, (t->n_columns + 1) * sizeof *columns);
    if (!columns)
        return PL_ERR_WORLD;
    t->columns = columns;
    if (make_column(&columns[t->n_columns], spec, t->n_rows, t->capacity))
        return PL_ERR_WORLD;
    if (index)
        *index = t->n_columns;
    t->n_columns++;
    return PL_OK;
}

void pl_table_drop_column(pl_table *t, size_t column)
{
    free_column(&t->columns[column]);
    memmove(&t->columns[column], &t->columns[column + 1], (t->n_columns - column - 1) * sizeof *t->columns);
    t->n_columns--;
}

/* Makes room for n rows. Columns that grew before one failed stay larger than `capacity` says, which does no harm. */
static pl_status reserve(pl_table *t, size_t n)
{
    if (n <= t->capacity)
        return PL_OK;
    size_t capacity = t->capacity ? t->capacity : FIRST_CAPACITY;
    while (capacity < n) {
        if (capacity > SIZE_MAX / 2 / sizeof(double))
            return PL_ERR_WORLD;
        capacity *= 2;
    }
    for (size_t i = 0; i < t->n_columns; i++) {
        double *v = pl_realloc(t->columns[i].v, capacity * sizeof *v);
        if (!v)
            return PL_ERR_WORLD;
        t->columns[i].v = v;
    }
    t->capacity = capacity;
    return PL_OK;
}

pl_status pl_table_add_row(pl_table *t, size_t *row)
{
    if (reserve(t, t->n_rows + 1))
        return PL_ERR_WORLD;
    for (size_t i = 0; i < t->n_columns; i++)
        t->columns[i].v[t->n_rows] = t->columns[i].spec.text ? 0 : NAN;
    if (row)
        *row = t->n_rows;
    t->n_rows++;
    return PL_OK;
}

pl_status pl_table_set_text(pl_table *t, size_t row, size_t column, const char *word)
{
    if (row >= t->n_rows || column >= t->n_columns || !t->columns[column].spec.text)
        return PL_ERR_USER;
    pl_column *c = &t->columns[column];
    size_t index;
    /* Rows come in runs of the same arm: most often it is the word of the row before. */
    if (row > 0 && strcmp(c->words[(size_t)c->v[row - 1]], word) == 0)
        index = (size_t)c->v[row - 1];
    else if (word_index(c, word, &index))
        return PL_ERR_WORLD;
    c->v[row] = (double)index;
    return PL_OK;
}

const char *pl_table_text(const pl_table *t, size_t row, size_t column)
{
    if (row >= t->n_rows || column >= t->n_columns || !t->columns[column].spec.text)
        return "";
    const pl_column *c = &t->columns[column];
    return c->words[(size_t)c->v[row]];
}

size_t pl_table_index(const pl_table *t, const char *name)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (strcmp(t->columns[i].spec.name, name) == 0)
            return i;
    return (size_t)-1;
}

const pl_column *pl_table_find(const pl_table *t, const char *name)
{
    size_t i = pl_table_index(t, name);
    return i == (size_t)-1 ? NULL : &t->columns[i];
}

static bool same_columns(const pl_table *a, const pl_table *b)
{
    if (a->n_columns != b->n_columns)
        return false;
    for (size_t i = 0; i < a->n_columns; i++)
        if (a->columns[i].spec.text != b->columns[i].spec.text || strcmp(a->columns[i].spec.name, b->columns[i].spec.name) != 0)
            return false;
    return true;
}

/* Copies a text column behind the rows that are there, translating from one dictionary to the other. */
static pl_status append_text(pl_column *to, size_t n_rows, const pl_column *from, size_t n)
{
    double *translated = pl_alloc_array(from->n_words, sizeof *translated);
    if (!translated)
        return PL_ERR_WORLD;
    for (size_t w = 0; w < from->n_words; w++) {
        size_t index;
        if (word_index(to, from->words[w], &index)) {
            pl_free(translated);
            return PL_ERR_WORLD;
        }
        translated[w] = (double)index;
    }
    for (size_t i = 0; i < n; i++)
        to->v[n_rows + i] = translated[(size_t)from->v[i]];
    pl_free(translated);
    return PL_OK;
}

pl_status pl_table_copy_row(pl_table *to, const pl_table *from, size_t row)
{
    size_t at;
    pl_status st = pl_table_add_row(to, &at);
    for (size_t c = 0; c < from->n_columns && !st; c++) {
        if (from->columns[c].spec.text)
            st = pl_table_set_text(to, at, c, pl_table_text(from, row, c));
        else
            to->columns[c].v[at] = from->columns[c].v[row];
    }
    return st;
}

pl_status pl_table_append(pl_table *to, const pl_table *from)
{
    if (!same_columns(to, from))
        return PL_ERR_USER;
    size_t n = from->n_rows;
    if (reserve(to, to->n_rows + n))
        return PL_ERR_WORLD;
    for (size_t i = 0; i < to->n_columns; i++) {
        pl_column *c = &to->columns[i];
        if (c->spec.text) {
            if (append_text(c, to->n_rows, &from->columns[i], n))
                return PL_ERR_WORLD;
        } else if (n) {
            memcpy(c->v + to->n_rows, from->columns[i].v, n * sizeof *c->v);
        }
    }
    to->n_rows += n;
    return PL_OK;
}

static void hash_text(pl_hasher *h, const char *s)
{
    pl_hasher_add(h, s, strlen(s) + 1);
}

pl_hash pl_table_hash(const pl_table *t)
{
    pl_hasher h;
    pl_hasher_init(&h);
    for (size_t i = 0; i < t->n_columns; i++) {
        const pl_column *c = &t->columns[i];
        hash_text(&h, c->spec.name);
        hash_text(&h, c->spec.unit);
        hash_text(&h, c->spec.text ? "text" : "number");
        for (size_t row = 0; row < t->n_rows; row++) {
            if (c->spec.text) {
                hash_text(&h, c->words[(size_t)c->v[row]]);
            } else {
                double x = isnan(c->v[row]) ? (double)NAN : c->v[row];     /* all NaN alike */
                pl_hasher_add(&h, &x, sizeof x);
            }
        }
    }
    return pl_hasher_end(&h);
}

/* Which dictionary entry of `arm` to look for: -1 for any, -2 for one that no row has. */
static double wanted_arm(const pl_column *arms, const char *arm)
{
    if (!arm)
        return -1;
    for (size_t w = 0; arms && arms->spec.text && w < arms->n_words; w++)
        if (strcmp(arms->words[w], arm) == 0)
            return (double)w;
    return -2;
}

pl_status pl_table_series(const pl_table *t, const char *arm, int replicate, const char *x, const char *y, pl_series *out)
{
    *out = (pl_series){0};
    const pl_column *cx = pl_table_find(t, x), *cy = pl_table_find(t, y);
    const pl_column *arms = pl_table_find(t, "arm"), *replicates = pl_table_find(t, "replicate");
    if (!cx || !cy || cx->spec.text || cy->spec.text)
        return PL_ERR_USER;
    double arm_index = wanted_arm(arms, arm);
    out->x = pl_alloc_array(t->n_rows, sizeof *out->x);
    out->y = pl_alloc_array(t->n_rows, sizeof *out->y);
    if (!out->x || !out->y) {
        pl_series_free(out);
        return PL_ERR_WORLD;
    }
    for (size_t i = 0; i < t->n_rows; i++) {
        if (arm_index != -1 && (arm_index == -2 || arms->v[i] != arm_index))
            continue;
        if (replicate >= 0 && (!replicates || replicates->spec.text || replicates->v[i] != (double)replicate))
            continue;
        if (isnan(cx->v[i]) || isnan(cy->v[i]))
            continue;
        out->x[out->n] = cx->v[i];
        out->y[out->n++] = cy->v[i];
    }
    return PL_OK;
}

void pl_series_free(pl_series *s)
{
    pl_free(s->x);
    pl_free(s->y);
    *s = (pl_series){0};
}

size_t pl_table_words(const pl_table *t, const char *column, const char *const **words)
{
    const pl_column *c = pl_table_find(t, column);
    *words = NULL;
    if (!c || !c->spec.text)
        return 0;
    *words = (const char *const *)(c->words + 1);
    return c->n_words - 1;
}

size_t pl_table_replicates(const pl_table *t)
{
    const pl_column *c = pl_table_find(t, "replicate");
    double largest = -1;
    for (size_t i = 0; c && !c->spec.text && i < t->n_rows; i++)
        if (c->v[i] > largest)
            largest = c->v[i];
    return (size_t)(largest + 1);
}
