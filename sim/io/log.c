#include <string.h>
#include <zlib.h>

#include "sim/base/fs.h"
#include "sim/io/csv.h"

static pl_status bad_gzip(const char *path, const char *what, pl_diag *diag)
{
    pl_diag_add(diag, PL_ERROR, (pl_place){path, 0, 0}, "unpack it by hand with gzip -d to see what is left", "%s", what);
    return PL_ERR_USER;
}

static pl_status grow(char **out, size_t *capacity, const char *path, pl_diag *diag)
{
    if (*capacity >= LOG_SIZE_LIMIT) return bad_gzip(path, "more than 1 GiB after unpacking", diag);
    size_t wanted = *capacity ? 2 * *capacity : (size_t)1 << 16;
    char *more = pl_realloc(*out, wanted + 1);
    if (!more) return pl_diag_nomem(diag, "unpacking a log");
    *out = more;
    *capacity = wanted;
    return PL_OK;
}

static void *z_alloc(void *opaque, unsigned n, unsigned size) { return pl_alloc_array(n, size); }
static void z_free(void *opaque, void *p) { pl_free(p); }

/* All members of a gzip file behind each other, as gzip -d does. */
static pl_status unpack(const char *packed, size_t length, const char *path, char **text, size_t *n, pl_diag *diag)
{
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)packed, .avail_in = (unsigned)length, .zalloc = z_alloc, .zfree = z_free};
    char *out = NULL;
    size_t capacity = 0, used = 0;
    pl_status st = PL_OK;
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) return pl_diag_nomem(diag, "unpacking a log");
    while (!st) {
        if (used == capacity && (st = grow(&out, &capacity, path, diag))) break;
        size_t room = capacity - used;
        z.next_out = (unsigned char *)out + used;
        z.avail_out = (unsigned)room;
        int rc = inflate(&z, Z_NO_FLUSH);
        used = capacity - z.avail_out;
        if (rc == Z_STREAM_END) {
            if (!z.avail_in) break;
            rc = inflateReset(&z);
        }
        if (rc == Z_MEM_ERROR)
            st = pl_diag_nomem(diag, "unpacking a log");
        else if (rc == Z_BUF_ERROR && !z.avail_in)
            st = bad_gzip(path, "the gzip data are cut off", diag);
        else if (rc != Z_OK && rc != Z_BUF_ERROR)
            st = bad_gzip(path, "the gzip data are damaged", diag);
        else if (rc == Z_OK && !z.avail_in && z.avail_out)
            st = bad_gzip(path, "the gzip data are cut off", diag);
    }
    inflateEnd(&z);
    if (st) {
        pl_free(out);
        return st;
    }
    out[used] = '\0';
    *text = out;
    *n = used;
    return PL_OK;
}

pl_status log_read(const char *path, pl_table *table, read_counts *counts, pl_diag *diag)
{
    char *text = NULL;
    size_t length;
    const char *shown = strcmp(path, "-") ? path : "standard input";
    pl_status st = pl_read_file(path, LOG_SIZE_LIMIT, &text, &length, diag);
    if (!st && length >= 2 && !memcmp(text, "\x1f\x8b", 2)) {
        char *plain = NULL;
        st = unpack(text, length, shown, &plain, &length, diag);
        pl_free(text);
        text = plain;
    }
    if (st) goto out;
    size_t first = length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;
    first += strspn(text + first, " \t\r\n");
    if (first == length) {
        pl_diag_add(diag, PL_ERROR, (pl_place){shown, 0, 0}, "give a CSV file or JSON lines", "the file is empty");
        st = PL_ERR_USER;
    } else if (text[first] == '{') {
        st = jsonl_parse(text, length, shown, table, counts, diag);
    } else {
        st = csv_parse(text, length, shown, table, counts, diag);
    }
out:
    pl_free(text);
    return st;
}

/* "run - eval/pass@1" ends in the metric "eval/pass@1": what a W&B export calls the column of one run. */
static bool is_metric_of(const char *column, const char *name)
{
    size_t n = strlen(column), m = strlen(name);
    return n > m + 3 && !strcmp(column + n - m, name) && !memcmp(column + n - m - 3, " - ", 3);
}

const pl_column *log_column_named(const pl_table *table, const char *name, const char *file, pl_diag *diag)
{
    const pl_column *found = pl_table_find(table, name);
    if (found) return found;
    size_t n = 0;
    for (size_t i = 0; i < table->n_columns; i++)
        if (is_metric_of(table->columns[i].spec.name, name)) found = &table->columns[i], n++;
    if (n == 1) return found;
    pl_str remedy;
    pl_str_init(&remedy);
    const char **names = pl_alloc_array(table->n_columns, sizeof *names);
    const char *near = NULL;
    for (size_t i = 0; names && i < table->n_columns; i++) names[i] = table->columns[i].spec.name;
    if (names) near = pl_nearest(name, names, table->n_columns);
    if (near) {
        pl_str_addf(&remedy, "did you mean '%s'?", near);
    } else {
        pl_str_add(&remedy, "the columns are");
        for (size_t i = 0; i < table->n_columns && i < 12; i++)
            pl_str_addf(&remedy, "%s '%s'", i ? "," : "", table->columns[i].spec.name);
        if (table->n_columns > 12) pl_str_addf(&remedy, " and %zu more", table->n_columns - 12);
    }
    pl_diag_add(diag, PL_ERROR, (pl_place){file, 0, 0}, pl_str_end(&remedy),
                n ? "the column '%s' is there for several runs" : "no column '%s'", name);
    pl_free(names);
    pl_str_free(&remedy);
    return NULL;
}
