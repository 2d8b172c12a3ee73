/* Reading JSON with json-c, strictly: our own summaries and provenance files, and the lines of a log.
 *
 * json-c silently keeps the last of two equal keys; here that is an error. So are trailing text, comments, single
 * quotes, a depth beyond 64 and invalid UTF-8. Errors carry line and column (in bytes).
 */
#ifndef PL_IO_JSON_READ_H
#define PL_IO_JSON_READ_H

#include <json-c/json.h>

#include "sim/base/diag.h"

enum { JSON_DEPTH_LIMIT = 64 };

typedef struct json_reader {
    json_tokener *tokener;
} json_reader; /* reused over many texts */
PL_MUST_USE pl_status json_reader_init(json_reader *r, pl_diag *diag);
void json_reader_free(json_reader *r);

/* One whole value; blanks around it are allowed. `start` is the place of text[0]. The caller releases *root with
 * json_object_put. JSON's null gives *root = NULL. */
PL_MUST_USE pl_status json_read(json_reader *r, const char *text, size_t length, pl_place start, json_object **root, pl_diag *diag);

/* A file that holds one object. */
PL_MUST_USE pl_status json_read_file(const char *path, json_object **root, pl_diag *diag);

/* The member of that type at a path such as "versions/schema" ('/' separates). PL_ERR_USER, with the path and what
 * was found, when it is absent or of another type; an integer is good where json_type_double is asked for. */
PL_MUST_USE pl_status json_member(json_object *root, const char *path, json_type type, const char *file, json_object **out,
                                  pl_diag *diag);

#endif
