#include "sim/io/json_read.h"

#include <limits.h>
#include <string.h>

#include "sim/base/fs.h"

/* Place of text[offset], when text[0] is at `start`. */
static pl_place advance(pl_place start, const char *text, size_t offset)
{
    for (size_t i = 0; i < offset; i++) {
        start.column++;
        if (text[i] == '\n') {
            start.line++;
            start.column = 1;
        }
    }
    return start;
}

pl_status json_reader_init(json_reader *r, pl_diag *diag)
{
    r->tokener = json_tokener_new_ex(JSON_DEPTH_LIMIT);
    if (!r->tokener) return pl_diag_nomem(diag, "reading JSON");
    json_tokener_set_flags(r->tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    return PL_OK;
}

void json_reader_free(json_reader *r)
{
    if (r->tokener) json_tokener_free(r->tokener);
    r->tokener = NULL;
}

/* Members in the tree. Its depth is limited by the tokener. */
static size_t count_members(json_object *o)
{
    size_t n = 0;
    if (json_object_is_type(o, json_type_object)) {
        json_object_object_foreach(o, key, value)
        {
            (void)key;
            n += 1 + count_members(value);
        }
    } else if (json_object_is_type(o, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(o); i++) n += count_members(json_object_array_get_idx(o, i));
    }
    return n;
}

/* Offset behind the string that begins at text[i] == '"'. */
static size_t skip_string(const char *text, size_t length, size_t i)
{
    for (i++; i < length && text[i] != '"'; i++)
        if (text[i] == '\\') i++;
    return i < length ? i + 1 : length;
}

/* In valid JSON every member has exactly one ':' outside strings. More of them than members in the tree means that
 * json-c has overwritten some: a key occurs twice. */
static size_t count_colons(const char *text, size_t length)
{
    size_t n = 0;
    for (size_t i = 0; i < length;) {
        if (text[i] == '"') {
            i = skip_string(text, length, i);
            continue;
        }
        n += text[i++] == ':';
    }
    return n;
}

/* json-c takes keys in single quotes even when it is told to be strict. Returns the offset of one, or `length`. */
static size_t single_quote(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length && text[i] != '\'') i = text[i] == '"' ? skip_string(text, length, i) : i + 1;
    return i;
}

typedef struct key_seen {
    size_t offset, length;
    int object;
} key_seen;

/* Finds the second of two keys spelt alike in one object; offset (size_t)-1 if they are spelt differently (escapes).
 * Runs only when something is wrong, so it may take quadratic time. */
static pl_status locate_twice(const char *text, size_t length, size_t n_keys, key_seen *found)
{
    int open[JSON_DEPTH_LIMIT + 2], depth = 0, objects = 0;
    key_seen *seen = pl_alloc_array(n_keys, sizeof *seen);
    size_t n = 0;
    *found = (key_seen){.offset = (size_t)-1};
    if (!seen) return PL_ERR_WORLD;
    open[0] = 0;
    key_seen last = {0};
    for (size_t i = 0; i < length && found->offset == (size_t)-1;) {
        char ch = text[i];
        if (ch == '"') {
            size_t end = skip_string(text, length, i);
            last = (key_seen){i, end - i, open[depth]};
            i = end;
            continue;
        }
        if ((ch == '{' || ch == '[') && depth < JSON_DEPTH_LIMIT + 1) open[++depth] = ++objects;
        if ((ch == '}' || ch == ']') && depth) depth--;
        if (ch == ':' && n < n_keys) {
            for (size_t k = 0; k < n; k++)
                if (seen[k].object == last.object && seen[k].length == last.length &&
                    !memcmp(text + seen[k].offset, text + last.offset, last.length))
                    *found = last;
            seen[n++] = last;
        }
        i++;
    }
    pl_free(seen);
    return PL_OK;
}

static pl_status refuse_laxness(json_object *root, const char *text, size_t length, pl_place start, pl_diag *diag)
{
    size_t quote = single_quote(text, length);
    if (quote < length) {
        pl_diag_add(diag, PL_ERROR, advance(start, text, quote), "write \"key\"", "not JSON: single quotes");
        return PL_ERR_USER;
    }
    size_t n_keys = count_colons(text, length);
    if (count_members(root) == n_keys) return PL_OK;
    key_seen twice;
    if (locate_twice(text, length, n_keys, &twice)) return pl_diag_nomem(diag, "reading JSON");
    static const char *const remedy = "give every key of an object a name of its own";
    if (twice.offset == (size_t)-1)
        pl_diag_add(diag, PL_ERROR, start, remedy, "a key occurs twice in one object, once with escapes in it");
    else
        pl_diag_add(diag, PL_ERROR, advance(start, text, twice.offset), remedy, "the key %.*s occurs twice in one object",
                    (int)(twice.length > 80 ? 80 : twice.length), text + twice.offset);
    return PL_ERR_USER;
}

pl_status json_read(json_reader *r, const char *text, size_t length, pl_place start, json_object **root, pl_diag *diag)
{
    *root = NULL;
    size_t begin = 0;
    while (begin < length && strchr(" \t\r\n", text[begin]) && text[begin]) begin++;
    while (length > begin && strchr(" \t\r\n", text[length - 1]) && text[length - 1]) length--;
    if (begin == length || length - begin >= INT_MAX) {
        pl_diag_add(diag, PL_ERROR, start, NULL, begin == length ? "no JSON value here" : "a JSON value of 2 GiB or more");
        return PL_ERR_USER;
    }
    json_tokener_reset(r->tokener);
    *root = json_tokener_parse_ex(r->tokener, text + begin, (int)(length - begin));
    enum json_tokener_error error = json_tokener_get_error(r->tokener);
    size_t offset = begin + json_tokener_get_parse_end(r->tokener);
    if (error == json_tokener_continue && !*root) { /* a number ends only where something follows it */
        *root = json_tokener_parse_ex(r->tokener, "", 1);
        error = json_tokener_get_error(r->tokener);
        if (error == json_tokener_success) offset = length;
    }
    if (error == json_tokener_success && offset == length) {
        pl_status st = refuse_laxness(*root, text + begin, length - begin, advance(start, text, begin), diag);
        if (st) {
            json_object_put(*root);
            *root = NULL;
        }
        return st;
    }
    json_object_put(*root);
    *root = NULL;
    if (offset > length) offset = length;
    bool cut = error == json_tokener_continue || error == json_tokener_error_parse_eof;
    const char *what = error == json_tokener_success ? "text behind the JSON value"
                       : cut                         ? "the JSON value is cut off"
                                                     : json_tokener_error_desc(error);
    pl_diag_add(diag, PL_ERROR, advance(start, text, cut ? length : offset), NULL, "not JSON: %s", what);
    return PL_ERR_USER;
}

pl_status json_read_file(const char *path, json_object **root, pl_diag *diag)
{
    char *text = NULL;
    size_t length;
    json_reader r = {0};
    *root = NULL;
    pl_status st = pl_read_file(path, (size_t)1 << 28, &text, &length, diag);
    if (!st) st = json_reader_init(&r, diag);
    if (!st) st = json_read(&r, text, length, (pl_place){path, 1, 1}, root, diag);
    if (!st && !json_object_is_type(*root, json_type_object)) {
        pl_diag_add(diag, PL_ERROR, (pl_place){path, 1, 1}, "the file should hold one object, { ... }",
                    "a JSON value that is not an object");
        json_object_put(*root);
        *root = NULL;
        st = PL_ERR_USER;
    }
    json_reader_free(&r);
    pl_free(text);
    return st;
}

pl_status json_member(json_object *root, const char *path, json_type type, const char *file, json_object **out, pl_diag *diag)
{
    json_object *o = root;
    const char *part = path;
    bool there = true;
    while (there && *part) {
        char key[128];
        size_t n = strcspn(part, "/");
        if (n >= sizeof key) n = sizeof key - 1;
        memcpy(key, part, n);
        key[n] = '\0';
        there = json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, key, &o);
        part += strcspn(part, "/");
        part += *part == '/';
    }
    json_type have = json_object_get_type(o);
    *out = there ? o : NULL;
    if (there && (have == type || (type == json_type_double && have == json_type_int))) return PL_OK;
    pl_diag_add(diag, PL_ERROR, (pl_place){file, 0, 0}, NULL, "'%s' should be a JSON %s, it is %s", path, json_type_to_name(type),
                there ? json_type_to_name(have) : "absent");
    *out = NULL;
    return PL_ERR_USER;
}
