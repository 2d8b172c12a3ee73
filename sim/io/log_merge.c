/* From rows in the order of a file to rows by step; and the parts of one run into one log. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/io/importer.h"

/* What a log says of itself in every row, whoever writes it: shared by training and evaluation rows, so it tells no restart. */
static bool is_clock(const char *name)
{
    static const char *const clocks[] = {
        "step",   "epoch",      "_step",      "_runtime",       "_timestamp",         "timestamp",   "wall_time",
        "time",   "time_s",     "time/total", "progress/batch", "progress/done_frac", "global_step", "train/global_step",
        "tokens", "num_tokens", "samples",    "gpu_hours"};
    for (size_t i = 0; i < PL_COUNT(clocks); i++)
        if (!strcmp(name, clocks[i])) return true;
    return false;
}

static bool is_present(const pl_column *c, size_t row) { return c->spec.text ? c->v[row] > 0 : !isnan(c->v[row]); }

/* Working memory of one settling. */
typedef struct settling {
    pl_table *t;
    const double *step;
    double *last;    /* for each column, the latest step with a value */
    size_t *row;     /* rows in play, in order */
    size_t n;        /* of them */
    double *restart; /* for each row in play: the step at which the run began again there, else infinity */
    bool *clock;
} settling;

static void settling_free(settling *s)
{
    pl_free(s->last);
    pl_free(s->row);
    pl_free(s->restart);
    pl_free(s->clock);
}

static pl_status settling_init(settling *s, training_log *log)
{
    pl_table *t = &log->table;
    *s = (settling){.t = t, .step = pl_table_find(t, "step")->v};
    s->last = pl_alloc_array(t->n_columns + 1, sizeof *s->last);
    s->row = pl_alloc_array(t->n_rows + 1, sizeof *s->row);
    s->restart = pl_alloc_array(t->n_rows + 1, sizeof *s->restart);
    s->clock = pl_alloc_array(t->n_columns + 1, sizeof *s->clock);
    if (!s->last || !s->row || !s->restart || !s->clock) return PL_ERR_WORLD;
    for (size_t c = 0; c < t->n_columns; c++) {
        s->last[c] = -INFINITY;
        s->clock[c] = is_clock(t->columns[c].spec.name);
    }
    for (size_t r = 0; r < t->n_rows; r++) {
        if (isfinite(s->step[r]))
            s->row[s->n++] = r;
        else
            log->counts.no_step++;
    }
    return PL_OK;
}

/* Can the column tell series apart? By its name; or a column of few words (a model, a split), not one of remarks or dates. */
static bool is_key(const pl_table *t, const pl_column *c)
{
    static const char *const keys[] = {"arm", "replicate", "seed", "run", "model"};
    for (size_t i = 0; i < PL_COUNT(keys); i++)
        if (!strcmp(c->spec.name, keys[i])) return true;
    return c->spec.text && 3 * (c->n_words - 1) <= t->n_rows;
}

/* A key whose value is another in the two rows: they belong to different series. */
static const pl_column *series_column(const pl_table *t, size_t a, size_t b)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        const pl_column *k = &t->columns[c];
        if (is_present(k, a) && is_present(k, b) && k->v[a] != k->v[b] && is_key(t, k)) return k;
    }
    return NULL;
}

/* How many combinations of keys there are (at most MOST_SERIES). */
static size_t count_series(const pl_table *t)
{
    enum { MOST_SERIES = 256, MOST_KEYS = 16 };
    size_t first[MOST_SERIES], keys[MOST_KEYS], n_keys = 0, n = 0;
    for (size_t c = 0; c < t->n_columns && n_keys < MOST_KEYS; c++)
        if (is_key(t, &t->columns[c])) keys[n_keys++] = c;
    for (size_t r = 0; r < t->n_rows && n < MOST_SERIES; r++) {
        bool known = false;
        for (size_t i = n; i-- > 0 && !known;) {
            known = true;
            for (size_t k = 0; k < n_keys; k++) {
                const double *v = t->columns[keys[k]].v;
                known = known && (v[first[i]] == v[r] || (isnan(v[first[i]]) && isnan(v[r])));
            }
        }
        if (!known) first[n++] = r;
    }
    return n;
}

/* Marks where the run began again: more than half of the row's values belong to columns that have one for a later step. */
static const pl_column *find_restarts(settling *s, training_log *log, size_t *restarts)
{
    const pl_table *t = s->t;
    double before = -INFINITY;
    *restarts = 0;
    for (size_t i = 0; i < s->n; i++) {
        size_t r = s->row[i], values = 0, back = 0;
        double step = s->step[r];
        if (i) {
            const pl_column *series = step <= before ? series_column(t, s->row[i - 1], r) : NULL;
            if (series) return series;
        }
        log->counts.backward += step < before;
        for (size_t c = 0; c < t->n_columns; c++) {
            if (s->clock[c] || !is_present(&t->columns[c], r)) continue;
            values++;
            back += s->last[c] > step;
        }
        s->restart[i] = 2 * back > values ? step : INFINITY;
        *restarts += 2 * back > values;
        for (size_t c = 0; c < t->n_columns; c++) {
            if (!is_present(&t->columns[c], r)) continue;
            if (s->restart[i] < INFINITY || step > s->last[c]) s->last[c] = step;
        }
        before = step;
    }
    return NULL;
}

/* Rows that a later restart replaced leave the play. */
static void drop_replaced(settling *s, training_log *log)
{
    double from = INFINITY;
    size_t kept = s->n;
    for (size_t i = s->n; i-- > 0;) {
        bool replaced = s->step[s->row[i]] >= from;
        if (s->restart[i] < from) from = s->restart[i];
        if (replaced)
            log->counts.dropped++;
        else
            s->row[--kept] = s->row[i];
    }
    s->n -= kept;
    memmove(s->row, s->row + kept, s->n * sizeof *s->row);
}

typedef struct keyed {
    double step;
    size_t row;
} keyed;
static int by_step(const void *a, const void *b)
{
    const keyed *x = a, *y = b;
    if (x->step != y->step) return x->step < y->step ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static pl_status sort_rows(settling *s)
{
    bool ordered = true;
    for (size_t i = 1; i < s->n; i++) ordered = ordered && s->step[s->row[i - 1]] <= s->step[s->row[i]];
    if (ordered) return PL_OK;
    keyed *k = pl_alloc_array(s->n, sizeof *k);
    if (!k) return PL_ERR_WORLD;
    for (size_t i = 0; i < s->n; i++) k[i] = (keyed){s->step[s->row[i]], s->row[i]};
    qsort(k, s->n, sizeof *k, by_step);
    for (size_t i = 0; i < s->n; i++) s->row[i] = k[i].row;
    pl_free(k);
    return PL_OK;
}

/* Rows of one step become one; a later value wins. Rewrites the columns in place through a copy of each. */
static pl_status merge_rows(settling *s, training_log *log)
{
    pl_table *t = s->t;
    size_t out = 0;
    double *v = pl_alloc_array(t->n_rows + 1, sizeof *v);
    size_t *to = pl_alloc_array(t->n_rows + 1, sizeof *to);
    if (!v || !to) {
        pl_free(v);
        pl_free(to);
        return PL_ERR_WORLD;
    }
    for (size_t i = 0; i < s->n; i++) {
        if (i && s->step[s->row[i]] != s->step[s->row[i - 1]]) out++;
        to[i] = out;
    }
    size_t rows = s->n ? out + 1 : 0;
    for (size_t c = 0; c < t->n_columns; c++) {
        pl_column *col = &t->columns[c];
        for (size_t r = 0; r < rows; r++) v[r] = col->spec.text ? 0 : NAN;
        for (size_t i = 0; i < s->n; i++) {
            if (!is_present(col, s->row[i])) continue;
            double *cell = &v[to[i]], x = col->v[s->row[i]];
            bool filled = col->spec.text ? *cell > 0 : !isnan(*cell);
            log->counts.repeated += filled && *cell != x && !s->clock[c];
            *cell = x;
        }
        if (rows) memcpy(col->v, v, rows * sizeof *v);
    }
    t->n_rows = rows;
    pl_free(v);
    pl_free(to);
    return PL_OK;
}

static void say_settled(training_log *log, size_t restarts, bool unordered)
{
    const log_counts *n = &log->counts;
    if (n->no_step) log_note(log, "%zu rows without a step left out", n->no_step);
    if (unordered) log_note(log, "the steps are in no order (%zu rows go back): sorted, the later row wins", n->backward);
    if (restarts && !unordered)
        log_note(log, "the run was restarted %zu time%s: %zu earlier rows were replaced and left out", restarts,
                 restarts == 1 ? "" : "s", n->dropped);
    if (n->repeated) log_note(log, "%zu values were logged again for the same step: the last one counts", n->repeated);
}

pl_status log_settle(training_log *log)
{
    settling s = {0};
    size_t restarts = 0;
    pl_status st = settling_init(&s, log);
    if (st) goto out;
    const pl_column *series = find_restarts(&s, log, &restarts);
    if (series) {
        log->series = count_series(s.t);
        log->series_key = pl_arena_strdup(&log->arena, series->spec.name);
        if (!log->series_key) st = PL_ERR_WORLD;
        log->counts.backward = log->counts.no_step = 0;
        log_note(log, "the rows belong to %zu series, told apart by '%s': they are not merged by step", log->series,
                 series->spec.name);
        goto out;
    }
    bool unordered = restarts > 8 && restarts > s.n / 20;
    if (!unordered && restarts) drop_replaced(&s, log);
    log->counts.restarts = unordered ? 0 : restarts;
    st = sort_rows(&s);
    if (!st) st = merge_rows(&s, log);
    if (!st) say_settled(log, restarts, unordered);
out:
    settling_free(&s);
    return st;
}

/* --- parts ------------------------------------------------------------------------------------------------------ */

/* The name of the file without its folder and endings. */
static const char *stem_of(const char *path, pl_arena *arena)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return pl_arena_strndup(arena, name, strcspn(name, "."));
}

static bool says_evaluation(const char *stem)
{
    static const char *const words[] = {"eval", "valid", "test"};
    for (size_t i = 0; i < PL_COUNT(words); i++)
        if (strstr(stem, words[i])) return true;
    return !strcmp(stem, "val");
}

/* The same columns for the most part: the same kind of file, so the later one continues or restarts the earlier. */
static bool same_kind(const pl_table *a, const pl_table *b)
{
    size_t common = 0;
    for (size_t c = 0; c < a->n_columns; c++) common += pl_table_find(b, a->columns[c].spec.name) != NULL;
    return 10 * common >= 8 * (a->n_columns + b->n_columns - common);
}

/* Columns of `part` that `other` has too mean something else: they get the name of the file before them. */
static pl_status set_apart(training_log *part, const pl_table *other, const char *prefix, pl_arena *arena)
{
    size_t renamed = 0;
    for (size_t c = 0; c < part->table.n_columns; c++) {
        pl_column *col = &part->table.columns[c];
        if (is_clock(col->spec.name) || !pl_table_find(other, col->spec.name)) continue;
        size_t n = strlen(prefix) + strlen(col->spec.name) + 2;
        char *name = pl_alloc(n);
        if (!name) return PL_ERR_WORLD;
        snprintf(name, n, "%s/%s", prefix, col->spec.name);
        if (pl_table_find(&part->table, name) || pl_table_find(other, name)) {
            pl_free(name);
            continue;
        }
        pl_free((char *)(uintptr_t)col->spec.name);
        col->spec.name = name;
        renamed++;
    }
    if (renamed)
        log_note(part, "%zu column%s that the other file has too: called %s/...", renamed, renamed == 1 ? "" : "s", prefix);
    return part->broken ? PL_ERR_WORLD : PL_OK;
}

static pl_status name_apart(training_log *parts, const char *const *paths, size_t n, pl_arena *arena)
{
    for (size_t i = 1; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            bool shared = parts[i].format == parts[j].format && parts[i].format && parts[i].format->shared_names;
            if (shared || same_kind(&parts[i].table, &parts[j].table)) continue;
            const char *a = stem_of(paths[j], arena), *b = stem_of(paths[i], arena);
            if (!a || !b) return PL_ERR_WORLD;
            bool first = says_evaluation(a) && !says_evaluation(b), second = says_evaluation(b) && !says_evaluation(a);
            pl_status st = first    ? set_apart(&parts[j], &parts[i].table, "eval", arena)
                           : second ? set_apart(&parts[i], &parts[j].table, "eval", arena)
                                    : set_apart(&parts[i], &parts[j].table, b, arena);
            if (st) return st;
        }
    }
    return PL_OK;
}

static pl_status append(pl_table *to, const pl_table *from, training_log *log)
{
    size_t first = to->n_rows, row;
    for (size_t r = 0; r < from->n_rows; r++)
        if (pl_table_add_row(to, &row)) return PL_ERR_WORLD;
    for (size_t c = 0; c < from->n_columns; c++) {
        const pl_column *f = &from->columns[c];
        size_t at = pl_table_index(to, f->spec.name);
        if (at == (size_t)-1 && pl_table_add_column(to, &f->spec, &at)) return PL_ERR_WORLD;
        pl_column *g = &to->columns[at];
        if (f->spec.text != g->spec.text) { /* words in one file, numbers in the other: no column holds both */
            for (size_t r = 0; r < from->n_rows; r++) log->counts.skipped += is_present(f, r);
            log_note(log, "'%s' is text in one file and numbers in another: the later file's values are left out", f->spec.name);
            continue;
        }
        for (size_t r = 0; r < from->n_rows; r++) {
            if (!f->spec.text)
                g->v[first + r] = f->v[r];
            else if (pl_table_set_text(to, first + r, at, pl_table_text(from, r, c)))
                return PL_ERR_WORLD;
        }
    }
    return PL_OK;
}

static void add_counts(log_counts *to, const log_counts *from)
{
    to->records += from->records;
    to->non_finite += from->non_finite;
    to->skipped += from->skipped;
    to->repeated += from->repeated;
    to->backward += from->backward;
    to->restarts += from->restarts;
    to->dropped += from->dropped;
    to->no_step += from->no_step;
    to->cut_off += from->cut_off;
    to->bad_crc += from->bad_crc;
    to->bad_text += from->bad_text;
}

/* Rows from that step on, which a later part replaces. */
static size_t drop_from(training_log *part, double step)
{
    pl_table *t = &part->table;
    const pl_column *steps = pl_table_find(t, "step");
    size_t kept = 0, all = t->n_rows;
    if (!steps) return 0;
    for (size_t r = 0; r < all; r++) {
        if (steps->v[r] >= step) continue;
        for (size_t c = 0; c < t->n_columns; c++) t->columns[c].v[kept] = t->columns[c].v[r];
        kept++;
    }
    t->n_rows = kept;
    return all - kept;
}

void log_order(training_log *parts, const char **paths, size_t n)
{
    bool known = true;
    for (size_t i = 0; i < n; i++) known = known && !isnan(parts[i].began);
    for (size_t i = 1; i < n && known; i++)
        for (size_t j = i; j > 0 && parts[j].began < parts[j - 1].began; j--) {
            training_log part = parts[j];
            const char *path = paths[j];
            parts[j] = parts[j - 1], parts[j - 1] = part;
            paths[j] = paths[j - 1], paths[j - 1] = path;
        }
    for (size_t i = 1; i < n; i++) {
        size_t dropped = 0;
        if (!(parts[i].started_at < INFINITY)) continue;
        for (size_t j = 0; j < i; j++) dropped += drop_from(&parts[j], parts[i].started_at);
        if (!dropped) continue;
        parts[i].counts.restarts++;
        parts[i].counts.dropped += dropped;
        log_note(&parts[i], "the run was started again at step %g: %zu rows of earlier files were dropped", parts[i].started_at,
                 dropped);
    }
}

/* Whose name for the training reward the part has; NULL: it has none, or nobody's. */
static const char *rewarded_by(const training_log *part, const char **names)
{
    const pl_table *t = &part->table;
    const char *who = part->framework ? part->framework : part->format->framework;
    for (size_t c = 0; c < t->n_columns; c++) names[c] = t->columns[c].spec.name;
    if (!who) who = metric_framework(names, t->n_columns);
    for (size_t c = 0; c < t->n_columns && who; c++) {
        const metric_alias *m = metric_of(who, names[c]);
        if (!m) m = metric_of("common", names[c]);
        if (m && !strcmp(m->name, "reward/mean")) return who;
    }
    return NULL;
}

pl_status log_one_trainer(const training_log *parts, const char *const *paths, size_t n, pl_diag *diag)
{
    const char *first = NULL, *who;
    size_t at = 0;
    for (size_t i = 0; i < n && n > 1; i++) {
        const char **names = pl_alloc_array(parts[i].table.n_columns + 1, sizeof *names);
        if (!names) return PL_ERR_WORLD;
        who = rewarded_by(&parts[i], names);
        pl_free(names);
        if (who && first && strcmp(who, first) != 0) {
            pl_diag_add(diag, PL_ERROR, (pl_place){.file = paths[i]}, "give the files of one run only",
                        "this is a log of %s, and %s is one of %s: not one run", who, paths[at], first);
            return PL_ERR_USER;
        }
        if (who && !first) first = who, at = i;
    }
    return PL_OK;
}

pl_status log_join(training_log *parts, const char *const *paths, size_t n, training_log *out)
{
    pl_status st = n > 1 ? name_apart(parts, paths, n, &out->arena) : PL_OK;
    for (size_t i = 0; i < n && !st; i++) {
        if (!i) {
            pl_table_free(&out->table);
            out->table = parts[0].table;
            pl_table_init(&parts[0].table);
        } else {
            st = append(&out->table, &parts[i].table, out);
        }
        if (parts[i].broken) st = PL_ERR_WORLD;
        add_counts(&out->counts, &parts[i].counts);
        for (size_t k = 0; k < parts[i].n_notes && !st; k++) {
            if (n > 1)
                log_note(out, "%s: %s", paths[i], parts[i].notes[k]);
            else
                log_note(out, "%s", parts[i].notes[k]);
        }
    }
    out->counts.files = n;
    return st ? st : out->broken ? PL_ERR_WORLD : PL_OK;
}
