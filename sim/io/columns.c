#include "sim/io/columns.h"

#include "sim/base/field.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* FNV-1a. Only order-free look-ups depend on it. */
static uint64_t hash_bytes(const char *text, size_t length)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++) h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    return h ^ (h >> 29);
}

void columns_init(log_columns *cols) { *cols = (log_columns){0}; }

static void column_free(log_column *c)
{
    for (size_t i = 0; i < c->n_words; i++) pl_free(c->words[i]);
    pl_free(c->words);
    pl_free(c->slots.v);
    pl_free(c->v);
    pl_free(c->name);
}

void columns_free(log_columns *cols)
{
    for (size_t i = 0; i < cols->n; i++) column_free(&cols->c[i]);
    pl_free(cols->c);
    pl_free(cols->slots.v);
    columns_init(cols);
}

/* Makes room for one more entry: the table is at most half full. `hash_of(owner, index)` re-inserts. */
static pl_status slots_reserve(index_slots *slots, uint64_t (*hash_of)(const void *owner, size_t index), const void *owner)
{
    if (2 * (slots->used + 1) <= slots->n) return PL_OK;
    size_t n = slots->n ? 2 * slots->n : 16;
    uint32_t *v = pl_alloc_array(n, sizeof *v);
    if (!v) return PL_ERR_WORLD;
    for (size_t i = 0; i < slots->n; i++) {
        if (!slots->v[i]) continue;
        size_t at = hash_of(owner, slots->v[i] - 1) & (n - 1);
        while (v[at]) at = (at + 1) & (n - 1);
        v[at] = slots->v[i];
    }
    pl_free(slots->v);
    slots->v = v;
    slots->n = n;
    return PL_OK;
}

static void slots_insert(index_slots *slots, uint64_t hash, size_t index)
{
    size_t at = hash & (slots->n - 1);
    while (slots->v[at]) at = (at + 1) & (slots->n - 1);
    slots->v[at] = (uint32_t)index + 1;
    slots->used++;
}

static uint64_t hash_of_name(const void *owner, size_t index)
{
    const log_column *c = &((const log_columns *)owner)->c[index];
    return hash_bytes(c->name, c->length);
}

static uint64_t hash_of_word(const void *owner, size_t index)
{
    const char *word = ((const log_column *)owner)->words[index];
    return hash_bytes(word, strlen(word));
}

size_t columns_find(const log_columns *cols, const char *name, size_t length)
{
    if (!cols->slots.n) return (size_t)-1;
    for (size_t at = hash_bytes(name, length) & (cols->slots.n - 1); cols->slots.v[at]; at = (at + 1) & (cols->slots.n - 1)) {
        const log_column *c = &cols->c[cols->slots.v[at] - 1];
        if (c->length == length && !memcmp(c->name, name, length)) return cols->slots.v[at] - 1;
    }
    return (size_t)-1;
}

static char *copy_text(const char *text, size_t length)
{
    char *copy = pl_alloc(length + 1);
    if (copy && length) memcpy(copy, text, length);
    return copy;
}

/* A log in which every line has a key of its own would ask for a square of memory: there are limits to the cells of the whole (2
 * GiB), and, lower, to those before a column that comes late (256 MiB). */
static bool too_many_cells(size_t columns, size_t rows, size_t limit) { return columns && rows > limit / columns; }

pl_status columns_add(log_columns *cols, const char *name, size_t length, size_t *index)
{
    if (too_many_cells(cols->n + 1, cols->row_capacity, (size_t)1 << 25)) return PL_ERR_WORLD;
    if (cols->n == cols->capacity) {
        size_t capacity = cols->capacity ? 2 * cols->capacity : 16;
        log_column *c = pl_realloc(cols->c, capacity * sizeof *c);
        if (!c) return PL_ERR_WORLD;
        cols->c = c;
        cols->capacity = capacity;
    }
    if (slots_reserve(&cols->slots, hash_of_name, cols)) return PL_ERR_WORLD;
    log_column c = {.name = copy_text(name, length), .length = length};
    if (c.name && cols->row_capacity) c.v = pl_alloc_array(cols->row_capacity, sizeof *c.v);
    if (!c.name || (cols->row_capacity && !c.v)) {
        column_free(&c);
        return PL_ERR_WORLD;
    }
    for (size_t r = 0; r < cols->rows; r++) c.v[r] = NAN;
    cols->c[cols->n] = c;
    slots_insert(&cols->slots, hash_bytes(name, length), cols->n);
    *index = cols->n++;
    return PL_OK;
}

pl_status columns_add_row(log_columns *cols)
{
    if (cols->rows == cols->row_capacity) {
        size_t capacity = cols->row_capacity ? 2 * cols->row_capacity : 64;
        if (too_many_cells(cols->n, capacity, (size_t)1 << 28)) return PL_ERR_WORLD;
        for (size_t i = 0; i < cols->n; i++) {
            double *v = pl_realloc(cols->c[i].v, capacity * sizeof *v);
            if (!v) return PL_ERR_WORLD;
            cols->c[i].v = v;
        }
        cols->row_capacity = capacity;
    }
    for (size_t i = 0; i < cols->n; i++) cols->c[i].v[cols->rows] = NAN;
    cols->rows++;
    return PL_OK;
}

void columns_set_number(log_columns *cols, size_t column, double x)
{
    cols->c[column].v[cols->rows - 1] = x;
    cols->c[column].present++;
}

/* Index of the word, which is added if it is new. */
static pl_status intern(log_column *c, const char *word, size_t length, size_t *index)
{
    uint64_t hash = hash_bytes(word, length);
    for (size_t at = c->slots.n ? hash & (c->slots.n - 1) : 0; c->slots.n && c->slots.v[at]; at = (at + 1) & (c->slots.n - 1)) {
        const char *have = c->words[c->slots.v[at] - 1];
        if (!strncmp(have, word, length) && !have[length]) {
            *index = c->slots.v[at] - 1;
            return PL_OK;
        }
    }
    if (c->n_words == c->word_capacity) {
        size_t capacity = c->word_capacity ? 2 * c->word_capacity : 8;
        char **words = pl_realloc(c->words, capacity * sizeof *words);
        if (!words) return PL_ERR_WORLD;
        c->words = words;
        c->word_capacity = capacity;
    }
    if (slots_reserve(&c->slots, hash_of_word, c)) return PL_ERR_WORLD;
    char *copy = copy_text(word, length);
    if (!copy) return PL_ERR_WORLD;
    c->words[c->n_words] = copy;
    slots_insert(&c->slots, hash, c->n_words);
    *index = c->n_words++;
    return PL_OK;
}

pl_status columns_start_text(log_columns *cols)
{
    for (size_t i = 0; i < cols->n; i++) {
        log_column *c = &cols->c[i];
        if (!c->text) continue;
        size_t none;
        if (intern(c, "", 0, &none)) return PL_ERR_WORLD;
        for (size_t r = 0; r < cols->rows; r++) c->v[r] = (double)none;
        c->present = c->non_finite = 0;
    }
    return PL_OK;
}

pl_status columns_set_text(log_columns *cols, size_t row, size_t column, const char *word, size_t length)
{
    log_column *c = &cols->c[column];
    size_t index;
    if (intern(c, word, length, &index)) return PL_ERR_WORLD;
    c->v[row] = (double)index;
    if (index) c->present++;
    return PL_OK;
}

pl_status columns_move(log_columns *cols, pl_table *table, read_counts *counts)
{
    pl_table out;
    pl_table_init(&out);
    for (size_t i = 0; i < cols->n; i++) {
        const log_column *c = &cols->c[i];
        pl_column_spec spec = {.name = c->name, .unit = "", .doc = "", .origin = PL_LOGGED, .text = c->text};
        size_t at;
        if (pl_table_add_column(&out, &spec, &at)) goto fail;
    }
    for (size_t r = 0; r < cols->rows; r++) {
        size_t at;
        if (pl_table_add_row(&out, &at)) goto fail;
    }
    for (size_t i = 0; i < cols->n; i++) {
        log_column *c = &cols->c[i];
        pl_column *to = &out.columns[i];
        if (cols->rows) memcpy(to->v, c->v, cols->rows * sizeof *c->v);
        if (c->text) { /* the dictionary changes hands instead of being interned again */
            for (size_t w = 0; w < to->n_words; w++) pl_free(to->words[w]);
            pl_free(to->words);
            to->words = c->words;
            to->n_words = c->n_words;
            c->words = NULL;
            c->n_words = 0;
        }
        counts->missing += cols->rows - c->present;
        counts->non_finite += c->non_finite;
    }
    counts->rows = cols->rows;
    columns_free(cols);
    pl_table_free(table);
    *table = out;
    return PL_OK;
fail:
    pl_table_free(&out);
    return PL_ERR_WORLD;
}

/* Digits and signs only, so that strtod can be told from a word; decides overflow, which pl_read_number refuses. */
static bool looks_decimal(const char *text) { return text[strspn(text, "0123456789+-.eE")] == '\0' && strpbrk(text, "0123456789"); }

field_kind field_read(const char *text, size_t length, double *x)
{
    static const char *const none[] = {"null", "none", "na", "n/a"};
    static const char *const not_finite[] = {"nan", "+nan", "-nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"};
    while (length && (*text == ' ' || *text == '\t')) text++, length--;
    while (length && (text[length - 1] == ' ' || text[length - 1] == '\t')) length--;
    *x = NAN;
    if (!length) return FIELD_MISSING;
    char copy[400]; /* longer than any shortest decimal of a double; a longer field is a word */
    if (length >= sizeof copy) return FIELD_WORD;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (pl_read_number(copy, x)) return FIELD_NUMBER;
    *x = NAN;
    for (size_t i = 0; i < PL_COUNT(none); i++)
        if (!strcasecmp(copy, none[i])) return FIELD_MISSING;
    for (size_t i = 0; i < PL_COUNT(not_finite); i++)
        if (!strcasecmp(copy, not_finite[i])) return FIELD_NON_FINITE;
    if (copy[0] == '+' && pl_read_number(copy + 1, x)) return FIELD_NUMBER;
    if (!looks_decimal(copy)) return FIELD_WORD;
    char *end;
    double value = strtod(copy, &end);
    return !*end && !isfinite(value) ? FIELD_NON_FINITE : FIELD_WORD;
}
