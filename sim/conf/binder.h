/* The binder's own state and its two halves: single values (value.c), structs and everything that holds them (bind.c). */
#ifndef PL_CONF_BINDER_H
#define PL_CONF_BINDER_H

#include "sim/conf/internal.h"

typedef struct conf_path {
    const struct conf_path *up;      /* NULL at the top */
    const char *name;
} conf_path;

typedef struct conf_binder {
    pl_arena *arena;
    pl_diag *diag;
    const pl_struct *top;
    size_t errors;                   /* of this binding; the collector does not count what it has heard before */
    bool nomem;
} conf_binder;

/* Where a value comes from: its node, the name it goes by in messages, and a place for what was not written. */
typedef struct conf_source {
    const pl_node *node;
    const conf_path *path;
    pl_place place;
} conf_source;

void conf_complain(conf_binder *b, pl_place place, const char *remedy, const char *fmt, ...) PL_PRINTF(4, 5);
/* A remedy made of pieces, in the binder's arena; "" when memory runs out. */
const char *conf_remedy(conf_binder *b, const char *fmt, ...) PL_PRINTF(2, 3);
conf_words conf_path_text(const conf_path *path);        /* "world.formats.code.share" */
void *conf_take(conf_binder *b, size_t n, size_t size);  /* from the arena; NULL sets nomem */
char *conf_keep(conf_binder *b, const char *text);

void conf_wrong_type(conf_binder *b, const pl_field *f, const conf_source *at);
void conf_bind_value(conf_binder *b, const pl_field *f, void *member, const conf_source *at);   /* PL_BOOL .. PL_PER */
void conf_set_null(const pl_field *f, void *member);

#endif
