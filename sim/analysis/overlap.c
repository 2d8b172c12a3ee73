#include "sim/analysis/overlap.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const overlap_statistics[] = {"overlap.shared", "overlap.chance", "overlap.ratio", NULL};

bool is_overlap_statistic(const char *name)
{
    for (size_t i = 0; overlap_statistics[i]; i++)
        if (strcmp(name, overlap_statistics[i]) == 0) return true;
    return false;
}

static const pl_column *mask_column(const pl_table *t, size_t i)
{
    char name[32];
    snprintf(name, sizeof name, "update/mask/%zu", i);
    const pl_column *c = pl_table_find(t, name);
    return c && !c->spec.text ? c : NULL;
}

/* The last row of an arm's replicate that has a mask; (size_t)-1: none. */
static size_t last_row(const selection *which, int replicate)
{
    const pl_table *t = which->table;
    const pl_column *step = pl_table_find(t, "step"), *own = pl_table_find(t, "replicate"), *mask = mask_column(t, 0);
    size_t arm = pl_table_index(t, "arm"), last = (size_t)-1;
    for (size_t row = 0; step && own && mask && row < t->n_rows; row++) {
        if ((int)own->v[row] != replicate || isnan(mask->v[row])) continue;
        if (which->arm && arm != (size_t)-1 && strcmp(pl_table_text(t, row, arm), which->arm) != 0) continue;
        if (last == (size_t)-1 || step->v[row] >= step->v[last]) last = row;
    }
    return last;
}

/* The mask of a replicate, [n] of 0 and 1. */
static bool unpack(const selection *which, int replicate, size_t n, unsigned char *out)
{
    size_t row = last_row(which, replicate);
    if (row == (size_t)-1) return false;
    for (size_t i = 0; i < n; i++) {
        double word = mask_column(which->table, i / OVERLAP_BITS)->v[row];
        out[i] = (unsigned char)((uint64_t)word >> i % OVERLAP_BITS & 1);
    }
    return true;
}

static void compare(const unsigned char *masks, size_t runs, size_t n, overlap *out)
{
    double shared = 0, chance = 0, pairs = 0;
    for (size_t a = 0; a < runs; a++)
        for (size_t b = 0; b < runs; b++) {
            double own = 0, other = 0, both = 0;
            for (size_t i = 0; i < n && a != b; i++) {
                own += masks[a * n + i];
                other += masks[b * n + i];
                both += masks[a * n + i] && masks[b * n + i];
            }
            if (!(own > 0)) continue;
            shared += both / own;
            chance += other / (double)n;
            pairs++;
        }
    if (pairs == 0) return;
    *out = (overlap){shared / pairs, chance / pairs, shared / chance};
}

pl_status overlap_of(const selection *which, overlap *out)
{
    size_t words = 0, replicates = pl_table_replicates(which->table), runs = 0;
    *out = (overlap){NAN, NAN, NAN};
    while (mask_column(which->table, words)) words++;
    if (!words) return PL_OK;
    size_t n = words * OVERLAP_BITS;
    unsigned char *masks = pl_alloc_array(replicates, n);
    if (!masks) return PL_ERR_WORLD;
    for (size_t r = 0; r < replicates; r++)
        if (which->without != (int)r && unpack(which, (int)r, n, masks + runs * n)) runs++;
    if (runs > 1) compare(masks, runs, n, out);
    pl_free(masks);
    return PL_OK;
}
