/* Parts: the table of one finished replicate as bytes, so that reading gives exactly what was written.
 *
 *   plateau-part 1\n <ok|failed>\n <message>\n <columns> <rows>\n then per column: <name>\n
 *   rows x columns doubles, column by column, as the machine has them (parts never leave it)
 *   32 hexadecimal digits: the hash of all that stands before
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/fs.h"
#include "sim/run/rundir.h"

static const char magic[] = "plateau-part 1";
enum { DIGEST = 32, PART_LIMIT = 1 << 30 };

void part_init(part *p)
{
    *p = (part){.message = NULL};
    pl_table_init(&p->table);
}

void part_free(part *p)
{
    pl_table_free(&p->table);
    pl_free(p->message);
    *p = (part){.message = NULL};
}

static const char *part_path(const rundir *d, pl_arena *arena, size_t arm, size_t replicate)
{
    return pl_arena_printf(arena, "%s/task-%zu-%zu", d->parts, arm, replicate);
}

bool part_exists(const rundir *d, size_t arm, size_t replicate)
{
    pl_arena arena;
    pl_arena_init(&arena);
    const char *path = part_path(d, &arena, arm, replicate);
    bool there = path && pl_is_file(path);
    pl_arena_free(&arena);
    return there;
}

pl_status part_write(const rundir *d, size_t arm, size_t replicate, const part *p, pl_diag *diag)
{
    pl_arena arena;
    pl_arena_init(&arena);
    pl_str out;
    pl_str_init(&out);
    const pl_table *t = &p->table;
    size_t n = 0;
    for (size_t c = 0; c < t->n_columns; c++) n += !t->columns[c].spec.text;
    pl_str_addf(&out, "%s\n%s\n", magic, p->failed ? "failed" : "ok");
    for (const char *m = p->message ? p->message : ""; *m; m++) pl_str_addc(&out, *m == '\n' ? ' ' : *m);
    pl_str_addf(&out, "\n%zu %zu\n", n, t->n_rows);
    for (size_t c = 0; c < t->n_columns; c++)
        if (!t->columns[c].spec.text) pl_str_addf(&out, "%s\n", t->columns[c].spec.name);
    for (size_t c = 0; c < t->n_columns; c++)
        if (!t->columns[c].spec.text && t->n_rows) pl_str_addn(&out, (const char *)t->columns[c].v, t->n_rows * sizeof(double));
    pl_status st = PL_OK;
    const char *path = part_path(d, &arena, arm, replicate);
    if (pl_str_end(&out)) pl_str_add(&out, pl_hash_bytes(out.text, out.length).hex);
    if (!path || !pl_str_end(&out))
        st = pl_diag_nomem(diag, "keeping a finished replicate");
    else
        st = pl_write_file(path, out.text, out.length, diag);
    pl_str_free(&out);
    pl_arena_free(&arena);
    return st;
}

/* Cuts the line at *at out of text (its newline becomes NUL); NULL at the end. */
static char *next_line(char **at, char *end)
{
    char *line = *at, *newline = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;
    if (!newline) return NULL;
    *newline = '\0';
    *at = newline + 1;
    return line;
}

/* 0: understood; otherwise the status, PL_ERR_USER standing for "not a part". */
static pl_status parse(char *text, size_t length, part *p)
{
    if (length < DIGEST) return PL_ERR_USER;
    char *at = text, *end = text + length - DIGEST;
    if (memcmp(pl_hash_bytes(text, (size_t)(end - text)).hex, end, DIGEST) != 0) return PL_ERR_USER;
    const char *first = next_line(&at, end), *state = next_line(&at, end), *message = next_line(&at, end);
    const char *counts = next_line(&at, end);
    size_t n_columns, n_rows;
    if (!counts || strcmp(first, magic) != 0 || sscanf(counts, "%zu %zu", &n_columns, &n_rows) != 2) return PL_ERR_USER;
    p->failed = strcmp(state, "failed") == 0;
    p->message = pl_alloc(strlen(message) + 1);
    if (!p->message) return PL_ERR_WORLD;
    strcpy(p->message, message);
    for (size_t c = 0; c < n_columns; c++) {
        const char *name = next_line(&at, end);
        if (!name) return PL_ERR_USER;
        pl_status st = pl_table_add_column(&p->table, &(pl_column_spec){.name = name, .unit = "", .doc = ""}, NULL);
        if (st) return st;
    }
    if ((size_t)(end - at) != n_columns * n_rows * sizeof(double)) return PL_ERR_USER;
    for (size_t r = 0; r < n_rows; r++) {
        size_t row;
        pl_status st = pl_table_add_row(&p->table, &row);
        if (st) return st;
    }
    for (size_t c = 0; c < n_columns && n_rows; c++)
        memcpy(p->table.columns[c].v, at + c * n_rows * sizeof(double), n_rows * sizeof(double));
    return PL_OK;
}

pl_status part_read(const rundir *d, size_t arm, size_t replicate, part *p, pl_diag *diag)
{
    pl_arena arena;
    pl_arena_init(&arena);
    char *text = NULL;
    size_t length = 0;
    const char *path = part_path(d, &arena, arm, replicate);
    pl_status st =
        path ? pl_read_file(path, PART_LIMIT, &text, &length, diag) : pl_diag_nomem(diag, "reading a finished replicate");
    if (!st) {
        st = parse(text, length, p);
        if (st == PL_ERR_WORLD) st = pl_diag_nomem(diag, "reading a finished replicate");
        if (st == PL_ERR_USER) {
            pl_diag_add(diag, PL_ERROR, (pl_place){.file = path}, "remove it and run the same command again",
                        "the file is not what this program wrote");
            st = PL_ERR_WORLD;
        }
    }
    pl_free(text);
    pl_arena_free(&arena);
    return st;
}
