/* The console of verl: "step:12 - critic/score/mean:0.416 - ..." amid everything else that Ray prints. */
#include <math.h>
#include <string.h>

#include "sim/io/console.h"
#include "sim/io/records.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* "step:<digits> - " at the start of the line or behind a blank; NULL: not in this line. */
static const char *find_record(const console *c)
{
    const char *stop = c->text + c->length;
    for (const char *p = c->text; (p = console_find(c, p, "step:")); p++) {
        if (p > c->text && p[-1] != ' ' && p[-1] != '\t') continue;
        const char *q = p + 5;
        while (q < stop && is_digit(*q)) q++;
        if (q > p + 5 && stop - q >= 3 && !memcmp(q, " - ", 3)) return p;
    }
    return NULL;
}

static int recognise(const char *text, size_t length, const char *path)
{
    static const char *const signs[] = {"(main_task pid=", "(TaskRunner pid=", "'adv_estimator'"};
    console c;
    int sure = 0;
    console_init(&c, text, length);
    while (sure < 95 && console_next(&c)) {
        if (find_record(&c)) sure = 95;
        for (size_t i = 0; i < PL_COUNT(signs) && sure < 60; i++)
            if (console_find(&c, c.text, signs[i])) sure = 60;
    }
    console_free(&c);
    return sure;
}

typedef struct verl {
    records r;
    size_t unread, first_unread; /* values that are no numbers; line of the first */
    double step;                 /* of the last record */
    const char *initial, *final; /* the validation dicts before and after training, in the file's text */
} verl;

/* "actor/lr(1e-4)" is in units of 1e-4; "test_score/x" is what later steps call "val/test_score/x". */
static pl_status put(verl *v, const char *key, size_t length, dict_value *value)
{
    char name[256];
    const char *open = length && key[length - 1] == ')' ? memchr(key, '(', length) : NULL;
    double unit;
    if (open && field_read(open + 1, (size_t)(key + length - 1 - open - 1), &unit) == FIELD_NUMBER) {
        value->number *= unit;
        length = (size_t)(open - key);
    }
    if (length > 11 && length < 200 && !memcmp(key, "test_score/", 11)) {
        int n = snprintf(name, sizeof name, "val/%.*s", (int)length, key);
        return records_put(&v->r, name, (size_t)n, value);
    }
    return records_put(&v->r, key, length, value);
}

/* One "key:value"; the value may be a number, np.float64(...), or quoted. */
static pl_status field(verl *v, const char *text, size_t length, int line)
{
    while (length && text[length - 1] == ' ') length--;
    const char *colon = text + length;
    while (colon > text && colon[-1] != ':') colon--;
    dict_value value = {0};
    bool good = false;
    if (colon > text + 1 && colon < text + length) {
        char copy[128]; /* with a blank behind, so that the end of the text is not taken for a cut */
        size_t n = (size_t)(text + length - colon);
        dict_cursor c;
        if (n + 2 < sizeof copy) {
            memcpy(copy, colon, n);
            copy[n] = ' ';
            dict_init(&c, copy, n + 1);
            good = dict_read(&c, &value) && (dict_blanks(&c), c.p == c.end) && value.kind <= DICT_NULL;
            dict_free(&c);
        }
    }
    if (good) return put(v, text, (size_t)(colon - 1 - text), &value);
    if (!v->unread++) v->first_unread = (size_t)line;
    return PL_OK;
}

static pl_status validation(verl *v, const char *dict, const char *end, double step)
{
    dict_cursor c;
    dict_value number;
    pl_status st = records_begin(&v->r);
    if (!st) st = records_number(&v->r, "step", step);
    dict_init(&c, dict, (size_t)(end - dict));
    bool good = !st && dict_open(&c, '{');
    for (size_t n = 0; good && !st && dict_more(&c, '}', n); n++) {
        const char *name;
        size_t length;
        good = dict_key(&c, &name, &length) && dict_read(&c, &number);
        if (good && number.kind <= DICT_NULL) st = put(v, name, length, &number);
    }
    if (!st && (!good || c.fault)) v->unread++;
    dict_free(&c);
    return st;
}

static pl_status record(verl *v, const console *c, const char *end)
{
    const char *p = find_record(c), *stop = c->text + c->length;
    if (!p) return PL_OK;
    double step = 0;
    for (p += 5; is_digit(*p); p++) step = 10 * step + (*p - '0');
    if (v->initial) { /* what was measured before training belongs to the first step */
        pl_status st = validation(v, v->initial, end, step);
        if (st) return st;
        v->initial = NULL;
        log_note(v->r.log, "the validation before training is put at step %.0f", step);
    }
    v->step = step;
    pl_status st = records_begin(&v->r);
    if (!st) st = records_number(&v->r, "step", step);
    for (p += 3; p < stop && !st;) {
        const char *next = console_find(c, p, " - ");
        if (!next && c->last) { /* nobody knows whether the last number is all there */
            v->r.log->counts.cut_off += (size_t)(stop - p);
            log_note(v->r.log, "the last line has no end: its last value is left out (%zu bytes)", (size_t)(stop - p));
            break;
        }
        if (!next) next = stop;
        st = field(v, p, (size_t)(next - p), c->line);
        p = next + 3;
    }
    double global = records_get(&v->r, "training/global_step");
    if (!st && !isnan(global) && global != step) {
        v->r.cols.c[columns_find(&v->r.cols, "step", 4)].v[v->r.cols.rows - 1] = global;
        v->step = global;
    }
    return st;
}

/* Does the text around records hold the validation dicts? Only in lines without a record. */
static void find_validation(verl *v, const console *c, const char *raw, const char *raw_end)
{
    static const char *const words[] = {"Initial validation metrics: {", "Final validation metrics: {"};
    for (int i = 0; i < 2; i++) {
        if (!console_find(c, c->text, words[i])) continue;
        for (const char *p = raw; p && raw_end - p > (long)strlen(words[i]); p++)
            if (*p == words[i][0] && !memcmp(p, words[i], strlen(words[i]))) {
                *(i ? &v->final : &v->initial) = p + strlen(words[i]) - 1;
                break;
            }
    }
}

/* The dict after training repeats the last step's validation, unless there was none. */
static pl_status take_final(verl *v, const char *end)
{
    if (!v->final || !v->r.cols.rows) return PL_OK;
    for (size_t c = 0; c < v->r.cols.n; c++) {
        const log_column *col = &v->r.cols.c[c];
        if (strncmp(col->name, "val", 3) == 0 && !isnan(col->v[v->r.cols.rows - 1])) {
            v->r.log->counts.skipped++;
            log_note(v->r.log, "the validation after training repeats that of the last step: left out");
            return PL_OK;
        }
    }
    return validation(v, v->final, end, v->step);
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    verl v = {0};
    console c;
    bool found;
    pl_status st = PL_OK;
    records_init(&v.r, log);
    console_init(&c, text, length);
    while (!st) {
        const char *raw = c.p;
        if (!console_next(&c)) break;
        if (console_find(&c, c.text, "step:"))
            st = record(&v, &c, text + length);
        else
            find_validation(&v, &c, raw, c.p);
    }
    if (!st && c.clean.broken) st = PL_ERR_WORLD;
    if (!st) st = take_final(&v, text + length);
    if (!st && v.unread) {
        log->counts.skipped += v.unread;
        log_note(log, "%zu values that are no numbers left out, the first in line %zu", v.unread, v.first_unread);
    }
    if (!st) st = records_end(&v.r, "line with 'step:N - name:value - ...'", file, diag);
    if (!st) st = log_step_column(log, (const char *const[]){"step", NULL}, &found);
    console_free(&c);
    records_free(&v.r);
    return st;
}

const importer import_verl_console = {
    .entry = {.name = "verl_console",
              .doc = "console of verl: lines 'step:N - name:value - ...' of 2024 and 2025, Ray prefixes and colours"},
    .framework = "verl",
    .console = true,
    .recognise = recognise,
    .parse = parse,
};
