#include "plots/curve.h"

#include <stdlib.h>
#include <string.h>

const char *const curve_band_names[] = {"none", "auto", "mean", "runs", NULL};
enum { RUNS_FOR_QUANTILES = 20, RUNS_MOST = 1 << 20 };

curve_band curve_band_for(curve_band wanted, size_t replicates)
{
    if (replicates < 2 || wanted == BAND_NONE) return BAND_NONE;
    return wanted != BAND_AUTO ? wanted : replicates >= RUNS_FOR_QUANTILES ? BAND_RUNS : BAND_MEAN;
}

const char *curve_band_text(curve_band band, size_t replicates, pl_arena *arena)
{
    if (band == BAND_NONE) return "";
    return pl_arena_printf(arena, band == BAND_RUNS ? "band: 90%% of %zu runs" : "band: 95%% CI of the mean over %zu runs",
                           replicates);
}

typedef struct sample { double key, x, y; size_t row; int run; } sample;

static int by_key(const void *a, const void *b)
{
    const sample *p = a, *q = b;
    if (p->key != q->key) return p->key < q->key ? -1 : 1;
    return p->row < q->row ? -1 : p->row > q->row;
}

static bool row_in_arm(const pl_column *arms, size_t row, const char *arm)
{
    return !arm || !*arm || !arms || strcmp(arms->words[(size_t)arms->v[row]], arm) == 0;
}

static size_t gather(const pl_table *t, const char *arm, const char *x, const char *y, sample *out)
{
    const pl_column *xs = pl_table_find(t, x), *ys = pl_table_find(t, y), *arms = pl_table_find(t, "arm");
    const pl_column *steps = pl_table_find(t, "step"), *runs = pl_table_find(t, "replicate");
    if (!xs || !ys || xs->spec.text || ys->spec.text) return 0;
    if (arms && !arms->spec.text) arms = NULL;
    /* A log may hold a `step` that is empty or counts something else: it aligns only tables of replicates. */
    const pl_column *keys = steps && runs && !steps->spec.text && !runs->spec.text ? steps : xs;
    size_t n = 0;
    for (size_t r = 0; r < t->n_rows; r++) {
        if (!row_in_arm(arms, r, arm) || !isfinite(xs->v[r]) || !isfinite(ys->v[r]) || !isfinite(keys->v[r])) continue;
        bool numbered = runs && !runs->spec.text && runs->v[r] >= 0 && runs->v[r] < RUNS_MOST;
        int run = numbered ? (int)runs->v[r] : 0;
        out[n++] = (sample){keys->v[r], xs->v[r], ys->v[r], r, run};
    }
    qsort(out, n, sizeof *out, by_key);
    return n;
}

/* One point of the curve from the n samples at a step. */
static void summarise(const sample *s, size_t n, curve_band band, double *scratch, curve *c)
{
    for (size_t i = 0; i < n; i++) scratch[i] = s[i].x;
    c->x[c->n] = pl_mean(scratch, n);
    for (size_t i = 0; i < n; i++) scratch[i] = s[i].y;
    double mean = pl_mean(scratch, n), low = mean, high = mean;
    if (band == BAND_MEAN && n > 1) {
        pl_estimate e = pl_t_interval(scratch, n, .95);
        low = e.low;
        high = e.high;
    } else if (band == BAND_RUNS && n > 1) {
        low = pl_quantile(scratch, n, .05);
        high = pl_quantile(scratch, n, .95);
    }
    c->mean[c->n] = mean;
    c->low[c->n] = low;
    c->high[c->n] = high;
    c->n++;
}

static pl_status split_runs(const sample *s, size_t n, pl_arena *arena, curve *c)
{
    int most = -1;
    for (size_t i = 0; i < n; i++) most = s[i].run > most ? s[i].run : most;
    size_t count = (size_t)(most + 1);
    c->runs = pl_arena_array(arena, count, sizeof *c->runs);
    c->run_length = pl_arena_array(arena, count, sizeof *c->run_length);
    point *points = pl_arena_array(arena, n, sizeof *points);
    if (!c->runs || !c->run_length || !points) return PL_ERR_WORLD;
    for (size_t i = 0; i < n; i++) c->run_length[s[i].run]++;
    for (size_t k = 0; k < count; points += c->run_length[k++]) c->runs[k] = points;
    memset(c->run_length, 0, count * sizeof *c->run_length);
    for (size_t i = 0; i < n; i++) c->runs[s[i].run][c->run_length[s[i].run]++] = (point){s[i].x, s[i].y};
    c->n_runs = count;
    return PL_OK;
}

pl_status curve_make(const pl_table *t, const char *arm, const char *x, const char *y, curve_band band, pl_arena *arena, curve *out)
{
    *out = (curve){0};
    sample *s = pl_alloc_array(t->n_rows, sizeof *s);
    double *scratch = pl_alloc_array(t->n_rows, sizeof *scratch);
    pl_status st = s && scratch ? PL_OK : PL_ERR_WORLD;
    size_t n = st ? 0 : gather(t, arm, x, y, s);
    out->x = pl_arena_array(arena, n, sizeof(double));
    out->mean = pl_arena_array(arena, n, sizeof(double));
    out->low = pl_arena_array(arena, n, sizeof(double));
    out->high = pl_arena_array(arena, n, sizeof(double));
    if (!out->x || !out->mean || !out->low || !out->high) st = PL_ERR_WORLD;
    for (size_t i = 0, k; i < n && !st; i = k) {
        for (k = i + 1; k < n && s[k].key == s[i].key;) k++;
        summarise(s + i, k - i, band, scratch, out);
    }
    if (!st) st = split_runs(s, n, arena, out);
    pl_free(s);
    pl_free(scratch);
    return st;
}

static bool listed(pl_strings list, const char *name)
{
    for (size_t i = 0; i < list.n; i++)
        if (strcmp(list.v[i], name) == 0) return true;
    return false;
}

pl_status curve_arms(const pl_table *t, pl_strings only, pl_arena *arena, pl_strings *out, pl_diag *diag)
{
    const char *const *words = NULL;
    const pl_column *arms = pl_table_find(t, "arm");
    size_t n = arms && arms->spec.text ? pl_table_words(t, "arm", &words) : 0;
    *out = (pl_strings){pl_arena_array(arena, n + 1, sizeof *out->v), 0};
    if (!out->v) return pl_diag_nomem(diag, "drawing a figure");
    for (size_t i = 0; i < only.n; i++) {
        if (listed((pl_strings){(const char **)words, n}, only.v[i])) continue;
        const char *near = pl_nearest(only.v[i], words, n);
        const char *remedy = near ? pl_arena_printf(arena, "did you mean '%s'?", near) : "name arms of the table";
        pl_diag_add(diag, PL_ERROR, (pl_place){0}, remedy, "the table has no arm '%s' to draw", only.v[i]);
        return PL_ERR_USER;
    }
    for (size_t i = 0; i < n; i++)
        if (!only.n || listed(only, words[i])) out->v[out->n++] = words[i];
    if (!n) out->v[out->n++] = "";
    return PL_OK;
}

size_t curve_decimate(point *p, size_t n, double column)
{
    if (n < 8 || (p[n - 1].x - p[0].x) / column * 4 >= (double)n) return n;
    size_t out = 0;
    for (size_t i = 0, k; i < n; i = k) {
        double cell = floor(p[i].x / column);
        size_t low = i, high = i;
        for (k = i + 1; k < n && floor(p[k].x / column) == cell; k++) {
            if (p[k].y < p[low].y) low = k;
            if (p[k].y > p[high].y) high = k;
        }
        size_t keep[4] = {i, low < high ? low : high, low < high ? high : low, k - 1};
        for (int j = 0; j < 4; j++) {
            if (j && keep[j] == keep[j - 1]) continue;
            p[out++] = p[keep[j]];
        }
    }
    return out;
}
