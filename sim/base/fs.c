/* Files over POSIX calls. Descriptors rather than streams: each write, flush and rename can fail on its own, and
 * the tests make it fail. */
#include "sim/base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_uint_fast64_t operations;
static atomic_uint_fast64_t fail_at;
static atomic_int fail_with;

void pl_fs_fail_at(uint64_t k, int err)
{
    atomic_store(&operations, 0);
    atomic_store(&fail_with, err);
    atomic_store(&fail_at, k);
}

uint64_t pl_fs_count(void)
{
    return atomic_load(&operations);
}

/* Counts one operation; when the test wants it to fail, sets errno and says so. */
static bool injected(void)
{
    uint64_t number = atomic_fetch_add(&operations, 1) + 1;
    if (number != atomic_load(&fail_at))
        return false;
    errno = atomic_load(&fail_with);
    return true;
}

typedef struct reading {
    size_t limit, guess;
    bool head; /* what is behind the limit is not wanted, instead of too much */
    pl_look *look; /* NULL: read in one go */
    void *owner;
    const char *complaint; /* of look */
    char *text;
    size_t length;
} reading;

/* Reads to the end or until `limit` is passed; 0 or an errno value (EFBIG: the limit, or a complaint). The caller owns text in
 * either case. */
static int read_all(int fd, reading *r)
{
    enum { BLOCK = 1 << 20 };
    size_t guess = r->look && r->guess > BLOCK ? BLOCK : r->guess;
    size_t capacity = (guess < r->limit ? guess : r->limit) + 2, n = 0;
    char *buffer = r->text = pl_alloc(capacity);
    if (!buffer)
        return ENOMEM;
    for (;;) {
        if (n + 1 == capacity) {
            capacity *= 2;
            buffer = pl_realloc(r->text, capacity);
            if (!buffer)
                return ENOMEM;
            r->text = buffer;
        }
        size_t room = capacity - 1 - n;
        ssize_t got = read(fd, buffer + n, r->look && room > BLOCK ? BLOCK : room);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        n += (size_t)got;
        if (n > r->limit && r->head)
            n = r->limit, got = 0;
        if (n > r->limit)
            return EFBIG;
        if (r->look && (r->complaint = r->look(r->owner, buffer, n)))
            return EFBIG;
        if (got == 0)
            break;
    }
    buffer[n] = '\0';
    r->length = n;
    return 0;
}

static pl_status read_into(reading *r, const char *path, const char *remedy, pl_diag *diag)
{
    bool is_stdin = strcmp(path, "-") == 0;
    if (r->limit > SIZE_MAX / 4)
        r->limit = SIZE_MAX / 4;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pl_diag_io(diag, "read", path, errno);
    struct stat info;
    r->guess = 4096;
    int err = 0;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
        r->guess = (size_t)info.st_size;
        if (r->guess > r->limit && !r->head)
            err = EFBIG;
    }
    if (!err)
        err = read_all(fd, r);
    if (!is_stdin)
        close(fd);
    if (err == 0)
        return PL_OK;
    pl_free(r->text);
    r->text = NULL;
    if (err == ENOMEM)
        return pl_diag_nomem(diag, "reading a file");
    if (err == EFBIG) {
        pl_place place = {.file = is_stdin ? "standard input" : path};
        if (r->complaint)
            pl_diag_add(diag, PL_ERROR, place, remedy, "%s", r->complaint);
        else
            pl_diag_add(diag, PL_ERROR, place, "split it, or keep only the columns that are needed", "the file is larger than %zu bytes",
                        r->limit);
        return PL_ERR_USER;
    }
    return pl_diag_io(diag, "read", path, err);
}

pl_status pl_read_watched(const char *path, size_t limit, pl_look *look, void *owner, const char *remedy, char **text, size_t *length,
                          pl_diag *diag)
{
    reading r = {.limit = limit, .look = look, .owner = owner};
    pl_status st = read_into(&r, path, remedy, diag);
    *text = r.text;
    *length = r.length;
    return st;
}

pl_status pl_read_head(const char *path, size_t most, char **text, size_t *length, pl_diag *diag)
{
    reading r = {.limit = most, .head = true};
    pl_status st = read_into(&r, path, NULL, diag);
    *text = r.text;
    *length = r.length;
    return st;
}

pl_status pl_read_file(const char *path, size_t limit, char **text, size_t *length, pl_diag *diag)
{
    return pl_read_watched(path, limit, NULL, NULL, NULL, text, length, diag);
}

/* Writes and flushes; 0 or an errno value. Pipes and terminals cannot be flushed (EINVAL), which is fine. */
static int write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t done = injected() ? -1 : write(fd, data, length);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno;
        data += done;
        length -= (size_t)done;
    }
    if (injected() || fsync(fd))
        return errno == EINVAL || errno == ENOTSUP ? 0 : errno;
    return 0;
}

/* A device or pipe cannot be replaced by renaming: it is written to as it is. */
static pl_status write_special(const char *path, const void *data, size_t length, pl_diag *diag)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return pl_diag_io(diag, "write", path, errno);
    int err = write_all(fd, data, length);
    if (close(fd) && !err)
        err = errno;
    return err ? pl_diag_io(diag, "write", path, err) : PL_OK;
}

pl_status pl_write_file(const char *path, const void *data, size_t length, pl_diag *diag)
{
    static atomic_uint serial;
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return write_special(path, data, length, diag);
    pl_arena arena;
    pl_arena_init(&arena);
    int err = 0, fd = -1;
    char *temporary = pl_arena_printf(&arena, "%s.tmp-%ld-%u", path, (long)getpid(), atomic_fetch_add(&serial, 1));
    if (!temporary)
        return pl_diag_nomem(diag, "writing a file");
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        err = errno;
        goto out;
    }
    err = write_all(fd, data, length);
    if (close(fd) && !err)
        err = errno;
    if (!err && (injected() || rename(temporary, path)))
        err = errno;
    if (err)
        unlink(temporary);
out:
    pl_arena_free(&arena);
    return err ? pl_diag_io(diag, "write", path, err) : PL_OK;
}

pl_status pl_make_dir(const char *path, pl_diag *diag)
{
    pl_arena arena;
    pl_arena_init(&arena);
    pl_status status = PL_OK;
    char *part = pl_arena_strdup(&arena, *path ? path : ".");
    if (!part)
        return pl_diag_nomem(diag, "making a directory");
    for (char *p = part + 1; status == PL_OK; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char end = *p;
        *p = '\0';
        if (mkdir(part, 0777)) {      /* a parent may be there, whatever errno says (EEXIST, EROFS, EACCES) */
            int err = errno;
            if (!pl_is_dir(part))
                status = pl_diag_io(diag, "make the directory", part, err);
        }
        *p = end;
        if (end == '\0')
            break;
    }
    pl_arena_free(&arena);
    return status;
}

pl_status pl_rename(const char *from, const char *to, pl_diag *diag)
{
    return injected() || rename(from, to) ? pl_diag_io(diag, "write", to, errno) : PL_OK;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    return remove(path) && errno != ENOENT ? -1 : 0;
}

pl_status pl_remove_tree(const char *path, pl_diag *diag)
{
    struct stat info;
    if (lstat(path, &info))
        return errno == ENOENT ? PL_OK : pl_diag_io(diag, "remove", path, errno);
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS))
        return pl_diag_io(diag, "remove", path, errno);
    return PL_OK;
}

bool pl_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool pl_is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool pl_is_dir(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

bool pl_is_empty_dir(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return false;
    const struct dirent *entry = readdir(dir);
    while (entry && is_dots(entry->d_name))
        entry = readdir(dir);
    closedir(dir);
    return entry == NULL;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds a copy of `name`; false when memory runs out. */
static bool add_name(char ***names, size_t *n, size_t *capacity, const char *name)
{
    if (*n == *capacity) {
        size_t more = *capacity ? *capacity * 2 : 16;
        char **grown = pl_realloc(*names, more * sizeof *grown);
        if (!grown)
            return false;
        *names = grown;
        *capacity = more;
    }
    size_t length = strlen(name);
    char *copy = pl_alloc(length + 1);
    if (!copy)
        return false;
    memcpy(copy, name, length);
    (*names)[(*n)++] = copy;
    return true;
}

pl_status pl_list_dir(const char *path, char ***names, size_t *n, pl_diag *diag)
{
    size_t capacity = 0;
    *names = NULL;
    *n = 0;
    DIR *dir = opendir(path);
    if (!dir)
        return pl_diag_io(diag, "list", path, errno);
    pl_status status = PL_OK;
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(dir)) != NULL && status == PL_OK)
        if (!is_dots(entry->d_name) && !add_name(names, n, &capacity, entry->d_name))
            status = pl_diag_nomem(diag, "listing a directory");
    if (status == PL_OK && errno)
        status = pl_diag_io(diag, "list", path, errno);
    closedir(dir);
    if (status) {
        pl_free_names(*names, *n);
        *names = NULL;
        *n = 0;
    } else if (*n > 1) {
        qsort(*names, *n, sizeof **names, by_bytes);
    }
    return status;
}

void pl_free_names(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        pl_free(names[i]);
    pl_free(names);
}

char *pl_join(pl_arena *arena, const char *dir, const char *name)
{
    size_t n = strlen(dir);
    if (n == 0 || strcmp(dir, ".") == 0)
        return pl_arena_strdup(arena, name);
    return pl_arena_printf(arena, "%s%s%s", dir, dir[n - 1] == '/' ? "" : "/", name);
}
