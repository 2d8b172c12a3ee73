/* Counted copies of the weights, and the log of when they changed. */
#include <string.h>
#include "sim/base/mem.h"
#include "sim/train/weights.h"

void weight_store_init(weight_store *w, size_t n_weights) { *w = (weight_store){.n_weights = n_weights}; }

static void free_list(snapshot *s)
{
    while (s) {
        snapshot *next = s->next;
        pl_free(s->weights);
        pl_free(s);
        s = next;
    }
}

void weight_store_free(weight_store *w)
{
    free_list(w->live);
    free_list(w->spare);
    *w = (weight_store){0};
}

static snapshot *make(size_t n)
{
    snapshot *s = pl_alloc(sizeof *s);
    double *weights = pl_alloc_array(n ? n : 1, sizeof *weights);
    if (s && weights) {
        *s = (snapshot){.weights = weights};
        return s;
    }
    pl_free(s);
    pl_free(weights);
    return NULL;
}

snapshot *weight_store_publish(weight_store *w, const double *weights, uint32_t version)
{
    snapshot *s = w->spare;
    if (s)
        w->spare = s->next;
    else if (!(s = make(w->n_weights)))
        return NULL;
    memcpy(s->weights, weights, w->n_weights * sizeof *weights);
    s->version = version;
    s->refs = 1;
    s->next = w->live;
    w->live = s;
    w->n_live++;
    w->most = w->n_live > w->most ? w->n_live : w->most;
    return s;
}

void snapshot_release(weight_store *w, snapshot *s)
{
    if (!s || --s->refs > 0) return;
    snapshot **at = &w->live;
    while (*at != s) at = &(*at)->next;
    *at = s->next;
    s->next = w->spare;
    w->spare = s;
    w->n_live--;
}

pl_status swap_log_add(swap_log *log, double at, snapshot *weights)
{
    if (log->n == log->capacity) {
        size_t capacity = log->capacity ? 2 * log->capacity : 4;
        swap_entry *v = pl_realloc(log->v, capacity * sizeof *v);
        if (!v) return PL_ERR_WORLD;
        log->v = v;
        log->capacity = capacity;
    }
    log->v[log->n++] = (swap_entry){at, snapshot_hold(weights)};
    return PL_OK;
}

void swap_log_trim(swap_log *log, weight_store *store, double oldest)
{
    size_t gone = 0;
    while (gone < log->n && log->v[gone].at <= oldest) snapshot_release(store, log->v[gone++].weights);
    if (gone == 0) return;
    memmove(log->v, log->v + gone, (log->n - gone) * sizeof *log->v);
    log->n -= gone;
}

void swap_log_free(swap_log *log, weight_store *store)
{
    for (size_t i = 0; i < log->n; i++) snapshot_release(store, log->v[i].weights);
    pl_free(log->v);
    *log = (swap_log){0};
}
