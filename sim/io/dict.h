/* Reading Python literals and JSON with one cursor: what trainers print and save.
 *
 * Objects in single or double quotes, True/true, None/null, bare nan, NaN, inf, Infinity, tuples, a comma before the closing
 * bracket, and values in a call, of which the inside counts: np.float64(0.3), tensor(0.5, device='cuda:0'). Everything else is a
 * fault: `fault` says what, `p` where. `cut` says that the text ended before the value did, as the last record of a live run does.
 */
#ifndef PL_IO_DICT_H
#define PL_IO_DICT_H

#include "sim/base/str.h"

typedef enum dict_kind { DICT_NUMBER, DICT_NON_FINITE, DICT_NULL, DICT_WORD, DICT_OBJECT, DICT_LIST } dict_kind;

typedef struct dict_value {
    dict_kind kind;
    double number;    /* DICT_NUMBER: also of a quoted number, and of True and False */
    const char *text; /* what a string holds (valid until the next read); else where the value begins */
    size_t length;
} dict_value;

typedef struct dict_cursor {
    const char *p, *end;
    const char *fault; /* NULL: none yet */
    bool cut;
    int depth;
    pl_str word; /* the string without its escapes, when there were some */
    pl_str path; /* of dict_flatten */
} dict_cursor;

void dict_init(dict_cursor *c, const char *text, size_t length);
void dict_free(dict_cursor *c);

/* All of these: false on a fault (or when memory ran out: `word.broken`, `path.broken`). */
void dict_blanks(dict_cursor *c);
bool dict_open(dict_cursor *c, char bracket);               /* steps over '{' or '[' */
bool dict_more(dict_cursor *c, char closing, size_t count); /* is there another member? Steps over ',' or the closing bracket */
bool dict_key(dict_cursor *c, const char **name, size_t *length); /* a string and the ':' */
/* The next value. An object or a list is not entered: the cursor stays before its bracket. */
bool dict_read(dict_cursor *c, dict_value *v);
bool dict_skip(dict_cursor *c); /* over the next value, whatever it is */

/* Reads the object at the cursor and hands over its members, those of nested objects under names joined by '/'; of a list, the kind
 * alone. Returns the first status that is not PL_OK; PL_ERR_USER on a fault, PL_ERR_WORLD without memory. */
typedef pl_status dict_member(void *owner, const char *name, size_t length, const dict_value *v);
PL_MUST_USE pl_status dict_flatten(dict_cursor *c, dict_member *take, void *owner);

#endif
