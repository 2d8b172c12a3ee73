#include "sim/io/exporter.h"

#include <string.h>

pl_status export_select(const pl_table *t, const char *arm, size_t replicate, pl_table *out)
{
    const pl_column *replicates = pl_table_find(t, "replicate");
    size_t arms = pl_table_index(t, "arm");
    pl_status st = PL_OK;
    for (size_t c = 0; c < t->n_columns && !st; c++) st = pl_table_add_column(out, &t->columns[c].spec, NULL);
    for (size_t r = 0; r < t->n_rows && !st; r++) {
        if (arms != (size_t)-1 && strcmp(pl_table_text(t, r, arms), arm) != 0) continue;
        if (replicates && replicates->v[r] != (double)replicate) continue;
        st = pl_table_copy_row(out, t, r);
    }
    return st;
}

const char *export_name(const char *arm, size_t replicate, size_t twin, pl_arena *arena)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    char *name = pl_arena_strdup(arena, arm);
    if (!name) return NULL;
    for (char *p = name; *p; p++)
        if (!strchr(safe, *p)) *p = '_';
    if (*name == '.') *name = '_'; /* neither hidden nor a way up */
    char number[32] = "";
    if (twin) snprintf(number, sizeof number, "~%zu", twin + 1);
    return pl_arena_printf(arena, "%s%s%sr%zu", name, number, *name ? "-" : "", replicate);
}

bool export_is_metric(const pl_column *c) { return !c->spec.text && c->spec.origin != PL_KEY; }
