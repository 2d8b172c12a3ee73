/* CSV as logs have it: a last record that is still being written, and the header again where a run was restarted. */
#include <string.h>

#include "sim/io/importer.h"

/* Fields of the record at p, which ends at *end; `open`: inside quotes there. */
static size_t count_fields(const char *p, const char *stop, const char **end, bool *open)
{
    size_t n = 1;
    *open = false;
    for (; p < stop && (*open || *p != '\n'); p++) {
        if (*p == '"') *open = !*open;
        n += *p == ',' && !*open;
    }
    *end = p;
    return n;
}

/* Bytes of a last record that has no end of line and fewer fields than the header, or an open quote. */
static size_t unfinished(const char *text, size_t length)
{
    const char *stop = text + length, *end, *last = text, *p = text;
    bool open;
    size_t fields = count_fields(text, stop, &end, &open), n = fields;
    if (!length || stop[-1] == '\n') return 0;
    const char *newline = stop;
    while (newline > text && newline[-1] != '\n') newline--;
    /* Quotes before it decide whether the last line begins a record; few files have newlines in quotes. */
    bool inside = false;
    for (p = text; p < newline; p++)
        if (*p == '"') inside = !inside;
    if (inside) {
        for (last = p = text; p < stop;) {
            last = p;
            n = count_fields(p, stop, &end, &open);
            p = end + 1;
        }
    } else {
        last = newline;
        n = count_fields(newline, stop, &end, &open);
    }
    return last > text && (n < fields || open) ? (size_t)(stop - last) : 0;
}

/* The text without lines that repeat the header; NULL: there is none, or (broken) no memory. */
static char *without_headers(const char *text, size_t *length, size_t *found, bool *broken)
{
    const char *stop = text + *length, *newline = memchr(text, '\n', *length);
    size_t header = newline ? (size_t)(newline - text) + 1 : 0;
    *found = 0;
    for (const char *p = text + header; header && (size_t)(stop - p) >= header;) {
        *found += !memcmp(p, text, header);
        p = memchr(p, '\n', (size_t)(stop - p));
        if (!p) break;
        p++;
    }
    if (!*found) return NULL;
    char *copy = pl_alloc(*length + 1), *to = copy;
    *broken = !copy;
    if (!copy) return NULL;
    for (const char *p = text; p < stop;) {
        const char *end = memchr(p, '\n', (size_t)(stop - p));
        size_t n = end ? (size_t)(end - p) + 1 : (size_t)(stop - p);
        if (p == text || n != header || memcmp(p, text, header) != 0) {
            memcpy(to, p, n);
            to += n;
        }
        p += n;
    }
    *length = (size_t)(to - copy);
    return copy;
}

pl_status log_parse_csv(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    read_counts counts = {0};
    size_t headers = 0, cut = unfinished(text, length);
    bool broken = false;
    length -= cut;
    char *copy = without_headers(text, &length, &headers, &broken);
    if (broken) return PL_ERR_WORLD;
    pl_status st = csv_parse(copy ? copy : text, length, file, &log->table, &counts, diag);
    pl_free(copy);
    if (st) return st;
    log->counts.records = counts.rows;
    log->counts.non_finite = counts.non_finite;
    log->counts.skipped = counts.skipped + headers;
    log->counts.cut_off = cut;
    if (cut) log_note(log, "the last row is cut off: %zu bytes left out", cut);
    if (headers) log_note(log, "the header stands in the file %zu times", headers + 1);
    if (counts.skipped) log_note(log, "%zu blank lines", counts.skipped);
    return PL_OK;
}
