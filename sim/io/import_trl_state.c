/* trainer_state.json of Hugging Face's Trainer: one JSON object with the list log_history. */
#include <string.h>

#include "sim/io/records.h"

static int recognise(const char *text, size_t length, const char *path)
{
    const char *p = text + strspn(text, " \t\r\n");
    return *p == '{' && strstr(p, "\"log_history\"") ? 95 : 0;
}

typedef struct state {
    records r;
    dict_cursor c;
    size_t summaries;
    double logging_steps;
    const char *item; /* where the item at hand begins */
} state;

/* The summary at the end of training is not a step of it. */
static bool is_summary(const char *item, const char *end)
{
    const char *close = memchr(item, '}', (size_t)(end - item));
    if (!close) close = end;
    for (const char *p = item; (p = memchr(p, '"', (size_t)(close - p))); p++)
        if (close - p > 15 && !memcmp(p, "\"train_runtime\"", 15)) return true;
    return false;
}

static pl_status read_history(state *s)
{
    if (!dict_open(&s->c, '[')) return PL_ERR_USER;
    for (size_t n = 0; dict_more(&s->c, ']', n); n++) {
        dict_blanks(&s->c);
        s->item = s->c.p;
        if (is_summary(s->item, s->c.end)) {
            s->summaries++;
            if (!dict_skip(&s->c)) return PL_ERR_USER;
            s->item = NULL;
            continue;
        }
        pl_status st = records_begin(&s->r);
        if (!st) st = dict_flatten(&s->c, records_take, &s->r);
        if (st == PL_ERR_USER) records_undo(&s->r);
        if (st) return st;
        s->item = NULL;
    }
    return s->c.fault ? PL_ERR_USER : PL_OK;
}

static pl_status read_document(state *s)
{
    if (!dict_open(&s->c, '{')) return PL_ERR_USER;
    for (size_t n = 0; dict_more(&s->c, '}', n); n++) {
        const char *name;
        size_t length;
        dict_value v;
        if (!dict_key(&s->c, &name, &length)) return PL_ERR_USER;
        if (length == 11 && !memcmp(name, "log_history", 11)) {
            pl_status st = read_history(s);
            if (st) return st;
        } else {
            bool logging = length == 13 && !memcmp(name, "logging_steps", 13);
            if (!dict_read(&s->c, &v) || ((v.kind == DICT_OBJECT || v.kind == DICT_LIST) && !dict_skip(&s->c))) return PL_ERR_USER;
            if (logging && v.kind == DICT_NUMBER) s->logging_steps = v.number;
        }
    }
    if (s->c.fault) return PL_ERR_USER;
    dict_blanks(&s->c);
    if (s->c.p == s->c.end) return PL_OK;
    s->c.fault = "something behind the object";
    return PL_ERR_USER;
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    state s = {0};
    bool found = false;
    records_init(&s.r, log);
    dict_init(&s.c, text, length);
    pl_status st = read_document(&s);
    if (s.c.word.broken || s.c.path.broken) st = PL_ERR_WORLD;
    if (st == PL_ERR_USER && s.c.cut && s.r.cols.rows) { /* caught while it was written */
        log->counts.cut_off = (size_t)(text + length - (s.item ? s.item : s.c.p));
        if (s.item)
            log_note(log, "the file is cut off: %zu bytes of an unfinished record left out", log->counts.cut_off);
        else
            log_note(log, "the file is cut off behind its record %zu", s.r.cols.rows);
        st = PL_OK;
    } else if (st == PL_ERR_USER) {
        pl_diag_add(diag, PL_ERROR, log_place(text, s.c.p, file), "mend the file, or give what is whole of it", "%s", s.c.fault);
    }
    if (!st && s.summaries) {
        log->counts.skipped += s.summaries;
        log_note(log, "the summary at the end of training is not a step: left out");
    }
    if (!st && s.logging_steps > 1) log_note(log, "every row is a mean over %.0f steps (logging_steps)", s.logging_steps);
    if (!st) st = records_end(&s.r, "item of log_history", file, diag);
    if (!st) st = log_step_column(log, (const char *const[]){"step", NULL}, &found);
    dict_free(&s.c);
    records_free(&s.r);
    return st;
}

const importer import_trl_state = {
    .entry = {.name = "trl_state", .doc = "trainer_state.json of Hugging Face TRL, old and new names"},
    .framework = "trl",
    .recognise = recognise,
    .parse = parse,
};
