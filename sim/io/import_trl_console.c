/* The console of Hugging Face TRL: a Python dict for every log event, amid progress bars. */
#include <math.h>
#include <string.h>

#include "sim/io/console.h"
#include "sim/io/records.h"

/* What the progress bar before a record says: step `at` of `total`; 0 of 0: there was none. */
typedef struct bar {
    double at, total;
} bar;

typedef struct trl {
    records r;
    bar now, *bars; /* one for each row */
    bool *evaluation;
    size_t capacity, summaries, unread, first_unread;
} trl;

static bool has(const char *p, const char *end, const char *key)
{
    size_t n = strlen(key);
    for (; (size_t)(end - p) >= n && (p = memchr(p, *key, (size_t)(end - p) - n + 1)); p++)
        if (!memcmp(p, key, n)) return true;
    return false;
}

/* Training and evaluation dicts hold the epoch; so does the summary. */
typedef enum dict_role { NOT_A_LOG, TRAINING, EVALUATION, SUMMARY } dict_role;
static dict_role role_of(const char *p, const char *end)
{
    if (!has(p, end, "'epoch'")) return NOT_A_LOG;
    if (has(p, end, "'train_runtime'")) return SUMMARY;
    if (has(p, end, "'eval_")) return EVALUATION;
    return has(p, end, "'loss'") || has(p, end, "'reward'") || has(p, end, "'learning_rate'") ? TRAINING : NOT_A_LOG;
}

/* The last "| 10/500 [" of a stretch of text. */
static void read_bars(bar *now, const char *p, const char *end)
{
    for (; (p = memchr(p, '|', (size_t)(end - p))); p++) {
        const char *q = p + 1;
        double n[2] = {0};
        int digits[2] = {0};
        while (q < end && *q == ' ') q++;
        for (int i = 0; i < 2; i++) {
            for (; q < end && *q >= '0' && *q <= '9'; q++, digits[i]++) n[i] = 10 * n[i] + (*q - '0');
            if (!i && q < end && *q == '/') q++;
        }
        if (digits[0] && digits[1] && end - q >= 2 && q[0] == ' ' && q[1] == '[') *now = (bar){n[0], n[1]};
    }
}

static pl_status keep_bar(trl *t, dict_role role)
{
    size_t row = t->r.cols.rows - 1;
    if (row >= t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 256;
        bar *bars = pl_realloc(t->bars, capacity * sizeof *bars);
        if (!bars) return PL_ERR_WORLD;
        t->bars = bars;
        bool *evaluation = pl_realloc(t->evaluation, capacity * sizeof *evaluation);
        if (!evaluation) return PL_ERR_WORLD;
        t->evaluation = evaluation;
        t->capacity = capacity;
    }
    t->bars[row] = t->now;
    t->evaluation[row] = role == EVALUATION;
    return PL_OK;
}

/* A dict of the line, at p. Moves *p behind it. */
static pl_status take_dict(trl *t, const console *c, const char **p)
{
    const char *stop = c->text + c->length;
    dict_cursor d;
    dict_init(&d, *p, (size_t)(stop - *p));
    bool whole = dict_skip(&d);
    const char *end = whole ? d.p : stop;
    dict_role role = role_of(*p, end);
    pl_status st = d.word.broken ? PL_ERR_WORLD : PL_OK;
    if (!st && role == SUMMARY) {
        t->summaries++;
    } else if (!st && role != NOT_A_LOG && !whole) {
        if (c->last) {
            t->r.log->counts.cut_off += c->length - (size_t)(*p - c->text);
            log_note(t->r.log, "the last record is cut off: %zu bytes left out", (size_t)(stop - *p));
        } else if (!t->unread++) {
            t->first_unread = (size_t)c->line;
        }
    } else if (!st && role != NOT_A_LOG) {
        d.p = *p;
        d.depth = 0;
        st = records_begin(&t->r);
        if (!st) st = dict_flatten(&d, records_take, &t->r);
        if (!st) st = keep_bar(t, role);
    }
    *p = whole ? d.p : *p + 2;
    dict_free(&d);
    return st;
}

static pl_status read_lines(trl *t, const char *text, size_t length)
{
    console c;
    pl_status st = PL_OK;
    console_init(&c, text, length);
    while (!st && console_next(&c)) {
        const char *at = c.text, *next;
        while (!st && (next = console_find(&c, at, "{'"))) {
            read_bars(&t->now, at, next);
            at = next;
            st = take_dict(t, &c, &at);
        }
        read_bars(&t->now, at, c.text + c.length);
    }
    if (!st && c.clean.broken) st = PL_ERR_WORLD;
    console_free(&c);
    return st;
}

/* Are the bars those of the training loop: one total for nearly all training rows, and steps that go up? */
static bool bars_are_steps(const trl *t)
{
    double total = 0, before = 0;
    size_t n = 0, good = 0;
    for (size_t r = 0; r < t->r.cols.rows; r++) total = fmax(total, t->evaluation[r] ? 0 : t->bars[r].total);
    for (size_t r = 0; r < t->r.cols.rows; r++) {
        if (t->evaluation[r]) continue;
        n++;
        good += t->bars[r].total == total && t->bars[r].at > before;
        before = t->bars[r].at;
    }
    return total > 0 && good == n;
}

/* Steps: the dict's own, else the bar's, else the records are counted. An evaluation belongs to the training row before it. */
static pl_status set_steps(trl *t)
{
    size_t step = columns_find(&t->r.cols, "step", 4);
    if (step != (size_t)-1 && t->r.cols.c[step].present) return PL_OK;
    if (step == (size_t)-1 && columns_add(&t->r.cols, "step", 4, &step)) return PL_ERR_WORLD;
    log_column *c = &t->r.cols.c[step];
    bool bars = bars_are_steps(t);
    double count = 0;
    for (size_t r = 0; r < t->r.cols.rows; r++) {
        if (!t->evaluation[r]) count = bars ? t->bars[r].at : count + 1;
        c->v[r] = count;
        c->present++;
    }
    if (bars)
        log_note(t->r.log, "the records hold no step: it is the progress bar's");
    else
        log_note(t->r.log, "the records hold no step: they are counted from 1, one for every logging_steps steps of the optimiser");
    return PL_OK;
}

static int recognise(const char *text, size_t length, const char *path)
{
    console c;
    int sure = 0;
    console_init(&c, text, length);
    while (!sure && console_next(&c))
        for (const char *p = c.text; !sure && (p = console_find(&c, p, "{'")); p += 2)
            if (role_of(p, c.text + c.length) == TRAINING || role_of(p, c.text + c.length) == EVALUATION) sure = 85;
    console_free(&c);
    return sure;
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    trl t = {0};
    bool found = false;
    records_init(&t.r, log);
    pl_status st = read_lines(&t, text, length);
    if (!st && t.r.cols.rows) st = set_steps(&t);
    if (!st && t.summaries) log_note(log, "the summary at the end of training is not a step: left out");
    if (!st && t.unread) log_note(log, "%zu records that cannot be read left out, the first in line %zu", t.unread, t.first_unread);
    log->counts.skipped += t.summaries + t.unread;
    if (!st) st = records_end(&t.r, "dict of the trainer, {'loss': ..., 'epoch': ...},", file, diag);
    if (!st) st = log_step_column(log, (const char *const[]){"step", NULL}, &found);
    pl_free(t.bars);
    pl_free(t.evaluation);
    records_free(&t.r);
    return st;
}

const importer import_trl_console = {
    .entry = {.name = "trl_console", .doc = "console of Hugging Face TRL: Python dicts amid progress bars, numbers bare or quoted"},
    .framework = "trl",
    .console = true,
    .recognise = recognise,
    .parse = parse,
};
