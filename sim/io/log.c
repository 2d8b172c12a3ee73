#include "sim/io/log.h"

#include <math.h>
#include <string.h>

#include "sim/base/fs.h"
#include "sim/io/importer.h"

void training_log_init(training_log *log) { *log = (training_log){.series = 1, .began = NAN, .started_at = INFINITY}; }

void training_log_free(training_log *log)
{
    pl_table_free(&log->table);
    pl_free(log->metrics);
    pl_free(log->notes);
    pl_arena_free(&log->arena);
    training_log_init(log);
}

void log_note(training_log *log, const char *fmt, ...)
{
    pl_str text;
    va_list args;
    pl_str_init(&text);
    va_start(args, fmt);
    pl_str_addv(&text, fmt, args);
    va_end(args);
    const char *end = pl_str_end(&text), *kept = end ? pl_arena_strdup(&log->arena, end) : NULL;
    if (kept && log->n_notes == log->notes_capacity) {
        size_t capacity = log->notes_capacity ? 2 * log->notes_capacity : 8;
        const char **notes = pl_realloc(log->notes, capacity * sizeof *notes);
        if (notes) log->notes = notes, log->notes_capacity = capacity;
    }
    if (kept && log->n_notes < log->notes_capacity)
        log->notes[log->n_notes++] = kept;
    else
        log->broken = true;
    pl_str_free(&text);
}

pl_place log_place(const char *text, const char *at, const char *file)
{
    pl_place place = {file, 1, 1};
    for (; text < at; text++) {
        place.column++;
        if (*text == '\n') place.line++, place.column = 1;
    }
    return place;
}

pl_status log_take(training_log *log, log_columns *cols)
{
    read_counts counts = {0};
    pl_status st = columns_move(cols, &log->table, &counts);
    log->counts.non_finite += counts.non_finite;
    return st;
}

/* --- steps ------------------------------------------------------------------------------------------------------ */

static pl_status add_step(training_log *log, size_t *at)
{
    static const pl_column_spec spec = {.name = "step", .unit = "steps", .doc = "step of the log", .origin = PL_KEY};
    return pl_table_add_column(&log->table, &spec, at);
}

/* The column of steps comes first. */
static void step_first(pl_table *t, size_t at)
{
    pl_column step = t->columns[at];
    memmove(t->columns + 1, t->columns, at * sizeof step);
    t->columns[0] = step;
    t->columns[0].spec.origin = PL_KEY;
}

pl_status log_step_column(training_log *log, const char *const *names, bool *found)
{
    pl_table *t = &log->table;
    *found = false;
    for (; *names && !*found; names++) {
        size_t from = pl_table_index(t, *names), at = from;
        if (from == (size_t)-1 || t->columns[from].spec.text) continue;
        if (strcmp(*names, "step") != 0) {
            if (pl_table_find(t, "step")) continue; /* a column of words of that name is in the way */
            if (add_step(log, &at)) return PL_ERR_WORLD;
            if (t->n_rows) memcpy(t->columns[at].v, t->columns[from].v, t->n_rows * sizeof(double));
        }
        step_first(t, at);
        *found = true;
    }
    log->has_steps = *found;
    return PL_OK;
}

static pl_status number_rows(training_log *log)
{
    size_t at;
    if (pl_table_find(&log->table, "step")) return PL_OK;
    if (add_step(log, &at)) return PL_ERR_WORLD;
    for (size_t r = 0; r < log->table.n_rows; r++) log->table.columns[at].v[r] = (double)r;
    step_first(&log->table, at);
    log->has_steps = log->numbered = true;
    log_note(log, "no column of steps: the rows are numbered from 0");
    return PL_OK;
}

pl_status log_drop_text(training_log *log, const char *const *keep)
{
    pl_table *t = &log->table;
    pl_str names;
    size_t words = 0, dropped = 0;
    pl_str_init(&names);
    for (size_t c = 0; c < t->n_columns;) {
        bool kept = !t->columns[c].spec.text;
        for (const char *const *k = keep; k && *k && !kept; k++) kept = !strcmp(*k, t->columns[c].spec.name);
        if (kept) {
            c++;
            continue;
        }
        for (size_t r = 0; r < t->n_rows; r++) words += t->columns[c].v[r] > 0;
        if (dropped < 4) pl_str_addf(&names, "%s'%s'", dropped ? ", " : "", t->columns[c].spec.name);
        pl_table_drop_column(t, c);
        dropped++;
    }
    log->counts.skipped += words;
    const char *text = dropped ? pl_str_end(&names) : NULL;
    log->broken |= dropped && !text;
    if (text) log_note(log, "%zu columns of text left out: %s%s", dropped, text, dropped > 4 ? ", ..." : "");
    pl_str_free(&names);
    return PL_OK;
}

/* --- opening ---------------------------------------------------------------------------------------------------- */

/* The files to read: paths as given, folders replaced by what is in them. */
typedef struct file_list {
    const char **v;
    size_t n, capacity, left_out;
    const char *first_left_out;
    pl_arena *arena;
} file_list;

static pl_status list_add(file_list *l, const char *path)
{
    if (l->n == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 8;
        const char **v = pl_realloc(l->v, capacity * sizeof *v);
        if (!v) return PL_ERR_WORLD;
        l->v = v;
        l->capacity = capacity;
    }
    l->v[l->n] = pl_arena_strdup(l->arena, path);
    return l->v[l->n++] ? PL_OK : PL_ERR_WORLD;
}

/* Is it a log, by its first bytes? One that is empty, too large or in a strange encoding is not; one that cannot be read is an
 * error. */
static pl_status is_log(const char *path, bool *is, pl_diag *diag)
{
    log_text text = {0};
    const importer *how = NULL;
    size_t n;
    *is = false;
    pl_status st = pl_read_head(path, RECOGNISE_BYTES, &text.text, &n, diag);
    if (st) return st;
    if (n >= 2 && !memcmp(text.text, "\x1f\x8b", 2)) { /* what is in it shows only when it is unpacked */
        pl_diag quiet;
        pl_diag_init(&quiet);
        pl_free(text.text);
        st = log_text_read(path, &how, &text, &quiet);
        if (st == PL_ERR_WORLD) (void)!pl_diag_nomem(diag, "unpacking a log");
        pl_diag_free(&quiet);
    } else if (strspn(text.text, " \t\r\n") < n) {
        size_t mark = n >= 3 && !memcmp(text.text, "\xef\xbb\xbf", 3) ? 3 : 0;
        how = importer_for(text.text + mark, n - mark, path, &text.sure);
    }
    *is = !st && how && text.sure >= RECOGNISED;
    pl_free(text.text);
    return st == PL_ERR_WORLD ? st : PL_OK;
}

/* A run directory of this program is read by its metrics.csv; any other folder by every file that is a log. */
static pl_status list_folder(file_list *l, const char *folder, pl_diag *diag)
{
    char **names = NULL;
    size_t n = 0, first = l->n;
    const char *metrics_csv = pl_join(l->arena, folder, "metrics.csv"), *columns = pl_join(l->arena, folder, "columns.json");
    if (!metrics_csv || !columns) return pl_diag_nomem(diag, "reading a folder");
    if (pl_is_file(metrics_csv) && pl_is_file(columns)) return list_add(l, metrics_csv);
    pl_status st = pl_list_dir(folder, &names, &n, diag);
    for (size_t i = 0; i < n && !st; i++) {
        const char *path = pl_join(l->arena, folder, names[i]);
        bool is = false;
        if (!path) st = pl_diag_nomem(diag, "reading a folder");
        if (st || !pl_is_file(path)) continue;
        st = is_log(path, &is, diag);
        if (!st && is)
            st = list_add(l, path);
        else if (!l->left_out++)
            l->first_left_out = path;
    }
    pl_free_names(names, n);
    if (!st && l->n == first) {
        pl_diag_add(diag, PL_ERROR, (pl_place){.file = folder}, "give the files themselves, or the folder that holds them",
                    "no file in this folder is a log of a known format");
        st = PL_ERR_USER;
    }
    return st;
}

static const importer *importer_named(const char *name, pl_diag *diag)
{
    const importer *found = (const importer *)pl_registry_find(&importer_registry, name);
    if (found) return found;
    pl_str remedy;
    pl_str_init(&remedy);
    pl_str_add(&remedy, "formats are");
    for (const pl_entry *const *e = importer_registry.entries; *e; e++)
        pl_str_addf(&remedy, "%s %s", e == importer_registry.entries ? "" : ",", (*e)->name);
    pl_diag_add(diag, PL_ERROR, (pl_place){0}, pl_str_end(&remedy), "unknown format '%s'", name);
    pl_str_free(&remedy);
    return NULL;
}

static pl_status read_part(const char *path, const log_options *how, training_log *log, pl_diag *diag)
{
    const char *shown = strcmp(path, "-") ? path : "standard input";
    const importer *format = NULL;
    log_text text;
    if (how->format && !(format = importer_named(how->format, diag))) return PL_ERR_USER;
    pl_status st = log_text_read(path, &format, &text, diag);
    if (st) return st;
    if (!format) {
        pl_diag_add(diag, PL_ERROR, (pl_place){.file = shown},
                    "`plateau list importer` names the formats; --format takes one of them", "this is no log of a known format");
        st = PL_ERR_USER;
    }
    log->format = format;
    log->counts.bad_text = text.bad_text;
    if (text.bad_text) log_note(log, "%zu bytes that are not UTF-8, in the text around the records", text.bad_text);
    if (!st) st = format->parse(text.start, text.length, shown, log, diag);
    pl_free(text.text);
    return st;
}

/* "NAME=COLUMN"; the column of steps is copied, the others are named in log->metrics by name_metrics. */
static pl_status map_steps(training_log *log, const log_options *how, pl_diag *diag)
{
    for (size_t i = 0; i < how->n_map; i++) {
        const char *equals = strchr(how->map[i], '=');
        if (!equals || equals == how->map[i] || !equals[1]) {
            pl_diag_add(diag, PL_ERROR, (pl_place){0}, "write NAME=COLUMN", "the map '%s' is not one", how->map[i]);
            return PL_ERR_USER;
        }
        if (strncmp(how->map[i], "step=", 5) != 0) continue;
        const pl_column *from = log_column_named(&log->table, equals + 1, log->file, diag);
        if (!from) return PL_ERR_USER;
        if (from->spec.text) {
            pl_diag_add(diag, PL_ERROR, (pl_place){.file = log->file}, "name a column of numbers", "the column '%s' holds text",
                        from->spec.name);
            return PL_ERR_USER;
        }
        size_t index = (size_t)(from - log->table.columns), at = pl_table_index(&log->table, "step");
        if (at == (size_t)-1 && add_step(log, &at)) return PL_ERR_WORLD;
        if (log->table.n_rows) memmove(log->table.columns[at].v, log->table.columns[index].v, log->table.n_rows * sizeof(double));
        step_first(&log->table, at);
        log->has_steps = true;
    }
    return PL_OK;
}

static pl_status name_metrics(training_log *log, const log_options *how, pl_diag *diag)
{
    pl_table *t = &log->table;
    log->metrics = pl_alloc_array(t->n_columns + 1, sizeof *log->metrics);
    const char **names = pl_alloc_array(t->n_columns + 1, sizeof *names);
    if (!log->metrics || !names) {
        pl_free(names);
        return PL_ERR_WORLD;
    }
    for (size_t c = 0; c < t->n_columns; c++) names[c] = t->columns[c].spec.name;
    if (!log->framework) log->framework = log->format->framework;
    if (!log->framework) log->framework = metric_framework(names, t->n_columns);
    pl_status st = PL_OK;
    for (size_t c = 0; c < t->n_columns && !st; c++) {
        log_metric *m = &log->metrics[c];
        if (log->framework) m->as = metric_of(log->framework, names[c]);
        if (!m->as) m->as = metric_of("plateau", names[c]);
        if (!m->as) m->as = metric_of("common", names[c]);
        m->name = m->as ? metric_name(m->as, names[c], &log->arena) : NULL;
        if (m->as && !m->name) st = PL_ERR_WORLD;
    }
    for (size_t i = 0; i < how->n_map && !st; i++) {
        const char *equals = strchr(how->map[i], '=');
        if (!strncmp(how->map[i], "step=", 5)) continue;
        const pl_column *c = log_column_named(t, equals + 1, log->file, diag);
        char *name = pl_arena_strndup(&log->arena, how->map[i], (size_t)(equals - how->map[i]));
        if (!c || !name) {
            st = c ? PL_ERR_WORLD : PL_ERR_USER;
            break;
        }
        for (size_t k = 0; k < t->n_columns; k++) /* the map takes the name from any other column */
            if (log->metrics[k].name && !strcmp(log->metrics[k].name, name)) log->metrics[k] = (log_metric){0};
        log->metrics[c - t->columns].name = name;
    }
    pl_free(names);
    return st;
}

/* One demand on rows: a column has a value. */
typedef struct demand {
    size_t column;
    const char *word; /* of a text column */
    double number;
} demand;

static pl_status demand_of(const training_log *log, const char *name, size_t length, const char *value, demand *d, pl_diag *diag)
{
    const pl_table *t = &log->table;
    d->word = value;
    for (d->column = 0; d->column < t->n_columns; d->column++) {
        const pl_column *c = &t->columns[d->column];
        if (strlen(c->spec.name) != length || memcmp(c->spec.name, name, length) != 0) continue;
        if (c->spec.text || pl_read_number(value, &d->number)) return PL_OK;
        pl_diag_add(diag, PL_ERROR, (pl_place){.file = log->file}, "give a number", "'%s' is a column of numbers, and '%s' is none",
                    c->spec.name, value);
        return PL_ERR_USER;
    }
    pl_diag_add(diag, PL_ERROR, (pl_place){.file = log->file}, "leave the choice out, or name a column of the log",
                "the log has no column '%.*s'", (int)length, name);
    return PL_ERR_USER;
}

static bool meets(const pl_table *t, size_t row, const demand *d)
{
    return t->columns[d->column].spec.text ? !strcmp(pl_table_text(t, row, d->column), d->word)
                                           : t->columns[d->column].v[row] == d->number;
}

static pl_status keep_rows(training_log *log, const demand *d, pl_diag *diag)
{
    pl_table *t = &log->table;
    size_t kept = 0;
    for (size_t r = 0; r < t->n_rows; r++) {
        if (!meets(t, r, d)) continue;
        for (size_t c = 0; c < t->n_columns; c++) t->columns[c].v[kept] = t->columns[c].v[r];
        kept++;
    }
    t->n_rows = kept;
    if (kept) return PL_OK;
    const char *name = t->columns[d->column].spec.name;
    if (t->columns[d->column].spec.text)
        pl_diag_add(diag, PL_ERROR, (pl_place){.file = log->file}, "name one that the log has", "no row with %s '%s'", name,
                    d->word);
    else
        pl_diag_add(diag, PL_ERROR, (pl_place){.file = log->file}, "name one that the log has", "no row with %s %g", name,
                    d->number);
    return PL_ERR_USER;
}

/* Only the rows that were asked for stay. */
static pl_status select_rows(training_log *log, const log_options *how, pl_diag *diag)
{
    demand d;
    pl_status st = PL_OK;
    if (how->arm) {
        st = demand_of(log, "arm", 3, how->arm, &d, diag);
        if (!st) st = keep_rows(log, &d, diag);
    }
    if (how->one_replicate && !st) {
        st = demand_of(log, "replicate", 9, "0", &d, diag);
        d.number = (double)how->replicate;
        if (!st) st = keep_rows(log, &d, diag);
    }
    for (size_t i = 0; i < how->n_where && !st; i++) {
        const char *equals = strchr(how->where[i], '=');
        if (!equals || equals == how->where[i]) {
            pl_diag_add(diag, PL_ERROR, (pl_place){0}, "write COLUMN=VALUE", "the choice of rows '%s' is none", how->where[i]);
            return PL_ERR_USER;
        }
        st = demand_of(log, how->where[i], (size_t)(equals - how->where[i]), equals + 1, &d, diag);
        if (!st) st = keep_rows(log, &d, diag);
    }
    return st;
}

static pl_status finish(training_log *log, const log_options *how, bool tables, pl_diag *diag)
{
    pl_status st = map_steps(log, how, diag);
    if (!st) st = select_rows(log, how, diag);
    if (!st && !log->has_steps && !tables) st = number_rows(log);
    if (!st && log->has_steps) st = log_settle(log);
    if (!st) st = name_metrics(log, how, diag);
    for (size_t c = 0; c < log->table.n_columns && !st; c++)
        for (size_t r = 0; r < log->table.n_rows; r++)
            log->counts.missing +=
                log->table.columns[c].spec.text ? log->table.columns[c].v[r] == 0 : isnan(log->table.columns[c].v[r]);
    if (!st && log->counts.non_finite) log_note(log, "%zu values are not finite: missing", log->counts.non_finite);
    return !st && log->broken ? PL_ERR_WORLD : st;
}

/* Parts, in the order of their paths, into the log they are of. */
static pl_status join(training_log *parts, const file_list *files, const log_options *how, training_log *log, pl_diag *diag)
{
    bool tables = false;
    for (size_t i = 0; i < files->n; i++) tables = tables || parts[i].format->table;
    if (tables && files->n > 1) {
        pl_diag_add(diag, PL_ERROR, (pl_place){.file = files->v[1]}, "give one file", "a result table is no part of a run");
        return PL_ERR_USER;
    }
    pl_status st = log_one_trainer(parts, files->v, files->n, diag);
    if (st) return st;
    log_order(parts, files->v, files->n);
    log->format = parts[0].format;
    log->framework = parts[0].framework;
    log->base = parts[0].base ? pl_arena_strdup(&log->arena, parts[0].base) : NULL;
    log->has_steps = true;
    for (size_t i = 0; i < files->n; i++) log->has_steps = log->has_steps && parts[i].has_steps;
    st = log_join(parts, files->v, files->n, log);
    return st ? st : finish(log, how, tables, diag);
}

static pl_status read_all(const file_list *files, const log_options *how, training_log *log, pl_diag *diag)
{
    training_log *parts = pl_alloc_array(files->n, sizeof *parts);
    pl_status st = parts ? PL_OK : PL_ERR_WORLD;
    for (size_t i = 0; i < files->n && parts; i++) training_log_init(&parts[i]);
    for (size_t i = 0; i < files->n && !st; i++) st = read_part(files->v[i], how, &parts[i], diag);
    if (!st) st = join(parts, files, how, log, diag);
    for (size_t i = 0; i < files->n && parts; i++) training_log_free(&parts[i]);
    pl_free(parts);
    return st;
}

/* The world's failures that nobody has told of yet are those of memory. */
static void say_memory(pl_status st, pl_diag *diag)
{
    if (st == PL_ERR_WORLD && diag && !diag->errors) (void)!pl_diag_nomem(diag, "reading a log");
}

pl_status log_import(const importer *format, const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    static const log_options by_itself = {0};
    training_log part;
    file_list files = {.v = &file, .n = 1};
    training_log_init(log);
    training_log_init(&part);
    log->file = file;
    part.format = format;
    pl_status st = format->parse(text, length, file, &part, diag);
    if (!st) st = join(&part, &files, &by_itself, log, diag);
    say_memory(st, diag);
    training_log_free(&part);
    if (st) training_log_free(log);
    return st;
}

pl_status log_open(const char *const *paths, size_t n, const log_options *how, training_log *log, pl_diag *diag)
{
    static const log_options by_itself = {0};
    if (!how) how = &by_itself;
    training_log_init(log);
    file_list files = {.arena = &log->arena};
    pl_status st = PL_OK;
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(paths[i], "-") || pl_exists(paths[i])) continue;
        pl_diag_add(diag, PL_ERROR, (pl_place){.file = paths[i]}, "check the spelling of the path",
                    "there is no such file or folder");
        st = PL_ERR_USER;
    }
    for (size_t i = 0; i < n && !st; i++)
        st = pl_is_dir(paths[i]) ? list_folder(&files, paths[i], diag) : list_add(&files, paths[i]);
    if (!st && files.left_out)
        log_note(log, "%zu other file%s in the folder left out (%s%s)", files.left_out, files.left_out == 1 ? "" : "s",
                 files.first_left_out, files.left_out == 1 ? "" : ", ...");
    if (!st) {
        log->file = strcmp(paths[0], "-") ? pl_arena_strdup(&log->arena, paths[0]) : "standard input";
        if (!log->file) st = PL_ERR_WORLD;
    }
    if (!st) {
        st = read_all(&files, how, log, diag);
    }
    pl_free(files.v);
    say_memory(st, diag);
    if (st) training_log_free(log);
    return st;
}

pl_status log_read(const char *path, pl_table *table, read_counts *counts, pl_diag *diag)
{
    const char *shown = strcmp(path, "-") ? path : "standard input";
    const importer *how = (const importer *)pl_registry_find(&importer_registry, "csv");
    log_text text;
    pl_status st = log_text_read(path, &how, &text, diag);
    if (st) return st;
    size_t first = strspn(text.start, " \t\r\n");
    st = (text.start[first] == '{' ? jsonl_parse : csv_parse)(text.start, text.length, shown, table, counts, diag);
    pl_free(text.text);
    return st;
}
