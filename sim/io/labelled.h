/* Console lines "<label> <step>: {dict}", as OpenRLHF and slime print them. */
#ifndef PL_IO_LABELLED_H
#define PL_IO_LABELLED_H

#include "sim/io/console.h"
#include "sim/io/records.h"

typedef struct label {
    const char *word;   /* "Global step " */
    const char *prefix; /* what the dict's first name begins with; "": anything */
} label;

/* A label in the line with its step; returns its index, and where the dict begins. -1: there is none. */
int labelled_find(const console *c, const label *labels, size_t n, double *step, const char **dict);

/* Reads all such lines into records: `label` and `step` tell each row's. Dicts that cannot be read are counted in a note. */
typedef struct labelled {
    records r;
    unsigned char *which; /* for each row, the index of its label */
    size_t capacity, unread, first_unread;
} labelled;
void labelled_init(labelled *l, training_log *log);
void labelled_free(labelled *l);
PL_MUST_USE pl_status labelled_read(labelled *l, const char *text, size_t length, const label *labels, size_t n);

#endif
