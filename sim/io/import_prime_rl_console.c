/* The console of prime-rl, orchestrator or trainer: "Step 12 | Time: 4.5s | Reward: 0.43 | ...", with or without the colons. */
#include <math.h>
#include <string.h>

#include "sim/io/console.h"
#include "sim/io/records.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* "Step <digits> | " at the start of the line or behind a blank. */
static const char *find_record(const console *c, double *step)
{
    const char *stop = c->text + c->length;
    for (const char *p = c->text; (p = console_find(c, p, "Step ")); p++) {
        const char *q = p + 5;
        if (p > c->text && (p[-1] != ' ' || (p - c->text > 5 && !memcmp(p - 6, "Micro ", 6)))) continue;
        for (*step = 0; q < stop && is_digit(*q); q++) *step = 10 * *step + (*q - '0');
        if (q > p + 5 && stop - q >= 3 && !memcmp(q, " | ", 3)) return q + 3;
    }
    return NULL;
}

static int recognise(const char *text, size_t length, const char *path)
{
    console c;
    int sure = 0;
    double step;
    console_init(&c, text, length);
    while (!sure && console_next(&c)) {
        const char *p = find_record(&c, &step);
        if (p && (console_find(&c, p, "Reward") || console_find(&c, p, "Loss"))) sure = 88;
    }
    console_free(&c);
    return sure;
}

static size_t number_at(const char *p, const char *stop, double *x)
{
    size_t n = 0;
    while (p + n < stop && (is_digit(p[n]) || strchr("+-.eE", p[n]))) n++;
    if (!n || !p[0]) {
        for (n = 0; p + n < stop && ((p[n] | 0x20) >= 'a' && (p[n] | 0x20) <= 'z'); n++) continue;
    }
    return n && n < 64 && field_read(p, n, x) <= FIELD_NON_FINITE ? n : 0;
}

/* One part between bars: "Name: 0.43", "Name 0.43", "Name 120/128 (93.8%)", or the time alone, "4.5s". */
static pl_status part(records *r, const char *p, const char *stop, size_t *unread)
{
    while (p < stop && *p == ' ') p++;
    while (stop > p && stop[-1] == ' ') stop--;
    const char *value = p;
    for (const char *q = p; q + 1 < stop; q++) /* behind a colon, whatever digits the name holds */
        if (q[0] == ':' && q[1] == ' ') value = q + 2;
    if (value == p && value < stop && !is_digit(*value)) { /* the value is the first word that begins like a number */
        for (; value < stop; value++) {
            if (value == p || value[-1] != ' ') continue;
            double x;
            if (number_at(value, stop, &x)) break;
        }
    }
    dict_value v = {.kind = DICT_NUMBER};
    size_t n = value < stop ? number_at(value, stop, &v.number) : 0;
    if (!n) {
        ++*unread;
        return PL_OK;
    }
    const char *name_end = value; /* the bar before it, when the time stands alone */
    while (name_end > p && (name_end[-1] == ' ' || name_end[-1] == ':')) name_end--;
    if (isnan(v.number)) v.kind = DICT_NON_FINITE;
    double whole;
    if (value + n < stop && value[n] == '/' && number_at(value + n + 1, stop, &whole) && whole > 0)
        v.number /= whole;
    else if (value + n < stop && value[n] == '%')
        v.number /= 100;
    return name_end == p ? records_put(r, "Time", 4, &v) : records_put(r, p, (size_t)(name_end - p), &v);
}

static pl_status record(records *r, const console *c, const char *p, double step, size_t *unread)
{
    const char *stop = c->text + c->length;
    pl_status st = records_begin(r);
    if (!st) st = records_number(r, "step", step);
    while (p < stop && !st) {
        const char *bar = console_find(c, p, " | ");
        if (!bar && c->last) {
            r->log->counts.cut_off += (size_t)(stop - p);
            log_note(r->log, "the last line has no end: its last value is left out (%zu bytes)", (size_t)(stop - p));
            break;
        }
        if (!bar) bar = stop;
        st = part(r, p, bar, unread);
        p = bar + 3;
    }
    return st;
}

static pl_status parse(const char *text, size_t length, const char *file, training_log *log, pl_diag *diag)
{
    records r;
    console c;
    size_t unread = 0;
    bool found;
    pl_status st = PL_OK;
    records_init(&r, log);
    console_init(&c, text, length);
    while (!st && console_next(&c)) {
        double step;
        const char *p = find_record(&c, &step);
        if (p) st = record(&r, &c, p, step, &unread);
    }
    if (!st && c.clean.broken) st = PL_ERR_WORLD;
    log->counts.skipped += unread;
    if (!st && unread) log_note(log, "%zu parts without a number left out", unread);
    if (!st) st = records_end(&r, "line 'Step N | Name: value | ...'", file, diag);
    if (!st) st = log_step_column(log, (const char *const[]){"step", NULL}, &found);
    console_free(&c);
    records_free(&r);
    return st;
}

const importer import_prime_rl_console = {
    .entry = {.name = "prime_rl_console", .doc = "console of prime-rl, orchestrator or trainer: 'Step N | Name: value | ...'"},
    .framework = "prime_rl",
    .console = true,
    .recognise = recognise,
    .parse = parse,
};
