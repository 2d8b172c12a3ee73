/* Lines of a console log, made readable: colours (ESC [ ... letter) and NUL bytes are taken out, and a carriage return ends a line
 * as a newline does, because progress bars write over themselves. */
#ifndef PL_IO_CONSOLE_H
#define PL_IO_CONSOLE_H

#include "sim/base/str.h"

typedef struct console {
    const char *p, *end;
    int next_line;
    pl_str clean;
    /* the line at hand: */
    const char *text; /* NUL-terminated only when cleaned */
    size_t length;
    int line;  /* of the file, from 1 */
    bool last; /* the text ends without an end of line behind it */
} console;

void console_init(console *c, const char *text, size_t length);
void console_free(console *c);
bool console_next(console *c); /* false at the end; or without memory: clean.broken */

/* Where `word` begins in the line at or behind `from`; NULL: nowhere. */
const char *console_find(const console *c, const char *from, const char *word);

#endif
