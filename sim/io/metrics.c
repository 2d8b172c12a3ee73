#include "sim/io/metrics.h"

#include <string.h>

#include "sim/base/str.h"

/* Text that a '*' stood for. */
enum { MOST_STARS = 4 };
typedef struct span {
    const char *text;
    size_t length;
} span;

/* Does the pattern take the whole name? A '*' takes as little as will do, and no blank. */
static bool fits(const char *pattern, const char *name, span *stars, size_t n)
{
    for (; *pattern && *pattern != '*'; pattern++, name++)
        if (*pattern != *name) return false;
    if (!*pattern) return !*name;
    for (size_t length = 1; name[length - 1] && name[length - 1] != ' '; length++) {
        if (n < MOST_STARS) stars[n] = (span){name, length};
        if (fits(pattern + 1, name + length, stars, n + 1)) return true;
    }
    return false;
}

/* The metric's part of "run - metric". */
static const char *behind_run(const char *column)
{
    for (const char *p; (p = strstr(column, " - "));) column = p + 3;
    return column;
}

static const metric_alias *search(const char *framework, const char *name)
{
    span stars[MOST_STARS];
    for (const metric_alias *m = metric_aliases; m->framework; m++)
        if (!strcmp(framework, m->framework) && fits(m->pattern, name, stars, 0)) return m;
    return NULL;
}

/* Whose names trackers put behind "train/". */
static bool is_tracked_as_train(const char *framework)
{
    return !strcmp(framework, "trl") || !strcmp(framework, "openrlhf") || !strcmp(framework, "common");
}

const metric_alias *metric_of(const char *framework, const char *column)
{
    const char *name = behind_run(column);
    const metric_alias *m = search(framework, name);
    if (!m && !strncmp(name, "train/", 6) && is_tracked_as_train(framework)) m = search(framework, name + 6);
    return m;
}

const char *metric_name(const metric_alias *m, const char *column, pl_arena *arena)
{
    span stars[MOST_STARS] = {0};
    const char *name = behind_run(column);
    if (!fits(m->pattern, name, stars, 0) && !strncmp(name, "train/", 6)) (void)fits(m->pattern, name + 6, stars, 0);
    pl_str out;
    pl_str_init(&out);
    for (const char *p = m->name; *p; p++) {
        if (*p == '$' && p[1] >= '1' && p[1] < '1' + MOST_STARS) {
            const span *s = &stars[*++p - '1'];
            if (s->text) pl_str_addn(&out, s->text, s->length);
        } else {
            pl_str_addc(&out, *p);
        }
    }
    const char *end = pl_str_end(&out), *kept = end ? pl_arena_strdup(arena, end) : NULL;
    pl_str_free(&out);
    return kept;
}

const char *metric_framework(const char *const *columns, size_t n)
{
    const char *best = NULL;
    size_t most = 2; /* one or two names may be anybody's */
    for (const metric_alias *m = metric_aliases; m->framework; m++) {
        if (m > metric_aliases && !strcmp(m[-1].framework, m->framework)) continue; /* entries of a framework stand together */
        if (!strcmp(m->framework, "common") || !strcmp(m->framework, "table")) continue;
        size_t known = 0;
        for (size_t c = 0; c < n; c++) known += metric_of(m->framework, columns[c]) != NULL;
        if (known > most) most = known, best = m->framework;
    }
    return best;
}

const metric_alias *metric_twin(const char *framework, const char *column)
{
    const metric_alias *own = search("plateau", column);
    if (!own || !*own->estimator) return NULL;
    for (const metric_alias *m = metric_aliases; m->framework; m++)
        if (!strcmp(m->framework, framework) && !strchr(m->pattern, '*') && !strcmp(m->name, own->name) &&
            !strcmp(m->unit, own->unit) && !strcmp(m->estimator, own->estimator))
            return m;
    return NULL;
}
