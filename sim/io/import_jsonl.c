/* JSON lines: one object a line, as most trainers keep their metrics. */
#include <stdlib.h>
#include <string.h>

#include "sim/io/dict.h"
#include "sim/io/importer.h"

static const char *const steps[] = {"step",
                                    "progress/batch",
                                    "progress/step",
                                    "training_step",
                                    "global_step",
                                    "train/global_step",
                                    "training/global_step",
                                    "trainer/global_step",
                                    "_step",
                                    NULL};
static const char swift[] = "global_step/max_steps"; /* ms-swift: "10/438" */

/* A line that begins with '{' and ends with '}'. */
static int recognise(const char *text, size_t length, const char *path)
{
    const char *p = text + strspn(text, " \t\r\n");
    if (*p != '{') return 0;
    const char *end = strchr(p, '\n');
    if (!end) end = p + strlen(p);
    while (end > p && strchr(" \t\r\n", end[-1])) end--;
    if (end - p < 2 || end[-1] != '}') return 5;
    return p[1 + strspn(p + 1, " ")] == '"' ? 70 : 10;
}

/* Bytes of a last line that has no end and is not a whole object. */
static size_t unfinished(const char *text, size_t length)
{
    const char *last = text + length;
    if (!length || last[-1] == '\n') return 0;
    while (last > text && last[-1] != '\n') last--;
    size_t n = (size_t)(text + length - last);
    if (last == text || last[strspn(last, " \t\r")] != '{') return 0;
    dict_cursor c;
    dict_init(&c, last, n);
    bool cut = !dict_skip(&c) && c.cut;
    dict_free(&c);
    return cut ? n : 0;
}

/* "10/438" -> 10. A row without it has no step. */
static pl_status swift_steps(training_log *log, size_t column)
{
    static const pl_column_spec spec = {.name = "step", .unit = "steps", .doc = "step of the log", .origin = PL_KEY};
    size_t at;
    bool found;
    if (pl_table_add_column(&log->table, &spec, &at)) return PL_ERR_WORLD;
    for (size_t r = 0; r < log->table.n_rows; r++) {
        const char *word = pl_table_text(&log->table, r, column);
        char *end;
        double x = strtod(word, &end);
        if (end > word && *end == '/') log->table.columns[at].v[r] = x;
    }
    return log_step_column(log, (const char *const[]){"step", NULL}, &found);
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    read_counts counts = {0};
    bool found;
    size_t cut = unfinished(text, length);
    pl_status st = jsonl_parse(text, length - cut, file, &log->table, &counts, diag);
    if (st) return st;
    log->counts.records = counts.rows;
    log->counts.non_finite = counts.non_finite;
    log->counts.skipped = counts.skipped;
    log->counts.cut_off = cut;
    if (cut) log_note(log, "the last line is cut off: %zu bytes left out", cut);
    if (counts.skipped) log_note(log, "%zu arrays or blank lines left out", counts.skipped);
    st = log_step_column(log, steps, &found);
    size_t column = pl_table_index(&log->table, swift);
    if (!st && !found && column != (size_t)-1 && log->table.columns[column].spec.text && !pl_table_find(&log->table, "step"))
        st = swift_steps(log, column);
    return st;
}

const importer import_jsonl = {
    .entry = {.name = "jsonl", .doc = "JSON lines: an object a line, nested keys joined by '/' (Tinker, prime-rl, ms-swift, ...)"},
    .recognise = recognise,
    .parse = parse,
};
