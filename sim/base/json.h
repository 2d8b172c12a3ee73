/* Writing JSON: a small streaming writer over pl_str, two-space indented, keys in the order written.
 * Numbers are the shortest that read back; NaN and infinities are written as null. */
#ifndef PL_BASE_JSON_H
#define PL_BASE_JSON_H
#include <stdbool.h>
#include <stdint.h>
#include "sim/base/str.h"

typedef struct pl_json {
    pl_str *out;
    int depth;
    bool first, after_key;
    bool one_line;      /* set behind pl_json_init: no line breaks, as JSON lines need it */
} pl_json;

void pl_json_init(pl_json *j, pl_str *out);
void pl_json_object(pl_json *j);
void pl_json_array(pl_json *j);
void pl_json_end_object(pl_json *j);
void pl_json_end_array(pl_json *j);
void pl_json_key(pl_json *j, const char *key);
void pl_json_string(pl_json *j, const char *text);      /* NULL is null; invalid UTF-8 becomes U+FFFD */
void pl_json_number(pl_json *j, double x);
void pl_json_integer(pl_json *j, int64_t x);
void pl_json_bool(pl_json *j, bool x);
void pl_json_null(pl_json *j);
#endif
