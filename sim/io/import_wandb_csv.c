/* The CSV that the W&B page exports: an axis, then for every run "run - metric" with its __MIN and __MAX. */
#include <math.h>
#include <string.h>

#include "sim/io/importer.h"

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n > m && !strcmp(name + n - m, end);
}

static int recognise(const char *text, size_t length, const char *path)
{
    const char *newline = memchr(text, '\n', length);
    if (!newline || *text == '{') return 0;
    for (const char *p = text; (p = strstr(p, "__MIN")) && p < newline; p++)
        if (p[5] == '"' || p[5] == ',') return 95;
    return 0;
}

static void drop_column(pl_table *t, size_t c)
{
    pl_table gone = {.columns = &t->columns[c], .n_columns = 1};
    pl_column *columns = t->columns;
    pl_column kept = columns[c];
    memmove(columns + c, columns + c + 1, (t->n_columns - c - 1) * sizeof *columns);
    t->n_columns--;
    pl_table owner;
    pl_table_init(&owner);
    (void)gone;
    pl_free((char *)(uintptr_t)kept.spec.name);
    pl_free((char *)(uintptr_t)kept.spec.unit);
    pl_free((char *)(uintptr_t)kept.spec.doc);
    for (size_t w = 0; w < kept.n_words; w++) pl_free(kept.words[w]);
    pl_free(kept.words);
    pl_free(kept.v);
}

const importer import_wandb_csv = {0};
