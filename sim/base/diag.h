/* Diagnostics: messages that name file, line and column, what was found and what would be right.
 *
 * A reader adds every error it finds to one pl_diag and goes on, so that the user sees them all at once.
 * A message that was already added (same place, same words) is not added again: arms that share a mistake
 * report it once. Adding never fails: when memory runs out the collector remembers that messages were lost.
 */
#ifndef PL_BASE_DIAG_H
#define PL_BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "sim/base/mem.h"

typedef struct pl_place {
    const char *file;   /* NULL: no file (then line and column are not printed) */
    int line, column;   /* 1-based; 0 = unknown */
} pl_place;

typedef enum pl_severity { PL_NOTE, PL_WARNING, PL_ERROR } pl_severity;

typedef struct pl_message {
    pl_severity severity;
    pl_place place;
    const char *what;    /* what was found; names the subject in quotes */
    const char *remedy;  /* what would be right; NULL if there is nothing to say */
} pl_message;

typedef struct pl_diag {
    pl_arena arena;
    pl_message *messages;
    size_t count, capacity, errors, warnings;
    bool lost;
} pl_diag;

void pl_diag_init(pl_diag *diag);
void pl_diag_free(pl_diag *diag);

/* `remedy` is a plain string (may be NULL), `fmt` the text of what was found. diag NULL: does nothing. */
void pl_diag_add(pl_diag *diag, pl_severity severity, pl_place place, const char *remedy, const char *fmt, ...)
    PL_PRINTF(5, 6);

/* For the world's failures: "cannot <verb> '<path>': <strerror(err)>", with a remedy where one is known
 * (ENOSPC, EACCES, EEXIST...). Returns PL_ERR_WORLD, so that `return pl_diag_io(...)` reads well. */
pl_status pl_diag_io(pl_diag *diag, const char *verb, const char *path, int err);
/* "out of memory while <doing>"; returns PL_ERR_WORLD. */
pl_status pl_diag_nomem(pl_diag *diag, const char *doing);

/* file:line:col: severity: what; remedy  -- one line each, sorted by file, line, column, then order of arrival. */
void pl_diag_print(const pl_diag *diag, FILE *out);

/* The nearest of `n` known names to `word` (Damerau-Levenshtein distance at most a third of its length, at
 * least 1), or NULL. For "unknown key 'lenght'; did you mean 'length'?". */
const char *pl_nearest(const char *word, const char *const *names, size_t n);

#endif
