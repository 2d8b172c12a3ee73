/* Collecting and printing diagnostics. */
#include "sim/base/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/str.h"

void pl_diag_init(pl_diag *diag)
{
    *diag = (pl_diag){0};
    pl_arena_init(&diag->arena);
}

void pl_diag_free(pl_diag *diag)
{
    pl_free(diag->messages);
    pl_arena_free(&diag->arena);
    *diag = (pl_diag){0};
}

static int compare_text(const char *a, const char *b)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

static int compare_place(pl_place a, pl_place b)
{
    int by_file = compare_text(a.file, b.file);
    if (by_file)
        return by_file;
    if (a.line != b.line)
        return a.line < b.line ? -1 : 1;
    return (a.column > b.column) - (a.column < b.column);
}

static bool is_known(const pl_diag *diag, pl_severity severity, pl_place place, const char *remedy, const char *what)
{
    for (size_t i = 0; i < diag->count; i++) {
        const pl_message *m = &diag->messages[i];
        if (m->severity == severity && m->place.line == place.line && compare_place(m->place, place) == 0
            && strcmp(m->what, what) == 0 && compare_text(m->remedy, remedy) == 0)
            return true;
    }
    return false;
}

/* Copies the message in; false when memory runs out. */
static bool keep(pl_diag *diag, pl_severity severity, pl_place place, const char *remedy, const char *what)
{
    if (diag->count == diag->capacity) {
        size_t capacity = diag->capacity ? diag->capacity * 2 : 8;
        pl_message *messages = pl_realloc(diag->messages, capacity * sizeof *messages);
        if (!messages)
            return false;
        diag->messages = messages;
        diag->capacity = capacity;
    }
    pl_message m = {.severity = severity, .place = place};
    m.what = pl_arena_strdup(&diag->arena, what);
    if (!m.what)
        return false;
    if (remedy && !(m.remedy = pl_arena_strdup(&diag->arena, remedy)))
        return false;
    if (place.file && !(m.place.file = pl_arena_strdup(&diag->arena, place.file)))
        return false;
    diag->messages[diag->count++] = m;
    return true;
}

void pl_diag_add(pl_diag *diag, pl_severity severity, pl_place place, const char *remedy, const char *fmt, ...)
{
    if (!diag)
        return;
    pl_str text;
    pl_str_init(&text);
    va_list args;
    va_start(args, fmt);
    pl_str_addv(&text, fmt, args);
    va_end(args);
    const char *what = pl_str_end(&text);
    if (!what || !is_known(diag, severity, place, remedy, what)) {
        /* Counted even when the words are lost, so that bad input is never taken for good. */
        diag->errors += severity == PL_ERROR;
        diag->warnings += severity == PL_WARNING;
        if (!what || !keep(diag, severity, place, remedy, what))
            diag->lost = true;
    }
    pl_str_free(&text);
}

static const char *io_remedy(int err)
{
    switch (err) {
    case ENOSPC:
    case EDQUOT:  return "free some space or choose another output directory";
    case EACCES:
    case EPERM:   return "check the permissions, or choose another place";
    case EROFS:   return "the file system is read-only: choose another place";
    case EEXIST:  return "choose another name, or remove what is there";
    case ENOENT:  return "check the spelling of the path";
    case ENOTDIR: return "a part of the path is a file, not a directory";
    case EISDIR:  return "give a file, not a directory";
    case EMFILE:
    case ENFILE:  return "too many files are open: raise the limit (ulimit -n)";
    default:      return NULL;
    }
}

pl_status pl_diag_io(pl_diag *diag, const char *verb, const char *path, int err)
{
    pl_diag_add(diag, PL_ERROR, (pl_place){0}, io_remedy(err), "cannot %s '%s': %s", verb, path, strerror(err));
    return PL_ERR_WORLD;
}

pl_status pl_diag_nomem(pl_diag *diag, const char *doing)
{
    pl_diag_add(diag, PL_ERROR, (pl_place){0}, "close other programs or make the scenario smaller",
                "out of memory while %s", doing);
    return PL_ERR_WORLD;
}

static void print_message(const pl_message *m, FILE *out)
{
    static const char *const names[] = {[PL_NOTE] = "note", [PL_WARNING] = "warning", [PL_ERROR] = "error"};
    if (m->place.file)
        fprintf(out, "%s:", m->place.file);
    if (m->place.file && m->place.line > 0) {
        fprintf(out, "%d:", m->place.line);
        if (m->place.column > 0)
            fprintf(out, "%d:", m->place.column);
    }
    fprintf(out, "%s%s: %s%s%s\n", m->place.file ? " " : "", names[m->severity], m->what, m->remedy ? "; " : "",
            m->remedy ? m->remedy : "");
}

static int by_place_then_arrival(const void *a, const void *b)
{
    const pl_message *x = *(const pl_message *const *)a, *y = *(const pl_message *const *)b;
    int order = compare_place(x->place, y->place);
    return order ? order : (x > y) - (x < y);
}

void pl_diag_print(const pl_diag *diag, FILE *out)
{
    const pl_message **sorted = pl_alloc_array(diag->count, sizeof *sorted);
    for (size_t i = 0; sorted && i < diag->count; i++)
        sorted[i] = &diag->messages[i];
    if (sorted && diag->count > 1)
        qsort(sorted, diag->count, sizeof *sorted, by_place_then_arrival);
    for (size_t i = 0; i < diag->count; i++)     /* without memory for sorting: in order of arrival */
        print_message(sorted ? sorted[i] : &diag->messages[i], out);
    if (diag->lost)
        fputs("error: out of memory: some messages were lost\n", out);
    pl_free(sorted);
}

enum { LONGEST_WORD = 63 };

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

/* Insertions, deletions, replacements and swaps of neighbours that lead from a to b; both at most LONGEST_WORD. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][LONGEST_WORD + 1];
    size_t *before_last = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        last[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = min3(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before_last[j - 2] + 1 < row[j])
                row[j] = before_last[j - 2] + 1;
        }
        size_t *spare = before_last;
        before_last = last;
        last = row;
        row = spare;
    }
    return last[m];
}

const char *pl_nearest(const char *word, const char *const *names, size_t n)
{
    size_t length = strlen(word);
    if (length == 0 || length > LONGEST_WORD)
        return NULL;
    size_t limit = length / 3 > 1 ? length / 3 : 1;
    const char *found = NULL;
    for (size_t i = 0; i < n; i++) {
        size_t other = strlen(names[i]);
        if (other > LONGEST_WORD)
            continue;
        size_t d = distance(word, length, names[i], other);
        if (d < length && (found ? d < limit : d <= limit)) {     /* ties go to the first; a wholly different word is not near */
            found = names[i];
            limit = d;
        }
    }
    return found;
}
