/* From a path to text: reading, unpacking, and refusing what is not text of ours. */
#include <string.h>
#include <zlib.h>

#include "sim/base/fs.h"
#include "sim/io/importer.h"

static pl_status refuse(const char *path, const char *what, const char *remedy, pl_diag *diag)
{
    pl_diag_add(diag, PL_ERROR, (pl_place){path, 0, 0}, remedy, "%s", what);
    return PL_ERR_USER;
}

static pl_status bad_gzip(const char *path, const char *what, pl_diag *diag)
{
    return refuse(path, what, "unpack it by hand with gzip -d to see what is left", diag);
}

/* What is seen of a text while it is read: a line without end is refused before the memory is taken for it. */
typedef struct watch {
    size_t at, line;     /* looked through; where the line at hand begins */
    bool known, free;    /* the format has been looked for; lines may be of any length */
    const importer *how; /* given, or NULL */
} watch;
enum { FIRST_LOOK = 1 << 16 };

static const char *look(void *owner, const char *text, size_t length)
{
    watch *w = owner;
    if (!w->known && length >= FIRST_LOOK) {
        char *head = pl_alloc(FIRST_LOOK + 1); /* without memory: lines are watched */
        const importer *how = w->how;
        if (head) memcpy(head, text, FIRST_LOOK);
        if (head && !how) how = importer_for(head, FIRST_LOOK, "", NULL);
        w->free = (how && how->binary) || !memcmp(text, "\x1f\x8b", 2);
        w->known = true;
        pl_free(head);
    }
    if (w->free) return NULL;
    for (const char *p; (p = memchr(text + w->at, '\n', length - w->at));) w->at = w->line = (size_t)(p - text) + 1;
    w->at = length;
    return length - w->line > LINE_LIMIT ? "a line of more than 64 MiB" : NULL;
}
static const char line_remedy[] = "no training log has such lines: is this the right file?";

static pl_status grow(char **out, size_t *capacity, const char *path, pl_diag *diag)
{
    if (*capacity >= LOG_SIZE_LIMIT) return bad_gzip(path, "more than 1 GiB after unpacking", diag);
    size_t wanted = *capacity ? 2 * *capacity : (size_t)1 << 16;
    char *more = pl_realloc(*out, wanted + 1);
    if (!more) return pl_diag_nomem(diag, "unpacking a log");
    *out = more;
    *capacity = wanted;
    return PL_OK;
}

static void *z_alloc(void *opaque, unsigned n, unsigned size) { return pl_alloc_array(n, size); }
static void z_free(void *opaque, void *p) { pl_free(p); }

/* All members of a gzip file behind each other, as gzip -d does. */
static pl_status unpack(const char *packed, size_t length, const char *path, watch *w, char **text, size_t *n, pl_diag *diag)
{
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)packed, .avail_in = (unsigned)length, .zalloc = z_alloc, .zfree = z_free};
    char *out = NULL;
    size_t capacity = 0, used = 0;
    pl_status st = PL_OK;
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) return pl_diag_nomem(diag, "unpacking a log");
    while (!st) {
        if (used == capacity && (st = grow(&out, &capacity, path, diag))) break;
        size_t room = capacity - used;
        z.next_out = (unsigned char *)out + used;
        z.avail_out = (unsigned)room;
        int rc = inflate(&z, Z_NO_FLUSH);
        used = capacity - z.avail_out;
        const char *complaint = look(w, out, used);
        if (complaint) st = refuse(path, complaint, line_remedy, diag);
        if (st) break;
        if (rc == Z_STREAM_END) {
            if (!z.avail_in) break;
            rc = inflateReset(&z);
        }
        if (rc == Z_MEM_ERROR)
            st = pl_diag_nomem(diag, "unpacking a log");
        else if (rc == Z_BUF_ERROR && !z.avail_in)
            st = bad_gzip(path, "the gzip data are cut off", diag);
        else if (rc != Z_OK && rc != Z_BUF_ERROR)
            st = bad_gzip(path, "the gzip data are damaged", diag);
        else if (rc == Z_OK && !z.avail_in && z.avail_out)
            st = bad_gzip(path, "the gzip data are cut off", diag);
    }
    inflateEnd(&z);
    if (st) {
        pl_free(out);
        return st;
    }
    out[used] = '\0';
    *text = out;
    *n = used;
    return PL_OK;
}

/* Text in another encoding is refused before anybody looks for records in it. */
static pl_status check_encoding(const log_text *t, const char *path, pl_diag *diag)
{
    const unsigned char *b = (const unsigned char *)t->start;
    size_t n = t->length;
    bool marked = n >= 2 && ((b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff));
    size_t even = 0, odd = 0, look = n < 256 ? n : 256;
    for (size_t i = 0; i < look; i++)
        if (!b[i]) *(i % 2 ? &odd : &even) += 1;
    if (marked || (look >= 8 && ((odd > look / 3 && !even) || (even > look / 3 && !odd))))
        return refuse(path, "this is UTF-16 text", "convert it: iconv -f UTF-16 -t UTF-8", diag);
    return PL_OK;
}

/* Length of the UTF-8 character at p; 0: there is none. */
static size_t utf8_at(const unsigned char *p, size_t left)
{
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    if (!n || n > left) return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
        (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

/* Bytes that are not UTF-8. In a console log they stand in the text around the records and are counted; elsewhere, as in Latin-1
 * text, names and values would be read wrongly. A character cut at the very end belongs to a record that is cut off. */
static pl_status check_utf8(log_text *t, bool console, const char *path, pl_diag *diag)
{
    const unsigned char *b = (const unsigned char *)t->start;
    for (size_t at = 0; at < t->length;) {
        size_t n = b[at] < 0x80 ? 1 : utf8_at(b + at, t->length - at);
        if (!n && !console && t->length - at < 4 && b[at] >= 0xc2) break;
        if (!n && !console) {
            pl_diag_add(diag, PL_ERROR, log_place(t->start, t->start + at, path), "convert it, say: iconv -f LATIN1 -t UTF-8",
                        "the byte 0x%02x is not UTF-8", b[at]);
            return PL_ERR_USER;
        }
        t->bad_text += !n;
        at += n ? n : 1;
    }
    return PL_OK;
}

const importer *importer_for(const char *text, size_t length, const char *path, int *confidence)
{
    const importer *best = NULL;
    int most = 0;
    for (const pl_entry *const *e = importer_registry.entries; *e; e++) {
        const importer *i = (const importer *)*e;
        int sure = i->recognise(text, length, path);
        if (sure > most) most = sure, best = i;
    }
    if (confidence) *confidence = most;
    return best;
}

/* The first bytes as a text of their own, so that no recogniser looks further. */
static pl_status choose(log_text *t, const char *path, const importer **how, pl_diag *diag)
{
    size_t n = t->length < RECOGNISE_BYTES ? t->length : RECOGNISE_BYTES;
    char *head = pl_alloc(n + 1);
    if (!head) return pl_diag_nomem(diag, "reading a log");
    memcpy(head, t->start, n);
    *how = importer_for(head, n, path, &t->sure);
    pl_free(head);
    return PL_OK;
}

pl_status log_text_read(const char *path, const importer **how, log_text *out, pl_diag *diag)
{
    *out = (log_text){0};
    size_t length;
    const char *shown = strcmp(path, "-") ? path : "standard input";
    watch packed = {.how = *how}, w = packed;
    pl_status st = pl_read_watched(path, LOG_SIZE_LIMIT, look, &packed, line_remedy, &out->text, &length, diag);
    if (!st && length >= 2 && !memcmp(out->text, "\x1f\x8b", 2)) {
        char *plain = NULL;
        st = unpack(out->text, length, shown, &w, &plain, &length, diag);
        pl_free(out->text);
        out->text = plain;
    }
    if (st) return st;
    out->start = out->text;
    out->length = length;
    if (length >= 3 && !memcmp(out->text, "\xef\xbb\xbf", 3)) out->start += 3, out->length -= 3;
    size_t blank = strspn(out->text, " \t\r\n\xef\xbb\xbf");
    if (blank >= length)
        st = refuse(shown, "the file is empty", "give the log of a run: CSV, JSON lines, a console log, ...", diag);
    if (!st && !*how) st = choose(out, shown, how, diag);
    bool text = !*how || !(*how)->binary;
    if (!st && text) {
        st = check_encoding(out, shown, diag);
        if (!st && *how) st = check_utf8(out, (*how)->console, shown, diag);
    }
    if (st) {
        pl_free(out->text);
        *out = (log_text){0};
    }
    return st;
}
