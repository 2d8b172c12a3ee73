/* Rounded weights: a master copy in fp32 and what the forward pass sees of it. */
#include "models/storage.h"

#include <string.h>

float storage_bf16(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits += 0x7fffu + (bits >> 16 & 1u);                  /* carries into the exponent as it should; infinity stays */
    bits &= 0xffff0000u;
    memcpy(&x, &bits, sizeof bits);
    return x;
}

pl_status storage_init(storage *s, const policy *p, double *weights) {
    const storage_spec *spec = &p->spec->storage;
    *s = (storage){.policy = p, .rounds = spec->format != STORAGE_EXACT, .master = weights};
    if (!s->rounds) return PL_OK;
    s->master = pl_alloc_array(p->n_weights, sizeof *s->master);
    s->initial = pl_alloc_array(p->n_weights, sizeof *s->initial);
    s->visited = pl_alloc_array(p->n_weights, sizeof *s->visited);
    if (!s->master || !s->initial || !s->visited) {
        storage_free(s);
        return PL_ERR_WORLD;
    }
    /* A stream per table: tables of other features leave these numbers as they are. */
    for (size_t i = 0; i <= p->n_tables; i++) {
        const policy_table *t = &p->tables[i];
        const bool tied = i == p->n_tables;
        const uint32_t which = tied ? DECISIONS * FEATURES : (uint32_t)t->decision * FEATURES + t->feature;
        const size_t from = tied ? p->sharp_offset : t->offset, to = tied ? p->n_weights : t->offset + t->n_keys * t->width;
        pl_stream stream = pl_stream_make(&p->world->seeds, PL_FOR_MODEL, UINT32_MAX, which, 0);
        for (size_t j = from; j < to; j++) s->initial[j] = (double)storage_bf16((float)(spec->sd * pl_normal(&stream)));
    }
    return PL_OK;
}

void storage_free(storage *s) {
    if (s->rounds) pl_free(s->master);                    /* else it is the caller's */
    pl_free(s->initial);
    pl_free(s->visited);
    *s = (storage){0};
}

void storage_visit(storage *s, const policy_gradient *g) {
    if (!s->rounds) return;
    for (size_t k = 0; k < g->n_touched; k++)
        for (size_t j = g->touched[k], end = j + g->width[k]; j < end; j++) s->visited[j] |= g->g[j] != 0.0;
}

void storage_write(storage *s, double *weights) {
    if (!s->rounds) return;
    const double scale = s->policy->spec->storage.scale;
    const bool narrow = s->policy->spec->storage.format == STORAGE_BF16;
    for (size_t j = 0; j < s->policy->n_weights; j++) {
        const float theta = (float)(s->initial[j] + scale * s->master[j]);
        s->master[j] = ((double)theta - s->initial[j]) / scale;
        weights[j] = narrow ? ((double)storage_bf16(theta) - s->initial[j]) / scale : s->master[j];
    }
}
