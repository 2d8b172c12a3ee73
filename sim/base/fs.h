/* Files: whole reads, atomic writes, directories; and injected failures for the tests.
 *
 * A file is written to a temporary name in its own directory, flushed, and renamed, so that a reader never
 * sees half of it and a full disk leaves the old content. pl_fs_fail_at(k, err) makes the k-th following
 * write, flush or rename (1-based) fail with errno `err`; 0 switches off.
 */
#ifndef PL_BASE_FS_H
#define PL_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sim/base/diag.h"

/* Reads at most `limit` bytes ("-" is standard input); a larger file is an error of the user. The text is
 * NUL-terminated after *length bytes; release with pl_free. */
PL_MUST_USE pl_status pl_read_file(const char *path, size_t limit, char **text, size_t *length, pl_diag *diag);

/* The first bytes of a file, at most `most`; NUL-terminated. */
PL_MUST_USE pl_status pl_read_head(const char *path, size_t most, char **text, size_t *length, pl_diag *diag);

/* As pl_read_file, but `look` sees after every block (1 MiB) what has been read so far, and may refuse the rest before more memory is taken: it
 * returns NULL, or what is wrong. */
typedef const char *pl_look(void *owner, const char *text, size_t length);
PL_MUST_USE pl_status pl_read_watched(const char *path, size_t limit, pl_look *look, void *owner, const char *remedy, char **text,
                                      size_t *length, pl_diag *diag);

PL_MUST_USE pl_status pl_write_file(const char *path, const void *data, size_t length, pl_diag *diag);

/* Makes a directory and its parents. */
PL_MUST_USE pl_status pl_make_dir(const char *path, pl_diag *diag);
/* Removes a directory and everything below it; a missing one is fine. */
PL_MUST_USE pl_status pl_remove_tree(const char *path, pl_diag *diag);
/* Renames a file or directory; a file of the new name is replaced, a directory must not be there (or be empty). */
PL_MUST_USE pl_status pl_rename(const char *from, const char *to, pl_diag *diag);
bool pl_exists(const char *path); /* of any kind: a pipe is neither file nor directory */
bool pl_is_file(const char *path);
bool pl_is_dir(const char *path);
bool pl_is_empty_dir(const char *path);

/* Names in a directory, sorted by bytes, without "." and ".."; release with pl_free_names. */
PL_MUST_USE pl_status pl_list_dir(const char *path, char ***names, size_t *n, pl_diag *diag);
void pl_free_names(char **names, size_t n);

/* "dir/name" in `arena`, or NULL; dir "" or "." gives name. */
char *pl_join(pl_arena *arena, const char *dir, const char *name);

void pl_fs_fail_at(uint64_t k, int err);
uint64_t pl_fs_count(void);

#endif
