#include "sim/io/labelled.h"

#include <string.h>

int labelled_find(const console *c, const label *labels, size_t n, double *step, const char **dict)
{
    const char *stop = c->text + c->length;
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(labels[i].word), prefix = strlen(labels[i].prefix);
        for (const char *p = c->text; (p = console_find(c, p, labels[i].word)); p++) {
            if (p > c->text && p[-1] != ' ' && p[-1] != '\t') continue;
            const char *q = p + length, *digits = q;
            for (*step = 0; q < stop && *q >= '0' && *q <= '9'; q++) *step = 10 * *step + (*q - '0');
            if (q == digits || stop - q < 4 || memcmp(q, ": {", 3) != 0) continue;
            *dict = q + 2;
            if (!prefix || ((size_t)(stop - q) > prefix + 3 && !memcmp(q + 3, labels[i].prefix, prefix))) return (int)i;
        }
    }
    return -1;
}

void labelled_init(labelled *l, training_log *log)
{
    *l = (labelled){0};
    records_init(&l->r, log);
}

void labelled_free(labelled *l)
{
    records_free(&l->r);
    pl_free(l->which);
}

static pl_status keep(labelled *l, int which)
{
    size_t row = l->r.cols.rows - 1;
    if (row >= l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 256;
        unsigned char *grown = pl_realloc(l->which, capacity);
        if (!grown) return PL_ERR_WORLD;
        l->which = grown;
        l->capacity = capacity;
    }
    l->which[row] = (unsigned char)which;
    return PL_OK;
}

static pl_status take(labelled *l, const console *c, int which, double step, const char *dict)
{
    size_t left = (size_t)(c->text + c->length - dict);
    dict_cursor d;
    dict_init(&d, dict, left);
    bool whole = dict_skip(&d);
    pl_status st = d.word.broken ? PL_ERR_WORLD : PL_OK;
    if (!st && !whole && c->last) {
        l->r.log->counts.cut_off += left;
        log_note(l->r.log, "the last record is cut off: %zu bytes left out", left);
    } else if (!st && !whole) {
        if (!l->unread++) l->first_unread = (size_t)c->line;
    } else if (!st) {
        d.p = dict;
        d.depth = 0;
        st = records_begin(&l->r);
        if (!st) st = dict_flatten(&d, records_take, &l->r);
        if (!st) st = keep(l, which);
        size_t at = columns_find(&l->r.cols, "step", 4);
        if (!st && at == (size_t)-1) st = columns_add(&l->r.cols, "step", 4, &at);
        if (!st) columns_set_number(&l->r.cols, at, step); /* the label's, whatever the dict says */
    }
    dict_free(&d);
    return st;
}

pl_status labelled_read(labelled *l, const char *text, size_t length, const label *labels, size_t n)
{
    console c;
    pl_status st = PL_OK;
    console_init(&c, text, length);
    while (!st && console_next(&c)) {
        double step;
        const char *dict;
        int which = labelled_find(&c, labels, n, &step, &dict);
        if (which >= 0) st = take(l, &c, which, step, dict);
    }
    if (!st && c.clean.broken) st = PL_ERR_WORLD;
    console_free(&c);
    l->r.log->counts.skipped += l->unread;
    if (l->unread)
        log_note(l->r.log, "%zu records that cannot be read left out, the first in line %zu", l->unread, l->first_unread);
    return st;
}
