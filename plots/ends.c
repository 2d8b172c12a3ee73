#include "plots/ends.h"

#include <math.h>
#include <string.h>

static const size_t none = (size_t)-1;
enum { RUNS_MOST = 1 << 20 };        /* a log may hold anything in a column of that name */

static bool probed(const pl_table *t, size_t row, pl_strings probe)
{
    for (size_t i = 0; i < probe.n; i++) {
        const pl_column *c = pl_table_find(t, probe.v[i]);
        if (c && !c->spec.text && isfinite(c->v[row])) return true;
    }
    return false;
}

/* Where a row stands in its run. */
static double key_of(const pl_column *steps, size_t row) { return steps ? steps->v[row] : (double)row; }

static void take_steps(const pl_column *steps, ends *e)
{
    e->step[ENDS_FIRST] = e->step[ENDS_LAST] = NAN;
    for (size_t k = 0; k < e->n; k++) {
        e->apart |= e->row[ENDS_FIRST][k] != e->row[ENDS_LAST][k];
        if (!steps) continue;
        e->step[ENDS_FIRST] = fmin(e->step[ENDS_FIRST], steps->v[e->row[ENDS_FIRST][k]]);      /* fmin passes over NaN */
        e->step[ENDS_LAST] = fmax(e->step[ENDS_LAST], steps->v[e->row[ENDS_LAST][k]]);
    }
}

pl_status ends_make(const pl_table *t, const char *arm, pl_strings probe, pl_arena *arena, ends *out)
{
    const pl_column *steps = pl_table_find(t, "step"), *runs = pl_table_find(t, "replicate"), *arms = pl_table_find(t, "arm");
    if (steps && steps->spec.text) steps = NULL;
    if (runs && runs->spec.text) runs = NULL;
    if (arms && !arms->spec.text) arms = NULL;
    size_t most = pl_table_replicates(t), kept = 0;
    most = most && runs ? most : 1;
    most = most < RUNS_MOST ? most : RUNS_MOST;
    *out = (ends){.n = 0};
    for (int m = 0; m < ENDS_MOMENTS; m++) {
        out->row[m] = pl_arena_array(arena, most, sizeof *out->row[m]);
        if (!out->row[m]) return PL_ERR_WORLD;
        for (size_t r = 0; r < most; r++) out->row[m][r] = none;
    }
    size_t *first = out->row[ENDS_FIRST], *last = out->row[ENDS_LAST];
    for (size_t row = 0; row < t->n_rows; row++) {
        if (arms && *arm && strcmp(pl_table_text(t, row, pl_table_index(t, "arm")), arm) != 0) continue;
        double run = runs ? runs->v[row] : 0, key = key_of(steps, row);
        if (!(run >= 0 && run < (double)most) || !isfinite(key) || !probed(t, row, probe)) continue;
        size_t r = (size_t)run;
        if (first[r] == none || key < key_of(steps, first[r])) first[r] = row;
        if (last[r] == none || key >= key_of(steps, last[r])) last[r] = row;
    }
    for (size_t r = 0; r < most; r++) {
        if (first[r] == none) continue;
        first[kept] = first[r];
        last[kept++] = last[r];
    }
    out->n = kept;
    take_steps(steps, out);
    return PL_OK;
}

size_t ends_values(const pl_table *t, const ends *e, ends_moment when, const char *column, double *v)
{
    const pl_column *c = pl_table_find(t, column);
    size_t n = 0;
    for (size_t k = 0; c && !c->spec.text && k < e->n; k++)
        if (isfinite(c->v[e->row[when][k]])) v[n++] = c->v[e->row[when][k]];
    return n;
}
